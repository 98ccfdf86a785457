/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an isolated instance may ask of its host, passed on as frames. A question that the plugin
 * waits for without a callback (what it put away, its pace, the store) waits for its answer here,
 * too. Secrets are those of its own section, which came at the start; there are no others.
 */
#include "plugin-host-private.h"

#include <string.h>

typedef struct {
  BelfryChild *child;
  gint64 id;
  GTask *task;
  void (*take) (GTask *task, BelfryFrame *frame); /* steals the task */
  gulong cancelled;
  BelfryReadFunc read; /* (nullable) */
  gpointer data;
} Op;

static BelfryChild *
get_child (BelfryInstance *instance)
{
  return belfry_instance_get_host_data (instance);
}

static JsonObject *
head_new (const char *what)
{
  JsonObject *head = json_object_new ();

  json_object_set_string_member (head, "what", what);
  return head;
}

/* asking with a callback */

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Op *op = data;
  JsonObject *head = json_object_new ();

  json_object_set_int_member (head, "cancel", op->id);
  belfry_child_send (op->child, head, NULL);
}

static void
ask_async (BelfryChild *child, JsonObject *head, GBytes *body, Op *op)
{
  GCancellable *cancellable = g_task_get_cancellable (op->task);

  op->child = child;
  op->id = ++child->last_op;
  json_object_set_int_member (head, "op", op->id);
  g_hash_table_insert (child->ops, g_memdup2 (&op->id, sizeof op->id), op);
  belfry_child_send (child, head, body);
  if (cancellable != NULL && !g_cancellable_is_cancelled (cancellable))
    op->cancelled = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), op);
}

void
belfry_child_replied (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  Op *op = g_hash_table_lookup (self->ops, &id);
  g_autoptr (GTask) task = NULL;
  GError *failure = NULL;

  if (op == NULL)
    return;
  g_hash_table_remove (self->ops, &id);
  task = g_steal_pointer (&op->task);
  if (op->cancelled != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), op->cancelled);
  failure = belfry_wire_get_error (frame->head);
  if (failure != NULL)
    g_task_return_error (task, failure);
  else {
    g_task_set_task_data (task, op, NULL);
    op->take (task, frame);
  }
  g_free (op);
}

static Op *
op_new (GTask *task, void (*take) (GTask *task, BelfryFrame *frame))
{
  Op *op = g_new0 (Op, 1);

  op->task = task;
  op->take = take;
  return op;
}

/* HTTP */

static void
take_http (GTask *task, BelfryFrame *frame)
{
  JsonObject *object = belfry_json_get_object (frame->head, "result");

  g_task_return_pointer (task, belfry_wire_read_answer (object, frame->body),
                         (GDestroyNotify)belfry_http_answer_unref);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  JsonObject *head = head_new ("http");

  json_object_set_member (head, "request", belfry_http_request_to_json (request));
  ask_async (get_child (instance), head, NULL, op_new (task, take_http));
}

/* programs */

static void
take_process (GTask *task, BelfryFrame *frame)
{
  JsonObject *object = belfry_json_get_object (frame->head, "result");
  BelfryProcessResult *result = g_new0 (BelfryProcessResult, 1);
  g_autoptr (GBytes) all =
      frame->body != NULL ? g_bytes_ref (frame->body) : g_bytes_new_static ("", 0);
  gsize bytes = g_bytes_get_size (all);
  gsize output = MIN ((gsize)belfry_json_get_integer (object, "output_bytes", 0), bytes);

  result->exit_status = (int)belfry_json_get_integer (object, "exit_status", -1);
  result->signal = (int)belfry_json_get_integer (object, "signal", 0);
  result->output = g_bytes_new_from_bytes (all, 0, output);
  result->errors = g_bytes_new_from_bytes (all, output, bytes - output);
  g_task_return_pointer (task, result, (GDestroyNotify)belfry_process_result_free);
}

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  JsonObject *head = head_new ("process");

  json_object_set_member (head, "argv", belfry_wire_write_texts (process->argv));
  json_object_set_member (head, "environment", belfry_wire_write_texts (process->environment));
  if (process->folder != NULL)
    json_object_set_string_member (head, "folder", process->folder);
  json_object_set_int_member (head, "timeout_us", process->timeout_us);
  json_object_set_int_member (head, "max_output_bytes", (gint64)process->max_output_bytes);
  ask_async (get_child (instance), head, process->input, op_new (task, take_process));
}

/* the store */

static void
take_session (GTask *task, BelfryFrame *frame)
{
  Op *op = g_task_get_task_data (task);
  BelfryReader *reader = belfry_child_reader_new (op->child, op->id);
  JsonObject *end = head_new ("read-end");
  GError *error = NULL;
  gboolean ok = op->read (reader, op->data, &error);

  json_object_set_int_member (end, "session", op->id);
  belfry_child_send (op->child, end, NULL);
  belfry_child_reader_free (reader);
  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
ops_read (BelfryInstance *instance, BelfryReadFunc func, gpointer user_data, GTask *task)
{
  Op *op = op_new (task, take_session);

  op->read = func;
  op->data = user_data;
  ask_async (get_child (instance), head_new ("read"), NULL, op);
}

/* at once */

static void
ops_resolve_secret (BelfryInstance *instance, BelfrySecret *secret, GTask *task)
{
  if (belfry_secret_is_resolved (secret))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (
        task, BELFRY_ERROR, BELFRY_ERROR_DENIED,
        "a plugin in a process of its own has the secrets of its section alone");
  g_object_unref (task);
}

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  JsonObject *head = head_new ("log");
  g_autofree char *text = belfry_text_make_printable (message, -1, 4096);

  json_object_set_int_member (head, "level", level);
  json_object_set_string_member (head, "text", text);
  belfry_child_send (get_child (instance), head, NULL);
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  return belfry_json_get_text (get_child (instance)->values, key);
}

static void
ops_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
  JsonObject *head = head_new ("cache-put");

  json_object_set_string_member (head, "key", key);
  json_object_set_member (head, "value", json_node_copy (value));
  json_object_set_int_member (head, "expires_us", expires_us);
  belfry_child_send (get_child (instance), head, NULL);
}

static JsonNode *
ops_cache_get (BelfryInstance *instance, const char *key)
{
  JsonObject *head = head_new ("cache-get");
  g_autoptr (BelfryFrame) frame = NULL;
  JsonObject *result = NULL;

  json_object_set_string_member (head, "key", key);
  frame = belfry_child_ask (get_child (instance), head, NULL);
  result = belfry_json_get_object (frame->head, "result");
  return result != NULL && json_object_has_member (result, "value")
             ? json_node_copy (json_object_get_member (result, "value"))
             : NULL;
}

static gint64
ops_keep_pace (BelfryInstance *instance, const BelfryPace *paces, guint count)
{
  JsonObject *head = head_new ("pace");
  JsonArray *array = json_array_new ();
  g_autoptr (BelfryFrame) frame = NULL;
  JsonObject *result = NULL;

  for (guint i = 0; i < count; i++) {
    JsonObject *row = json_object_new ();

    json_object_set_string_member (row, "lane", paces[i].lane);
    json_object_set_int_member (row, "count", paces[i].count);
    json_object_set_int_member (row, "span_us", paces[i].span_us);
    json_array_add_object_element (array, row);
  }
  json_object_set_array_member (head, "paces", array);
  frame = belfry_child_ask (get_child (instance), head, NULL);
  result = belfry_json_get_object (frame->head, "result");
  return result != NULL ? belfry_json_get_integer (result, "wait_us", 0) : 0;
}

const BelfryHostOps *
belfry_child_get_ops (void)
{
  static const BelfryHostOps ops = {
    .size = sizeof ops,
    .http_send = ops_http_send,
    .run_process = ops_run_process,
    .read = ops_read,
    .resolve_secret = ops_resolve_secret,
    .log = ops_log,
    .host_value = ops_host_value,
    .cache_put = ops_cache_put,
    .cache_get = ops_cache_get,
    .keep_pace = ops_keep_pace,
  };

  return &ops;
}
