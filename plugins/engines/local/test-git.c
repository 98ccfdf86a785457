/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step git over real repositories, through the built engine. */
#include "test-fixture.h"
#include <glib/gstdio.h>
#include <string.h>

/* real repositories */

static char *
git (const char *folder, const char *const *words)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status = 0;

  g_ptr_array_add (argv, (gpointer) "git");
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer)words[i]);
  g_ptr_array_add (argv, NULL);
  g_assert_true (g_spawn_sync (folder, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                               &output, NULL, &status, &error));
  g_assert_true (g_spawn_check_wait_status (status, &error));
  return g_strchomp (output);
}
#define GIT(folder, ...) git (folder, (const char *const[]){ __VA_ARGS__, NULL })

static char *
commit_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_free (GIT (folder, "add", "-A"));
  g_free (
      GIT (folder, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", name));
  return GIT (folder, "rev-parse", "HEAD");
}

static char *
make_repository (Fixture *self)
{
  char *folder = g_build_filename (self->folder, "repository", NULL);

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_free (GIT (folder, "init", "-q", "-b", "main"));
  return folder;
}

static void
test_push (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = make_repository (self);
  g_autofree char *revision = commit_file (repository, "hello", "hello\n");
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s\nsteps=git;command:cat hello\n", repository);
  g_autoptr (BelfryChange) change = NULL;
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, configuration);
  change = fake_store_add_change (self->store, repository, "main", revision);
  fake_host_give_change (self->host, change);
  build = fake_host_wait_build (self->host, 0);
  log = fixture_log (self, "cat hello");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (build->state_string, ==, "build successful");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, revision);
  g_assert_cmpstr (belfry_properties_get_source (build->properties, "got_revision"), ==, "git");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "scheduler"), ==, "b");
  g_assert_cmpstr (fake_host_find_step (self->host, "git")->state_string, ==, "update");
  fixture_assert_has (log, "ohello\n");
}

static void
test_git_modes (Fixture *self, gconstpointer data)
{
  const char *mode = data;
  g_autofree char *repository = make_repository (self);
  g_autofree char *first = commit_file (repository, "hello", "one\n");
  g_autofree char *second = commit_file (repository, "hello", "two\n");
  g_autofree char *url = g_strconcat ("file://", repository, NULL);
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nrepository=%s\n"
                       "steps=source;command:cat hello;command:ls;command:touch left\n"
                       "[step source]\nkind=git\n%s\n",
                       url, mode);
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autofree char *log = NULL;
  g_autofree char *log_again = NULL;
  g_autofree char *files = NULL;
  BelfryBuild *build = NULL;

  fixture_begin (self, configuration);
  fixture_force (self, "b");
  build = fake_host_wait_build (self->host, 0);
  log = fixture_log (self, "cat hello");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, second);
  fixture_assert_has (log, "otwo\n");
  json_object_set_string_member (arguments, "revision", first);
  fixture_force_with (self, "b", arguments);
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
  log_again = fixture_log (self, "cat hello");
  files = fixture_log (self, "ls");
  fixture_assert_has (log_again, "oone\n");
  g_assert_true ((strstr (files, "oleft\n") != NULL) == (strstr (mode, "incremental") != NULL));
}

static void
test_git_unknown_revision (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = make_repository (self);
  g_autofree char *revision = commit_file (repository, "hello", "one\n");
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s\nsteps=git;command:true\n", repository);
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, configuration);
  json_object_set_string_member (arguments, "revision", "0123456789012345678901234567890123456789");
  json_object_set_string_member (arguments, "branch", "main");
  fixture_force_with (self, "b", arguments);
  build = fake_host_wait_build (self->host, 0);
  log = fixture_log (self, "git");
  g_assert_nonnull (revision);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (build->state_string, ==, "failed git");
  fixture_assert_has (log, "is not on branch main");
  g_assert_null (fake_host_find_step (self->host, "true"));
}

static void
test_git_hostile (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = make_repository (self);
  g_autofree char *revision = commit_file (repository, "hello", "one\n");
  g_autofree char *mark = g_build_filename (self->folder, "owned", NULL);
  g_autofree char *branch = g_strdup_printf ("--upload-pack=touch %s", mark);
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nrepository=%s\nsteps=git\n", repository);
  g_autoptr (BelfryChange) change = NULL;
  g_autofree char *log = NULL;

  (void)data;
  fixture_begin (self, configuration);
  change = fake_store_add_change (self->store, repository, branch, revision);
  fake_host_give_change (self->host, change);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_EXCEPTION);
  log = fixture_log (self, "git");
  fixture_assert_has (log, "is not usable");
  g_assert_null (strstr (log, "process exited"));
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("git/push", NULL, test_push);
  FIXTURE_ADD ("git/incremental", "mode=incremental", test_git_modes);
  FIXTURE_ADD ("git/fresh", "mode=full\nmethod=fresh", test_git_modes);
  FIXTURE_ADD ("git/clean", "mode=full\nmethod=clean", test_git_modes);
  FIXTURE_ADD ("git/clobber", "mode=full\nmethod=clobber", test_git_modes);
  FIXTURE_ADD ("git/copy", "mode=full\nmethod=copy", test_git_modes);
  FIXTURE_ADD ("git/shallow", "mode=full\nmethod=clobber\nshallow=true", test_git_modes);
  FIXTURE_ADD ("git/unknown-revision", NULL, test_git_unknown_revision);
  FIXTURE_ADD ("git/hostile-branch", NULL, test_git_hostile);
  return g_test_run ();
}
