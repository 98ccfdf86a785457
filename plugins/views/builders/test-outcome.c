/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What builds leave: results of tests, few and thousands, with hostile names; files; why it waits.
 */
#include "builders-page.h"
#include "views-fake.h"

#include <string.h>

#define NOW    1700000000
#define SECOND G_USEC_PER_SEC
#define EVIL   "\"><script>alert(1)</script>"

static const BuildersOptions options = { 5, 1000, 5000, 50 };

typedef JsonObject *(*Draw) (const BuildersOptions *options, BuildersPlace *place, GError **error);

static ViewsFake *
make_build (const char *builder, const char *step)
{
  ViewsFake *fake = views_fake_new ();
  BelfryBuild *build = NULL;

  belfry_clock_set_us ((gint64)NOW * SECOND);
  views_fake_add_builder (fake, 1, builder, "fast");
  build = views_fake_add_build (fake, 7, 1, 3, NOW - 90);
  views_fake_end_step (views_fake_add_step (fake, build, 0, step, NOW - 80), NOW - 40, 2);
  views_fake_end_step (views_fake_add_step (fake, build, 1, "other", NOW - 40), NOW - 20, 0);
  views_fake_end_build (build, NOW - 10, 2);
  return fake;
}

static void
add_test (ViewsFake *fake, gint64 id, gint64 stepid, const char *name, const char *result)
{
  BelfryTestResult *test = views_fake_add (fake, belfry_test_result_new ());

  test->testid = id;
  test->buildid = 7;
  test->stepid = stepid;
  test->duration_ms = 1500;
  belfry_record_set_text (&test->name, name);
  belfry_record_set_text (&test->result, result);
  belfry_record_set_text (&test->message, "");
  belfry_record_set_text (&test->output, "");
}

static BelfryTestResult *
add_failure (ViewsFake *fake, gint64 id, const char *message, const char *output)
{
  BelfryTestResult *test = views_fake_add (fake, belfry_test_result_new ());

  test->testid = id;
  test->buildid = 7;
  test->stepid = 700;
  belfry_record_set_text (&test->name, "suite.fails");
  belfry_record_set_text (&test->result, "failed");
  belfry_record_set_text (&test->message, message);
  belfry_record_set_text (&test->output, output);
  return test;
}

static void
add_artifact (ViewsFake *fake, gint64 id, const char *path, gint64 expires_at)
{
  BelfryArtifact *artifact = views_fake_add (fake, belfry_artifact_new ());

  artifact->artifactid = id;
  artifact->buildid = 7;
  artifact->stepid = 700;
  artifact->bytes = 2048;
  artifact->expires_at = expires_at;
  belfry_record_set_text (&artifact->path, path);
}

static BelfryRequest *
make_request (const char *query, const char *builder, const char *step, const char *test)
{
  BelfryRequest *request =
      views_fake_request ("/builders/b/builds/3", query, "builder", builder, "number", "3", NULL);

  if (step != NULL)
    belfry_request_set_parameter (request, "step", step);
  if (test != NULL)
    belfry_request_set_parameter (request, "test", test);
  return request;
}

static JsonObject *
draw (ViewsFake *fake, Draw function, BelfryRequest *request)
{
  g_auto (BuildersPlace) place = { NULL };
  g_autoptr (GError) error = NULL;
  JsonObject *data = NULL;

  g_assert_true (builders_place_find (&place, request, views_fake_get_reader (fake), &error));
  data = function (&options, &place, &error);
  g_assert_no_error (error);
  g_assert_nonnull (data);
  return data;
}

static const char *
get_row_text (JsonObject *part, guint index, const char *name)
{
  JsonArray *rows = belfry_json_get_array (part, "rows");

  g_assert_cmpuint (index, <, json_array_get_length (rows));
  return belfry_json_get_text (json_array_get_object_element (rows, index), name);
}

static guint
count_rows (JsonObject *part)
{
  return json_array_get_length (belfry_json_get_array (part, "rows"));
}

/* one of each kind, and one of a kind that nobody knows; those that failed come first */
static void
test_groups (void)
{
  static const char *const order[] = { "f", "e", "odd", "s", "t", "p" };
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autoptr (BelfryRequest) request = make_request (NULL, "b", NULL, NULL);
  g_autoptr (BelfryRequest) step_request = make_request (NULL, "b", "other", NULL);
  g_autoptr (JsonObject) build = NULL;
  g_autoptr (JsonObject) step = NULL;
  g_autoptr (JsonObject) all = NULL;
  JsonObject *tests = NULL;

  add_test (fake, 1, 700, "p", "passed");
  add_test (fake, 2, 700, "s", "skipped");
  add_test (fake, 3, 700, "odd", "");
  add_test (fake, 4, 700, "t", "todo");
  add_test (fake, 5, 701, "e", "error");
  add_test (fake, 6, 700, "f", "failed");
  build = draw (fake, builders_build_to_json, request);
  step = draw (fake, builders_step_to_json, step_request);
  all = draw (fake, builders_tests_to_json, request);
  tests = belfry_json_get_object (build, "tests");
  g_assert_cmpint (belfry_json_get_integer (tests, "total", 0), ==, 6);
  g_assert_cmpint (belfry_json_get_integer (tests, "n_failed", 0), ==, 2);
  g_assert_cmpuint (count_rows (tests), ==, 3);
  g_assert_false (belfry_json_get_boolean (tests, "cut", TRUE));
  tests = belfry_json_get_object (step, "tests");
  g_assert_cmpint (belfry_json_get_integer (tests, "total", 0), ==, 1);
  g_assert_cmpstr (get_row_text (tests, 0, "name"), ==, "e");
  tests = belfry_json_get_object (all, "tests");
  g_assert_cmpuint (count_rows (tests), ==, G_N_ELEMENTS (order));
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    g_assert_cmpstr (get_row_text (tests, i, "name"), ==, order[i]);
  g_assert_cmpstr (get_row_text (tests, 1, "step"), ==, "other");
  g_assert_cmpstr (get_row_text (tests, 2, "word"), ==, "unknown");
  g_assert_cmpstr (get_row_text (tests, 0, "took"), ==, "1.500 s");
}

/* thousands: the page of the build shows fifty, pages of the list never skip nor repeat one */
static void
test_thousands (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autoptr (BelfryRequest) request = make_request (NULL, "b", NULL, NULL);
  g_autoptr (JsonObject) build = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonObject *tests = NULL;

  for (int i = 0; i < 3000; i++) {
    g_autofree char *name = g_strdup_printf ("t%d", i);

    add_test (fake, i + 1, 700, name, i % 10 == 0 ? "failed" : "passed");
  }
  build = draw (fake, builders_build_to_json, request);
  tests = belfry_json_get_object (build, "tests");
  g_assert_cmpuint (count_rows (tests), ==, 50);
  g_assert_true (belfry_json_get_boolean (tests, "cut", FALSE));
  for (int page = 1; page <= 15; page++) {
    g_autofree char *query = g_strdup_printf ("page=%d", page);
    g_autoptr (BelfryRequest) one = make_request (query, "b", NULL, NULL);
    g_autoptr (JsonObject) data = draw (fake, builders_tests_to_json, one);

    tests = belfry_json_get_object (data, "tests");
    g_assert_cmpuint (count_rows (tests), ==, 200);
    for (guint i = 0; i < 200; i++)
      g_assert_true (g_hash_table_add (seen, g_strdup (get_row_text (tests, i, "name"))));
    g_assert_cmpint (belfry_json_get_text (data, "older") == NULL, ==, page == 15);
  }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 3000);
}

/* what a test printed is cut on a list and whole on its own page */
static void
test_output (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autofree char *long_text = g_strnfill (16000, 'x');
  g_autoptr (BelfryRequest) list = make_request (NULL, "b", NULL, NULL);
  g_autoptr (BelfryRequest) one = make_request (NULL, "b", NULL, "suite.fails");
  g_autoptr (BelfryRequest) none = make_request (NULL, "b", NULL, "nope");
  g_auto (BuildersPlace) place = { NULL };
  g_autoptr (JsonObject) cut = NULL;
  g_autoptr (JsonObject) whole = NULL;

  add_failure (fake, 1, "first\nsecond", long_text);
  cut = draw (fake, builders_tests_to_json, list);
  whole = draw (fake, builders_tests_to_json, one);
  g_assert_cmpstr (get_row_text (belfry_json_get_object (cut, "tests"), 0, "summary"), ==, "first");
  g_assert_cmpuint (strlen (get_row_text (belfry_json_get_object (cut, "tests"), 0, "output")), <,
                    5000);
  g_assert_cmpstr (get_row_text (belfry_json_get_object (whole, "tests"), 0, "output"), ==,
                   long_text);
  g_assert_true (builders_place_find (&place, none, views_fake_get_reader (fake), NULL));
  g_assert_null (builders_tests_to_json (&options, &place, NULL));
  g_assert_cmpuint (belfry_response_get_status (place.refusal), ==, 404);
}

static void
test_artifacts (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autoptr (BelfryRequest) request = make_request (NULL, "b", "check", NULL);
  g_autoptr (JsonObject) none = draw (fake, builders_step_to_json, request);
  g_autoptr (JsonObject) data = NULL;
  g_autofree char *html = NULL;

  g_assert_cmpuint (count_rows (belfry_json_get_object (none, "artifacts")), ==, 0);
  add_artifact (fake, 1, "b/3/check/hello world.tar", BELFRY_NONE);
  add_artifact (fake, 2, "b/3/check/old.tar", (gint64)(NOW - 1) * SECOND);
  data = draw (fake, builders_step_to_json, request);
  html = views_fake_draw ("buildstep.html", json_object_ref (data), "/builders/b/builds/3/steps/x");
  g_assert_nonnull (strstr (html, "/builds/3/artifacts/b/3/check/hello%20world.tar\""));
  g_assert_null (strstr (html, "artifacts/b/3/check/old.tar"));
  g_assert_nonnull (strstr (html, "old.tar</span> <span class=\"faint\">expired"));
}

/* a step's link to what is kept stays; one to what is not becomes text; others' are left alone */
static void
test_gone (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autoptr (BelfryRequest) request = make_request (NULL, "b", NULL, NULL);
  g_autoptr (JsonNode) urls = belfry_json_parse (
      "[{\"name\":\"folder\",\"url\":\"builders/b/builds/3/artifacts/b/3/check/\"},"
      "{\"name\":\"gone\",\"url\":\"builders/b/builds/3/artifacts/b/3/chec\"},"
      "{\"name\":\"else\",\"url\":\"https://x.example/builders/b/builds/3/artifacts/y\"}]",
      -1, NULL, NULL);
  JsonArray *array = json_node_get_array (urls);
  g_auto (BuildersPlace) place = { NULL };
  static const gboolean gone[] = { FALSE, TRUE, FALSE };

  add_artifact (fake, 1, "b/3/check/a.tar", BELFRY_NONE);
  g_assert_true (builders_place_find (&place, request, views_fake_get_reader (fake), NULL));
  builders_mark_gone (&place, array);
  for (guint i = 0; i < G_N_ELEMENTS (gone); i++)
    g_assert_cmpint (
        belfry_json_get_boolean (json_array_get_object_element (array, i), "gone", !gone[i]), ==,
        gone[i]);
}

static void
test_warnings (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  BelfryBuild *build = views_fake_add_build (fake, 8, 1, 4, NOW - 9);
  BelfryStep *step = views_fake_add_step (fake, build, 0, "make", NOW - 8);
  g_autoptr (BelfryRequest) request =
      views_fake_request ("/builders/b/builds/4", NULL, "builder", "b", "number", "4", NULL);
  g_autoptr (JsonObject) data = NULL;

  step->statistics = belfry_json_parse ("{\"warnings\":12}", -1, NULL, NULL);
  data = draw (fake, builders_build_to_json, request);
  g_assert_cmpint (belfry_json_get_integer (data, "n_warnings", 0), ==, 12);
}

static void
add_state (ViewsFake *fake, gint64 id, const char *data)
{
  BelfryEvent *event = views_fake_add (fake, belfry_event_new ());

  event->eventid = id;
  event->builderid = 1;
  belfry_record_set_text (&event->name, "builder-state");
  belfry_record_set_text (&event->data, data);
}

/* the newest word counts, and only while something waits */
static void
test_why (void)
{
  g_autoptr (ViewsFake) fake = make_build ("b", "check");
  g_autoptr (BelfryRequest) request =
      views_fake_request ("/builders/b", NULL, "builder", "b", NULL);
  g_autoptr (JsonObject) idle = NULL;
  g_autoptr (JsonObject) waiting = NULL;
  g_autofree char *html = NULL;
  BelfryBuildRequest *asked = NULL;

  add_state (fake, 1, "{\"why\":\"enough builds of it run\"}");
  add_state (fake, 2,
             "{\"why\":\"waiting for lock "
             "<b>evil\"}");
  idle = draw (fake, builders_builder_to_json, request);
  asked = views_fake_add (fake, belfry_build_request_new ());
  asked->buildrequestid = 1;
  asked->builderid = 1;
  asked->buildsetid = BELFRY_NONE;
  asked->submitted_at = (gint64)(NOW - 61) * SECOND;
  waiting = draw (fake, builders_builder_to_json, request);
  g_assert_cmpstr (belfry_json_get_text (idle, "why"), ==, "");
  g_assert_cmpstr (belfry_json_get_text (waiting, "why"), ==, "waiting for lock <b>evil");
  html = views_fake_draw ("builder.html", json_object_ref (waiting), "/builders/b");
  g_assert_nonnull (strstr (html, "waiting for lock &lt;b&gt;evil"));
  views_fake_assert_safe (html);
}

static void
test_hostile (void)
{
  static const struct {
    Draw function;
    const char *template_name;
    gboolean has_step;
    gboolean has_test;
  } pages[] = {
    { builders_build_to_json, "build.html", FALSE, FALSE },
    { builders_step_to_json, "buildstep.html", TRUE, FALSE },
    { builders_tests_to_json, "buildtests.html", FALSE, FALSE },
    { builders_tests_to_json, "buildtests.html", FALSE, TRUE },
  };
  g_autoptr (ViewsFake) fake = make_build (EVIL, EVIL);
  BelfryTestResult *test = add_failure (fake, 1, EVIL "\n\x1b[31m" EVIL, "</pre>" EVIL "\xff");

  belfry_record_set_text (&test->name, EVIL);
  add_test (fake, 2, 700, EVIL "\xe2\x80\xae../..%2F", EVIL);
  add_artifact (fake, 1, EVIL "/" EVIL "/../\"onclick=x", BELFRY_NONE);
  add_artifact (fake, 2, EVIL, NOW);
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autoptr (BelfryRequest) request =
        make_request (NULL, EVIL, pages[i].has_step ? EVIL : NULL, pages[i].has_test ? EVIL : NULL);
    g_autofree char *html =
        views_fake_draw (pages[i].template_name, draw (fake, pages[i].function, request), "/a/b/c");

    g_test_message ("%s", pages[i].template_name);
    views_fake_assert_safe (html);
    g_assert_null (strchr (html, '\x1b'));
    g_assert_nonnull (strstr (html, "&lt;script&gt;"));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/builders/outcome/groups", test_groups);
  g_test_add_func ("/builders/outcome/thousands", test_thousands);
  g_test_add_func ("/builders/outcome/output", test_output);
  g_test_add_func ("/builders/outcome/artifacts", test_artifacts);
  g_test_add_func ("/builders/outcome/gone", test_gone);
  g_test_add_func ("/builders/outcome/warnings", test_warnings);
  g_test_add_func ("/builders/outcome/why", test_why);
  g_test_add_func ("/builders/outcome/hostile", test_hostile);
  return g_test_run ();
}
