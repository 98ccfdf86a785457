/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever judges others is looked at first: each thing that must fail a test fails it. */
#include <belfry-test.h>

#define KEYS   "endpoint=$URL\ntoken=plain:abcdefgh1234"
#define TARGET "/api/v1/external/buildbot?api_key=abcdefgh1234"
#define BODY                                                                                       \
  "{'event': 'finished', 'buildid': 9031, 'buildername': 'linux-x86',"                             \
  " 'url': 'https://ci.example.org/builders/linux-x86/builds/142',"                                \
  " 'project': 'acme/anvil', 'timestamp': 1717400247, 'results': 2}"
#define JSON "Content-Type: application/json"

static const BelfryTestExchange right = { .target = TARGET, .body = BODY };

static const struct {
  const char *name;
  BelfryTestExchange exchange;
} wrong[] = {
  { "method", { .method = "PUT", .target = TARGET, .body = BODY } },
  { "path", { .target = "/api/v2/external/buildbot?api_key=abcdefgh1234", .body = BODY } },
  { "query", { .target = TARGET "&stream=ci", .body = BODY } },
  { "header-missing", { .target = TARGET, .headers = JSON "\nX-Token: 1", .body = BODY } },
  { "header-other", { .target = TARGET, .headers = JSON "; charset=utf-8", .body = BODY } },
  { "body-none", { .target = TARGET } },
  { "body-field",
    { .target = TARGET,
      .body = "{'event': 'finished', 'buildid': 9031, 'buildername': 'linux-x86',"
              " 'url': 'https://ci.example.org/builders/linux-x86/builds/142',"
              " 'project': 'acme/anvil', 'timestamp': 1717400247, 'results': 3}" } },
  { "body-more", { .target = TARGET, .body = "{'event': 'finished'}" } },
};

static void
run_right (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);

  belfry_test_check_report (test, "failure", &right, BELFRY_OUTCOME_DELIVERED, 0);
}

static void
test_strict (gconstpointer data)
{
  const BelfryTestExchange *exchange = data;

  if (g_test_subprocess ()) {
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);

    belfry_test_check_report (test, "failure", exchange, BELFRY_OUTCOME_DELIVERED, 0);
    return;
  }
  run_right ();
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
}

/* a request that nobody expected, one that never comes */
static void
test_unexpected (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
    g_autoptr (BelfryOutcome) outcome = NULL;

    belfry_test_plan (test, report);
    outcome = belfry_test_deliver (test, 0, NULL);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*nobody expected*");
}

static void
test_absent (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);

    belfry_test_expect (test, &right);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
}

static void
test_secret (void)
{
  static const BelfryTestExchange echo = {
    .target = TARGET,
    .body = BODY,
    .status = 400,
    .answer = "who is abcdefgh1234?",
  };

  if (g_test_subprocess ()) {
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);

    belfry_test_check_report (test, "failure", &echo, BELFRY_OUTCOME_REFUSED, 0);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*a secret is in what is stored or shown*");
}

static void
test_edits (void)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (
      "success", "builds.0.results=6\nsubject='it is'\nbuilds.0.properties.project=\n");
  JsonObject *build = belfry_report_get_build (report, 0);

  g_assert_cmpint (belfry_json_get_integer (build, "results", 0), ==, 6);
  g_assert_cmpstr (belfry_report_get_subject (report), ==, "it is");
  g_assert_false (json_object_has_member (belfry_json_get_object (build, "properties"), "project"));
}

static void
test_samples (void)
{
  const char *const *names = belfry_test_list_samples ();

  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (names[i], NULL);

    g_assert_nonnull (belfry_report_get_body (report));
    g_assert_nonnull (belfry_report_get_variables (report, 0));
    g_assert_cmpstr (belfry_report_get_phase (report), !=, "");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *path = g_strconcat ("/harness/strict/", wrong[i].name, NULL);

    g_test_add_data_func (path, &wrong[i].exchange, test_strict);
  }
  g_test_add_func ("/harness/strict/unexpected", test_unexpected);
  g_test_add_func ("/harness/strict/absent", test_absent);
  g_test_add_func ("/harness/secrets", test_secret);
  g_test_add_func ("/harness/edits", test_edits);
  g_test_add_func ("/harness/samples", test_samples);
  return g_test_run ();
}
