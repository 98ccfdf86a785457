/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptor that others call: the plugin's own, with each function that does something
 * replaced by one that passes it on. A reporter that only turns reports into requests and answers
 * into outcomes gets a `deliver` here: the request is made there, sent by the host, and its answer
 * judged there. Functions that look at options alone, when a configuration is read, stay.
 */
#include "isolated-private.h"

#include "outbox/buckets.h"

#include <gio/gio.h>
#include <string.h>

/* shorter than the outbox waits itself, so that the reason is known */
#define DELIVER_TIMEOUT_US  (110 * G_TIME_SPAN_SECOND)
#define COMPLETE_TIMEOUT_US (110 * G_TIME_SPAN_SECOND)

/* hooks */

static void
return_translation (GTask *owned, JsonObject *result, const GError *error)
{
  g_autoptr (GTask) task = owned;
  g_autoptr (GError) local = NULL;
  BelfryTranslation *translation = NULL;

  if (error != NULL) {
    g_task_return_error (task, g_error_copy (error));
    return;
  }
  translation = belfry_wire_read_translation (result, &local);
  if (translation != NULL)
    g_task_return_pointer (task, translation, (GDestroyNotify)belfry_translation_free);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

static void
on_translated (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  return_translation (data, result, error);
}

static BelfryCallSpec
make_translate (BelfryRequest *request)
{
  BelfryCallSpec spec = { .what = "translate", .head = json_object_new (), .is_pure = TRUE };

  json_object_set_object_member (spec.head, "request", belfry_wire_write_request (request));
  spec.body = belfry_request_get_body (request);
  return spec;
}

void
belfry_isolated_translate (BelfryIsolated *self, BelfryRequest *request, GTask *task)
{
  BelfryCallSpec spec = make_translate (request);

  belfry_isolated_call (self, &spec, on_translated, task);
}

static BelfryTranslation *
proxy_translate (gconstpointer isolated, BelfryRequest *request)
{
  BelfryCallSpec spec = make_translate (request);
  g_autoptr (BelfryFrame) frame =
      belfry_isolated_call_and_wait ((BelfryIsolated *)isolated, &spec, NULL, NULL);

  return frame != NULL ? belfry_wire_read_translation (frame->head, NULL) : NULL;
}

static BelfryCallSpec
make_pending (const char *what, JsonNode *pending)
{
  BelfryCallSpec spec = { .what = what, .head = json_object_new () };

  json_object_set_member (spec.head, "pending", belfry_json_copy (pending));
  return spec;
}

static void
proxy_complete (gpointer isolated, JsonNode *pending, GTask *task)
{
  BelfryCallSpec spec = make_pending ("complete", pending);

  spec.timeout_us = COMPLETE_TIMEOUT_US;
  spec.cancellable = g_task_get_cancellable (task);
  belfry_isolated_call (isolated, &spec, on_translated, task);
}

void
belfry_isolated_give_up (BelfryIsolated *self, JsonNode *pending, GTask *task)
{
  BelfryCallSpec spec = make_pending ("give-up", pending);

  spec.is_pure = TRUE;
  belfry_isolated_call (self, &spec, on_translated, task);
}

static BelfryTranslation *
proxy_give_up (gconstpointer isolated, JsonNode *pending)
{
  BelfryCallSpec spec = make_pending ("give-up", pending);
  g_autoptr (BelfryFrame) frame = NULL;

  spec.is_pure = TRUE;
  frame = belfry_isolated_call_and_wait ((BelfryIsolated *)isolated, &spec, NULL, NULL);
  return frame != NULL ? belfry_wire_read_translation (frame->head, NULL) : NULL;
}

/* reporters */

static gboolean
proxy_plan (gconstpointer isolated,
            const BelfryReport *report,
            BelfryTargets *targets,
            GError **error)
{
  BelfryCallSpec spec = { .what = "plan", .head = json_object_new (), .is_pure = TRUE };
  g_autoptr (BelfryFrame) frame = NULL;

  json_object_set_object_member (spec.head, "report",
                                 belfry_wire_copy (belfry_report_get_data (report)));
  frame = belfry_isolated_call_and_wait ((BelfryIsolated *)isolated, &spec, NULL, error);
  return frame != NULL &&
         belfry_wire_read_targets (belfry_json_get_array (frame->head, "targets"), targets, error);
}

static guint
proxy_choose_phases (gconstpointer isolated)
{
  const BelfryBlueprint *blueprint = ((const BelfryIsolated *)isolated)->blueprint;

  return ((const BelfryReporter *)blueprint->plugin)->choose_phases (blueprint->state);
}

static void
return_outcome (GTask *task, BelfryOutcome *outcome)
{
  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}

static void
return_failure (GTask *task, const GError *error)
{
  g_task_return_error (task, g_error_copy (error));
  g_object_unref (task);
}

static void
on_delivered (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  GTask *task = data;
  g_autoptr (GError) local = NULL;
  BelfryOutcome *outcome = error == NULL ? belfry_wire_read_outcome (result, &local) : NULL;

  if (outcome != NULL)
    return_outcome (task, outcome);
  else
    return_failure (task, error != NULL ? error : local);
}

static void
proxy_deliver (gpointer isolated, const BelfryItem *item, GTask *task)
{
  BelfryCallSpec spec = { .what = "deliver",
                          .head = json_object_new (),
                          .timeout_us = DELIVER_TIMEOUT_US,
                          .cancellable = g_task_get_cancellable (task) };

  json_object_set_object_member (spec.head, "item", belfry_wire_write_item (item));
  belfry_isolated_call (isolated, &spec, on_delivered, task);
}

/* one request: made there, sent here, judged there */

typedef struct {
  BelfryIsolated *isolated;
  JsonObject *item;
  BelfryHttpAnswer *answer;
} Exchange;

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  json_object_unref (exchange->item);
  belfry_http_answer_unref (exchange->answer);
  belfry_isolated_unref (exchange->isolated);
  g_free (exchange);
}

/* the service has answered: whatever befalls the judge, it must not be sent twice */
static void
on_judged (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  GTask *task = data;
  Exchange *exchange = g_task_get_task_data (task);
  BelfryOutcome *said = error == NULL ? belfry_wire_read_outcome (result, NULL) : NULL;

  return_outcome (task, belfry_answer_judge (exchange->answer, said));
}

static void
on_http_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Exchange *exchange = g_task_get_task_data (task);
  BelfryIsolated *self = exchange->isolated;
  const BelfryReporter *plugin = (const BelfryReporter *)self->blueprint->plugin;
  BelfryCallSpec spec = { .what = "from-answer", .is_pure = TRUE };
  g_autoptr (GError) local = NULL;

  exchange->answer = belfry_http_send_finish (self->instance, result, &local);
  if (exchange->answer == NULL) {
    return_failure (task, local);
    return;
  }
  if (plugin->from_answer == NULL) {
    return_outcome (task, belfry_answer_judge (exchange->answer, NULL));
    return;
  }
  spec.head = json_object_new ();
  json_object_set_object_member (spec.head, "item", json_object_ref (exchange->item));
  json_object_set_object_member (spec.head, "answer", belfry_wire_write_answer (exchange->answer));
  spec.body = belfry_http_answer_get_body (exchange->answer);
  belfry_isolated_call (self, &spec, on_judged, task);
}

static void
on_request_made (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  GTask *task = data;
  Exchange *exchange = g_task_get_task_data (task);
  JsonNode *node = result != NULL ? json_object_get_member (result, "request") : NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request =
      node != NULL ? belfry_http_request_from_json (node, &local) : NULL;

  if (request != NULL)
    belfry_http_send_async (exchange->isolated->instance, request, g_task_get_cancellable (task),
                            on_http_answered, task);
  else if (error != NULL && g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_RETRY))
    return_failure (task, error);
  else /* pure work that failed would fail again */
    return_outcome (task, belfry_outcome_new (BELFRY_OUTCOME_REFUSED,
                                              error != NULL   ? error->message
                                              : local != NULL ? local->message
                                                              : "the reporter made no request"));
}

static void
proxy_exchange (gpointer isolated, const BelfryItem *item, GTask *task)
{
  Exchange *exchange = g_new0 (Exchange, 1);
  BelfryCallSpec spec = { .what = "to-request", .head = json_object_new (), .is_pure = TRUE };

  exchange->isolated = belfry_isolated_ref (isolated);
  exchange->item = belfry_wire_write_item (item);
  g_task_set_task_data (task, exchange, exchange_free);
  json_object_set_object_member (spec.head, "item", json_object_ref (exchange->item));
  belfry_isolated_call (isolated, &spec, on_request_made, task);
}

/* streams */

static gboolean
proxy_to_items (gconstpointer isolated,
                BelfryEvent *event,
                BelfryReader *reader,
                JsonArray *items,
                GError **error)
{
  BelfryCallSpec spec = { .what = "to-items", .head = json_object_new () };
  g_autoptr (BelfryFrame) frame = NULL;
  JsonArray *made = NULL;

  json_object_set_object_member (spec.head, "event", belfry_wire_write_record (event));
  frame = belfry_isolated_call_and_wait ((BelfryIsolated *)isolated, &spec, reader, error);
  if (frame == NULL)
    return FALSE;
  made = belfry_json_get_array (frame->head, "items");
  for (guint i = 0; made != NULL && i < json_array_get_length (made); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (made, i)))
      json_array_add_object_element (items,
                                     json_object_ref (json_array_get_object_element (made, i)));
  return TRUE;
}

static void
on_batch_delivered (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  g_autoptr (GTask) task = data;
  BelfryIsolated *self = g_task_get_task_data (task);

  if (error != NULL) {
    g_task_return_error (task, g_error_copy (error));
    return;
  }
  self->pauses[TRUE] = belfry_json_get_integer (result, "pause_took", self->pauses[TRUE]);
  self->pauses[FALSE] = belfry_json_get_integer (result, "pause_refused", self->pauses[FALSE]);
  g_task_return_int (task, CLAMP (belfry_json_get_integer (result, "taken", 0), 0, G_MAXINT));
}

static void
proxy_deliver_batch (gpointer isolated, JsonArray *items, GTask *task)
{
  BelfryCallSpec spec = { .what = "deliver-batch",
                          .head = json_object_new (),
                          .timeout_us = DELIVER_TIMEOUT_US,
                          .cancellable = g_task_get_cancellable (task) };

  g_task_set_task_data (task, belfry_isolated_ref (isolated),
                        (GDestroyNotify)belfry_isolated_unref);
  json_object_set_array_member (spec.head, "items", json_array_ref (items));
  belfry_isolated_call (isolated, &spec, on_batch_delivered, task);
}

static gint64
proxy_get_pause (gconstpointer isolated, gboolean took)
{
  return CLAMP (((const BelfryIsolated *)isolated)->pauses[took ? TRUE : FALSE], 0,
                G_TIME_SPAN_HOUR);
}

/* descriptors */

static void
make_hook (BelfryHook *hook)
{
  hook->translate = proxy_translate;
  hook->complete = hook->complete != NULL ? proxy_complete : NULL;
  hook->give_up = hook->give_up != NULL ? proxy_give_up : NULL;
  hook->describe = NULL;
}

static void
make_reporter (BelfryReporter *reporter)
{
  if (reporter->deliver != NULL)
    reporter->deliver = proxy_deliver;
  else if (reporter->to_request != NULL)
    reporter->deliver = proxy_exchange;
  reporter->to_request = NULL;
  reporter->from_answer = NULL;
  reporter->plan = reporter->plan != NULL ? proxy_plan : NULL;
  reporter->choose_phases = reporter->choose_phases != NULL ? proxy_choose_phases : NULL;
  reporter->to_items = reporter->to_items != NULL ? proxy_to_items : NULL;
  reporter->deliver_batch = reporter->deliver_batch != NULL ? proxy_deliver_batch : NULL;
  reporter->get_pause = reporter->get_pause != NULL ? proxy_get_pause : NULL;
}

void
belfry_isolated_make_descriptor (BelfryIsolated *self)
{
  const BelfryPlugin *plugin = belfry_blueprint_get_plugin (self->blueprint);

  /* a shorter one, of an older plugin, ends in zeros */
  memcpy (&self->descriptor, plugin, MIN (plugin->size, sizeof self->descriptor));
  self->descriptor.plugin.start = belfry_isolated_start;
  self->descriptor.plugin.stop = belfry_isolated_stop;
  self->descriptor.plugin.check = NULL;
  self->descriptor.plugin.reload = NULL;
  self->descriptor.plugin.clear = NULL;
  if (plugin->kind == BELFRY_KIND_HOOK)
    make_hook (&self->descriptor.hook);
  else
    make_reporter (&self->descriptor.reporter);
}
