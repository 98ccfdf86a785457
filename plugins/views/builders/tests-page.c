/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results of tests, of a build or of one step of it. They are counted and listed by group, those
 * that failed first; a list is one window over all groups, so that fifty thousand of them cost as
 * much as fifty.
 */
#include "builders-page.h"

#include "ansi.h"

#include <string.h>

#define RESULTS_TESTS_SHOWN    50
#define RESULTS_TESTS_PER_PAGE 200
#define RESULTS_TEXT_BYTES     4096

/* in the order of lists; the last group has every other word */
static const struct {
  const char *word;
  BelfryResult look;
} test_groups[] = {
  { N_ ("failed"), BELFRY_RESULT_FAILURE }, { N_ ("error"), BELFRY_RESULT_EXCEPTION },
  { NULL, BELFRY_RESULT_CANCELLED },        { N_ ("skipped"), BELFRY_RESULT_SKIPPED },
  { N_ ("todo"), BELFRY_RESULT_WARNINGS },  { N_ ("passed"), BELFRY_RESULT_SUCCESS },
};

#define RESULTS_N_GROUPS G_N_ELEMENTS (test_groups)
/* groups that a page lists without being asked: what is not well */
#define RESULTS_N_BAD_GROUPS 3

/** ResultsTests: which tests a page is about, and how many there are of each group */
typedef struct {
  BuildersPlace *place;
  const BelfryStep *step; /* (nullable): of all steps */
  const char *name;       /* (nullable): of all names */
  GPtrArray *steps;       /* (nullable) (element-type BelfryStep): whose names rows tell */
  gint64 counts[RESULTS_N_GROUPS];
  gint64 total;
} ResultsTests;

static guint
results_add_filter (BelfryQuery *query, guint n, BelfryFilter filter)
{
  query->filters[n] = filter;
  return n + 1;
}

/* those of one build, of one step or name where that is wanted */
static guint
results_begin_query (const ResultsTests *self, BelfryQuery *query)
{
  guint n = results_add_filter (
      query, 0, (BelfryFilter){ .field = "buildid", .number = self->place->build->buildid });

  if (self->step != NULL)
    n = results_add_filter (query, n,
                            (BelfryFilter){ .field = "stepid", .number = self->step->stepid });
  if (self->name != NULL)
    n = results_add_filter (query, n, (BelfryFilter){ .field = "name", .text = self->name });
  return n;
}

static void
results_narrow_to_group (BelfryQuery *query, guint n, guint group)
{
  if (test_groups[group].word != NULL) {
    results_add_filter (query, n,
                        (BelfryFilter){ .field = "result", .text = test_groups[group].word });
    return;
  }
  for (guint i = 0; i < RESULTS_N_GROUPS; i++) {
    if (test_groups[i].word != NULL)
      n = results_add_filter (query, n,
                              (BelfryFilter){ .field = "result",
                                              .compare = BELFRY_COMPARE_NOT_EQUAL,
                                              .text = test_groups[i].word });
  }
}

static gint64
results_count (const ResultsTests *self, const BelfryQuery *query)
{
  gint64 count =
      belfry_reader_count (self->place->reader, belfry_test_result_get_type (), query, NULL);

  return MAX (count, 0);
}

static void
results_count_tests (ResultsTests *self)
{
  BelfryQuery all = BELFRY_QUERY_INIT;

  results_begin_query (self, &all);
  self->total = results_count (self, &all);
  for (guint i = 0; self->total > 0 && i < RESULTS_N_GROUPS; i++) {
    BelfryQuery query = BELFRY_QUERY_INIT;

    results_narrow_to_group (&query, results_begin_query (self, &query), i);
    self->counts[i] = results_count (self, &query);
  }
}

/* escaped, with the colours of terminals as classes */
static char *
results_dup_html (const char *text, gboolean whole)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  g_autofree char *cut = whole ? NULL : belfry_text_cut (valid, RESULTS_TEXT_BYTES);
  BuildersAnsi look = BUILDERS_ANSI_INIT;
  GString *html = g_string_new (NULL);

  for (const char *p = cut != NULL ? cut : valid; *p != '\0';) {
    gsize length = strcspn (p, "\n");

    builders_ansi_append_line (&look, p, length, html);
    p += length;
    if (*p == '\n') {
      g_string_append_c (html, '\n');
      p++;
    }
  }
  return g_string_free (html, FALSE);
}

static void
results_put_output (JsonObject *object, const BelfryTestResult *test, gboolean whole)
{
  g_autofree char *message = results_dup_html (test->message, whole);
  g_autofree char *output = results_dup_html (test->output, whole);
  gsize n_message = test->message != NULL ? strlen (test->message) : 0;
  gsize n_output = test->output != NULL ? strlen (test->output) : 0;

  json_object_set_string_member (object, "message", message);
  json_object_set_string_member (object, "output", output);
  json_object_set_boolean_member (
      object, "cut", !whole && (n_message > RESULTS_TEXT_BYTES || n_output > RESULTS_TEXT_BYTES));
}

static void
results_put_step (JsonObject *object, const ResultsTests *self, gint64 stepid)
{
  g_autofree char *path =
      views_dup_build_path (self->place->builder->name, self->place->build->number);

  json_object_set_string_member (object, "step", "");
  for (guint i = 0; self->steps != NULL && i < self->steps->len; i++) {
    const BelfryStep *step = self->steps->pdata[i];
    g_autofree char *encoded = NULL;
    g_autofree char *step_path = NULL;

    if (step->stepid != stepid)
      continue;
    encoded = belfry_text_percent_encode (step->name);
    step_path = g_strconcat (path, "/steps/", encoded, NULL);
    json_object_set_string_member (object, "step", step->name);
    json_object_set_string_member (object, "step_path", step_path);
  }
}

static JsonObject *
results_test_to_json (const ResultsTests *self, const BelfryTestResult *test, guint group)
{
  JsonObject *object = json_object_new ();
  const char *word =
      test->result != NULL && test->result[0] != '\0' ? test->result : N_ ("unknown");
  g_autofree char *path =
      views_dup_build_path (self->place->builder->name, self->place->build->number);
  g_autofree char *encoded = belfry_text_percent_encode (test->name);
  g_autofree char *page = g_strconcat (path, "/tests/", encoded, NULL);
  g_autofree char *summary = views_first_line (test->message);
  g_autofree char *took =
      test->duration_ms > 0 ? g_strdup_printf ("%.3f s", (double)test->duration_ms / 1000) : NULL;

  views_put_outcome (object, test_groups[group].look, TRUE);
  json_object_set_string_member (object, "word", word);
  json_object_set_int_member (object, "id", test->testid);
  json_object_set_string_member (object, "name", test->name);
  json_object_set_string_member (object, "path", page);
  json_object_set_string_member (object, "summary", summary);
  views_put_text (object, "took", took);
  results_put_output (object, test, self->name != NULL);
  results_put_step (object, self, test->stepid);
  return object;
}

/* Rows @offset to @offset + @limit of the first @n_groups groups, one after the other. */
static JsonArray *
results_list_tests (const ResultsTests *self, guint n_groups, gint64 offset, gint64 limit)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < n_groups; i++) {
    BelfryQuery query = BELFRY_QUERY_INIT;
    g_autoptr (GPtrArray) tests = NULL;
    gint64 wanted = limit - json_array_get_length (array);

    if (offset >= self->counts[i] || wanted <= 0) {
      offset = MAX (offset - self->counts[i], 0);
      continue;
    }
    results_narrow_to_group (&query, results_begin_query (self, &query), i);
    query.offset = (guint)offset;
    query.limit = (guint)wanted;
    tests = belfry_reader_list (self->place->reader, belfry_test_result_get_type (), &query, NULL,
                                NULL);
    for (guint j = 0; tests != NULL && j < tests->len; j++)
      json_array_add_object_element (array, results_test_to_json (self, tests->pdata[j], i));
    offset = 0;
  }
  return array;
}

static JsonArray *
results_counts_to_json (const ResultsTests *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < RESULTS_N_GROUPS; i++) {
    JsonObject *object = NULL;

    if (self->counts[i] == 0)
      continue;
    object = json_object_new ();
    views_put_outcome (object, test_groups[i].look, TRUE);
    json_object_set_string_member (
        object, "word", test_groups[i].word != NULL ? test_groups[i].word : N_ ("other"));
    json_object_set_int_member (object, "count", self->counts[i]);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonObject *
results_tests_to_json (const ResultsTests *self, JsonArray *rows)
{
  JsonObject *object = json_object_new ();
  g_autofree char *build_path =
      views_dup_build_path (self->place->builder->name, self->place->build->number);
  g_autofree char *path = g_strconcat (build_path, "/tests", NULL);

  json_object_set_int_member (object, "total", self->total);
  json_object_set_int_member (object, "n_failed", self->counts[0] + self->counts[1]);
  views_take_array (object, "counts", results_counts_to_json (self));
  views_take_array (object, "rows", rows);
  json_object_set_string_member (object, "path", path);
  if (self->step != NULL)
    json_object_set_int_member (object, "step_number", self->step->number);
  return object;
}

void
builders_put_tests (JsonObject *data, BuildersPlace *place)
{
  ResultsTests tests = { .place = place, .step = place->step };
  gint64 n_bad = 0;
  JsonObject *object = NULL;

  results_count_tests (&tests);
  for (guint i = 0; i < RESULTS_N_BAD_GROUPS; i++)
    n_bad += tests.counts[i];
  object = results_tests_to_json (
      &tests, results_list_tests (&tests, RESULTS_N_BAD_GROUPS, 0, RESULTS_TESTS_SHOWN));
  json_object_set_boolean_member (object, "cut", n_bad > RESULTS_TESTS_SHOWN);
  json_object_set_object_member (data, "tests", object);
}

/* `?step=` is a number, as names may be numbers too */
static BelfryStep *
results_find_step (GPtrArray *steps, gint64 number)
{
  for (guint i = 0; i < steps->len; i++) {
    if (((BelfryStep *)steps->pdata[i])->number == number)
      return steps->pdata[i];
  }
  return NULL;
}

static void
results_put_pages (JsonObject *data, const ResultsTests *self, gint64 page)
{
  json_object_set_null_member (data, "newer");
  json_object_set_null_member (data, "older");
  if (page > 1) {
    g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, page - 1);
    g_autofree char *newer = views_query_with (self->place->form, "page", number);

    json_object_set_string_member (data, "newer", newer);
  }
  if (page * RESULTS_TESTS_PER_PAGE < self->total) {
    g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, page + 1);
    g_autofree char *older = views_query_with (self->place->form, "page", number);

    json_object_set_string_member (data, "older", older);
  }
}

/* `…/tests` and `…/tests/NAME`; nothing by that name: NULL and a refusal */
JsonObject *
builders_tests_to_json (const BuildersOptions *options G_GNUC_UNUSED,
                        BuildersPlace *place,
                        GError **error G_GNUC_UNUSED)
{
  const char *name = belfry_request_get_parameter (place->request, "test");
  g_autoptr (GPtrArray) steps =
      builders_list_of_build (place->reader, belfry_step_get_type (), place->build->buildid);
  gint64 number = views_argument_integer (place->form, "step", BELFRY_NONE, G_MAXINT32);
  ResultsTests tests = { .place = place, .name = name, .steps = steps };
  gint64 page = views_argument_integer (place->form, "page", 1, G_MAXINT32);
  JsonObject *data = NULL;

  tests.step = number != BELFRY_NONE ? results_find_step (steps, number) : NULL;
  results_count_tests (&tests);
  if (name != NULL && tests.total == 0) {
    g_autofree char *what = g_strdup_printf ("test '%s'", name);
    g_autofree char *up = builders_place_dup_path (place);

    place->refusal = views_refuse_missing (place->request, what, up);
    return NULL;
  }
  page = CLAMP (page, 1, tests.total / RESULTS_TESTS_PER_PAGE + 1);
  data = json_object_new ();
  json_object_set_object_member (data, "place", builders_place_to_json (place));
  json_object_set_object_member (
      data, "tests",
      results_tests_to_json (&tests, results_list_tests (&tests, RESULTS_N_GROUPS,
                                                         (page - 1) * RESULTS_TESTS_PER_PAGE,
                                                         RESULTS_TESTS_PER_PAGE)));
  views_put_text (data, "name", name);
  views_put_text (data, "step", tests.step != NULL ? tests.step->name : NULL);
  results_put_pages (data, &tests, page);
  return data;
}
