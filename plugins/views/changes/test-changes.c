/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages of changes from records in memory: filters, pages, builds, hostile data. */
#include "changes-page.h"
#include "views-fake.h"

#include <string.h>

#define NOW  1700000000
#define EVIL "\"><script>alert(1)</script>"

static const ChangesOptions options = { .per_page = 10 };

static ViewsFake *
make_example (int n_changes)
{
  ViewsFake *fake = views_fake_new ();

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  views_fake_add_builder (fake, 1, "b", "t");
  for (int i = 1; i <= n_changes; i++) {
    BelfryChange *change =
        views_fake_add_change (fake, i, i % 2 == 0 ? "Ann" : "Bob", NOW - 1000 + i);

    if (i % 5 == 0)
      belfry_record_set_text (&change->branch, NULL);
  }
  return fake;
}

static JsonObject *
draw (ViewsFake *fake, const char *query)
{
  g_autoptr (BelfryRequest) request = views_fake_request ("/changes", query, NULL);
  g_autoptr (GError) error = NULL;
  JsonObject *data = changes_list_to_json (&options, belfry_request_get_arguments (request, NULL),
                                           views_fake_get_reader (fake), &error);

  g_assert_no_error (error);
  return data;
}

static guint
count (JsonObject *data, const char *name)
{
  return json_array_get_length (belfry_json_get_array (data, name));
}

static void
add_build (ViewsFake *fake, gint64 id, gint64 changeid)
{
  BelfryBuild *build = views_fake_add_build (fake, id, 1, id, NOW - 500);
  BelfryBuildset *set = views_fake_add (fake, belfry_buildset_new ());

  set->bsid = id;
  set->submitted_at = (gint64)(NOW - 600) * G_USEC_PER_SEC;
  g_clear_pointer (&set->change_ids, json_node_unref);
  set->change_ids = json_node_init_array (json_node_alloc (), json_array_new ());
  json_array_unref (json_node_get_array (set->change_ids));
  json_array_add_int_element (json_node_get_array (set->change_ids), changeid);
  build->bsid = id;
  views_fake_end_build (build, NOW - 400, 2);
}

static void
test_list_newest_first (void)
{
  g_autoptr (ViewsFake) fake = make_example (3);
  g_autoptr (JsonObject) data = draw (fake, NULL);
  JsonObject *first = json_array_get_object_element (belfry_json_get_array (data, "changes"), 0);

  g_assert_cmpuint (count (data, "changes"), ==, 3);
  g_assert_cmpint (belfry_json_get_integer (first, "changeid", 0), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (first, "summary"), ==, "Fix the frobnicator");
}

static const struct {
  const char *query;
  guint n_changes;
} filters[] = {
  { "author=Ann", 4 },   { "branch=main", 8 },
  { "branch=trunk", 1 }, { "branch=", 9 },
  { "branch=nope", 0 },  { "before=4", 3 },
  { "before=x", 9 },     { "author=Ann&branch=main", 4 },
};

static void
test_list_filters (void)
{
  g_autoptr (ViewsFake) fake = make_example (9);

  for (gsize i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_autoptr (JsonObject) data = draw (fake, filters[i].query);

    g_assert_cmpuint (count (data, "changes"), ==, filters[i].n_changes);
  }
}

static void
test_list_pages (void)
{
  g_autoptr (ViewsFake) fake = make_example (35);
  g_autofree char *query = g_strdup ("project=acme%2Fanvil");
  guint n_changes = 0;
  guint n_pages = 0;

  while (query != NULL) {
    g_autoptr (JsonObject) data = draw (fake, query);
    const char *older = belfry_json_get_text (data, "older");

    n_changes += count (data, "changes");
    n_pages++;
    g_free (query);
    query = older != NULL ? g_strdup (older + 1) : NULL;
  }
  g_assert_cmpuint (n_changes, ==, 35);
  g_assert_cmpuint (n_pages, ==, 4);
}

static void
test_change_builds (void)
{
  g_autoptr (ViewsFake) fake = make_example (3);
  BelfryReader *reader = views_fake_get_reader (fake);
  g_autoptr (BelfryChange) change = belfry_reader_find (reader, belfry_change_get_type (), 2, NULL);
  g_autoptr (JsonObject) data = NULL;
  g_autoptr (JsonObject) list = NULL;

  add_build (fake, 1, 1);
  add_build (fake, 2, 2);
  add_build (fake, 3, 2);
  data = changes_change_to_json (change, reader, NULL);
  g_assert_cmpuint (count (data, "builds"), ==, 2);
  list = draw (fake, NULL);
  g_assert_cmpuint (
      count (json_array_get_object_element (belfry_json_get_array (list, "changes"), 1), "builds"),
      ==, 2);
}

static void
test_change_hostile (void)
{
  static const char *const files[] = { EVIL, "../../etc/passwd", NULL };
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryReader *reader = views_fake_get_reader (fake);
  BelfryChange *change = views_fake_add_change (fake, 1, EVIL " <" EVIL ">", NOW);
  g_autofree char *html = NULL;
  g_autofree char *list = NULL;

  change->files = g_strdupv ((char **)files);
  belfry_record_set_text (&change->comments, EVIL "\n</pre>" EVIL);
  belfry_record_set_text (&change->category, EVIL);
  belfry_record_set_text (&change->committer, EVIL);
  belfry_record_set_text (&change->project, EVIL);
  belfry_record_set_text (&change->revision, EVIL);
  belfry_record_set_text (&change->revlink, "JavaScript:alert(1)");
  belfry_record_set_text (&change->repository, "https://github.com/a/b\" onmouseover=\"x");
  html =
      views_fake_draw ("change.html", changes_change_to_json (change, reader, NULL), "/changes/1");
  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "&lt;/pre&gt;"));
  list =
      views_fake_draw ("changes.html", draw (fake, "author=%22%3E%3Cscript%3Ealert"), "/changes");
  views_fake_assert_safe (list);
  g_free (list);
  list = views_fake_draw ("changes.html", draw (fake, NULL), "/changes");
  views_fake_assert_safe (list);
}

static void
test_change_revision_link (void)
{
  g_autoptr (ViewsFake) fake = make_example (1);
  BelfryReader *reader = views_fake_get_reader (fake);
  g_autoptr (BelfryChange) change = belfry_reader_find (reader, belfry_change_get_type (), 1, NULL);
  g_autofree char *html =
      views_fake_draw ("change.html", changes_change_to_json (change, reader, NULL), "/changes/1");

  g_assert_nonnull (
      strstr (html, "href=\"https://github.com/acme/anvil/commit/"
                    "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\" rel=\"noopener noreferrer\""));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/changes/list/newest-first", test_list_newest_first);
  g_test_add_func ("/changes/list/filters", test_list_filters);
  g_test_add_func ("/changes/list/pages", test_list_pages);
  g_test_add_func ("/changes/change/builds", test_change_builds);
  g_test_add_func ("/changes/change/hostile", test_change_hostile);
  g_test_add_func ("/changes/change/revision-link", test_change_revision_link);
  return g_test_run ();
}
