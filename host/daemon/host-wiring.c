/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stored events go to the bus, and from there to browsers and, for changes, to engines; those that
 * caused reports wake the outbox. Controls go to the engine that has what they name.
 */
#include "host-wiring.h"

#include "daemon/held.h"
#include "daemon/host-metrics.h"
#include "daemon/shutdown.h"

#include <string.h>

static void
on_event (BelfryEvent *event, gpointer data)
{
  BelfryHost *self = data;
  const BelfryEventKind *kind = NULL;

  belfry_bus_tell (self->bus, event);
  if (strcmp (event->name, "change-added") == 0) {
    GHashTableIter iter;
    gpointer feed = NULL;

    g_hash_table_iter_init (&iter, self->feeds);
    while (g_hash_table_iter_next (&iter, NULL, &feed))
      belfry_feed_wake (feed);
  }
  if (strcmp (event->name, "build-finished") == 0)
    belfry_shutdown_build_ended (self);
  belfry_outbox_tell_streams (self->outbox);
  kind = belfry_event_kind_find (event->name);
  if (kind != NULL && kind->phase != NULL && !self->stopping)
    belfry_outbox_wake (self->outbox);
}

static GBytes *
mask_log (gint64 logid, GBytes *lines, gpointer data)
{
  BelfryHost *self = data;

  return belfry_masks_apply (self->masks, lines);
}

static void
on_log_drained (gint64 logid, gpointer data)
{
  g_autoptr (GPtrArray) engines = belfry_host_list (data, BELFRY_KIND_ENGINE, TRUE);

  for (guint i = 0; i < engines->len; i++) {
    BelfryHosted *engine = g_ptr_array_index (engines, i);
    const BelfryEngine *plugin = belfry_hosted_get_plugin (engine);

    if (plugin->log_drained != NULL)
      plugin->log_drained (belfry_hosted_get_state (engine), logid);
  }
}

static void
www_hook (const char *name, BelfryRequest *request, GTask *task, gpointer data)
{
  belfry_held_receive (data, name, request, task);
}

static gint64
www_hook_max_body (const char *name, gpointer data)
{
  BelfryHost *self = data;

  return belfry_deliveries_get_max_body (self->deliveries, name);
}

static void
www_hook_too_large (const char *name, const char *address, gsize bytes, gpointer data)
{
  belfry_deliveries_note_too_large (((BelfryHost *)data)->deliveries, name, address, bytes);
}

static void
www_control (const BelfryControl *control, GTask *task, gpointer data)
{
  BelfryHost *self = data;

  if (g_str_equal (control->action, "replay"))
    belfry_deliveries_control_replay (self->deliveries, control->id, task);
  else
    belfry_host_control (self, control, task);
}

static JsonArray *
www_list_forms (const char *builder, gpointer data)
{
  return belfry_host_list_forms (data, builder);
}

char *
belfry_host_dup_not_ready (BelfryHost *self)
{
  BelfryStoreStatus status = { 0 };
  char *reason = NULL;

  if (self->stopping)
    return g_strdup ("stopping");
  if (!self->ready)
    return g_strdup ("starting");
  belfry_store_get_status (self->store, &status);
  if (!status.writable)
    reason = g_strdup_printf ("the store cannot be written: %s",
                              status.reason != NULL ? status.reason : "unknown");
  belfry_store_status_clear (&status);
  return reason;
}

static char *
www_is_ready (gpointer data)
{
  return belfry_host_dup_not_ready (data);
}

static void
www_metrics (GTask *task, gpointer data)
{
  belfry_host_metrics_tell (((BelfryHost *)data)->metrics, task);
}

/* what views may know of the host: where changes come from, whether it stops */
static JsonObject *
www_host_info (gpointer data)
{
  BelfryHost *self = data;
  JsonObject *info = json_object_new ();
  JsonArray *sources = json_array_new ();

  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);
    g_autofree char *name = NULL;

    if (hosted->blueprint->kind != BELFRY_KIND_HOOK &&
        hosted->blueprint->kind != BELFRY_KIND_POLLER)
      continue;
    name = g_strdup_printf ("%s %s", belfry_kind_get_name (hosted->blueprint->kind),
                            hosted->blueprint->name);
    json_array_add_string_element (sources, name);
  }
  json_object_set_array_member (info, "change_sources", sources);
  json_object_set_boolean_member (info, "shutting_down", self->draining || self->stopping);
  return info;
}

static char *
ask_pollers (const char *const *names, const char *const *allowed, gpointer data)
{
  BelfryHost *self = data;

  return belfry_pollers_ask (self->pollers, names, allowed);
}

static void
on_poller_alert (const char *cause, const char *text, gpointer data)
{
  BelfryHost *self = data;

  if (text != NULL)
    belfry_outbox_alert (self->outbox, cause, NULL, text);
  else
    belfry_outbox_settle (self->outbox, cause);
}

void
belfry_host_wire (BelfryHost *self)
{
  BelfryWwwOps ops = { .hook = www_hook,
                       .hook_max_body = www_hook_max_body,
                       .hook_too_large = www_hook_too_large,
                       .control = www_control,
                       .list_forms = www_list_forms,
                       .is_ready = www_is_ready,
                       .metrics = www_metrics,
                       .host_info = www_host_info,
                       .data = self };

  self->pollers = belfry_pollers_new (self->store, on_poller_alert, self);
  belfry_deliveries_set_poll_func (self->deliveries, ask_pollers, self);
  belfry_store_set_event_func (self->store, on_event, self);
  belfry_store_set_event_filter (self->store, belfry_outbox_filter, self->outbox);
  belfry_outbox_set_denied_func (self->outbox, belfry_host_drop_cache, self);
  belfry_outbox_set_masks (self->outbox, self->masks);
  belfry_pollers_set_masks (self->pollers, self->masks);
  belfry_store_set_log_mask (self->store, mask_log, self);
  belfry_store_set_log_drained_func (self->store, on_log_drained, self);
  self->www = belfry_www_new (self->store, self->bus, &ops);
  self->metrics = belfry_host_metrics_new (self);
}

static void
answer_no_engine (GTask *task)
{
  g_task_return_pointer (task,
                         belfry_control_answer_new (BELFRY_CONTROL_UNSUPPORTED, NULL,
                                                    "no engine of this host can do that"),
                         (GDestroyNotify)belfry_control_answer_free);
  g_object_unref (task);
}

static gboolean
offers (const BelfryEngine *plugin, const char *action)
{
  return plugin->control != NULL &&
         (plugin->actions == NULL || g_strv_contains (plugin->actions, action));
}

/*
 * Engines answer `unsupported` for what is not theirs. With one engine it is asked at once; with
 * several, the first that offers the action and does not decline decides.
 */
typedef struct {
  BelfryHost *host;
  GPtrArray *engines;
  guint next;
  BelfryControl control;
  char *texts[5];
} Asking;

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  for (guint i = 0; i < G_N_ELEMENTS (asking->texts); i++)
    g_free (asking->texts[i]);
  g_clear_pointer (&asking->control.arguments, json_object_unref);
  g_ptr_array_unref (asking->engines);
  g_free (asking);
}

static void ask_next (GTask *task);

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), &local);

  if (answer == NULL) {
    answer =
        belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "%s",
                                   local != NULL ? local->message : "the engine gave no answer");
  } else if (answer->outcome == BELFRY_CONTROL_UNSUPPORTED && asking->next < asking->engines->len) {
    ask_next (task);
    return;
  }
  belfry_shutdown_answered (asking->host, asking->control.action, answer);
  g_task_return_pointer (task, g_steal_pointer (&answer),
                         (GDestroyNotify)belfry_control_answer_free);
  g_object_unref (task);
}

static void
ask_next (GTask *task)
{
  Asking *asking = g_task_get_task_data (task);

  while (asking->next < asking->engines->len) {
    BelfryHosted *engine = g_ptr_array_index (asking->engines, asking->next++);
    const BelfryEngine *plugin = belfry_hosted_get_plugin (engine);

    if (offers (plugin, asking->control.action)) {
      g_auto (BelfryCallback) call = belfry_hosted_call (engine, "control");

      plugin->control (belfry_hosted_get_state (engine), &asking->control,
                       g_task_new (NULL, NULL, on_answered, task));
      return;
    }
  }
  answer_no_engine (task);
}

void
belfry_host_control (BelfryHost *self, const BelfryControl *control, GTask *task)
{
  Asking *asking = g_new0 (Asking, 1);
  const char **texts[] = { &asking->control.action, &asking->control.builder,
                           &asking->control.worker, &asking->control.scheduler,
                           &asking->control.who };

  asking->host = self;
  asking->engines = belfry_host_list (self, BELFRY_KIND_ENGINE, TRUE);
  asking->control = *control;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    asking->texts[i] = g_strdup (*texts[i]);
    *texts[i] = asking->texts[i];
  }
  asking->control.arguments =
      control->arguments != NULL ? json_object_ref (control->arguments) : json_object_new ();
  g_task_set_task_data (task, asking, asking_free);
  ask_next (task);
}

JsonArray *
belfry_host_list_forms (BelfryHost *self, const char *builder)
{
  g_autoptr (GPtrArray) engines = belfry_host_list (self, BELFRY_KIND_ENGINE, TRUE);

  for (guint i = 0; i < engines->len; i++) {
    BelfryHosted *engine = g_ptr_array_index (engines, i);
    const BelfryEngine *plugin = belfry_hosted_get_plugin (engine);
    g_autoptr (JsonArray) forms =
        plugin->list_forms != NULL ? plugin->list_forms (belfry_hosted_get_state (engine), builder)
                                   : NULL;

    if (forms != NULL && json_array_get_length (forms) > 0)
      return g_steal_pointer (&forms);
  }
  return json_array_new ();
}

static void
on_hurried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), NULL);

  g_debug ("hurried: %s", answer != NULL ? answer->message : "no answer");
}

void
belfry_host_hurry (BelfryHost *self)
{
  BelfryControl control = { .size = sizeof control,
                            .action = "hurry",
                            .id = BELFRY_NONE,
                            .who = "signal",
                            .arguments = json_object_new () };

  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);
    const BelfryEngine *plugin = belfry_hosted_get_plugin (hosted);

    if (hosted->blueprint->kind == BELFRY_KIND_ENGINE && hosted->state == BELFRY_HOSTED_STOPPING &&
        offers (plugin, control.action))
      plugin->control (belfry_hosted_get_state (hosted), &control,
                       g_task_new (NULL, NULL, on_hurried, NULL));
  }
  json_object_unref (control.arguments);
}

static JsonObject *
describe_instance (BelfryHosted *hosted)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "kind", belfry_kind_get_name (hosted->blueprint->kind));
  json_object_set_string_member (object, "name", hosted->blueprint->name);
  json_object_set_string_member (object, "state", belfry_hosted_get_state_name (hosted));
  if (hosted->failure != NULL)
    json_object_set_string_member (object, "failure", hosted->failure);
  if (hosted->isolated != NULL)
    json_object_set_object_member (object, "isolation",
                                   belfry_isolated_describe (hosted->isolated));
  return object;
}

JsonObject *
belfry_host_describe (BelfryHost *self)
{
  JsonObject *object = json_object_new ();
  JsonArray *instances = json_array_new ();
  JsonArray *listeners = json_array_new ();
  g_autoptr (GPtrArray) addresses = belfry_www_list_addresses (self->www);
  g_autofree char *not_ready = belfry_host_dup_not_ready (self);
  BelfryStoreStatus status = { 0 };
  JsonObject *store = json_object_new ();

  for (guint i = 0; i < self->hosted->len; i++)
    json_array_add_object_element (instances,
                                   describe_instance (g_ptr_array_index (self->hosted, i)));
  for (guint i = 0; i < addresses->len; i++)
    json_array_add_string_element (listeners, g_ptr_array_index (addresses, i));
  belfry_store_get_status (self->store, &status);
  json_object_set_boolean_member (store, "writable", status.writable);
  json_object_set_int_member (store, "queued", status.queued);
  json_object_set_int_member (store, "commits", status.commits);
  json_object_set_int_member (store, "bytes", status.bytes);
  belfry_store_status_clear (&status);
  json_object_set_string_member (object, "version", BELFRY_VERSION);
  json_object_set_string_member (object, "configuration", self->config_path);
  json_object_set_boolean_member (object, "ready", self->ready && not_ready == NULL);
  if (not_ready != NULL)
    json_object_set_string_member (object, "reason", not_ready);
  json_object_set_int_member (object, "uptime",
                              (g_get_monotonic_time () - self->started_us) / G_USEC_PER_SEC);
  json_object_set_array_member (object, "listeners", listeners);
  json_object_set_array_member (object, "instances", instances);
  json_object_set_object_member (object, "store", store);
  json_object_set_array_member (object, "pollers", belfry_pollers_describe (self->pollers));
  json_object_set_object_member (object, "outbox", belfry_outbox_describe (self->outbox));
  return object;
}
