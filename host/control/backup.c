/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon copies its own files, into a folder that it may write to; the command line only asks
 * it to. With --database the command line copies what no daemon has open.
 */
#include "backup.h"

#include "ask.h"
#include "store/backup.h"

#include <sys/stat.h>

/* in the daemon */

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryHost *host = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  JsonObject *answer = belfry_store_backup_finish (host->store, result, &local);
  JsonNode *node = NULL;

  if (answer == NULL) {
    g_prefix_error (&local, "backup: ");
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  json_object_set_boolean_member (answer, "ok", TRUE);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, answer);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
}

void
belfry_command_backup (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *folder = belfry_json_get_text (arguments, "name");

  if (folder == NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "backup needs a folder");
    g_object_unref (task);
    return;
  }
  g_task_set_task_data (task, host, NULL);
  belfry_store_backup_async (host->store, folder, on_made, task);
}

/* on the command line */

static void
print_made (JsonObject *answer)
{
  JsonArray *files = belfry_json_get_array (answer, "files");

  for (guint i = 0; files != NULL && i < json_array_get_length (files); i++) {
    JsonObject *file = json_array_get_object_element (files, i);
    g_autofree char *size = g_format_size ((guint64)belfry_json_get_integer (file, "bytes", 0));

    belfry_print_text (belfry_json_get_text (answer, "folder"));
    printf ("/%s  %s\n", belfry_json_get_text (file, "name"), size);
  }
}

static JsonObject *
copy_file (const BelfryAsk *options, const char *folder, int *exit_code)
{
  g_autoptr (JsonObject) answer = json_object_new ();
  g_autoptr (GError) local = NULL;

  umask (077);
  if (belfry_backup_make_of_file (options->database, folder, answer, &local))
    return g_steal_pointer (&answer);
  fprintf (stderr, "belfry backup: %s\n", local->message);
  *exit_code = 1;
  return NULL;
}

int
belfry_backup_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("backup");
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *folder = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (options.rest == NULL || options.rest[1] != NULL) {
    fprintf (stderr, "belfry backup: it needs the folder to copy to\n");
    return BELFRY_EXIT_USAGE;
  }
  folder = g_canonicalize_filename (options.rest[0], NULL);
  json_object_set_string_member (question, "name", folder);
  answer = options.database != NULL ? copy_file (&options, folder, &exit_code)
                                    : belfry_ask (&options, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  if (options.json)
    belfry_print_json (answer);
  else
    print_made (answer);
  return exit_code;
}
