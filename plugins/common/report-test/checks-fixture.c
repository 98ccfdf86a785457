/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports from fixtures, and the faults that every service has. */
#include "report-test-private.h"

#include <string.h>

static JsonNode *
get_inner (JsonNode *node, const char *key)
{
  JsonNode *inner = NULL;

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    gint64 index = 0;

    g_assert_true (belfry_parse_integer (key, 0, 1000, &index, NULL));
    inner = json_array_get_element (json_node_get_array (node), (guint)index);
  } else if (JSON_NODE_HOLDS_OBJECT (node))
    inner = json_object_get_member (json_node_get_object (node), key);
  if (inner == NULL)
    g_error ("the fixture has nothing at '%s'", key);
  return inner;
}

static void
edit (JsonNode *root, char *line)
{
  char *equals = strchr (line, '=');
  g_auto (GStrv) path = NULL;
  JsonNode *node = root;
  guint last = 0;

  if (equals == NULL)
    return;
  *equals = '\0';
  path = g_strsplit (line, ".", -1);
  last = g_strv_length (path) - 1;
  for (guint i = 0; i < last; i++)
    node = get_inner (node, path[i]);
  if (equals[1] == '\0')
    json_object_remove_member (json_node_get_object (node), path[last]);
  else {
    g_autofree char *json = belfry_report_dup_json (equals + 1);
    g_autoptr (GError) local = NULL;
    JsonNode *value = belfry_json_parse (json, -1, NULL, &local);

    g_assert_no_error (local);
    json_object_set_member (json_node_get_object (node), path[last], value);
  }
}

BelfryReport *
belfry_report_test_read (const char *fixture, const char *edits)
{
  g_autofree char *file = g_strconcat (fixture, ".json", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "plugins", "common", "report-test",
                                                 "fixtures", file, NULL);
  g_auto (GStrv) lines = g_strsplit (edits != NULL ? edits : "", "\n", -1);
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) root = NULL;

  g_file_get_contents (path, &text, NULL, &local);
  g_assert_no_error (local);
  root = belfry_json_parse (text, -1, NULL, &local);
  g_assert_no_error (local);
  for (guint i = 0; lines[i] != NULL; i++)
    edit (root, lines[i]);
  return belfry_report_new (json_node_get_object (root));
}

void
belfry_report_test_check (BelfryReportTest *self,
                          const char *fixture,
                          const BelfryReportExchange *exchange,
                          BelfryOutcomeKind kind,
                          gint64 wait_s)
{
  g_autoptr (BelfryReport) report = belfry_report_test_read (fixture, NULL);
  g_autoptr (BelfryOutcome) outcome = belfry_report_test_run (self, report, exchange);

  if (outcome->kind != kind || outcome->wait_us != wait_s * G_USEC_PER_SEC)
    g_test_message ("answered %u '%s': %s", exchange->status, exchange->answer, outcome->excerpt);
  g_assert_cmpint (outcome->kind, ==, kind);
  g_assert_cmpint (outcome->wait_us, ==, wait_s * G_USEC_PER_SEC);
}

static const struct {
  guint status;
  const char *headers;
  BelfryReportFault fault;
  BelfryOutcomeKind kind;
  gint64 wait_s;
  gboolean unanswered;
} faults[] = {
  { 302, "Location: http://127.0.0.1:9/", BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_REFUSED, 0,
    FALSE },
  { 307, "Location: http://127.0.0.1:9/", BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_REFUSED, 0,
    FALSE },
  { 408, NULL, BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_WAIT, 0, FALSE },
  { 429, "Retry-After: 77", BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_WAIT, 77, FALSE },
  { 429, "Retry-After: Mon, 03 Jun 2024 07:34:00 GMT", BELFRY_REPORT_FAULT_NONE,
    BELFRY_OUTCOME_WAIT, 40, FALSE },
  { 500, NULL, BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_WAIT, -1, FALSE },
  { 502, NULL, BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_WAIT, -1, FALSE },
  { 503, "Retry-After: 120", BELFRY_REPORT_FAULT_NONE, BELFRY_OUTCOME_WAIT, 120, FALSE },
  { 0, NULL, BELFRY_REPORT_FAULT_SILENT, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_REPORT_FAULT_CLOSED, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_REPORT_FAULT_CUT, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_REPORT_FAULT_ENDLESS, BELFRY_OUTCOME_WAIT, 0, FALSE },
};

/* what stands between says that all is well, and is not the service */
static void
check_garbage (BelfryReportTest *self,
               BelfryReport *report,
               const BelfryReportExchange *exchange,
               BelfryOutcomeKind garbage)
{
  static const char *const answers[] = { "<html>a gateway's page", "", "{", "[]", "null", "{}" };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryReportExchange broken = *exchange;
    g_autoptr (BelfryOutcome) outcome = NULL;

    broken.answer_headers = NULL;
    broken.status = 200;
    broken.answer = answers[i];
    outcome = belfry_report_test_run (self, report, &broken);
    g_test_message ("answer '%s': %s", answers[i], outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, garbage);
    g_assert_cmpint (outcome->wait_us, ==, 0);
  }
}

/* the options of every reporter that speaks HTTP */
static void
check_wire (BelfryReportTest *self, BelfryReport *report, const BelfryReportExchange *exchange)
{
  g_autoptr (BelfryReportTest) open =
      belfry_report_test_new_like (self, "verify=false\ndebug=true");
  BelfryReportExchange broken = *exchange;
  g_autoptr (BelfryOutcome) outcome = NULL;

  broken.status = 500;
  broken.answer = "out of order";
  outcome = belfry_report_test_run (open, report, &broken);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_true (belfry_report_test_is_verified (self));
  g_assert_false (belfry_report_test_is_verified (open));
  /* one that asks for a token says only that */
  g_assert_cmpstr (belfry_report_test_get_log (open), !=, "");
  g_assert_true (strstr (belfry_report_test_get_log (open), "out of order") != NULL ||
                 strstr (belfry_report_test_get_log (open), "token") != NULL);
}

void
belfry_report_test_check_faults_of (BelfryReportTest *self,
                                    BelfryReport *report,
                                    const BelfryReportExchange *exchange,
                                    BelfryOutcomeKind garbage)
{
  BelfryReportExchange broken = *exchange;

  belfry_clock_set_us (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (BelfryOutcome) outcome = NULL;

    broken.status = faults[i].status;
    broken.answer_headers = faults[i].headers;
    broken.fault = faults[i].fault;
    broken.answer = "<html>\001 nobody is at home";
    outcome = belfry_report_test_run (self, report, &broken);
    g_test_message ("fault %" G_GSIZE_FORMAT ": %s", i, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, faults[i].kind);
    if (faults[i].wait_s >= 0)
      g_assert_cmpint (outcome->wait_us, ==, faults[i].wait_s * G_USEC_PER_SEC);
    g_assert_cmpint (outcome->answered, ==, !faults[i].unanswered);
    g_assert_nonnull (outcome->excerpt);
    g_assert_null (strpbrk (outcome->excerpt, "\001\n"));
  }
  check_garbage (self, report, exchange, garbage);
  check_wire (self, report, exchange);
  belfry_clock_set_us (0);
}

void
belfry_report_test_check_faults (BelfryReportTest *self,
                                 const char *fixture,
                                 const BelfryReportExchange *exchange,
                                 BelfryOutcomeKind garbage)
{
  g_autoptr (BelfryReport) report = belfry_report_test_read (fixture, NULL);

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
belfry_report_test_check_words (BelfryReportTest *self,
                                const char *edits,
                                const BelfryReportExchange *started,
                                const BelfryReportExchange *finished)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autofree char *keys = g_strconcat (words[i].keys, "\nverbose=true", NULL);
    g_autoptr (BelfryReportTest) test = belfry_report_test_new_like (self, keys);
    g_autoptr (BelfryReport) report =
        belfry_report_test_read (words[i].starts ? "started" : "failure", edits);
    BelfryReportExchange exchange = words[i].starts ? *started : *finished;
    g_autoptr (GString) body = g_string_new (exchange.body);
    g_autoptr (BelfryOutcome) outcome = NULL;

    g_assert_cmpuint (g_string_replace (body, words[i].starts ? "Build started." : "Build done.",
                                        "Said of linux-x86", 0),
                      ==, 1);
    exchange.body = body->str;
    outcome = belfry_report_test_run (test, report, &exchange);
    g_test_message ("%s: %s", words[i].keys, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (belfry_report_test_get_log (test), !=, "");
  }
}

void
belfry_report_test_check_pending (BelfryReportTest *self)
{
  g_autoptr (BelfryReportTest) pending = belfry_report_test_new_like (self, "report-pending=true");
  const BelfryReporter *plugin = belfry_report_test_get_plugin (self);
  guint usual = plugin->choose_phases (belfry_report_test_get_state (self)) & plugin->phases;
  guint more = plugin->choose_phases (belfry_report_test_get_state (pending)) & plugin->phases;

  g_assert_cmpuint (usual & BELFRY_PHASE_REQUEST, ==, 0);
  g_assert_cmpuint (more, ==, usual | BELFRY_PHASE_REQUEST);
}
