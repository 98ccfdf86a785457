/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"
#include "slack.h"

#include <string.h>

#define JSON    "Content-Type: application/json; charset=utf-8"
#define BEARER  JSON "\nAuthorization: Bearer xoxb-abcdefgh"
#define WEBHOOK "webhook-url=plain:$URL/services/T0/B0/abcdefgh\n"
#define TOKEN   "token=plain:xoxb-abcdefgh\nchannel=#ci\n"
#define PAGE    "https://ci.example.org/builders/linux-x86/builds/142"
#define QUIET   "'unfurl_links': false, 'unfurl_media': false"
#define BAR(color, text, body)                                                                     \
  "'text': '" text "', 'attachments': [{'color': '" color "', 'text': '" body                      \
  "', 'fallback': '" text "', 'mrkdwn_in': ['text']}]"
#define SUBJECT "Buildbot failure in Acme CI on linux-x86"
#define BODY                                                                                       \
  "<" PAGE "|failed build> on _linux-x86_, building acme/anvil on worker box3;"                    \
  " revision 4f1c2a9e7b3d of main; make check: \\u0027make check\\u0027 (failure); 4m 7s"

static const BelfryTestExchange by_webhook = {
  .target = "/services/T0/B0/abcdefgh",
  .headers = JSON,
  .body = "{" BAR ("danger", SUBJECT, BODY) ", " QUIET "}",
  .answer = "ok",
};

static const BelfryTestExchange by_token = {
  .target = "/api/chat.postMessage",
  .headers = BEARER,
  .body = "{'channel': '#ci', " BAR ("danger", SUBJECT, BODY) ", " QUIET "}",
  .answer = "{'ok': true, 'channel': 'C024BE91L', 'ts': '1503435956.000247'}",
};

static BelfryTest *
make_test (const char *way, const char *keys)
{
  g_autofree char *all = g_strconcat (way, keys, NULL);
  BelfryTest *test = belfry_test_new ("reporter/slack", all);

  belfry_test_set_origin (test, "https://slack.com");
  return test;
}

static void
test_ways (void)
{
  g_autoptr (BelfryTest) webhook = make_test (WEBHOOK, "");
  g_autoptr (BelfryTest) token = make_test (TOKEN, "");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) plain = belfry_test_run_report (webhook, report, &by_webhook);
  g_autoptr (BelfryOutcome) known = belfry_test_run_report (token, report, &by_token);

  g_assert_cmpint (plain->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_null (plain->remote_id);
  g_assert_cmpint (known->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (known->remote_id, ==, "C024BE91L/1503435956.000247");
}

#define SECTION(text) "{'type': 'section', 'text': {'type': 'mrkdwn', 'text': '" text "'}}"

static const struct {
  const char *keys;
  const char *fixture;
  const char *edits;
  const char *body;
} messages[] = {
  { "", "success", "subject='s'\nbody='b'", "{" BAR ("good", "s", "b") ", " QUIET "}" },
  { "", "warnings", "subject='s'\nbody='b'", "{" BAR ("warning", "s", "b") ", " QUIET "}" },
  { "", "exception", "subject='s'\nbody='b'", "{" BAR ("danger", "s", "b") ", " QUIET "}" },
  { "", "cancelled", "subject='s'\nbody='b'", "{" BAR ("#9e9e9e", "s", "b") ", " QUIET "}" },
  { "", "worker", "subject='s'\nbody='b'", "{" BAR ("#9e9e9e", "s", "b") ", " QUIET "}" },
  { "", "buildset", "subject='s'\nbody='b'", "{" BAR ("danger", "s", "b") ", " QUIET "}" },
  { "attachment=false", "success", "subject='s'\nbody='<b>b</b>'",
    "{'text': 's', 'blocks': [" SECTION ("s") ", " SECTION ("*b*") "], " QUIET "}" },
  { "attachment=false", "success", "subject='s'\nbody=''",
    "{'text': 's', 'blocks': [" SECTION ("s") "], " QUIET "}" },
  /* nobody is mentioned but by the map */
  { "mention.wile=U024BE7LH\nmention.other=U1", "failure",
    "subject='<!channel> & <@U9>'\nbody='&lt;!here&gt; &lt;https://x.example|bank&gt;'",
    "{" BAR ("danger",
             "&lt;!channel&gt; &amp; &lt;@U9&gt; <@U024BE7LH>",
             "&lt;!here&gt; &lt;https://x.example|bank&gt;") ", " QUIET "}" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autoptr (BelfryTest) test = make_test (WEBHOOK, messages[i].keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (messages[i].fixture, messages[i].edits);
    BelfryTestExchange exchange = by_webhook;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = messages[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

static void
test_limits (void)
{
  g_autoptr (BelfryTest) bar = make_test (WEBHOOK, "");
  g_autoptr (BelfryTest) blocks = make_test (WEBHOOK, "attachment=false");
  g_autofree char *long_text = g_strnfill (9000, '<');
  g_autofree char *edits =
      g_strdup_printf ("type='plain'\nsubject='%s'\nbody='%s'", long_text, long_text);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", edits);
  JsonNode *payload = NULL;

  belfry_test_plan (bar, report);
  payload = belfry_targets_get_payload (belfry_test_get_targets (bar), 0);
  g_assert_cmpint (g_utf8_strlen (json_node_get_string (belfry_json_lookup (payload, "text")), -1),
                   <=, 3000);
  payload = json_array_get_element (
      belfry_json_get_array (json_node_get_object (payload), "attachments"), 0);
  g_assert_cmpint (g_utf8_strlen (json_node_get_string (belfry_json_lookup (payload, "text")), -1),
                   <=, 4000);
  g_assert_true (
      g_str_has_suffix (json_node_get_string (belfry_json_lookup (payload, "text")), "&lt;…"));
  belfry_test_plan (blocks, report);
  payload = belfry_targets_get_payload (belfry_test_get_targets (blocks), 0);
  payload =
      json_array_get_element (belfry_json_get_array (json_node_get_object (payload), "blocks"), 1);
  g_assert_cmpint (
      g_utf8_strlen (json_node_get_string (belfry_json_lookup (payload, "text.text")), -1), <=,
      3000);
}

/* what follows: KEYS, a report, and the request that a known message makes of it */
static const struct {
  const char *keys;
  const char *fixture;
  const char *key;
  const char *target;
  const char *place;
  const char *end;
  const char *remote_id;
} continued[] = {
  { "edit=true", "success", "build/9031", "/api/chat.update",
    "'channel': 'C024BE91L', 'ts': '1503435956.000247', ", "", "C024BE91L/1503435956.000247" },
  { "thread=build", "success", "build/9031", "/api/chat.postMessage",
    "'channel': '#ci', 'thread_ts': '1503435956.000247', ", ", " QUIET,
    "C024BE91L/1503435956.000247" },
  { "thread=buildset", "success", "buildset/4410", "/api/chat.postMessage",
    "'channel': '#ci', 'thread_ts': '1503435956.000247', ", ", " QUIET,
    "C024BE91L/1503435956.000247" },
  { "", "success", "build/9031", "/api/chat.postMessage", "'channel': '#ci', ", ", " QUIET,
    "C1/2" },
  { "edit=true", "worker", "worker/box3", "/api/chat.postMessage", "'channel': '#ci', ", ", " QUIET,
    "C1/2" },
};

static void
test_continued (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (continued); i++) {
    g_autoptr (BelfryTest) test = make_test (TOKEN, continued[i].keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (continued[i].fixture, "subject='s'\nbody='b'");
    const char *color = g_str_equal (continued[i].fixture, "worker") ? "#9e9e9e" : "good";
    g_autofree char *body = g_strdup_printf (
        "{%s'text': 's', 'attachments': [{'color': '%s', 'text': 'b', 'fallback': 's',"
        " 'mrkdwn_in': ['text']}]%s}",
        continued[i].place, color, continued[i].end);
    BelfryTestExchange exchange = by_token;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.target = continued[i].target;
    exchange.body = body;
    exchange.answer = "{'ok': true, 'channel': 'C1', 'ts': '2'}";
    belfry_test_expect (test, &exchange);
    belfry_test_plan (test, report);
    g_assert_cmpstr (belfry_targets_get_key (belfry_test_get_targets (test), 0), ==,
                     continued[i].key);
    outcome = belfry_test_deliver (test, 0, "C024BE91L/1503435956.000247");
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (outcome->remote_id, ==, continued[i].remote_id);
  }
}

/* the message to edit is gone: a new one */
static void
test_gone (void)
{
  g_autoptr (BelfryTest) test = make_test (TOKEN, "edit=true");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", "subject='s'\nbody='b'");
  BelfryTestExchange edit = by_token;
  BelfryTestExchange anew = by_token;
  g_autoptr (BelfryOutcome) outcome = NULL;

  edit.target = "/api/chat.update";
  edit.body = "{'channel': 'C1', 'ts': '2', " BAR ("good", "s", "b") "}";
  edit.answer = "{'ok': false, 'error': 'message_not_found'}";
  anew.body = "{'channel': '#ci', " BAR ("good", "s", "b") ", " QUIET "}";
  belfry_test_expect (test, &edit);
  belfry_test_expect (test, &anew);
  belfry_test_plan (test, report);
  outcome = belfry_test_deliver (test, 0, "C1/2");
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (outcome->remote_id, ==, "C024BE91L/1503435956.000247");
}

static void
test_phases (void)
{
  static const struct {
    const char *keys;
    gboolean starts;
  } cases[] = {
    { "", FALSE },
    { "edit=true", TRUE },
    { "thread=build", TRUE },
    { "thread=buildset", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = make_test (TOKEN, cases[i].keys);
    const BelfryReporter *plugin = belfry_test_get_plugin (test);
    guint phases = plugin->phases & plugin->choose_phases (belfry_test_get_state (test));

    g_assert_cmpint ((phases & BELFRY_PHASE_STARTED) != 0, ==, cases[i].starts);
    g_assert_true ((phases & BELFRY_PHASE_FINISHED) != 0);
  }
}

static void
test_pace (void)
{
  g_autoptr (BelfryTest) test = make_test (TOKEN, "");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = NULL;

  belfry_test_plan (test, report);
  belfry_test_set_pace (test, G_TIME_SPAN_HOUR);
  outcome = belfry_test_deliver (test, 0, NULL);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_cmpint (outcome->wait_us, ==, G_TIME_SPAN_HOUR);
  g_assert_false (outcome->answered);
}

typedef struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} Answer;

static const Answer webhook_answers[] = {
  { 200, NULL, "ok\n", BELFRY_OUTCOME_DELIVERED, 0 },
  { 200, NULL, "{'success': true}", BELFRY_OUTCOME_DELIVERED, 0 },
  { 200, NULL, "{'success': false}", BELFRY_OUTCOME_WAIT, 0 },
  { 400, NULL, "invalid_payload", BELFRY_OUTCOME_REFUSED, 0 },
  { 403, NULL, "action_prohibited", BELFRY_OUTCOME_REFUSED, 0 },
  { 404, NULL, "no_service", BELFRY_OUTCOME_DENIED, 0 },
  { 404, NULL, "channel_not_found", BELFRY_OUTCOME_DENIED, 0 },
  { 410, NULL, "channel_is_archived", BELFRY_OUTCOME_DENIED, 0 },
  { 429, "Retry-After: 30", "", BELFRY_OUTCOME_WAIT, 30 },
  { 500, NULL, "rollup_error", BELFRY_OUTCOME_WAIT, 0 },
};

#define ERROR(word) "{'ok': false, 'error': '" word "'}"

static const Answer api_answers[] = {
  { 200, NULL, ERROR ("ratelimited"), BELFRY_OUTCOME_WAIT, 60 },
  { 200, NULL, ERROR ("rate_limited"), BELFRY_OUTCOME_WAIT, 60 },
  { 429, "Retry-After: 30", ERROR ("ratelimited"), BELFRY_OUTCOME_WAIT, 30 },
  { 200, NULL, ERROR ("internal_error"), BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, ERROR ("fatal_error"), BELFRY_OUTCOME_WAIT, 0 },
  { 503, NULL, ERROR ("service_unavailable"), BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, ERROR ("request_timeout"), BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, ERROR ("invalid_auth"), BELFRY_OUTCOME_DENIED, 0 },
  { 200, NULL, ERROR ("token_revoked"), BELFRY_OUTCOME_DENIED, 0 },
  { 200, NULL, ERROR ("token_expired"), BELFRY_OUTCOME_DENIED, 0 },
  { 200, NULL, ERROR ("account_inactive"), BELFRY_OUTCOME_DENIED, 0 },
  { 200, NULL, ERROR ("missing_scope"), BELFRY_OUTCOME_DENIED, 0 },
  { 200, NULL, ERROR ("not_in_channel"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, ERROR ("is_archived"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, ERROR ("channel_not_found"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, ERROR ("msg_too_long"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, ERROR ("something_new"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, ERROR ("message_not_found"), BELFRY_OUTCOME_REFUSED, 0 },
  { 200, NULL, "{'ok': false}", BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, "[]", BELFRY_OUTCOME_WAIT, 0 },
};

static void
check_answers (const char *way,
               const BelfryTestExchange *success,
               const Answer *answers,
               gsize count)
{
  g_autoptr (BelfryTest) test = make_test (way, "");

  for (gsize i = 0; i < count; i++) {
    BelfryTestExchange exchange = *success;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
}

static void
test_answers (void)
{
  check_answers (WEBHOOK, &by_webhook, webhook_answers, G_N_ELEMENTS (webhook_answers));
  check_answers (TOKEN, &by_token, api_answers, G_N_ELEMENTS (api_answers));
}

static void
test_advice (void)
{
  g_autoptr (BelfryTest) test = make_test (TOKEN, "");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  BelfryTestExchange exchange = by_token;
  g_autoptr (BelfryOutcome) outcome = NULL;

  exchange.answer = ERROR ("not_in_channel");
  outcome = belfry_test_run_report (test, report, &exchange);
  g_assert_cmpstr (outcome->excerpt, ==, "not_in_channel: invite the bot to the channel");
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) webhook = make_test (WEBHOOK, "");
  g_autoptr (BelfryTest) token = make_test (TOKEN, "");

  belfry_report_test_check_faults (webhook, "failure", &by_webhook, BELFRY_OUTCOME_WAIT);
  belfry_report_test_check_faults (token, "failure", &by_token, BELFRY_OUTCOME_WAIT);
}

static const struct {
  const char *keys;
  const char *problem;
} configurations[] = {
  { WEBHOOK, "" },
  { TOKEN "thread=build", "" },
  { TOKEN "edit=true", "" },
  { "", "error webhook-url: exactly one" },
  { WEBHOOK TOKEN, "error webhook-url: exactly one" },
  { "token=plain:x", "error channel: " },
  { WEBHOOK "channel=#ci", "error channel: " },
  { WEBHOOK "thread=build", "error thread: " },
  { WEBHOOK "edit=true", "error edit: " },
  { TOKEN "edit=true\nthread=build", "error edit: " },
  { TOKEN "mention.ann=@ann", "error mention.ann: " },
  { TOKEN "thread=reply", "error thread: " },
};

static void
test_configurations (void)
{
  g_autoptr (BelfrySecret) url = belfry_secret_new_value ("hooks.slack.com/x");
  const BelfrySlack slack = { .webhook_url = url };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/slack", configurations[i].keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
  g_assert_false (belfry_slack_check_secrets (&slack, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/slack/message/ways", test_ways);
  g_test_add_func ("/slack/message/kinds", test_messages);
  g_test_add_func ("/slack/message/limits", test_limits);
  g_test_add_func ("/slack/message/continued", test_continued);
  g_test_add_func ("/slack/message/gone", test_gone);
  g_test_add_func ("/slack/message/phases", test_phases);
  g_test_add_func ("/slack/message/pace", test_pace);
  g_test_add_func ("/slack/answer/documented", test_answers);
  g_test_add_func ("/slack/answer/advice", test_advice);
  g_test_add_func ("/slack/answer/faults", test_faults);
  g_test_add_func ("/slack/options/checked", test_configurations);
  return g_test_run ();
}
