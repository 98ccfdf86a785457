/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"
#include "zulip.h"

#define KEYS   "endpoint=$URL\ntoken=plain:abcd+efgh"
#define TARGET "/api/v1/external/buildbot?api_key=abcd%2Befgh"
#define URL    "'url': 'https://ci.example.org/builders/linux-x86/builds/142'"

static const BelfryTestExchange finished = {
  .target = TARGET "&stream=ci%20%26%20co",
  .body = "{'event': 'finished', 'buildid': 9031, 'buildername': 'linux-x86', " URL
          ", 'project': 'acme/anvil', 'timestamp': 1717400247, 'results': 2}",
  .answer = "{'result': 'success', 'msg': ''}",
};

static const BelfryTestExchange started = {
  .target = TARGET,
  .body = "{'event': 'new', 'buildid': 9031, 'buildername': 'linux-x86', " URL
          ", 'project': '', 'timestamp': 1717400000}",
  .answer = "{'result': 'success', 'msg': ''}",
};

static void
test_events (void)
{
  g_autoptr (BelfryTest) stream = belfry_test_new ("reporter/zulip", KEYS "\nstream=ci & co");
  g_autoptr (BelfryTest) owner = belfry_test_new ("reporter/zulip", KEYS);
  g_autoptr (BelfryReport) bare =
      belfry_test_report_new ("started", "builds.0.properties.project=");
  g_autoptr (BelfryOutcome) outcome = NULL;

  belfry_test_check_report (stream, "failure", &finished, BELFRY_OUTCOME_DELIVERED, 0);
  outcome = belfry_test_run_report (owner, bare, &started);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (belfry_targets_get_key (belfry_test_get_targets (owner), 0), ==, "build/9031");
}

static const struct {
  guint status;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, "{'result': 'error', 'msg': 'Invalid API key'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 200, "", BELFRY_OUTCOME_DELIVERED, 0 },
  { 204, "", BELFRY_OUTCOME_REFUSED, 0 },
  { 400, "{'result': 'error', 'code': 'STREAM_DOES_NOT_EXIST'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 401, "{'result': 'error', 'code': 'INVALID_API_KEY'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, "{'result': 'error', 'code': 'USER_DEACTIVATED'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "{'result': 'error', 'code': 'RATE_LIMIT_HIT', 'retry-after': 28}", BELFRY_OUTCOME_WAIT,
    28 },
  { 429, "{'result': 'error', 'retry-after': 'soon'}", BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS "\nstream=ci & co");

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = finished;

    exchange.status = answers[i].status;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS "\nstream=ci & co");

  belfry_report_test_check_faults (test, "failure", &finished, BELFRY_OUTCOME_DELIVERED);
}

static void
test_words (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS "\nstream=ci & co");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryTestExchange exchange = finished;

  exchange.status = 400;
  exchange.answer = "no";
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==, "400: Error pushing build status to Zulip: no");
}

static void
test_servers (void)
{
  static const char *const servers[][2] = {
    { "acme.zulipchat.com", "https://acme.zulipchat.com" },
    { "acme@zulipchat.com", "https://acme.zulipchat.com" },
    { "http://chat.acme.example/zulip//", "http://chat.acme.example/zulip" },
    { "ftp://acme.example", NULL },
    { "https://", NULL },
  };
  g_autofree char *manual =
      belfry_test_dup_problems ("reporter/zulip", "endpoint=acme@zulipchat.com\ntoken=plain:x");
  g_autofree char *loose = belfry_test_dup_problems (
      "reporter/zulip", "endpoint=http://acme.example\ntoken=plain:x\nverify=false");
  g_autofree char *none =
      belfry_test_dup_problems ("reporter/zulip", "endpoint=ftp://a\ntoken=plain:x");

  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++) {
    g_autofree char *server = belfry_zulip_dup_server (servers[i][0]);

    g_assert_cmpstr (server, ==, servers[i][1]);
  }
  g_assert_cmpstr (manual, ==,
                   "warning endpoint: read as https://acme.zulipchat.com; write that\n");
  g_assert_nonnull (strstr (loose, "warning verify: "));
  g_assert_nonnull (strstr (loose, "warning endpoint: "));
  g_assert_true (g_str_has_prefix (none, "error endpoint: "));
}

static void
test_debug (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/zulip", KEYS "\nstream=ci & co\ndebug=true");
  const char *log = NULL;

  belfry_test_check_report (test, "failure", &finished, BELFRY_OUTCOME_DELIVERED, 0);
  log = belfry_test_get_log (test);
  g_assert_nonnull (strstr (log, "request: POST http://127.0.0.1:"));
  g_assert_nonnull (strstr (log, "\"buildid\":9031"));
  g_assert_nonnull (strstr (log, "answer: 200; body: {\"result\": \"success\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zulip/message/events", test_events);
  g_test_add_func ("/zulip/answer/documented", test_answers);
  g_test_add_func ("/zulip/answer/faults", test_faults);
  g_test_add_func ("/zulip/answer/words", test_words);
  g_test_add_func ("/zulip/options/servers", test_servers);
  g_test_add_func ("/zulip/options/debug", test_debug);
  return g_test_run ();
}
