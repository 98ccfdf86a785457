/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start page from records in memory. */
#include "home-page.h"
#include "views-fake.h"

#include <string.h>

#define NOW 1700000000

static JsonObject *
draw (ViewsFake *fake)
{
  g_autoptr (GError) error = NULL;
  JsonObject *data = NULL;

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  data = home_page_to_json (3, views_fake_get_reader (fake), &error);
  g_assert_no_error (error);
  return data;
}

static guint
count (JsonObject *data, const char *name)
{
  return json_array_get_length (belfry_json_get_array (data, name));
}

/* good: fine; bad: failed; away: offline; new: never built; late: running with a failed step */
static ViewsFake *
make_example (void)
{
  static const char *const names[] = { "good", "bad", "away", "new", "late" };
  ViewsFake *fake = views_fake_new ();
  BelfryBuild *late = NULL;

  for (int i = 0; i < 5; i++) {
    views_fake_add_builder (fake, i + 1, names[i], "t");
    if (i != 2)
      views_fake_add_worker (fake, i + 1, names[i], i + 1);
  }
  for (int i = 0; i < 4; i++)
    views_fake_end_build (views_fake_add_build (fake, i + 1, 1, i, NOW - 100 + i), NOW - 50 + i, 0);
  views_fake_end_build (views_fake_add_build (fake, 10, 2, 0, NOW - 90), NOW - 10, 2);
  views_fake_end_build (views_fake_add_build (fake, 11, 3, 0, NOW - 90), NOW - 80, 0);
  late = views_fake_add_build (fake, 12, 5, 0, NOW - 30);
  views_fake_end_step (views_fake_add_step (fake, late, 0, "make", NOW - 29), NOW - 20, 2);
  return fake;
}

static void
test_home_counts (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autoptr (JsonObject) data = draw (fake);
  JsonObject *first = json_array_get_object_element (belfry_json_get_array (data, "latest"), 0);

  g_assert_cmpuint (count (data, "latest"), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (first, "builder"), ==, "bad");
  g_assert_cmpuint (count (data, "running"), ==, 1);
  g_assert_cmpuint (count (data, "failing"), ==, 3);
  g_assert_cmpint (belfry_json_get_integer (data, "n_good", -1), ==, 2);
}

static void
test_home_empty (void)
{
  g_autoptr (ViewsFake) fake = views_fake_new ();
  g_autofree char *html = views_fake_draw ("root.html", draw (fake), "/");

  g_assert_nonnull (strstr (html, "No builds yet"));
}

static void
test_home_hostile (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  BelfryBuild *build = views_fake_add_build (fake, 20, 20, 1, NOW - 5);
  g_autofree char *html = NULL;

  views_fake_add_builder (fake, 20, "\"><script>alert(1)</script>", "t");
  belfry_record_set_text (&build->state_string, "<img src=x onerror=alert(1)>");
  html = views_fake_draw ("root.html", draw (fake), "/");
  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "Acme &lt;CI&gt;"));
  g_assert_nonnull (strstr (html, "builders/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E"));
}

static void
test_home_shutdown (void)
{
  g_autoptr (ViewsFake) fake = make_example ();
  g_autofree char *without = views_fake_draw ("root.html", draw (fake), "/");
  g_autofree char *with = NULL;

  views_fake_allow (fake, TRUE);
  with = views_fake_draw ("root.html", draw (fake), "/");
  g_assert_null (strstr (without, "action=\"shutdown\""));
  g_assert_nonnull (strstr (with, "action=\"shutdown\""));
  g_assert_nonnull (strstr (with, "name=\"csrf\" value=\"token\""));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/home/counts", test_home_counts);
  g_test_add_func ("/home/empty", test_home_empty);
  g_test_add_func ("/home/hostile", test_home_hostile);
  g_test_add_func ("/home/shutdown", test_home_shutdown);
  return g_test_run ();
}
