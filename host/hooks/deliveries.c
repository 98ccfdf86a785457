/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request's way: who may knock (sources, Basic, signature), what it means (translate), then one
 * transaction, then the answer. Nothing of the body is read before the signature is checked.
 * Answers are short plain text and never echo the request.
 */
#include "deliveries-private.h"

#include "passwords.h"
#include "signature.h"
#include "www/www-keys.h"

#include <string.h>

#define RETRY_AFTER_S    "30"
#define UNKNOWN_MAX_BODY 65536
#define NO_HOOK          "(none)"      /* whatever strangers ask for is one row */
#define UNAVAILABLE      "unavailable" /* no row: to be sent again */
#define MAX_EVENT        100
#define MIN_SECRET       8 /* shorter ones stand in too much by chance */

static const BelfryMetric metrics[] = {
  { "belfry_deliveries_total",
    BELFRY_METRIC_COUNTER,
    "Requests to change hooks, by what they came to.",
    { "hook", "outcome" } },
  { "belfry_delivery_seconds",
    BELFRY_METRIC_HISTOGRAM,
    "From the whole request to its changes on disk.",
    { NULL },
    belfry_metric_moments },
};

enum {
  DELIVERIES,
  DELIVERY_SECONDS,
};

typedef struct {
  BelfryDeliveries *self;
  BelfryHosted *hook;
  BelfryRequest *request;
  BelfryAcceptance *acceptance; /* owned until handed to the store */
  gint64 started_us;
  gint64 replay_of; /* BELFRY_NONE: it came from its forge */
} Reception;

static void
reception_free (gpointer data)
{
  Reception *reception = data;

  belfry_hosted_unref (reception->hook);
  belfry_request_unref (reception->request);
  g_clear_pointer (&reception->acceptance, belfry_acceptance_free);
  g_free (reception);
}

BelfryDeliveries *
belfry_deliveries_new (BelfryStore *store)
{
  BelfryDeliveries *self = g_new0 (BelfryDeliveries, 1);

  self->store = store;
  self->refusals = belfry_refusals_new (store);
  self->tarpit = belfry_tarpit_new ();
  self->hooks =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)belfry_hosted_unref);
  self->waiting = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, belfry_pending_free);
  self->generations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->cancellable = g_cancellable_new ();
  return self;
}

void
belfry_deliveries_set_poll_func (BelfryDeliveries *self, BelfryPollFunc func, gpointer data)
{
  self->poll = func;
  self->poll_data = data;
}

void
belfry_deliveries_set_metrics (BelfryDeliveries *self, BelfryMetrics *counting)
{
  self->metrics = counting;
  belfry_metrics_register (counting, metrics, G_N_ELEMENTS (metrics));
}

void
belfry_deliveries_stop (BelfryDeliveries *self)
{
  self->stopping = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_hash_table_remove_all (self->waiting);
  g_clear_pointer (&self->tarpit, belfry_tarpit_free);
}

void
belfry_deliveries_free (BelfryDeliveries *self)
{
  if (self == NULL)
    return;
  belfry_deliveries_stop (self);
  belfry_refusals_free (self->refusals);
  g_hash_table_unref (self->waiting);
  g_hash_table_unref (self->hooks);
  g_hash_table_unref (self->generations);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_free (self);
}

void
belfry_deliveries_apply (BelfryDeliveries *self, BelfryConfig *config, GPtrArray *hooks)
{
  g_clear_pointer (&self->config, belfry_config_unref);
  self->config = belfry_config_ref (config);
  g_hash_table_remove_all (self->hooks);
  g_hash_table_remove_all (self->generations);
  for (guint i = 0; i < hooks->len; i++) {
    BelfryHosted *hook = g_ptr_array_index (hooks, i);

    g_hash_table_insert (self->hooks, g_strdup (hook->blueprint->name), belfry_hosted_ref (hook));
  }
}

static const BelfryHookKeys *
get_keys (BelfryHosted *hook)
{
  return hook->blueprint->host_state;
}

gint64
belfry_deliveries_get_max_body (BelfryDeliveries *self, const char *name)
{
  BelfryHosted *hook = g_hash_table_lookup (self->hooks, name != NULL ? name : "base");

  if (hook == NULL)
    return UNKNOWN_MAX_BODY;
  return get_keys (hook) != NULL ? get_keys (hook)->max_body : 25 * 1024 * 1024;
}

void
belfry_deliveries_note_too_large (BelfryDeliveries *self,
                                  const char *name,
                                  const char *address,
                                  gsize bytes)
{
  const char *hook = name != NULL ? name : "base";

  hook = g_hash_table_contains (self->hooks, hook) ? hook : NO_HOOK;
  belfry_metrics_count (self->metrics, &metrics[DELIVERIES], hook, "too-large", NULL);
  belfry_refusals_count (self->refusals, hook, "too-large", address, bytes, "larger than max-body");
}

static BelfryResponse *response_new (guint status, const char *format, ...) G_GNUC_PRINTF (2, 3);

static BelfryResponse *
response_new (guint status, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = g_strconcat (text, "\n", NULL);
  return belfry_response_new_text (status, "text/plain; charset=utf-8", line);
}

static void
answer (GTask *task, BelfryResponse *response)
{
  g_task_return_pointer (task, response, (GDestroyNotify)belfry_response_unref);
  g_object_unref (task);
}

static void
answer_later (GTask *task, const char *why)
{
  BelfryResponse *response = response_new (503, "%s, come back later", why);

  belfry_response_set_header (response, "Retry-After", RETRY_AFTER_S);
  answer (task, response);
}

/* in its own time, where there are many of them */
static void
answer_stranger (BelfryDeliveries *self,
                 BelfryRequest *request,
                 GTask *task,
                 BelfryResponse *response)
{
  if (self->tarpit != NULL)
    belfry_tarpit_answer (self->tarpit, task, response,
                          g_bytes_get_size (belfry_request_get_body (request)));
  else
    answer (task, response);
}

static void
count_refusal (BelfryDeliveries *self,
               const char *hook,
               const char *outcome,
               BelfryRequest *request,
               const char *reason)
{
  belfry_metrics_count (self->metrics, &metrics[DELIVERIES], hook, outcome, NULL);
  belfry_refusals_count (self->refusals, hook, outcome, belfry_request_get_address (request),
                         g_bytes_get_size (belfry_request_get_body (request)), reason);
}

static void
refuse (GTask *task, const char *outcome, const char *reason, BelfryResponse *response)
{
  Reception *reception = g_task_get_task_data (task);

  count_refusal (reception->self, reception->hook->blueprint->name, outcome, reception->request,
                 reason);
  answer_stranger (reception->self, reception->request, task, response);
}

void
belfry_deliveries_complete_change (BelfryDeliveries *self,
                                   BelfryHosted *hook,
                                   BelfryChange *change,
                                   gint64 received_at)
{
  char **texts[] = { &change->author, &change->comments, &change->revlink, &change->repository,
                     &change->project };
  const BelfryCodebase *codebase = NULL;

  g_free (change->origin);
  change->origin = g_strconcat ("hook/", hook->blueprint->name, NULL);
  change->received_at = received_at;
  if (change->when_timestamp == BELFRY_NONE)
    change->when_timestamp = received_at;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (*texts[i] == NULL)
      *texts[i] = g_strdup ("");
  belfry_links_fill_change (self->config->links, change);
  if (change->codebase != NULL)
    return;
  codebase = belfry_config_find_codebase (self->config, change->repository);
  change->codebase = g_strdup (codebase != NULL ? codebase->name : "");
}

/* 5: stored; the answer says as what */

static void
answer_stored (GTask *task, BelfryAcceptance *acceptance)
{
  Reception *reception = g_task_get_task_data (task);
  gint64 id = acceptance->delivery->deliveryid;
  gboolean is_plain = ((const BelfryHook *)belfry_hosted_get_plugin (reception->hook))->no_digest;
  const char *outcome = acceptance->delivery->outcome;

  if (acceptance->conflict)
    answer (task, response_new (409, "delivery %" G_GINT64_FORMAT " had this id and other content",
                                acceptance->first_delivery));
  else if (acceptance->first_delivery != 0)
    answer (task, response_new (is_plain ? 202 : 200, "repeats delivery %" G_GINT64_FORMAT,
                                acceptance->first_delivery));
  else if (strcmp (outcome, "accepted") == 0)
    answer (task, response_new (202, "%u change%s stored, delivery %" G_GINT64_FORMAT,
                                acceptance->stored, acceptance->stored == 1 ? "" : "s", id));
  else if (strcmp (outcome, "pending") == 0)
    answer (task, response_new (202, "pending, delivery %" G_GINT64_FORMAT, id));
  else if (strcmp (outcome, "duplicate") == 0)
    answer (task, response_new (is_plain ? 202 : 200, "known as change %" G_GINT64_FORMAT,
                                acceptance->known_change));
  else if (strcmp (outcome, "nothing") == 0)
    answer (task, response_new (200, "nothing to do: %s", acceptance->delivery->reason));
  else
    answer (task, response_new (strcmp (outcome, "unsupported-type") == 0 ? 415 : 400, "%s",
                                acceptance->delivery->reason));
}

static void
count_stored (const Reception *reception, const char *outcome)
{
  BelfryMetrics *counting = reception->self->metrics;
  gint64 took_us = g_get_monotonic_time () - reception->started_us;

  belfry_metrics_count (counting, &metrics[DELIVERIES], reception->hook->blueprint->name, outcome,
                        NULL);
  belfry_metrics_observe (counting, &metrics[DELIVERY_SECONDS], (double)took_us / G_USEC_PER_SEC,
                          NULL);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Reception *reception = g_task_get_task_data (task);
  BelfryAcceptance *acceptance = reception->acceptance;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_write_finish (reception->self->store, result, &local)) {
    g_warning ("hook '%s': storing a delivery: %s; it was answered 503",
               reception->hook->blueprint->name, local->message);
    belfry_metrics_count (reception->self->metrics, &metrics[DELIVERIES],
                          reception->hook->blueprint->name, UNAVAILABLE, NULL);
    answer_later (task, "the delivery cannot be stored now");
    return;
  }
  count_stored (reception, acceptance->delivery->outcome);
  if (strcmp (acceptance->delivery->outcome, "pending") == 0)
    belfry_pending_add (reception->self, acceptance->delivery);
  answer_stored (task, acceptance);
}

/* 4: one transaction */

static const char *
find_forge_id (const BelfryHook *hook, BelfryRequest *request)
{
  for (guint i = 0; hook->delivery_id_headers != NULL && hook->delivery_id_headers[i] != NULL;
       i++) {
    const char *id = belfry_request_get_header (request, hook->delivery_id_headers[i]);

    if (id != NULL && id[0] != '\0' && strlen (id) <= 200)
      return id;
  }
  return NULL;
}

static BelfryDelivery *
make_delivery (Reception *reception, const char *outcome, const char *reason)
{
  const BelfryHook *plugin = belfry_hosted_get_plugin (reception->hook);
  BelfryDelivery *delivery = belfry_delivery_new ();
  GBytes *body = belfry_request_get_body (reception->request);
  const char *address = belfry_request_get_address (reception->request);
  g_autofree char *id =
      belfry_text_make_printable (find_forge_id (plugin, reception->request) != NULL
                                      ? find_forge_id (plugin, reception->request)
                                      : "",
                                  -1, 200);
  const char *event = plugin->event_header != NULL
                          ? belfry_request_get_header (reception->request, plugin->event_header)
                          : NULL;
  g_autofree char *event_text =
      event != NULL ? belfry_text_make_printable (event, -1, MAX_EVENT) : NULL;

  belfry_record_set_text (&delivery->hook, reception->hook->blueprint->name);
  belfry_record_set_text (&delivery->forge_id, id[0] != '\0' ? id : NULL);
  belfry_record_set_text (&delivery->event, event_text);
  belfry_record_set_text (&delivery->source, address != NULL ? address : "local");
  belfry_record_set_text (&delivery->outcome, outcome);
  belfry_record_set_text (&delivery->reason, reason != NULL ? reason : "");
  delivery->bytes = (gint64)g_bytes_get_size (body);
  delivery->received_at = belfry_clock_now_us ();
  delivery->last_at = delivery->received_at;
  delivery->duration_us = g_get_monotonic_time () - reception->started_us;
  delivery->change_ids = json_node_init_array (json_node_alloc (), NULL);
  json_node_take_array (delivery->change_ids, json_array_new ());
  delivery->replay_of = reception->replay_of;
  delivery->count = 1;
  delivery->next_try_at = BELFRY_NONE;
  return delivery;
}

/* the id is part of what was signed, so that nobody sends old content under a new one */
static gboolean
is_id_signed (Reception *reception)
{
  const BelfryHook *plugin = belfry_hosted_get_plugin (reception->hook);
  const char *row = (const char *)plugin->signatures;

  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL;
       row += plugin->signature_size)
    if (((const BelfrySignature *)row)->scheme == BELFRY_SIGNATURE_STANDARD_WEBHOOKS)
      return get_keys (reception->hook)->secret != NULL &&
             belfry_request_get_header (reception->request,
                                        ((const BelfrySignature *)row)->header) != NULL;
  return FALSE;
}

static char **
dup_secrets (BelfrySecret *secret)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();

  for (guint i = 0; secret != NULL && i < belfry_secret_get_count (secret); i++) {
    const char *value = belfry_secret_get_generation (secret, i);

    if (value != NULL && strlen (value) >= MIN_SECRET)
      g_strv_builder_add (values, value);
  }
  return g_strv_builder_end (values);
}

static void
store (GTask *task, BelfryTranslation *translation, const char *outcome)
{
  Reception *reception = g_task_get_task_data (task);
  const BelfryHook *plugin = belfry_hosted_get_plugin (reception->hook);
  const BelfryHookKeys *keys = get_keys (reception->hook);
  BelfryAcceptance *acceptance = g_new0 (BelfryAcceptance, 1);

  acceptance->delivery = make_delivery (reception, outcome, translation->reason);
  if (translation->event != NULL) {
    g_autofree char *event = belfry_text_make_printable (translation->event, -1, MAX_EVENT);

    belfry_record_set_text (&acceptance->delivery->event, event);
  }
  acceptance->completes = BELFRY_NONE;
  acceptance->by_digest = !plugin->no_digest && translation->kind != BELFRY_TRANSLATION_POLL &&
                          !is_id_signed (reception);
  acceptance->dedupe_window_us = keys->dedupe_window;
  if (translation->changes != NULL)
    acceptance->changes = g_ptr_array_ref (translation->changes);
  for (guint i = 0; acceptance->changes != NULL && i < acceptance->changes->len; i++)
    belfry_deliveries_complete_change (reception->self, reception->hook,
                                       g_ptr_array_index (acceptance->changes, i),
                                       acceptance->delivery->received_at);
  if (translation->pending != NULL)
    acceptance->delivery->pending = belfry_json_copy (translation->pending);
  acceptance->hook = plugin;
  acceptance->keep_raw = keys->keep_raw && reception->replay_of == BELFRY_NONE;
  if (acceptance->keep_raw)
    acceptance->secrets = dup_secrets (keys->secret);
  acceptance->request = belfry_request_ref (reception->request);
  reception->acceptance = acceptance;
  belfry_store_write_async (reception->self->store, belfry_acceptance_store, acceptance, NULL, NULL,
                            on_stored, task);
}

/* 3: what it means */

/* pollers are told at once: nobody waits for what they find, and looking twice does no harm */
static const char *
tell_pollers (BelfryDeliveries *self, BelfryTranslation *translation)
{
  g_autofree char *missing =
      self->poll != NULL ? self->poll ((const char *const *)translation->pollers,
                                       (const char *const *)translation->allowed, self->poll_data)
                         : g_strdup ("there are none");
  g_autofree char *shown = missing != NULL ? belfry_text_make_printable (missing, -1, 500) : NULL;

  g_free (translation->reason);
  translation->reason = shown != NULL ? g_strconcat ("Could not find pollers: ", shown, NULL)
                                      : g_strdup ("no change found yet, pollers look");
  return shown != NULL ? "malformed" : "nothing";
}

const char *
belfry_deliveries_get_outcome (BelfryTranslationKind kind)
{
  static const char *const outcomes[] = {
    [BELFRY_TRANSLATION_CHANGES] = "accepted",
    [BELFRY_TRANSLATION_NOTHING] = "nothing",
    [BELFRY_TRANSLATION_MALFORMED] = "malformed",
    [BELFRY_TRANSLATION_UNSUPPORTED_TYPE] = "unsupported-type",
    [BELFRY_TRANSLATION_POLL] = "nothing",
    [BELFRY_TRANSLATION_PENDING] = "pending",
  };

  return outcomes[kind];
}

/* @translation: (nullable) */
static void
take_translation (GTask *task, BelfryTranslation *translation)
{
  Reception *reception = g_task_get_task_data (task);

  if (translation == NULL) {
    g_warning ("hook '%s': its translation gave nothing; answered 500",
               reception->hook->blueprint->name);
    answer (task, response_new (500, "Error processing changes."));
    return;
  }
  store (task, translation,
         translation->kind == BELFRY_TRANSLATION_POLL
             ? tell_pollers (reception->self, translation)
             : belfry_deliveries_get_outcome (translation->kind));
}

/* a process that died over it, or did not answer, may do better when the forge comes again */
static void
on_translated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Reception *reception = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryTranslation) translation = g_task_propagate_pointer (G_TASK (result), &local);

  if (local == NULL) {
    take_translation (task, translation);
    return;
  }
  g_warning ("hook '%s': %s", reception->hook->blueprint->name, local->message);
  if (g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_RETRY))
    answer_later (task, "this hook cannot work now");
  else
    answer (task, response_new (500, "Error processing changes."));
}

static void
translate (GTask *task)
{
  Reception *reception = g_task_get_task_data (task);
  BelfryHosted *hook = reception->hook;
  g_autoptr (BelfryTranslation) translation = NULL;

  if (hook->isolated != NULL && !belfry_hook_is_encoded (reception->request)) {
    belfry_isolated_translate (hook->isolated, reception->request,
                               g_task_new (NULL, NULL, on_translated, task));
    return;
  }
  translation = belfry_hook_translate (belfry_hosted_get_plugin (hook),
                                       belfry_hosted_get_state (hook), reception->request);
  take_translation (task, translation);
}

/* 2: who may knock */

static void
refuse_unproven (GTask *task, const char *reason)
{
  refuse (task, "unauthorized", reason, response_new (401, "not authorized"));
}

static void
note_generation (Reception *reception, guint generation)
{
  const char *name = reception->hook->blueprint->name;

  if (generation == 0 || g_hash_table_contains (reception->self->generations, name))
    return;
  g_hash_table_add (reception->self->generations, g_strdup (name));
  g_message ("hook '%s': a request was signed with the second of its secrets", name);
}

static void
refuse_method (GTask *task, const BelfryHook *plugin, const BelfryHookKeys *keys)
{
  g_autofree char *methods = keys->secret != NULL && plugin->methods != NULL
                                 ? g_strjoinv (", ", (char **)plugin->methods)
                                 : g_strdup ("POST");
  BelfryResponse *response = response_new (405, "only %s is taken here", methods);

  belfry_response_set_header (response, "Allow", methods);
  refuse (task, "method", "another method than those it takes", response);
}

static void
check_signature (GTask *task)
{
  Reception *reception = g_task_get_task_data (task);
  const BelfryHook *plugin = belfry_hosted_get_plugin (reception->hook);
  guint generation = 0;
  const char *reason = NULL;
  const BelfryHookKeys *keys = get_keys (reception->hook);

  if (!belfry_hook_accepts_method (plugin, keys, belfry_request_get_method (reception->request))) {
    refuse_method (task, plugin, keys);
    return;
  }
  if (!belfry_signature_verify (plugin, keys, reception->request, &generation, &reason)) {
    if (belfry_hook_needs_proof (belfry_request_get_method (reception->request)))
      refuse_method (task, plugin, keys);
    else
      refuse_unproven (task, reason);
    return;
  }
  note_generation (reception, generation);
  translate (task);
}

static BelfryResponse *
challenge_new (void)
{
  BelfryResponse *response = response_new (401, "Unauthorized");

  belfry_response_set_header (response, "WWW-Authenticate", "Basic realm=\"Protected area\"");
  return response;
}

static void
on_password_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;

  if (g_task_propagate_boolean (G_TASK (result), NULL))
    check_signature (task);
  else
    refuse (task, "unauthorized", BELFRY_REASON_PASSWORD, challenge_new ());
}

static void
check_password (GTask *task)
{
  Reception *reception = g_task_get_task_data (task);
  const BelfryHookKeys *keys = get_keys (reception->hook);
  BelfryConfig *config = reception->self->config;
  const BelfryWwwKeys *www = config->www;
  char **files = keys->auth;

  if (files == NULL && www != NULL)
    files = www->change_hook_auth;
  if (files == NULL || (keys->auth != NULL && files[0] == NULL)) {
    check_signature (task);
    return;
  }
  belfry_passwords_check ((const char *const *)files, config->directory,
                          belfry_request_get_header (reception->request, "Authorization"),
                          g_task_new (NULL, NULL, on_password_checked, task));
}

static gboolean
comes_from_source (const BelfryHookKeys *keys, BelfryRequest *request)
{
  const char *text = belfry_request_get_address (request);
  g_autoptr (GInetAddress) address = text != NULL ? g_inet_address_new_from_string (text) : NULL;

  return keys->sources == NULL ||
         (address != NULL && belfry_addresses_contain (keys->sources, address));
}

/* 1: whose it is */

static void
on_stranger_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  answer (user_data, g_task_propagate_boolean (G_TASK (result), NULL)
                         ? response_new (404, "there is no such hook")
                         : challenge_new ());
}

/* which hooks there are is told only to who may know */
static void
answer_unknown (BelfryDeliveries *self, BelfryRequest *request, GTask *task)
{
  const BelfryWwwKeys *www = self->config->www;

  count_refusal (self, NO_HOOK, "no-hook", request, "there is no such hook");
  if (www == NULL || www->change_hook_auth == NULL)
    answer_stranger (self, request, task, response_new (404, "there is no such hook"));
  else
    belfry_passwords_check ((const char *const *)www->change_hook_auth, self->config->directory,
                            belfry_request_get_header (request, "Authorization"),
                            g_task_new (NULL, NULL, on_stranger_checked, task));
}

static void
reception_new (BelfryDeliveries *self,
               BelfryHosted *hook,
               BelfryRequest *request,
               gint64 replay_of,
               GTask *task)
{
  Reception *reception = g_new0 (Reception, 1);

  reception->self = self;
  reception->hook = belfry_hosted_ref (hook);
  reception->request = belfry_request_ref (request);
  reception->started_us = g_get_monotonic_time ();
  reception->replay_of = replay_of;
  g_task_set_task_data (task, reception, reception_free);
}

void
belfry_deliveries_repeat (BelfryDeliveries *self,
                          BelfryHosted *hook,
                          BelfryDelivery *first,
                          BelfryRequest *request,
                          GTask *task)
{
  reception_new (self, hook, request, first->deliveryid, task);
  translate (task);
}

void
belfry_deliveries_receive (BelfryDeliveries *self,
                           const char *name,
                           BelfryRequest *request,
                           GTask *task)
{
  BelfryHosted *hook = g_hash_table_lookup (self->hooks, name != NULL ? name : "base");

  if (hook == NULL) {
    answer_unknown (self, request, task);
    return;
  }
  if (self->stopping || hook->state != BELFRY_HOSTED_RUNNING ||
      belfry_store_is_pressed (self->store)) {
    belfry_metrics_count (self->metrics, &metrics[DELIVERIES], hook->blueprint->name, UNAVAILABLE,
                          NULL);
    answer_later (task, self->stopping ? "stopping" : "this hook cannot work now");
    return;
  }
  reception_new (self, hook, request, BELFRY_NONE, task);
  if (!comes_from_source (get_keys (hook), request)) {
    refuse (task, "forbidden", "an address outside sources", response_new (403, "not from here"));
    return;
  }
  check_password (task);
}

void
belfry_deliveries_resume (BelfryDeliveries *self)
{
  belfry_pending_resume (self);
}
