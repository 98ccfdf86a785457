/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Option types that several tables of this plugin share: keys of a room that is not offered yet,
 * octal modes, and booleans whose default depends on other keys. Small values are held in the
 * pointer itself.
 */
#include "options.h"
#include <string.h>

static gpointer
local_later_parse (const char *text, GError **error)
{
  (void)text;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "not yet offered by this version");
  return NULL;
}

static void
local_free_nothing (gpointer value)
{
  (void)value;
}

static gpointer
local_octal_parse (const char *text, GError **error)
{
  guint64 value = 0;

  if (!g_ascii_string_to_unsigned (text, 8, 0, 0777, &value, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no octal number from 000 to 777", text);
    return NULL;
  }
  return GUINT_TO_POINTER ((guint)value + 1);
}

static gpointer
local_tristate_parse (const char *text, GError **error)
{
  gboolean value = FALSE;

  if (!belfry_parse_boolean (text, &value, error))
    return NULL;
  return value ? LOCAL_TRUE : LOCAL_FALSE;
}

static gpointer
local_percent_parse (const char *text, GError **error)
{
  g_autofree char *number =
      g_str_has_suffix (text, "%") ? g_strndup (text, strlen (text) - 1) : NULL;
  guint64 value = 0;

  if (number == NULL || !g_ascii_string_to_unsigned (number, 10, 1, 100000, &value, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no share of a processor: write 50%%, or 200%% for two of them", text);
    return NULL;
  }
  return GUINT_TO_POINTER ((guint)value);
}

const BelfryCustomType local_later_type = { "not offered", local_later_parse, local_free_nothing };
const BelfryCustomType local_octal_type = { "octal", local_octal_parse, local_free_nothing };
const BelfryCustomType local_tristate_type = { "boolean", local_tristate_parse,
                                               local_free_nothing };

const BelfryCustomType local_percent_type = { "percent", local_percent_parse, local_free_nothing };

const BelfryChoice local_isolation_choices[] = {
  { "auto", LOCAL_ISOLATION_AUTO, N_ ("the best that this machine offers") },
  { "group", LOCAL_ISOLATION_GROUP, N_ ("process groups below a supervisor") },
  { "cgroup", LOCAL_ISOLATION_CGROUP,
    N_ ("a control group for each build; without one nothing is built") },
  { NULL },
};

const BelfryChoice local_next_worker_choices[] = {
  { "sticky", LOCAL_WORKER_STICKY, N_ ("the worker of the last build, whose tree is warm") },
  { "least-busy", LOCAL_WORKER_LEAST_BUSY, N_ ("the worker with most free slots") },
  { "first", LOCAL_WORKER_FIRST, N_ ("the first free one in the order written") },
  { NULL },
};
