/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#include <string.h>

#define KEYS    "base-url=$URL/api/v3\ntoken=plain:example-token"
#define HEADERS "Authorization: token example-token\nContent-Type: application/json"
#define PULL    "builds.0.properties.branch=['refs/pull/34/merge', 'Build']"

static const BelfryTestExchange comment = {
  .target = "/api/v3/repos/acme/anvil/issues/34/comments",
  .headers = HEADERS,
  .body = "{'body': 'Build done.'}",
  .status = 201,
  .answer = "{'id': 1}",
};

static void
expect_delivered (BelfryTest *test,
                  const char *fixture,
                  const char *edits,
                  const BelfryTestExchange *exchange)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, edits);
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, exchange);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  const char *branch;
  const char *number; /* NULL: no pull request */
} branches[] = {
  { "refs/pull/34/merge", "34" },
  { "refs/pull/7/head", "7" },
  { "x/refs/pull/12/merge", "12" },
  { "refs/pull/34", NULL },
  { "refs/pull/34/other", NULL },
  { "refs/pull/x/merge", NULL },
  { "refs/pull/99999999999999999999999/merge", NULL },
  { "main", NULL },
};

static void
test_numbers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (branches); i++) {
    g_autofree char *edits =
        g_strdup_printf ("builds.0.properties.branch=['%s', 'Build']", branches[i].branch);
    g_autofree char *target =
        g_strdup_printf ("/api/v3/repos/acme/anvil/issues/%s/comments", branches[i].number);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("success", edits);
    BelfryTestExchange exchange = comment;

    g_test_message ("%s", branches[i].branch);
    exchange.target = target;
    if (branches[i].number != NULL)
      expect_delivered (test, "success", edits, &exchange);
    else
      g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
  }
  g_assert_nonnull (strstr (belfry_test_get_log (test), "the issue is not known"));
}

/* nothing is said at the start unless there are words for it */
static void
test_start (void)
{
  g_autoptr (BelfryTest) quiet = belfry_test_new ("reporter/github-comment", KEYS);
  g_autoptr (BelfryTest) early =
      belfry_test_new ("reporter/github-comment", KEYS "\nstart-description=Here we go");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("started", PULL);
  const BelfryReporter *plugin = belfry_test_get_plugin (quiet);
  BelfryTestExchange exchange = comment;

  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (quiet)), ==,
                    BELFRY_PHASE_FINISHED);
  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (early)), ==,
                    BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED);
  g_assert_cmpuint (belfry_test_plan (quiet, report), ==, 0);
  exchange.body = "{'body': 'Here we go'}";
  expect_delivered (early, "started", PULL, &exchange);
}

/* one for each repository and number */
static void
test_stamps (void)
{
  static const char edits[] =
      PULL "\nbuilds.0.buildset.sourcestamps=["
           "{'codebase': 'a', 'project': 'acme/a', 'revision': '1'},"
           "{'codebase': 'b', 'repository': 'git@github.com:acme/a.git', 'revision': '2'},"
           "{'codebase': 'c', 'project': 'acme/c', 'revision': null},"
           "{'codebase': 'd', 'project': 'acme/d', 'revision': '4'},"
           "{'codebase': 'e', 'project': '', 'repository': '', 'revision': '5'}]";
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", edits);
  g_autoptr (BelfryReport) none =
      belfry_test_report_new ("success", PULL "\nbuilds.0.buildset.sourcestamps=[]");
  BelfryTargets *targets = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 2);
  targets = belfry_test_get_targets (test);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "acme/a");
  g_assert_cmpstr (belfry_targets_get_target (targets, 1), ==, "acme/d");
  g_assert_cmpstr (belfry_targets_get_key (targets, 1), ==, "34");
  g_assert_cmpuint (belfry_test_plan (test, none), ==, 0);
}

static char *
plan_body (const char *keys, const char *edits)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", keys);
  g_autofree char *all = g_strconcat (PULL "\n", edits, NULL);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", all);
  JsonNode *payload = NULL;

  if (belfry_test_plan (test, report) == 0)
    return NULL;
  payload = belfry_targets_get_payload (belfry_test_get_targets (test), 0);
  return g_strdup (belfry_json_get_text (
      belfry_json_get_object (json_node_get_object (payload), "body"), "body"));
}

static void
test_words (void)
{
  g_autofree char *logs = plan_body (
      KEYS
      "\nend-description-template={% for s in build.steps if s.results == 2 %}{% for l in "
      "s.logs %}{{ s.name }}: {{ result_names[s.results] }}\\n{{ l.text | fence }}\\n{% endfor "
      "%}{% endfor %}",
      "variables.0.build.steps=[{'name': 'git', 'results': 0, 'logs': [{'text': 'no'}]},"
      "{'name': 'make check', 'results': 2, 'logs': [{'text': 'FAIL ``` @everyone\\n'}]}]");
  g_autofree char *empty = plan_body (KEYS "\nend-description-template={{ nothing }} \\n", "");
  g_autofree char *lines = plan_body (
      KEYS "\nend-description-template={% for i in range(9000) %}line {{ i }} äöü\\n{% endfor %}",
      "");
  g_autofree char *line = plan_body (
      KEYS "\nend-description-template={% for i in range(9000) %}{{ i }} äöü{% endfor %}", "");

  g_assert_cmpstr (logs, ==, "make check: failure\n````\nFAIL ``` @everyone\n````\n");
  g_assert_null (empty);
  g_assert_cmpuint (strlen (lines), <, 65536);
  g_assert_cmpuint (strlen (lines), >, 65400);
  g_assert_true (g_str_has_suffix (lines, "äöü\n[cut here: the comment was too long]\n"));
  g_assert_cmpuint (strlen (line), <, 65536);
  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_assert_true (g_str_has_suffix (line, "…\n[cut here: the comment was too long]\n"));
}

static void
test_programs (void)
{
  g_autoptr (BelfryTest) talkative = belfry_test_new (
      "reporter/github-comment", KEYS "\nend-description-program=/bin/echo '\"by a program\"'");
  g_autoptr (BelfryTest) silent = belfry_test_new ("reporter/github-comment", KEYS
                                                   "\nend-description-program=/bin/echo '\" \"'");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", PULL);
  BelfryTestExchange exchange = comment;
  g_autoptr (BelfryOutcome) nothing = NULL;

  exchange.body = "{'body': 'by a program'}";
  expect_delivered (talkative, "success", PULL, &exchange);
  g_assert_cmpuint (belfry_test_plan (silent, report), ==, 1);
  nothing = belfry_test_deliver (silent, 0, NULL);
  g_assert_cmpint (nothing->kind, ==, BELFRY_OUTCOME_SUPERSEDED);
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 401, NULL, "{'message': 'Bad credentials'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "{'message': 'Forbidden'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 403, "Retry-After: 60", "{}", BELFRY_OUTCOME_WAIT, 60 },
  { 404, NULL, "{'message': 'Not Found'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 410, NULL, "{'message': 'This issue was deleted'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 422, NULL, "{'message': 'Validation Failed'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "Retry-After: 5", "{}", BELFRY_OUTCOME_WAIT, 5 },
  { 503, NULL, "{}", BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new ("success", PULL);
    BelfryTestExchange exchange = comment;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
    if (answers[i].status == 404)
      g_assert_cmpstr (outcome->excerpt, ==,
                       "Failed to add a comment for acme/anvil, issue 34. http 404, {\"message\": "
                       "\"Not Found\"}; it needs a token with 'Issues: write' or 'Pull requests: "
                       "write' for the repository");
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", PULL);

  belfry_report_test_check_faults_of (test, report, &comment, BELFRY_OUTCOME_DELIVERED);
}

static void
test_each_word (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/github-comment", KEYS);
  BelfryTestExchange started = comment;

  started.body = "{'body': 'Build started.'}";
  belfry_report_test_check_words (test, PULL, &started, &comment);
}

static void
test_check (void)
{
  static const struct {
    const char *keys;
    const char *problem; /* NULL: none */
  } rows[] = {
    { "", "error token: " },
    { "token=plain:x\ncontext=ci", NULL },
    { "token=plain:x\ntemplate=x", "error template: " },
    { "token=plain:x\nsubject=x", "error subject: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/github-comment", rows[i].keys);

    if (rows[i].problem == NULL)
      g_assert_cmpstr (problems, ==, "");
    else
      g_assert_true (g_str_has_prefix (problems, rows[i].problem));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/github-comment/plan/numbers", test_numbers);
  g_test_add_func ("/github-comment/plan/start", test_start);
  g_test_add_func ("/github-comment/plan/stamps", test_stamps);
  g_test_add_func ("/github-comment/plan/words", test_words);
  g_test_add_func ("/github-comment/deliver/programs", test_programs);
  g_test_add_func ("/github-comment/answer/documented", test_answers);
  g_test_add_func ("/github-comment/answer/faults", test_faults);
  g_test_add_func ("/github-comment/options/check", test_check);
  g_test_add_func ("/github-comment/plan/each-word", test_each_word);
  return g_test_run ();
}
