/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"
#include "report-test.h"

#include <string.h>

#define JSON   "Content-Type: application/json"
#define URL    "server-url=$URL/submit/?a=1\n"
#define TARGET "/submit/?a=1"

/* the build of a fixture is what is sent, member by member */
static char *
dup_build (BelfryReport *report)
{
  g_autoptr (JsonNode) node =
      json_node_init_object (json_node_alloc (), belfry_report_get_build (report, 0));

  return belfry_json_to_text (node);
}

typedef struct {
  const char *keys;
  const char *fixture;
  const char *headers;
  const char *body; /* NULL: the build */
} Message;

static const Message messages[] = {
  { "", "success", JSON, NULL },
  { "", "started", JSON, NULL },
  { "user=plain:ci-bot\npassword=plain:s3cret", "failure",
    JSON "\nAuthorization: Basic Y2ktYm90OnMzY3JldA==", NULL },
  { "auth=plain:ci-bot:s3cret", "failure",
    JSON "\nAuthorization: Basic Y2ktYm90OnMzY3JldA==", NULL },
  { "auth=plain:tok:en\nauth-kind=bearer", "failure", JSON "\nAuthorization: Bearer tok:en", NULL },
  { "headers.X-Team=a b\nheaders.X-Two=2", "failure", JSON "\nX-Team: a b\nX-Two: 2", NULL },
  { "format-template={\"event\": {{ event_name|tojson }}, \"who\": {{ blamelist|tojson }}}",
    "failure", JSON, "{'event': 'finished', 'who': ['Road Runner <rr@acme.example>', 'wile']}" },
  { "format-template=[{{ build.number }}]", "started", JSON, "[142]" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *keys = g_strconcat (URL, messages[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", keys);
    g_autoptr (BelfryReport) report = belfry_test_report_new (
        messages[i].fixture, messages[i].body == NULL ? "builds.0.state_string='it is'" : NULL);
    g_autofree char *build = dup_build (report);
    const BelfryTestExchange exchange = {
      .target = TARGET,
      .headers = messages[i].headers,
      .body = messages[i].body != NULL ? messages[i].body : build,
      .status = 202,
    };
    g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, &exchange);

    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_no_build (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", URL);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("worker", NULL);

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
}

#define SMALL "format-template={\"r\": {{ results }}}\n"

static const BelfryTestExchange small = { .target = TARGET, .body = "{'r': 2}" };

static const struct {
  const char *command;
  const char *body; /* NULL: nothing is sent */
  const char *error;
} programs[] = {
  { "/usr/bin/printf [1]", "[1]", NULL },
  { "/usr/bin/tr -d '\\n'", "whole", NULL },
  { "/bin/false", NULL, "format-program: it ended with status 1: ''" },
  { "/bin/echo no", NULL, "format-program: reading what it printed: " },
  { "/nonexistent/program", NULL, "format-program: " },
};

static void
test_programs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
    g_autofree char *keys = g_strconcat (URL "format-program=", programs[i].command, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new ("failure", "builds.0.state_string='it'");
    g_autofree char *build = dup_build (report);
    const BelfryTestExchange exchange = {
      .target = TARGET,
      .body = g_strcmp0 (programs[i].body, "whole") == 0 ? build : programs[i].body,
    };
    g_autoptr (BelfryOutcome) outcome = NULL;

    if (programs[i].body != NULL)
      belfry_test_expect (test, &exchange);
    belfry_test_plan (test, report);
    outcome = belfry_test_deliver (test, 0, NULL);
    g_test_message ("%s", outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==,
                     programs[i].body != NULL ? BELFRY_OUTCOME_DELIVERED : BELFRY_OUTCOME_WAIT);
    if (programs[i].error != NULL)
      g_assert_true (g_str_has_prefix (outcome->excerpt, programs[i].error));
  }
}

static const struct {
  const char *template;
  int code;
} broken_templates[] = {
  { "no JSON", BELFRY_ERROR_RETRY },
  { "{{ results }} {}", BELFRY_ERROR_RETRY },
  { "{{ nothing.at.all }}", BELFRY_ERROR_MALFORMED },
};

static void
test_broken_templates (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (broken_templates); i++) {
    g_autofree char *keys =
        g_strconcat (URL "format-template=", broken_templates[i].template, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", keys);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
    g_autoptr (BelfryTargets) targets = belfry_targets_new ();
    g_autoptr (GError) error = NULL;

    g_assert_false (
        belfry_http_reporter_plan (belfry_test_get_state (test), report, targets, &error));
    g_assert_error (error, BELFRY_ERROR, broken_templates[i].code);
  }
}

/* HMAC-SHA256 of `812.1717400000.{"r":2}`, by openssl dgst -sha256 -hmac */
static void
test_signature (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/http", URL SMALL "signing-secret=plain:whsec_c2VjcmV0IGtleQ==");
  BelfryTestExchange exchange = small;

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  exchange.headers = JSON "\nwebhook-id: 812\nwebhook-timestamp: 1717400000\n"
                          "webhook-signature: v1,zXePl41hws05SgcK17AQU6l4ncz9HGxaZcI86SLZvGY=";
  belfry_test_check_report (test, "failure", &exchange, BELFRY_OUTCOME_DELIVERED, 0);
  belfry_clock_set_us (0);
}

static void
test_ascii (void)
{
  g_autofree char *text = belfry_http_reporter_escape ("{\"a\": \"ä€😀\"}");

  g_assert_cmpstr (text, ==, "{\"a\": \"\\u00e4\\u20ac\\ud83d\\ude00\"}");
}

static const BelfryTestExchange challenged = {
  .target = TARGET,
  .body = "{'r': 2}",
  .status = 401,
  .answer_headers = "WWW-Authenticate: Digest realm=\"ci\", nonce=\"abc\", qop=\"auth\"",
};

static void
test_digest (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/http", URL SMALL "auth=plain:ci-bot:s3cret99\nauth-kind=digest");
  BelfryTestExchange answered = small;

  answered.headers =
      JSON "\nAuthorization: Digest username=\"ci-bot\", realm=\"ci\", nonce=\"abc\","
           " uri=\"/submit/?a=1\", algorithm=MD5, response=\"????????????????????????????????\","
           " cnonce=\"*\", nc=00000001, qop=auth";
  belfry_test_expect (test, &challenged);
  belfry_test_check_report (test, "failure", &answered, BELFRY_OUTCOME_DELIVERED, 0);
  /* nothing is remembered for whoever asks there next */
  belfry_test_expect (test, &challenged);
  answered.status = 401;
  answered.answer_headers = challenged.answer_headers;
  belfry_test_check_report (test, "failure", &answered, BELFRY_OUTCOME_DENIED, 0);
}

/* a challenge of another scheme is not answered with a password in clear */
static void
test_digest_only (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/http", URL SMALL "auth=plain:ci-bot:s3cret99\nauth-kind=digest");
  BelfryTestExchange exchange = challenged;

  exchange.answer_headers = "WWW-Authenticate: Basic realm=\"ci\"";
  belfry_test_check_report (test, "failure", &exchange, BELFRY_OUTCOME_DENIED, 0);
}

static void
test_no_digest_unasked (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/http", URL SMALL "auth=plain:ci-bot:s3cret99\n");
  BelfryTestExchange exchange = challenged;

  exchange.headers = JSON "\nAuthorization: Basic Y2ktYm90OnMzY3JldDk5";
  belfry_test_check_report (test, "failure", &exchange, BELFRY_OUTCOME_DENIED, 0);
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
} answers[] = {
  { 200, BELFRY_OUTCOME_DELIVERED }, { 201, BELFRY_OUTCOME_DELIVERED },
  { 204, BELFRY_OUTCOME_DELIVERED }, { 400, BELFRY_OUTCOME_REFUSED },
  { 401, BELFRY_OUTCOME_DENIED },    { 403, BELFRY_OUTCOME_REFUSED },
  { 404, BELFRY_OUTCOME_REFUSED },   { 410, BELFRY_OUTCOME_REFUSED },
  { 422, BELFRY_OUTCOME_REFUSED },   { 425, BELFRY_OUTCOME_WAIT },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", URL SMALL);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = small;

    exchange.status = answers[i].status;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, 0);
  }
  belfry_report_test_check_faults (test, "failure", &small, BELFRY_OUTCOME_DELIVERED);
}

static void
test_words (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", URL SMALL);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;
  BelfryTestExchange exchange = small;

  exchange.status = 400;
  exchange.answer = "no";
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==, "400: unable to upload status: no");
}

/* to the same scheme, host and port only, with method and body */
static void
test_redirect (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/http", URL SMALL);
  BelfryTestExchange there = small;
  BelfryTestExchange here = small;

  here.status = 308;
  here.answer_headers = "Location: /elsewhere";
  there.target = "/elsewhere";
  belfry_test_expect (test, &here);
  belfry_test_check_report (test, "failure", &there, BELFRY_OUTCOME_DELIVERED, 0);
}

static const struct {
  const char *keys;
  const char *problem; /* how it begins; empty: none */
} configurations[] = {
  { "server-url=https://x.example/", "" },
  { "", "error server-url: " },
  { "server-url=ftp://x.example/", "error server-url: " },
  { "server-url=https://u:p@x.example/", "error server-url: a login does not belong" },
  { "server-url=http://x.example/", "warning server-url: " },
  { "server-url=http://127.0.0.1:1/", "" },
  { "server-url=https://x.example/\nuser=plain:a", "error user: " },
  { "server-url=https://x.example/\nuser=plain:a\npassword=plain:b\nauth=plain:c:d",
    "error auth: only one" },
  { "server-url=https://x.example/\nauth-kind=bearer", "error auth-kind: " },
  { "server-url=https://x.example/\nheaders.X Y=1", "error headers.X Y: " },
  { "server-url=https://x.example/\nheaders.Host=1", "error headers.Host: " },
  { "server-url=https://x.example/\nheaders.X=a\\nb", "error headers.X: " },
  { "server-url=https://x.example/\nformat-program=date", "error format-program: " },
  { "server-url=https://x.example/\nformat-program=/bin/date %(prop:a)s",
    "error format-program: word 1" },
  { "server-url=https://x.example/\nformat-program=/bin/date\nformat-template={}",
    "error format-program: format-template" },
  { "server-url=https://x.example/\nverify=false", "warning verify: " },
};

static void
test_configurations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/http", configurations[i].keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
}

/* the same JSON in other bytes */
static void
test_skip_encoding (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/http", URL "debug=true\nskip-encoding=true\nformat-template=\"Gr\u00fc\u00dfe\"");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  const BelfryTestExchange exchange = {
    .target = TARGET,
    .headers = "Content-Type: application/json",
    .body = "\"Gr\\u00fc\\u00dfe\"",
  };
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, &exchange);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_nonnull (strstr (belfry_test_get_log (test), "Gr\\u00fc\\u00dfe"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/message/kinds", test_messages);
  g_test_add_func ("/http/message/no-build", test_no_build);
  g_test_add_func ("/http/message/programs", test_programs);
  g_test_add_func ("/http/message/broken-templates", test_broken_templates);
  g_test_add_func ("/http/message/signature", test_signature);
  g_test_add_func ("/http/message/ascii", test_ascii);
  g_test_add_func ("/http/login/digest", test_digest);
  g_test_add_func ("/http/login/digest-only", test_digest_only);
  g_test_add_func ("/http/login/no-digest-unasked", test_no_digest_unasked);
  g_test_add_func ("/http/answer/documented", test_answers);
  g_test_add_func ("/http/answer/words", test_words);
  g_test_add_func ("/http/answer/redirect", test_redirect);
  g_test_add_func ("/http/options/checked", test_configurations);
  g_test_add_func ("/http/skip-encoding", test_skip_encoding);
  return g_test_run ();
}
