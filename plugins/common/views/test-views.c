/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the views share: names, people, revisions, links, arguments, the state of builders. */
#include "views-fake.h"

#include <string.h>

#define NOW 1700000000

static const struct {
  const char *a;
  const char *b;
  int order;
} names[] = {
  { "b2", "b10", -1 },  { "b10", "b2", 1 },
  { "a", "b", -1 },     { "a", "a", 0 },
  { "a", "a1", -1 },    { "a01", "a1", -1 },
  { "a9z", "a10", -1 }, { "x1y2", "x1y10", -1 },
  { "", "a", -1 },      { "99999999999999999999", "9", 1 },
};

static void
test_names (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    int order = views_compare_names (names[i].a, names[i].b);

    g_assert_cmpint (CLAMP (order, -1, 1), ==, names[i].order);
    g_assert_cmpint (CLAMP (views_compare_names (names[i].b, names[i].a), -1, 1), ==,
                     -names[i].order);
  }
}

static const struct {
  const char *person;
  const char *name;
  const char *email;
} people[] = {
  { "Ann <ann@x.org>", "Ann", "ann@x.org" },
  { "ann@x.org", "ann@x.org", NULL },
  { "Ann <", "Ann <", NULL },
  { "Ann <>", "Ann <>", NULL },
  { "<a@b>", "<a@b>", NULL },
  { " <a@b>", "a@b", "a@b" },
  { "A <b> c", "A <b> c", NULL },
  { NULL, "", NULL },
};

static void
test_people (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (people); i++) {
    g_autoptr (JsonObject) person = views_person_to_json (people[i].person);

    g_assert_cmpstr (belfry_json_get_text (person, "name"), ==, people[i].name);
    g_assert_cmpstr (belfry_json_get_text (person, "email"), ==, people[i].email);
  }
}

static const struct {
  const char *url;
  gboolean safe;
} links[] = {
  { "https://example.org/", TRUE },
  { "HTTP://example.org", TRUE },
  { "javascript:alert(1)", FALSE },
  { "data:text/html,x", FALSE },
  { "//host/x", FALSE },
  { "/path", FALSE },
  { "https:evil", FALSE },
  { "https:///x", FALSE },
  { "https://", FALSE },
  { "https://a b", FALSE },
  { "https://a\nb", FALSE },
  { " https://a", FALSE },
  { "java\tscript:alert(1)", FALSE },
  { "https://\\evil", FALSE },
  { "", FALSE },
  { NULL, FALSE },
};

static void
test_links (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    g_assert_cmpint (views_link_is_safe (links[i].url), ==, links[i].safe);
}

static const struct {
  const char *repository;
  const char *revision;
  const char *link;
} revisions[] = {
  { "https://github.com/o/r.git", "9f2c41d0", "https://github.com/o/r/commit/9f2c41d0" },
  { "git@github.com:o/r.git", "9f2c41d0", "https://github.com/o/r/commit/9f2c41d0" },
  { "ssh://git@github.com/o/r", "9f2c41d0", "https://github.com/o/r/commit/9f2c41d0" },
  { "git://github.com/o/r.git/", "a b#c", "https://github.com/o/r/commit/a%20b%23c" },
  { "https://gitlab.com/g/s/r.git", "1", "https://gitlab.com/g/s/r/-/commit/1" },
  { "https://github.com/", "1", NULL },
  { "https://github.com.evil.org/o/r", "1", NULL },
  { "https://x:y@github.com/o/r", "1", "https://github.com/o/r/commit/1" },
  { "https://github.com/o/r\"><b>", "1", NULL },
  { "/srv/other.git", "9f2c41d0", NULL },
  { "https://github.com/o/r", "", NULL },
  { NULL, "1", NULL },
};

static void
test_revisions (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (revisions); i++) {
    g_autofree char *link =
        views_dup_revision_link (revisions[i].repository, revisions[i].revision);

    g_assert_cmpstr (link, ==, revisions[i].link);
  }
}

static void
test_revision_lengths (void)
{
  g_autoptr (JsonObject) whole = views_revision_to_json (NULL, "abcdef012345", NULL, NULL);
  g_autoptr (JsonObject) cut = views_revision_to_json (NULL, "abcdef0123456", NULL, "javascript:x");
  g_autoptr (JsonObject) none = views_revision_to_json (NULL, NULL, NULL, NULL);

  g_assert_false (belfry_json_get_boolean (whole, "cut", TRUE));
  g_assert_true (belfry_json_get_boolean (cut, "cut", FALSE));
  g_assert_cmpstr (belfry_json_get_text (cut, "short"), ==, "abcdef012345");
  g_assert_cmpstr (belfry_json_get_text (cut, "link"), ==, "");
  g_assert_cmpstr (belfry_json_get_text (none, "full"), ==, NULL);
}

static BelfryForm *
parse (const char *query)
{
  BelfryForm *form = belfry_form_new ();

  g_assert_true (belfry_form_add_urlencoded (form, query, -1, 100, NULL));
  return form;
}

static void
test_arguments (void)
{
  g_autoptr (BelfryForm) form =
      parse ("n=7&big=999&neg=-1&bad=x&b=YES&reload=3&l=a&l=b&l=a&l=&keep=x%20y");
  g_autoptr (GPtrArray) list = views_argument_list (form, "l");
  g_autofree char *query = views_query_with (form, "l", NULL);

  g_assert_cmpint (views_argument_integer (form, "n", 5, 100), ==, 7);
  g_assert_cmpint (views_argument_integer (form, "big", 5, 100), ==, 100);
  g_assert_cmpint (views_argument_integer (form, "neg", 5, 100), ==, 5);
  g_assert_cmpint (views_argument_integer (form, "bad", 5, 100), ==, 5);
  g_assert_true (views_argument_boolean (form, "b", FALSE));
  g_assert_true (views_argument_boolean (form, "bad", TRUE));
  g_assert_cmpint (views_reload_seconds (form), ==, 15);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpstr (query, ==, "?n=7&big=999&neg=-1&bad=x&b=YES&reload=3&keep=x%20y");
}

/* offline; each of the last results; running with and without a failed step; never built */
static void
test_failing (void)
{
  for (gint64 result = BELFRY_RESULT_SUCCESS; result <= BELFRY_RESULT_CANCELLED; result++) {
    g_autoptr (ViewsFake) fake = views_fake_new ();
    g_autoptr (ViewsFleet) fleet = NULL;
    g_autoptr (BelfryBuild) last = NULL;

    views_fake_add_builder (fake, 1, "b", "t");
    views_fake_add_worker (fake, 1, "w", 1);
    views_fake_end_build (views_fake_add_build (fake, 1, 1, 1, NOW), NOW + 1, result);
    fleet = views_fleet_new (views_fake_get_reader (fake), NULL);
    last = views_last_build (views_fake_get_reader (fake), 1, NULL, NULL);
    g_assert_cmpint (views_fleet_is_failing (fleet, 1, last), ==, result != BELFRY_RESULT_SUCCESS);
    g_assert_false (views_fleet_is_failing (fleet, 1, NULL));
    g_assert_true (views_fleet_is_failing (fleet, 2, NULL));
  }
}

static void
test_estimate (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  g_autoptr (ViewsFleet) fleet = NULL;
  BelfryBuild *build = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, "b", "t");
  build = views_fake_add_build (fake, 50, 1, 50, NOW - 30);
  fleet = views_fleet_new (views_fake_get_reader (fake), NULL);
  g_assert_cmpint (views_fleet_estimate (fleet, build), ==, BELFRY_NONE);
  views_fake_end_build (views_fake_add_build (fake, 1, 1, 1, NOW - 900), NOW - 800, 0);
  views_fake_end_build (views_fake_add_build (fake, 2, 1, 2, NOW - 700), NOW - 500, 0);
  views_fake_end_build (views_fake_add_build (fake, 3, 1, 3, NOW - 490), NOW - 489, 2);
  g_assert_cmpint (views_fleet_estimate (fleet, build), ==, 120 * G_USEC_PER_SEC);
}

static void
test_last_build (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  BelfryReader *reader = views_fake_get_reader (fake);
  g_autoptr (BelfryForm) form = parse ("branch=trunk&branch=dev");
  g_autoptr (GPtrArray) branches = views_argument_list (form, "branch");
  g_autoptr (BelfryBuild) on_branch = NULL;
  g_autoptr (BelfryBuild) any = NULL;

  for (int i = 0; i < 5; i++) {
    BelfryBuild *build = views_fake_add_build (fake, i + 1, 1, i, NOW);

    belfry_record_set_text (&build->branch, i == 4 ? "main" : i == 3 ? NULL : "dev");
    views_fake_end_build (build, NOW, 0);
  }
  on_branch = views_last_build (reader, 1, branches, NULL);
  any = views_last_build (reader, 1, NULL, NULL);
  g_assert_cmpint (on_branch->number, ==, 3);
  g_assert_cmpint (any->number, ==, 4);
}

static void
test_forms (void)
{
  static const char text[] =
      "[{\"name\":\"z\",\"all_fields\":[]},{\"name\":\"f\",\"all_fields\":["
      "{\"type\":\"nested\",\"label\":\"Group\",\"fields\":[{\"type\":\"text\",\"name\":\"branch\","
      "\"fullName\":\"lib_branch\",\"default\":\"main\"}]},{\"type\":\"fixed\",\"name\":\"x\"},"
      "{\"type\":\"text\",\"name\":\"h\",\"hide\":true},7]}]";
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, NULL);
  g_autoptr (BelfryForm) arguments = parse ("f.lib_branch=dev");
  g_autoptr (JsonArray) forms = views_forms_to_json (json_node_get_array (node), arguments);
  JsonObject *first = json_array_get_object_element (forms, 0);
  JsonArray *rows = belfry_json_get_array (first, "rows");

  g_assert_cmpuint (json_array_get_length (forms), ==, 2);
  g_assert_cmpstr (belfry_json_get_text (first, "name"), ==, "f");
  g_assert_cmpuint (json_array_get_length (rows), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (json_array_get_object_element (rows, 1), "name"), ==,
                   "lib_branch");
  g_assert_cmpstr (belfry_json_get_text (json_array_get_object_element (rows, 1), "value"), ==,
                   "dev");
}

/* durations as they are written: hours over 3600, minutes over 60, always seconds */
static const struct {
  gint64 seconds;
  const char *text;
} durations[] = {
  { 0, ">0 secs<" },           { 60, ">60 secs<" },
  { 61, ">1 mins, 1 secs<" },  { 3600, ">60 mins, 0 secs<" },
  { 3601, ">1 hrs, 1 secs<" }, { 3661, ">1 hrs, 1 mins, 1 secs<" },
};

static void
test_durations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (durations); i++) {
    JsonObject *data = json_object_new ();
    g_autoptr (BelfryTemplate) template = NULL;
    g_autofree char *file =
        g_build_filename (g_getenv ("BELFRY_DATA_DIR"), "templates", "macros.html", NULL);
    g_autofree char *macros = NULL;
    g_autofree char *text = NULL;
    g_autofree char *html = NULL;

    g_assert_true (g_file_get_contents (file, &macros, NULL, NULL));
    text = g_strconcat (macros, ">{{ duration(n) }}<", NULL);
    template = belfry_template_new ("durations", text, NULL, NULL);
    g_assert_nonnull (template);
    json_object_set_int_member (data, "n", durations[i].seconds);
    html = belfry_template_render (template, data, "en", 0, NULL);
    g_assert_nonnull (html);
    g_assert_nonnull (strstr (html, durations[i].text));
    json_object_unref (data);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/views/names/natural-order", test_names);
  g_test_add_func ("/views/people", test_people);
  g_test_add_func ("/views/links", test_links);
  g_test_add_func ("/views/revisions/links", test_revisions);
  g_test_add_func ("/views/revisions/lengths", test_revision_lengths);
  g_test_add_func ("/views/arguments", test_arguments);
  g_test_add_func ("/views/builders/failing", test_failing);
  g_test_add_func ("/views/builders/estimate", test_estimate);
  g_test_add_func ("/views/builders/last-build", test_last_build);
  g_test_add_func ("/views/forms", test_forms);
  g_test_add_func ("/views/durations", test_durations);
  return g_test_run ();
}
