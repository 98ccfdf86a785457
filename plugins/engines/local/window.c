/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows of the day. One whose end lies before its start goes over midnight; its days are those on
 * which it begins.
 */
#include "window.h"

#define MINUTES_A_DAY (24 * 60)
#define ALL_DAYS      0x7f

typedef struct {
  int from; /* minutes after midnight */
  int to;
  guint days; /* bit 0: Monday */
} Window;

struct _LocalWindows {
  GArray *windows; /* (element-type Window) */
};

static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

static gboolean
parse_minutes (const char *text, int *minutes)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  gint64 hour = 0;
  gint64 minute = 0;

  if (g_strv_length (parts) != 2 || !belfry_parse_integer (parts[0], 0, 24, &hour, NULL) ||
      !belfry_parse_integer (parts[1], 0, 59, &minute, NULL) || hour * 60 + minute > MINUTES_A_DAY)
    return FALSE;
  *minutes = (int)(hour * 60 + minute);
  return TRUE;
}

static int
find_day (const char *text)
{
  for (int i = 0; day_names[i] != NULL; i++) {
    if (g_ascii_strcasecmp (day_names[i], text) == 0)
      return i;
  }
  return -1;
}

/* `mon`, `mon-fri`, `fri-mon`, several by commas */
static gboolean
parse_days (const char *text, guint *days)
{
  g_auto (GStrv) items = g_strsplit (text, ",", -1);

  *days = 0;
  for (guint i = 0; items[i] != NULL; i++) {
    g_auto (GStrv) ends = g_strsplit (g_strstrip (items[i]), "-", 2);
    int first = ends[0] != NULL ? find_day (ends[0]) : -1;
    int last = ends[0] != NULL && ends[1] != NULL ? find_day (ends[1]) : first;

    if (first < 0 || last < 0)
      return FALSE;
    for (int day = first; day != last; day = (day + 1) % 7)
      *days |= 1u << day;
    *days |= 1u << last;
  }
  return *days != 0;
}

static gboolean
parse_window (const char *text, Window *window)
{
  g_auto (GStrv) words = g_strsplit (text, " ", 2);
  g_auto (GStrv) ends = g_strsplit (words[0] != NULL ? words[0] : "", "-", 2);

  window->days = ALL_DAYS;
  if (g_strv_length (ends) != 2 || !parse_minutes (ends[0], &window->from) ||
      !parse_minutes (ends[1], &window->to))
    return FALSE;
  return words[1] == NULL || parse_days (g_strstrip (words[1]), &window->days);
}

LocalWindows *
local_windows_new (const char *text, GError **error)
{
  g_autoptr (LocalWindows) self = g_new0 (LocalWindows, 1);
  g_auto (GStrv) items = belfry_split_list (text);

  self->windows = g_array_new (FALSE, FALSE, sizeof (Window));
  for (guint i = 0; items[i] != NULL; i++) {
    Window window = { 0 };

    if (!parse_window (g_strstrip (items[i]), &window)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                   "'%s' is no window of the form HH:MM-HH:MM or HH:MM-HH:MM mon-fri", items[i]);
      return NULL;
    }
    g_array_append_val (self->windows, window);
  }
  return g_steal_pointer (&self);
}

void
local_windows_free (LocalWindows *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->windows);
  g_free (self);
}

static gboolean
window_contains (const Window *self, int minute, int day)
{
  int yesterday = (day + 6) % 7;

  if (self->from <= self->to)
    return minute >= self->from && minute < self->to && (self->days & (1u << day)) != 0;
  if (minute >= self->from)
    return (self->days & (1u << day)) != 0;
  return minute < self->to && (self->days & (1u << yesterday)) != 0;
}

gboolean
local_windows_contain (const LocalWindows *self, GDateTime *when)
{
  int minute = g_date_time_get_hour (when) * 60 + g_date_time_get_minute (when);
  int day = g_date_time_get_day_of_week (when) - 1;

  for (guint i = 0; i < self->windows->len; i++) {
    if (window_contains (&g_array_index (self->windows, Window, i), minute, day))
      return TRUE;
  }
  return FALSE;
}

static gpointer
windows_parse (const char *text, GError **error)
{
  return local_windows_new (text, error);
}

static void
windows_free (gpointer value)
{
  local_windows_free (value);
}

const BelfryCustomType local_windows_type = { "windows", windows_parse, windows_free };
