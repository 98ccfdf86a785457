/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ntfy.h"
#include "report-test.h"

#include <string.h>

#define KEYS "server=$URL/\ntopic=plain:acme_ci-Xy7Q\n"
#define JSON "Content-Type: application/json"
#define PAGE "https://ci.example.org/builders/linux-x86/builds/142"
#define BODY(rest)                                                                                 \
  "{'topic': 'acme_ci-Xy7Q', 'title': 'Buildbot failure in Acme CI on linux-x86',"                 \
  " 'message': 'failed build (" PAGE ") on linux-x86, building acme/anvil on worker box3;"         \
  " revision 4f1c2a9e7b3d of main; make check: \\u0027make check\\u0027 (failure); 4m 7s',"        \
  " 'click': '" PAGE "', 'actions': [{'action': 'view', 'label': 'Log',"                           \
  " 'url': '" PAGE "/steps/make%20check/logs/stdio'}], " rest "}"

static const BelfryTestExchange failure = {
  .target = "/",
  .body = BODY ("'priority': 4, 'tags': ['x']"),
  .answer = "{'id': 'hwQ2YpKdmg', 'topic': 'acme_ci-Xy7Q', 'event': 'message'}",
};

static const struct {
  const char *keys;
  const char *headers;
  const char *body;
} messages[] = {
  { "", JSON, BODY ("'priority': 4, 'tags': ['x']") },
  { "token=plain:tk_abcdefgh", JSON "\nAuthorization: Bearer tk_abcdefgh",
    BODY ("'priority': 4, 'tags': ['x']") },
  { "user=plain:ci-bot\npassword=plain:s3cret",
    JSON "\nAuthorization: Basic Y2ktYm90OnMzY3JldA==", BODY ("'priority': 4, 'tags': ['x']") },
  { "priorities.failing=5\nntfy-tags.failing=skull;ci", JSON,
    BODY ("'priority': 5, 'tags': ['skull', 'ci']") },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *keys = g_strconcat (KEYS, messages[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/ntfy", keys);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.headers = messages[i].headers;
    exchange.body = messages[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (outcome->remote_id, ==, "hwQ2YpKdmg");
  }
}

static const struct {
  const char *fixture;
  const char *body;
} kinds[] = {
  { "worker", "{'topic': 'acme_ci-Xy7Q', 'title': 's', 'message': 'b', 'priority': 3, 'tags': [],"
              " 'click': 'https://ci.example.org/'}" },
  { "warnings", "{'topic': 'acme_ci-Xy7Q', 'title': 's', 'message': 'b', 'priority': 3,"
                " 'tags': ['warning'], 'click': '" PAGE "'}" },
  { "buildset",
    "{'topic': 'acme_ci-Xy7Q', 'title': 's', 'message': 'b', 'priority': 4, 'tags': ['x'],"
    " 'click': 'https://ci.example.org/', 'actions': [{'action': 'view', 'label': 'Log',"
    " 'url': '" PAGE "/steps/make%20check/logs/stdio'}]}" },
};

static void
test_kinds (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/ntfy", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (kinds[i].fixture, "subject='s'\nbody='b'");
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = kinds[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_limit (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/ntfy", KEYS);
  g_autoptr (GString) body = g_string_new ("body='");
  g_autoptr (BelfryReport) report = NULL;
  const char *message = NULL;

  for (guint i = 0; i < 3000; i++)
    g_string_append (body, "ä");
  g_string_append (body, "'");
  report = belfry_test_report_new ("success", body->str);
  belfry_test_plan (test, report);
  message = belfry_json_get_text (
      json_node_get_object (belfry_targets_get_payload (belfry_test_get_targets (test), 0)),
      "message");
  g_assert_cmpuint (strlen (message), <=, 4096);
  g_assert_cmpuint (strlen (message), >, 4090);
  g_assert_true (g_str_has_suffix (message, "ä…"));
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, NULL, "{'event': 'message'}", BELFRY_OUTCOME_WAIT, 0 },
  { 400, NULL, "{'code': 40009, 'error': 'invalid topic'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 401, NULL, "{'code': 40101, 'error': 'unauthorized'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "{'code': 40301, 'error': 'forbidden'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 413, NULL, "{'code': 41301, 'error': 'too large'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, NULL, "{'code': 42908, 'error': 'too many messages'}", BELFRY_OUTCOME_WAIT, 60 },
  { 429, "Retry-After: 9", "", BELFRY_OUTCOME_WAIT, 9 },
  { 507, NULL, "{'code': 50701, 'error': 'cannot store'}", BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/ntfy", KEYS);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failure;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/ntfy", KEYS);

  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_WAIT);
}

static const struct {
  const char *keys;
  const char *problem;
} configurations[] = {
  { "topic=plain:a", "" },
  { "", "error topic: " },
  { "topic=plain:a\nuser=plain:u", "error user: " },
  { "topic=plain:a\nuser=plain:u\npassword=plain:p\ntoken=plain:t", "error token: " },
  { "topic=plain:a\npriorities.failing=0", "error priorities.failing: " },
  { "topic=plain:a\nntfy-tags.fail=x", "error ntfy-tags.fail: " },
  { "topic=plain:a\nserver=http://ntfy.acme.example", "warning server: " },
};

static void
test_configurations (void)
{
  static const char *const bad[] = { "a b", "a/b", "ä", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/ntfy", configurations[i].keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (BelfrySecret) topic = belfry_secret_new_value (bad[i]);
    const BelfryNtfy ntfy = { .topic = topic };
    g_autoptr (GError) error = NULL;

    g_assert_false (belfry_ntfy_check_topic (&ntfy, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ntfy/message/logins", test_messages);
  g_test_add_func ("/ntfy/message/kinds", test_kinds);
  g_test_add_func ("/ntfy/message/limit", test_limit);
  g_test_add_func ("/ntfy/answer/documented", test_answers);
  g_test_add_func ("/ntfy/answer/faults", test_faults);
  g_test_add_func ("/ntfy/options/checked", test_configurations);
  return g_test_run ();
}
