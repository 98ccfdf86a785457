/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The builders' tree from records in memory: places, filters, pages with hostile data, logs. */
#include "builders-page.h"
#include "views-fake.h"

#include <string.h>

#define NOW  1700000000
#define EVIL "\"><script>alert(1)</script>"

static const BuildersOptions options = { 5, 1000, 5000, 50 };

static const char forms[] =
    "[{\"name\":\"force\",\"label\":\"<b>evil\",\"enabled\":true,\"all_fields\":["
    "{\"name\":\"\",\"fullName\":\"\",\"type\":\"nested\",\"fields\":["
    "{\"name\":\"reason\",\"fullName\":\"reason\",\"type\":\"text\",\"default\":\"force build\"}]},"
    "{\"name\":\"kind\",\"fullName\":\"kind\",\"type\":\"list\",\"choices\":[\"<b>evil\",\"b\"],"
    "\"default\":\"b\"},"
    "{\"name\":\"secret\",\"fullName\":\"secret\",\"type\":\"fixed\",\"default\":\"hidden-value\"}]"
    "},"
    "{\"name\":\"off\",\"enabled\":false,\"all_fields\":[]}]";

/* builder b: builds 0 to 9 finished (odd ones failed), 10 running */
static ViewsFake *
make_example (const char *name)
{
  ViewsFake *fake = views_fake_new ();
  BelfryBuildRequest *request = NULL;
  BelfryBuild *build = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, name, "fast");
  views_fake_add_worker (fake, 1, "w1", 1);
  views_fake_add_change (fake, 1, "Ann <ann@example.org>", NOW - 5000);
  for (int i = 0; i <= 10; i++) {
    gint64 start = NOW - 1000 + i * 90;
    BelfryStep *step = NULL;

    build = views_fake_add_build (fake, i + 1, 1, i, start);
    build->properties = belfry_properties_new ();
    belfry_properties_set_boolean (build->properties, "odd", i % 2 == 1, "Build");
    belfry_properties_set_text (build->properties, "owner", "<b>evil", "Force Build Form");
    step = views_fake_add_step (fake, build, 0, "a/b", start + 1);
    views_fake_add_log (fake, step, "stdio", "s", "hmake\noone\netwo\n");
    if (i == 10)
      break;
    views_fake_end_step (step, start + 60, i % 2 == 1 ? 2 : 0);
    views_fake_end_build (build, start + 60, i % 2 == 1 ? 2 : 0);
  }
  request = views_fake_add (fake, belfry_build_request_new ());
  request->buildrequestid = 1;
  request->builderid = 1;
  request->buildsetid = BELFRY_NONE;
  request->submitted_at = (gint64)(NOW - 61) * G_USEC_PER_SEC;
  views_fake_allow (fake, TRUE);
  views_fake_set_forms (fake, forms);
  return fake;
}

typedef JsonObject *(*Draw) (const BuildersOptions *options, BuildersPlace *place, GError **error);

static JsonObject *
draw (ViewsFake *fake, Draw function, BelfryRequest *request)
{
  g_auto (BuildersPlace) place = { NULL };
  g_autoptr (GError) error = NULL;
  JsonObject *data = NULL;

  g_assert_true (builders_place_find (&place, request, views_fake_get_reader (fake), &error));
  data = function (&options, &place, &error);
  g_assert_no_error (error);
  return data;
}

static JsonObject *
draw_list (ViewsFake *fake, const char *query)
{
  g_autoptr (BelfryRequest) request = views_fake_request ("/builders", query, NULL);
  g_autoptr (GError) error = NULL;
  JsonObject *data = builders_list_to_json (&options, belfry_request_get_arguments (request, NULL),
                                            views_fake_get_reader (fake), &error);

  g_assert_no_error (error);
  return data;
}

static guint
count (JsonObject *data, const char *name)
{
  return json_array_get_length (belfry_json_get_array (data, name));
}

static JsonObject *
item (JsonObject *data, const char *name, guint index)
{
  return json_array_get_object_element (belfry_json_get_array (data, name), index);
}

static void
test_list_rows (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  g_autoptr (JsonObject) data = NULL;
  JsonObject *last = NULL;

  views_fake_add_builder (fake, 2, "a10", "slow");
  views_fake_add_builder (fake, 3, "a9", "slow");
  data = draw_list (fake, NULL);
  g_assert_cmpuint (count (data, "builders"), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (item (data, "builders", 0), "name"), ==, "a9");
  g_assert_cmpstr (belfry_json_get_text (item (data, "builders", 1), "name"), ==, "a10");
  last = belfry_json_get_object (item (data, "builders", 2), "last");
  g_assert_cmpstr (belfry_json_get_text (last, "label"), ==, "#9");
  g_assert_cmpstr (belfry_json_get_text (last, "class"), ==, "failure");
}

static void
test_list_filters (void)
{
  g_autoptr (ViewsFake) fake = make_example ("Linux");
  g_autoptr (JsonObject) by_part = NULL;
  g_autoptr (JsonObject) by_tag = NULL;
  g_autoptr (JsonObject) unknown = NULL;

  views_fake_add_builder (fake, 2, "docs", "slow");
  by_part = draw_list (fake, "q=LIN");
  by_tag = draw_list (fake, "tag=slow");
  unknown = draw_list (fake, "builder=nope");
  g_assert_cmpuint (count (by_part, "builders"), ==, 1);
  g_assert_cmpuint (count (by_tag, "builders"), ==, 1);
  g_assert_cmpstr (belfry_json_get_text (item (by_tag, "builders", 0), "name"), ==, "docs");
  g_assert_cmpuint (count (unknown, "builders"), ==, 0);
}

static void
test_list_pages (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) beyond = NULL;

  for (int i = 0; i < 120; i++) {
    g_autofree char *name = g_strdup_printf ("b%d", i);

    views_fake_add_builder (fake, i + 1, name, "t");
  }
  first = draw_list (fake, "x=1");
  beyond = draw_list (fake, "page=99");
  g_assert_cmpuint (count (first, "builders"), ==, 50);
  g_assert_cmpstr (belfry_json_get_text (first, "next"), ==, "?x=1&page=2");
  g_assert_cmpuint (count (beyond, "builders"), ==, 20);
}

static void
test_builder_page (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  g_autoptr (BelfryRequest) request =
      views_fake_request ("/builders/b", NULL, "builder", "b", NULL);
  g_autoptr (JsonObject) data = draw (fake, builders_builder_to_json, request);

  g_assert_cmpuint (count (data, "builds"), ==, 5);
  g_assert_cmpuint (count (data, "current"), ==, 1);
  g_assert_cmpuint (count (data, "pending"), ==, 1);
  g_assert_cmpuint (count (data, "workers"), ==, 1);
  g_assert_cmpuint (count (data, "forms"), ==, 1);
  g_assert_cmpstr (belfry_json_get_text (data, "more"), ==, "?numbuilds=10");
  g_assert_cmpint (belfry_json_get_integer (item (data, "current", 0), "left", -1), ==, 0);
}

static const struct {
  const char *query;
  guint n_builds;
} numbers[] = {
  { "numbuilds=3", 3 },
  { "numbuilds=0", 10 },
  { "numbuilds=-1", 10 },
  { "numbuilds=x", 10 },
  { "numbuilds=99999999", 10 },
  { "property.odd=True", 5 },
  { "property.odd=true&numbuilds=2", 2 },
  { "property.odd=1", 0 },
  { "property.nope=x", 0 },
  { "property.odd=False&maxsearch=3", 1 },
};

static void
test_builder_numbers (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (BelfryRequest) request =
        views_fake_request ("/builders/b", numbers[i].query, "builder", "b", NULL);
    g_autoptr (JsonObject) data = draw (fake, builders_builder_to_json, request);

    g_assert_cmpuint (count (data, "builds"), ==, numbers[i].n_builds);
  }
}

static void
test_builder_prefilled (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  g_autoptr (BelfryRequest) request = views_fake_request ("/builders/b",
                                                          "force.reason="
                                                          "%22%3E%3Cscript%3Ealert",
                                                          "builder", "b", NULL);
  g_autofree char *html = views_fake_draw (
      "builder.html", draw (fake, builders_builder_to_json, request), "/builders/b");

  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "value=\"&#34;&gt;&lt;script&gt;alert\""));
  g_assert_null (strstr (html, "hidden-value"));
}

static void
test_builder_without_rights (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  g_autoptr (BelfryRequest) request =
      views_fake_request ("/builders/b", NULL, "builder", "b", NULL);
  g_autofree char *html = NULL;

  views_fake_allow (fake, FALSE);
  html = views_fake_draw ("builder.html", draw (fake, builders_builder_to_json, request),
                          "/builders/b");
  g_assert_null (strstr (html, "forcescheduler"));
  g_assert_null (strstr (html, "/stop\""));
  g_assert_null (strstr (html, "cancelbuild"));
}

static void
test_history_pages (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  g_autofree char *query = g_strdup ("results=0");
  guint n_builds = 0;

  views_fake_add_builder (fake, 1, "b", "t");
  for (int i = 0; i < 130; i++)
    views_fake_end_build (views_fake_add_build (fake, i + 1, 1, i, NOW + i), NOW + i,
                          i % 2 == 0 ? 0 : 2);
  while (query != NULL) {
    g_autoptr (BelfryRequest) request =
        views_fake_request ("/builders/b/builds", query, "builder", "b", NULL);
    g_autoptr (JsonObject) data = draw (fake, builders_history_to_json, request);
    const char *older = belfry_json_get_text (data, "older");

    n_builds += count (data, "builds");
    g_free (query);
    query = older != NULL ? g_strdup (older + 1) : NULL;
  }
  g_assert_cmpuint (n_builds, ==, 65);
}

/* what a path names, and where it leads when it names nothing */
static const struct {
  const char *path;
  const char *builder;
  const char *number;
  const char *step;
  guint status; /* 0: found */
  const char *location;
} places[] = {
  { "/builders/b", "b", NULL, NULL, 0, NULL },
  { "/builders/B", "B", NULL, NULL, 404, NULL },
  { "/builders/b/builds/3", "b", "3", NULL, 0, NULL },
  { "/builders/b/builds/99", "b", "99", NULL, 404, NULL },
  { "/builders/b/builds/x", "b", "x", NULL, 404, NULL },
  { "/builders/b/builds/-1", "b", "-1", NULL, 302, "10" },
  { "/builders/b/builds/-2", "b", "-2", NULL, 302, "9" },
  { "/builders/b/builds/-50", "b", "-50", NULL, 404, NULL },
  { "/builders/b/builds/latest", "b", "latest", NULL, 302, "9" },
  { "/builders/b/builds/latest/steps/0", "b", "latest", "0", 302, "../../9/steps/0" },
  { "/builders/b/builds/3/steps/a%2Fb", "b", "3", "a/b", 0, NULL },
  { "/builders/b/builds/3/steps/0", "b", "3", "0", 0, NULL },
  { "/builders/b/builds/3/steps/7", "b", "3", "7", 404, NULL },
};

static const char *
find_location (BelfryResponse *response)
{
  GPtrArray *headers = belfry_response_list_headers (response);

  for (guint i = 0; i + 1 < headers->len; i += 2) {
    if (g_ascii_strcasecmp (headers->pdata[i], "Location") == 0)
      return headers->pdata[i + 1];
  }
  return NULL;
}

static void
test_places (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_auto (BuildersPlace) place = { NULL };
    g_autoptr (GError) error = NULL;
    g_autoptr (BelfryRequest) request =
        views_fake_request (places[i].path, NULL, "builder", places[i].builder, NULL);

    if (places[i].number != NULL)
      belfry_request_set_parameter (request, "number", places[i].number);
    if (places[i].step != NULL)
      belfry_request_set_parameter (request, "step", places[i].step);
    g_test_message ("%s", places[i].path);
    g_assert_cmpint (builders_place_find (&place, request, views_fake_get_reader (fake), &error),
                     ==, places[i].status == 0);
    g_assert_no_error (error);
    if (places[i].status == 0)
      continue;
    g_assert_cmpuint (belfry_response_get_status (place.refusal), ==, places[i].status);
    if (places[i].location != NULL)
      g_assert_cmpstr (find_location (place.refusal), ==, places[i].location);
  }
}

/* the whole tree with markup in every field */
static void
test_hostile_pages (void)
{
  static const struct {
    Draw function;
    const char *template_name;
    guint depth;
  } pages[] = {
    { builders_builder_to_json, "builder.html", 1 },
    { builders_history_to_json, "builds.html", 1 },
    { builders_build_to_json, "build.html", 2 },
    { builders_logs_to_json, "buildsteps.html", 2 },
    { builders_step_to_json, "buildstep.html", 3 },
    { builders_logs_to_json, "buildlogs.html", 3 },
    { builders_log_to_json, "logs.html", 4 },
  };
  g_autoptr (ViewsFake) fake = make_example (EVIL);
  BelfryBuild *build = views_fake_add_build (fake, 90, 1, 90, NOW - 10);
  BelfryStep *step = views_fake_add_step (fake, build, 0, EVIL, NOW - 9);
  BelfryChange *change = views_fake_add_change (fake, 66, EVIL, NOW - 8);
  g_autofree char *list = NULL;

  build->properties = belfry_properties_new ();
  belfry_properties_set_text (build->properties, EVIL, EVIL, EVIL);
  belfry_properties_set_text (build->properties, "forced", "a\n</textarea>" EVIL,
                              "Force Build Form");
  belfry_properties_set_text (build->properties, "repository", "javascript:alert(1)", "Build");
  belfry_record_set_text (&build->revision, EVIL);
  belfry_record_set_text (&build->branch, EVIL);
  views_fake_end_build (build, NOW - 1, 2);
  belfry_record_set_text (&build->state_string, EVIL);
  belfry_record_set_text (&step->state_string, EVIL);
  step->urls = belfry_json_parse ("[{\"name\":\"<b>evil\",\"url\":\"javascript:alert(1)\"},"
                                  "{\"name\":\"x\",\"url\":\"//host\"}]",
                                  -1, NULL, NULL);
  belfry_record_set_text (&change->comments, EVIL "</pre>" EVIL);
  belfry_record_set_text (&change->revlink, "javascript:alert(1)");
  belfry_record_set_text (&change->repository, "data:text/html,<b>evil");
  belfry_record_set_text (&change->codebase, EVIL);
  views_fake_add_log (fake, step, EVIL, "s", "o" EVIL "\ne\x1b[31m" EVIL "\n");
  list = views_fake_draw ("builders.html",
                          draw_list (fake, "branch="
                                           "%22%3E%3Cscript%3Ealert"),
                          "/builders");
  views_fake_assert_safe (list);
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autoptr (BelfryRequest) request =
        views_fake_request ("/a/b/c", "property.x=%3Cscript%3E", "builder", EVIL, NULL);
    g_autofree char *html = NULL;

    if (pages[i].depth > 1)
      belfry_request_set_parameter (request, "number", "90");
    if (pages[i].depth > 2)
      belfry_request_set_parameter (request, "step", EVIL);
    if (pages[i].depth > 3)
      belfry_request_set_parameter (request, "log", EVIL);
    html =
        views_fake_draw (pages[i].template_name, draw (fake, pages[i].function, request), "/a/b/c");
    g_test_message ("%s", pages[i].template_name);
    views_fake_assert_safe (html);
    g_assert_nonnull (strstr (html, "&lt;script&gt;"));
  }
}

/* logs */

static ViewsFake *
make_log (gint64 n_lines)
{
  ViewsFake *fake = make_example ("b");
  BelfryBuild *build = views_fake_add_build (fake, 50, 1, 50, NOW - 10);
  BelfryStep *step = views_fake_add_step (fake, build, 0, "s", NOW - 9);
  g_autoptr (GString) text = g_string_new (NULL);

  for (gint64 i = 1; i <= n_lines; i++)
    g_string_append_printf (text, "%cline %" G_GINT64_FORMAT "%s\n", i % 3 == 0 ? 'e' : 'o', i,
                            i == 4321 ? " Error: boom" : "");
  views_fake_add_log (fake, step, "stdio", "s", text->str);
  return fake;
}

static BelfryRequest *
log_request (const char *query)
{
  return views_fake_request ("/builders/b/builds/50/steps/s/logs/stdio", query, "builder", "b",
                             "number", "50", "step", "s", "log", "stdio", NULL);
}

static const struct {
  const char *query;
  guint n_parts;
  gint64 first;
  gint64 last;
  guint n_lines; /* of the first part */
} windows[] = {
  { NULL, 2, 1, 500, 500 },          { "lines=10-19", 1, 10, 19, 10 },
  { "lines=7", 1, 7, 7, 1 },         { "lines=5990-", 1, 5990, 6000, 11 },
  { "lines=9000-9100", 1, 0, 0, 0 }, { "lines=20-10", 2, 1, 500, 500 },
  { "lines=x", 2, 1, 500, 500 },     { "lines=1-99999", 1, 1, 5000, 5000 },
  { "tail=3", 1, 5998, 6000, 3 },
};

static void
test_log_windows (void)
{
  g_autoptr (ViewsFake) fake = make_log (6000);

  for (gsize i = 0; i < G_N_ELEMENTS (windows); i++) {
    g_autoptr (BelfryRequest) request = log_request (windows[i].query);
    g_autoptr (JsonObject) data = draw (fake, builders_log_to_json, request);
    JsonObject *part = item (data, "parts", 0);

    g_assert_cmpuint (count (data, "parts"), ==, windows[i].n_parts);
    g_assert_cmpuint (count (part, "lines"), ==, windows[i].n_lines);
    if (windows[i].n_lines == 0)
      continue;
    g_assert_cmpint (belfry_json_get_integer (item (part, "lines", 0), "n", 0), ==,
                     windows[i].first);
    g_assert_cmpint (belfry_json_get_integer (item (part, "lines", windows[i].n_lines - 1), "n", 0),
                     ==, windows[i].last);
  }
}

static void
test_log_gap (void)
{
  g_autoptr (ViewsFake) fake = make_log (6000);
  g_autoptr (BelfryRequest) request = log_request (NULL);
  g_autoptr (JsonObject) data = draw (fake, builders_log_to_json, request);
  JsonObject *gap = belfry_json_get_object (item (data, "parts", 0), "after");

  g_assert_cmpint (belfry_json_get_integer (gap, "count", 0), ==, 3500);
  g_assert_cmpstr (belfry_json_get_text (gap, "lines"), ==, "501-2500");
  g_assert_cmpint (belfry_json_get_integer (item (item (data, "parts", 1), "lines", 0), "n", 0), ==,
                   4001);
}

static void
test_log_search (void)
{
  g_autoptr (ViewsFake) fake = make_log (6000);
  g_autoptr (BelfryRequest) request = log_request ("q=line+6000");
  g_autoptr (BelfryRequest) many = log_request ("q=line");
  g_autoptr (BelfryRequest) pattern = log_request ("q=l.ne");
  g_autoptr (JsonObject) found = draw (fake, builders_log_to_json, request);
  g_autoptr (JsonObject) bounded = draw (fake, builders_log_to_json, many);
  g_autoptr (JsonObject) literal = draw (fake, builders_log_to_json, pattern);

  g_assert_cmpuint (count (found, "matches"), ==, 1);
  g_assert_cmpint (belfry_json_get_integer (item (found, "matches", 0), "n", 0), ==, 6000);
  g_assert_cmpuint (count (bounded, "matches"), ==, 500);
  g_assert_true (belfry_json_get_boolean (bounded, "search_cut", FALSE));
  g_assert_cmpuint (count (literal, "matches"), ==, 0);
}

static void
test_log_first_error (void)
{
  g_autoptr (ViewsFake) fake = make_log (6000);
  g_autoptr (BelfryRequest) request = log_request (NULL);
  g_auto (BuildersPlace) place = { NULL };
  gint64 line = 0;

  g_assert_true (builders_place_find (&place, request, views_fake_get_reader (fake), NULL));
  g_assert_true (builders_log_find_error (&place, &line));
  g_assert_cmpint (line, ==, 4320);
}

static void
test_log_streams (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  g_autoptr (BelfryRequest) request =
      views_fake_request ("/builders/b/builds/3/steps/0/logs/stdio", NULL, "builder", "b", "number",
                          "3", "step", "0", "log", "stdio", NULL);
  g_autofree char *html = views_fake_draw ("logs.html", draw (fake, builders_log_to_json, request),
                                           "/builders/b/builds/3/steps/0/logs/stdio");

  g_assert_nonnull (strstr (html, "class=\"line header\" id=\"L1\""));
  g_assert_nonnull (strstr (html, "class=\"line stdout\" id=\"L2\""));
  g_assert_nonnull (strstr (html, "class=\"line stderr\" id=\"L3\""));
  g_assert_nonnull (strstr (html, "<span class=\"t\">two</span>"));
}

/* one line as long as the store takes, many times: the page stays bounded and says so */
static void
test_log_long_lines (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  BelfryBuild *build = views_fake_add_build (fake, 50, 1, 50, NOW - 10);
  BelfryStep *step = views_fake_add_step (fake, build, 0, "s", NOW - 9);
  g_autofree char *line = g_strnfill (60000, '<');
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (BelfryRequest) request = log_request (NULL);
  g_autofree char *html = NULL;

  for (int i = 0; i < 300; i++)
    g_string_append_printf (text, "o%s\n", line);
  views_fake_add_log (fake, step, "stdio", "s", text->str);
  html = views_fake_draw ("logs.html", draw (fake, builders_log_to_json, request), "/a/b");
  g_assert_cmpuint (strlen (html), <, 8 * 1024 * 1024);
  g_assert_nonnull (strstr (html, "(line cut)"));
  g_assert_nonnull (strstr (html, "it was cut"));
}

static void
test_log_html (void)
{
  g_autoptr (ViewsFake) fake = make_example ("b");
  BelfryBuild *build = views_fake_add_build (fake, 50, 1, 50, NOW - 10);
  BelfryStep *step = views_fake_add_step (fake, build, 0, "s", NOW - 9);
  g_autoptr (BelfryRequest) request = log_request (NULL);
  g_auto (BuildersPlace) place = { NULL };
  g_autoptr (BelfryResponse) response = NULL;
  GPtrArray *headers = NULL;

  views_fake_add_log (fake, step, "stdio", "h", "<p>hi</p>\n");
  g_assert_true (builders_place_find (&place, request, views_fake_get_reader (fake), NULL));
  response = builders_log_draw_html (&place, NULL);
  headers = belfry_response_list_headers (response);
  g_assert_cmpuint (headers->len, ==, 2);
  g_assert_cmpstr (headers->pdata[0], ==, "Content-Security-Policy");
  g_assert_true (g_str_has_prefix (headers->pdata[1], "sandbox; default-src 'none'"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/builders/list/rows", test_list_rows);
  g_test_add_func ("/builders/list/filters", test_list_filters);
  g_test_add_func ("/builders/list/pages", test_list_pages);
  g_test_add_func ("/builders/builder/page", test_builder_page);
  g_test_add_func ("/builders/builder/numbers", test_builder_numbers);
  g_test_add_func ("/builders/builder/prefilled", test_builder_prefilled);
  g_test_add_func ("/builders/builder/without-rights", test_builder_without_rights);
  g_test_add_func ("/builders/history/pages", test_history_pages);
  g_test_add_func ("/builders/places", test_places);
  g_test_add_func ("/builders/hostile-pages", test_hostile_pages);
  g_test_add_func ("/builders/log/windows", test_log_windows);
  g_test_add_func ("/builders/log/gap", test_log_gap);
  g_test_add_func ("/builders/log/search", test_log_search);
  g_test_add_func ("/builders/log/first-error", test_log_first_error);
  g_test_add_func ("/builders/log/streams", test_log_streams);
  g_test_add_func ("/builders/log/long-lines", test_log_long_lines);
  g_test_add_func ("/builders/log/html-sandboxed", test_log_html);
  return g_test_run ();
}
