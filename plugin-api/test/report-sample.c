/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of samples that are built in, and the faults that every service has. */
#include "test-private.h"

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
    g_error ("the report has nothing at '%s'", key);
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
    g_autofree char *json = belfry_test_dup_json (equals + 1);
    g_autoptr (GError) local = NULL;
    JsonNode *value = belfry_json_parse (json, -1, NULL, &local);

    g_assert_no_error (local);
    json_object_set_member (json_node_get_object (node), path[last], value);
  }
}

static const char *const samples[] = {
  "started",   "success",  "failure", "warnings", "exception",
  "cancelled", "buildset", "worker",  "test",     NULL,
};

/**
 * belfry_test_list_samples:
 *
 * Returns: (transfer none) (array zero-terminated=1): names of the reports that are built in
 * Since: 0.1
 */
const char *const *
belfry_test_list_samples (void)
{
  return samples;
}

/* of a sample, or the text itself */
static JsonNode *
read_report (const char *sample)
{
  g_autofree char *path = g_strconcat ("/belfry/test/samples/", sample, ".json", NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local = NULL;
  JsonNode *root = NULL;

  bytes = *sample == '{' ? g_bytes_new (sample, strlen (sample))
                         : g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, &local);
  if (bytes != NULL)
    root = belfry_json_parse (g_bytes_get_data (bytes, NULL), (gssize)g_bytes_get_size (bytes),
                              NULL, &local);
  if (root == NULL)
    g_error ("the report '%s': %s", sample, local->message);
  return root;
}

/**
 * belfry_test_report_new:
 * @sample: `started`, `success`, `failure`, `warnings`, `exception`, `cancelled`, `buildset`,
 * `worker` or `test`, of one build of `linux-x86`, as the host makes them; or JSON of one's own
 * @edits: (nullable): lines of PATH=JSON, in which ' stands for ", a number of the path names an
 * element, and an empty value takes the member out
 *
 * Returns: (transfer full): a report
 * Since: 0.1
 */
BelfryReport *
belfry_test_report_new (const char *sample, const char *edits)
{
  g_auto (GStrv) lines = g_strsplit (edits != NULL ? edits : "", "\n", -1);
  g_autoptr (JsonNode) root = read_report (sample);

  for (guint i = 0; lines[i] != NULL; i++)
    edit (root, lines[i]);
  return belfry_report_new (json_node_get_object (root));
}

/**
 * belfry_test_check_report:
 * @self: a reporter's test
 * @sample: as of belfry_test_report_new ()
 * @exchange: the one request that it becomes
 * @kind: what must come of it
 * @wait_s: of a wait, what the service asked for, in seconds; 0: the host decides
 *
 * Plans, expects, delivers and compares.
 *
 * Since: 0.1
 */
void
belfry_test_check_report (BelfryTest *self,
                          const char *sample,
                          const BelfryTestExchange *exchange,
                          BelfryOutcomeKind kind,
                          gint64 wait_s)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (sample, NULL);
  g_autoptr (BelfryOutcome) outcome = belfry_test_run_report (self, report, exchange);

  if (outcome->kind != kind || outcome->wait_us != wait_s * G_USEC_PER_SEC)
    g_test_message ("answered %u '%s': %s", exchange->status, exchange->answer, outcome->excerpt);
  g_assert_cmpint (outcome->kind, ==, kind);
  g_assert_cmpint (outcome->wait_us, ==, wait_s * G_USEC_PER_SEC);
}

static const struct {
  guint status;
  const char *headers;
  BelfryTestFault fault;
  BelfryOutcomeKind kind;
  gint64 wait_s;
  gboolean unanswered;
} faults[] = {
  { 302, "Location: http://127.0.0.1:9/", BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_REFUSED, 0,
    FALSE },
  { 307, "Location: http://127.0.0.1:9/", BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_REFUSED, 0,
    FALSE },
  { 408, NULL, BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT, 0, FALSE },
  { 429, "Retry-After: 77", BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT, 77, FALSE },
  { 429, "Retry-After: Mon, 03 Jun 2024 07:34:00 GMT", BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT,
    40, FALSE },
  { 500, NULL, BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT, -1, FALSE },
  { 502, NULL, BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT, -1, FALSE },
  { 503, "Retry-After: 120", BELFRY_TEST_FAULT_NONE, BELFRY_OUTCOME_WAIT, 120, FALSE },
  { 0, NULL, BELFRY_TEST_FAULT_SILENT, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_TEST_FAULT_CLOSED, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_TEST_FAULT_CUT, BELFRY_OUTCOME_WAIT, 0, TRUE },
  { 0, NULL, BELFRY_TEST_FAULT_ENDLESS, BELFRY_OUTCOME_WAIT, 0, FALSE },
};

/* what stands between says that all is well, and is not the service */
static void
check_garbage (BelfryTest *self,
               BelfryReport *report,
               const BelfryTestExchange *exchange,
               BelfryOutcomeKind garbage)
{
  static const char *const answers[] = { "<html>a gateway's page", "", "{", "[]", "null", "{}" };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange broken = *exchange;
    g_autoptr (BelfryOutcome) outcome = NULL;

    broken.answer_headers = NULL;
    broken.status = 200;
    broken.answer = answers[i];
    outcome = belfry_test_run_report (self, report, &broken);
    g_test_message ("answer '%s': %s", answers[i], outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, garbage);
    g_assert_cmpint (outcome->wait_us, ==, 0);
  }
}

/**
 * belfry_test_check_faults_of:
 * @self: a reporter's test
 * @report: a report that becomes one target
 * @exchange: the one request that it becomes
 * @garbage: what must come of a status 200 with what is not the service's: HTML, nothing, bare JSON
 *
 * Goes through what befalls every service: 408, 429, 500 and 503 with and without a wait,
 * redirects, silence, a body without end, connections that break, foreign answers. Each must come
 * to what the outbox can act on.
 *
 * Since: 0.1
 */
void
belfry_test_check_faults_of (BelfryTest *self,
                             BelfryReport *report,
                             const BelfryTestExchange *exchange,
                             BelfryOutcomeKind garbage)
{
  BelfryTestExchange broken = *exchange;

  belfry_test_set_clock (self, G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (BelfryOutcome) outcome = NULL;

    broken.status = faults[i].status;
    broken.answer_headers = faults[i].headers;
    broken.fault = faults[i].fault;
    broken.answer = "<html>\001 nobody is at home";
    outcome = belfry_test_run_report (self, report, &broken);
    g_test_message ("fault %" G_GSIZE_FORMAT ": %s", i, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, faults[i].kind);
    if (faults[i].wait_s >= 0)
      g_assert_cmpint (outcome->wait_us, ==, faults[i].wait_s * G_USEC_PER_SEC);
    g_assert_cmpint (outcome->answered, ==, !faults[i].unanswered);
    g_assert_nonnull (outcome->excerpt);
    g_assert_null (strpbrk (outcome->excerpt, "\001\n"));
  }
  check_garbage (self, report, exchange, garbage);
  belfry_test_set_clock (self, 0);
}

/**
 * belfry_test_check_faults:
 * @self: a reporter's test
 * @sample: as of belfry_test_report_new (); one that becomes one target
 * @exchange: the one request that it becomes
 * @garbage: what must come of a status 200 with what is not the service's: HTML, nothing, bare JSON
 *
 * belfry_test_check_faults_of () for a sample.
 *
 * Since: 0.1
 */
void
belfry_test_check_faults (BelfryTest *self,
                          const char *sample,
                          const BelfryTestExchange *exchange,
                          BelfryOutcomeKind garbage)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (sample, NULL);

  belfry_test_check_faults_of (self, report, exchange, garbage);
}
