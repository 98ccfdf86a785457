/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments of the wall clock against vectors that were made by walking over every minute of UTC:
 * fixtures/cron.tsv holds a crontab line, a zone, a start and the moments that follow it.
 */
#include "cron.h"

#define COLUMNS 4

static void
check_vector (char **columns)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalCron) cron = local_cron_new_line (columns[0], &error);
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (columns[1]);
  g_auto (GStrv) expected = g_strsplit (columns[3], " ", -1);
  gint64 moment = 0;

  g_assert_no_error (error);
  g_assert_nonnull (zone);
  g_assert_true (belfry_parse_integer (columns[2], 0, G_MAXINT64, &moment, NULL));
  moment *= G_USEC_PER_SEC;
  for (guint i = 0; expected[i] != NULL; i++) {
    gint64 seconds = 0;

    g_assert_true (belfry_parse_integer (expected[i], 0, G_MAXINT64, &seconds, NULL));
    g_test_message ("%s in %s, number %u", columns[0], columns[1], i);
    moment = local_cron_next (cron, zone, moment);
    g_assert_cmpint (moment / G_USEC_PER_SEC, ==, seconds);
  }
}

static void
test_vectors (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"),
                                            "plugins/engines/local/fixtures/cron.tsv", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  guint count = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) columns = g_strsplit (lines[i], "\t", COLUMNS);

    if (*lines[i] == '\0')
      continue;
    g_assert_cmpuint (g_strv_length (columns), ==, COLUMNS);
    check_vector (columns);
    count++;
  }
  g_assert_cmpuint (count, ==, 200);
}

static const struct {
  const char *line;
  const char *words; /* NULL: it is well written */
} lines[] = {
  { "@hourly", NULL },
  { "@Yearly", NULL },
  { "0 0 * * sun-tue", NULL },
  { "0 0 * * 0-7", NULL },
  { "0 0 * *", "five fields" },
  { "60 0 * * *", "'60' is nothing for minute" },
  { "5/10 0 * * *", "'5/10' is nothing for minute" },
  { "0 5-3 * * *", "'5-3' is nothing for hour" },
  { "0 0 0 * *", "'0' is nothing for day-of-month" },
  { "0 0 * L *", "'L' is nothing for month" },
  { "0 0 * * 8", "'8' is nothing for day-of-week" },
  { "0 0 * jann *", "'jann' is nothing for month" },
  { "*/0 0 * * *", "'*/0' is nothing for minute" },
};

static void
test_grammar (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (LocalCron) cron = local_cron_new_line (lines[i].line, &error);

    g_test_message ("%s", lines[i].line);
    if (lines[i].words == NULL) {
      g_assert_no_error (error);
      g_assert_nonnull (cron);
    } else {
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
      g_assert_nonnull (g_strstr_len (error->message, -1, lines[i].words));
    }
  }
}

static LocalCron *
read_fields (const LocalCronFields *fields)
{
  const char *wrong = NULL;
  g_autoptr (GError) error = NULL;
  LocalCron *cron = local_cron_new (fields, &wrong, &error);

  g_assert_no_error (error);
  g_assert_null (wrong);
  return cron;
}

/* In keys 0 is Monday, in crontabs Sunday. */
static void
test_weekdays (void)
{
  const LocalCronFields monday = { .hour = "0", .day_of_week = "0" };
  g_autoptr (LocalCron) by_key = read_fields (&monday);
  g_autoptr (LocalCron) by_line = local_cron_new_line ("0 0 * * 1", NULL);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  const gint64 start = G_GINT64_CONSTANT (1704067200000000); /* 1 January 2024, a Monday */

  g_assert_cmpint (local_cron_next (by_key, utc, start - 1), ==, start);
  g_assert_cmpint (local_cron_next (by_key, utc, start), ==, local_cron_next (by_line, utc, start));
  g_assert_cmpint (local_cron_next (by_key, utc, start) - start, ==, 7 * G_TIME_SPAN_DAY);
}

static void
test_never_and_within (void)
{
  const gint64 now = G_GINT64_CONSTANT (1704067200000000);
  g_autoptr (LocalCron) never = local_cron_new_line ("0 0 30 feb *", NULL);
  g_autoptr (LocalCron) leap = local_cron_new_line ("0 0 29 2 *", NULL);
  g_autoptr (LocalCron) daily = local_cron_new_line ("0 0,12 * * *", NULL);
  g_autoptr (LocalCron) sundays = local_cron_new_line ("0 12 * * sun", NULL);
  g_autoptr (LocalCron) other = local_cron_new_line ("1 12 * * sun", NULL);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();

  g_assert_false (local_cron_ever_comes (never, now));
  g_assert_cmpint (local_cron_next (never, utc, now), ==, BELFRY_NONE);
  g_assert_true (local_cron_ever_comes (leap, now));
  g_assert_true (local_cron_is_within (sundays, daily, now));
  g_assert_false (local_cron_is_within (daily, sundays, now));
  g_assert_false (local_cron_is_within (other, daily, now));
}

static void
test_last (void)
{
  const gint64 start = G_GINT64_CONSTANT (1704067200000000);
  g_autoptr (LocalCron) daily = local_cron_new_line ("0 3 * * *", NULL);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  const gint64 three = start + 3 * G_TIME_SPAN_HOUR;

  g_assert_cmpint (local_cron_last (daily, utc, start, three - 1), ==, BELFRY_NONE);
  g_assert_cmpint (local_cron_last (daily, utc, start, three), ==, three);
  g_assert_cmpint (local_cron_last (daily, utc, three, three + G_TIME_SPAN_HOUR), ==, BELFRY_NONE);
  g_assert_cmpint (local_cron_last (daily, utc, start, three + 9 * G_TIME_SPAN_DAY + 5), ==,
                   three + 9 * G_TIME_SPAN_DAY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/cron/vectors", test_vectors);
  g_test_add_func ("/engine-local/cron/grammar", test_grammar);
  g_test_add_func ("/engine-local/cron/weekdays", test_weekdays);
  g_test_add_func ("/engine-local/cron/never-and-within", test_never_and_within);
  g_test_add_func ("/engine-local/cron/last", test_last);
  return g_test_run ();
}
