/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a row is due. Quiet hours and digest times are spans of local days: a day is taken from the
 * calendar of the zone, and its span is turned into moments of that very day, so that a window
 * keeps its wall-clock ends over a change of daylight saving, whether the day has 23, 24 or 25
 * hours. A wall-clock time that a day lacks or has twice is what g_date_time_new () makes of it.
 *
 * Between tries the wait is drawn from 0 to a cap that doubles from one second to ten minutes
 * ("full jitter"), so that many reports that failed together do not come back together.
 */
#include "schedule.h"

#define DAY_MINUTES      1440
#define EVERY_DAY        0x7f
#define BACKOFF_FIRST_US ((gint64)G_USEC_PER_SEC)
#define BACKOFF_LAST_US  ((gint64)600 * G_USEC_PER_SEC)

typedef struct {
  guint days;    /* bit 0: Monday */
  guint begin_m; /* minutes of the day */
  guint end_m;   /* may lie on the next day: then it is more than DAY_MINUTES */
} Window;

struct _BelfryWindows {
  GArray *rows; /* (element-type Window) */
};

static gboolean
parse_clock (const char *text, guint *minutes)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);
  guint64 hour = 0;
  guint64 minute = 0;

  if (g_strv_length (parts) != 2 || strlen (parts[1]) != 2 ||
      !g_ascii_string_to_unsigned (parts[0], 10, 0, 24, &hour, NULL) ||
      !g_ascii_string_to_unsigned (parts[1], 10, 0, 59, &minute, NULL))
    return FALSE;
  *minutes = (guint)(hour * 60 + minute);
  return *minutes <= DAY_MINUTES;
}

static int
parse_day (const char *text)
{
  static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (text, names[i]) == 0)
      return (int)i;
  return -1;
}

/* `Mon-Fri,Sun` */
static gboolean
parse_days (const char *text, guint *days)
{
  g_auto (GStrv) items = g_strsplit (text, ",", -1);

  *days = 0;
  for (char **item = items; *item != NULL; item++) {
    g_auto (GStrv) ends = g_strsplit (*item, "-", 2);
    int first = parse_day (ends[0] != NULL ? ends[0] : "");
    int last = ends[0] != NULL && ends[1] != NULL ? parse_day (ends[1]) : first;

    if (first < 0 || last < 0)
      return FALSE;
    for (int day = first;; day = (day + 1) % 7) {
      *days |= 1u << day;
      if (day == last)
        break;
    }
  }
  return *days != 0;
}

static gboolean
parse_window (const char *text, gboolean moment, Window *window)
{
  const char *blank = strchr (text, ' ');
  g_autofree char *days = blank != NULL ? g_strndup (text, (gsize)(blank - text)) : NULL;
  g_autofree char *span = g_strstrip (g_strdup (blank != NULL ? blank : text));
  g_auto (GStrv) ends = g_strsplit (span, "-", 2);

  window->days = EVERY_DAY;
  if (days != NULL && !parse_days (days, &window->days))
    return FALSE;
  if (ends[0] == NULL || !parse_clock (ends[0], &window->begin_m))
    return FALSE;
  window->end_m = window->begin_m;
  if (moment)
    return ends[1] == NULL && window->begin_m < DAY_MINUTES;
  if (ends[1] == NULL || !parse_clock (ends[1], &window->end_m) || window->begin_m == window->end_m)
    return FALSE;
  if (window->end_m < window->begin_m)
    window->end_m += DAY_MINUTES;
  return TRUE;
}

BelfryWindows *
belfry_windows_parse (const char *text, gboolean moments, GError **error)
{
  g_autoptr (BelfryWindows) self = g_new0 (BelfryWindows, 1);
  g_auto (GStrv) items = g_strsplit (text, ";", -1);

  self->rows = g_array_new (FALSE, FALSE, sizeof (Window));
  for (char **item = items; *item != NULL; item++) {
    Window window;

    if (*g_strstrip (*item) == '\0')
      continue;
    if (!parse_window (*item, moments, &window)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no %s", *item,
                   moments ? "time of day such as '08:00' or 'Mon-Fri 08:00'"
                           : "span of a day such as '22:00-07:00' or 'Sat,Sun 00:00-24:00'");
      return NULL;
    }
    g_array_append_val (self->rows, window);
  }
  return g_steal_pointer (&self);
}

void
belfry_windows_free (BelfryWindows *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->rows, g_array_unref);
  g_free (self);
}

/* the moment at so many minutes of the wall clock of the day that is @offset days after @day */
static gint64
to_moment (GTimeZone *zone, GDateTime *day, int offset, guint minutes)
{
  g_autoptr (GDateTime) shifted = g_date_time_add_days (day, offset + (int)(minutes / DAY_MINUTES));
  guint left = minutes % DAY_MINUTES;
  g_autoptr (GDateTime) moment = g_date_time_new (
      zone, g_date_time_get_year (shifted), g_date_time_get_month (shifted),
      g_date_time_get_day_of_month (shifted), (int)(left / 60), (int)(left % 60), 0);

  return moment != NULL ? g_date_time_to_unix (moment) * G_USEC_PER_SEC : G_MAXINT64;
}

static gboolean
has_day (const Window *window, GDateTime *day, int offset)
{
  g_autoptr (GDateTime) shifted = g_date_time_add_days (day, offset);

  return (window->days & (1u << (g_date_time_get_day_of_week (shifted) - 1))) != 0;
}

/* noon of the local day: adding days to it never meets an hour that is not there */
static GDateTime *
get_local_noon (GTimeZone *zone, gint64 at_us)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at_us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;

  if (local == NULL)
    return NULL;
  return g_date_time_new_utc (g_date_time_get_year (local), g_date_time_get_month (local),
                              g_date_time_get_day_of_month (local), 12, 0, 0);
}

/* the end of a window around the moment, or the moment itself */
static gint64
leave_once (const BelfryWindows *self, GTimeZone *zone, gint64 at_us)
{
  g_autoptr (GDateTime) day = get_local_noon (zone, at_us);

  for (guint i = 0; day != NULL && i < self->rows->len; i++) {
    const Window *window = &g_array_index (self->rows, Window, i);

    for (int offset = -1; offset <= 0; offset++) {
      gint64 end_us = 0;

      if (!has_day (window, day, offset) || to_moment (zone, day, offset, window->begin_m) > at_us)
        continue;
      end_us = to_moment (zone, day, offset, window->end_m);
      if (end_us > at_us && end_us != G_MAXINT64)
        return end_us;
    }
  }
  return at_us;
}

gint64
belfry_windows_leave (const BelfryWindows *self, GTimeZone *zone, gint64 at_us)
{
  /* windows may follow each other; a week of them is all the time there is, and nothing waits for
   * ever */
  for (guint i = 0; self != NULL && i < 7 * self->rows->len; i++) {
    gint64 next_us = leave_once (self, zone, at_us);

    if (next_us == at_us)
      break;
    at_us = next_us;
  }
  return at_us;
}

gint64
belfry_times_next (const BelfryWindows *self, GTimeZone *zone, gint64 at_us)
{
  g_autoptr (GDateTime) day = get_local_noon (zone, at_us);
  gint64 best_us = G_MAXINT64;

  for (guint i = 0; self != NULL && day != NULL && i < self->rows->len; i++) {
    const Window *window = &g_array_index (self->rows, Window, i);

    for (int offset = 0; offset <= 7; offset++) {
      gint64 moment_us = to_moment (zone, day, offset, window->begin_m);

      if (has_day (window, day, offset) && moment_us >= at_us)
        best_us = MIN (best_us, moment_us);
    }
  }
  return best_us != G_MAXINT64 ? best_us : at_us;
}

gint64
belfry_backoff_us (guint tries, double random)
{
  guint doublings = MIN (tries > 0 ? tries - 1 : 0, 20);
  gint64 cap_us = MIN (BACKOFF_FIRST_US << doublings, BACKOFF_LAST_US);

  return (gint64)((double)cap_us * random);
}

static gpointer
parse_hold_down (const char *text, GError **error)
{
  g_autofree BelfryHoldDown *self = g_new0 (BelfryHoldDown, 1);

  self->retries = g_str_equal (text, "retries");
  if (!self->retries && !belfry_parse_duration (text, &self->wait_us, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gpointer
parse_windows (const char *text, GError **error)
{
  return belfry_windows_parse (text, FALSE, error);
}

static gpointer
parse_times (const char *text, GError **error)
{
  return belfry_windows_parse (text, TRUE, error);
}

static void
free_windows (gpointer value)
{
  belfry_windows_free (value);
}

const BelfryCustomType belfry_hold_down_type = { "hold-down", parse_hold_down, g_free };
const BelfryCustomType belfry_windows_type = { "time windows", parse_windows, free_windows };
const BelfryCustomType belfry_times_type = { "times of day", parse_times, free_windows };
