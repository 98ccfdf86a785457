/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Credentials that several reporters share, waits that services ask for, and tests of one reporter.
 */
#include "outbox/paces.h"
#include "test-fixture.h"

static TestReporter *
add_with_token (Fixture *fixture, const BelfryReporter *plugin, const char *name, const char *token)
{
  TestReporter *reporter = fixture_add (fixture, plugin, name, NULL);

  reporter->state.token = belfry_secret_new_value (token);
  return reporter;
}

static void
deny (TestReporter *reporter, guint count)
{
  for (guint i = 0; i < count; i++)
    g_queue_push_tail (&reporter->state.outcomes,
                       belfry_outcome_new (BELFRY_OUTCOME_DENIED, "401: who are you"));
}

static gint64
count_paused (Fixture *fixture)
{
  g_autoptr (JsonObject) status = belfry_outbox_describe (fixture->outbox);

  return belfry_json_get_integer (status, "paused", 0);
}

#define S ((gint64)G_USEC_PER_SEC)

/* limits of a lane and of all lanes, and what is refused is not counted */
static void
test_paces (void)
{
  const BelfryPace chat[] = { { "5", 1, S }, { "all", 3, S } };
  const BelfryPace other[] = { { "6", 1, S }, { "all", 3, S } };
  const BelfryPace group[] = { { "-7", 1, S }, { "-7", 3, 60 * S } };
  g_autoptr (BelfryPaces) paces = belfry_paces_new ();

  g_assert_cmpint (belfry_paces_take (paces, "one", chat, 2, 100 * S), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", chat, 2, 100 * S + S / 4), ==, S * 3 / 4);
  g_assert_cmpint (belfry_paces_take (paces, "two", chat, 2, 100 * S + S / 4), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", other, 2, 100 * S + S / 2), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", chat, 2, 101 * S), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", other, 2, 101 * S + S / 2), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", chat, 2, 102 * S), ==, 0);
  for (gint64 i = 0; i < 3; i++)
    g_assert_cmpint (belfry_paces_take (paces, "one", group, 2, (200 + i) * S), ==, 0);
  g_assert_cmpint (belfry_paces_take (paces, "one", group, 2, 203 * S), ==, 57 * S);
  g_assert_cmpint (belfry_paces_take (paces, "one", group, 2, 260 * S), ==, 0);
}

/* whoever holds the same secret goes at the same pace */
static void
test_shared_pace (Fixture *fixture, gconstpointer unused)
{
  const BelfryPace pace = { "#ci", 1, G_TIME_SPAN_DAY };
  BelfryBuckets *buckets = belfry_outbox_get_buckets (fixture->outbox);
  TestReporter *one = add_with_token (fixture, &test_message, "one", "the same token");
  TestReporter *two = add_with_token (fixture, &test_feed, "two", "the same token");
  TestReporter *three = add_with_token (fixture, &test_message, "three", "another token");

  fixture_apply (fixture);
  fixture_settle (fixture);
  g_assert_cmpint (belfry_buckets_keep_pace (buckets, one->hosted, &pace, 1), ==, 0);
  g_assert_cmpint (belfry_buckets_keep_pace (buckets, two->hosted, &pace, 1), >, 0);
  g_assert_cmpint (belfry_buckets_keep_pace (buckets, three->hosted, &pace, 1), ==, 0);
}

/* two that hold the same secret pause together, a third with its own goes on */
static void
test_shared_credential (Fixture *fixture, gconstpointer unused)
{
  TestReporter *one = add_with_token (fixture, &test_message, "one", "the same token");
  TestReporter *two = add_with_token (fixture, &test_message, "two", "the same token");
  TestReporter *three = add_with_token (fixture, &test_message, "three", "another token");

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
  deny (one, 2);
  two->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "three", "delivered");
  fixture_wait_items (fixture, one, 2);
  two->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  fixture_settle (fixture);
  g_assert_cmpuint (one->state.items->len, ==, 2);
  g_assert_cmpuint (two->state.items->len, ==, 0);
  g_assert_cmpint (count_paused (fixture), ==, 2);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "three", "delivered delivered");
  g_assert_cmpuint (two->state.items->len, ==, 0);
  g_assert_true (belfry_outbox_resume (fixture->outbox, "two"));
  fixture_wait_states (fixture, "one", "delivered delivered");
  fixture_wait_states (fixture, "two", "delivered delivered");
  g_assert_cmpint (count_paused (fixture), ==, 0);
  g_assert_cmpuint (three->state.items->len, ==, 2);
  g_test_assert_expected_messages ();
}

/* of all rows that a paused credential holds, the oldest asks */
static void
test_shared_probe (Fixture *fixture, gconstpointer unused)
{
  TestReporter *one = add_with_token (fixture, &test_message, "one", "the same token");
  TestReporter *two = add_with_token (fixture, &test_feed, "two", "the same token");
  TestBuild other = { .builder = "win" };

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
  deny (one, 2);
  deny (two, 1);
  two->hosted->state = BELFRY_HOSTED_FAILED;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, one, 2);
  fixture_settle (fixture);
  two->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  belfry_clock_set_us (belfry_clock_now_us () + G_TIME_SPAN_MINUTE);
  fixture_build (fixture, &other, BELFRY_RESULT_FAILURE);
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  g_assert_cmpuint (one->state.items->len, ==, 2);
  g_assert_cmpuint (two->state.items->len, ==, 1);
  g_assert_cmpstr (test_get_item (two, 0)->phase, ==, "started");
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "one", "delivered delivered");
  fixture_wait_states (fixture, "two", "delivered delivered delivered delivered");
  g_test_assert_expected_messages ();
}

/* another secret in the configuration starts anew */
static void
test_new_secret (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = add_with_token (fixture, &test_message, "one", "a token");

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
  deny (reporter, 2);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  g_assert_cmpint (count_paused (fixture), ==, 1);
  fixture_restart (fixture);
  g_clear_pointer (&reporter->state.token, belfry_secret_unref);
  g_clear_pointer (&reporter->hosted->credential, g_free);
  reporter->state.token = belfry_secret_new_value ("a new token");
  fixture_apply (fixture);
  fixture_wait_states (fixture, "one", "delivered");
  g_test_assert_expected_messages ();
}

/* what was on its way when the first refusal came says nothing new */
static void
test_denied_together (Fixture *fixture, gconstpointer unused)
{
  static const char *const targets[] = { "a", "b", "c", NULL };
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->state.targets = targets;
  reporter->state.silent = TRUE;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 3);
  reporter->state.silent = FALSE;
  for (guint i = 0; i < 3; i++)
    fixture_answer (reporter, belfry_outcome_new (BELFRY_OUTCOME_DENIED, "401"));
  fixture_wait_states (fixture, "mail", "delivered delivered delivered");
}

static void
on_denied (BelfryHosted *hosted, gpointer data)
{
  guint *count = data;

  g_assert_cmpstr (hosted->blueprint->name, ==, "mail");
  (*count)++;
}

static void
test_caches_dropped (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  guint count = 0;

  deny (reporter, 1);
  belfry_outbox_set_denied_func (fixture->outbox, on_denied, &count);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpuint (count, ==, 1);
}

/* a refused 403 rests its target over a restart too */
static void
test_rest_outlives_restart (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  reporter->state.status = 403;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "api", "dead");
  fixture_restart (fixture);
  reporter->state.status = 200;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "api", "dead delivered");
  g_test_assert_expected_messages ();
}

/* the clock stands at 1717400000, 2024-06-03 07:33:20 UTC */
typedef struct {
  const char *name;
  guint status;
  const char *headers[5];
  const char *body;
  gint64 wait_s; /* 0: no bucket waits */
} LimitRow;

static const LimitRow limit_rows[] = {
  { "seconds", 429, { "Retry-After", "90" }, NULL, 90 },
  { "fraction", 429, { "Retry-After", "7.5" }, NULL, 7 },
  { "date", 429, { "Retry-After", "Mon, 03 Jun 2024 07:35:20 GMT" }, NULL, 120 },
  { "old-date", 429, { "Retry-After", "Monday, 03-Jun-24 07:35:20 GMT" }, NULL, 120 },
  { "c-date", 429, { "Retry-After", "Mon Jun  3 07:35:20 2024" }, NULL, 120 },
  { "nonsense", 429, { "Retry-After", "soon" }, NULL, 60 },
  { "none", 429, { NULL }, NULL, 60 },
  { "negative", 429, { "Retry-After", "-5" }, NULL, 60 },
  { "a-year", 429, { "Retry-After", "31536000" }, NULL, 21600 },
  { "reset", 429, { "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1717400300" }, NULL, 300 },
  { "reset-span", 429, { "RateLimit-Remaining", "0", "RateLimit-Reset", "45" }, NULL, 45 },
  { "telegram", 429, { NULL }, "{\"ok\":false,\"parameters\":{\"retry_after\":35}}", 35 },
  { "matrix", 429, { NULL }, "{\"errcode\":\"M_LIMIT\",\"retry_after_ms\":8000}", 8 },
  { "forbidden-after", 403, { "Retry-After", "75" }, NULL, 75 },
  { "forbidden-used-up",
    403,
    { "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1717400100" },
    NULL,
    100 },
  { "secondary", 403, { NULL }, "You have exceeded a secondary rate limit", 60 },
  { "maintenance", 503, { "Retry-After", "600" }, NULL, 600 },
};

/* a second reporter with the same credential waits too; nothing goes out before, all does after */
static void
test_limit (Fixture *fixture, gconstpointer data)
{
  const LimitRow *row = data;
  TestReporter *one = add_with_token (fixture, &test_http, "one", "a token");
  TestReporter *two = add_with_token (fixture, &test_http, "two", "a token");
  gboolean is_long = row->wait_s == 21600;

  if (is_long)
    g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*8760 hours*in six hours");
  two->hosted->state = BELFRY_HOSTED_FAILED;
  one->state.status = row->status;
  one->state.headers = row->headers[0] != NULL ? row->headers : NULL;
  one->state.body = row->body;
  two->state.status = 200;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, one, 1);
  fixture_settle (fixture);
  g_assert_cmpuint (one->state.items->len, ==, 1);
  one->state.status = 200;
  one->state.headers = NULL;
  two->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  fixture_advance (fixture, (row->wait_s - 1) * G_USEC_PER_SEC);
  fixture_wait_states (fixture, "one", "planned");
  fixture_wait_states (fixture, "two", "planned");
  g_assert_cmpuint (one->state.items->len, ==, 1);
  fixture_advance (fixture, 2 * G_USEC_PER_SEC);
  fixture_wait_states (fixture, "one", "delivered");
  if (is_long)
    fixture_advance (fixture, 10 * G_TIME_SPAN_MINUTE);
  else
    fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "two", "delivered");
  g_test_assert_expected_messages ();
}

/* a limit without a number doubles until a good answer */
static void
test_doubling (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_http, "api", NULL);

  reporter->state.status = 429;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  for (guint i = 0; i < 4; i++) {
    fixture_wait_items (fixture, reporter, i + 1);
    fixture_settle (fixture);
    fixture_advance (fixture, (G_TIME_SPAN_MINUTE << i) - G_USEC_PER_SEC);
    g_assert_cmpuint (reporter->state.items->len, ==, i + 1);
    fixture_advance (fixture, G_USEC_PER_SEC);
  }
  reporter->state.status = 200;
  fixture_advance (fixture, 16 * G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "api", "delivered");
  reporter->state.status = 429;
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 7);
  fixture_settle (fixture);
  reporter->state.status = 200;
  fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "api", "delivered delivered");
}

static void
test_wait_outlives_restart (Fixture *fixture, gconstpointer unused)
{
  static const char *const headers[] = { "Retry-After", "3600", NULL };
  TestReporter *reporter = add_with_token (fixture, &test_http, "api", "a token");

  reporter->state.status = 429;
  reporter->state.headers = headers;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_restart (fixture);
  reporter->state.status = 200;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_advance (fixture, 59 * G_TIME_SPAN_MINUTE);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  fixture_advance (fixture, 2 * G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "api", "delivered delivered");
}

/* the same credential at another host has a bucket of its own */
static void
test_other_host (Fixture *fixture, gconstpointer unused)
{
  TestReporter *one = add_with_token (fixture, &test_http, "one", "a token");
  TestReporter *two = add_with_token (fixture, &test_http, "two", "a token");

  two->state.url = "http://127.0.0.2/";
  one->state.status = 429;
  two->state.status = 200;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "two", "delivered");
  fixture_wait_states (fixture, "one", "planned");
  fixture_settle (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "two", "delivered delivered");
  fixture_wait_states (fixture, "one", "planned waiting");
}

/* the last request of a window that is used up keeps the next from being refused */
static void
test_used_up_by_success (Fixture *fixture, gconstpointer unused)
{
  static const char *const headers[] = { "X-RateLimit-Remaining", "0", "X-RateLimit-Reset",
                                         "1717400060", NULL };
  TestReporter *reporter = add_with_token (fixture, &test_http, "api", "a token");

  reporter->state.status = 200;
  reporter->state.headers = headers;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "api", "delivered");
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  reporter->state.headers = NULL;
  fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "api", "delivered delivered");
}

/* what is held back by one service keeps no other from its reports */
static void
test_held_backlog (Fixture *fixture, gconstpointer unused)
{
  TestReporter *api = fixture_add (fixture, &test_http, "api", NULL);
  TestReporter *mail = fixture_add (fixture, &test_message, "mail", NULL);
  const guint count = 300;

  api->state.status = 429;
  fixture_apply (fixture);
  for (guint i = 0; i < count; i++)
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, mail, count);
  fixture_settle (fixture);
  g_assert_cmpuint (api->state.items->len, <=, 16);
  g_assert_cmpuint (g_hash_table_size (fixture->outbox->active), ==, 0);
  api->state.status = 200;
  fixture_advance (fixture, 2 * G_TIME_SPAN_MINUTE);
  fixture_advance (fixture, 2 * G_TIME_SPAN_MINUTE);
  fixture_wait_items (fixture, api, count);
}

/* quiet hours hold what comes out of a pause, too */
static void
test_quiet_after_pause (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail", "quiet-hours=08:00-10:00\ntime-zone=UTC");

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
  deny (reporter, 2);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  fixture_advance (fixture, 30 * G_TIME_SPAN_MINUTE);
  g_assert_true (belfry_outbox_resume (fixture->outbox, "mail"));
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 2);
  fixture_advance (fixture, 2 * G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "delivered");
  g_test_assert_expected_messages ();
}

/* tests of one reporter */

static void
on_tested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static JsonObject *
run_trial (Fixture *fixture, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  belfry_outbox_test_async (fixture->outbox, name, on_tested, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, FALSE);
  return belfry_outbox_test_finish (result, error);
}

static JsonObject *
get_attempt (JsonObject *answer, guint index)
{
  JsonArray *attempts = belfry_json_get_array (answer, "attempts");

  g_assert_cmpuint (json_array_get_length (attempts), >, index);
  return json_array_get_object_element (attempts, index);
}

/* a reporter that only keeps its own pace has not been tried yet */
static void
test_trial_paced (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GError) error = NULL;

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_USEC_PER_SEC, FALSE, "keeping the pace"));
  fixture_apply (fixture);
  belfry_outbox_test_async (fixture->outbox, "mail", on_tested, &result);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  g_assert_null (result);
  fixture_advance (fixture, G_USEC_PER_SEC);
  while (result == NULL)
    g_main_context_iteration (NULL, FALSE);
  answer = belfry_outbox_test_finish (result, &error);
  g_assert_no_error (error);
  g_assert_true (belfry_json_get_boolean (answer, "delivered", FALSE));
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (answer, "attempts")), ==, 1);
}

static void
test_trial (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "quiet-hours=00:00-24:00");
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GError) error = NULL;

  fixture_apply (fixture);
  answer = run_trial (fixture, "mail", &error);
  g_assert_no_error (error);
  g_assert_true (belfry_json_get_boolean (answer, "delivered", FALSE));
  g_assert_cmpstr (belfry_json_get_text (get_attempt (answer, 0), "outcome"), ==, "delivered");
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "test");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "Test report");
  g_assert_null (run_trial (fixture, "nobody", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
}

/* what was asked, what was answered, which right is missing; never the secret */
static void
test_trial_refused (Fixture *fixture, gconstpointer unused)
{
  static const char *const targets[] = { "a", "b", NULL };
  TestReporter *reporter = add_with_token (fixture, &test_http, "api", "a long secret");
  g_autoptr (JsonObject) answer = NULL;
  JsonObject *attempt = NULL;
  JsonObject *request = NULL;
  JsonArray *headers = NULL;

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  reporter->state.targets = targets;
  reporter->state.status = 404;
  reporter->state.body = "no such room";
  fixture_apply (fixture);
  answer = run_trial (fixture, "api", NULL);
  g_assert_false (belfry_json_get_boolean (answer, "delivered", TRUE));
  attempt = get_attempt (answer, 1);
  g_assert_cmpstr (belfry_json_get_text (attempt, "target"), ==, "b");
  g_assert_cmpstr (belfry_json_get_text (attempt, "outcome"), ==, "refused");
  g_assert_cmpstr (belfry_json_get_text (attempt, "permission"), ==, "the right to write");
  request = json_array_get_object_element (belfry_json_get_array (attempt, "requests"), 0);
  g_assert_cmpstr (belfry_json_get_text (request, "what"), ==, "POST http://127.0.0.1/");
  g_assert_cmpstr (belfry_json_get_text (request, "answer"), ==, "404 no such room");
  headers = belfry_json_get_array (request, "headers");
  g_assert_cmpstr (json_array_get_string_element (headers, 0), ==,
                   "Authorization: Bearer <secret>");
  fixture_settle (fixture);
  g_test_assert_expected_messages ();
}

/* what carries no text of its own repeats the last build that it told of */
static void
test_trial_of_feed (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "feed", NULL);
  g_autoptr (JsonObject) nothing = NULL;
  g_autoptr (JsonObject) answer = NULL;

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*nothing to test with*");
  fixture_apply (fixture);
  nothing = run_trial (fixture, "feed", NULL);
  g_assert_nonnull (strstr (belfry_json_get_text (nothing, "message"), "nothing to test with"));
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  answer = run_trial (fixture, "feed", NULL);
  g_assert_true (belfry_json_get_boolean (answer, "delivered", FALSE));
  g_assert_cmpstr (test_get_text (reporter, 2, "phase"), ==, "finished");
  g_assert_true (belfry_json_get_boolean (test_get_item (reporter, 2)->payload, "test", FALSE));
  g_test_assert_expected_messages ();
}

static void
test_trial_while_paused (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  g_autoptr (GError) error = NULL;

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*its credential is refused*");
  deny (reporter, 2);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 2);
  fixture_settle (fixture);
  g_assert_null (run_trial (fixture, "mail", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  g_assert_nonnull (strstr (error->message, "belfry resume reporter mail"));
  g_test_assert_expected_messages ();
}

/* ranges */

static gint64
run_range (Fixture *fixture, gboolean discard, gint64 first, gint64 last)
{
  g_autoptr (GAsyncResult) result = NULL;
  BelfryReportRange range = { first, last };

  if (discard)
    belfry_outbox_discard_async (fixture->outbox, range, on_tested, &result);
  else
    belfry_outbox_redeliver_async (fixture->outbox, range, on_tested, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, FALSE);
  return belfry_outbox_change_finish (fixture->outbox, result, NULL);
}

static void
test_ranges (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  gint64 first = 0;

  for (guint i = 0; i < 3; i++) {
    g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
    g_queue_push_tail (&reporter->state.outcomes, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, ""));
  }
  fixture_apply (fixture);
  for (guint i = 0; i < 4; i++)
    fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead dead dead delivered");
  first = test_get_item (reporter, 0)->reportid;
  g_assert_cmpint (run_range (fixture, TRUE, first, first), ==, 1);
  g_assert_cmpint (run_range (fixture, FALSE, first, first + 3), ==, 2);
  fixture_wait_states (fixture, "mail", "discarded delivered delivered delivered");
  g_test_assert_expected_messages ();
}

/* explanations */

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  JsonObject **answer = user_data;
  g_autoptr (GError) error = NULL;

  *answer = g_task_propagate_pointer (G_TASK (result), &error);
  g_assert_no_error (error);
}

/* each reporter's first rule, as `NAME held key line text` */
static char *
explain (Fixture *fixture, gint64 buildid)
{
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *parts = NULL;

  belfry_outbox_explain_build (fixture->outbox, buildid,
                               g_task_new (NULL, NULL, on_asked, &answer));
  while (answer == NULL)
    g_main_context_iteration (NULL, FALSE);
  parts = belfry_json_get_array (answer, "parts");
  for (guint i = 0; i < json_array_get_length (parts); i++) {
    JsonObject *part = json_array_get_object_element (parts, i);
    JsonObject *rule = json_array_get_object_element (belfry_json_get_array (part, "rules"), 0);

    g_string_append_printf (
        text, "%s %d %s %d %s\n", belfry_json_get_text (part, "text"),
        belfry_json_get_boolean (rule, "held", FALSE), belfry_json_get_text (rule, "key"),
        (int)belfry_json_get_integer (rule, "line", 0), belfry_json_get_text (rule, "text"));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_explain (Fixture *fixture, gconstpointer unused)
{
  static const struct {
    const char *name;
    const char *keys;
    const char *wanted;
  } rows[] = {
    { "all", "mode=all", "reporter 'all' 1 (null) 0 report * (finished) to room is delivered*" },
    { "builders", "mode=all\nbuilders=other",
      "reporter 'builders' 0 builders 3 builders does not list its builder" },
    { "tags", "tags=nightly", "reporter 'tags' 0 tags 2 its builder carries none of the tags" },
    { "branches", "branches=topic",
      "reporter 'branches' 0 branches 2 branches does not list its branch" },
    { "passing", "subject=x\nmode=passing",
      "reporter 'passing' 0 mode 3 mode does not take its result" },
    { "change", "mode=change",
      "reporter 'change' 0 mode 2 mode does not take its result after the previous one" },
    { "sets", "build-set-summary=true",
      "reporter 'sets' 0 build-set-summary 2 build-set-summary tells of whole buildsets*" },
  };
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 buildid = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    fixture_add (fixture, &test_message, rows[i].name, rows[i].keys);
  fixture_apply (fixture);
  buildid = fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "all", "delivered");
  text = explain (fixture, buildid);
  g_test_message ("%s", text);
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_true (g_pattern_match_simple (rows[i].wanted, lines[i]));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("credential/shared", test_shared_credential);
  ADD ("credential/shared-probe", test_shared_probe);
  ADD ("credential/new-secret", test_new_secret);
  ADD ("credential/denied-together", test_denied_together);
  ADD ("credential/caches-dropped", test_caches_dropped);
  ADD ("credential/rest-outlives-restart", test_rest_outlives_restart);
  g_test_add_func ("/outbox/pace/limits", test_paces);
  ADD ("pace/shared", test_shared_pace);
  ADD ("bucket/doubling", test_doubling);
  ADD ("bucket/outlives-restart", test_wait_outlives_restart);
  ADD ("bucket/other-host", test_other_host);
  ADD ("bucket/used-up-by-success", test_used_up_by_success);
  ADD ("bucket/held-backlog", test_held_backlog);
  ADD ("schedule/quiet-after-pause", test_quiet_after_pause);
  ADD ("trial/delivered", test_trial);
  ADD ("trial/delivered-paced", test_trial_paced);
  ADD ("trial/refused", test_trial_refused);
  ADD ("trial/feed", test_trial_of_feed);
  ADD ("trial/paused", test_trial_while_paused);
  ADD ("people/ranges", test_ranges);
  ADD ("people/explain", test_explain);
#undef ADD
  for (gsize i = 0; i < G_N_ELEMENTS (limit_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox/bucket/%s", limit_rows[i].name);

    g_test_add (path, Fixture, &limit_rows[i], fixture_set_up, test_limit, fixture_tear_down);
  }
  return g_test_run ();
}
