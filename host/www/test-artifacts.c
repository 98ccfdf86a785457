/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Artifacts: what may be downloaded, how, and what is gone. */
#include "www/test-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define LOCAL "listen=tcp:0:interface=127.0.0.1"
#define PLACE "/builders/b1/builds/3/artifacts"

static void
add_artifact (Fixture *fixture, gint64 id, const char *path, gint64 bytes)
{
  BelfryArtifact *row = belfry_artifact_new ();

  row->artifactid = id;
  row->buildid = 10;
  row->stepid = 20;
  row->bytes = bytes;
  row->expires_at = BELFRY_NONE;
  belfry_record_set_text (&row->path, path);
  fixture_write (fixture, row);
}

static void
set_up (Fixture *fixture, const char *more)
{
  BelfryStep *step = belfry_step_new ();
  g_autofree char *folder = NULL;
  g_autofree char *file = NULL;
  g_autofree char *outside = NULL;
  g_autofree char *link = NULL;
  g_autofree char *template = NULL;
  g_autofree char *text = NULL;

  fixture_set_up (fixture, LOCAL, more);
  template = g_test_build_filename (G_TEST_DIST, "data/templates/artifacts.html", NULL);
  g_assert_true (g_file_get_contents (template, &text, NULL, NULL));
  fixture_write_file (fixture, "data/templates/artifacts.html", text);
  fixture_add_builder (fixture, 1, "b1");
  fixture_add_build (fixture, 10, 1, 3, TRUE);
  step->stepid = 20;
  step->buildid = 10;
  step->complete_at = BELFRY_NONE;
  belfry_record_set_text (&step->name, "keep");
  step->urls = belfry_json_parse ("[{\"name\":\"keep\",\"url\":\"https://h" PLACE "/gone/x\"}]", -1,
                                  NULL, NULL);
  fixture_write (fixture, step);
  folder = g_build_filename (fixture->folder, "state", "artifacts", "b1", "3", NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  file = g_build_filename (folder, "a b.html", NULL);
  outside = g_build_filename (fixture->folder, "state", "outside", NULL);
  link = g_build_filename (folder, "link", NULL);
  g_assert_true (g_file_set_contents (file, "<script>x</script>", -1, NULL));
  g_assert_true (g_file_set_contents (outside, "secret", -1, NULL));
  g_assert_cmpint (symlink (outside, link), ==, 0);
  add_artifact (fixture, 1, "b1/3/a b.html", 18);
  add_artifact (fixture, 2, "b1/3/link", 6);
  add_artifact (fixture, 3, "b1/3/lost", 6);
  fixture_wait (belfry_fleet_find (fixture->www->fleet, "b1") == 1);
}

static void
assert_status (Fixture *fixture, const char *path, guint status)
{
  g_autofree char *answer = fixture_ask (fixture, "GET", path, NULL, NULL);

  g_test_message ("%s", path);
  g_assert_cmpuint (answer_get_status (answer), ==, status);
  g_assert_null (strstr (answer_get_body (answer), "secret"));
}

static void
test_file (void)
{
  Fixture fixture;
  g_autofree char *whole = NULL;
  g_autofree char *part = NULL;
  g_autofree char *type = NULL;
  g_autofree char *disposition = NULL;
  g_autofree char *policy = NULL;

  set_up (&fixture, NULL);
  whole = fixture_ask (&fixture, "GET", PLACE "/b1/3/a%20b.html", NULL, NULL);
  part = fixture_ask (&fixture, "GET", PLACE "/b1/3/a%20b.html", "Range: bytes=1-6\r\n", NULL);
  type = answer_dup_header (whole, "Content-Type");
  disposition = answer_dup_header (whole, "Content-Disposition");
  policy = answer_dup_header (whole, "Content-Security-Policy");
  g_assert_cmpuint (answer_get_status (whole), ==, 200);
  g_assert_cmpstr (answer_get_body (whole), ==, "<script>x</script>");
  g_assert_cmpstr (type, ==, "application/octet-stream");
  g_assert_cmpstr (disposition, ==, "attachment; filename*=UTF-8''a%20b.html");
  g_assert_true (g_str_has_prefix (policy, "sandbox;"));
  g_assert_cmpuint (answer_get_status (part), ==, 206);
  g_assert_cmpstr (answer_get_body (part), ==, "script");
  fixture_tear_down (&fixture);
}

static void
test_refused (void)
{
  Fixture fixture;

  set_up (&fixture, NULL);
  assert_status (&fixture, PLACE "/b1/3/link", 410);
  assert_status (&fixture, PLACE "/b1/3/lost", 410);
  assert_status (&fixture, PLACE "/gone/x", 410);
  assert_status (&fixture, PLACE "/never", 404);
  assert_status (&fixture, PLACE "/b1/3/..%2f..%2foutside", 404);
  assert_status (&fixture, "/builders/b1/builds/4/artifacts/b1/3/lost", 404);
  assert_status (&fixture, "/builders/b2/builds/3/artifacts/b1/3/lost", 404);
  assert_status (&fixture, "/builders/b1/builds/x/artifacts/b1/3/lost", 404);
  fixture_tear_down (&fixture);
}

static void
test_list (void)
{
  Fixture fixture;
  g_autofree char *all = NULL;
  g_autofree char *folder = NULL;

  set_up (&fixture, NULL);
  all = fixture_ask (&fixture, "GET", PLACE, NULL, NULL);
  folder = fixture_ask (&fixture, "GET", PLACE "/b1/3/", NULL, NULL);
  g_assert_cmpuint (answer_get_status (all), ==, 200);
  g_assert_cmpuint (answer_get_status (folder), ==, 200);
  g_assert_nonnull (strstr (folder, "builders/b1/builds/3/artifacts/b1/3/a%20b.html\""));
  g_assert_nonnull (strstr (folder, "18 bytes"));
  fixture_tear_down (&fixture);
}

/* Rights are the builder's. */
static void
test_rights (void)
{
  Fixture fixture;

  set_up (&fixture, "[authz]\nview=no\n");
  assert_status (&fixture, PLACE "/b1/3/a%20b.html", 403);
  fixture_tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/artifacts/file", test_file);
  g_test_add_func ("/www/artifacts/refused", test_refused);
  g_test_add_func ("/www/artifacts/list", test_list);
  g_test_add_func ("/www/artifacts/rights", test_rights);
  return g_test_run ();
}
