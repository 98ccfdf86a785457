/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports, targets and outcomes, over the shape that the host gives them. */
#include "belfry-json.h"
#include "belfry-report.h"
#include "belfry-template.h"
#include "belfry-text.h"

static const char sample[] =
    "{\"phase\": \"finished\", \"subject\": \"s\", \"body\": \"b\", \"type\": \"html\", "
    "\"builds\": ["
    "{\"number\": 142, \"properties\": {\"branch\": [\"main\", \"Build\"], \"empty\": [null, "
    "\"x\"]},"
    " \"worker\": {\"workerinfo\": {\"admin\": \"Ada\"}}, \"ctx\": {\"team\": \"core\"},"
    " \"buildset\": {\"sourcestamps\": [{\"codebase\": \"\", \"revision\": \"4f1c\", \"ssid\": 3},"
    " {\"codebase\": \"lib\", \"branch\": null}]}}, 7], \"variables\": [{\"results\": 2}]}";

static BelfryReport *
make_report (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (sample, -1, NULL, &error);

  g_assert_no_error (error);
  return belfry_report_new (json_node_get_object (node));
}

static void
test_accessors (void)
{
  g_autoptr (BelfryReport) report = make_report ();
  g_autoptr (JsonObject) nothing = json_object_new ();
  g_autoptr (BelfryReport) empty = belfry_report_new (nothing);

  g_assert_cmpstr (belfry_report_get_phase (report), ==, "finished");
  g_assert_cmpstr (belfry_report_get_subject (report), ==, "s");
  g_assert_cmpstr (belfry_report_get_body (report), ==, "b");
  g_assert_true (belfry_report_is_html (report));
  g_assert_cmpuint (belfry_report_get_n_builds (report), ==, 2);
  g_assert_nonnull (belfry_report_get_build (report, 0));
  g_assert_cmpint (json_object_get_int_member (belfry_report_get_variables (report, 0), "results"),
                   ==, 2);
  g_assert_null (belfry_report_get_variables (report, 1));
  g_assert_null (belfry_report_get_build (report, 1));
  g_assert_null (belfry_report_get_build (report, 2));
  g_assert_true (json_object_has_member (belfry_report_get_data (report), "builds"));

  g_assert_cmpstr (belfry_report_get_phase (empty), ==, "");
  g_assert_null (belfry_report_get_subject (empty));
  g_assert_false (belfry_report_is_html (empty));
  g_assert_cmpuint (belfry_report_get_n_builds (empty), ==, 0);
}

static void
test_lookup (void)
{
  static const struct {
    const char *selector;
    const char *key;
    const char *json; /* NULL: no such key */
  } rows[] = {
    { "prop", "branch", "\"main\"" }, { "prop", "empty", "null" },
    { "prop", "absent", NULL },       { "src", ":revision", "\"4f1c\"" },
    { "src", "lib:branch", "null" },  { "src", ":ssid", NULL },
    { "src", "other:branch", NULL },  { "src", "revision", NULL },
    { "worker", "admin", "\"Ada\"" }, { "worker", "host", NULL },
    { "kw", "team", "\"core\"" },     { "secret", "token", NULL },
  };
  g_autoptr (BelfryReport) report = make_report ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonNode) value =
        belfry_report_lookup (rows[i].selector, rows[i].key, belfry_report_get_build (report, 0));
    g_autofree char *text = value != NULL ? json_to_string (value, FALSE) : NULL;

    g_test_message ("%s:%s", rows[i].selector, rows[i].key);
    g_assert_cmpstr (text, ==, rows[i].json);
  }
  g_assert_null (belfry_report_lookup ("prop", "branch", NULL));
}

static void
test_rendered (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryReport) report = make_report ();
  g_autoptr (BelfryRendered) rendered =
      belfry_rendered_new ("%(prop:branch)s@%(src::revision)s by %(prop:who:-nobody)s", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = belfry_rendered_render (rendered, belfry_report_lookup,
                                 belfry_report_get_build (report, 0), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "main@4f1c by nobody");
}

static void
test_targets (void)
{
  g_autoptr (BelfryTargets) targets = belfry_targets_new ();
  g_autoptr (JsonNode) payload = belfry_json_new_text ("hello");

  g_assert_cmpuint (belfry_targets_get_length (targets), ==, 0);
  belfry_targets_add (targets, "room", "key", payload);
  belfry_targets_add (targets, NULL, NULL, NULL);
  g_assert_cmpuint (belfry_targets_get_length (targets), ==, 2);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "room");
  g_assert_cmpstr (belfry_targets_get_key (targets, 0), ==, "key");
  g_assert_true (belfry_targets_get_payload (targets, 0) == payload);
  g_assert_cmpstr (belfry_targets_get_target (targets, 1), ==, "");
  g_assert_cmpstr (belfry_targets_get_key (targets, 1), ==, "");
  g_assert_null (belfry_targets_get_payload (targets, 1));
}

static void
test_outcome (void)
{
  g_autoptr (BelfryOutcome) refused = belfry_outcome_new (BELFRY_OUTCOME_REFUSED, "no");
  g_autoptr (BelfryOutcome) wait = belfry_outcome_new_wait (-5, FALSE, NULL);

  refused->remote_id = g_strdup ("42");
  g_assert_cmpint (refused->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_true (refused->answered);
  g_assert_cmpstr (refused->excerpt, ==, "no");
  g_assert_cmpint (wait->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_cmpint (wait->wait_us, ==, 0);
  g_assert_false (wait->answered);
}

static const struct {
  guint status;
  const char *header; /* "NAME: VALUE" (nullable) */
  BelfryOutcomeKind kind;
  gint64 wait_us;
} answers[] = {
  { 200, NULL, BELFRY_OUTCOME_DELIVERED, 0 },
  { 204, "Retry-After: 5", BELFRY_OUTCOME_DELIVERED, 0 },
  { 302, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 400, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 401, NULL, BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 403, "Retry-After: 60", BELFRY_OUTCOME_WAIT, 60 * G_USEC_PER_SEC },
  { 404, "Retry-After: 60", BELFRY_OUTCOME_REFUSED, 0 },
  { 408, NULL, BELFRY_OUTCOME_WAIT, 0 },
  { 425, NULL, BELFRY_OUTCOME_WAIT, 0 },
  { 429, "Retry-After: 7", BELFRY_OUTCOME_WAIT, 7 * G_USEC_PER_SEC },
  { 429, "retry-after: Mon, 03 Jun 2024 07:33:40 GMT", BELFRY_OUTCOME_WAIT, 20 * G_USEC_PER_SEC },
  { 429, "Retry-After: Mon, 03 Jun 2024 07:00:00 GMT", BELFRY_OUTCOME_WAIT, 1 },
  { 429, "Retry-After: soon", BELFRY_OUTCOME_WAIT, 0 },
  { 500, NULL, BELFRY_OUTCOME_WAIT, 0 },
  { 503, "Retry-After: 120", BELFRY_OUTCOME_WAIT, 120 * G_USEC_PER_SEC },
};

static void
test_answers (void)
{
  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (GBytes) body = g_bytes_new_static ("no\nway", 6);
    g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (answers[i].status, body);
    g_auto (GStrv) header =
        answers[i].header != NULL ? g_strsplit (answers[i].header, ": ", 2) : NULL;
    g_autofree char *excerpt = g_strdup_printf ("%u: no\\x0away", answers[i].status);
    g_autoptr (BelfryOutcome) outcome = NULL;

    if (header != NULL)
      belfry_http_answer_add_header (answer, header[0], header[1]);
    outcome = belfry_outcome_new_from_answer (answer);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_us);
    g_assert_cmpstr (outcome->excerpt, ==, excerpt);
    g_assert_true (outcome->answered);
    g_assert_cmpuint (outcome->http_status, ==, answers[i].status);
  }
  belfry_clock_set_us (0);
}

static void
test_rate_limit (void)
{
  g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (403, NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  belfry_http_answer_add_header (answer, "X-RateLimit-Reset", "1717400030");
  g_assert_cmpint (belfry_http_answer_get_wait_us (answer), ==, 0);
  belfry_http_answer_add_header (answer, "X-RateLimit-Remaining", "0");
  outcome = belfry_outcome_new_from_answer (answer);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_cmpint (outcome->wait_us, ==, 30 * G_USEC_PER_SEC);
  belfry_clock_set_us (0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/data/accessors", test_accessors);
  g_test_add_func ("/report/data/lookup", test_lookup);
  g_test_add_func ("/report/data/rendered", test_rendered);
  g_test_add_func ("/report/targets/keep-order", test_targets);
  g_test_add_func ("/report/outcome/members", test_outcome);
  g_test_add_func ("/report/outcome/from-answer", test_answers);
  g_test_add_func ("/report/outcome/rate-limit", test_rate_limit);
  return g_test_run ();
}
