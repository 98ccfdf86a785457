/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an administrator's program for a value that it prints as JSON. */
#include "reports.h"

#include <string.h>

#define TIMEOUT_US       (30 * G_USEC_PER_SEC)
#define MAX_OUTPUT_BYTES (1024 * 1024)
#define MAX_ERROR_BYTES  1024

void
belfry_reports_check_program (const GPtrArray *argv, const char *key, const BelfryCheck *check)
{
  BelfryRendered *program = argv != NULL && argv->len > 0 ? g_ptr_array_index (argv, 0) : NULL;

  if (argv == NULL)
    return;
  if (program == NULL || !g_path_is_absolute (belfry_rendered_get_source (program)))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                         "the first word must be the absolute path of a program");
  for (guint i = 0; i < argv->len; i++)
    if (!belfry_rendered_is_literal (g_ptr_array_index (argv, i)))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "word %u has a substitution: arguments are fixed, the program gets "
                           "everything on its standard input",
                           i);
}

static JsonNode *
read_result (BelfryProcessResult *result, GError **error)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (result->output, &length);
  gsize error_length = 0;
  const char *errors =
      result->errors != NULL ? g_bytes_get_data (result->errors, &error_length) : NULL;
  g_autofree char *shown = belfry_text_make_printable (errors != NULL ? errors : "",
                                                       (gssize)error_length, MAX_ERROR_BYTES);
  JsonNode *value = NULL;

  if (result->exit_status != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "it ended with %s %d: '%s'",
                 result->exit_status < 0 ? "signal" : "status",
                 result->exit_status < 0 ? result->signal : result->exit_status, shown);
    return NULL;
  }
  value = belfry_json_parse (text != NULL ? text : "", (gssize)length, NULL, error);
  if (value == NULL)
    g_prefix_error (error, "reading what it printed: ");
  return value;
}

static void
on_ended (GObject *source, GAsyncResult *async, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *local = NULL;
  g_autoptr (BelfryProcessResult) result =
      belfry_process_run_finish (g_task_get_task_data (task), async, &local);
  JsonNode *value = result != NULL ? read_result (result, &local) : NULL;

  if (value != NULL)
    g_task_return_pointer (task, value, (GDestroyNotify)json_node_unref);
  else
    g_task_return_error (task, local);
}

void
belfry_reports_run_program_async (BelfryInstance *instance,
                                  const GPtrArray *argv,
                                  JsonNode *input,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *text = belfry_json_to_text (input);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  BelfryProcess process = { .size = sizeof (BelfryProcess), .input = bytes };

  for (guint i = 0; i < argv->len; i++)
    g_ptr_array_add (words, (gpointer)belfry_rendered_get_source (g_ptr_array_index (argv, i)));
  g_ptr_array_add (words, NULL);
  process.argv = (const char *const *)words->pdata;
  process.timeout_us = TIMEOUT_US;
  process.max_output_bytes = MAX_OUTPUT_BYTES;
  g_task_set_source_tag (task, belfry_reports_run_program_async);
  g_task_set_task_data (task, belfry_instance_ref (instance),
                        (GDestroyNotify)belfry_instance_unref);
  belfry_process_run_async (instance, &process, cancellable, on_ended, task);
}

JsonNode *
belfry_reports_run_program_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_reports_run_program_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
