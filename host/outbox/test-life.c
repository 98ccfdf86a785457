/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that wait, pause, die or outlive a restart; and what people ask of them. */
#include "test-fixture.h"

static void
test_restart (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->state.silent = TRUE;
  fixture_apply (fixture);
  for (guint i = 0; i < 5; i++)
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 5);
  fixture_settle (fixture);
  fixture_restart (fixture);
  reporter->state.silent = FALSE;
  fixture_apply (fixture);
  fixture_wait_states (fixture, "mail", "delivered delivered delivered delivered delivered");
  g_assert_cmpuint (reporter->state.items->len, ==, 10);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpstr (test_get_text (reporter, i, "body"), ==,
                     test_get_text (reporter, i + 5, "body"));
}

/* rows that nobody had planned yet are not lost either */
static void
test_restart_before_planning (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  for (guint i = 0; i < 3; i++)
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "waiting waiting waiting");
  fixture_restart (fixture);
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  fixture_apply (fixture);
  fixture_wait_states (fixture, "mail", "delivered delivered delivered");
}

/* more rows than a look takes, and than memory holds */
static void
test_backlog (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  const guint count = 450;

  reporter->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  for (guint i = 0; i < count; i++)
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  fixture_wait_items (fixture, reporter, count);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, count);
  g_assert_cmpuint (g_hash_table_size (fixture->outbox->active), ==, 0);
}

static void
expect_pause (void)
{
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
}

static void
deny (TestReporter *reporter, guint count)
{
  for (guint i = 0; i < count; i++)
    g_queue_push_tail (&reporter->state.outcomes,
                       belfry_outcome_new (BELFRY_OUTCOME_DENIED, "401: who are you"));
}

/* asked twice at once, then once an hour, with the oldest row, until a good answer */
static void
test_pause (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  gint64 oldest = 0;

  expect_pause ();
  deny (reporter, 3);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 2);
  oldest = test_get_item (reporter, 0)->reportid;
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_items (fixture, reporter, 3);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 3);
  g_assert_cmpint (test_get_item (reporter, 2)->reportid, ==, oldest);
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "delivered delivered");
  g_assert_cmpint (test_get_item (reporter, 3)->reportid, ==, oldest);
  g_test_assert_expected_messages ();
}

static void
test_pause_outlives_restart (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  g_autoptr (JsonObject) status = NULL;

  expect_pause ();
  deny (reporter, 2);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  fixture_restart (fixture);
  fixture_apply (fixture);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 2);
  status = belfry_outbox_describe (fixture->outbox);
  g_assert_cmpint (belfry_json_get_integer (status, "paused", 0), ==, 1);
  g_assert_true (belfry_outbox_resume (fixture->outbox, "mail"));
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_false (belfry_outbox_resume (fixture->outbox, "mail"));
  g_assert_false (belfry_outbox_resume (fixture->outbox, "nobody"));
  g_test_assert_expected_messages ();
}

/* a token that had run out once is no reason to pause */
static void
test_denied_once (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  deny (reporter, 1);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpuint (reporter->state.items->len, ==, 2);
}

/* 403: the report dies and its target rests; three such targets pause the credential */
static void
test_forbidden (Fixture *fixture, gconstpointer unused)
{
  static const char *const targets[][2] = { { "a", NULL }, { "b", NULL }, { "c", NULL } };
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  reporter->state.status = 403;
  fixture_apply (fixture);
  for (guint i = 0; i < 3; i++) {
    g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING,
                           i < 2 ? "*it is given up" : "*credential is refused*");
    reporter->state.targets = targets[i];
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
    if (i == 2)
      g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
    fixture_wait_items (fixture, reporter, i + 1);
    fixture_settle (fixture);
  }
  fixture_wait_states (fixture, "api", "dead dead dead");
  g_assert_true (belfry_outbox_resume (fixture->outbox, "api"));
  g_test_assert_expected_messages ();
}

static void
test_resting_target (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  reporter->state.status = 403;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "api", "dead");
  reporter->state.status = 200;
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "api", "dead delivered");
  g_test_assert_expected_messages ();
}

typedef struct {
  guint status;
  const char *state;
} StatusRow;

static const StatusRow status_rows[] = {
  { 200, "delivered" }, { 204, "delivered" }, { 0, "planned" },
  { 429, "planned" },   { 500, "planned" },   { 503, "planned" },
};

static void
test_statuses (Fixture *fixture, gconstpointer data)
{
  const StatusRow *row = data;
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  reporter->state.status = row->status;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "api", row->state);
}

static void
test_refused_status (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*404*it is given up");
  reporter->state.status = 404;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "api", "dead");
  g_test_assert_expected_messages ();
}

static void
test_hold_down (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "hold-down=5min");

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  fixture_advance (fixture, 299 * G_USEC_PER_SEC);
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  fixture_advance (fixture, G_USEC_PER_SEC);
  fixture_wait_states (fixture, "mail", "delivered");
}

/* of a request that was retried twice only the last build is told of */
static void
test_hold_down_retries (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail", "hold-down=retries\nmode=all");
  TestBuild again = { NULL };
  gint64 first = 0;
  gint64 last = 0;
  g_autoptr (GPtrArray) builds = NULL;
  JsonObject *build = NULL;

  fixture_apply (fixture);
  first = fixture_build (fixture, NULL, BELFRY_RESULT_EXCEPTION);
  builds = fixture_list (fixture, belfry_build_get_type (), "buildid", first);
  again.buildrequestid = ((BelfryBuild *)g_ptr_array_index (builds, 0))->buildrequestid;
  again.bsid = fixture_get_set (fixture, first);
  fixture_build (fixture, &again, BELFRY_RESULT_EXCEPTION);
  last = fixture_build (fixture, &again, BELFRY_RESULT_SUCCESS);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "mail", "waiting waiting waiting");
  fixture_finish_request (fixture, first);
  fixture_wait_states (fixture, "mail", "superseded superseded delivered");
  build = json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, 0)->payload, "builds"), 0);
  g_assert_cmpint (belfry_json_get_integer (build, "buildid", 0), ==, last);
}

/* the test's clock stands at 2024-06-03 07:33:20 UTC */
static void
test_quiet_hours (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail",
                                        "quiet-hours=22:00-10:00\ntime-zone=Europe/Berlin");

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  fixture_advance (fixture, 26 * G_TIME_SPAN_MINUTE);
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "mail", "delivered");
}

static void
test_digest (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail",
                                        "digest=08:00\ntime-zone=UTC\nmode=all\n"
                                        "template={{ buildername }} {{ statuses[results] }}");
  TestBuild other = { .builder = "win" };
  JsonArray *builds = NULL;

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_build (fixture, &other, BELFRY_RESULT_SUCCESS);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "mail", "waiting waiting");
  fixture_advance (fixture, 27 * G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "mail", "delivered superseded");
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  builds = belfry_json_get_array (test_get_item (reporter, 0)->payload, "builds");
  g_assert_cmpuint (json_array_get_length (builds), ==, 2);
  g_assert_cmpstr (test_get_text (reporter, 0, "phase"), ==, "digest");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "linux-x86 failure\nwin success");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Buildbot failure in Acme CI on 2 builds");
}

/* a digest of a lifetime's worth of clock changes: see test-keys.c; here the row's own time is one
 */
static void
test_digest_over_change (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail", "digest=08:00\ntime-zone=Europe/Berlin");
  g_autoptr (GDateTime) evening = g_date_time_new_utc (2024, 10, 26, 19, 0, 0);
  g_autoptr (GDateTime) morning = g_date_time_new_utc (2024, 10, 27, 7, 0, 0);

  belfry_clock_set_us (g_date_time_to_unix (evening) * G_USEC_PER_SEC);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  fixture_advance (fixture, 12 * G_TIME_SPAN_HOUR - G_TIME_SPAN_MINUTE);
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  g_assert_cmpint (belfry_clock_now_us (), ==, g_date_time_to_unix (morning) * G_USEC_PER_SEC);
  fixture_wait_states (fixture, "mail", "delivered");
}

/* a template fails the same way each time: dead at once, and the fallback has the host's own words
 */
static void
test_template_fails (Fixture *fixture, gconstpointer unused)
{
  TestReporter *other = NULL;
  g_autofree char *answer = NULL;

  fixture_add (fixture, &test_message, "mail",
               "fallback=other\ntemplate=one line\\n{{ nothing.at.all }}");
  other = fixture_add (fixture, &test_message, "other", "builders=\ntemplate=not this");
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "reporter 'mail'*it is given up");
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead");
  fixture_wait_states (fixture, "other", "delivered");
  answer = fixture_dup_answer (fixture, "mail");
  g_test_message ("%s", answer);
  g_assert_nonnull (strstr (answer, "template"));
  g_assert_nonnull (strstr (answer, "2"));
  g_assert_nonnull (strstr (test_get_text (other, 0, "body"), answer));
  g_assert_nonnull (strstr (test_get_text (other, 0, "body"), "Failed build on linux-x86"));
  g_test_assert_expected_messages ();
}

static void
test_plan_fails (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*no such room; it is given up");
  reporter->state.plan_error = "no such room";
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead");
  g_test_assert_expected_messages ();
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static gint64
finish_change (Fixture *fixture, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) owned = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, FALSE);
  owned = g_steal_pointer (result);
  return belfry_outbox_change_finish (fixture->outbox, owned, error);
}

static void
test_second_thoughts (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  GAsyncResult *result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 reportid = 0;

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  g_queue_push_tail (&reporter->state.outcomes, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead");
  reportid = test_get_item (reporter, 0)->reportid;
  belfry_outbox_redeliver_async (fixture->outbox, (BelfryReportRange){ reportid, reportid },
                                 on_changed, &result);
  g_assert_cmpint (finish_change (fixture, &result, &error), ==, 1);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, test_get_text (reporter, 1, "body"));
  belfry_outbox_discard_async (fixture->outbox, (BelfryReportRange){ reportid, reportid },
                               on_changed, &result);
  g_assert_cmpint (finish_change (fixture, &result, &error), ==, -1);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  g_clear_error (&error);
  belfry_outbox_redeliver_async (fixture->outbox, (BelfryReportRange){ 9999, 9999 }, on_changed,
                                 &result);
  g_assert_cmpint (finish_change (fixture, &result, &error), ==, -1);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
  g_test_assert_expected_messages ();
}

static void
test_discard (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  GAsyncResult *result = NULL;
  gint64 reportid = 0;

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_TIME_SPAN_HOUR, TRUE, NULL));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  reportid = test_get_item (reporter, 0)->reportid;
  belfry_outbox_discard_async (fixture->outbox, (BelfryReportRange){ reportid, reportid },
                               on_changed, &result);
  g_assert_cmpint (finish_change (fixture, &result, NULL), >, 0);
  fixture_advance (fixture, 2 * G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "discarded");
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
}

/* an alert goes to others than who caused it, once, until it is settled */
static void
test_alert (Fixture *fixture, gconstpointer unused)
{
  static char *names[] = { (char *)"mail", (char *)"other", (char *)"nobody", NULL };
  TestReporter *mail = fixture_add (fixture, &test_message, "mail", NULL);
  TestReporter *other = fixture_add (fixture, &test_message, "other", "builders=");

  fixture->config.host.alert = names;
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  for (guint i = 0; i < 2; i++)
    g_queue_push_tail (&mail->state.outcomes, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead dead");
  fixture_wait_states (fixture, "other", "delivered");
  g_assert_cmpstr (test_get_item (other, 0)->phase, ==, "alert");
  g_assert_nonnull (strstr (test_get_text (other, 0, "subject"), "Reporter 'mail' gave up report"));
  belfry_outbox_settle (fixture->outbox, "dead/mail");
  belfry_outbox_alert (fixture->outbox, "dead/mail", NULL, "again");
  fixture_wait_states (fixture, "other", "delivered delivered");
  fixture_wait_states (fixture, "mail", "dead dead delivered");
  g_test_assert_expected_messages ();
}

/* what an instance leaves behind that is no more waits as long as its max-age said */
static void
test_orphans (Fixture *fixture, gconstpointer unused)
{
  static char *names[] = { (char *)"mail", (char *)"other", NULL };
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "max-age=6h");
  TestReporter *other = fixture_add (fixture, &test_message, "other", "builders=");
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  g_autofree char *answer = NULL;

  fixture->config.host.alert = names;
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*'mail': instance gone; 1 reports*");
  g_ptr_array_add (left, other->hosted);
  reporter->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  belfry_outbox_apply (fixture->outbox, &fixture->config, left);
  fixture_advance (fixture, 5 * G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "waiting");
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "dead");
  answer = fixture_dup_answer (fixture, "mail");
  g_assert_cmpstr (answer, ==, "instance gone");
  fixture_wait_states (fixture, "other", "delivered");
  g_assert_cmpstr (test_get_item (other, 0)->phase, ==, "alert");
  g_assert_nonnull (strstr (test_get_text (other, 0, "subject"), "1 reports of reporter 'mail'"));
  g_test_assert_expected_messages ();
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local = NULL;

  *(JsonArray **)user_data = belfry_outbox_list_orphans_finish (result, &local);
  g_assert_no_error (local);
}

static JsonArray *
list_orphans (Fixture *fixture, const char *name)
{
  g_autoptr (JsonArray) names = name != NULL ? json_array_new () : NULL;
  JsonArray *lines = NULL;

  if (name != NULL)
    json_array_add_string_element (names, name);
  belfry_outbox_list_orphans_async (fixture->outbox, names, on_listed, &lines);
  while (lines == NULL)
    g_main_context_iteration (NULL, TRUE);
  return lines;
}

/* the section is gone after a new start: how long its rows wait was kept; one that does not run is
 * not gone, and one that comes back goes on */
static void
test_orphans_after_restart (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "max-age=3d");
  TestReporter *other = fixture_add (fixture, &test_message, "other", "builders=");
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  g_autoptr (JsonArray) none = NULL;
  g_autoptr (JsonArray) one = NULL;
  g_autoptr (JsonArray) asked = NULL;

  g_ptr_array_add (left, other->hosted);
  reporter->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  none = list_orphans (fixture, NULL);
  asked = list_orphans (fixture, "other");
  g_assert_cmpuint (json_array_get_length (none), ==, 0);
  g_assert_cmpuint (json_array_get_length (asked), ==, 1);
  fixture_restart (fixture);
  belfry_outbox_apply (fixture->outbox, &fixture->config, left);
  belfry_outbox_wake (fixture->outbox);
  fixture_settle (fixture);
  fixture_advance (fixture, 2 * G_TIME_SPAN_DAY);
  fixture_wait_states (fixture, "mail", "waiting");
  one = list_orphans (fixture, NULL);
  g_assert_cmpuint (json_array_get_length (one), ==, 1);
  g_assert_true (g_str_has_prefix (json_array_get_string_element (one, 0),
                                   "reporter 'mail' is not configured any more: 1 reports of"));
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  fixture_apply (fixture);
  fixture_wait_states (fixture, "mail", "delivered");
}

/* whatever a service says of what it was told */
static void
test_masked (Fixture *fixture, gconstpointer unused)
{
  static char *names[] = { (char *)"other", NULL };
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  TestReporter *other = fixture_add (fixture, &test_message, "other", "builders=");
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();
  g_autofree char *answer = NULL;

  belfry_masks_add (masks, 0, "token", "hunter2hunter2", 1);
  belfry_outbox_set_masks (fixture->outbox, masks);
  fixture->config.host.alert = names;
  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no such key hunter2hunter2"));
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*no such key <token>; it is given up");
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead");
  fixture_wait_states (fixture, "other", "delivered");
  answer = fixture_dup_answer (fixture, "mail");
  g_assert_cmpstr (answer, ==, "no such key <token>");
  g_assert_null (strstr (test_get_text (other, 0, "subject"), "hunter2"));
  belfry_outbox_set_masks (fixture->outbox, NULL);
  g_test_assert_expected_messages ();
}

/* what is left of a secret that was cut within */
static void
test_masked_cut (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_http, "web", NULL);
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();
  g_autofree char *filler = g_strnfill (1024 - 10, 'x');
  g_autofree char *body = g_strconcat (filler, "hunter2hunter2", NULL);
  g_autofree char *answer = NULL;

  belfry_masks_add (masks, 0, "token", "hunter2hunter2", 1);
  belfry_outbox_set_masks (fixture->outbox, masks);
  reporter->state.status = 404;
  reporter->state.body = body;
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*xxx<*; it is given up");
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "web", "dead");
  answer = fixture_dup_answer (fixture, "web");
  g_assert_nonnull (strstr (answer, "xxx<"));
  g_assert_null (strstr (answer, "hunt"));
  belfry_outbox_set_masks (fixture->outbox, NULL);
  g_test_assert_expected_messages ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("restart/in-flight", test_restart);
  ADD ("restart/before-planning", test_restart_before_planning);
  ADD ("restart/backlog", test_backlog);
  ADD ("pause/hourly", test_pause);
  ADD ("pause/outlives-restart", test_pause_outlives_restart);
  ADD ("pause/denied-once", test_denied_once);
  ADD ("pause/forbidden", test_forbidden);
  ADD ("pause/resting-target", test_resting_target);
  ADD ("http/refused", test_refused_status);
  ADD ("schedule/hold-down", test_hold_down);
  ADD ("schedule/hold-down-retries", test_hold_down_retries);
  ADD ("schedule/quiet-hours", test_quiet_hours);
  ADD ("schedule/digest", test_digest);
  ADD ("schedule/digest-over-change", test_digest_over_change);
  ADD ("death/template-fails", test_template_fails);
  ADD ("death/plan-fails", test_plan_fails);
  ADD ("death/orphans", test_orphans);
  ADD ("death/orphans-after-restart", test_orphans_after_restart);
  ADD ("death/masked", test_masked);
  ADD ("death/masked-cut", test_masked_cut);
  ADD ("people/second-thoughts", test_second_thoughts);
  ADD ("people/discard", test_discard);
  ADD ("people/alert", test_alert);
#undef ADD
  for (gsize i = 0; i < G_N_ELEMENTS (status_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox/http/status-%u", status_rows[i].status);

    g_test_add (path, Fixture, &status_rows[i], fixture_set_up, test_statuses, fixture_tear_down);
  }
  return g_test_run ();
}
