/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs in place of Buildbot's functions: one JSON value in, one out, no shell, half a minute.
 * What has to be run for a draft is put into a list once and then run one after the other; who is
 * to be looked up is known only after the programs that say who is responsible.
 */
#include "prepare.h"

#define PROGRAM_TIMEOUT_US (30 * G_USEC_PER_SEC)
#define MAX_OUTPUT_BYTES   (1024 * 1024)

typedef enum {
  CALL_USERS,
  CALL_CTX,
  CALL_FORMAT,
  CALL_LOOKUP,
} CallKind;

typedef struct {
  CallKind kind;
  guint index; /* of the build, or of the person */
} Call;

typedef struct {
  BelfryDraft *draft;
  BelfryInstance *instance;
  GArray *calls; /* (element-type Call) */
  guint next;
  gboolean looked_up;
} Run;

static void run_next (GTask *task);

static void
run_free (gpointer data)
{
  Run *run = data;

  belfry_instance_unref (run->instance);
  g_array_unref (run->calls);
  g_free (run);
}

static gboolean
is_worker (const BelfryDraft *draft)
{
  return g_str_equal (draft->row->phase, "worker");
}

static gboolean
is_notice (const BelfryDraft *draft)
{
  return g_str_equal (draft->row->phase, "alert") || g_str_equal (draft->row->phase, "test");
}

static GPtrArray *
get_argv (const BelfryDraft *draft, CallKind kind)
{
  const BelfryReporterKeys *keys = draft->reporting->keys;

  switch (kind) {
  case CALL_USERS:
    return is_worker (draft) ? NULL : keys->responsible_users_program;
  case CALL_CTX:
    return is_worker (draft) ? keys->missing_worker_ctx_program : keys->ctx_program;
  case CALL_FORMAT:
    return is_worker (draft) ? keys->missing_worker_program : keys->message_formatter_program;
  case CALL_LOOKUP:
    return keys->lookup_program;
  }
  return NULL;
}

static void
add_call (Run *run, CallKind kind, guint index)
{
  Call call = { kind, index };

  if (get_argv (run->draft, kind) != NULL)
    g_array_append_val (run->calls, call);
}

static JsonNode *
make_input (const BelfryDraft *draft, const Call *call)
{
  JsonNode *node = json_node_alloc ();
  g_autoptr (JsonObject) object = NULL;

  if (call->kind == CALL_LOOKUP) {
    const BelfryPerson *person = g_ptr_array_index (draft->people, call->index);

    object = json_object_new ();
    json_object_set_string_member (object, "user", person->name);
    return json_node_init_object (node, object);
  }
  return json_node_init_object (
      node, call->kind == CALL_USERS
                ? json_array_get_object_element (draft->builds, call->index)
                : json_array_get_object_element (draft->variables, call->index));
}

static gboolean
take_users (BelfryDraft *draft, guint index, JsonNode *value)
{
  JsonArray *names = NULL;

  if (!JSON_NODE_HOLDS_ARRAY (value))
    return FALSE;
  names = json_node_get_array (value);
  for (guint i = 0; i < json_array_get_length (names); i++)
    if (!JSON_NODE_HOLDS_VALUE (json_array_get_element (names, i)) ||
        json_node_get_value_type (json_array_get_element (names, i)) != G_TYPE_STRING)
      return FALSE;
  json_object_set_member (json_array_get_object_element (draft->variables, index), "blamelist",
                          json_node_copy (value));
  for (guint i = 0; draft->reporting->plugin->wants_users && i < json_array_get_length (names); i++)
    belfry_draft_add_person (draft, json_array_get_string_element (names, i), "owner");
  return TRUE;
}

static gboolean
take_ctx (BelfryDraft *draft, guint index, JsonNode *value)
{
  JsonObject *variables = json_array_get_object_element (draft->variables, index);
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (value))
    return FALSE;
  json_object_iter_init (&iter, json_node_get_object (value));
  while (json_object_iter_next (&iter, &name, &member))
    json_object_set_member (variables, name, json_node_copy (member));
  return TRUE;
}

static gboolean
take_output (BelfryDraft *draft, guint index, JsonNode *value)
{
  JsonArray *outputs = json_array_new ();

  if (!JSON_NODE_HOLDS_OBJECT (value)) {
    json_array_unref (outputs);
    return FALSE;
  }
  for (guint i = 0; i < json_array_get_length (draft->outputs); i++)
    json_array_add_element (
        outputs, json_node_copy (i == index ? value : json_array_get_element (draft->outputs, i)));
  json_array_unref (draft->outputs);
  draft->outputs = outputs;
  return TRUE;
}

static gboolean
take_address (BelfryDraft *draft, guint index, JsonNode *value)
{
  BelfryPerson *person = g_ptr_array_index (draft->people, index);
  gboolean is_text =
      JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING;

  if (!is_text && !JSON_NODE_HOLDS_NULL (value))
    return FALSE;
  person->asked = TRUE;
  g_free (person->address);
  person->address = is_text ? g_strdup (json_node_get_string (value)) : NULL;
  return TRUE;
}

static const struct {
  const char *key;
  const char *wanted;
  gboolean (*take) (BelfryDraft *draft, guint index, JsonNode *value);
} kinds[] = {
  [CALL_USERS] = { "responsible-users-program", "a list of names", take_users },
  [CALL_CTX] = { "ctx-program", "an object", take_ctx },
  [CALL_FORMAT] = { "message-formatter-program", "an object", take_output },
  [CALL_LOOKUP] = { "lookup-program", "an address or null", take_address },
};

static char *
dup_printable (GBytes *bytes)
{
  gsize length = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

  return belfry_text_make_printable (data != NULL ? data : "", (gssize)length, 1024);
}

static gboolean
take_result (BelfryDraft *draft, const Call *call, BelfryProcessResult *result, GError **error)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (result->output, &length);
  g_autoptr (JsonNode) value = NULL;
  g_autofree char *errors = dup_printable (result->errors);

  if (result->exit_status != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "it ended with %s %d: '%s'",
                 result->exit_status < 0 ? "signal" : "status",
                 result->exit_status < 0 ? result->signal : result->exit_status, errors);
    return FALSE;
  }
  value = belfry_json_parse (text != NULL ? text : "", (gssize)length, NULL, error);
  if (value == NULL) {
    g_prefix_error (error, "reading what it printed: ");
    return FALSE;
  }
  if (kinds[call->kind].take (draft, call->index, value))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "it printed something else than %s",
               kinds[call->kind].wanted);
  return FALSE;
}

static void
on_program_ended (GObject *source, GAsyncResult *async, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Run *run = g_task_get_task_data (task);
  const Call *call = &g_array_index (run->calls, Call, run->next - 1);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) result = belfry_process_run_finish (run->instance, async, &local);

  if (result != NULL && take_result (run->draft, call, result, &local)) {
    run_next (g_steal_pointer (&task));
    return;
  }
  g_prefix_error (&local, "%s: ", kinds[call->kind].key);
  belfry_draft_fail (run->draft, TRUE, g_steal_pointer (&local));
  g_task_return_boolean (task, TRUE);
}

static void
start_program (GTask *task, Run *run, const Call *call)
{
  GPtrArray *words = get_argv (run->draft, call->kind);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (JsonNode) input = make_input (run->draft, call);
  g_autofree char *text = belfry_json_to_text (input);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  BelfryProcess process = { .size = sizeof (BelfryProcess), .input = bytes };

  for (guint i = 0; i < words->len; i++)
    g_ptr_array_add (argv, (gpointer)belfry_rendered_get_source (g_ptr_array_index (words, i)));
  g_ptr_array_add (argv, NULL);
  process.argv = (const char *const *)argv->pdata;
  process.timeout_us = PROGRAM_TIMEOUT_US;
  process.max_output_bytes = MAX_OUTPUT_BYTES;
  belfry_process_run_async (run->instance, &process, g_task_get_cancellable (task),
                            on_program_ended, task);
}

static void
run_next (GTask *task)
{
  Run *run = g_task_get_task_data (task);

  if (run->next == run->calls->len && !run->looked_up) {
    run->looked_up = TRUE;
    for (guint i = 0; i < run->draft->people->len; i++)
      add_call (run, CALL_LOOKUP, i);
  }
  if (run->next == run->calls->len) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  run->next++;
  start_program (task, run, &g_array_index (run->calls, Call, run->next - 1));
}

void
belfry_draft_run_programs (BelfryDraft *self,
                           BelfryInstance *instance,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Run *run = g_new0 (Run, 1);

  g_task_set_source_tag (task, belfry_draft_run_programs);
  run->draft = self;
  run->instance = belfry_instance_ref (instance);
  run->calls = g_array_new (FALSE, FALSE, sizeof (Call));
  g_task_set_task_data (task, run, run_free);
  if (self->error == NULL && !self->absent && !self->is_over && !is_notice (self))
    for (guint i = 0; i < json_array_get_length (self->variables); i++) {
      add_call (run, CALL_USERS, i);
      add_call (run, CALL_CTX, i);
      /* a fallback gets the host's own words */
      if (self->note == NULL)
        add_call (run, CALL_FORMAT, i);
    }
  else
    run->looked_up = TRUE;
  run_next (task);
}
