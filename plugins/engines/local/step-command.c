/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps `command` and `shell`: one process each. Words of a command are split before they are
 * rendered, so a value never becomes two of them; a shell's script is text of the configuration and
 * nothing else.
 */
#include "local.h"
#include "report.h"
#include "result.h"
#include "step-argv.h"
#include <string.h>

/* (nullable): a word cannot be rendered. Empty words stay words. */
char **
local_render_argv (const LocalContext *context, GPtrArray *words, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < words->len; i++) {
    char *word = local_context_render (context, g_ptr_array_index (words, i), error);

    if (word == NULL) {
      g_prefix_error (error, "command: ");
      return NULL;
    }
    g_ptr_array_add (argv, word);
  }
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&argv), FALSE);
}

static char **
make_shell_argv (const LocalRun *run, GError **error)
{
  g_auto (GStrv) interpreter =
      local_render_argv (&run->context, run->step->keys->interpreter, error);
  GStrvBuilder *builder = NULL;
  char **argv = NULL;

  if (interpreter == NULL)
    return NULL;
  builder = g_strv_builder_new ();
  g_strv_builder_addv (builder, (const char **)interpreter);
  g_strv_builder_add (builder, "-c");
  g_strv_builder_add (builder, run->step->keys->script);
  argv = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return argv;
}

static LocalContext
get_argv_context (const LocalRun *run)
{
  return run->step->keys->allow_secret_in_argv ? local_run_secret_context (run) : run->context;
}

/* (nullable) with @error unset: it has none */
gboolean
local_step_render_input (const LocalRun *run, char **input, GError **error)
{
  LocalContext context = local_run_secret_context (run);

  if (run->step->keys->stdin_text == NULL)
    return TRUE;
  *input = local_context_render (&context, run->step->keys->stdin_text, error);
  if (*input == NULL)
    g_prefix_error (error, "stdin: ");
  return *input != NULL;
}

/* Renders for nothing but the secrets that are asked for. */
gboolean
local_step_render_own (LocalRun *run, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  LocalContext context = local_run_secret_context (run);
  g_autofree char *input = NULL;
  g_auto (GStrv) argv = NULL;

  if (!local_step_render_input (run, &input, error))
    return FALSE;
  if (!keys->allow_secret_in_argv || keys->command == NULL)
    return TRUE;
  argv = local_render_argv (&context, keys->command, error);
  return argv != NULL;
}

static void
on_done (LocalRun *run, const LocalExit *exit, int error_number)
{
  g_autofree char *text = NULL;
  gint64 result = local_run_result_of (run, exit, error_number, &text);

  local_report_finish (run, result, text);
}

void
local_step_command_start (LocalRun *run)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  g_autofree char *input = NULL;
  LocalContext context = get_argv_context (run);

  if (run->step->kind == LOCAL_STEP_SHELL)
    argv = make_shell_argv (run, &error);
  else
    argv = local_render_argv (&context, keys->command, &error);
  if (argv == NULL || !local_step_render_input (run, &input, &error) ||
      !local_report_prepare (run, &error)) {
    local_run_fail (run, error);
    return;
  }
  g_free (run->done_text);
  if (run->step->kind == LOCAL_STEP_COMMAND)
    run->done_text = local_argv_to_text ((const char *const *)argv);
  else
    run->done_text = local_argv_to_text ((const char *const[]){ keys->script, NULL });
  local_run_process (run, (const char *const *)argv, run->workdir, input, on_done);
}
