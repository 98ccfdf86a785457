/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers with units as people write them into a keyfile: integers, booleans, durations, sizes.
 * Durations are µs, sizes bytes. A number may have a fraction where its unit can be divided. Every
 * result is checked against 64 bits, nothing is rounded silently.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

typedef struct {
  const char *name;
  gint64 factor;
} Unit;

/* the first of each factor, largest factor first, is the one that is written */
static const Unit duration_units[] = {
  { "w", 7 * G_TIME_SPAN_DAY },
  { "d", G_TIME_SPAN_DAY },
  { "h", G_TIME_SPAN_HOUR },
  { "min", G_TIME_SPAN_MINUTE },
  { "s", G_TIME_SPAN_SECOND },
  { "ms", G_TIME_SPAN_MILLISECOND },
  { "us", 1 },
  { "week", 7 * G_TIME_SPAN_DAY },
  { "weeks", 7 * G_TIME_SPAN_DAY },
  { "day", G_TIME_SPAN_DAY },
  { "days", G_TIME_SPAN_DAY },
  { "hour", G_TIME_SPAN_HOUR },
  { "hours", G_TIME_SPAN_HOUR },
  { "m", G_TIME_SPAN_MINUTE },
  { "minute", G_TIME_SPAN_MINUTE },
  { "minutes", G_TIME_SPAN_MINUTE },
  { "sec", G_TIME_SPAN_SECOND },
  { "second", G_TIME_SPAN_SECOND },
  { "seconds", G_TIME_SPAN_SECOND },
  { "µs", 1 },
  { NULL, 0 },
};
#define WRITTEN_DURATION_UNITS 7

static const Unit size_units[] = {
  { "TiB", G_GINT64_CONSTANT (1) << 40 },
  { "GiB", 1 << 30 },
  { "MiB", 1 << 20 },
  { "KiB", 1 << 10 },
  { "TB", G_GINT64_CONSTANT (1000000000000) },
  { "GB", 1000000000 },
  { "MB", 1000000 },
  { "kB", 1000 },
  { "B", 1 },
  { "KB", 1000 },
  { "T", G_GINT64_CONSTANT (1) << 40 },
  { "G", 1 << 30 },
  { "M", 1 << 20 },
  { "K", 1 << 10 },
  { "k", 1 << 10 },
  { NULL, 0 },
};
#define WRITTEN_SIZE_UNITS 9

static gboolean
refuse (const char *text, const char *wanted, GError **error)
{
  g_autofree char *shown = belfry_text_make_printable (text, -1, 80);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not %s", shown, wanted);
  return FALSE;
}

/**
 * belfry_parse_integer:
 * @text: decimal digits, with a sign if it is negative
 * @minimum: smallest value accepted
 * @maximum: largest value accepted
 * @value: (out): the number; untouched on failure
 * @error: return location for an error
 *
 * Reads a whole number and nothing around it. The error is `BELFRY_ERROR_CONFIG`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_parse_integer (
    const char *text, gint64 minimum, gint64 maximum, gint64 *value, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *wanted = NULL;

  g_return_val_if_fail (text != NULL && value != NULL, FALSE);
  g_return_val_if_fail (minimum <= maximum, FALSE);

  if (g_ascii_string_to_signed (text, 10, minimum, maximum, value, &local))
    return TRUE;
  if (g_error_matches (local, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_INVALID))
    return refuse (text, "a whole number", error);
  wanted = g_strdup_printf ("between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, minimum, maximum);
  return refuse (text, wanted, error);
}

/**
 * belfry_parse_boolean:
 * @text: `true`, `yes`, `on`, `1`, `false`, `no`, `off` or `0`, in any case
 * @value: (out): the answer; untouched on failure
 * @error: return location for an error
 *
 * Reads a yes or no. The error is `BELFRY_ERROR_CONFIG`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_parse_boolean (const char *text, gboolean *value, GError **error)
{
  static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1", NULL };

  g_return_val_if_fail (text != NULL && value != NULL, FALSE);

  for (guint i = 0; words[i] != NULL; i++) {
    if (g_ascii_strcasecmp (text, words[i]) == 0) {
      *value = i % 2 == 1;
      return TRUE;
    }
  }
  return refuse (text, "true or false", error);
}

/*
 * Reads digits and perhaps a fraction as the value of that many units; *fraction counts what is
 * behind the point in parts of *parts.
 */
typedef struct {
  gint64 whole;
  gint64 fraction;
  gint64 parts;
} Number;

static gboolean
read_number (const char **at, Number *number)
{
  const char *from = *at;

  *number = (Number){ 0, 0, 1 };
  for (; g_ascii_isdigit (**at); (*at)++) {
    if (__builtin_mul_overflow (number->whole, 10, &number->whole) ||
        __builtin_add_overflow (number->whole, **at - '0', &number->whole))
      return FALSE;
  }
  if (*at == from)
    return FALSE;
  if (**at != '.')
    return TRUE;
  from = ++*at;
  for (; g_ascii_isdigit (**at) && *at - from < 9; (*at)++) {
    number->fraction = number->fraction * 10 + (**at - '0');
    number->parts *= 10;
  }
  return *at > from && !g_ascii_isdigit (**at);
}

/* total += number × factor; FALSE if that is more than 64 bits hold */
static gboolean
add_number (gint64 *total, const Number *number, gint64 factor)
{
  __int128 product = (__int128)number->fraction * factor / number->parts;

  product += (__int128)number->whole * factor + *total;
  if (product > G_MAXINT64)
    return FALSE;
  *total = (gint64)product;
  return TRUE;
}

static void
skip_blanks (const char **at)
{
  while (**at == ' ' || **at == '\t')
    (*at)++;
}

static const Unit *
read_unit (const char **at, const Unit *units)
{
  gsize length = 0;

  while ((*at)[length] != '\0' && strchr (" \t.0123456789", (*at)[length]) == NULL)
    length++;
  for (; units->name != NULL; units++) {
    if (strlen (units->name) == length && strncmp (units->name, *at, length) == 0) {
      *at += length;
      return units;
    }
  }
  return NULL;
}

/* one number with a unit, or several of them to be added up; bare: the factor without a unit */
static gboolean
read_amount (const char *text, const Unit *units, gint64 bare, gboolean many, gint64 *value)
{
  const char *at = text;
  gint64 total = 0;
  guint count = 0;

  skip_blanks (&at);
  do {
    Number number;
    const Unit *unit;

    if (!read_number (&at, &number))
      return FALSE;
    skip_blanks (&at);
    unit = *at != '\0' ? read_unit (&at, units) : NULL;
    /* a number without unit stands alone: "1h 30" could mean anything */
    if (unit == NULL && (*at != '\0' || count > 0))
      return FALSE;
    if (!add_number (&total, &number, unit != NULL ? unit->factor : bare))
      return FALSE;
    skip_blanks (&at);
    count++;
  } while (many && *at != '\0');
  *value = total;
  return *at == '\0';
}

/**
 * belfry_parse_duration:
 * @text: such as `90`, `90s`, `1h 30min`, `1.5h`, `2d`, `250ms`, `never`
 * @value_us: (out): the duration in µs, at least 0; untouched on failure
 * @error: return location for an error
 *
 * Reads a duration. A bare number is seconds; the units are `us`, `ms`, `s`, `min`, `h`, `d`, `w`
 * and their longer names; several parts are added up. `never` and `0` are 0, which switches things
 * off where the option says so. The error is `BELFRY_ERROR_CONFIG`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_parse_duration (const char *text, gint64 *value_us, GError **error)
{
  gint64 value = 0;

  g_return_val_if_fail (text != NULL && value_us != NULL, FALSE);

  if (strcmp (text, "never") != 0 &&
      !read_amount (text, duration_units, G_USEC_PER_SEC, TRUE, &value))
    return refuse (text, "a duration such as 90s, 20min, 1h 30min or 2d", error);
  *value_us = value;
  return TRUE;
}

/**
 * belfry_parse_size:
 * @text: such as `100`, `10kB`, `64MiB`, `10M`
 * @value_bytes: (out): the size in bytes, at least 0; untouched on failure
 * @error: return location for an error
 *
 * Reads a size. A bare number is bytes; `KiB`, `MiB`, `GiB`, `TiB` and the bare letters `K`, `M`,
 * `G`, `T` are powers of 1024, `kB`, `MB`, `GB`, `TB` powers of 1000. The error is
 * `BELFRY_ERROR_CONFIG`.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_parse_size (const char *text, gint64 *value_bytes, GError **error)
{
  gint64 value = 0;

  g_return_val_if_fail (text != NULL && value_bytes != NULL, FALSE);

  if (!read_amount (text, size_units, 1, FALSE, &value))
    return refuse (text, "a size such as 100, 10kB or 64MiB", error);
  *value_bytes = value;
  return TRUE;
}

/**
 * belfry_format_duration:
 * @value_us: a duration in µs
 *
 * Writes a duration in the form that belfry_parse_duration() reads, without loss: `1h 30min`, `2d`,
 * `0s`. A negative one has a `-` before it.
 *
 * Returns: (transfer full): text
 * Since: 0.1
 */
char *
belfry_format_duration (gint64 value_us)
{
  GString *out = g_string_new (value_us < 0 ? "-" : "");
  guint64 rest = value_us < 0 ? -(guint64)value_us : (guint64)value_us;

  if (rest == 0)
    g_string_append (out, "0s");
  for (guint i = 0; i < WRITTEN_DURATION_UNITS && rest > 0; i++) {
    guint64 factor = (guint64)duration_units[i].factor;

    /* weeks only where nothing is left over: 10d reads better than 1w 3d */
    if (rest < factor || (i == 0 && rest % factor != 0))
      continue;
    g_string_append_printf (out, "%s%" G_GUINT64_FORMAT "%s", out->len > 1 ? " " : "",
                            rest / factor, duration_units[i].name);
    rest %= factor;
  }
  return g_string_free (out, FALSE);
}

/**
 * belfry_format_size:
 * @value_bytes: a size in bytes, at least 0
 *
 * Writes a size in the form that belfry_parse_size() reads, without loss, in the largest unit that
 * divides it: `64MiB`, `10kB`, `1234567B`, `0B`.
 *
 * Returns: (transfer full): text
 * Since: 0.1
 */
char *
belfry_format_size (gint64 value_bytes)
{
  guint i = 0;

  while (i < WRITTEN_SIZE_UNITS - 1 &&
         (value_bytes == 0 || value_bytes % size_units[i].factor != 0))
    i++;
  return g_strdup_printf ("%" G_GINT64_FORMAT "%s", value_bytes / size_units[i].factor,
                          size_units[i].name);
}
