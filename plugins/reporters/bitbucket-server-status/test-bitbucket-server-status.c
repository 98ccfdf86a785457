/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#include <reports.h>
#include <string.h>

#define KEYS    "base-url=$URL\nuser=plain:ci-bot\npassword=plain:s3cret"
#define HEADERS "Authorization: Basic Y2ktYm90OnMzY3JldA==\nContent-Type: application/json"
#define SHA     "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define TARGET  "/rest/build-status/1.0/commits/" SHA
#define BODY(state, description)                                                                   \
  "{'state': '" state "', 'url': '" PAGE "', 'key': 'linux-x86', 'description': '" description "'" \
  "}"

static const BelfryTestExchange failed = {
  .target = TARGET,
  .headers = HEADERS,
  .body = BODY ("FAILED", "Build done."),
  .status = 204,
  .answer = "",
};

static const struct {
  const char *fixture;
  const char *edits;
  const char *body;
} states[] = {
  { "started", NULL, BODY ("INPROGRESS", "Build started.") },
  { "success", NULL, BODY ("SUCCESSFUL", "Build done.") },
  { "warnings", NULL, BODY ("FAILED", "Build done.") },
  { "failure", NULL, BODY ("FAILED", "Build done.") },
  { "exception", NULL, BODY ("FAILED", "Build done.") },
  { "cancelled", NULL, BODY ("FAILED", "Build done.") },
  { "success", "builds.0.results=3", BODY ("FAILED", "Build done.") },
};

static void
test_states (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (states[i].fixture, states[i].edits);
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = states[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

/* what is empty is left out */
static void
test_names (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/bitbucket-server-status",
                       KEYS "\nkey=ci/%(prop:workername)s\nstatus-name=on %(prop:"
                            "workername)s\nend-description-template={{ nothing }}");
  BelfryTestExchange exchange = failed;

  exchange.body = "{'state': 'FAILED', 'url': '" PAGE "', 'key': 'ci/box3', 'name': 'on box3'}";
  belfry_test_check_report (test, "failure", &exchange, BELFRY_OUTCOME_DELIVERED, 0);
  g_assert_cmpstr (belfry_targets_get_target (belfry_test_get_targets (test), 0), ==,
                   "github.com/acme/anvil");
  g_assert_cmpstr (belfry_targets_get_key (belfry_test_get_targets (test), 0), ==, SHA " ci/box3");
}

static void
test_stamps (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new (
      "failure", "builds.0.buildset.sourcestamps=[{'codebase': 'a', 'revision': null},"
                 "{'codebase': 'b', 'revision': '" SHA "', 'repository': 'ssh://git@x/a/b.git'},"
                 "{'codebase': 'c', 'revision': '..'}]");
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, &failed);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_nonnull (strstr (belfry_test_get_log (test), "Skipped codebase 'a'"));
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, BELFRY_OUTCOME_REFUSED, 0 }, { 201, BELFRY_OUTCOME_REFUSED, 0 },
  { 400, BELFRY_OUTCOME_REFUSED, 0 }, { 401, BELFRY_OUTCOME_DENIED, 0 },
  { 403, BELFRY_OUTCOME_REFUSED, 0 }, { 404, BELFRY_OUTCOME_REFUSED, 0 },
  { 429, BELFRY_OUTCOME_WAIT, 60 },   { 503, BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryTestExchange exchange = failed;

  exchange.answer = "{'errors': []}";
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    exchange.status = answers[i].status;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
  exchange.status = 400;
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==,
                   "400: Unable to send Bitbucket Server status: {\"errors\": []}");
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-status", KEYS);

  belfry_report_test_check_faults (test, "failure", &failed, BELFRY_OUTCOME_REFUSED);
}

static void
test_words (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-status", KEYS);
  BelfryTestExchange started = failed;

  started.body = BODY ("INPROGRESS", "Build started.");
  belfry_report_test_check_words (test, NULL, &started, &failed);
}

static void
test_check (void)
{
  g_autofree char *missing =
      belfry_test_dup_problems ("reporter/bitbucket-server-status", "base-url=https://x.example");
  g_autofree char *plain =
      belfry_test_dup_problems ("reporter/bitbucket-server-status",
                                "base-url=http://x.example\nuser=plain:a\npassword=plain:b");

  g_assert_true (g_str_has_prefix (missing, "error user: "));
  g_assert_nonnull (strstr (missing, "error password: "));
  g_assert_true (g_str_has_prefix (plain, "warning base-url: "));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bitbucket-server-status/plan/states", test_states);
  g_test_add_func ("/bitbucket-server-status/plan/names", test_names);
  g_test_add_func ("/bitbucket-server-status/plan/stamps", test_stamps);
  g_test_add_func ("/bitbucket-server-status/answer/documented", test_answers);
  g_test_add_func ("/bitbucket-server-status/answer/faults", test_faults);
  g_test_add_func ("/bitbucket-server-status/options/check", test_check);
  g_test_add_func ("/bitbucket-server-status/plan/words", test_words);
  return g_test_run ();
}
