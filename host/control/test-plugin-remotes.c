/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services and programs that hang and lie. Whatever they do, each call ends, what comes of it can
 * be stored and shown, and a reporter's outcome is one that the outbox can act on: what may pass is
 * waited for, a page of an error is no delivery.
 */
#include "test-plugin-private.h"

/* what an outcome must be */
typedef enum {
  OUTCOME_ANY,
  OUTCOME_NOT_DELIVERED,
  OUTCOME_WAIT,
} Wanted;

typedef struct {
  const char *name;
  BelfryTestExchange exchange;
  Wanted wanted;
} Remote;

typedef struct {
  const char *name;
  Wanted wanted;
} Judging;

static void
judge (const BelfryOutcome *outcome, gpointer user_data)
{
  const Judging *judging = user_data;

  if (judging->wanted == OUTCOME_NOT_DELIVERED && outcome->kind == BELFRY_OUTCOME_DELIVERED)
    belfry_conformance_fail ("a report counts as delivered where its service %s", judging->name);
  if (judging->wanted == OUTCOME_WAIT && outcome->kind != BELFRY_OUTCOME_WAIT &&
      outcome->kind != BELFRY_OUTCOME_SUPERSEDED)
    belfry_conformance_fail ("a report is lost where its service %s, which may pass: %s",
                             judging->name, outcome->excerpt);
}

static void
use (BelfryTest *test, const Judging *judging)
{
  const BelfryPlugin *plugin = belfry_test_get_plugin (test);
  g_autoptr (GError) local = NULL;

  /* an instance that cannot start without its service says so */
  if (!belfry_test_start (test, &local)) {
    belfry_exercise_check_text ("why it does not start", local->message);
    return;
  }
  if (plugin->kind == BELFRY_KIND_REPORTER)
    belfry_exercise_reports (test, judge, (gpointer)judging);
  else
    belfry_exercise (test);
  belfry_exercise_check_text ("what it logged", belfry_test_get_log (test));
  belfry_exercise_stop (test);
}

static void
use_remote (BelfrySubject *subject, const Remote *remote)
{
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);
  const Judging judging = { remote->name, remote->wanted };

  belfry_test_answer (test, &remote->exchange);
  use (test, &judging);
}

#define FAULT(Name, Fault, Outcome)                                                                \
  {                                                                                                \
    .name = Name, .exchange = { .fault = Fault }, .wanted = Outcome                                \
  }
#define STATUS(Name, Status, Headers, Body, Outcome)                                               \
  {                                                                                                \
    .name = Name, .exchange = { .status = Status, .answer_headers = Headers, .answer = Body },     \
    .wanted = Outcome                                                                              \
  }

static const Remote silence = FAULT ("says nothing", BELFRY_TEST_FAULT_SILENT, OUTCOME_WAIT);
static const Remote endless = FAULT ("answers without end", BELFRY_TEST_FAULT_ENDLESS, OUTCOME_ANY);
static const Remote broken[] = {
  FAULT ("closes the connection", BELFRY_TEST_FAULT_CLOSED, OUTCOME_WAIT),
  FAULT ("closes the connection within its answer", BELFRY_TEST_FAULT_CUT, OUTCOME_WAIT),
};
static const Remote refusing[] = {
  STATUS ("answers 401", 401, NULL, "{}", OUTCOME_NOT_DELIVERED),
  STATUS ("answers 404", 404, NULL, "{}", OUTCOME_NOT_DELIVERED),
  STATUS (
      "redirects elsewhere", 302, "Location: http://elsewhere.example/", "", OUTCOME_NOT_DELIVERED),
};
static const Remote failing[] = {
  STATUS ("answers 500", 500, NULL, "oops", OUTCOME_WAIT),
  STATUS ("answers 503", 503, "Retry-After: 120", "", OUTCOME_WAIT),
  STATUS ("answers 429", 429, "Retry-After: 60", "", OUTCOME_WAIT),
  STATUS (
      "answers 429 and asks to wait for a year", 429, "Retry-After: 31536000", "", OUTCOME_WAIT),
};
static const Remote garbage[] = {
  STATUS ("answers a page", 200, "Content-Type: text/html", "<html>a gateway's page", OUTCOME_ANY),
  STATUS ("answers no UTF-8", 200, NULL, "\xff\xfe\x01 {\"a\": \"\xff\"}", OUTCOME_ANY),
  STATUS ("refuses in no UTF-8", 400, NULL, "\xff\xfe\x01", OUTCOME_NOT_DELIVERED),
  STATUS ("answers other types",
          200,
          "Content-Type: application/json",
          "{\"id\": {\"a\": []}, \"ok\": [], \"result\": 7, \"errors\": {}, \"status\": null}",
          OUTCOME_ANY),
  STATUS ("answers with a list", 200, "Content-Type: application/json", "[[null, 1]]", OUTCOME_ANY),
  STATUS ("answers with a number", 200, "Content-Type: application/json", "7", OUTCOME_ANY),
  STATUS ("answers cut JSON", 200, "Content-Type: application/json", "{\"id\": \"", OUTCOME_ANY),
};

static void
use_remotes (BelfrySubject *subject, const Remote *remotes, gsize n_remotes)
{
  for (gsize i = 0; i < n_remotes; i++)
    use_remote (subject, &remotes[i]);
}

static void
check_silent (BelfrySubject *subject)
{
  use_remote (subject, &silence);
}

static void
check_endless (BelfrySubject *subject)
{
  use_remote (subject, &endless);
}

static void
check_closed (BelfrySubject *subject)
{
  use_remotes (subject, broken, G_N_ELEMENTS (broken));
}

static void
check_refused (BelfrySubject *subject)
{
  use_remotes (subject, refusing, G_N_ELEMENTS (refusing));
}

static void
check_failing (BelfrySubject *subject)
{
  use_remotes (subject, failing, G_N_ELEMENTS (failing));
}

static void
check_garbage (BelfrySubject *subject)
{
  use_remotes (subject, garbage, G_N_ELEMENTS (garbage));
}

static const BelfryTestProgram programs[] = {
  { .exit_status = 1, .errors = "cannot\n" },
  { .exit_status = -1 },
  { .exit_status = 0, .output = "\xff\xfe\x01\n<html>\n{\"a\":\n" },
  { .hangs = TRUE },
};

static void
check_programs (BelfrySubject *subject)
{
  static const Judging any = { "is a program", OUTCOME_ANY };
  guint ran = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
    g_autoptr (BelfryTest) test = belfry_exercise_new (subject);

    belfry_test_set_program (test, &programs[i]);
    use (test, &any);
    ran += belfry_test_get_programs (test)->len;
  }
  if (ran == 0)
    belfry_conformance_skip ("it runs no program");
}

const BelfryConformanceCheck belfry_checks_of_remotes[] = {
  { "remotes/silent", check_silent },     { "remotes/endless", check_endless },
  { "remotes/closed", check_closed },     { "remotes/refusing", check_refused },
  { "remotes/failing", check_failing },   { "remotes/garbage", check_garbage },
  { "remotes/programs", check_programs }, { NULL, NULL },
};
