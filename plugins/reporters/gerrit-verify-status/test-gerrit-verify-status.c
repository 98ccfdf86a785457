/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gerrit-verify-status.h"
#include "report-test.h"

#include <string.h>

#define KEYS    "base-url=$URL/r\nauth=plain:ci-bot:s3cret99"
#define HEADERS "Authorization: Basic Y2ktYm90OnMzY3JldDk5\nContent-Type: application/json"
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define NAME    "'buildername': ['linux-x86', 'Builder']"
#define CHANGE                                                                                     \
  "builds.0.properties={" NAME                                                                     \
  ", 'event.change.number': [4321, 'Change'], 'event.patchSet.number': ['12', 'Change']}"
#define BODY(value, comment, duration)                                                             \
  "{'name': 'linux-x86', 'value': " value ", 'abstain': false, 'comment': '" comment               \
  "', 'url': '" PAGE "', 'reporter': 'buildbot', 'duration': '" duration "'}"

static const BelfryTestExchange failed = {
  .target = "/r/a/changes/4321/revisions/12/verify-status~verifications",
  .headers = HEADERS,
  .body = BODY ("-1", "Build done.", "4m 7s"),
  .status = 204,
  .answer = "",
};

static const struct {
  const char *fixture;
  const char *edits;
  const char *body;
} values[] = {
  { "started", CHANGE, BODY ("0", "Build started.", "pending") },
  { "success", CHANGE, BODY ("1", "Build done.", "4m 7s") },
  { "warnings", CHANGE, BODY ("1", "Build done.", "4m 7s") },
  { "failure", CHANGE, BODY ("-1", "Build done.", "4m 7s") },
  { "exception", CHANGE, BODY ("0", "Build done.", "4m 7s") },
  { "cancelled", CHANGE, BODY ("0", "Build done.", "4m 7s") },
  { "success", CHANGE "\nbuilds.0.results=3", BODY ("0", "Build done.", "4m 7s") },
  { "success", CHANGE "\nbuilds.0.results=5", BODY ("0", "Build done.", "4m 7s") },
  { "success", CHANGE "\nbuilds.0.results=17", BODY ("-1", "Build done.", "4m 7s") },
};

static void
test_values (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit-verify-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (values[i].fixture, values[i].edits);
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    g_test_message ("%s: %s", values[i].fixture, values[i].body);
    exchange.body = values[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_durations (void)
{
  static const struct {
    gint64 seconds;
    const char *text;
  } rows[] = {
    { 0, "0m 0s" },
    { 247, "4m 7s" },
    { 3599, "59m 59s" },
    { 3601, "1h 0m 1s" },
    { 86401, "1 day 0h 0m 1s" },
    { 172801, "2 days 0h 0m 1s" },
    { -5, "0m 0s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = gerrit_verify_dup_duration (rows[i].seconds);

    g_assert_cmpstr (text, ==, rows[i].text);
  }
}

static void
test_changes (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit-verify-status", KEYS);
  g_autoptr (BelfryReport) several = belfry_test_report_new (
      "failure", "builds.0.properties={" NAME ", 'event.change.number': [1, 'x'],"
                 "'event.patchSet.number': [1, 'x'], 'gerrit_changes': [["
                 "{'change_id': 'acme/anvil~main~I8f', 'revision_id': 'abcd'},"
                 "{'change_id': 7, 'revision_id': 2}, {'change_id': 8},"
                 "{'change_id': '..', 'revision_id': 'x'}], 'x']}");
  g_autoptr (BelfryReport) none = belfry_test_report_new ("failure", NULL);
  BelfryTargets *targets = NULL;
  BelfryTestExchange first = failed;
  BelfryTestExchange second = failed;

  first.target = "/r/a/changes/acme%2Fanvil~main~I8f/revisions/abcd/verify-status~verifications";
  second.target = "/r/a/changes/7/revisions/2/verify-status~verifications";
  g_assert_cmpuint (belfry_test_plan (test, several), ==, 2);
  targets = belfry_test_get_targets (test);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "acme/anvil~main~I8f");
  g_assert_cmpstr (belfry_targets_get_key (targets, 0), ==, "abcd linux-x86");
  belfry_test_expect (test, &first);
  belfry_outcome_free (belfry_test_deliver (test, 0, NULL));
  belfry_test_expect (test, &second);
  belfry_outcome_free (belfry_test_deliver (test, 1, NULL));
  g_assert_nonnull (strstr (belfry_test_get_log (test), "has no id or revision"));
  g_assert_cmpuint (belfry_test_plan (test, none), ==, 0);
}

static void
test_options (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/gerrit-verify-status",
      KEYS "\nverification-name=%(prop:buildername)s/unit\nabstain=%(prop:optional:-no)s\n"
           "category=nightly\nreporter=acme\nend-description-template={{ summary }}\nverbose=true");
  g_autoptr (BelfryReport) voting = belfry_test_report_new ("failure", CHANGE);
  g_autoptr (BelfryReport) abstaining = belfry_test_report_new (
      "failure", "builds.0.properties={" NAME ", 'optional': ['Yes', 'x'],"
                 "'event.change.number': [4321, 'x'], 'event.patchSet.number': [12, 'x']}");
  BelfryTestExchange exchange = failed;

  exchange.body = "{'name': 'linux-x86/unit', 'value': -1, 'abstain': false, 'comment': 'BUILD "
                  "FAILED: failed make check', 'url': '" PAGE
                  "', 'reporter': 'acme', 'category': 'nightly', 'duration': '4m 7s'}";
  belfry_outcome_free (belfry_test_run_report (test, voting, &exchange));
  exchange.body = "{'name': 'linux-x86/unit', 'value': -1, 'abstain': true, 'comment': 'BUILD "
                  "FAILED: failed make check', 'url': '" PAGE
                  "', 'reporter': 'acme', 'category': 'nightly', 'duration': '4m 7s'}";
  belfry_outcome_free (belfry_test_run_report (test, abstaining, &exchange));
  g_assert_nonnull (strstr (belfry_test_get_log (test),
                            "Sending verification \"-1\" for 4321 at 12, context "
                            "\"linux-x86/unit\""));
}

static void
test_logins (void)
{
  g_autoptr (BelfryTest) bearer =
      belfry_test_new ("reporter/gerrit-verify-status",
                       "base-url=$URL/r\nauth=plain:example-token\nauth-kind=bearer");
  g_autoptr (BelfryTest) digest =
      belfry_test_new ("reporter/gerrit-verify-status", KEYS "\nauth-kind=digest");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", CHANGE);
  BelfryTestExchange exchange = failed;
  g_autoptr (BelfryHttpRequest) request = NULL;
  const char *user = NULL;
  const char *password = NULL;
  BelfryItem item = { .size = sizeof item, .target = "4321" };

  exchange.headers = "Authorization: Bearer example-token\nContent-Type: application/json";
  belfry_outcome_free (belfry_test_run_report (bearer, report, &exchange));

  g_assert_cmpuint (belfry_test_plan (digest, report), ==, 1);
  item.payload = belfry_targets_get_payload (belfry_test_get_targets (digest), 0);
  request = gerrit_verify_to_request (belfry_test_get_state (digest), &item, NULL);
  g_assert_true (belfry_http_request_get_digest (request, &user, &password));
  g_assert_cmpstr (user, ==, "ci-bot");
  g_assert_cmpstr (password, ==, "s3cret99");
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, BELFRY_OUTCOME_DELIVERED, 0 }, { 400, BELFRY_OUTCOME_REFUSED, 0 },
  { 401, BELFRY_OUTCOME_DENIED, 0 },    { 403, BELFRY_OUTCOME_REFUSED, 0 },
  { 404, BELFRY_OUTCOME_REFUSED, 0 },   { 409, BELFRY_OUTCOME_REFUSED, 0 },
  { 429, BELFRY_OUTCOME_WAIT, 60 },     { 503, BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit-verify-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", CHANGE);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = answers[i].status;
    exchange.answer = ")]}'\n\"no\"";
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit-verify-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", CHANGE);

  belfry_report_test_check_faults_of (test, report, &failed, BELFRY_OUTCOME_DELIVERED);
}

static void
test_words (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit-verify-status", KEYS);
  BelfryTestExchange started = failed;

  started.body = BODY ("0", "Build started.", "pending");
  belfry_report_test_check_words (test, CHANGE, &started, &failed);
}

static void
test_check (void)
{
  g_autofree char *missing = belfry_test_dup_problems ("reporter/gerrit-verify-status", "");
  g_autofree char *login = belfry_test_dup_problems (
      "reporter/gerrit-verify-status", "base-url=https://x.example\nauth=plain:x\nauth-kind=ntlm");

  g_assert_true (g_str_has_prefix (missing, "error base-url: "));
  g_assert_nonnull (strstr (missing, "error auth: "));
  g_assert_true (g_str_has_prefix (login, "error auth-kind: "));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gerrit-verify-status/plan/values", test_values);
  g_test_add_func ("/gerrit-verify-status/plan/durations", test_durations);
  g_test_add_func ("/gerrit-verify-status/plan/changes", test_changes);
  g_test_add_func ("/gerrit-verify-status/plan/options", test_options);
  g_test_add_func ("/gerrit-verify-status/request/logins", test_logins);
  g_test_add_func ("/gerrit-verify-status/answer/documented", test_answers);
  g_test_add_func ("/gerrit-verify-status/answer/faults", test_faults);
  g_test_add_func ("/gerrit-verify-status/options/check", test_check);
  g_test_add_func ("/gerrit-verify-status/plan/words", test_words);
  return g_test_run ();
}
