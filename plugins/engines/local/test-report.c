/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test results and warnings: the readers, then through the engine. */
#include "test-fixture.h"
#include "tests.h"
#include "warnings.h"
#include <string.h>

static const char junit_text[] =
    "<?xml version=\"1.0\"?><!-- c --><testsuites><testsuite name=\"pytest\" tests=\"5\">"
    "<testcase classname=\"t.mod\" name=\"one\" time=\"0.25\"/>"
    "<testcase classname=\"t.mod\" name=\"two\" time=\"1\"><failure message=\"a &lt; b\">"
    "trace<![CDATA[ <back>]]></failure><system-out>printed</system-out></testcase>"
    "<testcase name=\"three\"><error message=\"boom\"/></testcase>"
    "<testcase classname=\"pytest.x\" name=\"four\"><skipped message=\"not here\"/></testcase>"
    "<testcase classname=\"t.mod\" name=\"one\"/></testsuite></testsuites>";

static void
test_junit (void)
{
  g_autoptr (LocalTests) tests = local_tests_new ();
  g_autoptr (GError) error = NULL;
  const LocalTest *test = NULL;

  g_assert_true (local_tests_read_junit (tests, junit_text, strlen (junit_text), &error));
  g_assert_no_error (error);
  g_assert_cmpint (local_tests_total (tests), ==, 5);
  g_assert_cmpint (tests->counts[LOCAL_TEST_PASSED], ==, 2);
  g_assert_cmpint (tests->counts[LOCAL_TEST_ERROR], ==, 1);
  g_assert_cmpint (tests->counts[LOCAL_TEST_SKIPPED], ==, 1);
  g_assert_cmpint (tests->duration_ms, ==, 1250);
  test = g_ptr_array_index (tests->list, 1);
  g_assert_cmpstr (test->name, ==, "pytest.t.mod.two");
  g_assert_cmpstr (test->message->str, ==, "a < b");
  g_assert_cmpstr (test->output->str, ==, "trace <back>printed");
  test = g_ptr_array_index (tests->list, 2);
  g_assert_cmpstr (test->name, ==, "pytest.three");
  test = g_ptr_array_index (tests->list, 3);
  g_assert_cmpstr (test->name, ==, "pytest.x.four");
  test = g_ptr_array_index (tests->list, 4);
  g_assert_cmpstr (test->name, ==, "pytest.t.mod.one.2");
}

static void
test_hostile_junit (void)
{
  g_autoptr (GString) deep = g_string_new ("<testsuites>");
  g_autofree char *truncated = g_strndup (junit_text, 200);
  const char *texts[] = {
    "<!DOCTYPE t [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><testsuite><testcase "
    "name=\"x\">&b;</testcase></testsuite>",
    "<!doctype t><testsuite/>",
    "<testsuite><testcase name=\"&b;\"/></testsuite>",
    "<html/>",
    "",
    "no markup at all",
    truncated,
    NULL,
  };

  for (guint i = 0; i < 100; i++)
    g_string_append (deep, "<testsuite>");
  texts[7] = deep->str;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (LocalTests) tests = local_tests_new ();
    g_autoptr (GError) error = NULL;

    g_test_message ("%u", i);
    g_assert_false (local_tests_read_junit (tests, texts[i], strlen (texts[i]), &error));
    g_assert_nonnull (error);
  }
}

static void
test_long_output (void)
{
  g_autoptr (LocalTests) tests = local_tests_new ();
  g_autoptr (GString) text = g_string_new ("<testsuite><testcase name=\"x\"><system-out>");
  const LocalTest *test = NULL;

  for (guint i = 0; i < 20000; i++)
    g_string_append (text, "äö");
  g_string_append (text, "</system-out></testcase></testsuite>");
  g_assert_true (local_tests_read_junit (tests, text->str, text->len, NULL));
  test = g_ptr_array_index (tests->list, 0);
  g_assert_cmpuint (test->output->len, <=, 16 * 1024);
  g_assert_true (g_str_has_suffix (test->output->str, "…"));
  g_assert_true (g_utf8_validate (test->output->str, -1, NULL));
}

static const struct {
  const char *text;
  gint64 counts[LOCAL_N_TEST_RESULTS]; /* passed, failed, error, skipped, todo */
  gboolean broken;
} taps[] = {
  { "1..2\nok 1 - a\nok 2 b\n", { 2, 0, 0, 0, 0 }, FALSE },
  { "TAP version 14\nok\nnot ok\n1..2\n", { 1, 1, 0, 0, 0 }, FALSE },
  { "1..3\nok 1\nok 2\n", { 2, 0, 0, 0, 0 }, TRUE },
  { "ok 1\nok 2\n", { 2, 0, 0, 0, 0 }, TRUE },
  { "1..0 # SKIP nothing here\n", { 0, 0, 0, 0, 0 }, FALSE },
  { "1..3\nok 1 # skip no net\nnot ok 2 # Todo later\nok 3 \\# skip\n", { 1, 0, 0, 1, 1 }, FALSE },
  { "1..2\nok 1\nBail out! disk\n", { 1, 0, 0, 0, 0 }, TRUE },
  { "1..2\n# Subtest: in\n    ok 1 - x\n    not ok 2 - y\n    1..2\nnot ok 1 - in\nok 2 - z\n",
    { 2, 1, 0, 0, 0 },
    FALSE },
  { "1..1\nnot ok 1 - a\n  ---\n  ok 1 - not a point\n  ...\n# why\n", { 0, 1, 0, 0, 0 }, FALSE },
};

static void
test_tap (void)
{
  g_autoptr (LocalTests) none = local_tests_new ();

  for (guint i = 0; i < G_N_ELEMENTS (taps); i++) {
    g_autoptr (LocalTests) tests = local_tests_new ();

    g_test_message ("%s", taps[i].text);
    g_assert_true (local_tests_read_tap (tests, taps[i].text, strlen (taps[i].text), NULL));
    for (guint j = 0; j < LOCAL_N_TEST_RESULTS; j++)
      g_assert_cmpint (tests->counts[j], ==, taps[i].counts[j]);
    g_assert_cmpint (tests->broken_plan, ==, taps[i].broken);
    if (i == 7)
      g_assert_cmpstr (((LocalTest *)g_ptr_array_index (tests->list, 1))->name, ==, "in.y");
    if (i == 8)
      g_assert_cmpstr (((LocalTest *)g_ptr_array_index (tests->list, 0))->output->str, ==,
                       "ok 1 - not a point\n# why\n");
  }
  g_assert_false (local_tests_read_tap (none, "hello\n", 6, NULL));
}

static const struct {
  const char *text;
  gint64 counts[LOCAL_N_TEST_RESULTS];
} subunits[] = {
  { "test: a.b\nsuccess: a.b\ntest: c\nfailure: c [\nwhy\nand where\n]\n", { 1, 1, 0, 0, 0 } },
  { "time: 2024-02-29 12:00:00.000000Z\ntest: a\ntime: 2024-02-29 12:00:01.250000Z\n"
    "successful: a\n",
    { 1, 0, 0, 0, 0 } },
  { "testing: a\nskip: a [ multipart\nContent-Type: text/plain\nreason\n6\r\n]\nno\n]0\r\n]\n"
    "test: b\nxfail: b\n",
    { 0, 0, 0, 1, 1 } },
  { "error: of a compiler\ntest: a\nhello\ntest: b\nuxsuccess: b\n", { 0, 1, 1, 0, 0 } },
  { "test: a\nfailure: a [ multipart\nContent-Type: x\nn\nffffff\r\nshort", { 0, 1, 0, 0, 0 } },
};

static const LocalTest *
get_test (const LocalTests *tests, guint place)
{
  return g_ptr_array_index (tests->list, place);
}

static void
test_subunit (void)
{
  g_autoptr (LocalTests) none = local_tests_new ();

  for (guint i = 0; i < G_N_ELEMENTS (subunits); i++) {
    g_autoptr (LocalTests) tests = local_tests_new ();

    g_test_message ("%s", subunits[i].text);
    g_assert_true (
        local_tests_read_subunit (tests, subunits[i].text, strlen (subunits[i].text), NULL));
    for (guint j = 0; j < LOCAL_N_TEST_RESULTS; j++)
      g_assert_cmpint (tests->counts[j], ==, subunits[i].counts[j]);
    if (i == 0) {
      g_assert_cmpstr (get_test (tests, 0)->name, ==, "a.b");
      g_assert_cmpstr (get_test (tests, 1)->message->str, ==, "why");
      g_assert_cmpstr (get_test (tests, 1)->output->str, ==, "why\nand where\n");
    }
    if (i == 1)
      g_assert_cmpint (get_test (tests, 0)->duration_ms, ==, 1250);
    if (i == 2)
      g_assert_cmpstr (get_test (tests, 0)->output->str, ==, "]\nno\n]");
    if (i == 3)
      g_assert_cmpstr (get_test (tests, 0)->message->str, ==, "the test did not end");
  }
  g_assert_false (local_tests_read_subunit (none, "error: x\n", 9, NULL));
}

/* what programs of today wrote: see fixtures/tests */
static const struct {
  const char *file;
  gboolean (*read) (LocalTests *tests, const char *text, gsize n_bytes, GError **error);
  gint64 counts[LOCAL_N_TEST_RESULTS]; /* passed, failed, error, skipped, todo */
  const char *failed;                  /* name of the one that failed */
  const char *words;                   /* of what is kept of it */
} outputs[] = {
  { "junit5.xml",
    local_tests_read_junit,
    { 4, 1, 1, 1, 0 },
    "JUnit Jupiter.org.example.SumsTest.subtracts()",
    "less <than> expected & more ==> expected: <2> but was: <1>" },
  { "pytest.xml",
    local_tests_read_junit,
    { 3, 1, 1, 2, 0 },
    "pytest.test_sums.test_subtracts",
    "E       assert (2 - 1) == 2" },
  { "meson.xml",
    local_tests_read_junit,
    { 2, 1, 1, 1, 0 },
    "sums.sums:sums / subtracts",
    "two < three & four" },
  { "ctest.xml",
    local_tests_read_junit,
    { 1, 1, 0, 3, 0 },
    "(empty).subtracts.subtracts",
    "less <than> expected & more" },
  { "gtest.xml",
    local_tests_read_junit,
    { 3, 1, 0, 2, 0 },
    "Sums.subtracts",
    "less <than> expected & more" },
  { "perl.tap", local_tests_read_tap, { 3, 1, 0, 1, 1 }, "subtracts", "" },
  { "prove.tap", local_tests_read_tap, { 3, 1, 0, 1, 1 }, "subtracts", "" },
  { "subunit.txt",
    local_tests_read_subunit,
    { 1, 2, 0, 1, 1 },
    "sums_unit.Sums.test_explodes",
    "RuntimeError: boom" },
};

static void
test_output (gconstpointer data)
{
  guint place = GPOINTER_TO_UINT (data);
  g_autoptr (LocalTests) tests = local_tests_new ();
  g_autofree char *path =
      g_build_filename (g_getenv ("G_TEST_SRCDIR"), "plugins/engines/local/fixtures/tests",
                        outputs[place].file, NULL);
  g_autofree char *text = NULL;
  gsize n_bytes = 0;
  g_autoptr (GError) error = NULL;
  const LocalTest *failed = NULL;

  g_assert_true (g_file_get_contents (path, &text, &n_bytes, NULL));
  g_assert_true (outputs[place].read (tests, text, n_bytes, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < tests->list->len; i++) {
    const LocalTest *test = g_ptr_array_index (tests->list, i);

    g_test_message ("%s: %d", test->name, (int)test->result);
    if (failed == NULL && test->result == LOCAL_TEST_FAILED)
      failed = test;
  }
  for (guint i = 0; i < LOCAL_N_TEST_RESULTS; i++)
    g_assert_cmpint (tests->counts[i], ==, outputs[place].counts[i]);
  g_assert_false (tests->broken_plan);
  g_assert_cmpstr (failed->name, ==, outputs[place].failed);
  fixture_assert_has (failed->output->str, outputs[place].words);
}

/* through the engine */

static BelfryBuild *
build_step (Fixture *self, const char *script, const char *keys)
{
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=%s\n%s\n", script, keys);

  return fixture_build (self, configuration);
}

static const struct {
  const char *name;
  const char *script;
  const char *keys;
  gint64 result;
  const char *text;
} cases[] = {
  { "good", "echo '1..1'; echo 'ok 1'", "test-results=tap", BELFRY_RESULT_SUCCESS,
    "1 tests, 0 failed" },
  { "failed", "mkdir r; printf '1..2\\\\nok 1\\\\nnot ok 2 - x\\\\n' > r/a.log",
    "test-results=tap:r/*.log", BELFRY_RESULT_FAILURE, "2 tests, 1 failed (failure)" },
  { "allowed", "printf '1..2\\\\nok 1\\\\nnot ok 2\\\\n'", "test-results=tap\nmax-failed=1",
    BELFRY_RESULT_SUCCESS, "2 tests, 1 failed" },
  { "skipped", "printf '1..1\\\\nok 1 # skip\\\\n'", "test-results=tap\nmax-skipped=0",
    BELFRY_RESULT_WARNINGS, "(warnings)" },
  { "none", "true", "test-results=junit:*.xml", BELFRY_RESULT_WARNINGS, "(warnings)" },
  { "none-is-fine", "true", "test-results=junit:*.xml\nno-tests=success", BELFRY_RESULT_SUCCESS,
    "" },
  { "broken", "echo '<testsuite>' > a.xml", "test-results=junit:a.xml\nbroken-results=failure",
    BELFRY_RESULT_FAILURE, "(failure)" },
  { "exit-code-holds", "echo '1..1'; echo 'ok 1'; exit 1", "test-results=tap",
    BELFRY_RESULT_FAILURE, "(failure)" },
  { "link", "ln -s /etc/passwd a.xml", "test-results=junit:a.xml", BELFRY_RESULT_WARNINGS, "" },
  { "warnings", "echo 'a.c:1: warning: x'; echo 'b.c:2: Warning: y' >&2; echo fine",
    "count-warnings=true", BELFRY_RESULT_WARNINGS, "(warnings)" },
  { "too-many-warnings", "echo 'warning: x'; echo 'warning: y'",
    "count-warnings=true\nmax-warnings=1", BELFRY_RESULT_FAILURE, "(failure)" },
  { "failed-with-warnings", "echo 'warning: x'; exit 1", "count-warnings=true",
    BELFRY_RESULT_FAILURE, "(failure)" },
  { "suppressed",
    "printf 'a.c:1: warning: x\\\\na.c:9: warning: x\\\\n'; echo \"make[1]: Entering directory "
    "'/src'\"; echo 'b.c:1: warning: z'; echo \"make[1]: Leaving directory '/src'\"",
    "count-warnings=true\nwarning-pattern=([^:]+):(\\\\d+): warning: (.*)\n"
    "warning-groups=file;line;text\nsuppress=a\\\\.c : x : 1-9;/src/b : z",
    BELFRY_RESULT_SUCCESS, "" },
  { "not-suppressed", "echo 'a.c:10: warning: x'",
    "count-warnings=true\nwarning-pattern=([^:]+):(\\\\d+): warning: (.*)\n"
    "warning-groups=file;line;text\nsuppress=a\\\\.c : x : 1-9",
    BELFRY_RESULT_WARNINGS, "" },
};

static void
test_case (Fixture *self, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  BelfryBuild *build = build_step (self, cases[i].script, cases[i].keys);
  const BelfryStep *step = fake_host_find_step (self->host, "s");
  g_autofree char *log = fixture_log (self, "s");

  g_test_message ("%s\n%s", step->state_string, log);
  g_assert_cmpint (step->results, ==, cases[i].result);
  g_assert_cmpint (build->results, ==,
                   cases[i].result == BELFRY_RESULT_WARNINGS &&
                           strstr (cases[i].keys, "count-warnings") == NULL
                       ? BELFRY_RESULT_SUCCESS
                       : cases[i].result);
  fixture_assert_has (step->state_string, cases[i].text);
}

static void
test_told (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GPtrArray) logs = NULL;
  const BelfryTestResult *row = NULL;
  g_autofree char *statistics = NULL;
  gboolean has_log = FALSE;

  (void)data;
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=one;two\n"
            "[step one]\nscript=printf '1..2\\\\nok 1 - a\\\\nnot ok 2 - b $X\\\\n# why\\\\n'; "
            "echo 'warning: $X'\n"
            "env.X=%(secret:known-pw)s\ntest-results=tap\ncount-warnings=true\nmax-failed=5\n"
            "[step two]\nscript=printf '1..1\\\\nok 1 - a\\\\n'; echo warning: again\n"
            "test-results=tap\ncount-warnings=true\n");
  rows = fake_store_list (self->store, belfry_test_result_get_type ());
  logs = fake_store_list (self->store, belfry_log_get_type ());
  g_assert_cmpuint (rows->len, ==, 3);
  row = g_ptr_array_index (rows, 1);
  g_assert_cmpstr (row->result, ==, "failed");
  g_assert_cmpstr (row->output, ==, "# why");
  statistics = belfry_json_to_text (fake_host_find_step (self->host, "one")->statistics);
  fixture_assert_has (statistics, "\"tests-failed\":1");
  fixture_assert_has (statistics, "\"warnings\":1");
  g_assert_cmpint (
      json_node_get_int (belfry_properties_get_value (build->properties, "tests-total")), ==, 3);
  g_assert_cmpint (
      json_node_get_int (belfry_properties_get_value (build->properties, "warnings-count")), ==, 2);
  for (guint i = 0; i < logs->len; i++)
    has_log =
        has_log || g_str_equal (((BelfryLog *)g_ptr_array_index (logs, i))->name, "warnings (1)");
  g_assert_true (has_log);
}

static void
test_stale (Fixture *self, gconstpointer data)
{
  gboolean use = data != NULL;
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nsteps=old;s\n"
      "[step old]\nscript=echo '1..1' > a.tap; echo 'ok 1' >> a.tap; touch -d '1 hour ago' a.tap\n"
      "[step s]\ncommand=true\ntest-results=tap:*.tap\n%s\n",
      use ? "stale-results=use" : "");
  g_autofree char *log = NULL;

  fixture_build (self, configuration);
  log = fixture_log (self, "s");
  g_assert_cmpint (fake_host_find_step (self->host, "s")->results, ==,
                   use ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_WARNINGS);
  g_assert_cmpint (strstr (log, "older than the step") != NULL, ==, !use);
}

static void
test_suppress_file (Fixture *self, gconstpointer data)
{
  (void)data;
  g_assert_cmpint (
      fixture_build (self,
                     "[engine local]\n[builder b]\nsteps=old;s\n"
                     "[step old]\nscript=printf '# comment\\\\n\\\\n.* : .*noise\\\\n' > known\n"
                     "[step s]\ncommand=echo 'warning: noise'\ncount-warnings=true\n"
                     "suppress-file=known\n")
          ->results,
      ==, BELFRY_RESULT_SUCCESS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/tests/junit", test_junit);
  g_test_add_func ("/engine-local/tests/hostile-junit", test_hostile_junit);
  g_test_add_func ("/engine-local/tests/long-output", test_long_output);
  g_test_add_func ("/engine-local/tests/tap", test_tap);
  g_test_add_func ("/engine-local/tests/subunit", test_subunit);
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++) {
    g_autofree char *path = g_strconcat ("/engine-local/tests/real/", outputs[i].file, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_output);
  }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/engine-local/report/", cases[i].name, NULL);

    g_test_add (path, Fixture, GUINT_TO_POINTER (i), fixture_set_up, test_case, fixture_tear_down);
  }
  FIXTURE_ADD ("report/told", NULL, test_told);
  FIXTURE_ADD ("report/stale", NULL, test_stale);
  FIXTURE_ADD ("report/stale-used", "use", test_stale);
  FIXTURE_ADD ("report/suppress-file", NULL, test_suppress_file);
  return g_test_run ();
}
