/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The step git over real repositories: each mode and method from whatever may lie in its folder,
 * and each kind of thing that may be asked for. Each build must end with the newest commit, with
 * its files as they were committed, and with those leftovers that its mode keeps.
 */
#include "test-fixture.h"
#include <string.h>

#define IDENTITY "git -c user.name=T -c user.email=t@example.org"

typedef enum {
  KEEPS_NOTHING,
  KEEPS_IGNORED,
  KEEPS_ALL,
} Keeps;

static const struct {
  const char *name;
  const char *keys;
  const char *tree; /* which git works in */
  Keeps keeps;
} modes[] = {
  { "incremental", "mode=incremental", "build", KEEPS_ALL },
  { "fresh", "mode=full\nmethod=fresh", "build", KEEPS_NOTHING },
  { "clean", "mode=full\nmethod=clean", "build", KEEPS_IGNORED },
  { "clobber", "mode=full\nmethod=clobber", "build", KEEPS_NOTHING },
  { "copy", "mode=full\nmethod=copy", "source", KEEPS_NOTHING },
};

/* in the builder's folder; $T is the tree, $M the mode: only clobber promises to get rid of folders
 * that may not be written */
static const struct {
  const char *name;
  const char *script;
  Keeps left; /* who keeps the file `left.o` or `left`, that the script makes */
} states[] = {
  { "good", "true", KEEPS_NOTHING },
  { "none", "rm -rf $T build", KEEPS_NOTHING },
  { "other-repository", "git -C $T remote set-url origin /elsewhere", KEEPS_NOTHING },
  { "dirty", "echo dirty >> $T/hello; echo dirty > build/hello", KEEPS_NOTHING },
  { "missing", "rm $T/hello", KEEPS_NOTHING },
  { "untracked", "mkdir build/more; touch build/left build/more/file", KEEPS_ALL },
  { "ignored", "touch build/left.o", KEEPS_IGNORED },
  { "repository-inside", "git init -q build/left", KEEPS_ALL },
  { "read-only",
    "mkdir build/ro; touch build/ro/f build/left; chmod 444 build/hello build/ro/f; "
    "test $M != clobber || chmod 555 build/ro build",
    KEEPS_ALL },
  { "link-out", "mkdir ../kept; touch ../kept/file; ln -s ../../kept build/left", KEEPS_ALL },
  { "stale-lock", "touch -d yesterday $T/.git/index.lock", KEEPS_NOTHING },
  { "half-a-clone", "rm $T/.git/HEAD", KEEPS_NOTHING },
  { "empty-folder", "rm -rf $T; mkdir $T", KEEPS_NOTHING },
};

static gboolean
is_kept (Keeps mode, Keeps left)
{
  return (left == KEEPS_ALL && mode == KEEPS_ALL) ||
         (left == KEEPS_IGNORED && mode != KEEPS_NOTHING);
}

static char *
commit (Fixture *self, guint number)
{
  return fixture_shell (self,
                        "cd repository; echo %u > hello; echo '*.o' > .gitignore; git add -A; "
                        "git commit -qm %u; git rev-parse HEAD",
                        number, number);
}

static void
check_state (Fixture *self, guint mode, guint place)
{
  g_autofree char *prepared = NULL;
  g_autofree char *revision = commit (self, place + 1);
  g_autofree char *expected = g_strdup_printf ("o%u\n", place + 1);
  g_autofree char *printed = NULL;
  g_autofree char *files = NULL;
  const BelfryBuild *build = NULL;

  g_test_message ("%s", states[place].name);
  if (place > 0)
    prepared = fixture_shell (self, "cd builds/local/b; T=%s M=%s; %s", modes[mode].tree,
                              modes[mode].name, states[place].script);
  fixture_force (self, "b");
  build = fake_host_wait_build (self->host, place);
  if (build->results != BELFRY_RESULT_SUCCESS) {
    g_autofree char *log = fixture_log (self, "source");

    g_test_message ("%s", log);
  }
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, revision);
  printed = fixture_log (self, "cat hello");
  fixture_assert_has (printed, expected);
  files = fixture_log (self, "ls");
  g_assert_cmpint (strstr (files, "oleft") != NULL, ==,
                   is_kept (modes[mode].keeps, states[place].left));
  /* for the next one */
  g_free (fixture_shell (self, "cd builds/local/b; chmod -R u+w build; rm -rf build/left* build/ro "
                               "build/more; test ! -e ../kept || test -e ../kept/file"));
}

static void
test_mode (Fixture *self, gconstpointer data)
{
  guint mode = GPOINTER_TO_UINT (data);
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nrepository=file://%s/repository\n"
                       "steps=source;command:cat hello;command:ls\n[step source]\nkind=git\n%s\n",
                       self->folder, modes[mode].keys);

  g_free (fixture_shell (self, "git init -q -b main repository"));
  fixture_begin (self, configuration);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    check_state (self, mode, i);
}

/* what may be asked for */

static const struct {
  const char *name;
  const char *script; /* in the repository; prints the revision to ask for, if any */
  const char *branch; /* (nullable) */
  gint64 result;
  const char *words; /* (nullable) in the step's log, where it fails */
} wishes[] = {
  { "branch", "git rev-parse -q --verify none || true", "side", BELFRY_RESULT_SUCCESS, NULL },
  { "revision", "git rev-parse side", "side", BELFRY_RESULT_SUCCESS, NULL },
  { "older-revision", "git rev-parse side~1", "side", BELFRY_RESULT_SUCCESS, NULL },
  { "short-revision", "git rev-parse --short=8 side", "side", BELFRY_RESULT_SUCCESS, NULL },
  { "tag", "git tag v1 side; echo v1", "main", BELFRY_RESULT_SUCCESS, NULL },
  { "tag-as-branch", "git tag v2 side", "refs/tags/v2", BELFRY_RESULT_SUCCESS, NULL },
  { "annotated-tag", "git tag -a -m x v3 side; echo v3", "main", BELFRY_RESULT_SUCCESS, NULL },
  { "pull-request", "git update-ref refs/pull/7/head side", "refs/pull/7/head",
    BELFRY_RESULT_SUCCESS, NULL },
  { "merge-request", "git update-ref refs/merge-requests/7/head side; git rev-parse side",
    "refs/merge-requests/7/head", BELFRY_RESULT_SUCCESS, NULL },
  { "forced-push",
    "git checkout -q side; git reset -q --hard main; " IDENTITY
    " commit -q --allow-empty -m forced; git checkout -q main",
    "side", BELFRY_RESULT_SUCCESS, NULL },
  { "deleted-branch", "git branch -q gone; git branch -qD gone", "gone", BELFRY_RESULT_FAILURE,
    "gone" },
  { "revision-nowhere", "echo 0123456789012345678901234567890123456789", "main",
    BELFRY_RESULT_FAILURE, "is not on branch main" },
  { "long-revision-nowhere",
    "echo 0123456789012345678901234567890123456789012345678901234567890123", "main",
    BELFRY_RESULT_FAILURE, "is not on branch main" },
};

static void
ask_for (Fixture *self, guint place)
{
  g_autofree char *revision = fixture_shell (
      self, "cd repository; { %s; } > ../printed; cat ../printed", wishes[place].script);
  g_autoptr (JsonObject) arguments = json_object_new ();
  const BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  g_test_message ("%s", wishes[place].name);
  json_object_set_string_member (arguments, "branch", wishes[place].branch);
  if (*revision != '\0')
    json_object_set_string_member (arguments, "revision", revision);
  fixture_force_with (self, "b", arguments);
  build = fake_host_wait_build (self->host, place);
  log = fixture_log (self, "source");
  if (build->results != wishes[place].result)
    g_test_message ("%s", log);
  g_assert_cmpint (build->results, ==, wishes[place].result);
  if (wishes[place].words != NULL)
    fixture_assert_has (log, wishes[place].words);
  else {
    g_autofree char *expected = fixture_shell (self, "cd repository; git rev-parse '%s^{commit}'",
                                               *revision != '\0' ? revision : wishes[place].branch);

    g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, expected);
  }
}

/* @data: the repository's kind of ids */
static void
test_wishes (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nrepository=file://%s/repository\n"
                       "steps=source\n[step source]\nkind=git\n",
                       self->folder);

  g_free (
      fixture_shell (self,
                     "git init -q -b main --object-format=%s repository; cd repository; " IDENTITY
                     " commit -q --allow-empty -m 1; git checkout -q -b side; " IDENTITY
                     " commit -q --allow-empty -m 2; " IDENTITY
                     " commit -q --allow-empty -m 3; git checkout -q main",
                     (const char *)data));
  fixture_begin (self, configuration);
  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++)
    ask_for (self, i);
}

static void
test_empty (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=file://%s/repository\nsteps=git;command:true\n",
      self->folder);

  (void)data;
  g_free (fixture_shell (self, "git init -q -b main repository"));
  g_assert_cmpint (fixture_build (self, configuration)->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_null (fake_host_find_step (self->host, "true"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree char *path = g_strconcat ("/engine-local/states/git/", modes[i].name, NULL);

    g_test_add (path, Fixture, GUINT_TO_POINTER (i), fixture_set_up, test_mode, fixture_tear_down);
  }
  FIXTURE_ADD ("wishes/git/sha1", "sha1", test_wishes);
  FIXTURE_ADD ("wishes/git/sha256", "sha256", test_wishes);
  FIXTURE_ADD ("wishes/git/empty-repository", NULL, test_empty);
  return g_test_run ();
}
