/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#include <string.h>

#define ORIGIN "https://api.pushover.net"
#define KEYS                                                                                       \
  "user-key=plain:u1exampleuserkeyofthirtychar01\n"                                                \
  "api-token=plain:a1exampletokenofthirtychars001\n"
#define FORM   "Content-Type: application/x-www-form-urlencoded"
#define SECRET "token=a1exampletokenofthirtychars001&user=u1exampleuserkeyofthirtychar01&"
#define LINK(text)                                                                                 \
  "%3Ca+href%3D%22https%3A%2F%2Fci.example.org%2Fbuilders%2Flinux-x86%2Fbuilds%2F142%22%3E" text   \
  "%3C%2Fa%3E"
#define REST                                                                                       \
  "+on+%3Ci%3Elinux-x86%3C%2Fi%3E%2C+building+acme%2Fanvil+on+worker+box3%3B"                      \
  "+revision+4f1c2a9e7b3d+of+main"
#define FAILURE                                                                                    \
  "html=1&title=Buildbot+failure+in+Acme+CI+on+linux-x86&message=" LINK ("failed+build") REST      \
      "%3B+make+check%3A+%27make+check%27+%28failure%29%3B+4m+7s"

static const BelfryTestExchange failure = {
  .target = "/1/messages.json",
  .headers = FORM,
  .body = SECRET FAILURE "&priority=1",
  .answer = "{'status': 1, 'request': 'e460545a-8b33'}",
};

static BelfryTest *
make_test (const char *keys)
{
  g_autofree char *all = g_strconcat (KEYS, keys, NULL);
  BelfryTest *test = belfry_test_new ("reporter/pushover", all);

  belfry_test_set_origin (test, ORIGIN);
  return test;
}

static void
test_example (void)
{
  g_autoptr (BelfryTest) test = make_test ("priorities.failing=1");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, &failure);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (outcome->remote_id, ==, "e460545a-8b33");
}

static const struct {
  const char *keys;
  const char *fixture;
  const char *edits;
  const char *form; /* besides the secrets */
} messages[] = {
  /* plain text is text */
  { "", "success", "type='plain'\nbody='a <b> & c'\nsubject='s'",
    "title=s&message=a+%3Cb%3E+%26+c" },
  { "", "worker", "subject='s'\nbody='w'", "title=s&message=w" },
  { "priorities.worker_missing=-1", "worker", "subject='s'\nbody='w'",
    "title=s&message=w&priority=-1" },
  { "priorities.change=-2", "success", "subject='s'\nbody='b'\nvariables.0.previous_results=2",
    "title=s&message=b&html=1&priority=-2" },
  { "", "buildset", "subject='s'\nbody='a\\nb'", "title=s&message=a%0Ab&html=1" },
  { "", "test", "body='a'", "title=Test+of+reporter+%27under-test%27&message=a&html=1" },
  /* what the API does not know is left out; names of strangers stay text */
  { "", "success", "subject='s'\nbody='<h1>x</h1>&lt;b&gt;y<script>z</script>'",
    "title=s&message=x%0A%26lt%3Bb%26gt%3By&html=1" },
  { "other-params.sound=bugle\nother-params.url_title=t\nother-params.html=0", "success",
    "subject='s'\nbody='b'", "title=s&message=b&html=0&sound=bugle&url_title=t" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autoptr (BelfryTest) test = make_test (messages[i].keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (messages[i].fixture, messages[i].edits);
    g_autofree char *body = g_strconcat (SECRET, messages[i].form, NULL);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_limits (void)
{
  g_autofree char *url = g_strnfill (600, 'u');
  g_autofree char *keys = g_strconcat ("other-params.url=", url, NULL);
  g_autoptr (BelfryTest) test = make_test (keys);
  g_autofree char *body = g_strnfill (3000, 'x');
  g_autofree char *edits = g_strdup_printf ("subject='%s'\nbody='<b>%s</b>'", body, body);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", edits);
  JsonObject *payload = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  payload = json_node_get_object (belfry_targets_get_payload (belfry_test_get_targets (test), 0));
  g_assert_cmpint (g_utf8_strlen (belfry_json_get_text (payload, "message"), -1), ==, 1024);
  g_assert_true (g_str_has_suffix (belfry_json_get_text (payload, "message"), "x…</b>"));
  g_assert_cmpint (g_utf8_strlen (belfry_json_get_text (payload, "title"), -1), ==, 250);
  g_assert_cmpint (g_utf8_strlen (belfry_json_get_text (payload, "url"), -1), ==, 512);
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, NULL, "{'status': 0, 'errors': ['odd']}", BELFRY_OUTCOME_REFUSED, 0 },
  { 400, NULL, "{'status': 0, 'user': 'invalid', 'errors': ['user identifier is invalid']}",
    BELFRY_OUTCOME_REFUSED, 0 },
  { 400, NULL, "{'status': 0, 'token': 'invalid'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 401, NULL, "", BELFRY_OUTCOME_DENIED, 0 },
  { 404, NULL, "", BELFRY_OUTCOME_REFUSED, 0 },
  { 413, NULL, "", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "X-Limit-App-Reset: 1717400600", "{'status': 0, 'errors': ['quota']}", BELFRY_OUTCOME_WAIT,
    600 },
  { 429, "X-Limit-App-Reset: soon", "", BELFRY_OUTCOME_WAIT, 0 },
  { 500, NULL, "", BELFRY_OUTCOME_WAIT, 5 },
  { 503, "Retry-After: 2", "", BELFRY_OUTCOME_WAIT, 5 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = make_test ("priorities.failing=1");

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failure;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
  belfry_clock_set_us (0);
}

static void
test_errors_are_quoted (void)
{
  g_autoptr (BelfryTest) test = make_test ("priorities.failing=1");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryTestExchange exchange = failure;

  exchange.status = 400;
  exchange.answer = "{'errors': ['user is invalid', 5, 'no devices']}";
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==, "400: user is invalid; no devices");
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = make_test ("priorities.failing=1");

  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_WAIT);
}

static const struct {
  const char *keys;
  const char *problem; /* how it begins; empty: none */
} configurations[] = {
  { "priorities.failing=2\nother-params.retry=30\nother-params.expire=10800", "" },
  { "priorities.failing=2", "error priorities: priority 2 is repeated until somebody" },
  { "priorities.failing=2\nother-params.retry=29\nother-params.expire=60",
    "error priorities: priority 2 is repeated until somebody" },
  { "priorities.failing=2\nother-params.retry=60\nother-params.expire=10801",
    "error priorities: priority 2 is repeated until it expires" },
  { "priorities.failing=3", "error priorities.failing: " },
  { "priorities.failin=1",
    "error priorities.failin: 'failin' is no mode; did you mean 'failing'?" },
  { "priorities.problem=1", "error priorities.problem: 'problem' is no mode; " },
  { "other-params.colour=red", "error other-params.colour: 'colour' is no parameter" },
  { "other-params.token=x", "error other-params.token: 'token' is no parameter" },
  { "other-params.monospace=1", "error other-params.monospace: " },
  { "other-params.monospace=1\ntemplate-type=plain", "" },
  { "other-params.monospace=1\nother-params.html=0", "" },
  { "verify=false", "warning verify: " },
};

static void
test_configurations (void)
{
  g_autofree char *nothing = belfry_test_dup_problems ("reporter/pushover", "");

  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *keys = g_strconcat (KEYS, configurations[i].keys, NULL);
    g_autofree char *problems = belfry_test_dup_problems ("reporter/pushover", keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
  g_assert_nonnull (strstr (nothing, "error user-key: "));
  g_assert_nonnull (strstr (nothing, "error api-token: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pushover/message/example", test_example);
  g_test_add_func ("/pushover/message/kinds", test_messages);
  g_test_add_func ("/pushover/message/limits", test_limits);
  g_test_add_func ("/pushover/answer/documented", test_answers);
  g_test_add_func ("/pushover/answer/errors-are-quoted", test_errors_are_quoted);
  g_test_add_func ("/pushover/answer/faults", test_faults);
  g_test_add_func ("/pushover/options/checked", test_configurations);
  return g_test_run ();
}
