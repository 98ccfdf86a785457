/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gitlab-status.h"
#include "report-test.h"

#define KEYS    "base-url=$URL\ntoken=plain:example-token"
#define NEEDS   "; it needs a token with the scope 'api' of a developer in the project"
#define TOKEN   "PRIVATE-TOKEN: example-token"
#define HEADERS TOKEN "\nContent-Type: application/json"
#define SHA     "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define ID      "builds.0.properties.source_project_id=[4711, 'x']"
#define BODY(state, description)                                                                   \
  "{'state': '" state "', 'ref': 'main', 'description': '" description "', 'target_url': '" PAGE   \
  "', 'name': 'buildbot/linux-x86'}"

static const BelfryTestExchange project = {
  .method = "GET",
  .target = "/api/v4/projects/acme%2Fanvil",
  .headers = TOKEN,
  .status = 200,
  .answer = "{'id': 4711, 'path_with_namespace': 'acme/anvil'}",
};

static const BelfryTestExchange failed = {
  .target = "/api/v4/projects/4711/statuses/" SHA,
  .headers = HEADERS,
  .body = BODY ("failed", "Build done."),
  .status = 201,
  .answer = "{'id': 93, 'status': 'failed'}",
};

static const struct {
  const char *fixture;
  const char *edits;
  const char *body;
} states[] = {
  { "started", ID, BODY ("running", "Build started.") },
  { "success", ID, BODY ("success", "Build done.") },
  { "warnings", ID, BODY ("success", "Build done.") },
  { "failure", ID, BODY ("failed", "Build done.") },
  { "exception", ID, BODY ("failed", "Build done.") },
  { "cancelled", ID, BODY ("canceled", "Build done.") },
  { "success", ID "\nbuilds.0.results=3", BODY ("success", "Build done.") },
  { "success", ID "\nbuilds.0.results=5", BODY ("pending", "Build done.") },
  { "started", ID "\nphase='request'", BODY ("pending", "Build pending.") },
  { "cancelled", ID "\nphase='request'", BODY ("canceled", "Build request cancelled.") },
  { "failure", "builds.0.properties.source_project_id=['4711', 'x']",
    BODY ("failed", "Build done.") },
  { "failure", ID "\nbuilds.0.properties.source_branch=['feature', 'x']",
    "{'state': 'failed', 'ref': 'feature', 'description': 'Build done.', 'target_url': '" PAGE
    "', 'name': 'buildbot/linux-x86'}" },
  { "failure", ID "\nbuilds.0.buildset.sourcestamps=[{'branch': null, 'revision': '" SHA "'}]",
    "{'state': 'failed', 'description': 'Build done.', 'target_url': '" PAGE
    "', 'name': 'buildbot/linux-x86'}" },
};

static void
test_states (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (states[i].fixture, states[i].edits);
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = states[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static BelfryOutcome *
deliver (BelfryTest *test, const char *edits)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", edits);

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  return belfry_test_deliver (test, 0, NULL);
}

/* the number is asked once, for subgroups as well */
static void
test_project (void)
{
  static const char subgroup[] =
      "builds.0.buildset.sourcestamps=[{'repository': 'git@gitlab.example:a/b/c.git',"
      " 'branch': 'main', 'revision': '" SHA "'}]";
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);
  BelfryTestExchange deep = project;

  belfry_test_expect (test, &project);
  belfry_test_expect (test, &failed);
  belfry_outcome_free (deliver (test, NULL));
  g_assert_cmpstr (belfry_targets_get_target (belfry_test_get_targets (test), 0), ==, "acme/anvil");
  g_assert_cmpstr (belfry_targets_get_key (belfry_test_get_targets (test), 0), ==,
                   SHA " buildbot/linux-x86");
  belfry_test_expect (test, &failed);
  belfry_outcome_free (deliver (test, NULL));

  deep.target = "/api/v4/projects/a%2Fb%2Fc";
  belfry_test_expect (test, &deep);
  belfry_test_expect (test, &failed);
  belfry_outcome_free (deliver (test, subgroup));
}

static void
test_program (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/gitlab-status", KEYS "\nend-description-program=/bin/echo '\"by a program\"'");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", ID);
  BelfryTestExchange exchange = failed;
  g_autoptr (BelfryOutcome) outcome = NULL;

  exchange.body = BODY ("failed", "by a program");
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
  const char *excerpt;
} projects[] = {
  { 404, NULL, "{'message': '404 Project Not Found'}", BELFRY_OUTCOME_REFUSED, 0,
    "Unknown (or hidden) gitlab project acme%2Fanvil: 404 Project Not Found" NEEDS },
  { 401, NULL, "{'message': '401 Unauthorized'}", BELFRY_OUTCOME_DENIED, 0,
    "Unknown (or hidden) gitlab project acme%2Fanvil: 401 Unauthorized" NEEDS },
  { 403, NULL, "{'error': 'insufficient_scope'}", BELFRY_OUTCOME_REFUSED, 0,
    "Unknown (or hidden) gitlab project acme%2Fanvil: insufficient_scope" NEEDS },
  { 429, "Retry-After: 12", "Retry later", BELFRY_OUTCOME_WAIT, 12,
    "Unknown (or hidden) gitlab project acme%2Fanvil: unspecified error" },
  { 502, NULL, "<html>", BELFRY_OUTCOME_WAIT, 0, NULL },
  { 200, NULL, "<html>", BELFRY_OUTCOME_WAIT, 0, NULL },
  { 200, NULL, "{'id': '4711'}", BELFRY_OUTCOME_WAIT, 0, NULL },
};

static void
test_unknown_project (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (projects); i++) {
    BelfryTestExchange exchange = project;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = projects[i].status;
    exchange.answer_headers = projects[i].headers;
    exchange.answer = projects[i].body;
    belfry_test_expect (test, &exchange);
    outcome = deliver (test, NULL);
    g_assert_cmpint (outcome->kind, ==, projects[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, projects[i].wait_s * G_USEC_PER_SEC);
    if (projects[i].excerpt != NULL)
      g_assert_cmpstr (outcome->excerpt, ==, projects[i].excerpt);
  }
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, NULL, "{}", BELFRY_OUTCOME_DELIVERED, 0 },
  { 204, NULL, "", BELFRY_OUTCOME_DELIVERED, 0 },
  { 400, NULL, "{'message': 'Cannot transition status via :run from :running (Reason(s): no)'}",
    BELFRY_OUTCOME_DELIVERED, 0 },
  { 400, NULL, "{'message': {'target_url': ['is blocked']}}", BELFRY_OUTCOME_REFUSED, 0 },
  { 401, NULL, "{'message': '401 Unauthorized'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "{'message': '403 Forbidden'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 404, NULL, "{'message': '404 Commit Not Found'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 409, NULL, "{'message': 'another status is being written'}", BELFRY_OUTCOME_WAIT, 0 },
  { 429, "Retry-After: 9", "Retry later", BELFRY_OUTCOME_WAIT, 9 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", ID);
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_test_message ("%u: %s", answers[i].status, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
    g_assert_cmpint (outcome->http_status, ==, answers[i].status);
    if (answers[i].status == 404)
      g_assert_cmpstr (outcome->excerpt, ==,
                       "Could not send status \"failed\" for 4711 at " SHA
                       ", context \"buildbot/linux-x86\": 404 Commit Not Found" NEEDS);
  }
}

/* each fault befalls the first request */
static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);

  belfry_report_test_check_faults (test, "failure", &project, BELFRY_OUTCOME_WAIT);
}

static void
test_skipped (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/gitlab-status", KEYS "\nverbose=true\ndebug=true");
  g_autoptr (BelfryReport) homeless = belfry_test_report_new (
      "failure", "builds.0.buildset.sourcestamps=[{'repository': '', 'revision': 'aa'},"
                 "{'repository': 'https://x.example/a/b', 'revision': ''}]");
  g_autoptr (BelfryReport) negative = belfry_test_report_new (
      "failure", "builds.0.properties.source_project_id=[-1, 'x']\n"
                 "builds.0.buildset.sourcestamps=[{'repository': '', 'revision': 'aa'}]");
  g_autoptr (BelfryReport) known = belfry_test_report_new ("failure", ID);

  g_assert_cmpuint (belfry_test_plan (test, homeless), ==, 0);
  g_assert_cmpuint (belfry_test_plan (test, negative), ==, 0);
  g_assert_nonnull (strstr (belfry_test_get_log (test), "names no project"));
  g_assert_nonnull (strstr (belfry_test_get_log (test), "has no revision"));
  belfry_outcome_free (belfry_test_run_report (test, known, &failed));
  g_assert_nonnull (strstr (belfry_test_get_log (test), "Status \"failed\" for 4711"));
  g_assert_null (strstr (belfry_test_get_log (test), "example-token"));
}

static void
test_each_word (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gitlab-status", KEYS);
  BelfryTestExchange started = failed;

  started.body = BODY ("running", "Build started.");
  belfry_report_test_check_words (test, ID, &started, &failed);
  belfry_report_test_check_pending (test);
}

static void
test_check (void)
{
  g_autofree char *missing = belfry_test_dup_problems ("reporter/gitlab-status", "");
  g_autofree char *api = belfry_test_dup_problems (
      "reporter/gitlab-status", "token=plain:x\nbase-url=https://gitlab.example/api/v4");

  g_assert_true (g_str_has_prefix (missing, "error token: "));
  g_assert_true (g_str_has_prefix (api, "error base-url: "));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gitlab-status/plan/states", test_states);
  g_test_add_func ("/gitlab-status/plan/skipped", test_skipped);
  g_test_add_func ("/gitlab-status/deliver/project", test_project);
  g_test_add_func ("/gitlab-status/deliver/unknown-project", test_unknown_project);
  g_test_add_func ("/gitlab-status/deliver/program", test_program);
  g_test_add_func ("/gitlab-status/answer/documented", test_answers);
  g_test_add_func ("/gitlab-status/answer/faults", test_faults);
  g_test_add_func ("/gitlab-status/options/check", test_check);
  g_test_add_func ("/gitlab-status/plan/each-word", test_each_word);
  return g_test_run ();
}
