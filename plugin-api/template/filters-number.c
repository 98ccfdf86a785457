/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of numbers: conversion, rounding, times, durations, sizes. Times are whole seconds since
 * 1970 UTC, as records have them; durations are seconds. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <math.h>
#include <string.h>

static TplValue
take_text (TplRender *render, char *text)
{
  g_autofree char *owned = text;

  return tpl_text_copy (render, owned, strlen (owned));
}

/* a number as Python reads it, with white space around and underscores inside */
static gboolean
read_number (TplRender *render, TplValue value, double *number)
{
  TplValue bare = tpl_text_strip (render, value, tpl_none (), TPL_STRIP_LEFT | TPL_STRIP_RIGHT);
  char *end = NULL;

  *number = g_ascii_strtod (bare.text, &end);
  return bare.length > 0 && *end == '\0' && strpbrk (bare.text, "xXpP") == NULL;
}

static gboolean
read_whole (TplRender *render, TplValue value, gint64 base, gint64 *number)
{
  TplValue bare = tpl_text_strip (render, value, tpl_none (), TPL_STRIP_LEFT | TPL_STRIP_RIGHT);

  if (base < 2 || base > 36)
    return FALSE;
  return g_ascii_string_to_signed (bare.text, (guint)base, G_MININT64, G_MAXINT64, number, NULL);
}

static TplValue
whole_of (double number, TplValue preset)
{
  if (!isfinite (number) || fabs (number) >= 9.2e18)
    return preset;
  return tpl_integer ((gint64)number);
}

static TplValue
filter_int (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue preset = tpl_is_given (args[1]) ? args[1] : tpl_integer (0);
  gint64 whole = 0;
  double number = 0;

  if (tpl_is_whole (args[0]))
    return tpl_integer (args[0].integer);
  if (args[0].kind == TPL_DOUBLE)
    return whole_of (args[0].number, preset);
  if (args[0].kind == TPL_UNDEFINED)
    tpl_render_fail (render, "'%s' is undefined", args[0].text);
  if (args[0].kind != TPL_TEXT)
    return preset;
  if (read_whole (render, args[0], tpl_argument_get_integer (render, args[2], 10), &whole))
    return tpl_integer (whole);
  if (read_number (render, args[0], &number))
    return whole_of (number, preset);
  return preset;
}

static TplValue
filter_float (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  double number = 0;

  if (tpl_is_number (args[0]))
    return tpl_double (tpl_as_double (args[0]));
  if (args[0].kind == TPL_UNDEFINED)
    tpl_render_fail (render, "'%s' is undefined", args[0].text);
  if (args[0].kind == TPL_TEXT && read_number (render, args[0], &number))
    return tpl_double (number);
  return tpl_is_given (args[1]) ? args[1] : tpl_double (0);
}

/* to the nearest as decimals show it, a half to the even one */
static double
round_to_nearest (double number, gint64 precision)
{
  g_autofree char *format = NULL;
  g_autofree char *text = NULL;
  gsize bytes = 400;

  if (precision < 0) {
    double scale = pow (10, (double)-precision);

    return nearbyint (number / scale) * scale;
  }
  format = g_strdup_printf ("%%.%df", (int)precision);
  text = g_malloc (bytes);
  return g_ascii_strtod (g_ascii_formatd (text, (int)bytes, format, number), NULL);
}

static TplValue
filter_round (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  gint64 precision = tpl_argument_get_integer (render, args[1], 0);
  const char *method = args[2].kind == TPL_TEXT ? args[2].text : "common";
  double number = 0;
  double scale = 0;

  if (!tpl_is_number (args[0]) || precision < -20 || precision > 20) {
    tpl_render_fail (render, "%s cannot be rounded so", tpl_value_describe (args[0]));
    return tpl_none ();
  }
  number = tpl_as_double (args[0]);
  scale = pow (10, (double)precision);
  if (strcmp (method, "ceil") == 0)
    return tpl_double (ceil (number * scale) / scale);
  if (strcmp (method, "floor") == 0)
    return tpl_double (floor (number * scale) / scale);
  if (strcmp (method, "common") != 0)
    tpl_render_fail (render, "rounding is 'common', 'ceil' or 'floor'");
  if (tpl_is_whole (args[0]) && precision >= 0)
    return tpl_integer (args[0].integer);
  number = isfinite (number) ? round_to_nearest (number, precision) : number;
  return tpl_is_whole (args[0]) ? whole_of (number, args[0]) : tpl_double (number);
}

/* NULL: no time; FALSE in is_time: an error is set */
static GDateTime *
time_of (TplRender *render, TplValue value, gboolean is_local)
{
  g_autoptr (GTimeZone) zone = NULL;
  g_autoptr (GDateTime) utc = NULL;
  gint64 seconds = 0;

  if (!tpl_is_number (value)) {
    tpl_render_fail (render, "%s is no time", tpl_value_describe (value));
    return NULL;
  }
  seconds = (gint64)CLAMP (tpl_as_double (value), -1e12, 1e12);
  utc = g_date_time_new_from_unix_utc (seconds);
  if (utc == NULL) {
    tpl_render_fail (render, "%" G_GINT64_FORMAT " is no time", seconds);
    return NULL;
  }
  if (!is_local)
    return g_steal_pointer (&utc);
  zone = g_time_zone_new_offset ((gint32)(render->utc_offset_us / G_USEC_PER_SEC));
  return g_date_time_to_timezone (utc, zone);
}

static TplValue
format_time (TplRender *render, TplValue value, const char *format, gboolean is_local)
{
  g_autoptr (GDateTime) time = NULL;
  char *text = NULL;

  if (value.kind <= TPL_NONE)
    return tpl_text ("", 0);
  time = time_of (render, value, is_local);
  if (time == NULL)
    return tpl_none ();
  text = is_local ? tpl_date_format (time, format, render->language)
                  : g_date_time_format (time, format);
  if (text != NULL)
    return take_text (render, text);
  tpl_render_fail (render, "'%s' is no form of a time", format);
  return tpl_none ();
}

static TplValue
filter_datetime (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const char *format = args[1].kind == TPL_TEXT ? args[1].text : "%Y-%m-%d %H:%M:%S";

  return format_time (render, args[0], format, TRUE);
}

static TplValue
filter_isotime (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return format_time (render, args[0], "%Y-%m-%dT%H:%M:%SZ", FALSE);
}

static char *
duration_text (gint64 seconds)
{
  gint64 minutes = seconds / 60;
  gint64 hours = minutes / 60;

  if (hours >= 24)
    return g_strdup_printf ("%" G_GINT64_FORMAT "d %02" G_GINT64_FORMAT "h", hours / 24,
                            hours % 24);
  if (hours > 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT "h %02" G_GINT64_FORMAT "m", hours, minutes % 60);
  if (minutes > 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT "m %02" G_GINT64_FORMAT "s", minutes, seconds % 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT "s", seconds);
}

static TplValue
filter_duration (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  if (args[0].kind <= TPL_NONE)
    return tpl_text ("", 0);
  if (!tpl_is_number (args[0])) {
    tpl_render_fail (render, "%s is no duration", tpl_value_describe (args[0]));
    return tpl_none ();
  }
  return take_text (render, duration_text ((gint64)CLAMP (tpl_as_double (args[0]), 0, 1e15)));
}

static TplValue
filter_filesize (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
  double size = 0;
  guint unit = 0;

  if (args[0].kind <= TPL_NONE)
    return tpl_text ("", 0);
  if (!tpl_is_number (args[0])) {
    tpl_render_fail (render, "%s is no size", tpl_value_describe (args[0]));
    return tpl_none ();
  }
  size = CLAMP (tpl_as_double (args[0]), 0, 1e18);
  for (; size >= 1024 && unit + 1 < G_N_ELEMENTS (units); unit++)
    size /= 1024;
  return take_text (render, g_strdup_printf ("%.*f %s", unit == 0 ? 0 : 1, size, units[unit]));
}

const TplFilter tpl_filters_number[] = {
  { "int", filter_int, 0, "default base", NULL },
  { "float", filter_float, 0, "default", NULL },
  { "round", filter_round, 0, "precision method", NULL },
  { "datetime", filter_datetime, 0, "format", NULL },
  { "isotime", filter_isotime, 0, "", NULL },
  { "duration", filter_duration, 0, "", NULL },
  { "filesize", filter_filesize, 0, "", NULL },
  { NULL, NULL, 0, NULL, NULL },
};
