/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built engine through a host in memory: real processes, real git repositories. Each test has a
 * folder of its own; what a step printed is read from the store's logs.
 */
#include "fake-host.h"
#include "proc.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *folder;
  FakeStore *store;
  FakeHost *host;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  (void)data;
  self->folder = g_dir_make_tmp ("belfry-local-XXXXXX", NULL);
  self->store = fake_store_new ();
}

static void
remove_folder (const char *path)
{
  const char *argv[] = { "rm", "-rf", "--", path, NULL };

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void
end_host (Fixture *self)
{
  if (self->host == NULL)
    return;
  fake_host_stop (self->host);
  g_clear_pointer (&self->host, fake_host_free);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void)data;
  end_host (self);
  fake_store_free (self->store);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
begin (Fixture *self, const char *configuration)
{
  g_autoptr (GError) error = NULL;

  self->host = fake_host_new (self->store, self->folder, configuration);
  g_assert_false (fake_host_has_error (self->host, ""));
  g_assert_true (fake_host_start (self->host, &error));
  g_assert_no_error (error);
}

static gint64
force_with (Fixture *self, const char *builder, JsonObject *arguments)
{
  BelfryControl control = { .action = "force",
                            .builder = builder,
                            .id = BELFRY_NONE,
                            .who = "Tester",
                            .arguments = arguments };
  g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &control);

  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  return json_array_get_int_element (json_object_get_array_member (answer->data, "buildrequestids"),
                                     0);
}

static gint64
force (Fixture *self, const char *builder)
{
  return force_with (self, builder, NULL);
}

static BelfryBuild *
build_of (Fixture *self, const char *configuration)
{
  begin (self, configuration);
  force (self, "b");
  return fake_host_wait_build (self->host, 0);
}

static char *
log_of (Fixture *self, const char *step)
{
  return fake_store_step_log (self->store, step);
}

static void
assert_has (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_test_message ("'%s' is not in:\n%s", words, text);
  g_assert_nonnull (strstr (text, words));
}

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
  begin (self, configuration);
  change = fake_store_add_change (self->store, repository, "main", revision);
  fake_host_give_change (self->host, change);
  build = fake_host_wait_build (self->host, 0);
  log = log_of (self, "cat hello");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (build->state_string, ==, "build successful");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, revision);
  g_assert_cmpstr (belfry_properties_get_source (build->properties, "got_revision"), ==, "git");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "scheduler"), ==, "b");
  g_assert_cmpstr (fake_host_find_step (self->host, "git")->state_string, ==, "update");
  assert_has (log, "ohello\n");
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

  begin (self, configuration);
  force (self, "b");
  build = fake_host_wait_build (self->host, 0);
  log = log_of (self, "cat hello");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "got_revision"), ==, second);
  assert_has (log, "otwo\n");
  json_object_set_string_member (arguments, "revision", first);
  force_with (self, "b", arguments);
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
  log_again = log_of (self, "cat hello");
  files = log_of (self, "ls");
  assert_has (log_again, "oone\n");
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
  begin (self, configuration);
  json_object_set_string_member (arguments, "revision", "0123456789012345678901234567890123456789");
  json_object_set_string_member (arguments, "branch", "main");
  force_with (self, "b", arguments);
  build = fake_host_wait_build (self->host, 0);
  log = log_of (self, "git");
  g_assert_nonnull (revision);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (build->state_string, ==, "failed git");
  assert_has (log, "is not on branch main");
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
  begin (self, configuration);
  change = fake_store_add_change (self->store, repository, branch, revision);
  fake_host_give_change (self->host, change);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_EXCEPTION);
  log = log_of (self, "git");
  assert_has (log, "is not usable");
  g_assert_null (strstr (log, "process exited"));
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
}

static void
test_quoting (Fixture *self, gconstpointer data)
{
  g_autofree char *mark = g_build_filename (self->folder, "owned", NULL);
  g_autofree char *value = g_strdup_printf ("$(touch %s); `touch %s` \"' x", mark, mark);
  g_autofree char *expected = g_strdup_printf ("o<%s>\n", value);
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autofree char *log = NULL;
  g_autofree char *shell_log = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder b]\nsteps=p;env\n"
               "[step p]\ncommand=printf '<%%s>\\\\n' %(prop:evil)s\n"
               "[step env]\nscript=printf '<%s>\\\\n' \"$EVIL\"\nenv.EVIL=%(prop:evil)s\n"
               "[force f]\nbuilders=b\nfield.evil=string\n");
  json_object_set_string_member (arguments, "evil", value);
  force_with (self, "b", arguments);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
  log = log_of (self, "p");
  shell_log = log_of (self, "env");
  assert_has (log, expected);
  assert_has (shell_log, expected);
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
}

static void
test_environment (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  g_setenv ("BELFRY_TEST_SECRET_OF_HOST", "must-not-pass", TRUE);
  build_of (self,
            "[engine local]\nenv.A=engine\nenv.P=x\n[builder b]\nenv.A=%(kw:A)s-builder\nsteps=s\n"
            "[step s]\ncommand=env\nenv.A=%(kw:A)s-step\nenv.P=\nlog-environment=false\n");
  log = log_of (self, "s");
  assert_has (log, "oA=engine-builder-step\n");
  assert_has (log, "oCI=true\n");
  assert_has (log, "oBELFRY_BUILDER=b\n");
  assert_has (log, "oBELFRY_URL=https://ci.example.org/builders/b/builds/0\n");
  g_assert_null (strstr (log, "oP="));
  g_assert_null (strstr (log, "must-not-pass"));
}

static void
test_descriptors (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  build_of (self, "[engine local]\n[builder b]\nsteps=command:ls /proc/self/fd\n");
  log = log_of (self, "ls /proc/self/fd");
  /* 3 is the folder that ls itself reads */
  assert_has (log, "o0\no1\no2\no3\n");
  g_assert_null (strstr (log, "o4\n"));
}

static void
test_flags (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = build_of (
      self, "[engine local]\n[builder b]\nsteps=soft;warn;coded;skipped;hard;never;always\n"
            "[step soft]\ncommand=false\nflunk-on-failure=false\n"
            "[step warn]\ncommand=false\nflunk-on-failure=false\nwarn-on-failure=true\n"
            "[step coded]\nscript=exit 77\ndecode=77=skipped;*=failure\n"
            "[step skipped]\ncommand=true\ndo-if=result == \"success\"\n"
            "[step hard]\ncommand=false\nhalt-on-failure=true\nhide-if=results == \"failure\"\n"
            "[step never]\ncommand=true\n"
            "[step always]\ncommand=true\nalways-run=true\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (fake_host_find_step (self->host, "soft")->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (fake_host_find_step (self->host, "coded")->results, ==, BELFRY_RESULT_SKIPPED);
  g_assert_cmpint (fake_host_find_step (self->host, "skipped")->results, ==, BELFRY_RESULT_SKIPPED);
  g_assert_true (fake_host_find_step (self->host, "hard")->hidden);
  g_assert_null (fake_host_find_step (self->host, "never"));
  g_assert_cmpint (fake_host_find_step (self->host, "always")->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (build->state_string, ==, "failed soft warn hard");
}

static void
test_limits (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = build_of (
      self, "[engine local]\n[builder b]\nsteps=idle;slow;loud;lines\n"
            "[step idle]\ncommand=sleep 60\ntimeout=1\nsigterm-time=1\n"
            "[step slow]\nscript=while :; do echo x; sleep 0.1; done\nmax-time=1\nsigterm-time=1\n"
            "[step loud]\ncommand=yes\nmax-log=100kB\n"
            "[step lines]\ncommand=yes\nmax-lines=10\n");
  log = log_of (self, "loud");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (fake_host_find_step (self->host, "idle")->state_string, ==,
                   "timed out (failure)");
  g_assert_true (g_str_has_prefix (fake_host_find_step (self->host, "slow")->state_string,
                                   "took longer than 1"));
  g_assert_true (
      g_str_has_prefix (fake_host_find_step (self->host, "loud")->state_string, "output over "));
  g_assert_true (g_str_has_suffix (log, "step ended\n"));
  g_assert_cmpstr (fake_host_find_step (self->host, "lines")->state_string, ==,
                   "output over 10 lines (failure)");
}

static void
test_ignored_term (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = build_of (self, "[engine local]\n[builder b]\nsteps=s\n"
                          "[step s]\nscript=trap '' TERM; echo ready; while :; do sleep 0.1; "
                          "done\nmax-time=1\nsigterm-time=1\n");
  log = log_of (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  assert_has (log, "oready\n");
  assert_has (log, "ended by signal 9");
}

static guint
count_marked (const char *mark)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name = NULL;
  guint count = 0;

  while ((name = g_dir_read_name (processes)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
    g_autofree char *line = NULL;
    gsize length = 0;

    if (!g_ascii_isdigit (*name) || !g_file_get_contents (path, &line, &length, NULL))
      continue;
    for (gsize i = 0; i < length; i++)
      line[i] = line[i] == '\0' ? ' ' : line[i];
    count += line != NULL && strstr (line, mark) != NULL ? 1 : 0;
  }
  return count;
}

static void
test_left_behind (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = build_of (
      self,
      "[engine local]\n[builder b]\nsteps=s\n"
      "[step s]\nscript=(setsid sh -c 'trap \"\" TERM; sleep 271828' &) ; sleep 0.3; echo done\n");
  log = log_of (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  assert_has (log, "left behind");
  g_assert_cmpuint (count_marked ("271828"), ==, 0);
}

static void
test_fork_bomb (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  /* a bomb that keeps a bound of its own, so that the machine survives a failing test */
  build = build_of (
      self, "[engine local]\n[builder b]\nsteps=s\n"
            "[step s]\nscript=ulimit -u 2000 2>/dev/null; f() { sleep 314159 & if [ $1 -gt 0 ]; "
            "then f $(($1 - 1)) & f $(($1 - 1)) & fi; wait; }; f 6\nmax-time=2\nsigterm-time=0\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpuint (count_marked ("314159"), ==, 0);
}

static gboolean
is_printing (FakeHost *host, gpointer data)
{
  g_autofree char *log = fake_store_step_log (host->store, "s");

  return strstr (log, data) != NULL;
}

static void
test_stop (Fixture *self, gconstpointer data)
{
  BelfryControl control = { .action = "stop", .id = BELFRY_NONE, .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  begin (
      self,
      "[engine local]\n[builder b]\nsteps=s;never;always\n[step s]\nscript=echo ready; sleep 60\n"
      "[step never]\ncommand=true\n[step always]\ncommand=true\nalways-run=true\n");
  force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  build = fake_host_wait_build (self->host, 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_true (g_str_has_prefix (build->state_string, "cancelled (Tester)"));
  g_assert_null (fake_host_find_step (self->host, "never"));
  g_assert_cmpint (fake_host_find_step (self->host, "always")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_cancel_and_pause (Fixture *self, gconstpointer data)
{
  BelfryControl pause = {
    .action = "pause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  BelfryControl unpause = {
    .action = "unpause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  BelfryControl cancel = { .action = "cancel", .who = "Tester" };
  BelfryBuildRequest *request = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder b]\nsteps=command:true\n");
  belfry_control_answer_free (fake_host_control (self->host, &pause));
  cancel.id = force (self, "b");
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  belfry_control_answer_free (fake_host_control (self->host, &cancel));
  request = fake_store_find (self->store, belfry_build_request_get_type (), cancel.id);
  g_assert_cmpint (request->results, ==, BELFRY_RESULT_CANCELLED);
  force (self, "b");
  belfry_control_answer_free (fake_host_control (self->host, &unpause));
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_rebuild (Fixture *self, gconstpointer data)
{
  BelfryControl control = { .action = "rebuild", .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  BelfryBuild *build = NULL;
  g_autoptr (JsonObject) arguments = json_object_new ();

  (void)data;
  begin (self, "[engine local]\n[builder b]\nsteps=command:true\n[force "
               "f]\nbuilders=b\nfield.colour=string\n");
  json_object_set_string_member (arguments, "colour", "red");
  force_with (self, "b", arguments);
  control.id = fake_host_wait_build (self->host, 0)->buildid;
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  build = fake_host_wait_build (self->host, 1);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "colour"), ==, "red");
  g_assert_nonnull (belfry_properties_get_value (build->properties, "rebuilt_from"));
}

static void
test_secrets (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  build = build_of (self, "[engine local]\n[builder b]\nsecret.TOKEN=plain:sesame-open\nsteps=s\n"
                          "[step s]\nsecret-file.KEY=plain:second-secret\n"
                          "script=echo ${#TOKEN} $(wc -c < \"$KEY\") $(stat -c %a \"$KEY\")\n");
  log = log_of (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  assert_has (log, "o11 13 600\n");
  assert_has (log, "TOKEN=<TOKEN>");
  g_assert_null (strstr (log, "sesame-open"));
  g_assert_cmpstr (g_hash_table_lookup (self->host->secrets, "KEY"), ==, "second-secret");
}

static void
test_unreadable_secret (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  g_assert_cmpint (
      build_of (self,
                "[engine local]\n[builder b]\nsecret.TOKEN=secret:absent\nsteps=command:true\n")
          ->results,
      ==, BELFRY_RESULT_EXCEPTION);
  log = log_of (self, "true");
  assert_has (log, "TOKEN");
}

static void
test_missing_program (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  build = build_of (
      self, "[engine local]\n[builder b]\nsteps=command:no-such-program-at-all;command:true\n");
  log = log_of (self, "no-such-program-at-all");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  assert_has (log, "cannot be started");
  g_assert_cmpint (fake_host_find_step (self->host, "true")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_set_property (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = build_of (self, "[engine local]\n[builder b]\nsteps=set-property:a=1;out;groups;refused\n"
                          "[step out]\nproperty=text\ncommand=echo ' hello '\n"
                          "[step groups]\nkind=set-property\ncommand=echo "
                          "v1.2\nextract=v(?P<major>\\d+)\\.(?P<minor>\\d+)\n"
                          "[step refused]\nproperty=buildnumber\nvalue=9\n");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "a"), ==, "1");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "text"), ==, "hello");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "minor"), ==, "2");
  g_assert_cmpint (fake_host_find_step (self->host, "refused")->results, ==, BELFRY_RESULT_FAILURE);
}

static void
test_retry (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = build_of (self, "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=test -e again || "
                          "{ touch again; exit 1; }\nretry=2:0\n");
  log = log_of (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  assert_has (log, "run again");
}

static void
test_stdin (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  build_of (self, "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=cat\nstdin=given "
                  "%(prop:buildername)s\n");
  log = log_of (self, "s");
  assert_has (log, "ogiven b\n");
}

static void
test_workdir_outside (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = build_of (self, "[engine local]\n[builder b]\nsteps=command:ln -s / ../out;s\n[step "
                          "s]\ncommand=true\nworkdir=out/tmp\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_EXCEPTION);
}

static void
test_fork_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder "
               "b]\nrepository=/srv/x\nsecret.T=plain:abcdef\nsteps=command:true\n");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abcdef");
  belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
  fake_host_give_change (self->host, change);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpuint (requests->len, ==, 1);
  g_assert_cmpint (((BelfryBuildRequest *)g_ptr_array_index (requests, 0))->results, ==,
                   BELFRY_RESULT_SKIPPED);
}

static void
test_collapse (Fixture *self, gconstpointer data)
{
  BelfryControl pause = {
    .action = "pause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n");
  belfry_control_answer_free (fake_host_control (self->host, &pause));
  for (guint i = 0; i < 3; i++) {
    g_autoptr (BelfryChange) change =
        fake_store_add_change (self->store, "/srv/x", i == 1 ? "other" : "main", "abcdef");

    fake_host_give_change (self->host, change);
  }
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpint (((BelfryBuildRequest *)g_ptr_array_index (requests, 0))->results, ==,
                   BELFRY_RESULT_SKIPPED);
  g_assert_false (((BelfryBuildRequest *)g_ptr_array_index (requests, 1))->complete);
  g_assert_false (((BelfryBuildRequest *)g_ptr_array_index (requests, 2))->complete);
}

static gboolean
has_set (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) sets = fake_store_list (host->store, belfry_buildset_get_type ());

  (void)data;
  return sets->len > 0;
}

static const char timer_configuration[] =
    "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[scheduler s]\ntype=single-branch\nbuilders=b\nbranch=main\ntree-stable-timer=1\n";

static void
test_timer_survives (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (BelfryChange) other = NULL;
  g_autoptr (GPtrArray) sets = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  begin (self, timer_configuration);
  change = fake_store_add_change (self->store, "/srv/x", "main", "abcdef");
  other = fake_store_add_change (self->store, "/srv/x", "other", "123456");
  fake_host_give_change (self->host, change);
  fake_host_give_change (self->host, other);
  g_assert_false (has_set (self->host, NULL));
  end_host (self);
  begin (self, timer_configuration);
  fake_host_wait (self->host, has_set, NULL);
  build = fake_host_wait_build (self->host, 0);
  sets = fake_store_list (self->store, belfry_buildset_get_type ());
  g_assert_cmpuint (sets->len, ==, 1);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "revision"), ==, "abcdef");
  assert_has (((BelfryBuildset *)g_ptr_array_index (sets, 0))->reason,
              "The SingleBranchScheduler scheduler named 's'");
}

/* What a store looks like after a kill in the middle of a build. */
static void
test_recovery (Fixture *self, gconstpointer data)
{
  static const char configuration[] = "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=test "
                                      "-e go || { touch go; echo ready; sleep 60; }\n";
  FakeStore *copy = self->store;
  BelfryStep *step = NULL;
  gint64 stepid = 0;
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (BelfryBuild) lost = NULL;
  g_autoptr (BelfryStep) lost_step = NULL;
  g_autoptr (BelfryBuildRequest) claimed = NULL;

  (void)data;
  begin (self, configuration);
  force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  step = fake_host_find_step (self->host, "s");
  stepid = step->stepid;
  lost_step = belfry_record_copy (step);
  lost = belfry_record_copy (fake_store_find (copy, belfry_build_get_type (), step->buildid));
  requests = fake_store_list (copy, belfry_build_request_get_type ());
  claimed = belfry_record_copy (g_ptr_array_index (requests, 0));
  end_host (self);
  /* undo what the orderly stop has stored */
  fake_store_put (copy, g_steal_pointer (&lost_step));
  fake_store_put (copy, g_steal_pointer (&lost));
  fake_store_put (copy, g_steal_pointer (&claimed));
  ((BelfryLog *)fake_store_find (copy, belfry_log_get_type (), stepid + 1))->complete = FALSE;
  begin (self, configuration);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_RETRY);
  g_assert_cmpstr (fake_host_wait_build (self->host, 0)->state_string, ==, "retry host restarted");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_stop_retries (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GPtrArray) builds = NULL;
  const BelfryBuildRequest *request = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=echo ready; sleep 60\n");
  force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  end_host (self);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  builds = fake_store_list (self->store, belfry_build_get_type ());
  request = g_ptr_array_index (requests, 0);
  g_assert_false (request->claimed);
  g_assert_false (request->complete);
  g_assert_cmpint (request->retries, ==, 0);
  g_assert_cmpstr (((BelfryBuild *)g_ptr_array_index (builds, 0))->state_string, ==,
                   "retry host stopped s");
}

static gboolean
kill_supervisors (GArray *processes)
{
  for (guint i = 0; i < processes->len; i++) {
    const LocalProcess *process = &g_array_index (processes, LocalProcess, i);
    g_autofree char *path = g_strdup_printf ("/proc/%d/comm", (int)process->pid);
    g_autofree char *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "belfry-supervi"))
      return kill (process->pid, SIGKILL) == 0;
  }
  return FALSE;
}

static gboolean
is_gone (FakeHost *host, gpointer data)
{
  (void)host;
  return count_marked (data) == 0;
}

static void
test_lost_supervisor (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) processes = NULL;

  (void)data;
  begin (self, "[engine local]\nmax-retries=0\n[builder b]\nsteps=s\n[step s]\nscript=setsid sleep "
               "161803 & echo ready; sleep 161803\n");
  force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  processes = local_proc_descendants (getpid ());
  g_assert_true (kill_supervisors (processes));
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (fake_host_find_step (self->host, "s")->results, ==, BELFRY_RESULT_RETRY);
  fake_host_wait (self->host, is_gone, (gpointer) "161803");
}

static void
test_back_pressure (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  begin (self, "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=head -c 3000000 /dev/zero | "
               "tr '\\\\0' 'x' | fold -w 100; echo end\nlog-environment=false\n");
  self->host->log_waiting = 2 * 1024 * 1024;
  force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oxxx");
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  log = log_of (self, "s");
  g_assert_null (strstr (log, "oend"));
  self->host->log_waiting = 0;
  {
    g_autoptr (GPtrArray) logs = fake_store_list (self->store, belfry_log_get_type ());

    self->host->plugin->log_drained (self->host->state,
                                     belfry_record_get_id (g_ptr_array_index (logs, 0)));
  }
  build = fake_host_wait_build (self->host, 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_force_errors (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonObject) arguments = json_object_new ();
  BelfryControl control = {
    .action = "force", .builder = "b", .id = BELFRY_NONE, .who = "T", .arguments = arguments
  };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  g_autoptr (GPtrArray) sets = NULL;
  JsonObject *errors = NULL;

  (void)data;
  begin (
      self,
      "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n[force f]\nbuilders=b\n"
      "field.n=int;min=1;max=5\nfield.must=string;required=true\n");
  json_object_set_string_member (arguments, "n", "9");
  json_object_set_string_member (arguments, "branch", "--upload-pack=x");
  json_object_set_string_member (arguments, "musst", "x");
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_REFUSED);
  errors = json_object_get_object_member (answer->data, "errors");
  g_assert_true (json_object_has_member (errors, "n"));
  g_assert_true (json_object_has_member (errors, "must"));
  g_assert_true (json_object_has_member (errors, "branch"));
  assert_has (json_object_get_string_member (errors, "musst"), "must");
  sets = fake_store_list (self->store, belfry_buildset_get_type ());
  g_assert_cmpuint (sets->len, ==, 0);
}

static gboolean
all_done (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) requests = fake_store_list (host->store, belfry_build_request_get_type ());
  guint open = 0;

  for (guint i = 0; i < requests->len; i++)
    open += ((BelfryBuildRequest *)g_ptr_array_index (requests, i))->complete ? 0 : 1;
  return requests->len == GPOINTER_TO_UINT (data) && open == 0;
}

static void
test_many (Fixture *self, gconstpointer data)
{
  g_autofree char *bench = g_strdup (g_getenv ("BELFRY_BENCH_BUILDS"));
  guint count = bench != NULL ? (guint)g_ascii_strtoull (bench, NULL, 10) : 20;
  gint64 started = 0;

  (void)data;
  begin (self, "[engine local]\nmax-builds=2\n[builder a]\nsteps=command:true\n[builder "
               "b]\nsteps=command:true\n");
  started = g_get_monotonic_time ();
  for (guint i = 0; i < count; i++)
    force (self, i % 2 == 0 ? "a" : "b");
  fake_host_wait (self->host, all_done, GUINT_TO_POINTER (count));
  g_test_message ("%u builds, %.1f a second", count,
                  (double)count * 1e6 / (double)(g_get_monotonic_time () - started));
}

#define ADD(path, data, func)                                                                      \
  g_test_add ("/engine-local/" path, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("git/push", NULL, test_push);
  ADD ("git/incremental", "mode=incremental", test_git_modes);
  ADD ("git/fresh", "mode=full\nmethod=fresh", test_git_modes);
  ADD ("git/clean", "mode=full\nmethod=clean", test_git_modes);
  ADD ("git/clobber", "mode=full\nmethod=clobber", test_git_modes);
  ADD ("git/copy", "mode=full\nmethod=copy", test_git_modes);
  ADD ("git/shallow", "mode=full\nmethod=clobber\nshallow=true", test_git_modes);
  ADD ("git/unknown-revision", NULL, test_git_unknown_revision);
  ADD ("git/hostile-branch", NULL, test_git_hostile);
  ADD ("command/value-is-never-executed", NULL, test_quoting);
  ADD ("command/environment", NULL, test_environment);
  ADD ("command/descriptors", NULL, test_descriptors);
  ADD ("command/missing-program", NULL, test_missing_program);
  ADD ("command/stdin", NULL, test_stdin);
  ADD ("command/retry", NULL, test_retry);
  ADD ("command/workdir-outside", NULL, test_workdir_outside);
  ADD ("step/flags", NULL, test_flags);
  ADD ("step/limits", NULL, test_limits);
  ADD ("step/set-property", NULL, test_set_property);
  ADD ("process/ignored-term", NULL, test_ignored_term);
  ADD ("process/left-behind", NULL, test_left_behind);
  ADD ("process/fork-bomb", NULL, test_fork_bomb);
  ADD ("process/lost-supervisor", NULL, test_lost_supervisor);
  ADD ("process/back-pressure", NULL, test_back_pressure);
  ADD ("secret/given-and-masked", NULL, test_secrets);
  ADD ("secret/unreadable", NULL, test_unreadable_secret);
  ADD ("control/stop", NULL, test_stop);
  ADD ("control/cancel-and-pause", NULL, test_cancel_and_pause);
  ADD ("control/rebuild", NULL, test_rebuild);
  ADD ("control/force-errors", NULL, test_force_errors);
  ADD ("request/fork-refused", NULL, test_fork_refused);
  ADD ("request/collapse", NULL, test_collapse);
  ADD ("scheduler/timer-survives", NULL, test_timer_survives);
  ADD ("recover/unfinished-build", NULL, test_recovery);
  ADD ("recover/stop-keeps-request", NULL, test_stop_retries);
  ADD ("build/many", NULL, test_many);
  return g_test_run ();
}
