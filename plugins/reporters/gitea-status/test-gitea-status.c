/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#define KEYS    "base-url=$URL/git/\ntoken=plain:example-token"
#define HEADERS "Authorization: token example-token\nContent-Type: application/json"
#define SHA     "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define BODY(state, description)                                                                   \
  "{'state': '" state "', 'target_url': '" PAGE "', 'description': '" description                  \
  "', 'context': 'buildbot/linux-x86'}"

static const BelfryTestExchange failure = {
  .target = "/git/api/v1/repos/acme/anvil/statuses/" SHA,
  .headers = HEADERS,
  .body = BODY ("failure", "Build done."),
  .status = 201,
  .answer = "{'id': 1, 'status': 'failure'}",
};

static const struct {
  const char *fixture;
  const char *edits;
  const char *body;
} states[] = {
  { "started", NULL, BODY ("pending", "Build started.") },
  { "success", NULL, BODY ("success", "Build done.") },
  { "warnings", NULL, BODY ("warning", "Build done.") },
  { "failure", NULL, BODY ("failure", "Build done.") },
  { "exception", NULL, BODY ("error", "Build done.") },
  { "cancelled", NULL, BODY ("error", "Build done.") },
  { "success", "builds.0.results=3", BODY ("success", "Build done.") },
  { "success", "builds.0.results=5", BODY ("pending", "Build done.") },
  { "started", "phase='request'", BODY ("pending", "Build pending.") },
};

static void
test_states (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (states[i].fixture, states[i].edits);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = states[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static const struct {
  const char *edits;
  const char *path; /* behind repos/; NULL: nothing is sent */
} places[] = {
  { "builds.0.properties.owner=['o', 'x']\nbuilds.0.properties.repository_name=['r', 'x']",
    "o/r/statuses/" SHA },
  { "builds.0.properties.owner=['o', 'x']", "acme/anvil/statuses/" SHA },
  { "builds.0.properties.head_sha=['abcd', 'x']", "acme/anvil/statuses/abcd" },
  { "builds.0.properties.owner=['..', 'x']\nbuilds.0.properties.repository_name=['r', 'x']", NULL },
  { "builds.0.buildset.sourcestamps=[{'project': '', 'repository': '', 'revision': 'a'}]", NULL },
  { "builds.0.buildset.sourcestamps=[{'project': 'a/b', 'revision': null}]", NULL },
  { "builds.0.buildset.sourcestamps=[{'repository': 'https://x.example/p/q.git', 'revision': "
    "'ab'}]",
    "p/q/statuses/ab" },
};

static void
test_places (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", places[i].edits);
    g_autofree char *target = g_strconcat ("/git/api/v1/repos/", places[i].path, NULL);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.target = target;
    if (places[i].path == NULL) {
      g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
      continue;
    }
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

/* of two stamps the property cannot say which one it means */
static void
test_two_stamps (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new (
      "failure", "builds.0.properties.head_sha=['abcd', 'x']\n"
                 "builds.0.buildset.sourcestamps=[{'project': 'a/b', 'revision': '11'},"
                 "{'project': 'c/d', 'revision': '22'}]");
  BelfryTargets *targets = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 2);
  targets = belfry_test_get_targets (test);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "a/b");
  g_assert_cmpstr (belfry_targets_get_key (targets, 0), ==, "11 buildbot/linux-x86");
  g_assert_cmpstr (belfry_targets_get_key (targets, 1), ==, "22 buildbot/linux-x86");
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, BELFRY_OUTCOME_REFUSED, 0 }, { 400, BELFRY_OUTCOME_REFUSED, 0 },
  { 401, BELFRY_OUTCOME_DENIED, 0 },  { 403, BELFRY_OUTCOME_REFUSED, 0 },
  { 404, BELFRY_OUTCOME_REFUSED, 0 }, { 422, BELFRY_OUTCOME_REFUSED, 0 },
  { 423, BELFRY_OUTCOME_WAIT, 0 },    { 429, BELFRY_OUTCOME_WAIT, 60 },
  { 500, BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failure;

    exchange.status = answers[i].status;
    exchange.answer = "{'message': 'no'}";
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);

  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_REFUSED);
}

static void
test_words (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitea-status", KEYS);
  BelfryTestExchange started = failure;

  started.body = BODY ("pending", "Build started.");
  belfry_report_test_check_words (test, NULL, &started, &failure);
  belfry_report_test_check_pending (test);
}

static void
test_check (void)
{
  g_autofree char *missing = belfry_test_dup_problems ("reporter/gitea-status", "token=plain:x");

  g_assert_true (g_str_has_prefix (missing, "error base-url: "));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gitea-status/plan/states", test_states);
  g_test_add_func ("/gitea-status/plan/places", test_places);
  g_test_add_func ("/gitea-status/plan/two-stamps", test_two_stamps);
  g_test_add_func ("/gitea-status/answer/documented", test_answers);
  g_test_add_func ("/gitea-status/answer/faults", test_faults);
  g_test_add_func ("/gitea-status/options/check", test_check);
  g_test_add_func ("/gitea-status/plan/words", test_words);
  return g_test_run ();
}
