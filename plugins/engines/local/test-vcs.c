/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps hg and svn over real repositories, through the built engine. */
#include "test-fixture.h"
#include <glib/gstdio.h>
#include <string.h>

static gboolean
lacks (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path == NULL)
    g_test_skip (program);
  return path == NULL;
}

static BelfryBuild *
build_at (Fixture *self, gint64 number, const char *branch, const char *revision)
{
  g_autoptr (JsonObject) arguments = json_object_new ();

  if (branch != NULL)
    json_object_set_string_member (arguments, "branch", branch);
  if (revision != NULL)
    json_object_set_string_member (arguments, "revision", revision);
  fixture_force_with (self, "b", arguments);
  return fake_host_wait_build (self->host, number);
}

/* What a form would refuse may come with a change. */
static BelfryBuild *
change_at (Fixture *self, gint64 number, const char *repository, const char *revision)
{
  g_autoptr (BelfryChange) change = fake_store_add_change (self->store, repository, NULL, revision);

  fake_host_give_change (self->host, change);
  return fake_host_wait_build (self->host, number);
}

static const char *
get_revision (const BelfryBuild *build)
{
  return belfry_properties_get_text (build->properties, "got_revision");
}

static void
begin (Fixture *self, const char *repository, const char *keys)
{
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s\nsteps=source;look;command:touch left "
      "'left ignored'\n"
      "[step source]\n%s\n[step look]\nscript=ls; cat -- *.txt; cat d/*\n",
      repository, keys);

  fixture_begin (self, configuration);
}

/* hg */

static char *
make_hg (Fixture *self)
{
  g_free (fixture_shell (self, "hg init hg; cd hg; mkdir d; echo one > 'a b.txt'; echo ä > d/ä; "
                               "echo 'glob:left ignored' > .hgignore; printf 'syntax: glob\n"
                               "left ignored\n' > .hgignore; hg add -q; hg commit -m 1; "
                               "echo two > 'a b.txt'; hg commit -m 2; hg branch -q stable; "
                               "echo stable > 'a b.txt'; hg commit -m 3; hg update -q default"));
  return g_build_filename (self->folder, "hg", NULL);
}

static void
test_hg_modes (Fixture *self, gconstpointer data)
{
  const char *mode = data;
  g_autofree char *repository = NULL;
  g_autofree char *keys = g_strconcat ("kind=hg\n", mode, NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *stable = NULL;
  g_autofree char *log = NULL;

  if (lacks ("hg"))
    return;
  repository = make_hg (self);
  first = fixture_shell (self, "cd hg; hg log -r 0 -T '{node}'");
  second = fixture_shell (self, "cd hg; hg log -r 1 -T '{node}'");
  stable = fixture_shell (self, "cd hg; hg log -r 2 -T '{node}'");
  begin (self, repository, keys);
  g_assert_cmpstr (get_revision (build_at (self, 0, NULL, NULL)), ==, second);
  g_free (fixture_shell (self, "cd builds/local/b/build; echo dirty > 'a b.txt'; "
                               "mkdir -p u/v; touch u/v/w; chmod 500 u/v"));
  g_assert_cmpstr (get_revision (build_at (self, 1, NULL, first)), ==, first);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "oone\noä\n");
  g_assert_cmpint (strstr (log, "oleft\n") != NULL, ==, strstr (mode, "incremental") != NULL);
  g_assert_cmpint (strstr (log, "oleft ignored\n") != NULL, ==,
                   strstr (mode, "incremental") != NULL || strstr (mode, "clean") != NULL);
  g_assert_cmpstr (get_revision (build_at (self, 2, "stable", NULL)), ==, stable);
  g_free (log);
  log = fixture_log (self, "source");
  fixture_assert_has (log, "removing ");
}

static void
test_hg_pull (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = NULL;
  g_autofree char *newest = NULL;
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  if (lacks ("hg"))
    return;
  repository = make_hg (self);
  begin (self, repository, "kind=hg\nclobber-on-branch-change=false");
  build_at (self, 0, NULL, NULL);
  newest =
      fixture_shell (self, "cd hg; echo new > 'a b.txt'; hg commit -m 4; hg log -r . -T '{node}'");
  g_assert_cmpstr (get_revision (build_at (self, 1, NULL, NULL)), ==, newest);
  g_assert_cmpint (build_at (self, 2, "stable", NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "source");
  g_assert_null (strstr (log, "removing "));
  build = build_at (self, 3, NULL, "0123456789012345678901234567890123456789");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  /* what is no revision is none: nothing runs */
  g_assert_cmpint (change_at (self, 4, repository, "--config=x")->results, ==,
                   BELFRY_RESULT_EXCEPTION);
  g_free (log);
  log = fixture_log (self, "source");
  g_assert_null (strstr (log, "process exited"));
}

static void
test_hg_dirname (Fixture *self, gconstpointer data)
{
  g_autofree char *folder = NULL;

  (void)data;
  if (lacks ("hg"))
    return;
  g_free (make_hg (self));
  g_free (fixture_shell (self, "mkdir many; hg clone -q -r 0 hg many/one; hg clone -q -r 1 hg "
                               "many/two"));
  folder = g_build_filename (self->folder, "many", NULL);
  begin (self, folder, "kind=hg\nbranch-type=dirname");
  g_assert_cmpint (build_at (self, 0, "one", NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (build_at (self, 1, "two", NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (build_at (self, 2, "three", NULL)->results, ==, BELFRY_RESULT_FAILURE);
}

/* A hook that a build left in the tree must not run at the next one, nor its settings count. */
static void
test_hg_hooks (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = NULL;
  g_autofree char *mark = g_build_filename (self->folder, "owned", NULL);

  (void)data;
  if (lacks ("hg"))
    return;
  repository = make_hg (self);
  begin (self, repository, "kind=hg");
  build_at (self, 0, NULL, NULL);
  g_free (fixture_shell (self,
                         "printf '[hooks]\nupdate = touch %s\n' >> "
                         "builds/local/b/build/.hg/hgrc",
                         mark));
  g_assert_cmpint (build_at (self, 1, NULL, NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
}

/* svn */

static char *
make_svn (Fixture *self)
{
  return fixture_shell (
      self, "svnadmin create svn; U=file://$PWD/svn; svn -q mkdir -m 0 $U/trunk $U/branches; "
            "svn -q checkout $U/trunk wc; cd wc; mkdir d; echo one > 'a b.txt'; echo ä > d/ä; "
            "svn -q propset svn:ignore 'left ignored' .; svn -q add d 'a b.txt'; "
            "svn -q commit -m 1; echo two > 'a b.txt'; svn -q commit -m 2; "
            "svn -q copy -m b $U/trunk $U/branches/stable; cd ..; svn -q checkout "
            "$U/branches/stable wcb; cd wcb; echo stable > 'a b.txt'; svn -q commit -m 3; "
            "cd ..; echo $U/");
}

static void
test_svn_modes (Fixture *self, gconstpointer data)
{
  const char *mode = data;
  g_autofree char *repository = NULL;
  g_autofree char *keys = g_strconcat ("kind=svn\nbranch=trunk\n", mode, NULL);
  g_autofree char *log = NULL;

  if (lacks ("svn"))
    return;
  repository = make_svn (self);
  begin (self, repository, keys);
  g_assert_cmpstr (get_revision (build_at (self, 0, NULL, NULL)), ==, "5");
  g_free (fixture_shell (self, "cd builds/local/b/build; echo dirty > 'a b.txt'; "
                               "mkdir -p u/v; touch u/v/w; chmod 500 u/v"));
  g_assert_cmpstr (get_revision (build_at (self, 1, NULL, "2")), ==, "2");
  log = fixture_log (self, "look");
  fixture_assert_has (log, "oone\noä\n");
  g_assert_cmpint (strstr (log, "oleft\n") != NULL, ==, strstr (mode, "incremental") != NULL);
  g_assert_cmpint (strstr (log, "oleft ignored\n") != NULL, ==,
                   strstr (mode, "incremental") != NULL || strstr (mode, "clean") != NULL);
  g_assert_cmpint (build_at (self, 2, "branches/stable", NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  g_free (log);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "ostable\n");
  if (strstr (mode, "export") != NULL)
    g_free (fixture_shell (self, "test ! -e builds/local/b/build/.svn"));
  g_assert_cmpint (change_at (self, 3, repository, "x;y")->results, ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (build_at (self, 4, NULL, "999")->results, ==, BELFRY_RESULT_FAILURE);
}

static void
test_svn_keys (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = NULL;
  g_autofree char *place = NULL;
  g_autofree char *log = NULL;

  (void)data;
  if (lacks ("svn"))
    return;
  repository = make_svn (self);
  place = g_strconcat (repository, "%%BRANCH%%", NULL);
  begin (self, place,
         "kind=svn\nbranch=trunk\nmode=full\nmethod=fresh\ndepth=files\nkeep-on-purge=left\n"
         "prefer-last-changed-rev=true");
  g_assert_cmpstr (get_revision (build_at (self, 0, NULL, NULL)), ==, "3");
  build_at (self, 1, NULL, NULL);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "oleft\n");
  g_assert_null (strstr (log, "oleft ignored\n"));
  g_assert_null (strstr (log, "od\n"));
}

static void
test_svn_externals (Fixture *self, gconstpointer data)
{
  const char *definition = data;
  gboolean allowed = strstr (definition, "http") == NULL;
  g_autofree char *repository = NULL;
  g_autofree char *configuration = NULL;
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  if (lacks ("svn"))
    return;
  repository = make_svn (self);
  g_free (fixture_shell (self,
                         "cd wcb; svn -q update; svn -q propset svn:externals '%s' .; svn -q "
                         "commit -m e; cd ../wc; svn -q update; "
                         "svn -q propset svn:externals '^/branches/stable ext' .; "
                         "svn -q commit -m x",
                         definition));
  configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s\nsteps=source;on\n"
      "[step source]\nkind=svn\nbranch=trunk\n[step on]\ncommand=cat 'ext/a b.txt' ext/deep/ä\n",
      repository);
  fixture_begin (self, configuration);
  build = build_at (self, 0, NULL, NULL);
  log = fixture_log (self, allowed ? "on" : "source");
  g_assert_cmpint (build->results, ==, allowed ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE);
  fixture_assert_has (log, allowed ? "ostable\noä\n" : "protocol is not allowed");
}

static void
test_svn_without_externals (Fixture *self, gconstpointer data)
{
  g_autofree char *repository = NULL;

  (void)data;
  if (lacks ("svn"))
    return;
  repository = make_svn (self);
  g_free (fixture_shell (
      self, "cd wc; svn -q update; svn -q propset svn:externals '^/branches/stable ext' .; "
            "svn -q commit -m x"));
  begin (self, repository, "kind=svn\nbranch=trunk\nexternals=false");
  g_assert_cmpint (build_at (self, 0, NULL, NULL)->results, ==, BELFRY_RESULT_SUCCESS);
  g_free (fixture_shell (self, "test ! -e builds/local/b/build/ext"));
}

/* the bare step, by the codebase's kind */
static void
test_checkout (Fixture *self, gconstpointer data)
{
  g_autofree char *hg = NULL;
  g_autofree char *svn = NULL;
  g_autofree char *configuration = NULL;
  BelfryBuild *build = NULL;
  JsonObject *revisions = NULL;

  (void)data;
  if (lacks ("svn") || lacks ("hg"))
    return;
  hg = make_hg (self);
  svn = make_svn (self);
  configuration = g_strdup_printf ("[engine local]\n[codebase one]\nrepository=%s\nvcs=hg\n"
                                   "[codebase two]\nrepository=%strunk\nvcs=svn\n"
                                   "[builder b]\ncodebases=one;two\nsteps=checkout:one;other\n"
                                   "[step other]\nkind=checkout\ncodebase=two\nworkdir=other\n",
                                   hg, svn);
  build = fixture_build (self, configuration);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (fake_host_find_step (self->host, "checkout-one")->state_string, ==,
                   "update one");
  revisions =
      json_node_get_object (belfry_properties_get_value (build->properties, "got_revision"));
  g_assert_cmpuint (strlen (json_object_get_string_member (revisions, "one")), ==, 40);
  g_assert_cmpstr (json_object_get_string_member (revisions, "two"), ==, "5");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("hg/incremental", "mode=incremental", test_hg_modes);
  FIXTURE_ADD ("hg/fresh", "mode=full\nmethod=fresh", test_hg_modes);
  FIXTURE_ADD ("hg/clean", "mode=full\nmethod=clean", test_hg_modes);
  FIXTURE_ADD ("hg/clobber", "mode=full\nmethod=clobber", test_hg_modes);
  FIXTURE_ADD ("hg/pull", NULL, test_hg_pull);
  FIXTURE_ADD ("hg/dirname", NULL, test_hg_dirname);
  FIXTURE_ADD ("hg/hooks", NULL, test_hg_hooks);
  FIXTURE_ADD ("svn/incremental", "mode=incremental", test_svn_modes);
  FIXTURE_ADD ("svn/fresh", "mode=full", test_svn_modes);
  FIXTURE_ADD ("svn/clean", "mode=full\nmethod=clean", test_svn_modes);
  FIXTURE_ADD ("svn/clobber", "mode=full\nmethod=clobber", test_svn_modes);
  FIXTURE_ADD ("svn/copy", "mode=full\nmethod=copy", test_svn_modes);
  FIXTURE_ADD ("svn/export", "mode=full\nmethod=export", test_svn_modes);
  FIXTURE_ADD ("svn/keys", NULL, test_svn_keys);
  FIXTURE_ADD ("svn/externals", "^/trunk/d deep", test_svn_externals);
  FIXTURE_ADD ("svn/externals-refused", "http://127.0.0.1:1/x deep", test_svn_externals);
  FIXTURE_ADD ("svn/without-externals", NULL, test_svn_without_externals);
  FIXTURE_ADD ("checkout/by-codebase", NULL, test_checkout);
  return g_test_run ();
}
