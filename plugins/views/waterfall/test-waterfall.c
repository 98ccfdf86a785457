/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waterfall's pages from records in memory: data, arguments, templates with hostile data. */
#include "views-fake.h"
#include "waterfall-page.h"

#include <string.h>

#define NOW 1700000000

static const WaterfallOptions options = { .num_events = 200, .show_events = TRUE };

/* builder a: builds 4 (good) and 5 (failed); builder b: build 2 running */
static ViewsFake *
make_example (void)
{
  ViewsFake *fake = views_fake_new ();
  BelfryBuild *build = NULL;
  BelfryStep *step = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, "a2", "fast");
  views_fake_add_builder (fake, 2, "b10", "slow");
  views_fake_add_worker (fake, 1, "w1", 1);
  views_fake_add_worker (fake, 2, "w2", 2);
  views_fake_add_change (fake, 1, "Ann <ann@example.org>", NOW - 900);
  views_fake_add_change (fake, 2, "Bob", NOW - 400);
  build = views_fake_add_build (fake, 4, 1, 4, NOW - 881);
  views_fake_end_step (views_fake_add_step (fake, build, 0, "git", NOW - 880), NOW - 870, 0);
  views_fake_end_step (views_fake_add_step (fake, build, 1, "make", NOW - 870), NOW - 500, 0);
  views_fake_end_build (build, NOW - 500, 0);
  build = views_fake_add_build (fake, 5, 1, 5, NOW - 391);
  views_fake_end_step (views_fake_add_step (fake, build, 0, "git", NOW - 390), NOW - 380, 0);
  step = views_fake_add_step (fake, build, 1, "make", NOW - 380);
  views_fake_end_step (step, NOW - 150, 2);
  views_fake_add_log (fake, step, "stdio", "s", "ook\neno\n");
  views_fake_end_build (build, NOW - 150, 2);
  build = views_fake_add_build (fake, 6, 2, 2, NOW - 71);
  views_fake_end_step (views_fake_add_step (fake, build, 0, "git", NOW - 70), NOW - 60, 0);
  views_fake_add_step (fake, build, 1, "make", NOW - 60);
  return fake;
}

static BelfryResponse *
respond (ViewsFake *fake, const WaterfallOptions *with, const char *query)
{
  g_autoptr (BelfryRequest) request = views_fake_request ("/waterfall", query, NULL);
  g_autoptr (GError) error = NULL;
  BelfryResponse *response = waterfall_draw_page (
      with, belfry_request_get_arguments (request, NULL), views_fake_get_reader (fake), &error);

  g_assert_no_error (error);
  return response;
}

/* the page's data, with the table as JSON */
static JsonObject *
draw (ViewsFake *fake, const WaterfallOptions *with, const char *query)
{
  g_autoptr (BelfryResponse) response = respond (fake, with, query);
  const BelfryTemplateRecords *records = belfry_response_get_records (response);
  JsonObject *data = json_object_ref (belfry_response_get_data (response));
  JsonArray *lines = json_array_new ();

  g_assert_cmpstr (records->name, ==, "lines");
  for (guint i = 0; i < records->records->len; i++)
    json_array_add_object_element (
        lines, belfry_record_to_json (records->records->pdata[i], BELFRY_RECORD_JSON_NONE));
  json_object_set_array_member (data, "lines", lines);
  return data;
}

static char *
draw_html (ViewsFake *fake, const char *query)
{
  return views_fake_draw_response (respond (fake, &options, query), "/waterfall");
}

static guint
count_kind (JsonObject *data, const char *kind)
{
  JsonArray *lines = belfry_json_get_array (data, "lines");
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (lines); i++) {
    JsonArray *cells = belfry_json_get_array (json_array_get_object_element (lines, i), "cells");

    for (guint k = 0; k < json_array_get_length (cells); k++)
      n += g_strcmp0 (belfry_json_get_text (json_array_get_object_element (cells, k), "kind"),
                      kind) == 0;
  }
  return n;
}

static const char *
builder_name (JsonObject *data, guint index)
{
  return belfry_json_get_text (
      json_array_get_object_element (belfry_json_get_array (data, "builders"), index), "name");
}

static guint
count_builders (JsonObject *data)
{
  return json_array_get_length (belfry_json_get_array (data, "builders"));
}

static void
test_page_shows_everything (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) data = draw (fake, &options, NULL);

  g_assert_cmpuint (count_builders (data), ==, 2);
  g_assert_cmpuint (count_kind (data, "build"), ==, 3);
  g_assert_cmpuint (count_kind (data, "step"), ==, 6);
  g_assert_cmpuint (count_kind (data, "change"), ==, 2);
  g_assert_cmpstr (builder_name (data, 0), ==, "a2");
  g_assert_true (JSON_NODE_HOLDS_NULL (json_object_get_member (data, "older")));
}

static void
test_page_filters_builders (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) by_name = draw (fake, &options, "show=b10");
  g_autoptr (JsonObject) by_tag = draw (fake, &options, "tag=fast&category=slow");
  g_autoptr (JsonObject) unknown = draw (fake, &options, "builder=nope");

  g_assert_cmpuint (count_builders (by_name), ==, 1);
  g_assert_cmpstr (builder_name (by_name, 0), ==, "b10");
  g_assert_cmpuint (count_builders (by_tag), ==, 1);
  g_assert_cmpstr (builder_name (by_tag, 0), ==, "a2");
  g_assert_cmpuint (count_builders (unknown), ==, 0);
}

static void
test_page_failing_only (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) data = draw (fake, &options, "failures_only=true");

  g_assert_cmpuint (count_builders (data), ==, 1);
  g_assert_cmpstr (builder_name (data, 0), ==, "a2");
}

static void
test_page_branches (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) main_only = draw (fake, &options, "branch=main&show_time=5000");
  g_autoptr (JsonObject) trunk = draw (fake, &options, "branch=trunk");

  g_assert_cmpuint (count_kind (main_only, "change"), ==, 2);
  g_assert_cmpuint (count_kind (main_only, "build"), ==, 0);
  g_assert_cmpuint (count_kind (trunk, "change"), ==, 0);
  g_assert_cmpuint (count_kind (trunk, "build"), ==, 3);
}

/* following "next page" comes by every build and ends */
static void
test_page_paging (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autofree char *query = g_strdup ("num_events=1");
  guint n_builds = 0;
  guint n_pages = 0;

  while (query != NULL) {
    g_autoptr (JsonObject) data = draw (fake, &options, query);
    const char *older = belfry_json_get_text (data, "older");

    n_builds += count_kind (data, "build");
    g_assert_cmpuint (++n_pages, <, 100);
    g_free (query);
    query = older != NULL ? g_strdup (older + 1) : NULL;
  }
  g_assert_cmpuint (n_builds, >=, 3);
}

static void
test_page_past (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autofree char *query = g_strdup_printf ("last_time=%d", NOW - 500);
  g_autoptr (JsonObject) data = draw (fake, &options, query);
  g_autoptr (JsonObject) impossible = draw (fake, &options, "last_time=10&first_time=20");

  g_assert_true (belfry_json_get_boolean (data, "is_past", FALSE));
  g_assert_cmpuint (count_kind (data, "build"), ==, 1);
  g_assert_cmpint (belfry_json_get_integer (impossible, "rows", -1), ==, 0);
}

static void
test_page_events (void)
{
  static const char *const words[] = { "connect", "w1", NULL };
  g_autoptr (ViewsFake) fake = make_example ();
  BelfryBuilderEvent *event = views_fake_add (fake, belfry_builder_event_new ());
  g_autoptr (JsonObject) with = NULL;
  g_autoptr (JsonObject) without = NULL;

  event->eventid = 1;
  event->builderid = 1;
  event->started_at = (gint64)(NOW - 950) * G_USEC_PER_SEC;
  event->complete_at = event->started_at;
  event->text = g_strdupv ((char **)words);
  with = draw (fake, &options, NULL);
  without = draw (fake, &options, "show_events=false");
  g_assert_cmpuint (count_kind (with, "event"), ==, 1);
  g_assert_cmpuint (count_kind (without, "event"), ==, 0);
}

static void
test_page_caps (void)
{
  WaterfallOptions capped = { .num_events = 2, .num_events_max = 3 };
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) plain = draw (fake, &capped, NULL);
  g_autoptr (JsonObject) greedy = draw (fake, &capped, "num_events=5000");
  g_autoptr (JsonObject) silly = draw (fake, &capped, "num_events=x&last_time=&show_time=-5");

  g_assert_cmpint (belfry_json_get_integer (plain, "rows", 0), ==, 2);
  g_assert_cmpint (belfry_json_get_integer (greedy, "rows", 0), ==, 3);
  g_assert_cmpint (belfry_json_get_integer (silly, "rows", 0), ==, 2);
}

static void
test_page_renders (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autofree char *html = draw_html (fake, "reload=1");

  g_assert_nonnull (strstr (html, "class=\"BuildStep failure\""));
  g_assert_nonnull (strstr (html, "class=\"BuildStep running\""));
  g_assert_nonnull (strstr (html, "class=\"BuildStep start\""));
  g_assert_nonnull (strstr (html, "class=\"LastBuild failure\""));
  g_assert_nonnull (strstr (html, "class=\"Activity building\""));
  g_assert_nonnull (strstr (html, "href=\"builders/a2/builds/5/steps/make/logs/stdio\""));
  g_assert_nonnull (strstr (html, "content=\"15\""));
  g_assert_nonnull (strstr (html, "no earlier events"));
}

static void
test_page_list (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autofree char *html = draw_html (fake, "view=list");

  g_assert_nonnull (strstr (html, "builders/b10/builds/2"));
  g_assert_null (strstr (html, "<table"));
}

static void
test_page_empty (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  g_autofree char *html = draw_html (fake, NULL);

  g_assert_nonnull (strstr (html, "No builds yet"));
}

static void
test_page_hostile (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  BelfryBuild *build = views_fake_add_build (fake, 1, 1, 1, NOW - 100);
  BelfryStep *step = views_fake_add_step (fake, build, 0, "<script>alert(1)</script>", NOW - 90);
  BelfryChange *change =
      views_fake_add_change (fake, 1, "<img src=x onerror=alert(1)> <\" onmouseover=x>", NOW - 95);
  g_autofree char *html = NULL;
  g_autofree char *as_list = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, "\"><script>alert('b')</script>", "<b>evil");
  views_fake_add_log (fake, step, "\" onmouseover=\"x", "s", "o<script>alert(1)</script>\n");
  belfry_record_set_text (&change->comments, "\" onmouseover=\"alert(1) {{7*7}} </textarea>");
  belfry_record_set_text (&step->state_string, "<script>alert(2)</script>");
  step->urls = belfry_json_parse ("[{\"name\":\"<b>evil\",\"url\":\"javascript:alert(1)\"}]", -1,
                                  NULL, NULL);
  html = draw_html (fake, "tag=%22%3E%3Cscript%3Ealert");
  views_fake_assert_safe (html);
  g_free (html);
  html = draw_html (fake, NULL);
  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "{{7*7}}"));
  as_list = draw_html (fake, "view=list");
  views_fake_assert_safe (as_list);
}

static void
test_help_keeps_query (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (BelfryRequest) request = views_fake_request (
      "/waterfall/help", "branch=dev%22%3E%3Cscript%3Ealert&builder=a2&reload=77&show_events=0",
      NULL);
  g_autoptr (GError) error = NULL;
  BelfryResponse *response = waterfall_draw_help (
      &options, belfry_request_get_arguments (request, NULL), views_fake_get_reader (fake), &error);
  g_autofree char *html = views_fake_draw_response (response, "/waterfall/help");

  g_assert_no_error (error);
  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "value=\"a2\" checked"));
  g_assert_nonnull (strstr (html, "value=\"77\" checked"));
  g_assert_nonnull (strstr (html, "value=\"false\" checked"));
}

/* what a page costs does not depend on how long the history is */
static void
test_page_cost (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  WaterfallOptions few = { .num_events = 20 };
  g_autoptr (JsonObject) data = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, "a", "t");
  for (int i = 0; i < 500; i++) {
    BelfryBuild *build = views_fake_add_build (fake, i + 1, 1, i, NOW - 60 * (500 - i));

    views_fake_end_build (build, NOW - 60 * (500 - i) + 30, 0);
  }
  data = draw (fake, &few, NULL);
  g_assert_cmpint (belfry_json_get_integer (data, "rows", 0), ==, 20);
  g_assert_cmpuint (views_fake_get_queries (fake), <, 60);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/waterfall/page/shows-everything", test_page_shows_everything);
  g_test_add_func ("/waterfall/page/filters-builders", test_page_filters_builders);
  g_test_add_func ("/waterfall/page/failing-only", test_page_failing_only);
  g_test_add_func ("/waterfall/page/branches", test_page_branches);
  g_test_add_func ("/waterfall/page/paging-comes-by-everything", test_page_paging);
  g_test_add_func ("/waterfall/page/past", test_page_past);
  g_test_add_func ("/waterfall/page/events", test_page_events);
  g_test_add_func ("/waterfall/page/caps", test_page_caps);
  g_test_add_func ("/waterfall/page/renders", test_page_renders);
  g_test_add_func ("/waterfall/page/list", test_page_list);
  g_test_add_func ("/waterfall/page/empty", test_page_empty);
  g_test_add_func ("/waterfall/page/hostile", test_page_hostile);
  g_test_add_func ("/waterfall/page/cost", test_page_cost);
  g_test_add_func ("/waterfall/help/keeps-query", test_help_keeps_query);
  return g_test_run ();
}
