/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results combined as Buildbot combines them, by five flags; and the words people read. */
#include "result.h"

gint64
local_result_contribution (const LocalStepKeys *keys, gint64 result)
{
  if (result == BELFRY_RESULT_FAILURE) {
    if (keys->flunk_on_failure)
      return BELFRY_RESULT_FAILURE;
    return keys->warn_on_failure ? BELFRY_RESULT_WARNINGS : BELFRY_RESULT_SUCCESS;
  }
  if (result == BELFRY_RESULT_WARNINGS) {
    if (keys->flunk_on_warnings)
      return BELFRY_RESULT_FAILURE;
    return keys->warn_on_warnings ? BELFRY_RESULT_WARNINGS : BELFRY_RESULT_SUCCESS;
  }
  return result;
}

gboolean
local_result_ends_build (const LocalStepKeys *keys, gint64 result, gboolean halts)
{
  (void)keys;
  if (result == BELFRY_RESULT_EXCEPTION || result == BELFRY_RESULT_RETRY ||
      result == BELFRY_RESULT_CANCELLED)
    return TRUE;
  return result == BELFRY_RESULT_FAILURE && halts;
}

char *
local_step_done_text (const char *text, gint64 result)
{
  if (result == BELFRY_RESULT_SUCCESS)
    return g_strdup (text);
  return g_strdup_printf ("%s (%s)", text, belfry_result_get_name (result));
}

/* @names: (element-type utf8): steps that count */
char *
local_build_text (gint64 result, const char *reason, GPtrArray *names)
{
  static const char *const words[] = { N_ ("build successful"), N_ ("warnings"),  N_ ("failed"),
                                       N_ ("skipped"),          N_ ("exception"), N_ ("retry"),
                                       N_ ("cancelled") };
  g_autoptr (GString) text = NULL;

  g_return_val_if_fail (result >= 0 && result < (gint64)G_N_ELEMENTS (words), NULL);
  text = g_string_new (words[result]);
  if (reason != NULL && result == BELFRY_RESULT_RETRY)
    g_string_append_printf (text, " %s", reason);
  else if (reason != NULL && *reason != '\0')
    g_string_append_printf (text, " (%s)", reason);
  for (guint i = 0; i < names->len && result != BELFRY_RESULT_SUCCESS; i++)
    g_string_append_printf (text, " %s", (const char *)g_ptr_array_index (names, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The vector in single quotes, cut at 60 characters. */
char *
local_argv_to_text (const char *const *argv)
{
  g_autofree char *joined = g_strjoinv (" ", (char **)argv);
  g_autofree char *printable = belfry_text_make_printable (joined, -1, 1024);
  g_autofree char *cut = NULL;

  if (g_utf8_strlen (printable, -1) <= 60)
    return g_strdup_printf ("'%s'", printable);
  cut = g_utf8_substring (printable, 0, 59);
  return g_strdup_printf ("'%s…'", cut);
}
