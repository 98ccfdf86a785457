/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#include <string.h>

#define KEYS "auth-token=plain:tok+en\nendpoint=$URL/\n"
#define PAGE "https://ci.example.org/builders/linux-x86/builds/142"
#define ROOM "builder-room-map.linux-x86=ci\n"

static const BelfryTestExchange finished = {
  .target = "/v2/room/ci/notification?auth_token=tok%2Ben",
  .body = "{'message': 'Buildbot finished build linux-x86 with result failure here: " PAGE "'}",
  .status = 204,
};

static const struct {
  const char *keys;
  const char *fixture;
  const char *target; /* NULL: nothing is sent */
  const char *body;
} messages[] = {
  { ROOM, "failure", "/v2/room/ci/notification",
    "{'message': 'Buildbot finished build linux-x86 with result failure here: " PAGE "'}" },
  { ROOM, "started", "/v2/room/ci/notification",
    "{'message': 'Buildbot started build linux-x86 here: " PAGE "'}" },
  { "builder-user-map.linux-x86=a b@acme.example", "started",
    "/v2/user/a%20b%40acme.example/message",
    "{'message': 'Buildbot started build linux-x86 here: " PAGE "'}" },
  { "builder-room-map.other=ci", "failure", NULL, NULL },
  { "room={{ 'all' if results == 2 }}", "failure", "/v2/room/all/notification",
    "{'message': 'Buildbot finished build linux-x86 with result failure here: " PAGE "'}" },
  { "room={{ 'all' if results == 2 }}", "success", NULL, NULL },
  { ROOM "message-new=", "started", NULL, NULL },
  { ROOM "message-finished={{ event_name }} &", "failure", "/v2/room/ci/notification",
    "{'message': 'finished &'}" },
  { ROOM "message-finished=m\nextra-finished.color={{ 'green' if results == 0 else 'red' }}\n"
         "extra-finished.notify={{ results != 0 }}\nextra-finished.n=7\nextra-finished.t=7 a",
    "failure", "/v2/room/ci/notification",
    "{'message': 'm', 'color': 'red', 'notify': true, 'n': 7, 't': '7 a'}" },
  { ROOM "message-new=m\nextra-new.notify=false", "started", "/v2/room/ci/notification",
    "{'message': 'm', 'notify': false}" },
};

static void
test_messages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *keys = g_strconcat (KEYS, messages[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/hipchat", keys);
    g_autoptr (BelfryReport) report = belfry_test_report_new (messages[i].fixture, NULL);
    g_autofree char *target = g_strconcat (messages[i].target != NULL ? messages[i].target : "",
                                           "?auth_token=tok%2Ben", NULL);
    const BelfryTestExchange exchange = { .target = target, .body = messages[i].body };
    g_autoptr (BelfryOutcome) outcome = NULL;

    if (messages[i].target == NULL) {
      g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
      continue;
    }
    outcome = belfry_test_run_report (test, report, &exchange);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

/* each its own row, the user's first */
static void
test_both (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/hipchat", KEYS ROOM "builder-user-map.linux-x86=ann");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  BelfryTestExchange to_user = finished;
  g_autoptr (BelfryOutcome) user = NULL;
  g_autoptr (BelfryOutcome) room = NULL;

  to_user.target = "/v2/user/ann/message?auth_token=tok%2Ben";
  to_user.status = 500;
  belfry_test_expect (test, &to_user);
  belfry_test_expect (test, &finished);
  g_assert_cmpuint (belfry_test_plan (test, report), ==, 2);
  user = belfry_test_deliver (test, 0, NULL);
  room = belfry_test_deliver (test, 1, NULL);
  g_assert_cmpint (user->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_cmpint (room->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  guint status;
  const char *headers;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, NULL, BELFRY_OUTCOME_DELIVERED, 0 },
  { 202, NULL, BELFRY_OUTCOME_DELIVERED, 0 },
  { 400, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 401, NULL, BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 404, NULL, BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "X-Ratelimit-Remaining: 0\nX-Ratelimit-Reset: 1717400090", BELFRY_OUTCOME_WAIT, 90 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/hipchat", KEYS ROOM);

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = finished;

    exchange.status = answers[i].status;
    exchange.answer_headers = answers[i].headers;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, answers[i].wait_s);
  }
  belfry_report_test_check_faults (test, "failure", &finished, BELFRY_OUTCOME_DELIVERED);
}

static void
test_options (void)
{
  g_autofree char *nobody = belfry_test_dup_problems ("reporter/hipchat", "auth-token=plain:x");
  g_autofree char *broken =
      belfry_test_dup_problems ("reporter/hipchat", "auth-token=plain:x\nroom={{ nope");
  g_autofree char *good = belfry_test_dup_problems (
      "reporter/hipchat", "auth-token=plain:x\nroom=ci\nevent-messages.a=b");

  g_assert_nonnull (strstr (nobody, "it speaks to nobody"));
  g_assert_true (g_str_has_prefix (broken, "error room: "));
  g_assert_cmpstr (good, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hipchat/message/kinds", test_messages);
  g_test_add_func ("/hipchat/message/both", test_both);
  g_test_add_func ("/hipchat/answers", test_answers);
  g_test_add_func ("/hipchat/options", test_options);
  return g_test_run ();
}
