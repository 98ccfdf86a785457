/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wall-clock times: gint64 µs since 1970 in UTC, before that negative. Reads the dates of forges
 * (ISO 8601 and its relatives) and of mail headers (RFC 5322 §3.3 and §4.3), writes RFC 3339.
 */
#include "belfry-text.h"

#include <stdatomic.h>
#include <string.h>

#include "belfry-error.h"

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: beyond them RFC 3339 has no form */
#define FIRST_SECOND G_GINT64_CONSTANT (-62135596800)
#define LAST_SECOND  G_GINT64_CONSTANT (253402300799)
/* longer than any date with the longest comment that a mail program writes */
#define MAX_DATE_BYTES 200

static _Atomic gint64 fixed_now_us;

typedef struct {
  int year;
  int month;
  int day;
  int hour;
  int minute;
  int second;
  int fraction_us;
  int offset_minutes;
} Moment;

/**
 * belfry_clock_now_us:
 *
 * The time of day that everything here goes by. May be called on any thread.
 *
 * Returns: µs since 1970 in UTC: the time given to belfry_clock_set_us(), else the system's
 * Since: 0.1
 */
gint64
belfry_clock_now_us (void)
{
  gint64 now_us = atomic_load (&fixed_now_us);

  return now_us != 0 ? now_us : g_get_real_time ();
}

/**
 * belfry_clock_set_us:
 * @now_us: µs since 1970 in UTC; 0: the system's clock again
 *
 * Stops the clock at a time. Only for tests. May be called on any thread.
 *
 * Since: 0.1
 */
void
belfry_clock_set_us (gint64 now_us)
{
  atomic_store (&fixed_now_us, now_us);
}

/* reads so many digits, or as many as there are between least and most */
static gboolean
read_digits (const char **at, int least, int most, int *value)
{
  int count = 0;

  *value = 0;
  for (; count < most && g_ascii_isdigit (**at); count++)
    *value = *value * 10 + (*(*at)++ - '0');
  return count >= least;
}

static gboolean
read_char (const char **at, char wanted)
{
  if (**at != wanted)
    return FALSE;
  (*at)++;
  return TRUE;
}

static gboolean
skip_blanks (const char **at)
{
  const char *from = *at;

  while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n')
    (*at)++;
  return *at > from;
}

/* a word of letters, looked up in a table of words; -1: not there */
static int
read_word (const char **at, const char *const *words)
{
  gsize length = 0;

  while (g_ascii_isalpha ((*at)[length]))
    length++;
  for (int i = 0; words[i] != NULL; i++) {
    if (strlen (words[i]) == length && g_ascii_strncasecmp (*at, words[i], length) == 0) {
      *at += length;
      return i;
    }
  }
  return -1;
}

/* the fraction, if there is one; what is finer than a µs is cut off */
static gboolean
read_fraction (const char **at, int *fraction_us)
{
  int unit = G_USEC_PER_SEC / 10;

  *fraction_us = 0;
  if (!read_char (at, '.') && !read_char (at, ','))
    return TRUE;
  if (!g_ascii_isdigit (**at))
    return FALSE;
  for (; g_ascii_isdigit (**at); (*at)++) {
    *fraction_us += (**at - '0') * unit;
    unit /= 10;
  }
  return TRUE;
}

/* behind the hours: ":MM" and perhaps ":SS" */
static gboolean
read_clock (const char **at, Moment *moment)
{
  if (!read_digits (at, 2, 2, &moment->hour) || !read_char (at, ':') ||
      !read_digits (at, 2, 2, &moment->minute))
    return FALSE;
  return !read_char (at, ':') || read_digits (at, 2, 2, &moment->second);
}

/* "+HH:MM", "+HHMM" or "+HH", the sign included */
static gboolean
read_offset (const char **at, int *offset_minutes)
{
  int sign = **at == '-' ? -1 : 1;
  int hours;
  int minutes = 0;

  if (**at != '+' && **at != '-')
    return FALSE;
  (*at)++;
  if (!read_digits (at, 2, 2, &hours))
    return FALSE;
  if (read_char (at, ':') || g_ascii_isdigit (**at)) {
    if (!read_digits (at, 2, 2, &minutes))
      return FALSE;
  }
  if (hours > 23 || minutes > 59)
    return FALSE;
  *offset_minutes = sign * (hours * 60 + minutes);
  return TRUE;
}

static gboolean
read_iso_zone (const char **at, Moment *moment)
{
  static const char *const words[] = { "Z", "UTC", "GMT", NULL };

  skip_blanks (at);
  if (**at == '\0' || read_word (at, words) >= 0)
    return TRUE;
  return read_offset (at, &moment->offset_minutes);
}

static gboolean
read_iso (const char *at, Moment *moment)
{
  char separator;

  if (!read_digits (&at, 4, 4, &moment->year))
    return FALSE;
  separator = *at;
  if (separator != '-' && separator != '/')
    return FALSE;
  at++;
  if (!read_digits (&at, 2, 2, &moment->month) || !read_char (&at, separator) ||
      !read_digits (&at, 2, 2, &moment->day))
    return FALSE;
  if (*at == 'T' || *at == 't' || (*at == ' ' && g_ascii_isdigit (at[1]))) {
    at++;
    if (!read_clock (&at, moment) || !read_fraction (&at, &moment->fraction_us))
      return FALSE;
  }
  return read_iso_zone (&at, moment) && *at == '\0';
}

/* RFC 5322 §4.3: what a year of two or three digits means */
static gboolean
read_mail_year (const char **at, int *year)
{
  const char *from = *at;

  if (!read_digits (at, 2, 4, year))
    return FALSE;
  if (*at - from == 2)
    *year += *year < 50 ? 2000 : 1900;
  else if (*at - from == 3)
    *year += 1900;
  return TRUE;
}

/* an offset or one of the old names; the military letters mean nothing certain (RFC 5322 §4.3) */
static gboolean
read_mail_zone (const char **at, Moment *moment)
{
  static const char *const words[] = { "UT",  "UTC", "GMT", "Z",   "EST", "EDT", "CST",
                                       "CDT", "MST", "MDT", "PST", "PDT", NULL };
  static const int hours[] = { 0, 0, 0, 0, -5, -4, -6, -5, -7, -6, -8, -7 };
  int word;

  if (**at == '\0' || **at == '(')
    return TRUE;
  if (!g_ascii_isalpha (**at))
    return read_offset (at, &moment->offset_minutes);
  word = read_word (at, words);
  if (word >= 0)
    moment->offset_minutes = hours[word] * 60;
  return word >= 0;
}

static gboolean
skip_comment (const char **at)
{
  if (!read_char (at, '('))
    return TRUE;
  while (**at != '\0' && **at != ')')
    (*at)++;
  return read_char (at, ')');
}

static gboolean
read_mail_date (const char **at, Moment *moment)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                        "Aug", "Sep", "Oct", "Nov", "Dec", NULL };

  /* whether the day of the week is the right one is nobody's business here */
  if (g_ascii_isalpha (**at)) {
    if (read_word (at, days) < 0 || !read_char (at, ','))
      return FALSE;
    skip_blanks (at);
  }
  if (!read_digits (at, 1, 2, &moment->day) || !skip_blanks (at))
    return FALSE;
  moment->month = read_word (at, months) + 1;
  return skip_blanks (at) && read_mail_year (at, &moment->year) && skip_blanks (at);
}

static gboolean
read_mail (const char *at, Moment *moment)
{
  if (!read_mail_date (&at, moment) || !read_clock (&at, moment))
    return FALSE;
  skip_blanks (&at);
  if (!read_mail_zone (&at, moment))
    return FALSE;
  skip_blanks (&at);
  if (!skip_comment (&at))
    return FALSE;
  skip_blanks (&at);
  return *at == '\0';
}

/* days since 1970 of a date that exists */
static gint64
days_since_1970 (const Moment *moment)
{
  g_autoptr (GDate) date =
      g_date_new_dmy ((GDateDay)moment->day, (GDateMonth)moment->month, (GDateYear)moment->year);
  /* 1970-01-01 is day 719163 of GDate's count */
  return (gint64)g_date_get_julian (date) - 719163;
}

static gboolean
exists (const Moment *moment)
{
  return moment->month >= 1 && moment->month <= 12 && moment->year >= 1 && moment->day >= 1 &&
         g_date_valid_dmy ((GDateDay)moment->day, (GDateMonth)moment->month,
                           (GDateYear)moment->year) &&
         moment->hour < 24 && moment->minute < 60 && moment->second < 60;
}

/* four digits at the start are a year, anything else can only be a mail date */
static gboolean
read_moment (const char *text, Moment *moment)
{
  g_autofree char *trimmed = NULL;

  if (strnlen (text, MAX_DATE_BYTES + 1) > MAX_DATE_BYTES)
    return FALSE;
  trimmed = g_strstrip (g_strdup (text));
  if (strspn (trimmed, "0123456789") == 4)
    return read_iso (trimmed, moment);
  return read_mail (trimmed, moment);
}

/**
 * belfry_time_parse:
 * @text: a date as forges or mail headers write it
 * @time_us: (out): µs since 1970 in UTC, negative before; untouched on failure
 * @error: return location for an error
 *
 * Reads `YYYY-MM-DD` or `YYYY/MM/DD`; then, if at all, `T` or a blank and `HH:MM:SS` with or
 * without a fraction; then, if at all, with or without a blank, `Z`, `UTC` or an offset with or
 * without a colon. Also the date of mail headers. Without a zone a date is UTC. A day or an hour
 * that does not exist is no date. The error is `BELFRY_ERROR_MALFORMED`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_time_parse (const char *text, gint64 *time_us, GError **error)
{
  Moment moment = { 0 };
  g_autofree char *shown = NULL;

  g_return_val_if_fail (text != NULL && time_us != NULL, FALSE);

  if (read_moment (text, &moment) && exists (&moment)) {
    gint64 minutes = moment.hour * 60 + moment.minute - moment.offset_minutes;
    gint64 seconds = days_since_1970 (&moment) * 86400 + minutes * 60 + moment.second;

    *time_us = seconds * G_USEC_PER_SEC + moment.fraction_us;
    return TRUE;
  }
  shown = belfry_text_make_printable (text, -1, 60);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no date", shown);
  return FALSE;
}

/**
 * belfry_time_parse_since:
 * @text: how long ago, as durations are written ("2h", "3d"), or a date
 * @time_us: (out): µs since 1970 in UTC; untouched on failure
 * @error: return location for an error
 *
 * Reads a time from which on something is wanted. The error is `BELFRY_ERROR_MALFORMED`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_time_parse_since (const char *text, gint64 *time_us, GError **error)
{
  g_autofree char *shown = NULL;
  gint64 ago_us = 0;

  g_return_val_if_fail (text != NULL && time_us != NULL, FALSE);

  if (belfry_parse_duration (text, &ago_us, NULL)) {
    *time_us = belfry_clock_now_us () - ago_us;
    return TRUE;
  }
  if (belfry_time_parse (text, time_us, NULL))
    return TRUE;
  shown = belfry_text_make_printable (text, -1, 60);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
               "'%s' is neither a duration (2h, 3d) nor a date", shown);
  return FALSE;
}

/**
 * belfry_time_to_seconds:
 * @time_us: µs since 1970
 *
 * Cuts the fraction off, towards the past.
 *
 * Returns: seconds since 1970
 * Since: 0.1
 */
gint64
belfry_time_to_seconds (gint64 time_us)
{
  gint64 seconds = time_us / G_USEC_PER_SEC;

  return time_us % G_USEC_PER_SEC < 0 ? seconds - 1 : seconds;
}

/**
 * belfry_time_format_rfc3339:
 * @time_us: µs since 1970
 *
 * Writes a time in UTC, as `2023-03-04T05:06:07Z`, with six digits of a fraction where there is
 * one. Times outside the years 1 to 9999 become the nearest one inside.
 *
 * Returns: (transfer full): text
 * Since: 0.1
 */
char *
belfry_time_format_rfc3339 (gint64 time_us)
{
  gint64 seconds = belfry_time_to_seconds (time_us);
  gint64 shown = CLAMP (seconds, FIRST_SECOND, LAST_SECOND);
  int fraction_us = (int)(time_us % G_USEC_PER_SEC);
  g_autoptr (GDateTime) date_time = g_date_time_new_from_unix_utc (shown);
  g_autofree char *rest = g_date_time_format (date_time, "%m-%dT%H:%M:%S");
  int year = g_date_time_get_year (date_time);

  if (fraction_us == 0 || shown != seconds)
    return g_strdup_printf ("%04d-%sZ", year, rest);
  if (fraction_us < 0)
    fraction_us += G_USEC_PER_SEC;
  return g_strdup_printf ("%04d-%s.%06dZ", year, rest, fraction_us);
}
