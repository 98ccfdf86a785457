/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "github-status.h"
#include "report-test.h"

#define KEYS    "base-url=$URL\ntoken=plain:example-token"
#define HEADERS "Authorization: token example-token\nContent-Type: application/json"
#define SHA     "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define TARGET  "/repos/acme/anvil/statuses/" SHA
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define STAMPS  "builds.0.buildset.sourcestamps="

static const BelfryTestExchange failure = {
  .target = TARGET,
  .headers = HEADERS,
  .body = "{'state': 'failure', 'target_url': '" PAGE "', 'description': 'Build done.',"
          " 'context': 'buildbot/linux-x86'}",
  .status = 201,
  .answer = "{'id': 1, 'state': 'failure'}",
};

static const struct {
  const char *fixture;
  const char *edits;
  const char *state;
  const char *state_of_08;
  const char *description;
} states[] = {
  { "started", NULL, "pending", "pending", "Build started." },
  { "success", NULL, "success", "success", "Build done." },
  { "warnings", NULL, "success", "error", "Build done." },
  { "failure", NULL, "failure", "failure", "Build done." },
  { "exception", NULL, "error", "error", "Build done." },
  { "cancelled", NULL, "error", "error", "Build done." },
  { "success", "builds.0.results=3", "success", "success", "Build done." },
  { "success", "builds.0.results=5", "pending", "pending", "Build done." },
  { "success", "builds.0.results=17", "error", "error", "Build done." },
  { "started", "phase='request'\nbuilds.0.complete=false", "pending", "pending", "Build pending." },
  { "cancelled", "phase='request'", "error", "error", "Build request cancelled." },
};

static void
check_states (const char *keys, gboolean is_08)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", keys);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (states[i].fixture, states[i].edits);
    g_autofree char *body =
        g_strdup_printf ("{'state': '%s', 'target_url': '" PAGE "', 'description': '%s',"
                         " 'context': 'buildbot/linux-x86'}",
                         is_08 ? states[i].state_of_08 : states[i].state, states[i].description);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_states (void)
{
  check_states (KEYS, FALSE);
}

static void
test_states_of_08 (void)
{
  check_states (KEYS "\nrepo-owner=%(prop:owner:-acme)s\nrepo-name=anvil", TRUE);
}

/* a start and its end wait in one line; another builder or commit does not */
static void
test_order (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("started", NULL);
  BelfryTargets *targets = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  targets = belfry_test_get_targets (test);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "acme/anvil");
  g_assert_cmpstr (belfry_targets_get_key (targets, 0), ==, SHA " buildbot/linux-x86");
}

static void
test_stamps (void)
{
  static const char stamps[] =
      STAMPS "[{'codebase': 'a', 'project': '', 'repository': 'git@github.com:acme/a.git',"
             " 'revision': 'aaaa'},"
             "{'codebase': 'b', 'project': 'b', 'repository': '', 'revision': 'bbbb'},"
             "{'codebase': 'c', 'project': 'acme/c', 'repository': '', 'revision': null},"
             "{'codebase': 'd', 'project': '../d', 'repository': '', 'revision': 'dddd'},"
             "{'codebase': 'e', 'project': 'acme/e', 'repository': '', 'revision': 'e/../e'}]";
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", stamps);
  g_autoptr (BelfryReport) none = belfry_test_report_new ("success", STAMPS "[]");
  BelfryTestExchange first = failure;
  BelfryTestExchange second = failure;
  const char *log = NULL;

  first.target = "/repos/acme/a/statuses/aaaa";
  second.target = "/repos/acme/e/statuses/e%2F..%2Fe";
  first.body = second.body =
      "{'state': 'success', 'target_url': '" PAGE "', 'description': 'Build done.',"
      " 'context': 'buildbot/linux-x86'}";
  g_assert_cmpuint (belfry_test_plan (test, report), ==, 2);
  belfry_test_expect (test, &first);
  belfry_outcome_free (belfry_test_deliver (test, 0, NULL));
  belfry_test_expect (test, &second);
  belfry_outcome_free (belfry_test_deliver (test, 1, NULL));
  log = belfry_test_get_log (test);
  g_assert_nonnull (strstr (log, "Skipped codebase 'b' of a build of 'linux-x86', context "
                                 "\"buildbot/linux-x86\": its source stamp names no repository"));
  g_assert_nonnull (strstr (log, "Skipped codebase 'c'"));
  g_assert_nonnull (strstr (log, "has no revision"));
  g_assert_nonnull (strstr (log, "cannot be part of an address"));
  g_assert_cmpuint (belfry_test_plan (test, none), ==, 0);
}

static void
test_named (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/github-status",
                       KEYS "\nrepo-owner=%(prop:o)s\nrepo-name=%(prop:n)s\nsha=%(prop:s)s");
  g_autoptr (BelfryReport) whole = belfry_test_report_new (
      "failure",
      "builds.0.properties={'o': ['acme', 'x'], 'n': ['anvil', 'x'], 's': ['" SHA "', 'x']}");
  g_autoptr (BelfryReport) bare = belfry_test_report_new (
      "failure",
      "builds.0.properties={'o': ['acme', 'x'], 'n': ['anvil', 'x'], 's': [false, 'x']}");
  g_autoptr (BelfryReport) homeless = belfry_test_report_new (
      "failure", "builds.0.properties={'n': ['anvil', 'x'], 's': ['" SHA "', 'x']}");
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, whole, &failure);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpuint (belfry_test_plan (test, bare), ==, 0);
  g_assert_nonnull (strstr (belfry_test_get_log (test), "GitHubStatus: No revision found."));
  g_assert_cmpuint (belfry_test_plan (test, homeless), ==, 0);
}

static void
test_words (void)
{
  static const char keys[] =
      KEYS "\nend-description-template={{ summary }} {% for i in range(60) %}äöü{% endfor %}"
           "\ncontext=ci/%(prop:scheduler)s\nverbose=true";
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", keys);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  JsonObject *body = NULL;
  const char *description = NULL;
  JsonNode *payload = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  payload = belfry_targets_get_payload (belfry_test_get_targets (test), 0);
  body = belfry_json_get_object (json_node_get_object (payload), "body");
  description = belfry_json_get_text (body, "description");
  g_assert_cmpint (g_utf8_strlen (description, -1), ==, 140);
  g_assert_true (g_str_has_prefix (description, "BUILD FAILED: failed make check äöü"));
  g_assert_true (g_str_has_suffix (description, "…"));
  g_assert_cmpstr (belfry_json_get_text (body, "context"), ==, "ci/on-push");
}

static const struct {
  const char *program;
  const char *said; /* NULL: it is tried again */
  const char *excerpt;
} programs[] = {
  { "/bin/echo '\"by a program\"'", "by a program", NULL },
  { "/bin/echo 7", NULL, "end-description-program: it printed something else than a string" },
  { "/bin/echo no", NULL, "end-description-program: reading what it printed: " },
  { "/bin/false", NULL, "end-description-program: it ended with status 1: " },
};

static void
test_programs (void)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
    g_autofree char *keys =
        g_strconcat (KEYS "\nend-description-program=", programs[i].program, NULL);
    g_autofree char *body =
        g_strdup_printf ("{'state': 'failure', 'target_url': '" PAGE "', 'description': '%s',"
                         " 'context': 'buildbot/linux-x86'}",
                         programs[i].said);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", keys);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = body;
    g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
    if (programs[i].said != NULL)
      belfry_test_expect (test, &exchange);
    outcome = belfry_test_deliver (test, 0, NULL);
    g_test_message ("%s", outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==,
                     programs[i].said != NULL ? BELFRY_OUTCOME_DELIVERED : BELFRY_OUTCOME_WAIT);
    if (programs[i].excerpt != NULL)
      g_assert_true (g_str_has_prefix (outcome->excerpt, programs[i].excerpt));
  }
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 401, NULL, "{'message': 'Bad credentials'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "{'message': 'Resource not accessible by integration'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 403, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1717400020",
    "{'message': 'API rate limit exceeded for user ID 1'}", BELFRY_OUTCOME_WAIT, 20 },
  { 403, "Retry-After: 61", "{'message': 'You have exceeded a secondary rate limit.'}",
    BELFRY_OUTCOME_WAIT, 61 },
  { 403, NULL, "{'message': 'You have exceeded a secondary rate limit.'}", BELFRY_OUTCOME_WAIT,
    60 },
  { 404, NULL, "{'message': 'Not Found'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 422, NULL, "{'message': 'No commit found for SHA: x'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1717400033", "{}", BELFRY_OUTCOME_WAIT, 33 },
  { 200, NULL, "{}", BELFRY_OUTCOME_DELIVERED, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryTestExchange exchange = failure;

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
  belfry_clock_set_us (0);
  exchange.status = 404;
  exchange.answer = "Not Found";
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==,
                   "Failed to update \"failure\" for acme/anvil at " SHA
                   ", context \"buildbot/linux-x86\". http 404, Not Found; it needs a token with "
                   "'Commit statuses: write' for the repository");
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-status", KEYS);

  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_DELIVERED);
}

static void
test_verbose (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/github-status", KEYS "\nverbose=true\ndebug=true");
  const char *log = NULL;

  belfry_test_check_report (test, "failure", &failure, BELFRY_OUTCOME_DELIVERED, 0);
  log = belfry_test_get_log (test);
  g_assert_nonnull (strstr (log, "Status \"failure\" for acme/anvil at " SHA));
  g_assert_nonnull (strstr (log, "request: POST "));
  g_assert_null (strstr (log, "example-token"));
}

static void
test_check (void)
{
  static const struct {
    const char *keys;
    const char *problem;
  } rows[] = {
    { "", "error token: " },
    { "token=plain:x\nrepo-owner=a", "error repo-owner: " },
    { "token=plain:x\nrepo-name=a", "error repo-name: " },
    { "token=plain:x\nsha=a", "error sha: " },
    { "token=plain:x\nrepo-name=a\nrepo-owner=b", "note repo-owner: " },
    { "token=plain:x\ncontext=%(prop", "error context: " },
    { "token=plain:x\nend-description=a\nend-description-template=b",
      "error end-description-template: " },
    { "token=plain:x\nstart-description-template=a\nstart-description-program=/bin/true",
      "error start-description-program: " },
    { "token=plain:x\nend-description-program=true", "error end-description-program: " },
    { "token=plain:x\nverify=false", "warning verify: " },
    { "token=plain:x\nbase-url=http://github.example.org", "warning base-url: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/github-status", rows[i].keys);

    g_test_message ("%s → %s", rows[i].keys, problems);
    g_assert_true (g_str_has_prefix (problems, rows[i].problem));
  }
}

static void
test_phases (void)
{
  g_autoptr (BelfryTest) quiet = belfry_test_new ("reporter/github-status", KEYS);
  g_autoptr (BelfryTest) talkative =
      belfry_test_new ("reporter/github-status", KEYS "\nreport-pending=true");
  const BelfryReporter *plugin = belfry_test_get_plugin (quiet);
  guint always = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED;

  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (quiet)), ==, always);
  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (talkative)), ==,
                    always | BELFRY_PHASE_REQUEST);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/github-status/plan/states", test_states);
  g_test_add_func ("/github-status/plan/states-of-08", test_states_of_08);
  g_test_add_func ("/github-status/plan/order", test_order);
  g_test_add_func ("/github-status/plan/stamps", test_stamps);
  g_test_add_func ("/github-status/plan/named", test_named);
  g_test_add_func ("/github-status/plan/words", test_words);
  g_test_add_func ("/github-status/deliver/programs", test_programs);
  g_test_add_func ("/github-status/plan/phases", test_phases);
  g_test_add_func ("/github-status/answer/documented", test_answers);
  g_test_add_func ("/github-status/answer/faults", test_faults);
  g_test_add_func ("/github-status/log/verbose", test_verbose);
  g_test_add_func ("/github-status/options/check", test_check);
  return g_test_run ();
}
