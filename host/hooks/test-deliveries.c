/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries over a real store in a folder of their own. The hooks here read from a body's lines
 * what to make of it: "change REVISION", "nothing", "malformed", "type", "pending REVISION".
 */
#include "deliveries.h"
#include "hook-keys.h"
#include "www/www-keys.h"

#include <glib/gstdio.h>

#define START_US   (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define MINUTE_US  (60 * (gint64)G_USEC_PER_SEC)
#define PATIENCE_S 30
#define N_HOOKS    4

typedef enum {
  ANSWER_CHANGE,
  ANSWER_NOTHING,
  ANSWER_NEVER,
  ANSWER_NOBODY,
} TestAnswer;

typedef struct {
  TestAnswer answer;
  guint n_asked;
  GPtrArray *held; /* (element-type GTask) questions that nobody answers */
} TestState;

typedef struct {
  char *folder;
  BelfryStore *store;
  BelfryDeliveries *deliveries;
  BelfryConfig config;
  BelfryWwwKeys www;
  BelfryBlueprint blueprints[N_HOOKS];
  BelfryHookKeys keys[N_HOOKS];
  TestState states[N_HOOKS];
  BelfryHosted *hosted[N_HOOKS];
} Fixture;

static BelfryChange *
make_change (const char *revision)
{
  BelfryChange *change = belfry_change_new ();

  belfry_record_set_text (&change->revision, revision);
  belfry_record_set_text (&change->branch, "main");
  belfry_record_set_text (&change->repository, "https://forge.example/acme/widget.git");
  g_clear_pointer (&change->codebase, g_free);
  g_clear_pointer (&change->author, g_free);
  change->when_timestamp = BELFRY_NONE;
  return change;
}

static BelfryTranslation *
translate (gconstpointer self, BelfryRequest *request)
{
  GBytes *body = belfry_request_get_body (request);
  g_autofree char *text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);

  if (g_str_has_prefix (text, "malformed"))
    return belfry_translation_new_malformed ("this is not it");
  if (g_str_has_prefix (text, "type"))
    return belfry_translation_new_unsupported_type ("a form is wanted here");
  if (g_str_has_prefix (text, "pending "))
    return belfry_translation_new_pending (belfry_json_new_text (text + strlen ("pending ")));
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "change "))
      g_ptr_array_add (changes, make_change (lines[i] + strlen ("change ")));
  if (changes->len == 0)
    return belfry_translation_new_nothing ("an event of no interest");
  return belfry_translation_new_changes (g_steal_pointer (&changes));
}

static BelfryTranslation *
make_changes (JsonNode *pending)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (belfry_record_unref);

  g_ptr_array_add (changes, make_change (json_node_get_string (pending)));
  return belfry_translation_new_changes (changes);
}

static void
complete (gpointer self, JsonNode *pending, GTask *task)
{
  TestState *state = self;

  state->n_asked++;
  if (state->answer == ANSWER_NEVER) {
    g_ptr_array_add (state->held, task);
    return;
  }
  if (state->answer == ANSWER_NOBODY)
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "nobody answers");
  else
    g_task_return_pointer (task,
                           state->answer == ANSWER_CHANGE
                               ? make_changes (pending)
                               : belfry_translation_new_nothing ("to be skipped"),
                           (GDestroyNotify)belfry_translation_free);
  g_object_unref (task);
}

static BelfryTranslation *
give_up (gconstpointer self, JsonNode *pending)
{
  BelfryTranslation *translation = make_changes (pending);

  ((BelfryChange *)g_ptr_array_index (translation->changes, 0))->files_unknown = TRUE;
  return translation;
}

static const BelfrySignature rows[] = {
  { "X-Token", BELFRY_SIGNATURE_TOKEN, 1 },
  { "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 2 },
  { NULL },
};
static const char *const id_headers[] = { "X-Delivery", "X-Other-Id", NULL };

#define TEST_HOOK                                                                                  \
  .size = sizeof (BelfryHook), .kind = BELFRY_KIND_HOOK, .signatures = rows,                       \
  .signature_size = sizeof (BelfrySignature), .delivery_id_headers = id_headers,                   \
  .event_header = "X-Event", .translate = translate, .complete = complete, .give_up = give_up

static const char *const more_methods[] = { "POST", "GET", NULL };
static const BelfryHook test_forge = { TEST_HOOK, .name = "forge", .methods = more_methods };
static const BelfryHook test_plain = { TEST_HOOK, .name = "plain", .no_digest = TRUE };

/* name of the instance, its plugin, and whether it knows a secret */
static const struct {
  const char *name;
  const BelfryHook *plugin;
  const char *secret;
} hooks[N_HOOKS] = {
  { "one", &test_forge, NULL },
  { "two", &test_forge, NULL },
  { "base", &test_plain, NULL },
  { "locked", &test_forge, "plain:new;plain:old" },
};

static void
open_store (Fixture *self)
{
  const BelfryStoreSettings settings = { .directory = self->folder, .readers = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) hosted = g_ptr_array_new ();

  self->store = belfry_store_open (&settings, &error);
  g_assert_no_error (error);
  self->deliveries = belfry_deliveries_new (self->store);
  for (guint i = 0; i < N_HOOKS; i++)
    g_ptr_array_add (hosted, self->hosted[i]);
  belfry_deliveries_apply (self->deliveries, &self->config, hosted);
}

static void
close_store (Fixture *self)
{
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  g_clear_pointer (&self->store, belfry_store_close);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  belfry_clock_set_us (START_US);
  self->folder = g_dir_make_tmp ("belfry-deliveries-XXXXXX", NULL);
  self->config.directory = self->folder;
  self->config.codebases = g_ptr_array_new ();
  self->config.www = &self->www;
  g_atomic_ref_count_init (&self->config.refs);
  for (guint i = 0; i < N_HOOKS; i++) {
    BelfryBlueprint *blueprint = &self->blueprints[i];

    self->keys[i].dedupe_window = 10 * MINUTE_US;
    self->keys[i].max_body = 1024;
    self->keys[i].tolerance = 5 * MINUTE_US;
    self->keys[i].keep_raw = TRUE;
    self->keys[i].secret =
        hooks[i].secret != NULL ? belfry_secret_new (hooks[i].secret, NULL) : NULL;
    self->states[i].held = g_ptr_array_new ();
    blueprint->kind = BELFRY_KIND_HOOK;
    blueprint->name = (char *)hooks[i].name;
    blueprint->plugin = (const BelfryPlugin *)hooks[i].plugin;
    blueprint->host_state = &self->keys[i];
    blueprint->state = &self->states[i];
    self->hosted[i] = g_new0 (BelfryHosted, 1);
    g_atomic_ref_count_init (&self->hosted[i]->refs);
    self->hosted[i]->blueprint = blueprint;
    self->hosted[i]->state = BELFRY_HOSTED_RUNNING;
  }
  open_store (self);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (folder);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  close_store (self);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (guint i = 0; i < N_HOOKS; i++) {
    g_clear_pointer (&self->keys[i].secret, belfry_secret_unref);
    g_strfreev (self->keys[i].auth);
    g_clear_pointer (&self->keys[i].sources, belfry_addresses_free);
    g_ptr_array_unref (self->states[i].held);
    g_assert_true (g_atomic_ref_count_compare (&self->hosted[i]->refs, 1));
    g_free (self->hosted[i]);
  }
  g_assert_true (g_atomic_ref_count_compare (&self->config.refs, 1));
  g_ptr_array_unref (self->config.codebases);
  remove_folder (self->folder);
  g_free (self->folder);
  belfry_clock_set_us (0);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static BelfryRequest *
make_request (const char *method, const char *address, const char *headers, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = method,
    .path = "/change_hook/one",
    .address = address,
    .body = bytes,
  };
  BelfryRequest *request = belfry_request_new (&fields);
  g_auto (GStrv) lines = g_strsplit (headers, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strstr (lines[i], ": ");

    if (colon == NULL)
      continue;
    *colon = '\0';
    belfry_request_add_header (request, lines[i], colon + strlen (": "));
  }
  return request;
}

static BelfryResponse *
receive (Fixture *self, const char *hook, BelfryRequest *request)
{
  g_autoptr (GAsyncResult) done = NULL;
  gint64 end_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  belfry_deliveries_receive (self->deliveries, hook, request,
                             g_task_new (NULL, NULL, on_answered, &done));
  while (done == NULL) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_main_context_iteration (NULL, FALSE);
  }
  return g_task_propagate_pointer (G_TASK (done), NULL);
}

/* posts, and wants this status and these words in the answer; which never echoes the request */
static void
post (Fixture *self,
      const char *hook,
      const char *headers,
      const char *body,
      guint status,
      const char *words)
{
  g_autoptr (BelfryRequest) request = make_request ("POST", "192.0.2.7", headers, body);
  g_autoptr (BelfryResponse) response = receive (self, hook, request);
  GBytes *bytes = belfry_response_get_body (response);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  if (belfry_response_get_status (response) != status || strstr (text, words) == NULL)
    g_test_fail_printf ("'%s' of '%s' is answered %u '%s', wanted %u '%s'", body, hook,
                        belfry_response_get_status (response), text, status, words);
  g_assert_cmpstr (belfry_response_get_content_type (response), ==, "text/plain; charset=utf-8");
  if (body[0] != '\0')
    g_assert_null (strstr (text, body));
}

typedef struct {
  const BelfryRecordType *type;
  GPtrArray *rows;
} List;

static gboolean
read_list (BelfryReader *reader, gpointer data, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  List *list = data;

  list->rows = belfry_reader_list (reader, list->type, &query, NULL, error);
  return list->rows != NULL;
}

/* (transfer full): all rows in the order of their ids, after what was written before */
static GPtrArray *
list_rows (Fixture *self, const BelfryRecordType *type)
{
  const BelfryReaderView view = { .instance = NULL };
  List list = { .type = type };
  g_autoptr (GAsyncResult) flushed = NULL;
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GError) error = NULL;

  belfry_store_flush_async (self->store, on_answered, &flushed);
  while (flushed == NULL)
    g_main_context_iteration (NULL, TRUE);
  belfry_store_read_async (self->store, &view, read_list, &list, NULL, on_answered, &done);
  while (done == NULL)
    g_main_context_iteration (NULL, TRUE);
  belfry_store_read_finish (self->store, done, &error);
  g_assert_no_error (error);
  return list.rows;
}

static guint
count_changes (Fixture *self)
{
  g_autoptr (GPtrArray) changes = list_rows (self, belfry_change_get_type ());

  return changes->len;
}

/* "hook outcome count" of each delivery */
static char *
dup_outcomes (Fixture *self)
{
  g_autoptr (GPtrArray) list = list_rows (self, belfry_delivery_get_type ());
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < list->len; i++) {
    BelfryDelivery *delivery = g_ptr_array_index (list, i);

    g_string_append_printf (text, "%s%s %s %" G_GINT64_FORMAT, i > 0 ? "; " : "", delivery->hook,
                            delivery->outcome, delivery->count);
  }
  return g_string_free (text, FALSE);
}

static void
assert_outcomes (Fixture *self, const char *wanted)
{
  g_autofree char *outcomes = dup_outcomes (self);

  g_assert_cmpstr (outcomes, ==, wanted);
}

/* turns the loop until the outcomes are these */
static void
wait_for_outcomes (Fixture *self, const char *wanted)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  for (;;) {
    g_autofree char *outcomes = dup_outcomes (self);

    if (g_strcmp0 (outcomes, wanted) == 0)
      return;
    if (g_get_monotonic_time () > end_us)
      g_error ("outcomes stay '%s', wanted '%s'", outcomes, wanted);
    g_main_context_iteration (NULL, FALSE);
  }
}

static void
test_answers (Fixture *self, gconstpointer data)
{
  post (self, "one", "", "change a", 202, "1 change stored, delivery 1");
  post (self, "one", "", "change b\nchange c", 202, "2 changes stored, delivery 2");
  post (self, "one", "", "ping", 200, "nothing to do: an event of no interest");
  post (self, "one", "", "malformed", 400, "this is not it");
  post (self, "one", "", "type", 415, "a form is wanted");
  post (self, "nowhere", "", "change a", 404, "no such hook");
  post (self, NULL, "", "change d", 202, "1 change");
  g_assert_cmpuint (count_changes (self), ==, 4);
  assert_outcomes (self, "one accepted 1; one accepted 1; one nothing 1; one malformed 1; "
                         "one unsupported-type 1; base accepted 1");
}

static void
test_change_completed (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GPtrArray) list = NULL;
  BelfryChange *change = NULL;
  BelfryDelivery *delivery = NULL;

  post (self, "one", "X-Delivery: d-1\nX-Event: push", "change a", 202, "1 change");
  changes = list_rows (self, belfry_change_get_type ());
  list = list_rows (self, belfry_delivery_get_type ());
  change = g_ptr_array_index (changes, 0);
  delivery = g_ptr_array_index (list, 0);
  g_assert_cmpstr (change->origin, ==, "hook/one");
  g_assert_cmpstr (change->author, ==, "");
  g_assert_cmpstr (change->codebase, ==, "");
  g_assert_cmpint (change->when_timestamp, ==, START_US);
  g_assert_cmpint (change->deliveryid, ==, delivery->deliveryid);
  g_assert_cmpstr (delivery->forge_id, ==, "d-1");
  g_assert_cmpstr (delivery->event, ==, "push");
  g_assert_cmpstr (delivery->source, ==, "192.0.2.7");
  g_assert_cmpint (delivery->bytes, ==, strlen ("change a"));
  g_assert_cmpint (json_array_get_int_element (json_node_get_array (delivery->change_ids), 0), ==,
                   change->changeid);
}

static void
test_encoding (Fixture *self, gconstpointer data)
{
  post (self, "one", "Content-Encoding: gzip", "change a", 415, "Content-Encoding");
  post (self, "one", "Content-Encoding: identity, gzip", "change a", 415, "Content-Encoding");
  post (self, "one", "Content-Encoding: identity\nContent-Encoding: gzip", "change a", 415, "");
  g_assert_cmpuint (count_changes (self), ==, 0);
  post (self, "one", "Content-Encoding: Identity", "change a", 202, "1 change");
  assert_outcomes (self, "one unsupported-type 1; one unsupported-type 1; one unsupported-type 1; "
                         "one accepted 1");
}

static void
test_method (Fixture *self, gconstpointer data)
{
  static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_autoptr (BelfryRequest) request = make_request (methods[i], "192.0.2.7", "", "change a");
    g_autoptr (BelfryResponse) response = receive (self, "one", request);

    g_assert_cmpuint (belfry_response_get_status (response), ==, 405);
  }
  g_assert_cmpuint (count_changes (self), ==, 0);
}

/* what a browser can be made to do takes effect only with what no browser knows */
static void
test_method_with_secret (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *method;
    const char *headers;
    guint status;
  } cases[] = {
    { "GET", "X-Token: new", 202 }, { "GET", "X-Token: no", 405 },  { "GET", "", 405 },
    { "POST", "X-Token: no", 401 }, { "PUT", "X-Token: new", 405 }, { "HEAD", "X-Token: new", 405 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryRequest) request =
        make_request (cases[i].method, "192.0.2.7", cases[i].headers, "change a");
    g_autoptr (BelfryResponse) response = receive (self, "locked", request);

    g_assert_cmpuint (belfry_response_get_status (response), ==, cases[i].status);
  }
  g_assert_cmpuint (count_changes (self), ==, 1);
}

static void
test_failed_instance (Fixture *self, gconstpointer data)
{
  self->hosted[0]->state = BELFRY_HOSTED_FAILED;
  post (self, "one", "", "change a", 503, "come back later");
  self->hosted[0]->state = BELFRY_HOSTED_RUNNING;
  post (self, "one", "", "change a", 202, "1 change");
}

static void
test_stopping (Fixture *self, gconstpointer data)
{
  belfry_deliveries_stop (self->deliveries);
  post (self, "one", "", "change a", 503, "come back later");
  g_assert_cmpuint (count_changes (self), ==, 0);
}

static void
test_secret (Fixture *self, gconstpointer data)
{
  post (self, "locked", "", "change a", 401, "not authorized");
  post (self, "locked", "X-Token: wrong", "change a", 401, "not authorized");
  post (self, "locked", "X-Token: new\nX-Token: new", "change a", 401, "not authorized");
  g_assert_cmpuint (count_changes (self), ==, 0);
  post (self, "locked", "X-Token: new", "change a", 202, "1 change");
  /* told once, so that the old one can be withdrawn */
  g_test_expect_message ("belfry", G_LOG_LEVEL_MESSAGE, "*second of its secrets*");
  post (self, "locked", "X-Token: old", "change b", 202, "1 change");
  g_test_assert_expected_messages ();
  post (self, "locked", "X-Token: old", "change c", 202, "1 change");
}

static void
test_basic (Fixture *self, gconstpointer data)
{
  static const char *const items[] = { "file:passwords", NULL };
  g_autofree char *path = g_build_filename (self->folder, "passwords", NULL);
  g_autoptr (BelfryRequest) request = make_request ("GET", "192.0.2.7", "", "");
  g_autoptr (BelfryResponse) response = NULL;
  GPtrArray *headers = NULL;
  gboolean challenged = FALSE;

  g_assert_true (g_file_set_contents (path, "ann:apple\n", -1, NULL));
  self->www.change_hook_auth = (char **)items;
  /* before the method is looked at */
  response = receive (self, "one", request);
  g_assert_cmpuint (belfry_response_get_status (response), ==, 401);
  headers = belfry_response_list_headers (response);
  for (guint i = 0; i + 1 < headers->len; i += 2)
    challenged |= g_strcmp0 (g_ptr_array_index (headers, i), "WWW-Authenticate") == 0 &&
                  g_str_has_prefix (g_ptr_array_index (headers, i + 1), "Basic ");
  g_assert_true (challenged);
  post (self, "one", "", "change a", 401, "");
  post (self, "one", "Authorization: Basic YW5uOnBlYXI=", "change a", 401, "");
  post (self, "one", "Authorization: Basic YW5uOmFwcGxl", "change a", 202, "1 change");
  /* both are asked for where both are set */
  post (self, "locked", "Authorization: Basic YW5uOmFwcGxl", "change b", 401, "");
  post (self, "locked", "X-Token: new", "change b", 401, "");
  post (self, "locked", "Authorization: Basic YW5uOmFwcGxl\nX-Token: new", "change b", 202, "");
  /* an empty list of the hook's own: no password here; one of [www]: nobody */
  self->keys[0].auth = g_new0 (char *, 1);
  post (self, "one", "", "change c", 202, "1 change");
  self->www.change_hook_auth = self->keys[0].auth;
  post (self, "two", "Authorization: Basic YW5uOmFwcGxl", "change d", 401, "");
}

static void
post_from (Fixture *self, const char *address, guint status)
{
  g_autofree char *body = g_strdup_printf ("change %s", address != NULL ? address : "local");
  g_autoptr (BelfryRequest) request = make_request ("POST", address, "", body);
  g_autoptr (BelfryResponse) response = receive (self, "one", request);

  g_assert_cmpuint (belfry_response_get_status (response), ==, status);
}

static void
test_sources (Fixture *self, gconstpointer data)
{
  static const char *const items[] = { "192.0.2.0/24", "2001:db8::/32", NULL };

  self->keys[0].sources = belfry_addresses_new (items, NULL);
  post_from (self, "192.0.2.9", 202);
  post_from (self, "::ffff:192.0.2.10", 202);
  post_from (self, "2001:db8::1", 202);
  post_from (self, "198.51.100.1", 403);
  post_from (self, "2001:db9::1", 403);
  post_from (self, NULL, 403);
  g_assert_cmpuint (count_changes (self), ==, 3);
}

static void
test_same_delivery (Fixture *self, gconstpointer data)
{
  post (self, "one", "X-Delivery: d-1", "change a", 202, "delivery 1");
  for (guint i = 0; i < 100; i++)
    post (self, "one", "X-Delivery: d-1", "change a", 200, "repeats delivery 1");
  post (self, "one", "X-Delivery: d-1", "change b", 409, "delivery 1");
  /* the id alone is not signed: a copy under another one is a copy, however late */
  post (self, "one", "X-Delivery: d-2", "change a", 200, "repeats delivery 1");
  belfry_clock_set_us (START_US + 100 * MINUTE_US);
  post (self, "one", "X-Delivery: d-3", "change a", 200, "repeats delivery 1");
  close_store (self);
  open_store (self);
  post (self, "one", "X-Delivery: d-1", "change a", 200, "repeats delivery 1");
  post (self, "one", "X-Delivery: d-1", "change b", 409, "delivery 1");
  post (self, "one", "X-Other-Id: d-1", "change a", 200, "repeats delivery 1");
  g_assert_cmpuint (count_changes (self), ==, 1);
  /* ids are each hook's own */
  post (self, "two", "X-Delivery: d-1", "change z", 202, "1 change");
}

/* what failed was not seen, so that it may come again */
static void
test_failed_comes_again (Fixture *self, gconstpointer data)
{
  post (self, "one", "X-Delivery: d-1", "malformed", 400, "");
  post (self, "one", "X-Delivery: d-1", "change a", 202, "1 change");
  post (self, "one", "X-Delivery: d-2", "ping", 200, "no interest");
  post (self, "one", "X-Delivery: d-2", "ping", 200, "repeats");
}

static void
test_digest_window (Fixture *self, gconstpointer data)
{
  post (self, "one", "", "change a", 202, "1 change");
  post (self, "one", "", "change a", 200, "repeats delivery 1");
  belfry_clock_set_us (START_US + 10 * MINUTE_US - 1);
  post (self, "one", "", "change a", 200, "repeats delivery 1");
  belfry_clock_set_us (START_US + 10 * MINUTE_US);
  post (self, "one", "", "change a", 202, "1 change");
  g_assert_cmpuint (count_changes (self), ==, 2);
}

/* plain forms are never told apart by content; with an id they are, and count as taken */
static void
test_plain_forms (Fixture *self, gconstpointer data)
{
  post (self, "base", "", "change a", 202, "1 change");
  post (self, "base", "", "change a", 202, "1 change");
  post (self, "base", "X-Delivery: d-1", "change b", 202, "1 change");
  post (self, "base", "X-Delivery: d-1", "change b", 202, "repeats delivery");
  post (self, "base", "X-Delivery: d-1", "change c", 409, "");
  post (self, "base", "X-Delivery: d-2", "change b", 202, "1 change");
  g_assert_cmpuint (count_changes (self), ==, 4);
}

static void
test_two_roads (Fixture *self, gconstpointer data)
{
  post (self, "one", "", "change a\nchange a", 202, "2 changes");
  post (self, "one", "", "again\nchange a", 202, "1 change");
  post (self, "two", "", "change a", 200, "known as change");
  post (self, "base", "", "change a", 202, "known as change");
  post (self, "two", "", "change a\nchange b", 202, "1 change");
  belfry_clock_set_us (START_US + 61 * MINUTE_US);
  post (self, "two", "", "late\nchange a", 202, "1 change");
  g_assert_cmpuint (count_changes (self), ==, 5);
}

static void
refuse_some (Fixture *self, guint n_requests)
{
  for (guint i = 0; i < n_requests; i++) {
    g_autofree char *address = g_strdup_printf ("198.51.100.%u", i);
    g_autoptr (BelfryRequest) request = make_request ("POST", address, "X-Token: no", "change a");
    g_autoptr (BelfryResponse) response = receive (self, "locked", request);

    g_assert_cmpuint (belfry_response_get_status (response), ==, 401);
  }
}

/* one row for a network and an hour, however many there were and whoever counts them */
static void
test_refusals (Fixture *self, gconstpointer data)
{
  refuse_some (self, 50);
  assert_outcomes (self, ""); /* never at once */
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  wait_for_outcomes (self, "locked unauthorized 50");
  close_store (self);
  open_store (self);
  refuse_some (self, 3);
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  wait_for_outcomes (self, "locked unauthorized 53");
  close_store (self);
  open_store (self);
  post (self, "locked", "", "change a", 401, ""); /* another network */
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  wait_for_outcomes (self, "locked unauthorized 53; locked unauthorized 1");
  belfry_clock_set_us (START_US + 61 * MINUTE_US);
  close_store (self);
  open_store (self);
  refuse_some (self, 1);
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  wait_for_outcomes (self, "locked unauthorized 53; locked unauthorized 1; locked unauthorized 1");
  g_assert_cmpuint (count_changes (self), ==, 0);
}

static void
test_pending_completed (Fixture *self, gconstpointer data)
{
  post (self, "one", "X-Delivery: d-1", "pending a", 202, "pending, delivery 1");
  wait_for_outcomes (self, "one accepted 1");
  g_assert_cmpuint (self->states[0].n_asked, ==, 1);
  g_assert_cmpuint (count_changes (self), ==, 1);
  post (self, "one", "X-Delivery: d-1", "pending a", 200, "repeats delivery 1");
  g_assert_cmpuint (self->states[0].n_asked, ==, 1);
}

static void
test_pending_comes_to_nothing (Fixture *self, gconstpointer data)
{
  self->states[0].answer = ANSWER_NOTHING;
  post (self, "one", "", "pending a", 202, "pending");
  wait_for_outcomes (self, "one nothing 1");
  g_assert_cmpuint (count_changes (self), ==, 0);
}

/* stored before it was answered, so that a restart loses nothing and doubles nothing */
static void
test_pending_after_restart (Fixture *self, gconstpointer data)
{
  GTask *held = NULL;

  self->states[0].answer = ANSWER_NEVER;
  post (self, "one", "X-Delivery: d-1", "pending a", 202, "pending");
  g_assert_cmpuint (self->states[0].n_asked, ==, 1);
  close_store (self);
  held = g_ptr_array_index (self->states[0].held, 0);
  g_task_return_new_error (held, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
  g_object_unref (held);
  self->states[0].answer = ANSWER_CHANGE;
  open_store (self);
  assert_outcomes (self, "one pending 1");
  belfry_deliveries_resume (self->deliveries);
  wait_for_outcomes (self, "one accepted 1");
  g_assert_cmpuint (count_changes (self), ==, 1);
  close_store (self);
  open_store (self);
  belfry_deliveries_resume (self->deliveries);
  post (self, "one", "X-Delivery: d-1", "pending a", 200, "repeats delivery 1");
  g_assert_cmpuint (count_changes (self), ==, 1);
  g_assert_cmpuint (self->states[0].n_asked, ==, 2);
}

static void
test_pending_given_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) changes = NULL;

  self->states[0].answer = ANSWER_NOBODY;
  post (self, "one", "", "pending a", 202, "pending");
  while (self->states[0].n_asked < 2)
    g_main_context_iteration (NULL, TRUE);
  assert_outcomes (self, "one pending 1");
  belfry_clock_set_us (START_US + 10 * MINUTE_US);
  wait_for_outcomes (self, "one accepted 1");
  changes = list_rows (self, belfry_change_get_type ());
  g_assert_cmpuint (changes->len, ==, 1);
  g_assert_true (((BelfryChange *)g_ptr_array_index (changes, 0))->files_unknown);
}

static void
test_max_body (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (belfry_deliveries_get_max_body (self->deliveries, "one"), ==, 1024);
  g_assert_cmpint (belfry_deliveries_get_max_body (self->deliveries, NULL), ==, 1024);
}

static const struct {
  const char *path;
  void (*func) (Fixture *self, gconstpointer data);
} tests[] = {
  { "/hooks/deliveries/answers", test_answers },
  { "/hooks/deliveries/basic", test_basic },
  { "/hooks/deliveries/change-completed", test_change_completed },
  { "/hooks/deliveries/encoding", test_encoding },
  { "/hooks/deliveries/failed-instance", test_failed_instance },
  { "/hooks/deliveries/max-body", test_max_body },
  { "/hooks/deliveries/method", test_method },
  { "/hooks/deliveries/method-with-secret", test_method_with_secret },
  { "/hooks/deliveries/secret", test_secret },
  { "/hooks/deliveries/sources", test_sources },
  { "/hooks/deliveries/stopping", test_stopping },
  { "/hooks/once/digest-window", test_digest_window },
  { "/hooks/once/failed-comes-again", test_failed_comes_again },
  { "/hooks/once/plain-forms", test_plain_forms },
  { "/hooks/once/same-delivery", test_same_delivery },
  { "/hooks/once/two-roads", test_two_roads },
  { "/hooks/pending/after-restart", test_pending_after_restart },
  { "/hooks/pending/comes-to-nothing", test_pending_comes_to_nothing },
  { "/hooks/pending/completed", test_pending_completed },
  { "/hooks/pending/given-up", test_pending_given_up },
  { "/hooks/refusals/counted", test_refusals },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
