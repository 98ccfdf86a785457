/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the same options do in reporters of many services. */
#include "report-test.h"

#include <string.h>

/* the options of every reporter that speaks HTTP */
static void
check_wire (BelfryTest *self, BelfryReport *report, const BelfryTestExchange *exchange)
{
  g_autoptr (BelfryTest) open = belfry_test_new_like (self, "verify=false\ndebug=true");
  BelfryTestExchange broken = *exchange;
  g_autoptr (BelfryOutcome) outcome = NULL;

  broken.status = 500;
  broken.answer = "out of order";
  outcome = belfry_test_run_report (open, report, &broken);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_true (belfry_test_is_verified (self));
  g_assert_false (belfry_test_is_verified (open));
  /* one that asks for a token says only that */
  g_assert_cmpstr (belfry_test_get_log (open), !=, "");
  g_assert_true (strstr (belfry_test_get_log (open), "out of order") != NULL ||
                 strstr (belfry_test_get_log (open), "token") != NULL);
}

void
belfry_report_test_check_faults_of (BelfryTest *self,
                                    BelfryReport *report,
                                    const BelfryTestExchange *exchange,
                                    BelfryOutcomeKind garbage)
{
  belfry_test_check_faults_of (self, report, exchange, garbage);
  check_wire (self, report, exchange);
}

void
belfry_report_test_check_faults (BelfryTest *self,
                                 const char *sample,
                                 const BelfryTestExchange *exchange,
                                 BelfryOutcomeKind garbage)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (sample, NULL);

  belfry_report_test_check_faults_of (self, report, exchange, garbage);
}

static const struct {
  const char *keys;
  gboolean starts;
} words[] = {
  { "start-description=Said of %(prop:buildername)s", TRUE },
  { "start-description-template=Said of {{ buildername }}", TRUE },
  { "start-description-program=/bin/echo '\"Said of linux-x86\"'", TRUE },
  { "end-description=Said of %(prop:buildername)s", FALSE },
  { "end-description-template=Said of {{ buildername }}", FALSE },
  { "end-description-program=/bin/echo '\"Said of linux-x86\"'", FALSE },
};

void
belfry_report_test_check_words (BelfryTest *self,
                                const char *edits,
                                const BelfryTestExchange *started,
                                const BelfryTestExchange *finished)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autofree char *keys = g_strconcat (words[i].keys, "\nverbose=true", NULL);
    g_autoptr (BelfryTest) test = belfry_test_new_like (self, keys);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (words[i].starts ? "started" : "failure", edits);
    BelfryTestExchange exchange = words[i].starts ? *started : *finished;
    g_autoptr (GString) body = g_string_new (exchange.body);
    g_autoptr (BelfryOutcome) outcome = NULL;

    g_assert_cmpuint (g_string_replace (body, words[i].starts ? "Build started." : "Build done.",
                                        "Said of linux-x86", 0),
                      ==, 1);
    exchange.body = body->str;
    outcome = belfry_test_run_report (test, report, &exchange);
    g_test_message ("%s: %s", words[i].keys, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (belfry_test_get_log (test), !=, "");
  }
}

void
belfry_report_test_check_pending (BelfryTest *self)
{
  g_autoptr (BelfryTest) pending = belfry_test_new_like (self, "report-pending=true");
  const BelfryReporter *plugin = belfry_test_get_plugin (self);
  guint usual = plugin->choose_phases (belfry_test_get_state (self)) & plugin->phases;
  guint more = plugin->choose_phases (belfry_test_get_state (pending)) & plugin->phases;

  g_assert_cmpuint (usual & BELFRY_PHASE_REQUEST, ==, 0);
  g_assert_cmpuint (more, ==, usual | BELFRY_PHASE_REQUEST);
}
