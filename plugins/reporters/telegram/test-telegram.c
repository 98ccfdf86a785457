/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"
#include "telegram.h"

#include <string.h>

#define KEYS  "bot-token=plain:123456:ABC-DEF_gh\napi-url=$URL/\n"
#define SEND  "/bot123456:ABC-DEF_gh/sendMessage"
#define EDIT  "/bot123456:ABC-DEF_gh/editMessageText"
#define PAGE  "https://ci.example.org/builders/linux-x86/builds/142"
#define FIXED "'parse_mode': 'HTML', 'link_preview_options': {'is_disabled': true}"
#define TEXT                                                                                       \
  "'text': '<a href=\\\"" PAGE "\\\">failed build</a> on <i>linux-x86</i>, building acme/anvil on" \
  " worker box3; revision 4f1c2a9e7b3d of main; make check: \\u0027make check\\u0027 (failure);"   \
  " 4m 7s'"

static const BelfryTestExchange failure = {
  .target = SEND,
  .body = "{'chat_id': 5, " TEXT ", " FIXED ", 'disable_notification': false}",
  .answer = "{'ok': true, 'result': {'message_id': 77, 'date': 1}}",
};

static void
test_message (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (test, report, &failure);

  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (outcome->remote_id, ==, "77");
}

static const struct {
  const char *keys;
  const char *fixture;
  const char *edits;
  const char *body;
} messages[] = {
  { "chat-ids=@acme_ci", "success", "body='b'",
    "{'chat_id': '@acme_ci', 'text': 'b', " FIXED ", 'disable_notification': true}" },
  { "chat-ids=-100123/42\nsilent=failure", "success", "body='b'",
    "{'chat_id': -100123, 'message_thread_id': 42, 'text': 'b', " FIXED
    ", 'disable_notification': false}" },
  { "chat-ids=5\nsilent=failure;warnings", "warnings", "body='b'",
    "{'chat_id': 5, 'text': 'b', " FIXED ", 'disable_notification': true}" },
  { "chat-ids=5", "worker", "body='a <b>&'",
    "{'chat_id': 5, 'text': 'a &lt;b&gt;&amp;', " FIXED ", 'disable_notification': false}" },
  { "chat-ids=5", "buildset", "body=''\nsubject='s <'",
    "{'chat_id': 5, 'text': 's &lt;', " FIXED ", 'disable_notification': false}" },
  /* what Telegram does not know is text, and so is what a stranger wrote */
  { "chat-ids=5", "test", "body='<h1>x</h1><u>y</u>&lt;b&gt; @all'",
    "{'chat_id': 5, 'text': 'x\\n<u>y</u>&lt;b&gt; @all', " FIXED
    ", 'disable_notification': false}" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *keys = g_strconcat (KEYS, messages[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (messages[i].fixture, messages[i].edits);
    BelfryTestExchange exchange = failure;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.body = messages[i].body;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

/* a row for each chat, and each its own fate */
static void
test_chats (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=6;5");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  const BelfryTestExchange kicked = {
    .target = SEND,
    .body = "{'chat_id': 6, " TEXT ", " FIXED ", 'disable_notification': false}",
    .status = 403,
    .answer = "{'ok': false, 'error_code': 403, 'description': 'Forbidden: bot was kicked'}",
  };
  g_autoptr (BelfryOutcome) first = NULL;
  g_autoptr (BelfryOutcome) second = NULL;

  belfry_test_expect (test, &kicked);
  belfry_test_expect (test, &failure);
  g_assert_cmpuint (belfry_test_plan (test, report), ==, 2);
  first = belfry_test_deliver (test, 0, NULL);
  second = belfry_test_deliver (test, 1, NULL);
  g_assert_cmpint (first->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_cmpuint (first->http_status, ==, 403);
  g_assert_cmpstr (first->excerpt, ==, "403: Forbidden: bot was kicked");
  g_assert_cmpint (second->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  guint status;
  const char *answer;
  const char *answer_again; /* NULL: no second request, a plain message */
  const char *remote_id;
  BelfryOutcomeKind kind;
} edits[] = {
  { 200, "{'ok': true, 'result': {'message_id': 77}}", NULL, "77", BELFRY_OUTCOME_DELIVERED },
  { 400,
    "{'ok': false, 'error_code': 400, 'description': 'Bad Request: message is not modified: x'}",
    NULL, "77", BELFRY_OUTCOME_DELIVERED },
  { 400,
    "{'ok': false, 'error_code': 400, 'description': 'Bad Request: message to edit not found'}",
    "{'ok': true, 'result': {'message_id': 78}}", "78", BELFRY_OUTCOME_DELIVERED },
  { 400, "{'ok': false, 'error_code': 400, 'description': 'Bad Request: chat not found'}", NULL,
    NULL, BELFRY_OUTCOME_REFUSED },
};

static void
test_edits (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autoptr (BelfryTest) test =
        belfry_test_new ("reporter/telegram", KEYS "chat-ids=5/3\nedit=true");
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", "body='b'");
    const BelfryTestExchange edit = {
      .target = EDIT,
      .body = "{'chat_id': 5, 'message_id': 77, 'text': 'b', " FIXED "}",
      .status = edits[i].status,
      .answer = edits[i].answer,
    };
    const BelfryTestExchange anew = {
      .target = SEND,
      .body = "{'chat_id': 5, 'message_thread_id': 3, 'text': 'b', " FIXED
              ", 'disable_notification': false}",
      .answer = edits[i].answer_again,
    };
    g_autoptr (BelfryOutcome) outcome = NULL;

    belfry_test_expect (test, &edit);
    if (edits[i].answer_again != NULL)
      belfry_test_expect (test, &anew);
    belfry_test_plan (test, report);
    outcome = belfry_test_deliver (test, 0, "77");
    g_assert_cmpint (outcome->kind, ==, edits[i].kind);
    g_assert_cmpstr (outcome->remote_id, ==, edits[i].remote_id);
  }
}

static void
test_edits_builds_only (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5\nedit=true");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("worker", "body='b'");
  BelfryTestExchange exchange = failure;
  g_autoptr (BelfryOutcome) outcome = NULL;

  exchange.body = "{'chat_id': 5, 'text': 'b', " FIXED ", 'disable_notification': false}";
  belfry_test_plan (test, report);
  belfry_test_expect (test, &exchange);
  outcome = belfry_test_deliver (test, 0, "70");
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static void
test_phases (void)
{
  g_autoptr (BelfryTest) edit = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5\nedit=true");
  g_autoptr (BelfryTest) plain = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5");
  const BelfryReporter *plugin = belfry_test_get_plugin (edit);
  BelfryTestExchange started = failure;

  started.body = "{'chat_id': 5, 'text': '<a href=\\\"" PAGE
                 "\\\">build begun</a> on <i>linux-x86</i>, building acme/anvil on worker box3;"
                 " revision 4f1c2a9e7b3d of main', " FIXED ", 'disable_notification': true}";
  belfry_test_check_report (edit, "started", &started, BELFRY_OUTCOME_DELIVERED, 0);
  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (edit)) & BELFRY_PHASE_STARTED, !=,
                    0);
  g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (plain)) & plugin->phases, ==,
                    BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET | BELFRY_PHASE_WORKER);
}

/* a group that became a supergroup: used at once, remembered, said once */
static void
test_migration (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=-5/3");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", "body='b'");
  const BelfryTestExchange moved = {
    .target = SEND,
    .body = "{'chat_id': -5, 'message_thread_id': 3, 'text': 'b', " FIXED
            ", 'disable_notification': false}",
    .status = 400,
    .answer = "{'ok': false, 'error_code': 400, 'description': 'group chat was upgraded',"
              " 'parameters': {'migrate_to_chat_id': -1001234567890}}",
  };
  const BelfryTestExchange there = {
    .target = SEND,
    .body = "{'chat_id': -1001234567890, 'message_thread_id': 3, 'text': 'b', " FIXED
            ", 'disable_notification': false}",
    .answer = "{'ok': true, 'result': {'message_id': 79}}",
  };
  g_autoptr (BelfryOutcome) first = NULL;
  g_autoptr (BelfryOutcome) second = NULL;

  belfry_test_expect (test, &moved);
  belfry_test_expect (test, &there);
  belfry_test_plan (test, report);
  first = belfry_test_deliver (test, 0, NULL);
  g_assert_cmpint (first->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (belfry_test_get_log (test), ==,
                   "chat -5/3 has become -1001234567890/3; write that in chat-ids\n");
  belfry_test_expect (test, &there);
  second = belfry_test_deliver (test, 0, NULL);
  g_assert_cmpint (second->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static void
test_pace (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  g_autoptr (BelfryOutcome) first = belfry_test_run_report (test, report, &failure);
  g_autoptr (BelfryOutcome) second = NULL;

  belfry_test_set_pace (test, G_TIME_SPAN_HOUR);
  second = belfry_test_deliver (test, 0, NULL);
  g_assert_cmpint (second->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_cmpint (second->wait_us, ==, G_TIME_SPAN_HOUR);
  g_assert_false (second->answered);
}

static const struct {
  guint status;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, "{'ok': false, 'error_code': 400, 'description': 'odd'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 200, "{'result': true}", BELFRY_OUTCOME_WAIT, 0 },
  { 400, "{'ok': false, 'error_code': 400, 'description': 'Bad Request: chat not found'}",
    BELFRY_OUTCOME_REFUSED, 0 },
  { 401, "{'ok': false, 'error_code': 401, 'description': 'Unauthorized'}", BELFRY_OUTCOME_DENIED,
    0 },
  { 403, "{'ok': false, 'error_code': 403, 'description': 'Forbidden: bot was blocked'}",
    BELFRY_OUTCOME_REFUSED, 0 },
  { 404, "{'ok': false, 'error_code': 404, 'description': 'Not Found'}", BELFRY_OUTCOME_REFUSED,
    0 },
  { 429,
    "{'ok': false, 'error_code': 429, 'description': 'Too Many Requests: retry after 31',"
    " 'parameters': {'retry_after': 31}}",
    BELFRY_OUTCOME_WAIT, 31 },
  { 429, "{'ok': false, 'parameters': {'retry_after': 'soon'}}", BELFRY_OUTCOME_WAIT, 0 },
  { 502, "{'ok': false, 'error_code': 502, 'description': 'Bad Gateway'}", BELFRY_OUTCOME_WAIT, 0 },
};

static BelfryTest *
make_fresh (void)
{
  return belfry_test_new ("reporter/telegram", KEYS "chat-ids=5");
}

static void
test_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (BelfryTest) test = make_fresh ();
    BelfryTestExchange exchange = failure;

    exchange.status = answers[i].status;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
}

static const struct {
  const char *keys;
  const char *problem;
} configurations[] = {
  { "bot-token=plain:1:a\nchat-ids=5;@a_b;-7/8", "" },
  { "bot-token=plain:1:a", "error chat-ids: " },
  { "bot-token=plain:1:a\nchat-ids=", "error chat-ids: " },
  { "bot-token=plain:1:a\nchat-ids=acme", "error chat-ids: 'acme' is no chat" },
  { "bot-token=plain:1:a\nchat-ids=5\nsilent=quiet", "error silent: " },
  { "bot-token=plain:1:a\nchat-ids=5\nedit=true\nmode=failing", "note edit: " },
  { "chat-ids=5", "error bot-token: " },
};

static void
test_configurations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *problems =
        belfry_test_dup_problems ("reporter/telegram", configurations[i].keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/telegram", KEYS "chat-ids=5");

  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_WAIT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/telegram/message/html", test_message);
  g_test_add_func ("/telegram/message/kinds", test_messages);
  g_test_add_func ("/telegram/message/chats", test_chats);
  g_test_add_func ("/telegram/message/edits", test_edits);
  g_test_add_func ("/telegram/message/edits-builds-only", test_edits_builds_only);
  g_test_add_func ("/telegram/message/phases", test_phases);
  g_test_add_func ("/telegram/message/migration", test_migration);
  g_test_add_func ("/telegram/message/pace", test_pace);
  g_test_add_func ("/telegram/answer/documented", test_answers);
  g_test_add_func ("/telegram/answer/faults", test_faults);
  g_test_add_func ("/telegram/options/checked", test_configurations);
  return g_test_run ();
}
