/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step `set-property`: a rendered value, or the output of a command, becomes properties. */
#include "extract.h"
#include "local.h"
#include "properties.h"
#include "result.h"
#include "step-argv.h"
#include <string.h>

static void
refuse (LocalRun *run, const char *why)
{
  local_run_open_log (run);
  local_log_header (run->stdio, "%s", why);
  local_run_finish (run, BELFRY_RESULT_FAILURE, NULL);
}

static gboolean
is_too_long (JsonNode *value)
{
  g_autofree char *text = belfry_json_to_text (value);

  return strlen (text) > LOCAL_PROPERTY_BYTES;
}

static void
set_from (LocalRun *run, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GPtrArray) found = NULL;

  if (run->step->keys->property != NULL)
    name = local_context_render (&run->context, run->step->keys->property, &error);
  if (error == NULL)
    found = local_extract (run->step->keys, name, text, &error);
  if (found == NULL) {
    refuse (run, error->message);
    return;
  }
  for (guint i = 0; i < found->len; i++) {
    const LocalFound *item = g_ptr_array_index (found, i);

    if (is_too_long (item->value)) {
      refuse (run, "the value is longer than 64 kB");
      return;
    }
  }
  for (guint i = 0; i < found->len; i++) {
    const LocalFound *item = g_ptr_array_index (found, i);

    local_build_set_property (run->build, item->name, belfry_json_copy (item->value),
                              run->record->name);
  }
  local_run_finish (run, found->len > 0 ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_WARNINGS, NULL);
}

static void
on_done (LocalRun *run, const LocalExit *exit, int error_number)
{
  g_autofree char *text = NULL;
  gint64 result = local_run_result_of (run, exit, error_number, &text);

  if (result != BELFRY_RESULT_SUCCESS && result != BELFRY_RESULT_WARNINGS)
    local_run_finish (run, result, text);
  else if (run->captured_too_much)
    refuse (run, "the output is longer than 64 kB");
  else
    set_from (run, run->captured->str);
}

void
local_step_set_property_start (LocalRun *run)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;
  g_autofree char *input = NULL;
  g_auto (GStrv) argv = NULL;

  g_free (run->done_text);
  run->done_text = g_strdup ("property set");
  if (keys->value != NULL)
    value = local_context_render (&run->context, keys->value, &error);
  else if (local_step_render_input (run, &input, &error))
    argv = local_render_argv (&run->context, keys->command, &error);
  if (error != NULL)
    local_run_fail (run, error);
  else if (value != NULL)
    set_from (run, value);
  else {
    run->capture_max = LOCAL_PROPERTY_BYTES;
    local_run_process (run, (const char *const *)argv, run->workdir, input, on_done);
  }
}
