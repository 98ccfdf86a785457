/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever judges others is looked at first: each thing that must fail a test fails it, and each
 * kind of plugin comes to life. */
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

/* another with one key more, which asks the service without looking at its certificate */
static void
test_like (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/zulip", KEYS);
  g_autoptr (BelfryTest) open = belfry_test_new_like (test, "verify=false");

  belfry_test_check_report (test, "failure", &right, BELFRY_OUTCOME_DELIVERED, 0);
  belfry_test_check_report (open, "failure", &right, BELFRY_OUTCOME_DELIVERED, 0);
  g_assert_true (belfry_test_is_verified (test));
  g_assert_false (belfry_test_is_verified (open));
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

/* the other kinds */

static void
test_hook (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("hook/base", NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("author=ada&comments=hi&revision=4f3c2a", 38);
  g_autoptr (BelfryRequest) request = belfry_test_request_new (
      "POST", "/change_hook/base", "Content-Type: application/x-www-form-urlencoded", body);
  g_autoptr (BelfryTranslation) translation = belfry_test_settle (test, request, NULL);

  g_assert_cmpstr (belfry_test_only_change (translation)->revision, ==, "4f3c2a");
}

/* a program that answers as git does, and what was asked of it */
static void
test_program (void)
{
  static const BelfryTestProgram git = {
    .output = "git version 2.39.2\n0123456789012345678901234567890123456789\trefs/heads/main\n",
  };
  static const BelfryTestProgram broken = { .exit_status = 128, .errors = "fatal: no\n" };
  g_autoptr (BelfryTest) test = belfry_test_new_idle (
      "poller/git", "repository=https://git.example.org/x.git\nbranches=main");
  g_autoptr (GError) error = NULL;

  belfry_test_set_program (test, &git);
  g_assert_true (belfry_test_start (test, &error));
  g_assert_no_error (error);
  belfry_test_set_program (test, &broken);
  g_assert_false (belfry_test_poll (test, NULL, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (belfry_test_get_changes (test)->len, ==, 0);
  g_assert_cmpuint (belfry_test_get_programs (test)->len, >=, 2);
}

static void
test_view (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("view/builders", NULL);
  g_autoptr (JsonNode) records = belfry_json_parse (
      "{\"builder\": [{\"builderid\": 1, \"name\": \"linux-x86\"}]}", -1, NULL, NULL);
  g_autoptr (JsonNode) misspelt = belfry_json_parse ("{\"bilder\": []}", -1, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryResponse) none = belfry_test_draw (test, "/builders/linux-x86", NULL);
  g_autoptr (BelfryResponse) page = NULL;
  g_autoptr (BelfryResponse) nowhere = NULL;

  g_assert_cmpuint (belfry_response_get_status (none), ==, 404);
  g_assert_true (belfry_test_store_read (belfry_test_get_store (test), records, &error));
  g_assert_no_error (error);
  page = belfry_test_draw (test, "/builders/linux-x86", &error);
  g_assert_cmpuint (belfry_response_get_status (page), ==, 200);
  g_assert_false (belfry_test_store_read (belfry_test_get_store (test), misspelt, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  nowhere = belfry_test_draw (test, "/nowhere/at/all/that/is", NULL);
  g_assert_null (nowhere);
}

static void
test_engine (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "engine/local", "builders=hello\n[builder hello]\nsteps=command:true\n"
                      "[scheduler s]\ntype=single-branch\nbranch=main\nbuilders=hello\n");
  g_autoptr (BelfryChange) change = belfry_change_new ();
  GPtrArray *said = belfry_test_get_said (test);
  gboolean configured = FALSE;

  for (guint i = 0; i < said->len; i++)
    configured |= g_str_has_prefix (g_ptr_array_index (said, i), "configure-builder {");
  g_assert_true (configured);
  belfry_test_forget (test);
  change->changeid = 7;
  belfry_record_set_text (&change->branch, "other");
  belfry_record_set_text (&change->repository, "");
  belfry_record_set_text (&change->codebase, "");
  belfry_test_give_change (test, change);
  g_assert_cmpuint (said->len, >, 0);
  g_assert_cmpstr (g_ptr_array_index (said, said->len - 1), ==, "took-change 7");
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
  g_test_add_func ("/harness/like", test_like);
  g_test_add_func ("/harness/edits", test_edits);
  g_test_add_func ("/harness/samples", test_samples);
  g_test_add_func ("/harness/kinds/hook", test_hook);
  g_test_add_func ("/harness/kinds/poller", test_program);
  g_test_add_func ("/harness/kinds/view", test_view);
  g_test_add_func ("/harness/kinds/engine", test_engine);
  return g_test_run ();
}
