/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Modes. A mode either names a result or compares it with the previous build's. Two words are short
 * for several when they stand alone: `all`, and `warnings`, which then brings `failing` with it, as
 * those who come from Buildbot expect; `warnings;` with its separator is the one mode.
 */
#include "modes.h"

static const struct {
  const char *name;
  BelfryModes mode;
  gint64 result; /* BELFRY_NONE: a comparison */
} modes_table[] = {
  { "change", BELFRY_MODE_CHANGE, BELFRY_NONE },
  { "failing", BELFRY_MODE_FAILING, BELFRY_RESULT_FAILURE },
  { "passing", BELFRY_MODE_PASSING, BELFRY_RESULT_SUCCESS },
  { "problem", BELFRY_MODE_PROBLEM, BELFRY_NONE },
  { "warnings", BELFRY_MODE_WARNINGS, BELFRY_RESULT_WARNINGS },
  { "exception", BELFRY_MODE_EXCEPTION, BELFRY_RESULT_EXCEPTION },
  { "cancelled", BELFRY_MODE_CANCELLED, BELFRY_RESULT_CANCELLED },
  { "skipped", BELFRY_MODE_SKIPPED, BELFRY_RESULT_SKIPPED },
  { "retry", BELFRY_MODE_RETRY, BELFRY_RESULT_RETRY },
};

static gboolean
add_mode (const char *word, guint *modes, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes_table); i++)
    if (g_str_equal (modes_table[i].name, word)) {
      *modes |= modes_table[i].mode;
      return TRUE;
    }
  if (g_str_equal (word, "all"))
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'all' stands for several modes and must be the only one");
  else
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no mode: they are all, change, failing, passing, problem, warnings, "
                 "exception, cancelled, skipped and retry",
                 word);
  return FALSE;
}

gboolean
belfry_modes_parse (const char *text, guint *modes, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ";", -1);
  guint sum = 0;

  if (words[0] != NULL && words[1] == NULL) {
    g_strstrip (words[0]);
    if (g_str_equal (words[0], "all")) {
      *modes = BELFRY_MODES_ALL;
      return TRUE;
    }
    if (g_str_equal (words[0], "warnings")) {
      *modes = BELFRY_MODE_WARNINGS | BELFRY_MODE_FAILING;
      return TRUE;
    }
  }
  for (char **word = words; *word != NULL; word++)
    if (*g_strstrip (*word) != '\0' && !add_mode (*word, &sum, error))
      return FALSE;
  *modes = sum;
  return TRUE;
}

static gpointer
parse_modes (const char *text, GError **error)
{
  guint modes = 0;

  if (!belfry_modes_parse (text, &modes, error))
    return NULL;
  return g_memdup2 (&modes, sizeof modes);
}

const BelfryCustomType belfry_modes_type = { "modes", parse_modes, g_free };

gboolean
belfry_modes_match (guint modes, gint64 result, gboolean has_previous, gint64 previous)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes_table); i++)
    if (modes_table[i].result == result && result != BELFRY_NONE &&
        (modes & modes_table[i].mode) != 0)
      return TRUE;
  if (!has_previous)
    return FALSE;
  if ((modes & BELFRY_MODE_CHANGE) != 0 && previous != result)
    return TRUE;
  return (modes & BELFRY_MODE_PROBLEM) != 0 && result == BELFRY_RESULT_FAILURE &&
         previous != BELFRY_RESULT_FAILURE;
}

gboolean
belfry_modes_compare (guint modes)
{
  return (modes & (BELFRY_MODE_CHANGE | BELFRY_MODE_PROBLEM)) != 0;
}

JsonNode *
belfry_modes_to_json (guint modes)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *names = json_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (modes_table); i++)
    if ((modes & modes_table[i].mode) != 0)
      json_array_add_string_element (names, modes_table[i].name);
  json_node_take_array (node, names);
  return node;
}
