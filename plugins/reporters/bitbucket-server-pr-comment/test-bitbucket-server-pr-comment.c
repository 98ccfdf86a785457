/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#include <string.h>

#define KEYS    "base-url=$URL\nuser=plain:ci-bot\npassword=plain:s3cret"
#define HEADERS "Authorization: Basic Y2ktYm90OnMzY3JldA==\nContent-Type: application/json"
#define PULL    "/projects/ANV/repos/anvil/pull-requests/20"
#define SITE    "https://bitbucket.acme.example:8443"
#define EDITS   "builds.0.properties.pullrequesturl=['" SITE PULL "', 'x']\nbody='It is done.\\n'"

static const BelfryTestExchange comment = {
  .target = "/rest/api/1.0" PULL "/comments",
  .headers = HEADERS,
  .body = "{'text': 'It is done.\\n'}",
  .status = 201,
  .answer = "{'id': 1}",
};

static const struct {
  const char *url;
  const char *path; /* NULL: refused */
} places[] = {
  { SITE PULL, PULL },
  { SITE PULL "/overview", PULL },
  { SITE PULL "/overview?commentId=7", PULL },
  { SITE "/stash" PULL, PULL },
  { "https://elsewhere.example" PULL, PULL },
  { SITE "/users/wile/repos/anvil/pull-requests/3/diff",
    "/users/wile/repos/anvil/pull-requests/3" },
  { SITE "/projects/A%20B/repos/a.b/pull-requests/3", "/projects/A%20B/repos/a.b/pull-requests/3" },
  { SITE "/projects/ANV/repos/anvil/pull-requests/x", NULL },
  { SITE "/projects/ANV/repos/../pull-requests/3", NULL },
  { SITE "/projects/ANV/repos/anvil/commits/3", NULL },
  { SITE "/admin/users", NULL },
  { "no address", NULL },
};

static void
test_places (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-pr-comment", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *edits = g_strdup_printf (
        "builds.0.properties.pullrequesturl=['%s', 'x']\nbody='It is done.\\n'", places[i].url);
    g_autofree char *target = g_strdup_printf ("/rest/api/1.0%s/comments", places[i].path);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", edits);
    BelfryTestExchange exchange = comment;
    g_autoptr (BelfryOutcome) outcome = NULL;

    g_test_message ("%s", places[i].url);
    if (places[i].path == NULL) {
      g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
      continue;
    }
    exchange.target = target;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
  g_assert_nonnull (
      strstr (belfry_test_get_log (test), "that is no pull request of Bitbucket Server"));
}

/* one comment with the whole text for each pull request of a buildset */
static void
test_buildset (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-pr-comment", KEYS);
  g_autoptr (BelfryReport) same = belfry_test_report_new (
      "buildset", "builds.0.properties.pullrequesturl=['" SITE PULL "', 'x']\n"
                  "builds.1.properties.pullrequesturl=['" SITE PULL "/overview', 'x']");
  g_autoptr (BelfryReport) two = belfry_test_report_new (
      "buildset", "builds.0.properties.pullrequesturl=['" SITE PULL "', 'x']\n"
                  "builds.1.properties.pullrequesturl=['" SITE PULL "1', 'x']");
  g_autoptr (BelfryReport) none = belfry_test_report_new ("buildset", NULL);
  BelfryTargets *targets = NULL;

  g_assert_cmpuint (belfry_test_plan (test, same), ==, 1);
  g_assert_cmpuint (belfry_test_plan (test, two), ==, 2);
  targets = belfry_test_get_targets (test);
  g_assert_cmpstr (belfry_targets_get_target (targets, 1), ==, "/rest/api/1.0" PULL "1/comments");
  g_assert_cmpuint (belfry_test_plan (test, none), ==, 0);
}

static void
test_text (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-pr-comment", KEYS);
  g_autofree char *text = g_strnfill (40000, 'x');
  g_autofree char *edits = g_strdup_printf (EDITS "\nbody='%s'", text);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", edits);
  g_autoptr (BelfryReport) empty = belfry_test_report_new ("failure", EDITS "\nbody=' \\n'");
  JsonNode *payload = NULL;
  const char *sent = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  payload = belfry_targets_get_payload (belfry_test_get_targets (test), 0);
  sent = belfry_json_get_text (belfry_json_get_object (json_node_get_object (payload), "body"),
                               "text");
  g_assert_cmpint (g_utf8_strlen (sent, -1), ==, 32768);
  g_assert_true (g_str_has_suffix (sent, "x…"));
  g_assert_cmpuint (belfry_test_plan (test, empty), ==, 0);
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, BELFRY_OUTCOME_REFUSED, 0 }, { 400, BELFRY_OUTCOME_REFUSED, 0 },
  { 401, BELFRY_OUTCOME_DENIED, 0 },  { 403, BELFRY_OUTCOME_REFUSED, 0 },
  { 404, BELFRY_OUTCOME_REFUSED, 0 }, { 409, BELFRY_OUTCOME_REFUSED, 0 },
  { 429, BELFRY_OUTCOME_WAIT, 60 },   { 500, BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/bitbucket-server-pr-comment", KEYS "\nverbose=true");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", EDITS);
  BelfryTestExchange exchange = comment;

  belfry_outcome_free (belfry_test_run_report (test, report, &comment));
  g_assert_nonnull (strstr (belfry_test_get_log (test), "Comment sent to " SITE PULL));
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = answers[i].status;
    exchange.answer = "no";
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
    if (answers[i].status == 409)
      g_assert_cmpstr (outcome->excerpt, ==, "409: Unable to send a comment: no");
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-server-pr-comment", KEYS);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", EDITS);

  belfry_report_test_check_faults_of (test, report, &comment, BELFRY_OUTCOME_REFUSED);
}

static void
test_check (void)
{
  g_autofree char *missing = belfry_test_dup_problems ("reporter/bitbucket-server-pr-comment", "");
  g_autofree char *subject = belfry_test_dup_problems (
      "reporter/bitbucket-server-pr-comment",
      "base-url=https://x.example\nuser=plain:a\npassword=plain:b\nsubject=c");

  g_assert_true (g_str_has_prefix (missing, "error base-url: "));
  g_assert_cmpstr (subject, ==, "error subject: a comment has no subject\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bitbucket-server-pr-comment/plan/places", test_places);
  g_test_add_func ("/bitbucket-server-pr-comment/plan/buildset", test_buildset);
  g_test_add_func ("/bitbucket-server-pr-comment/plan/text", test_text);
  g_test_add_func ("/bitbucket-server-pr-comment/answer/documented", test_answers);
  g_test_add_func ("/bitbucket-server-pr-comment/answer/faults", test_faults);
  g_test_add_func ("/bitbucket-server-pr-comment/options/check", test_check);
  return g_test_run ();
}
