/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers with units, times and the clock. */
#include <string.h>

#include "belfry-error.h"
#include "belfry-text.h"

typedef struct {
  const char *in;
  gint64 out; /* REFUSED: an error */
} NumberCase;

#define REFUSED G_MININT64

static void
test_integer (void)
{
  static const NumberCase cases[] = {
    { "0", 0 },
    { "-5", -5 },
    { "100", 100 },
    { "007", 7 },
    { "101", REFUSED },
    { "-6", REFUSED },
    { "", REFUSED },
    { " 1", REFUSED },
    { "1 ", REFUSED },
    { "1x", REFUSED },
    { "0x1", REFUSED },
    { "1.0", REFUSED },
    { "99999999999999999999", REFUSED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gint64 value = REFUSED;

    if (!belfry_parse_integer (cases[i].in, -5, 100, &value, &error))
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
    g_assert_cmpint (value, ==, cases[i].out);
  }
}

static void
test_boolean (void)
{
  static const char *const yes[] = { "true", "True", "yes", "on", "1" };
  static const char *const no[] = { "false", "FALSE", "no", "off", "0" };
  static const char *const bad[] = { "", "2", "truee", " true", "t" };
  gboolean value;

  for (guint i = 0; i < G_N_ELEMENTS (yes); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (belfry_parse_boolean (yes[i], &value, NULL));
    g_assert_true (value);
    g_assert_true (belfry_parse_boolean (no[i], &value, NULL));
    g_assert_false (value);
    g_assert_false (belfry_parse_boolean (bad[i], &value, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static const NumberCase durations[] = {
  { "90", 90 * G_TIME_SPAN_SECOND },
  { "90s", 90 * G_TIME_SPAN_SECOND },
  { "20min", 20 * G_TIME_SPAN_MINUTE },
  { "1h 30min", 90 * G_TIME_SPAN_MINUTE },
  { "1h30min", 90 * G_TIME_SPAN_MINUTE },
  { "2d", 2 * G_TIME_SPAN_DAY },
  { "1w", 7 * G_TIME_SPAN_DAY },
  { "250ms", 250000 },
  { "5us", 5 },
  { "5µs", 5 },
  { "1.5h", 90 * G_TIME_SPAN_MINUTE },
  { "0.25", 250000 },
  { "2 days", 2 * G_TIME_SPAN_DAY },
  { " 10 s ", 10 * G_TIME_SPAN_SECOND },
  { "0", 0 },
  { "never", 0 },
  { "292271y", REFUSED },
  { "", REFUSED },
  { " ", REFUSED },
  { "-5s", REFUSED },
  { "s", REFUSED },
  { "1h 30", REFUSED },
  { "30 1h", REFUSED },
  { "1x", REFUSED },
  { "1.h", REFUSED },
  { ".5h", REFUSED },
  { "1..5h", REFUSED },
  { "1 2", REFUSED },
  { "nevers", REFUSED },
  { "99999999999999999999s", REFUSED },
  { "99999999999999w", REFUSED },
  { "9223372036854s 9223372036854s", REFUSED },
  { "1H", REFUSED },
};

static const NumberCase sizes[] = {
  { "100", 100 },
  { "0", 0 },
  { "100B", 100 },
  { "10kB", 10000 },
  { "10KB", 10000 },
  { "64MiB", 64 << 20 },
  { "10M", 10 << 20 },
  { "1G", 1 << 30 },
  { "1K", 1024 },
  { "1k", 1024 },
  { "1.5KiB", 1536 },
  { "2 TiB", G_GINT64_CONSTANT (2) << 40 },
  { "3TB", G_GINT64_CONSTANT (3000000000000) },
  { "8388607TiB", G_GINT64_CONSTANT (8388607) << 40 },
  { "8388608TiB", REFUSED },
  { "", REFUSED },
  { "-1", REFUSED },
  { "MiB", REFUSED },
  { "1MiB 1", REFUSED },
  { "1MiB 1KiB", REFUSED },
  { "1mib", REFUSED },
  { "never", REFUSED },
  { "1.", REFUSED },
};

typedef gboolean (*Parse) (const char *text, gint64 *value, GError **error);

static void
check_numbers (const NumberCase *cases, guint count, Parse parse)
{
  for (guint i = 0; i < count; i++) {
    g_autoptr (GError) error = NULL;
    gint64 value = REFUSED;
    gboolean is_good = parse (cases[i].in, &value, &error);

    if (value != cases[i].out)
      g_test_fail_printf ("'%s': %" G_GINT64_FORMAT, cases[i].in, value);
    g_assert_true (is_good == (error == NULL));
    if (!is_good)
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static void
test_duration (void)
{
  check_numbers (durations, G_N_ELEMENTS (durations), belfry_parse_duration);
}

static void
test_size (void)
{
  check_numbers (sizes, G_N_ELEMENTS (sizes), belfry_parse_size);
}

static void
test_format (void)
{
  static const NumberCase spans[] = {
    { "0s", 0 },
    { "1min 30s", 90 * G_TIME_SPAN_SECOND },
    { "1h 30min", 90 * G_TIME_SPAN_MINUTE },
    { "2d", 2 * G_TIME_SPAN_DAY },
    { "1w", 7 * G_TIME_SPAN_DAY },
    { "10d", 10 * G_TIME_SPAN_DAY },
    { "1s 2ms 3us", 1002003 },
    { "-5s", -5 * G_TIME_SPAN_SECOND },
  };
  static const NumberCase bytes[] = {
    { "0B", 0 },
    { "100B", 100 },
    { "64MiB", 64 << 20 },
    { "10kB", 10000 },
    { "1KiB", 1024 },
    { "1234567B", 1234567 },
    { "1TiB", G_GINT64_CONSTANT (1) << 40 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (spans); i++) {
    g_autofree char *text = belfry_format_duration (spans[i].out);

    g_assert_cmpstr (text, ==, spans[i].in);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++) {
    g_autofree char *text = belfry_format_size (bytes[i].out);

    g_assert_cmpstr (text, ==, bytes[i].in);
  }
}

/* what is written can be read again and is the same number */
static void
test_format_reads_back (void)
{
  static const gint64 values[] = { 0, 1, 999, 1000, 1024, 86400000000, 1234567890123, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *duration = belfry_format_duration (values[i]);
    g_autofree char *size = belfry_format_size (values[i]);
    gint64 value = -1;

    g_assert_true (belfry_parse_duration (duration, &value, NULL));
    g_assert_cmpint (value, ==, values[i]);
    g_assert_true (belfry_parse_size (size, &value, NULL));
    g_assert_cmpint (value, ==, values[i]);
  }
}

/* seconds; those with a fraction have a test of their own */
static const NumberCase times[] = {
  { "2023-03-04T05:06:07Z", 1677906367 },
  { "2008-02-15T14:57:17-08:00", 1203116237 },
  { "2023-03-04T05:06:07+0530", 1677886567 },
  { "2023-03-04T05:06:07.987654Z", 1677906367 },
  { "2013-12-03 17:23:34 UTC", 1386091414 },
  { "2012-05-30 03:58:56+00:00", 1338350336 },
  { "2023-03-04T05:06:07", 1677906367 },
  { "2023-03-04", 1677888000 },
  { "2012/05/30 05:58:56 -0700", 1338382736 },
  { "Sat, 04 Mar 2023 05:06:07 +0100", 1677902767 },
  { "1969-12-31T23:59:58Z", -2 },
  { "2040-01-02T03:04:05Z", 2209086245 },
  { "1970-01-01T00:00:00Z", 0 },
  { "2000-02-29", 951782400 },
  { "2023/03/04", 1677888000 },
  { "2023-03-04T05:06:07 Z", 1677906367 },
  { "2023-03-04t05:06:07z", 1677906367 },
  { "2023-03-04T05:06:07UTC", 1677906367 },
  { "2023-03-04 05:06:07 +01", 1677902767 },
  { "2023-03-04T05:06Z", 1677906360 },
  { "2023-03-04 Z", 1677888000 },
  { "2023-03-04 +0100", 1677884400 },
  { " 2023-03-04T05:06:07Z\n", 1677906367 },
  { "0001-01-01T00:00:00Z", -62135596800 },
  { "9999-12-31T23:59:59Z", 253402300799 },
  { "4 Mar 2023 05:06:07 GMT", 1677906367 },
  { "Sat, 4 Mar 2023 05:06 -0000", 1677906360 },
  { "Sat, 04 Mar 2023 05:06:07 EST", 1677924367 },
  { "Sat, 04 Mar 2023 05:06:07 +0100 (CET)", 1677902767 },
  { "sat,04 mar 23 05:06:07 +0000", 1677906367 },
  { "Sat, 04 Mar 2023 05:06:07", 1677906367 },
  { "01 Jan 70 00:00:00 +0000", 0 },
  { "", REFUSED },
  { "   ", REFUSED },
  { "yesterday", REFUSED },
  { "1677906367", REFUSED },
  { "2023", REFUSED },
  { "2023-03", REFUSED },
  { "2023-3-4", REFUSED },
  { "2023-02-29", REFUSED },
  { "2023-13-01", REFUSED },
  { "2023-00-01", REFUSED },
  { "2023-01-00", REFUSED },
  { "2023-04-31", REFUSED },
  { "0000-01-01", REFUSED },
  { "2023-03/04", REFUSED },
  { "2023-03-04T", REFUSED },
  { "2023-03-04T24:00:00", REFUSED },
  { "2023-03-04T05:60:00", REFUSED },
  { "2023-03-04T05:06:60", REFUSED },
  { "2023-03-04T5:06:07", REFUSED },
  { "2023-03-04T05:06:07.Z", REFUSED },
  { "2023-03-04T05:06:07+24:00", REFUSED },
  { "2023-03-04T05:06:07+01:60", REFUSED },
  { "2023-03-04T05:06:07+1", REFUSED },
  { "2023-03-04T05:06:07Zx", REFUSED },
  { "2023-03-04T05:06:07Z Z", REFUSED },
  { "2023-03-04T05:06:07 Mars", REFUSED },
  { "12023-03-04", REFUSED },
  { "-2023-03-04", REFUSED },
  { "Xyz, 04 Mar 2023 05:06:07 +0100", REFUSED },
  { "Sat, 04 Mrz 2023 05:06:07 +0100", REFUSED },
  { "Sat, 32 Mar 2023 05:06:07 +0100", REFUSED },
  { "Sat, 04 Mar 2023 05:06:07 +0100 (CET", REFUSED },
  { "Sat, 04 Mar 2023", REFUSED },
  { "Sat, 04 Mar 2023 05:06:07 XYZ", REFUSED },
};

static void
test_time (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autoptr (GError) error = NULL;
    gint64 time_us = REFUSED;
    gint64 wanted = times[i].out;

    if (!belfry_time_parse (times[i].in, &time_us, &error))
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
    if ((time_us == REFUSED ? REFUSED : belfry_time_to_seconds (time_us)) != wanted)
      g_test_fail_printf ("'%s': %" G_GINT64_FORMAT, times[i].in, time_us);
  }
}

static void
test_time_fraction (void)
{
  static const NumberCase cases[] = {
    { "1970-01-01T00:00:01.5Z", 1500000 },       { "1970-01-01T00:00:00.000001Z", 1 },
    { "1970-01-01T00:00:00.0000019999999Z", 1 }, { "1970-01-01 00:00:00,25", 250000 },
    { "1969-12-31T23:59:59.5Z", -500000 },
  };
  gint64 time_us;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (belfry_time_parse (cases[i].in, &time_us, NULL));
    g_assert_cmpint (time_us, ==, cases[i].out);
  }
  g_assert_cmpint (belfry_time_to_seconds (-500000), ==, -1);
  g_assert_cmpint (belfry_time_to_seconds (-1000000), ==, -1);
  g_assert_cmpint (belfry_time_to_seconds (1999999), ==, 1);
  g_assert_cmpint (belfry_time_to_seconds (G_MININT64), ==, G_MININT64 / G_USEC_PER_SEC - 1);
}

static void
test_time_format (void)
{
  static const NumberCase cases[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "2023-03-04T05:06:07Z", 1677906367 * G_TIME_SPAN_SECOND },
    { "2023-03-04T05:06:07.000042Z", 1677906367 * G_TIME_SPAN_SECOND + 42 },
    { "1969-12-31T23:59:59.500000Z", -500000 },
    { "9999-12-31T23:59:59Z", G_MAXINT64 },
    { "0001-01-01T00:00:00Z", G_MININT64 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = belfry_time_format_rfc3339 (cases[i].out);

    g_assert_cmpstr (text, ==, cases[i].in);
  }
}

static void
test_clock (void)
{
  gint64 before = g_get_real_time ();

  g_assert_cmpint (belfry_clock_now_us (), >=, before);
  belfry_clock_set_us (42);
  g_assert_cmpint (belfry_clock_now_us (), ==, 42);
  belfry_clock_set_us (0);
  g_assert_cmpint (belfry_clock_now_us (), >=, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/units/integer", test_integer);
  g_test_add_func ("/units/boolean", test_boolean);
  g_test_add_func ("/units/duration", test_duration);
  g_test_add_func ("/units/size", test_size);
  g_test_add_func ("/units/format", test_format);
  g_test_add_func ("/units/reads-back", test_format_reads_back);
  g_test_add_func ("/time/parse", test_time);
  g_test_add_func ("/time/fraction", test_time_fraction);
  g_test_add_func ("/time/format", test_time_format);
  g_test_add_func ("/time/clock", test_clock);
  return g_test_run ();
}
