/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checkouts from real servers: git and hg over HTTP with a password, svn with a password, git over
 * ssh with a key; submodules and patches. No secret may be seen in a log, in any process's
 * arguments, or in what is left behind.
 */
#include "test-fixture.h"
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "s3cret-word"

static gboolean
lacks (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path == NULL)
    g_test_skip (program);
  return path == NULL;
}

/* sshd runs its commands by the user's shell, which some users do not have */
static gboolean
lacks_shell (void)
{
  const struct passwd *user = getpwuid (getuid ());
  gboolean lacks = user == NULL || user->pw_shell == NULL ||
                   g_str_has_suffix (user->pw_shell, "nologin") ||
                   g_str_has_suffix (user->pw_shell, "false");

  if (lacks)
    g_test_skip ("this user has no shell");
  return lacks;
}

static guint
find_free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static gboolean
answers (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16)port, NULL, NULL);
  return connection != NULL;
}

static GPid
start_server (Fixture *self, const char *const *argv, guint port)
{
  GPid pid = 0;

  g_assert_true (
      g_spawn_async (self->folder, (char **)argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL, NULL, &pid, NULL));
  while (!answers (port))
    g_thread_yield ();
  return pid;
}

static void
stop_server (GPid pid)
{
  kill (pid, SIGTERM);
  waitpid (pid, NULL, 0);
}

static GSubprocess *
start_http (Fixture *self, guint *port)
{
  g_autofree char *script =
      g_test_build_filename (G_TEST_DIST, "plugins/engines/local/test-vcs-server", NULL);
  g_autoptr (GSubprocess) server =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                            G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                        NULL, script, self->folder, "ann", PASSWORD, NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  guint64 number = 0;

  g_assert_nonnull (server);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_true (g_ascii_string_to_unsigned (line, 10, 1, 65535, &number, NULL));
  *port = (guint)number;
  return g_steal_pointer (&server);
}

static void
stop_http (GSubprocess *server)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (server), NULL, NULL);
  g_subprocess_wait (server, NULL, NULL);
  g_object_unref (server);
}

/* Programs that note their arguments before they become what they are named after. */
static char *
make_spies (Fixture *self)
{
  return fixture_shell (
      self, "mkdir spies; for p in git hg svn ssh; do printf '#!/bin/sh\ntr \"\\\\0\" \" \" < "
            "/proc/$$/cmdline >> %%s/seen\nexec %%s \"$@\"\n' \"$PWD\" \"$(command -v $p || echo "
            "/bin/false)\" > spies/$p; chmod +x spies/$p; done; echo $PWD/spies:$PATH");
}

static void
assert_unseen (Fixture *self, const char *word)
{
  g_autoptr (GPtrArray) logs = fake_store_list (self->store, belfry_log_get_type ());
  g_autofree char *found =
      fixture_shell (self, "grep -rlF -- '%s' seen trace builds/local builds/.tmp || true", word);

  g_assert_cmpstr (found, ==, "");
  for (guint i = 0; i < logs->len; i++)
    g_assert_null (strstr (
        fake_store_log (self->store, ((BelfryLog *)g_ptr_array_index (logs, i))->logid), word));
}

static BelfryBuild *
build_from (Fixture *self, const char *repository, const char *keys, const char *further)
{
  g_autofree char *path = make_spies (self);
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s\nenv.PATH=%s\nenv.GIT_TRACE=%s/trace\n"
      "steps=source;command:cat hello\n[step source]\n%s\n%s",
      repository, path, self->folder, keys, further);

  g_free (fixture_shell (self, "touch seen trace"));
  return fixture_build (self, configuration);
}

static void
make_git (Fixture *self, const char *name)
{
  g_free (fixture_shell (self,
                         "git init -q -b main %s; cd %s; echo hello > hello; git add .; "
                         "git commit -qm 1",
                         name, name));
}

static void
test_git_credential (Fixture *self, gconstpointer data)
{
  gboolean token = data != NULL;
  guint port = 0;
  GSubprocess *server = NULL;
  g_autofree char *repository = NULL;
  g_autofree char *keys = g_strdup_printf (
      "kind=git\nallowed-protocols=http\ncredential=plain:%s" PASSWORD, token ? "wrong:" : "ann:");
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  make_git (self, "work");
  g_free (fixture_shell (self, "git clone -q --bare work work.git"));
  server = start_http (self, &port);
  repository = g_strdup_printf ("http://127.0.0.1:%u/git/work.git", port);
  build = build_from (self, repository, keys, "");
  g_assert_cmpint (build->results, ==, token ? BELFRY_RESULT_FAILURE : BELFRY_RESULT_SUCCESS);
  assert_unseen (self, PASSWORD);
  stop_http (server);
}

/* A server that fails once: the keys say what becomes of it, none say that it is a failure. */

static BelfryBuild *
clone_work (Fixture *self, guint port, const char *keys)
{
  g_autofree char *repository = g_strdup_printf ("http://127.0.0.1:%u/git/work.git", port);
  g_autofree char *source = g_strconcat (
      "kind=git\nallowed-protocols=http\ncredential=plain:ann:" PASSWORD "\n", keys, NULL);

  return build_from (self, repository, source, "");
}

static void
assert_mended (Fixture *self, const BelfryBuild *build, const char *keys)
{
  gboolean mended = *keys != '\0';

  g_assert_cmpint (build->results, ==, mended ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE);
  g_free (fixture_shell (self, "test ! -e fail"));
  if (mended)
    g_free (fixture_shell (self, "test \"$(git -C builds/local/b/build rev-parse HEAD)\" = "
                                 "\"$(git -C work rev-parse HEAD)\""));
  assert_unseen (self, PASSWORD);
}

static void
test_git_clone_fails (Fixture *self, gconstpointer data)
{
  const char *keys = data;
  guint port = 0;
  GSubprocess *server = NULL;

  make_git (self, "work");
  g_free (fixture_shell (self, "git clone -q --bare work work.git; touch fail"));
  server = start_http (self, &port);
  assert_mended (self, clone_work (self, port, keys), keys);
  stop_http (server);
}

static void
test_git_fetch_fails (Fixture *self, gconstpointer data)
{
  const char *keys = data;
  guint port = 0;
  GSubprocess *server = NULL;

  make_git (self, "work");
  g_free (fixture_shell (self, "git clone -q --bare work work.git"));
  server = start_http (self, &port);
  g_assert_cmpint (clone_work (self, port, keys)->results, ==, BELFRY_RESULT_SUCCESS);
  g_free (fixture_shell (self, "cd work; echo more > hello; git commit -qam 2; "
                               "git push -q ../work.git main; touch ../fail"));
  fixture_force (self, "b");
  assert_mended (self, fake_host_wait_build (self->host, 1), keys);
  stop_http (server);
}

/* A submodule on another server is not given the password; one of this machine is not read. */
static void
test_git_submodules (Fixture *self, gconstpointer data)
{
  const char *kind = data;
  gboolean local = g_str_equal (kind, "local");
  guint port = 0;
  GSubprocess *server = NULL;
  g_autofree char *repository = NULL;
  BelfryBuild *build = NULL;

  make_git (self, "sub");
  make_git (self, "work");
  g_free (fixture_shell (self, "git clone -q --bare sub sub.git"));
  server = start_http (self, &port);
  if (local)
    g_free (fixture_shell (self, "cd work; git -c protocol.file.allow=always submodule --quiet add "
                                 "$PWD/../sub.git sub; git commit -qm 2"));
  else
    g_free (fixture_shell (
        self,
        "cd work; git -c protocol.file.allow=always submodule --quiet add $PWD/../sub.git sub; "
        "git config -f .gitmodules submodule.sub.url http://%s:%u/git/sub.git; git commit -qam 2",
        g_str_equal (kind, "same") ? "127.0.0.1" : "localhost", port));
  g_free (fixture_shell (self, "git clone -q --bare work work.git"));
  repository = g_strdup_printf ("http://127.0.0.1:%u/git/work.git", port);
  build = build_from (self, repository,
                      "kind=git\nallowed-protocols=http;file\nsubmodules=true\n"
                      "credential=plain:ann:" PASSWORD,
                      "");
  g_assert_cmpint (build->results, ==,
                   g_str_equal (kind, "same") ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE);
  assert_unseen (self, PASSWORD);
  stop_http (server);
}

/* Recursive, kept up to date, cleaned, and moved. */
static void
test_git_submodules_updated (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autofree char *configuration = NULL;

  (void)data;
  make_git (self, "deep");
  make_git (self, "sub");
  make_git (self, "work");
  g_free (fixture_shell (self,
                         "A='git -c protocol.file.allow=always submodule --quiet add'; cd sub; "
                         "$A $PWD/../deep deep; git commit -qm 2; cd ../work; $A $PWD/../sub "
                         "sub; git commit -qm 2"));
  configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nrepository=%s/work\nsteps=source;look;command:touch sub/left\n"
      "[step source]\nkind=git\nmode=full\nsubmodules=true\n"
      "[step look]\nscript=cat sub/deep/hello sub/hello; ls sub\n",
      self->folder);
  g_assert_cmpint (fixture_build (self, configuration)->results, ==, BELFRY_RESULT_SUCCESS);
  g_free (fixture_shell (self,
                         "mv sub moved; cd moved; echo new > hello; git commit -qam 3; "
                         "cd ../work; git config -f .gitmodules submodule.sub.url "
                         "%s/moved; git submodule -q sync; git -c "
                         "protocol.file.allow=always submodule --quiet update --remote; "
                         "git commit -qam 3",
                         self->folder));
  fixture_force (self, "b");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "ohello\nonew\n");
  g_assert_null (strstr (log, "oleft\n"));
}

static void
test_git_ssh (Fixture *self, gconstpointer data)
{
  gboolean known = data == NULL;
  guint port = 0;
  GPid server = 0;
  g_autofree char *config = g_build_filename (self->folder, "sshd_config", NULL);
  g_autofree char *sshd = g_find_program_in_path ("sshd");
  const char *argv[] = { NULL, "-D", "-e", "-f", config, NULL };
  g_autofree char *key = NULL;
  g_autofree char *keys = NULL;
  g_autofree char *private_key = NULL;
  g_autofree char *repository = NULL;
  BelfryBuild *build = NULL;

  if (lacks ("sshd") || lacks ("ssh") || lacks_shell ())
    return;
  argv[0] = sshd;
  if (getuid () == 0)
    g_mkdir_with_parents ("/run/sshd", 0755);
  port = find_free_port ();
  make_git (self, "work");
  key = fixture_shell (self,
                       "ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f "
                       "user; cp user.pub keys; printf 'Port %u\nListenAddress 127.0.0.1\nHostKey "
                       "%%s/host\nAuthorizedKeysFile %%s/keys\nStrictModes no\nUsePAM no\nPidFile "
                       "none\nPasswordAuthentication no\n' $PWD $PWD > sshd_config; "
                       "mkdir pub; mv user.pub host.pub pub; cut -d' ' -f1-2 pub/%s.pub",
                       port, known ? "host" : "user");
  server = start_server (self, argv, port);
  repository =
      g_strdup_printf ("ssh://%s@127.0.0.1:%u%s/work", g_get_user_name (), port, self->folder);
  keys = g_strdup_printf ("kind=git\nssh-host-key=%s\nssh-key=env:BELFRY_TEST_SSH_KEY", key);
  private_key = fixture_shell (self, "cat user; rm user");
  g_setenv ("BELFRY_TEST_SSH_KEY", private_key, TRUE);
  build = build_from (self, repository, keys, "");
  g_assert_cmpint (build->results, ==, known ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE);
  assert_unseen (self, "OPENSSH PRIVATE KEY");
  stop_server (server);
}

static void
test_hg_credential (Fixture *self, gconstpointer data)
{
  guint port = 0;
  GSubprocess *server = NULL;
  g_autofree char *repository = NULL;

  (void)data;
  if (lacks ("hg"))
    return;
  g_free (
      fixture_shell (self, "hg init work; cd work; echo hello > hello; hg add -q; hg commit -m 1"));
  server = start_http (self, &port);
  repository = g_strdup_printf ("http://127.0.0.1:%u/hg/work", port);
  g_assert_cmpint (build_from (self, repository,
                               "kind=hg\nallowed-protocols=http\ncredential=plain:ann:" PASSWORD,
                               "")
                       ->results,
                   ==, BELFRY_RESULT_SUCCESS);
  fixture_force (self, "b");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
  assert_unseen (self, PASSWORD);
  stop_http (server);
}

static void
test_svn_credential (Fixture *self, gconstpointer data)
{
  guint port = 0;
  g_autofree char *port_text = NULL;
  const char *argv[] = { "svnserve",      "--daemon", "--foreground", "--listen-host", "127.0.0.1",
                         "--listen-port", NULL,       "--root",       self->folder,    NULL };
  GPid server = 0;
  g_autofree char *repository = NULL;

  (void)data;
  if (lacks ("svnserve"))
    return;
  g_free (fixture_shell (
      self,
      "svnadmin create work; echo hello > hello; svn -q import -m 1 hello file://$PWD/work/hello; "
      "rm hello; printf '[general]\nanon-access = none\nauth-access = read\npassword-db = "
      "passwd\n' > work/conf/svnserve.conf; printf '[users]\nann = " PASSWORD "\n' > "
      "work/conf/passwd"));
  port = find_free_port ();
  port_text = g_strdup_printf ("%u", port);
  argv[6] = port_text;
  server = start_server (self, argv, port);
  repository = g_strdup_printf ("svn://127.0.0.1:%u/work", port);
  g_assert_cmpint (
      build_from (self, repository, "kind=svn\ncredential=plain:ann:" PASSWORD, "")->results, ==,
      BELFRY_RESULT_SUCCESS);
  fixture_force (self, "b");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
  assert_unseen (self, PASSWORD);
  stop_server (server);
}

/* patches of stamps */

static BelfryBuild *
build_patched (Fixture *self, gint64 number, const char *body, const char *subdir)
{
  g_autofree char *repository = g_build_filename (self->folder, "work", NULL);
  g_autoptr (BelfryChange) change = fake_store_add_change (self->store, repository, "main", NULL);

  change->sourcestamp = belfry_source_stamp_new ();
  belfry_record_set_text (&change->sourcestamp->repository, repository);
  belfry_record_set_text (&change->sourcestamp->branch, "main");
  belfry_record_set_text (&change->sourcestamp->project, "");
  belfry_record_set_text (&change->sourcestamp->codebase, "");
  if (body != NULL) {
    change->sourcestamp->patch = belfry_patch_new ();
    change->sourcestamp->patch->level = 1;
    belfry_record_set_text (&change->sourcestamp->patch->body, body);
    belfry_record_set_text (&change->sourcestamp->patch->subdir, subdir);
  }
  fake_host_give_change (self->host, change);
  return fake_host_wait_build (self->host, number);
}

static void
test_git_patch (Fixture *self, gconstpointer data)
{
  const char *body = "--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-hello\n+patched\n"
                     "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+new\n";
  g_autofree char *configuration = NULL;
  g_autofree char *log = NULL;

  (void)data;
  make_git (self, "work");
  g_free (fixture_shell (self, "cd work; mkdir d; cp hello d; ln -s /etc out; git add .; "
                               "git commit -qm 2"));
  configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nrepository=%s/work\nsteps=git;look\n"
                       "[step look]\nscript=cat hello d/hello; ls\n",
                       self->folder);
  fixture_begin (self, configuration);
  g_assert_cmpint (build_patched (self, 0, body, "")->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "opatched\nohello\n");
  fixture_assert_has (log, "onew\n");
  g_free (log);
  g_assert_cmpint (build_patched (self, 1, body, "d")->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "look");
  fixture_assert_has (log, "ohello\nopatched\n");
  g_assert_null (strstr (log, "onew\n"));
  g_assert_cmpint (build_patched (self, 2, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "")->results,
                   ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (build_patched (self, 3, body, "../..")->results, ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (
      build_patched (self, 4, "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+new\n", "out")->results,
      !=, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (build_patched (self, 5, NULL, NULL)->results, ==, BELFRY_RESULT_SUCCESS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("remote/git-credential", NULL, test_git_credential);
  FIXTURE_ADD ("remote/git-wrong-credential", "wrong", test_git_credential);
  FIXTURE_ADD ("remote/git-clone-fails", "", test_git_clone_fails);
  FIXTURE_ADD ("remote/git-clone-fails-once", "retry=1:0", test_git_clone_fails);
  FIXTURE_ADD ("remote/git-fetch-fails", "", test_git_fetch_fails);
  FIXTURE_ADD ("remote/git-fetch-fails-once", "retry=1:0", test_git_fetch_fails);
  FIXTURE_ADD ("remote/git-fetch-tried-again", "retry-fetch=true", test_git_fetch_fails);
  FIXTURE_ADD ("remote/git-fetch-cloned-anew", "clobber-on-failure=true", test_git_fetch_fails);
  FIXTURE_ADD ("remote/git-submodules", "same", test_git_submodules);
  FIXTURE_ADD ("remote/git-submodules-of-others", "other", test_git_submodules);
  FIXTURE_ADD ("remote/git-submodules-of-this-machine", "local", test_git_submodules);
  FIXTURE_ADD ("remote/git-submodules-updated", NULL, test_git_submodules_updated);
  FIXTURE_ADD ("remote/git-ssh", NULL, test_git_ssh);
  FIXTURE_ADD ("remote/git-ssh-unknown-host", "unknown", test_git_ssh);
  FIXTURE_ADD ("remote/hg-credential", NULL, test_hg_credential);
  FIXTURE_ADD ("remote/svn-credential", NULL, test_svn_credential);
  FIXTURE_ADD ("git/patch", NULL, test_git_patch);
  return g_test_run ();
}
