/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include "backup.h"
#include "explain.h"
#include "listings.h"
#include "lists.h"
#include "outbox-commands.h"
#include "trail.h"

#include <string.h>

typedef struct {
  const char *name;
  void (*run) (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
  gboolean acts;      /* somebody has something done: it goes into the audit trail */
  const char *action; /* (nullable) under this name; NULL: the arguments tell */
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
return_reload (GTask *task, const char *report, const char *error)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", report != NULL);
  json_object_set_string_member (object, report != NULL ? "report" : "error",
                                 report != NULL ? report : error);
  json_object_set_boolean_member (object, "config", report == NULL);
  return_object (task, object);
}

static void
on_orphans_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GString) report = g_string_new (g_task_get_task_data (task));
  g_autoptr (JsonArray) lines = belfry_outbox_list_orphans_finish (result, NULL);

  for (guint i = 0; lines != NULL && i < json_array_get_length (lines); i++)
    g_string_append_printf (report, "%s\n", json_array_get_string_element (lines, i));
  return_reload (task, report->str, NULL);
}

typedef struct {
  BelfryHost *host;
  GTask *task;
} Reloading;

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reloading *reloading = user_data;
  g_autoptr (GError) local = NULL;
  char *report = g_task_propagate_pointer (G_TASK (result), &local);

  if (report == NULL) {
    return_reload (reloading->task, NULL, local->message);
    return;
  }
  g_task_set_task_data (reloading->task, report, g_free);
  belfry_outbox_list_orphans_async (reloading->host->outbox, NULL, on_orphans_listed,
                                    reloading->task);
}

static void
run_reload (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  Reloading *reloading = g_new0 (Reloading, 1);

  reloading->host = host;
  reloading->task = task;
  belfry_host_reload (host, g_task_new (NULL, NULL, on_reloaded, reloading));
}

static void
on_replayed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryResponse) response = g_task_propagate_pointer (G_TASK (result), &local);
  g_autofree char *text = NULL;
  JsonObject *object = NULL;
  GBytes *body = NULL;

  if (response == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  body = belfry_response_get_body (response);
  text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  json_object_set_int_member (object, "status", belfry_response_get_status (response));
  json_object_set_string_member (object, "message", g_strchomp (text));
  return_object (task, object);
}

static void
run_replay (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  gint64 id = belfry_json_get_integer (arguments, "id", 0);

  belfry_deliveries_replay (host->deliveries, id, g_task_new (NULL, NULL, on_replayed, task));
}

static void
run_explain (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  belfry_explain_run (host, arguments, task);
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
  belfry_pollers_forget (host->pollers, name + strlen ("poller/"),
                         g_task_new (NULL, NULL, on_forgotten, task));
}

static const Command commands[] = {
  { "backup", belfry_command_backup, TRUE, "backup" },
  { "builds", belfry_lists_run, FALSE, NULL },
  { "control", run_control, TRUE, NULL },
  { "discard", belfry_command_discard, TRUE, "discard" },
  { "explain", run_explain, FALSE, NULL },
  { "forget", run_forget, TRUE, "forget" },
  { "orphans", belfry_command_orphans, FALSE, NULL },
  { "outbox", belfry_command_outbox, FALSE, NULL },
  { "poll", run_poll, TRUE, "poll" },
  { "pollers", run_pollers, FALSE, NULL },
  { "redeliver", belfry_command_redeliver, TRUE, "redeliver" },
  { "reload", run_reload, TRUE, "reload" },
  { "replay", run_replay, TRUE, "replay" },
  { "requests", belfry_lists_run, FALSE, NULL },
  { "resume", belfry_command_resume, TRUE, "resume" },
  { "schedulers", belfry_lists_run, FALSE, NULL },
  { "status", run_status, FALSE, NULL },
  { "test", belfry_command_test, TRUE, "test" },
  { "workers", belfry_lists_run, FALSE, NULL },
};

/* Some of what an engine is asked changes nothing. */
static gboolean
leaves_trail (const Command *command, JsonObject *arguments)
{
  static const char *const questions[] = { "moments", "queue", NULL };
  const char *action = belfry_json_get_text (arguments, "action");

  return command->acts &&
         (command->run != run_control || action == NULL || !g_strv_contains (questions, action));
}

void
belfry_commands_run (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *name = belfry_json_get_text (arguments, "command");
  BelfryListingFunc listing = belfry_listing_find (name);

  if (listing != NULL) {
    belfry_listing_run (host->store, listing, arguments, task);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_strcmp0 (commands[i].name, name) == 0) {
      if (leaves_trail (&commands[i], arguments))
        task = belfry_trail_begin (host, arguments, commands[i].action, who, task);
      commands[i].run (host, arguments, who, task);
      return;
    }
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                           "this host does not know that command");
  g_object_unref (task);
}
