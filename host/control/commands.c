/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <string.h>

#define CHANGES_AT_ONCE 500

typedef struct {
  const char *name;
  void (*run) (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
} Command;

static void
return_object (GTask *task, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
  g_object_unref (task);
}

static void
run_status (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  JsonObject *object = belfry_host_describe (host);

  json_object_set_boolean_member (object, "ok", TRUE);
  return_object (task, object);
}

static void
run_reload (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  g_autofree char *report = NULL;
  JsonObject *object = json_object_new ();
  gboolean taken = belfry_host_reload (host, &report);

  json_object_set_boolean_member (object, "ok", taken);
  json_object_set_string_member (object, taken ? "report" : "error", report);
  return_object (task, object);
}

typedef struct {
  gint64 since;
  JsonArray *changes;
  gboolean cut;
} ChangeList;

static void
change_list_free (gpointer data)
{
  ChangeList *list = data;

  g_clear_pointer (&list->changes, json_array_unref);
  g_free (list);
}

static gboolean
read_changes (BelfryReader *reader, gpointer data, GError **error)
{
  ChangeList *list = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;

  query.filters[0] = (BelfryFilter){ "changeid", BELFRY_COMPARE_GREATER, list->since, NULL };
  query.limit = CHANGES_AT_ONCE;
  found = belfry_reader_list (reader, belfry_change_get_type (), &query, &list->cut, error);
  if (found == NULL)
    return FALSE;
  list->changes = json_array_new ();
  for (guint i = 0; i < found->len; i++)
    json_array_add_object_element (
        list->changes,
        belfry_record_to_json (g_ptr_array_index (found, i), BELFRY_RECORD_JSON_PROPERTIES));
  return TRUE;
}

static void
on_changes_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  ChangeList *list = g_task_get_task_data (task);
  BelfryHost *host = g_object_get_data (G_OBJECT (task), "host");
  g_autoptr (GError) local = NULL;
  JsonObject *object = NULL;

  if (!belfry_store_read_finish (host->store, result, &local)) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  json_object_set_boolean_member (object, "more", list->cut);
  json_object_set_array_member (object, "changes", g_steal_pointer (&list->changes));
  return_object (task, object);
}

static void
run_changes (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  ChangeList *list = g_new0 (ChangeList, 1);
  BelfryReaderView view = { .instance = NULL };

  list->since = belfry_json_get_integer (arguments, "since", 0);
  g_task_set_task_data (task, list, change_list_free);
  g_object_set_data (G_OBJECT (task), "host", host);
  belfry_store_read_async (host->store, &view, read_changes, list, NULL, on_changes_read, task);
}

static void
on_controlled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static const char *const outcomes[] = { "done", "refused", "unsupported" };
  GTask *task = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), &local);
  JsonObject *object = NULL;

  if (answer == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", answer->outcome == BELFRY_CONTROL_DONE);
  json_object_set_string_member (object, "outcome", outcomes[answer->outcome]);
  if (answer->outcome == BELFRY_CONTROL_DONE)
    json_object_set_string_member (object, "message", answer->message);
  else
    json_object_set_string_member (object, "error", answer->message);
  if (answer->data != NULL)
    json_object_set_object_member (object, "data", json_object_ref (answer->data));
  return_object (task, object);
}

static void
run_control (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  BelfryControl control = { .size = sizeof control,
                            .action = belfry_json_get_text (arguments, "action"),
                            .builder = belfry_json_get_text (arguments, "builder"),
                            .worker = belfry_json_get_text (arguments, "worker"),
                            .scheduler = belfry_json_get_text (arguments, "scheduler"),
                            .id = belfry_json_get_integer (arguments, "id", BELFRY_NONE),
                            .who = who,
                            .arguments = belfry_json_get_object (arguments, "arguments") };

  if (control.action == NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "control needs an action");
    g_object_unref (task);
    return;
  }
  g_message ("%s asks for %s%s%s", who, control.action, control.builder != NULL ? " of " : "",
             control.builder != NULL ? control.builder : "");
  belfry_host_control (host, &control, g_task_new (NULL, NULL, on_controlled, task));
}

static void
run_pollers (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", TRUE);
  json_object_set_array_member (object, "pollers", belfry_pollers_describe (host->pollers));
  return_object (task, object);
}

/* (transfer full) (nullable): texts of an array */
static char **
dup_names (JsonArray *array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (array == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  return g_strv_builder_end (builder);
}

static void
run_poll (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  g_auto (GStrv) names = dup_names (belfry_json_get_array (arguments, "names"));
  g_autofree char *missing = belfry_pollers_ask (host->pollers, (const char *const *)names, NULL);
  JsonObject *object = NULL;

  if (missing != NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                             "there is no poller '%s' that runs", missing);
    g_object_unref (task);
    return;
  }
  g_message ("%s asks for a poll", who);
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  return_object (task, object);
}

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) local = NULL;
  JsonObject *object = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &local)) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  return_object (task, object);
}

static void
run_forget (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *name = belfry_json_get_text (arguments, "name");

  if (name == NULL || !g_str_has_prefix (name, "poller/")) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                             "only poller/NAME keeps what can be forgotten");
    g_object_unref (task);
    return;
  }
  g_message ("%s has %s forget what it saw", who, name);
  belfry_pollers_forget (host->pollers, name + strlen ("poller/"),
                         g_task_new (NULL, NULL, on_forgotten, task));
}

static const Command commands[] = {
  { "changes", run_changes }, { "control", run_control }, { "forget", run_forget },
  { "poll", run_poll },       { "pollers", run_pollers }, { "reload", run_reload },
  { "status", run_status },
};

void
belfry_commands_run (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *name = belfry_json_get_text (arguments, "command");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_strcmp0 (commands[i].name, name) == 0) {
      commands[i].run (host, arguments, who, task);
      return;
    }
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                           "this host does not know that command");
  g_object_unref (task);
}
