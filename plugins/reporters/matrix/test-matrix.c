/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "matrix.h"
#include "report-test.h"

#include <string.h>

#define KEYS   "homeserver=$URL/\naccess-token=plain:syt_abcdefgh\nrooms=!r1:acme.example"
#define BEARER "Authorization: Bearer syt_abcdefgh"
#define JSON   "Content-Type: application/json\n" BEARER
#define API    "/_matrix/client/v3"
#define ROOM   API "/rooms/%21r1%3Aacme.example"
#define PAGE   "https://ci.example.org/builders/linux-x86/builds/142"
#define NOBODY "'m.mentions': {}"
#define REST   "building acme/anvil on worker box3; revision 4f1c2a9e7b3d of main; make check:"
#define PLAIN  "'msgtype': 'm.notice', 'body': 'b', " NOBODY

static const BelfryTestExchange send = {
  .method = "PUT",
  .headers = JSON,
  .body =
      "{'msgtype': 'm.notice', " NOBODY ", 'body': 'failed build (" PAGE ") on linux-x86, " REST
      " \\u0027make check\\u0027 (failure); 4m 7s', 'format': 'org.matrix.custom.html',"
      " 'formatted_body': '<a href=\\\"" PAGE "\\\">failed build</a> on <em>linux-x86</em>, " REST
      " \\u0027make check\\u0027 (failure); 4m 7s'}",
  .answer = "{'event_id': '$e1'}",
};

static const BelfryTestExchange is_open = {
  .method = "GET",
  .target = ROOM "/state/m.room.encryption",
  .headers = BEARER,
  .status = 404,
  .answer = "{'errcode': 'M_NOT_FOUND', 'error': 'no such state'}",
};

/* path of the message that the harness's report makes */
static char *
dup_send_path (const char *room)
{
  g_autofree char *transaction = belfry_matrix_dup_transaction (812, room);
  g_autofree char *encoded = belfry_text_percent_encode ("!r1:acme.example");

  return g_strdup_printf (API "/rooms/%s/send/m.room.message/%s", encoded, transaction);
}

static BelfryOutcome *
deliver (BelfryTest *test, const char *fixture, const char *edits, const char *remote_id)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, edits);

  belfry_test_plan (test, report);
  return belfry_test_deliver (test, 0, remote_id);
}

/* the room is asked about once a day */
static void
test_message (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", KEYS);
  g_autofree char *path = dup_send_path ("!r1:acme.example");
  BelfryTestExchange exchange = send;
  g_autoptr (BelfryOutcome) first = NULL;
  g_autoptr (BelfryOutcome) second = NULL;

  exchange.target = path;
  belfry_test_expect (test, &is_open);
  belfry_test_expect (test, &exchange);
  belfry_test_expect (test, &exchange);
  first = deliver (test, "failure", NULL, NULL);
  second = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (first->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (first->remote_id, ==, "$e1");
  g_assert_cmpint (second->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  const char *keys;
  const char *fixture;
  const char *edits;
  const char *remote_id;
  const char *body;
  const char *known_as; /* remote id afterwards */
} messages[] = {
  { "", "worker", "body='b'", NULL, "{" PLAIN "}", "$e1" },
  { "\nnotice=false", "worker", "body='b'", NULL, "{'msgtype': 'm.text', 'body': 'b', " NOBODY "}",
    "$e1" },
  { "", "buildset", "body=''\nsubject='b'", NULL, "{" PLAIN "}", "$e1" },
  /* names of strangers are text, and nobody is mentioned */
  { "", "success", "body='&lt;b&gt; @room<br><script>x</script><h2>b</h2>'", NULL,
    "{'msgtype': 'm.notice', 'body': '<b> @room\\nb\\n', " NOBODY
    ", 'format': 'org.matrix.custom.html', 'formatted_body': '&lt;b&gt; @room<br>b<br>'}",
    "$e1" },
  { "\nedit=true", "success", "body='b'\ntype='plain'", "$e0",
    "{'msgtype': 'm.notice', 'body': '* b', " NOBODY ", 'm.new_content': {" PLAIN "},"
    " 'm.relates_to': {'rel_type': 'm.replace', 'event_id': '$e0'}}",
    "$e0" },
  { "\nedit=true", "success", "body='<i>b</i>'", "$e0",
    "{'msgtype': 'm.notice', 'body': '* b', 'format': 'org.matrix.custom.html',"
    " 'formatted_body': '* <em>b</em>', " NOBODY ", 'm.new_content': {" PLAIN
    ", 'format': 'org.matrix.custom.html', 'formatted_body': '<em>b</em>'},"
    " 'm.relates_to': {'rel_type': 'm.replace', 'event_id': '$e0'}}",
    "$e0" },
  { "\nthread=buildset", "success", "body='b'\ntype='plain'", "$e0",
    "{" PLAIN ", 'm.relates_to': {'rel_type': 'm.thread', 'event_id': '$e0',"
    " 'is_falling_back': true, 'm.in_reply_to': {'event_id': '$e0'}}}",
    "$e0" },
  { "\nedit=true", "worker", "body='b'", "$e0", "{" PLAIN "}", "$e1" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *keys = g_strconcat (KEYS, messages[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", keys);
    g_autofree char *path = dup_send_path ("!r1:acme.example");
    BelfryTestExchange exchange = send;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.target = path;
    exchange.body = messages[i].body;
    belfry_test_expect (test, &is_open);
    belfry_test_expect (test, &exchange);
    outcome = deliver (test, messages[i].fixture, messages[i].edits, messages[i].remote_id);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (outcome->remote_id, ==, messages[i].known_as);
  }
}

/* the HTML goes first, then the text is cut */
static void
test_size (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", KEYS "\nedit=true");
  g_autofree char *quotes = g_strnfill (50000, '>');
  g_autofree char *edits = g_strdup_printf ("body='%s'", quotes);
  g_autoptr (BelfryReport) report = belfry_test_report_new ("success", edits);
  g_autoptr (JsonNode) first = NULL;
  g_autoptr (JsonNode) edit = NULL;
  g_autofree char *first_text = NULL;
  g_autofree char *edit_text = NULL;
  JsonNode *payload = NULL;

  belfry_test_plan (test, report);
  payload = belfry_targets_get_payload (belfry_test_get_targets (test), 0);
  first = belfry_matrix_make_event (belfry_test_get_state (test), payload, NULL);
  edit = belfry_matrix_make_event (belfry_test_get_state (test), payload, "$e0");
  first_text = belfry_json_to_text (first);
  edit_text = belfry_json_to_text (edit);
  g_assert_cmpuint (strlen (first_text), <=, 60000);
  g_assert_cmpuint (strlen (edit_text), <=, 60000);
  g_assert_null (belfry_json_lookup (first, "formatted_body"));
  g_assert_true (
      g_str_has_suffix (belfry_json_get_text (json_node_get_object (first), "body"), ">…"));
}

static void
test_transaction (void)
{
  g_autofree char *one = belfry_matrix_dup_transaction (812, "!a:x");
  g_autofree char *same = belfry_matrix_dup_transaction (812, "!a:x");
  g_autofree char *other_room = belfry_matrix_dup_transaction (812, "!b:x");
  g_autofree char *other_report = belfry_matrix_dup_transaction (813, "!a:x");

  g_assert_cmpstr (one, ==, same);
  g_assert_cmpstr (one, !=, other_room);
  g_assert_cmpstr (one, !=, other_report);
}

static void
test_alias (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/matrix",
                       "homeserver=$URL\naccess-token=plain:syt_abcdefgh\nrooms=#ci:acme.example");
  g_autofree char *path = dup_send_path ("#ci:acme.example");
  const BelfryTestExchange resolve = {
    .method = "GET",
    .target = API "/directory/room/%23ci%3Aacme.example",
    .headers = BEARER,
    .answer = "{'room_id': '!r1:acme.example', 'servers': ['acme.example']}",
  };
  BelfryTestExchange unknown = resolve;
  BelfryTestExchange exchange = send;
  g_autoptr (BelfryOutcome) refused = NULL;
  g_autoptr (BelfryOutcome) outcome = NULL;

  unknown.status = 404;
  unknown.answer = "{'errcode': 'M_NOT_FOUND', 'error': 'Room alias not found'}";
  belfry_test_expect (test, &unknown);
  refused = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (refused->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_cmpstr (refused->excerpt, ==, "404: M_NOT_FOUND: Room alias not found");
  exchange.target = path;
  belfry_test_expect (test, &resolve);
  belfry_test_expect (test, &is_open);
  belfry_test_expect (test, &exchange);
  outcome = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

/* who is not in the room joins it, and looks whether it is encrypted then */
static void
test_join (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", KEYS);
  g_autofree char *path = dup_send_path ("!r1:acme.example");
  BelfryTestExchange exchange = send;
  BelfryTestExchange forbidden = send;
  BelfryTestExchange hidden = is_open;
  const BelfryTestExchange join = {
    .target = API "/join/%21r1%3Aacme.example",
    .headers = JSON,
    .body = "{}",
    .answer = "{'room_id': '!r1:acme.example'}",
  };
  BelfryTestExchange refused = join;
  g_autoptr (BelfryOutcome) out = NULL;
  g_autoptr (BelfryOutcome) in = NULL;

  hidden.status = forbidden.status = refused.status = 403;
  hidden.answer = forbidden.answer = refused.answer =
      "{'errcode': 'M_FORBIDDEN', 'error': 'not in room'}";
  exchange.target = forbidden.target = path;
  belfry_test_expect (test, &hidden);
  belfry_test_expect (test, &forbidden);
  belfry_test_expect (test, &refused);
  out = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (out->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_cmpuint (out->http_status, ==, 403);
  belfry_test_expect (test, &hidden);
  belfry_test_expect (test, &forbidden);
  belfry_test_expect (test, &join);
  belfry_test_expect (test, &is_open);
  belfry_test_expect (test, &exchange);
  in = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (in->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static void
test_encrypted (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", KEYS);
  BelfryTestExchange encrypted = is_open;
  g_autoptr (BelfryOutcome) outcome = NULL;

  encrypted.status = 200;
  encrypted.answer = "{'algorithm': 'm.megolm.v1.aes-sha2'}";
  belfry_test_expect (test, &encrypted);
  outcome = deliver (test, "failure", NULL, NULL);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_nonnull (strstr (outcome->excerpt, "encrypted"));
}

static const struct {
  guint status;
  const char *answer;
  const char *next; /* what is asked then (nullable): nothing, it waits */
} discoveries[] = {
  { 200, "{'m.homeserver': {'base_url': 'https://acme.example/hs/'}}", "/hs" },
  { 404, "", "" },
  { 200, "{'m.homeserver': {'base_url': 'http://acme.example'}}", NULL },
  { 200, "<html>", NULL },
  { 500, "", NULL },
};

/* the token goes to the server, never to whoever only says where it is */
static void
test_discovery (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (discoveries); i++) {
    g_autoptr (BelfryTest) test = belfry_test_new (
        "reporter/matrix",
        "homeserver=acme.example\naccess-token=plain:syt_abcdefgh\nrooms=!r1:acme.example");
    const BelfryTestExchange well_known = {
      .method = "GET",
      .target = "/.well-known/matrix/client",
      .headers = "",
      .status = discoveries[i].status,
      .answer = discoveries[i].answer,
    };
    g_autofree char *target =
        g_strconcat (discoveries[i].next != NULL ? discoveries[i].next : "", is_open.target, NULL);
    BelfryTestExchange next = is_open;
    g_autoptr (BelfryOutcome) outcome = NULL;

    belfry_test_set_origin (test, "https://acme.example");
    next.target = target;
    next.status = 500;
    next.answer = "";
    belfry_test_expect (test, &well_known);
    if (discoveries[i].next != NULL)
      belfry_test_expect (test, &next);
    outcome = deliver (test, "failure", NULL, NULL);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  }
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, NULL, "{}", BELFRY_OUTCOME_WAIT, 0 },
  { 401, NULL, "{'errcode': 'M_UNKNOWN_TOKEN', 'error': 'x'}", BELFRY_OUTCOME_DENIED, 0 },
  { 401, NULL, "{'errcode': 'M_MISSING_TOKEN', 'error': 'x'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "{'errcode': 'M_USER_DEACTIVATED', 'error': 'x'}", BELFRY_OUTCOME_DENIED, 0 },
  { 404, NULL, "{'errcode': 'M_NOT_FOUND', 'error': 'x'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 413, NULL, "{'errcode': 'M_TOO_LARGE', 'error': 'x'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 400, NULL, "{'errcode': 'M_BAD_JSON', 'error': 'x'}", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, NULL, "{'errcode': 'M_LIMIT_EXCEEDED', 'error': 'x', 'retry_after_ms': 2000}",
    BELFRY_OUTCOME_WAIT, 2 },
  { 429, "Retry-After: 5", "{'errcode': 'M_LIMIT_EXCEEDED', 'error': 'x', 'retry_after_ms': 2000}",
    BELFRY_OUTCOME_WAIT, 5 },
  { 429, NULL, "{'errcode': 'M_LIMIT_EXCEEDED', 'error': 'x', 'retry_after_ms': -1}",
    BELFRY_OUTCOME_WAIT, 0 },
  { 500, NULL, "{'errcode': 'M_UNKNOWN', 'error': 'x'}", BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/matrix", KEYS);
  g_autofree char *path = dup_send_path ("!r1:acme.example");
  BelfryTestExchange success = send;
  g_autoptr (BelfryOutcome) first = NULL;

  success.target = path;
  belfry_test_expect (test, &is_open);
  belfry_test_expect (test, &success);
  first = deliver (test, "failure", NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = success;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
  belfry_report_test_check_faults (test, "failure", &success, BELFRY_OUTCOME_WAIT);
}

static const struct {
  const char *keys;
  const char *problem;
} configurations[] = {
  { "homeserver=https://m.example\nrooms=!a:b;#c:d", "" },
  { "homeserver=acme.example\nrooms=!a:b", "" },
  { "homeserver=https://m.example\nrooms=ci", "error rooms: 'ci' is no room" },
  { "homeserver=https://m.example", "error rooms: " },
  { "homeserver=ftp://m.example\nrooms=!a:b", "error homeserver: " },
  { "homeserver=https://u:p@m.example\nrooms=!a:b", "error homeserver: " },
  { "homeserver=http://m.example\nrooms=!a:b", "warning homeserver: " },
  { "homeserver=https://m.example\nrooms=!a:b\nedit=true\nthread=build", "error edit: " },
  { "homeserver=https://m.example\nrooms=!a:b\nedit=true\nmode=failing", "note edit: " },
};

static void
test_configurations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *keys = g_strconcat ("access-token=plain:x\n", configurations[i].keys, NULL);
    g_autofree char *problems = belfry_test_dup_problems ("reporter/matrix", keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", keys, problems);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matrix/message/html", test_message);
  g_test_add_func ("/matrix/message/kinds", test_messages);
  g_test_add_func ("/matrix/message/size", test_size);
  g_test_add_func ("/matrix/message/transaction", test_transaction);
  g_test_add_func ("/matrix/room/alias", test_alias);
  g_test_add_func ("/matrix/room/join", test_join);
  g_test_add_func ("/matrix/room/encrypted", test_encrypted);
  g_test_add_func ("/matrix/server/discovery", test_discovery);
  g_test_add_func ("/matrix/answers", test_answers);
  g_test_add_func ("/matrix/options/checked", test_configurations);
  return g_test_run ();
}
