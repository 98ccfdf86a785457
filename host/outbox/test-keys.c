/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modes, times, and which keys a reporter takes: all of it without a store. */
#include "test-fixture.h"

#define NEVER BELFRY_NONE

static void
test_modes_match (void)
{
  /* one row for each result, in the order of their codes, without a previous build */
  static const struct {
    const char *mode;
    const char *alone;   /* results reported where there is no previous build */
    const char *success; /* where the previous one succeeded */
    const char *failure; /* where it failed */
    const char *running; /* where it still runs */
  } rows[] = {
    { "change", "-------", "-123456", "01-3456", "0123456" },
    { "failing", "--2----", "--2----", "--2----", "--2----" },
    { "passing", "0------", "0------", "0------", "0------" },
    { "problem", "-------", "--2----", "-------", "--2----" },
    { "warnings;", "-1-----", "-1-----", "-1-----", "-1-----" },
    { "warnings", "-12----", "-12----", "-12----", "-12----" },
    { "exception", "----4--", "----4--", "----4--", "----4--" },
    { "cancelled", "------6", "------6", "------6", "------6" },
    { "skipped", "---3---", "---3---", "---3---", "---3---" },
    { "retry", "-----5-", "-----5-", "-----5-", "-----5-" },
    { "all", "012-4-6", "0123456", "0123456", "0123456" },
    { "failing;problem", "--2----", "--2----", "--2----", "--2----" },
    { "", "-------", "-------", "-------", "-------" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const struct {
      gboolean has;
      gint64 result;
      const char *wanted;
    } previous[] = {
      { FALSE, NEVER, rows[i].alone },
      { TRUE, BELFRY_RESULT_SUCCESS, rows[i].success },
      { TRUE, BELFRY_RESULT_FAILURE, rows[i].failure },
      { TRUE, NEVER, rows[i].running },
    };
    g_autoptr (GError) error = NULL;
    guint modes = 0;

    g_assert_true (belfry_modes_parse (rows[i].mode, &modes, &error));
    g_assert_no_error (error);
    for (gsize j = 0; j < G_N_ELEMENTS (previous); j++) {
      g_autoptr (GString) got = g_string_new (NULL);

      for (gint64 result = 0; result <= BELFRY_RESULT_CANCELLED; result++)
        g_string_append_c (got,
                           belfry_modes_match (modes, result, previous[j].has, previous[j].result)
                               ? (char)('0' + result)
                               : '-');
      g_test_message ("mode=%s, column %" G_GSIZE_FORMAT, rows[i].mode, j);
      g_assert_cmpstr (got->str, ==, previous[j].wanted);
    }
  }
}

static void
test_modes_wrong (void)
{
  static const struct {
    const char *mode;
    const char *message;
  } rows[] = {
    { "all;failing", "*'all' stands for several modes*" },
    { "failng", "*'failng' is no mode*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    guint modes = 0;

    g_assert_false (belfry_modes_parse (rows[i].mode, &modes, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
    g_assert_true (g_pattern_match_simple (rows[i].message, error->message));
  }
}

/* local times of Berlin, to the minute, as moments */
static gint64
berlin (const char *text)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, zone);

  g_assert_nonnull (zone);
  g_assert_nonnull (time);
  return g_date_time_to_unix (time) * G_USEC_PER_SEC;
}

static void
check_leave (const char *windows, const char *at, const char *wanted)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryWindows) parsed = belfry_windows_parse (windows, FALSE, &error);

  g_assert_no_error (error);
  g_test_message ("%s at %s", windows, at);
  g_assert_cmpint (belfry_windows_leave (parsed, zone, berlin (at)), ==, berlin (wanted));
}

static void
test_quiet_hours (void)
{
  check_leave ("22:00-07:00", "2024-06-03T21:59:00", "2024-06-03T21:59:00");
  check_leave ("22:00-07:00", "2024-06-03T22:00:00", "2024-06-04T07:00:00");
  check_leave ("22:00-07:00", "2024-06-04T06:59:00", "2024-06-04T07:00:00");
  check_leave ("22:00-07:00", "2024-06-04T07:00:00", "2024-06-04T07:00:00");
  check_leave ("12:00-13:00;13:00-14:00", "2024-06-03T12:30:00", "2024-06-03T14:00:00");
  /* 2024-06-08 is a Saturday */
  check_leave ("Sat,Sun 00:00-24:00", "2024-06-08T10:00:00", "2024-06-10T00:00:00");
  check_leave ("Fri-Sun 20:00-06:00", "2024-06-07T21:00:00", "2024-06-08T06:00:00");
  check_leave ("Mon-Thu 20:00-06:00", "2024-06-07T21:00:00", "2024-06-07T21:00:00");
  check_leave ("", "2024-06-03T12:30:00", "2024-06-03T12:30:00");
}

/* clocks go forward on 2024-03-31 and back on 2024-10-27: the wall clock's ends hold */
static void
test_quiet_hours_over_change (void)
{
  check_leave ("22:00-07:00", "2024-03-30T23:00:00", "2024-03-31T07:00:00");
  check_leave ("22:00-07:00", "2024-10-26T23:00:00", "2024-10-27T07:00:00");
  g_assert_cmpint (berlin ("2024-03-31T07:00:00") - berlin ("2024-03-30T23:00:00"), ==,
                   7 * G_TIME_SPAN_HOUR);
  g_assert_cmpint (berlin ("2024-10-27T07:00:00") - berlin ("2024-10-26T23:00:00"), ==,
                   9 * G_TIME_SPAN_HOUR);
}

static void
test_digest_times (void)
{
  static const struct {
    const char *times;
    const char *at;
    const char *wanted;
  } rows[] = {
    { "08:00", "2024-06-03T07:59:00", "2024-06-03T08:00:00" },
    { "08:00", "2024-06-03T08:00:00", "2024-06-03T08:00:00" },
    { "08:00", "2024-06-03T08:01:00", "2024-06-04T08:00:00" },
    { "08:00;17:30", "2024-06-03T08:01:00", "2024-06-03T17:30:00" },
    { "Mon 08:00", "2024-06-03T08:01:00", "2024-06-10T08:00:00" },
    { "08:00", "2024-03-30T09:00:00", "2024-03-31T08:00:00" },
    { "08:00", "2024-10-26T09:00:00", "2024-10-27T08:00:00" },
  };
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (BelfryWindows) times = belfry_windows_parse (rows[i].times, TRUE, NULL);

    g_test_message ("%s at %s", rows[i].times, rows[i].at);
    g_assert_cmpint (belfry_times_next (times, zone, berlin (rows[i].at)), ==,
                     berlin (rows[i].wanted));
  }
}

static void
test_times_wrong (void)
{
  static const struct {
    gboolean moments;
    const char *text;
  } rows[] = {
    { FALSE, "22:00" },        { FALSE, "22:00-22:00" },     { FALSE, "25:00-26:00" },
    { FALSE, "22-7" },         { FALSE, "Foo 22:00-07:00" }, { FALSE, "22:60-23:00" },
    { TRUE, "24:00" },         { TRUE, "08:00-09:00" },      { TRUE, "8" },
    { TRUE, "Mon-Foo 08:00" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", rows[i].text);
    g_assert_null (belfry_windows_parse (rows[i].text, rows[i].moments, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static void
test_backoff (void)
{
  g_assert_cmpint (belfry_backoff_us (1, 0.0), ==, 0);
  g_assert_cmpint (belfry_backoff_us (1, 0.5), ==, G_USEC_PER_SEC / 2);
  g_assert_cmpint (belfry_backoff_us (4, 0.5), ==, 4 * G_USEC_PER_SEC);
  g_assert_cmpint (belfry_backoff_us (11, 0.5), ==, 300 * G_USEC_PER_SEC);
  g_assert_cmpint (belfry_backoff_us (4000000000, 0.5), ==, 300 * G_USEC_PER_SEC);
}

/* each with the one finding it must cause; NULL: none */
static const struct {
  const BelfryReporter *plugin;
  const char *keys;
  const char *key;
  const char *message;
} key_rows[] = {
  { &test_message, "builders=a\nmode=failing;problem\nhold-down=5min", NULL, NULL },
  { &test_message, "builders=a\ntags=b", "tags", "*cannot both be given*" },
  { &test_message, "builders=a\ncategories=b", "tags", "*cannot both be given*" },
  { &test_message, "mode=all;change", "mode", "*'all' stands for several*" },
  { &test_message, "template=x\ntemplate-filename=default_mail.txt", "template-filename",
    "*cannot both be given*" },
  { &test_message, "template=x\ntemplate-dir=/tmp", "template-dir", "*cannot both be given*" },
  { &test_message, "subject-template=x\nsubject-filename=y", "subject-filename",
    "*cannot both be given*" },
  { &test_message, "template={% if %}", "template", "*" },
  { &test_message, "template-filename=no_such.txt", "template-filename",
    "*there is no such file*" },
  { &test_message, "template-filename=../secret", "template-filename", "*a name of a file*" },
  { &test_message, "subject=%(resutl)s", "subject", "*'%(resutl)s' is no substitution*" },
  { &test_message, "lookup=me@example.org", "lookup", "*is no domain*" },
  { &test_message, "lookup=example.org\nlookup-map.ada=a@example.org", "lookup-map",
    "*cannot both be given*" },
  { &test_message, "ctx-program=bin/ctx", "ctx-program", "*absolute path*" },
  { &test_message, "ctx-program=/bin/ctx %(prop:x)s", "ctx-program", "*has a substitution*" },
  { &test_message, "fallback=test", "fallback", "*its own fallback*" },
  { &test_message, "quiet-hours=nine to five", "quiet-hours", "*is no span of a day*" },
  { &test_message, "digest=08:00\nbuild-set-summary=true", "build-set-summary",
    "*cannot both be given*" },
  { &test_painter, "builders=a\nbranches=main\nwant-steps=true\nhold-down=retries", NULL, NULL },
  { &test_painter, "mode=failing", "mode", "*does not take 'mode': it paints a state*" },
  { &test_painter, "quiet-hours=22:00-07:00", "quiet-hours", "*it paints a state*" },
  { &test_painter, "hold-down=5min", "hold-down", "*'retries' only*" },
  { &test_painter, "subject=x", "subject", "*it paints a state*" },
  { &test_painter, "ctx.team=core", "ctx.team", "*it paints a state*" },
  { &test_feed, "mode=failing\nquiet-hours=22:00-07:00\nctx.team=core", NULL, NULL },
  { &test_feed, "digest=08:00", "digest", "*no message that the host renders*" },
  { &test_feed, "template=x", "template", "*no message that the host renders*" },
  { &test_feed, "lookup=example.org", "lookup", "*does not write to single people*" },
  { &test_http, "add-logs=true", "add-logs", "*attaches nothing*" },
};

static void
test_keys (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (key_rows); i++) {
    g_autoptr (BelfryProblems) problems = test_check (key_rows[i].plugin, key_rows[i].keys);
    guint count = belfry_problems_get_length (problems);

    g_test_message ("%s: %s", key_rows[i].plugin->name, key_rows[i].keys);
    for (guint j = 0; j < count; j++)
      g_test_message ("  %s", belfry_problems_get (problems, j)->message);
    g_assert_cmpuint (count, ==, key_rows[i].key != NULL ? 1 : 0);
    if (count == 0)
      continue;
    g_assert_cmpstr (belfry_problems_get (problems, 0)->key, ==, key_rows[i].key);
    g_assert_true (
        g_pattern_match_simple (key_rows[i].message, belfry_problems_get (problems, 0)->message));
  }
}

static void
test_stream_keys (void)
{
  const BelfryReporter stream = {
    .size = sizeof (BelfryReporter),
    .name = "stream",
    .family = BELFRY_FAMILY_STREAM,
  };
  g_autoptr (BelfryProblems) good = test_check (&stream, "builders=a");
  g_autoptr (BelfryProblems) bad = test_check (&stream, "schedulers=a");

  g_assert_cmpuint (belfry_problems_get_length (good), ==, 0);
  g_assert_cmpuint (belfry_problems_get_length (bad), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outbox/modes/match", test_modes_match);
  g_test_add_func ("/outbox/modes/wrong", test_modes_wrong);
  g_test_add_func ("/outbox/schedule/quiet-hours", test_quiet_hours);
  g_test_add_func ("/outbox/schedule/quiet-hours-over-change", test_quiet_hours_over_change);
  g_test_add_func ("/outbox/schedule/digest-times", test_digest_times);
  g_test_add_func ("/outbox/schedule/wrong", test_times_wrong);
  g_test_add_func ("/outbox/schedule/backoff", test_backoff);
  g_test_add_func ("/outbox/keys/families", test_keys);
  g_test_add_func ("/outbox/keys/stream", test_stream_keys);
  return g_test_run ();
}
