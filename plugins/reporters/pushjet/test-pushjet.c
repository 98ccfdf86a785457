/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-test.h"

#define KEYS "secret=plain:6d3f0cexample\nbase-url=$URL/\n"
#define BODY                                                                                       \
  "secret=6d3f0cexample&title=Buildbot+failure+in+Acme+CI+on+linux-x86"                            \
  "&message=failed+build+%28https%3A%2F%2Fci.example.org%2Fbuilders%2Flinux-x86%2Fbuilds%2F142%29" \
  "+on+linux-x86%2C+building+acme%2Fanvil+on+worker+box3%3B+revision+4f1c2a9e7b3d+of+main%3B"      \
  "+make+check%3A+%27make+check%27+%28failure%29%3B+4m+7s"

static const BelfryTestExchange failure = {
  .target = "/message",
  .headers = "Content-Type: application/x-www-form-urlencoded",
  .body = BODY "&level=4",
  .answer = "{'status': 'ok'}",
};

static void
test_message (void)
{
  g_autoptr (BelfryTest) levels = belfry_test_new ("reporter/pushjet", KEYS "levels.failing=4");
  g_autoptr (BelfryTest) none = belfry_test_new ("reporter/pushjet", KEYS "levels.passing=4");
  BelfryTestExchange bare = failure;

  bare.body = BODY;
  belfry_test_check_report (levels, "failure", &failure, BELFRY_OUTCOME_DELIVERED, 0);
  belfry_test_check_report (none, "failure", &bare, BELFRY_OUTCOME_DELIVERED, 0);
}

static const struct {
  guint status;
  const char *body;
  BelfryOutcomeKind kind;
} answers[] = {
  { 200, "{'error': {'id': 2, 'message': 'Invalid public key'}}", BELFRY_OUTCOME_REFUSED },
  { 201, "{'status': 'ok'}", BELFRY_OUTCOME_DELIVERED },
  { 400, "{'error': {'id': 6, 'message': 'Invalid secret'}}", BELFRY_OUTCOME_REFUSED },
  { 401, "{'error': {'id': 6, 'message': 'Invalid secret'}}", BELFRY_OUTCOME_DENIED },
  { 404, "", BELFRY_OUTCOME_REFUSED },
  { 429, "", BELFRY_OUTCOME_WAIT },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/pushjet", KEYS "levels.failing=4");

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failure;

    exchange.status = answers[i].status;
    exchange.answer = answers[i].body;
    belfry_test_check_report (test, "failure", &exchange, answers[i].kind, 0);
  }
  belfry_report_test_check_faults (test, "failure", &failure, BELFRY_OUTCOME_WAIT);
}

static void
test_options (void)
{
  g_autofree char *range = belfry_test_dup_problems ("reporter/pushjet", KEYS "levels.failing=6");
  g_autofree char *mode = belfry_test_dup_problems ("reporter/pushjet", KEYS "levels.broken=1");
  g_autofree char *good = belfry_test_dup_problems ("reporter/pushjet", KEYS "levels.failing=5");

  g_assert_true (g_str_has_prefix (range, "error levels.failing: "));
  g_assert_true (g_str_has_prefix (mode, "error levels.broken: "));
  g_assert_cmpstr (good, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pushjet/message", test_message);
  g_test_add_func ("/pushjet/answers", test_answers);
  g_test_add_func ("/pushjet/options", test_options);
  return g_test_run ();
}
