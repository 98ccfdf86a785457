/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an event to a delivery, and every way of not getting there at once. */
#include "test-fixture.h"

static JsonObject *
get_build (TestReporter *reporter, guint item, guint index)
{
  JsonArray *builds = belfry_json_get_array (test_get_item (reporter, item)->payload, "builds");

  g_assert_cmpuint (index, <, json_array_get_length (builds));
  return json_array_get_object_element (builds, index);
}

static guint
count_builds (TestReporter *reporter, guint item)
{
  return json_array_get_length (
      belfry_json_get_array (test_get_item (reporter, item)->payload, "builds"));
}

static void
test_delivered (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "finished");
  g_assert_cmpstr (test_get_item (reporter, 0)->target, ==, "room");
  g_assert_cmpuint (test_get_item (reporter, 0)->tries, ==, 0);
  g_assert_null (test_get_item (reporter, 0)->remote_id);
}

/* start and end of a build, in this order, the start as it was then */
static void
test_start_and_end (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "http", NULL);
  JsonObject *build = NULL;

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_wait_states (fixture, "http", "delivered delivered");
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "started");
  g_assert_cmpstr (test_get_item (reporter, 1)->phase, ==, "finished");
  build = get_build (reporter, 0, 0);
  g_assert_false (belfry_json_get_boolean (build, "complete", TRUE));
  g_assert_true (json_object_get_null_member (build, "results"));
  g_assert_true (json_object_get_null_member (build, "complete_at"));
  build = get_build (reporter, 1, 0);
  g_assert_true (belfry_json_get_boolean (build, "complete", FALSE));
  g_assert_cmpint (belfry_json_get_integer (build, "results", -1), ==, BELFRY_RESULT_SUCCESS);
}

/* a start that is only now planned tells what was true then, whatever has happened since */
static void
test_start_is_masked (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "http", NULL);
  JsonObject *build = NULL;

  reporter->hosted->state = BELFRY_HOSTED_STARTING;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  fixture_wait_states (fixture, "http", "delivered delivered");
  build = get_build (reporter, 0, 0);
  g_assert_false (belfry_json_get_boolean (build, "complete", TRUE));
  g_assert_true (json_object_get_null_member (build, "results"));
  g_assert_true (json_object_get_null_member (build, "complete_at"));
  g_assert_cmpstr (belfry_json_get_text (build, "state_string"), ==, "building");
  build = json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, 0)->payload, "variables"), 0);
  g_assert_cmpstr (belfry_json_get_text (build, "event_name"), ==, "new");
  g_assert_true (json_object_get_null_member (build, "results"));
}

/* what only paints a state drops a start that waits beside its end */
static void
test_painter_drops_start (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_painter, "status", NULL);

  reporter->hosted->state = BELFRY_HOSTED_STARTING;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  belfry_outbox_wake (fixture->outbox);
  fixture_wait_states (fixture, "status", "superseded delivered");
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "finished");
}

typedef struct {
  const char *keys;
  TestBuild build;
  gboolean reported;
} FilterRow;

static const FilterRow filter_rows[] = {
  { NULL, { NULL }, TRUE },
  { "builders=linux-x86", { NULL }, TRUE },
  { "builders=other;linux-x86", { NULL }, TRUE },
  { "builders=other", { NULL }, FALSE },
  { "builders=", { NULL }, FALSE },
  { "tags=nightly", { .tag = "c;nightly" }, TRUE },
  { "tags=nightly", { NULL }, FALSE },
  { "schedulers=on-push", { .scheduler = "on-push" }, TRUE },
  { "schedulers=on-push", { .scheduler = "weekly" }, FALSE },
  { "schedulers=on-push", { NULL }, FALSE },
  { "branches=main", { NULL }, TRUE },
  { "branches=main", { .branch = "topic" }, FALSE },
  { "builders=linux-x86\nbranches=main\nschedulers=on-push", { .scheduler = "on-push" }, TRUE },
  { "builders=linux-x86\nbranches=topic\nschedulers=on-push", { .scheduler = "on-push" }, FALSE },
  { "mode=passing", { NULL }, FALSE },
  { "mode=all", { NULL }, TRUE },
};

static void
test_filters (Fixture *fixture, gconstpointer data)
{
  const FilterRow *row = data;

  fixture_add (fixture, &test_message, "mail", row->keys);
  fixture_apply (fixture);
  fixture_build (fixture, &row->build, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "mail", row->reported ? "delivered" : "");
}

typedef struct {
  const char *keys;
  gint64 results[4]; /* of builds in their order */
  const char *branches[4];
  guint reported; /* bits, the first build lowest */
} PreviousRow;

static const PreviousRow previous_rows[] = {
  { "mode=change", { 0, 2, 2, 0 }, { NULL }, 0xa },
  { "mode=problem", { 2, 2, 0, 2 }, { NULL }, 0x8 },
  /* a retry is no build to compare with */
  { "mode=change", { 0, 5, 0, 2 }, { NULL }, 0xa },
  { "mode=change\nprevious-build=none", { 0, 2, 0, 2 }, { NULL }, 0 },
  { "mode=change\nprevious-build=same-branch", { 0, 2, 0, 2 }, { "a", "b", "a", "b" }, 0 },
  { "mode=change\nprevious-build=same-branch", { 0, 2, 2, 2 }, { "a", "b", "a", "b" }, 0x4 },
};

static void
test_previous (Fixture *fixture, gconstpointer data)
{
  const PreviousRow *row = data;
  gint64 ids[4] = { 0 };
  guint reported = 0;
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", row->keys);

  fixture_apply (fixture);
  for (guint i = 0; i < 4; i++) {
    TestBuild build = { .branch = row->branches[i] };

    ids[i] = fixture_build (fixture, &build, row->results[i]);
    fixture_settle (fixture);
  }
  for (guint i = 0; i < reporter->state.items->len; i++)
    for (guint j = 0; j < 4; j++)
      if (belfry_json_get_integer (get_build (reporter, i, 0), "buildid", 0) == ids[j])
        reported |= 1u << j;
  g_assert_cmphex (reported, ==, row->reported);
}

static void
test_set_summary (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail",
                   "build-set-summary=true\nmode=failing\ntemplate={{ buildername }}: {{ "
                   "statuses[results] }} {{ is_buildset }}\\n");
  TestBuild second = { .builder = "win" };
  TestBuild third = { .builder = "mac" };
  gint64 first = 0;

  fixture_apply (fixture);
  first = fixture_start_build (fixture, NULL);
  second.bsid = third.bsid = fixture_get_set (fixture, first);
  fixture_finish_build (fixture, first, BELFRY_RESULT_FAILURE);
  fixture_build (fixture, &second, BELFRY_RESULT_SUCCESS);
  fixture_build (fixture, &third, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  fixture_finish_set (fixture, first, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpuint (count_builds (reporter, 0), ==, 2);
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==,
                   "linux-x86: failure True\nmac: failure True");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Buildbot failure in Acme CI on whole buildset");
  g_assert_true (
      belfry_json_get_boolean (test_get_item (reporter, 0)->payload, "is_buildset", FALSE));
}

static void
test_set_summary_of_nothing (Fixture *fixture, gconstpointer unused)
{
  gint64 build = 0;

  fixture_add (fixture, &test_message, "mail", "build-set-summary=true\nmode=failing");
  fixture_apply (fixture);
  build = fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_finish_set (fixture, build, BELFRY_RESULT_SUCCESS);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "mail", "");
}

static void
test_worker (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail", "builders=\nwatched-workers=box3;box4");

  fixture_apply (fixture);
  fixture_lose_worker (fixture, "box1");
  fixture_lose_worker (fixture, "box3");
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "worker");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "Buildbot worker box3 missing");
  g_assert_nonnull (strstr (test_get_text (reporter, 0, "body"), "Mon Jun  3 07:33:20 2024"));
}

static void
test_workers_all_and_none (Fixture *fixture, gconstpointer unused)
{
  fixture_add (fixture, &test_message, "all", "watched-workers=all");
  fixture_add (fixture, &test_message, "none", NULL);
  fixture_apply (fixture);
  fixture_lose_worker (fixture, "box1");
  fixture_wait_states (fixture, "all", "delivered");
  fixture_wait_states (fixture, "none", "");
}

/* retried with the same bytes, later and later */
static void
test_wait (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (90 * G_USEC_PER_SEC, TRUE, "try later"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_wait_states (fixture, "mail", "planned");
  fixture_advance (fixture, 89 * G_USEC_PER_SEC);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  fixture_advance (fixture, 2 * G_USEC_PER_SEC);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpuint (test_get_item (reporter, 1)->tries, ==, 1);
  g_assert_cmpint (test_get_item (reporter, 0)->reportid, ==,
                   test_get_item (reporter, 1)->reportid);
  first = json_to_string (
      json_node_init_object (json_node_alloc (), test_get_item (reporter, 0)->payload), FALSE);
  second = json_to_string (
      json_node_init_object (json_node_alloc (), test_get_item (reporter, 1)->payload), FALSE);
  g_assert_cmpstr (first, ==, second);
}

/* a wait of a day is asked again after six hours */
static void
test_wait_is_bounded (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "max-age=2d");

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_TIME_SPAN_DAY, TRUE, NULL));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_advance (fixture, 6 * G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "delivered");
}

/* only what the service answered makes a report old */
static void
test_age (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "max-age=1h");

  for (guint i = 0; i < 50; i++)
    g_queue_push_tail (&reporter->state.outcomes, belfry_outcome_new_wait (0, FALSE, "no route"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  for (guint i = 2; i <= 51; i++) {
    fixture_settle (fixture);
    fixture_advance (fixture, G_TIME_SPAN_HOUR);
    fixture_wait_items (fixture, reporter, i);
  }
  fixture_wait_states (fixture, "mail", "delivered");
}

static void
test_too_old (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "max-age=1h");

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*it is given up");
  for (guint i = 0; i < 3; i++)
    g_queue_push_tail (&reporter->state.outcomes,
                       belfry_outcome_new_wait (25 * G_TIME_SPAN_MINUTE, TRUE, "503: busy"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  for (guint i = 1; i <= 3; i++) {
    fixture_wait_items (fixture, reporter, i);
    fixture_settle (fixture);
    fixture_advance (fixture, 25 * G_TIME_SPAN_MINUTE);
  }
  fixture_wait_states (fixture, "mail", "dead");
  g_test_assert_expected_messages ();
}

static void
test_unreachable_for_weeks (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  for (guint i = 0; i < 2; i++)
    g_queue_push_tail (&reporter->state.outcomes, belfry_outcome_new_wait (0, FALSE, "no route"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*no route; it is given up");
  fixture_advance (fixture, 15 * G_TIME_SPAN_DAY);
  fixture_wait_states (fixture, "mail", "dead");
  g_test_assert_expected_messages ();
}

static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", "fallback=other");
  TestReporter *other = fixture_add (fixture, &test_message, "other", "builders=\nfallback=mail");
  g_autofree char *answer = NULL;

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "reporter 'mail'*it is given up");
  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "400: bad <room>"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "dead");
  fixture_wait_states (fixture, "other", "delivered");
  answer = fixture_dup_answer (fixture, "mail");
  g_assert_cmpstr (answer, ==, "400: bad <room>");
  g_assert_true (g_str_has_prefix (test_get_text (other, 0, "body"),
                                   "Reporter 'mail' could not deliver this: 400: bad <room>\n"));
  g_test_assert_expected_messages ();
}

/* two who are each other's fallback do not play ball with a report */
static void
test_fallback_once (Fixture *fixture, gconstpointer unused)
{
  TestReporter *a = fixture_add (fixture, &test_message, "a", "fallback=b");
  TestReporter *b = fixture_add (fixture, &test_message, "b", "builders=\nfallback=a");

  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "reporter 'a'*it is given up");
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "reporter 'b'*it is given up");
  g_queue_push_tail (&a->state.outcomes, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no"));
  g_queue_push_tail (&b->state.outcomes, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no"));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "b", "dead");
  fixture_settle (fixture);
  fixture_wait_states (fixture, "a", "dead");
  g_test_assert_expected_messages ();
}

/* one key: the second waits for the first; another key does not */
static void
test_order_of_a_key (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->state.silent = TRUE;
  reporter->state.key = "same";
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_settle (fixture);
  g_assert_cmpuint (reporter->state.items->len, ==, 1);
  reporter->state.key = "other";
  fixture_build (fixture, NULL, BELFRY_RESULT_WARNINGS);
  fixture_wait_items (fixture, reporter, 2);
  g_assert_cmpstr (test_get_item (reporter, 1)->key, ==, "other");
  fixture_answer (reporter, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL));
  fixture_wait_items (fixture, reporter, 3);
  g_assert_cmpstr (test_get_item (reporter, 2)->key, ==, "same");
  fixture_answer (reporter, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL));
  fixture_answer (reporter, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL));
  fixture_wait_states (fixture, "mail", "delivered delivered delivered");
}

/* behind one that waits for hours, its own key waits, and nobody else */
static void
test_stuck_key (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_TIME_SPAN_HOUR, TRUE, NULL));
  reporter->state.key = "stuck";
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_settle (fixture);
  reporter->state.key = "free";
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "planned planned delivered");
  fixture_advance (fixture, G_TIME_SPAN_HOUR);
  fixture_wait_states (fixture, "mail", "delivered delivered delivered");
  g_assert_cmpint (test_get_item (reporter, 0)->reportid, ==,
                   test_get_item (reporter, 2)->reportid);
}

/* a newer state of a painter takes the place of an older one that waits */
static void
test_painter_supersedes (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_painter, "status", NULL);
  gint64 build = 0;

  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_TIME_SPAN_HOUR, TRUE, NULL));
  fixture_apply (fixture);
  build = fixture_start_build (fixture, NULL);
  fixture_wait_items (fixture, reporter, 1);
  fixture_settle (fixture);
  fixture_finish_build (fixture, build, BELFRY_RESULT_SUCCESS);
  fixture_wait_states (fixture, "status", "superseded delivered");
  g_assert_cmpstr (test_get_item (reporter, 1)->phase, ==, "finished");
}

/* the remote id of what went before in the same lane is at hand for an edit */
static void
test_remote_id (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "chat", NULL);
  BelfryOutcome *outcome = belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL);
  gint64 build = 0;

  outcome->remote_id = g_strdup ("m-17");
  g_queue_push_tail (&reporter->state.outcomes, outcome);
  fixture_apply (fixture);
  build = fixture_start_build (fixture, NULL);
  fixture_wait_states (fixture, "chat", "delivered");
  fixture_finish_build (fixture, build, BELFRY_RESULT_SUCCESS);
  fixture_wait_states (fixture, "chat", "delivered delivered");
  g_assert_null (test_get_item (reporter, 0)->remote_id);
  g_assert_cmpstr (test_get_item (reporter, 1)->remote_id, ==, "m-17");
}

/* several targets are rows of their own, and only one of them is tried again */
static void
test_targets (Fixture *fixture, gconstpointer unused)
{
  static const char *const targets[] = { "a", "b", "c", NULL };
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->state.targets = targets;
  g_queue_push_tail (&reporter->state.outcomes,
                     belfry_outcome_new_wait (G_TIME_SPAN_MINUTE, TRUE, NULL));
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "planned delivered delivered");
  fixture_advance (fixture, G_TIME_SPAN_MINUTE);
  fixture_wait_states (fixture, "mail", "delivered delivered delivered");
  g_assert_cmpuint (reporter->state.items->len, ==, 4);
  g_assert_cmpstr (test_get_item (reporter, 3)->target, ==, "a");
}

static void
test_no_targets (Fixture *fixture, gconstpointer unused)
{
  static const char *const targets[] = { NULL };
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  reporter->state.targets = targets;
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "superseded");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("delivery/delivered", test_delivered);
  ADD ("delivery/start-and-end", test_start_and_end);
  ADD ("delivery/start-is-masked", test_start_is_masked);
  ADD ("delivery/painter-drops-start", test_painter_drops_start);
  ADD ("delivery/wait", test_wait);
  ADD ("delivery/wait-is-bounded", test_wait_is_bounded);
  ADD ("delivery/age", test_age);
  ADD ("delivery/too-old", test_too_old);
  ADD ("delivery/unreachable-for-weeks", test_unreachable_for_weeks);
  ADD ("delivery/refused", test_refused);
  ADD ("delivery/fallback-once", test_fallback_once);
  ADD ("delivery/order-of-a-key", test_order_of_a_key);
  ADD ("delivery/stuck-key", test_stuck_key);
  ADD ("delivery/painter-supersedes", test_painter_supersedes);
  ADD ("delivery/remote-id", test_remote_id);
  ADD ("delivery/targets", test_targets);
  ADD ("delivery/no-targets", test_no_targets);
  ADD ("filter/set-summary", test_set_summary);
  ADD ("filter/set-summary-of-nothing", test_set_summary_of_nothing);
  ADD ("filter/worker", test_worker);
  ADD ("filter/workers-all-and-none", test_workers_all_and_none);
#undef ADD
  for (gsize i = 0; i < G_N_ELEMENTS (filter_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox/filter/build-%" G_GSIZE_FORMAT, i);

    g_test_add (path, Fixture, &filter_rows[i], fixture_set_up, test_filters, fixture_tear_down);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (previous_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox/filter/previous-%" G_GSIZE_FORMAT, i);

    g_test_add (path, Fixture, &previous_rows[i], fixture_set_up, test_previous, fixture_tear_down);
  }
  return g_test_run ();
}
