/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields are bit sets. The next moment is sought day by day of the local calendar; each minute of a
 * matching day is turned into the moments at which clocks show it: none in the gap of spring, two
 * in autumn. Hours written out fire once a day whatever the clocks do: after the gap, and the first
 * time only; with any hour every minute really shown counts.
 *
 * Two consecutive days are looked at before the earliest moment is taken, since clocks that are set
 * back at midnight show the end of a day again after the next one has begun.
 */
#include "cron.h"
#include <string.h>

#define MINUTE       (60 * (gint64)G_USEC_PER_SEC)
#define DAY_SECONDS  86400
#define YEARS        8
#define DAYS_AHEAD   (YEARS * 366)
#define FIELDS       5
#define CANDIDATES   2
#define GAP_SECONDS  (36 * 3600) /* a zone that changes sides of the date line skips a day */
#define LAST_DAY_BIT G_GUINT64_CONSTANT (1)

struct _LocalCron {
  guint64 minutes;
  guint64 hours;
  guint64 days; /* bits 1 to 31; LAST_DAY_BIT: the last of the month */
  guint64 months;
  guint64 weekdays; /* bit 0: Monday */
  gboolean any_hour;
  gboolean any_day;
  gboolean any_weekday;
};

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };
static const char *const crontab_day_names[] = { "sun", "mon", "tue", "wed",
                                                 "thu", "fri", "sat", NULL };

/** Field: one of the five */
typedef struct {
  const char *key;
  int minimum;
  int maximum;
  const char *const *names; /* (nullable) counted from minimum */
  int modulo;               /* 0: ranges do not wrap */
  int shift;                /* from the numbers written to bits, under modulo */
} Field;

static const Field fields_by_key[FIELDS] = {
  { "minute", 0, 59, NULL, 0, 0 },          { "hour", 0, 23, NULL, 0, 0 },
  { "day-of-month", 1, 31, NULL, 0, 0 },    { "month", 1, 12, month_names, 0, 0 },
  { "day-of-week", 0, 6, day_names, 7, 0 },
};

/* 0 and 7 are Sunday there. */
static const Field crontab_weekday = { "day-of-week", 0, 7, crontab_day_names, 7, 6 };

static gboolean
fail (GError **error, const Field *field, const char *item)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "'%s' is nothing for %s: numbers from %d to %d%s, ranges, steps or *", item,
               field->key, field->minimum, field->maximum, field->names != NULL ? ", names" : "");
  return FALSE;
}

static gboolean
parse_value (const Field *field, const char *text, int *value)
{
  gint64 number = 0;

  for (int i = 0; field->names != NULL && field->names[i] != NULL; i++) {
    if (g_ascii_strcasecmp (field->names[i], text) != 0)
      continue;
    *value = field->minimum + i;
    return TRUE;
  }
  if (!belfry_parse_integer (text, field->minimum, field->maximum, &number, NULL))
    return FALSE;
  *value = (int)number;
  return TRUE;
}

static void
set_bit (const Field *field, guint64 *bits, int value)
{
  int bit = field->modulo > 0 ? (value + field->shift) % field->modulo : value;

  *bits |= G_GUINT64_CONSTANT (1) << bit;
}

static gboolean
parse_range (const Field *field, const char *text, int *first, int *last)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);

  if (g_str_equal (text, "*")) {
    *first = field->minimum;
    *last = field->maximum;
    return TRUE;
  }
  if (ends[0] == NULL || !parse_value (field, ends[0], first))
    return FALSE;
  *last = *first;
  if (ends[1] != NULL && !parse_value (field, ends[1], last))
    return FALSE;
  if (*last < *first && field->modulo > 0)
    *last += field->modulo;
  return *last >= *first;
}

static gboolean
parse_item (const Field *field, const char *item, guint64 *bits, GError **error)
{
  g_auto (GStrv) halves = g_strsplit (item, "/", 2);
  gint64 step = 1;
  int first = 0;
  int last = 0;

  if (g_str_equal (item, "L") && field == &fields_by_key[2]) {
    *bits |= LAST_DAY_BIT;
    return TRUE;
  }
  if (halves[0] == NULL || !parse_range (field, halves[0], &first, &last))
    return fail (error, field, item);
  if (halves[1] != NULL && (!belfry_parse_integer (halves[1], 1, 60, &step, NULL) ||
                            (first == last && !g_str_equal (halves[0], "*"))))
    return fail (error, field, item);
  for (int value = first; value <= last; value += (int)step)
    set_bit (field, bits, value);
  return TRUE;
}

static gboolean
parse_field (const Field *field, const char *text, guint64 *bits, GError **error)
{
  g_auto (GStrv) items = g_strsplit_set (text, ";,", -1);
  gboolean found = FALSE;

  for (guint i = 0; items[i] != NULL; i++) {
    const char *item = g_strstrip (items[i]);

    if (!parse_item (field, item, bits, error))
      return FALSE;
    found = TRUE;
  }
  return found || fail (error, field, text);
}

static gboolean
is_any (const char *text)
{
  return g_str_equal (text, "*") || g_str_equal (text, "*/1");
}

static LocalCron *
cron_new (const char *const *texts, const Field *weekday, const char **wrong_field, GError **error)
{
  g_autoptr (LocalCron) self = g_new0 (LocalCron, 1);
  guint64 *const members[FIELDS] = { &self->minutes, &self->hours, &self->days, &self->months,
                                     &self->weekdays };

  for (guint i = 0; i < FIELDS; i++) {
    const Field *field = i + 1 < FIELDS ? &fields_by_key[i] : weekday;

    if (parse_field (field, texts[i], members[i], error))
      continue;
    if (wrong_field != NULL)
      *wrong_field = field->key;
    return NULL;
  }
  self->any_hour = is_any (texts[1]);
  self->any_day = is_any (texts[2]);
  self->any_weekday = is_any (texts[4]);
  return g_steal_pointer (&self);
}

/* @wrong_field: (out) (nullable): the key that @error is about */
LocalCron *
local_cron_new (const LocalCronFields *fields, const char **wrong_field, GError **error)
{
  const char *const texts[FIELDS] = { fields->minute != NULL ? fields->minute : "0",
                                      fields->hour != NULL ? fields->hour : "*",
                                      fields->day_of_month != NULL ? fields->day_of_month : "*",
                                      fields->month != NULL ? fields->month : "*",
                                      fields->day_of_week != NULL ? fields->day_of_week : "*" };

  return cron_new (texts, &fields_by_key[FIELDS - 1], wrong_field, error);
}

static const struct {
  const char *name;
  const char *line;
} nicknames[] = {
  { "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
  { "@weekly", "0 0 * * sun" }, { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
  { "@annually", "0 0 1 1 *" },
};

/* One line of a crontab: five fields, or a nickname. */
LocalCron *
local_cron_new_line (const char *line, GError **error)
{
  g_auto (GStrv) words = NULL;
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (nicknames); i++) {
    if (g_ascii_strcasecmp (nicknames[i].name, line) == 0)
      line = nicknames[i].line;
  }
  words = g_strsplit_set (line, " \t", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    if (*words[i] != '\0')
      g_ptr_array_add (texts, words[i]);
  }
  if (texts->len != FIELDS) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' needs five fields: minute, hour, day of month, month, day of week", line);
    return NULL;
  }
  return cron_new ((const char *const *)texts->pdata, &crontab_weekday, NULL, error);
}

void
local_cron_free (LocalCron *self)
{
  g_free (self);
}

/* days */

static gboolean
has_bit (guint64 bits, int bit)
{
  return (bits >> bit & 1) != 0;
}

/* If both fields of days say something, either suffices. */
static gboolean
matches_day (const LocalCron *self, const GDate *date)
{
  int day = g_date_get_day (date);
  gboolean by_day = has_bit (self->days, day);
  gboolean by_weekday = has_bit (self->weekdays, (int)g_date_get_weekday (date) - 1);

  if (!has_bit (self->months, (int)g_date_get_month (date)))
    return FALSE;
  if ((self->days & LAST_DAY_BIT) != 0 && g_date_is_last_of_month (date))
    by_day = TRUE;
  if (self->any_day || self->any_weekday)
    return (self->any_day || by_day) && (self->any_weekday || by_weekday);
  return by_day || by_weekday;
}

static void
set_date (GDate *date, gint64 seconds)
{
  static const guint32 epoch = 719163; /* 1 January 1970 as GDate counts */

  g_date_clear (date, 1);
  g_date_set_julian (date, (guint32)(epoch + seconds / DAY_SECONDS));
}

static gboolean
comes_within (const LocalCron *self, gint64 now, const LocalCron *whole)
{
  GDate date;
  gboolean found = FALSE;

  set_date (&date, now / G_USEC_PER_SEC);
  for (guint i = 0; i < DAYS_AHEAD; i++) {
    if (matches_day (self, &date)) {
      found = TRUE;
      if (whole == NULL || !matches_day (whole, &date))
        return whole == NULL;
    }
    g_date_add_days (&date, 1);
  }
  return found;
}

/* Whether there is such a day within eight years of @now. */
gboolean
local_cron_ever_comes (const LocalCron *self, gint64 now)
{
  return comes_within (self, now, NULL);
}

/* Whether each of its moments within eight years is one of @whole's. */
gboolean
local_cron_is_within (const LocalCron *self, const LocalCron *whole, gint64 now)
{
  return (self->minutes & ~whole->minutes) == 0 && (self->hours & ~whole->hours) == 0 &&
         comes_within (self, now, whole);
}

/* moments; seconds since 1970, local ones as if they were UTC */

static gint64
offset_at (GTimeZone *zone, gint64 utc)
{
  return g_time_zone_get_offset (zone,
                                 g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, utc));
}

/* When clocks show @local; returns how often they do. */
static guint
find_shown (GTimeZone *zone, gint64 local, gint64 *moments)
{
  const gint64 offsets[] = { offset_at (zone, local - GAP_SECONDS),
                             offset_at (zone, local + GAP_SECONDS) };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++) {
    gint64 utc = local - offsets[i];

    if (i > 0 && offsets[i] == offsets[0])
      continue;
    if (offset_at (zone, utc) == offsets[i])
      moments[count++] = utc;
  }
  if (count == CANDIDATES && moments[1] < moments[0]) {
    gint64 first = moments[1];

    moments[1] = moments[0];
    moments[0] = first;
  }
  return count;
}

/* The first minute that clocks show after a gap which swallows @local. */
static gint64
find_after_gap (GTimeZone *zone, gint64 local)
{
  gint64 before = local - GAP_SECONDS;
  gint64 after = local + GAP_SECONDS;

  while (after - before > 1) {
    gint64 middle = before + (after - before) / 2;

    if (middle + offset_at (zone, middle) >= local)
      after = middle;
    else
      before = middle;
  }
  return (after + 59) / 60 * 60;
}

static gint64
find_moment (const LocalCron *self, GTimeZone *zone, gint64 local, gint64 after)
{
  gint64 moments[CANDIDATES] = { 0, 0 };
  guint count = find_shown (zone, local, moments);

  if (!self->any_hour) {
    if (count == 0)
      moments[0] = find_after_gap (zone, local);
    count = 1;
  }
  for (guint i = 0; i < count; i++) {
    if (moments[i] > after)
      return moments[i];
  }
  return G_MAXINT64;
}

/* The earliest moment of one local day after @after. */
static gint64
find_in_day (const LocalCron *self, GTimeZone *zone, gint64 midnight, gint64 after)
{
  gint64 earliest = G_MAXINT64;

  for (int hour = 0; hour < 24; hour++) {
    for (int minute = 0; has_bit (self->hours, hour) && minute < 60; minute++) {
      gint64 local = midnight + hour * 3600 + minute * 60;

      if (has_bit (self->minutes, minute))
        earliest = MIN (earliest, find_moment (self, zone, local, after));
    }
  }
  return earliest;
}

static gint64
find_next (const LocalCron *self, GTimeZone *zone, gint64 after)
{
  gint64 local = after + offset_at (zone, after);
  gint64 midnight = local - local % DAY_SECONDS - 2 * DAY_SECONDS;
  gint64 earliest = G_MAXINT64;
  gint64 found_on = G_MAXINT64;
  GDate date;

  set_date (&date, midnight);
  for (guint i = 0; i < DAYS_AHEAD && midnight <= found_on; i++) {
    if (matches_day (self, &date)) {
      earliest = MIN (earliest, find_in_day (self, zone, midnight, after));
      if (earliest != G_MAXINT64 && found_on == G_MAXINT64)
        found_on = midnight + DAY_SECONDS;
    }
    midnight += DAY_SECONDS;
    g_date_add_days (&date, 1);
  }
  return earliest;
}

/* The first moment after @after, both µs since 1970; BELFRY_NONE: none within eight years */
gint64
local_cron_next (const LocalCron *self, GTimeZone *zone, gint64 after)
{
  gint64 seconds = find_next (self, zone, after / G_USEC_PER_SEC);

  return seconds != G_MAXINT64 ? seconds * G_USEC_PER_SEC : BELFRY_NONE;
}

/* The last moment after @from and not after @until; BELFRY_NONE: none */
gint64
local_cron_last (const LocalCron *self, GTimeZone *zone, gint64 from, gint64 until)
{
  gint64 span = MINUTE;
  gint64 last = BELFRY_NONE;

  while (last == BELFRY_NONE && until - span > from && span < until) {
    last = local_cron_next (self, zone, until - span);
    if (last > until)
      last = BELFRY_NONE;
    span *= 2;
  }
  if (last == BELFRY_NONE)
    last = local_cron_next (self, zone, from);
  for (gint64 next = last; next != BELFRY_NONE && next <= until;
       next = local_cron_next (self, zone, next))
    last = next;
  return last != BELFRY_NONE && last <= until ? last : BELFRY_NONE;
}
