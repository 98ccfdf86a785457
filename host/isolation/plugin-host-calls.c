/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host may call: each row is one function of the plugin's descriptor. */
#include "plugin-host-private.h"

typedef struct {
  BelfryChild *child;
  gint64 id;
  BelfryFrame frame; /* what the call came with: a plugin may look at it until it answers */
  BelfryItem item;
} Call;

static Call *
call_new (BelfryChild *child, gint64 id, BelfryFrame *frame)
{
  Call *call = g_new0 (Call, 1);

  call->child = child;
  call->id = id;
  call->frame.node = json_node_ref (frame->node);
  call->frame.head = frame->head;
  return call;
}

static void
call_free (Call *call)
{
  json_node_unref (call->frame.node);
  g_free (call);
}

static GTask *
task_new (Call *call, GAsyncReadyCallback callback)
{
  return g_task_new (NULL, g_hash_table_lookup (call->child->calls, &call->id), callback, call);
}

static void
answer_failure (BelfryChild *self, gint64 id, const GError *error, const char *otherwise)
{
  g_autoptr (GError) made = NULL;

  if (error == NULL)
    made = g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_INTERNAL, otherwise);
  belfry_child_answer_error (self, id, error != NULL ? error : made);
}

static const BelfryReporter *
get_reporter (BelfryChild *self)
{
  return (const BelfryReporter *)self->plugin;
}

/* hooks */

static void
answer_translation (BelfryChild *self, gint64 id, BelfryTranslation *translation)
{
  g_autoptr (BelfryTranslation) owned = translation;

  if (translation != NULL)
    belfry_child_answer (self, id, belfry_wire_write_translation (translation), NULL);
  else
    answer_failure (self, id, NULL, "its translation gave nothing");
}

static void
call_translate (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  JsonObject *object = belfry_json_get_object (frame->head, "request");
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryRequest) request = belfry_wire_read_request (object, frame->body, &local);

  if (request == NULL)
    belfry_child_answer_error (self, id, local);
  else
    answer_translation (self, id, self->hook->translate (self->state, request));
}

static void
on_completed (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) local = NULL;
  BelfryTranslation *translation = g_task_propagate_pointer (G_TASK (result), &local);

  if (local != NULL)
    belfry_child_answer_error (call->child, call->id, local);
  else
    answer_translation (call->child, call->id, translation);
  call_free (call);
}

static void
call_complete (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  Call *call = call_new (self, id, frame);

  self->hook->complete (self->state, json_object_get_member (frame->head, "pending"),
                        task_new (call, on_completed));
}

static void
call_give_up (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  answer_translation (
      self, id, self->hook->give_up (self->state, json_object_get_member (frame->head, "pending")));
}

/* reporters */

static void
call_plan (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  g_autoptr (BelfryReport) report =
      belfry_report_new (json_object_ref (belfry_json_get_object (frame->head, "report")));
  g_autoptr (BelfryTargets) targets = belfry_targets_new ();
  g_autoptr (GError) local = NULL;
  JsonObject *result = NULL;

  if (!get_reporter (self)->plan (self->state, report, targets, &local)) {
    answer_failure (self, id, local, "planning: the reporter failed without saying why");
    return;
  }
  result = json_object_new ();
  json_object_set_array_member (result, "targets", belfry_wire_write_targets (targets));
  belfry_child_answer (self, id, result, NULL);
}

static void
call_to_request (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request = NULL;
  JsonObject *result = NULL;
  BelfryItem item;

  belfry_wire_read_item (belfry_json_get_object (frame->head, "item"), &item);
  request = get_reporter (self)->to_request (self->state, &item, &local);
  if (request == NULL) {
    answer_failure (self, id, local, "the reporter has no way to deliver");
    return;
  }
  result = json_object_new ();
  json_object_set_member (result, "request", belfry_http_request_to_json (request));
  belfry_child_answer (self, id, result, NULL);
}

static void
call_from_answer (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_wire_read_answer (belfry_json_get_object (frame->head, "answer"), frame->body);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryItem item;

  belfry_wire_read_item (belfry_json_get_object (frame->head, "item"), &item);
  outcome = get_reporter (self)->from_answer (self->state, &item, answer);
  if (outcome == NULL)
    outcome = belfry_outcome_new_from_answer (answer);
  belfry_child_answer (self, id, belfry_wire_write_outcome (outcome), NULL);
}

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryOutcome) outcome = g_task_propagate_pointer (G_TASK (result), &local);

  if (outcome != NULL)
    belfry_child_answer (call->child, call->id, belfry_wire_write_outcome (outcome), NULL);
  else
    answer_failure (call->child, call->id, local, "the reporter ended without an outcome");
  call_free (call);
}

static void
call_deliver (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  Call *call = call_new (self, id, frame);

  belfry_wire_read_item (belfry_json_get_object (frame->head, "item"), &call->item);
  get_reporter (self)->deliver (self->state, &call->item, task_new (call, on_delivered));
}

/* streams */

static void
add_pauses (BelfryChild *self, JsonObject *result)
{
  const BelfryReporter *plugin = get_reporter (self);

  if (plugin->get_pause == NULL)
    return;
  json_object_set_int_member (result, "pause_took", plugin->get_pause (self->state, TRUE));
  json_object_set_int_member (result, "pause_refused", plugin->get_pause (self->state, FALSE));
}

static void
call_pauses (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  JsonObject *result = json_object_new ();

  add_pauses (self, result);
  belfry_child_answer (self, id, result, NULL);
}

static void
call_to_items (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryEvent) event = belfry_wire_read_record (
      belfry_event_get_type (), belfry_json_get_object (frame->head, "event"), &local);
  BelfryReader *reader =
      belfry_child_reader_new (self, belfry_json_get_integer (frame->head, "session", 0));
  g_autoptr (JsonArray) items = json_array_new ();

  if (event != NULL && get_reporter (self)->to_items (self->state, event, reader, items, &local)) {
    JsonObject *result = json_object_new ();

    json_object_set_array_member (result, "items", json_array_ref (items));
    belfry_child_answer (self, id, result, NULL);
  } else
    answer_failure (self, id, local, "no reason given");
  belfry_child_reader_free (reader);
}

static void
on_batch_delivered (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) local = NULL;
  gssize taken = g_task_propagate_int (G_TASK (result), &local);
  JsonObject *told = NULL;

  if (local != NULL)
    belfry_child_answer_error (call->child, call->id, local);
  else {
    told = json_object_new ();
    json_object_set_int_member (told, "taken", taken);
    add_pauses (call->child, told);
    belfry_child_answer (call->child, call->id, told, NULL);
  }
  call_free (call);
}

static void
call_deliver_batch (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  Call *call = call_new (self, id, frame);

  get_reporter (self)->deliver_batch (self->state, belfry_json_get_array (frame->head, "items"),
                                      task_new (call, on_batch_delivered));
}

/* the end */

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;

  g_task_propagate_boolean (G_TASK (result), NULL);
  belfry_child_answer (call->child, call->id, NULL, NULL);
  call->child->is_over = TRUE;
  g_main_loop_quit (call->child->loop);
  call_free (call);
}

static void
call_stop (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  Call *call = call_new (self, id, frame);
  GTask *task = g_task_new (NULL, NULL, on_stopped, call);

  if (self->plugin->stop != NULL)
    self->plugin->stop (self->state, task);
  else {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
}

static const struct {
  const char *what;
  BelfryKind kind; /* BELFRY_N_KINDS: any */
  gsize member;    /* of the descriptor, that must be there; 0: none */
  void (*run) (BelfryChild *self, gint64 id, BelfryFrame *frame);
} rows[] = {
  { "translate", BELFRY_KIND_HOOK, offsetof (BelfryHook, translate), call_translate },
  { "complete", BELFRY_KIND_HOOK, offsetof (BelfryHook, complete), call_complete },
  { "give-up", BELFRY_KIND_HOOK, offsetof (BelfryHook, give_up), call_give_up },
  { "plan", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, plan), call_plan },
  { "to-request", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, to_request), call_to_request },
  { "from-answer", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, from_answer), call_from_answer },
  { "deliver", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, deliver), call_deliver },
  { "pauses", BELFRY_KIND_REPORTER, 0, call_pauses },
  { "to-items", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, to_items), call_to_items },
  { "deliver-batch", BELFRY_KIND_REPORTER, offsetof (BelfryReporter, deliver_batch),
    call_deliver_batch },
  { "stop", BELFRY_N_KINDS, 0, call_stop },
};

static gboolean
has_member (BelfryChild *self, gsize offset)
{
  gconstpointer plugin = self->hook != NULL ? (gconstpointer)self->hook : self->plugin;

  return offset == 0 ||
         (offset < self->plugin->size && G_STRUCT_MEMBER (gconstpointer, plugin, offset) != NULL);
}

gboolean
belfry_child_call (BelfryChild *self, const char *what, gint64 id, BelfryFrame *frame)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].what, what)) {
      if ((rows[i].kind != BELFRY_N_KINDS && rows[i].kind != self->plugin->kind) ||
          !has_member (self, rows[i].member))
        return FALSE;
      rows[i].run (self, id, frame);
      return TRUE;
    }
  return FALSE;
}
