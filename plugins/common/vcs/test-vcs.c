/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pollers share, on an instance of one of them: real folders, real programs. */
#include "vcs.h"

#include <belfry-test.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "a word that stays in"

typedef struct {
  BelfryTest *test;
  GCancellable *cancellable;
  char *folder; /* parent of the poller's own, with a name that needs quoting */
  char *workdir;
  VcsKeys keys;
} Fixture;

static void
set_up (Fixture *self, gconstpointer unused)
{
  g_autofree char *made = g_dir_make_tmp ("belfry-vcs-XXXXXX", NULL);

  self->folder = g_build_filename (made, "it's \"theirs\" $HOME", NULL);
  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  self->workdir = g_build_filename (self->folder, "own", NULL);
  self->cancellable = g_cancellable_new ();
  self->test = belfry_test_new_idle ("poller/git", NULL);
  belfry_test_set_host_value (self->test, "workdir", self->workdir);
  belfry_test_set_host_value (self->test, "max-changes", "2");
}

static int
remove_entry (const char *path)
{
  g_autoptr (GDir) dir =
      g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = g_build_filename (path, name, NULL);

    remove_entry (inner);
  }
  return g_remove (path);
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
  g_autofree char *made = g_path_get_dirname (self->folder);

  g_clear_pointer (&self->keys.ssh_key, belfry_secret_unref);
  g_clear_pointer (&self->keys.credential, belfry_secret_unref);
  belfry_test_free (self->test);
  g_object_unref (self->cancellable);
  g_assert_cmpint (remove_entry (made), ==, 0);
  g_free (self->workdir);
  g_free (self->folder);
}

static VcsAccess *
open_access (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  VcsAccess *access = vcs_access_new (belfry_test_get_instance (self->test), &self->keys,
                                      self->cancellable, &error);

  g_assert_no_error (error);
  return access;
}

static void
assert_refused (Fixture *self, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VcsAccess) access = vcs_access_new (belfry_test_get_instance (self->test), &self->keys,
                                                 self->cancellable, &error);

  g_assert_null (access);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, self->workdir));
  g_assert_nonnull (strstr (error->message, words));
}

static void
assert_mode (const char *path, guint mode)
{
  GStatBuf status = { 0 };

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 07777, ==, mode);
}

static void
assert_text (const char *path, const char *text)
{
  g_autofree char *found = NULL;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
}

static void
test_folder_own (Fixture *self, gconstpointer unused)
{
  g_autofree char *clone = g_build_filename (self->workdir, "clone", NULL);

  vcs_access_free (open_access (self));
  assert_mode (self->workdir, 0700);
  g_assert_true (g_file_set_contents (clone, "x", -1, NULL));
  vcs_access_free (open_access (self));
  assert_text (clone, "x");
}

static void
test_folder_foreign (Fixture *self, gconstpointer unused)
{
  g_autofree char *theirs = g_build_filename (self->workdir, "theirs", NULL);
  g_autofree char *secrets = g_build_filename (self->workdir, "access", NULL);

  self->keys.ssh_key = belfry_secret_new_value ("KEY");
  g_assert_cmpint (g_mkdir (self->workdir, 0755), ==, 0);
  g_assert_true (g_file_set_contents (theirs, "x", -1, NULL));
  assert_refused (self, "it holds something that no poller put there");
  assert_text (theirs, "x");
  g_assert_false (g_file_test (secrets, G_FILE_TEST_EXISTS));
  assert_mode (self->workdir, 0755);
}

static void
test_folder_file (Fixture *self, gconstpointer unused)
{
  g_assert_true (g_file_set_contents (self->workdir, "x", -1, NULL));
  assert_refused (self, "making it");
  assert_text (self->workdir, "x");
}

/* what ssh needs lies there while a poll lasts, whatever lay there before */
static void
test_files (Fixture *self, gconstpointer unused)
{
  g_autofree char *secrets = g_build_filename (self->workdir, "access", NULL);
  g_autofree char *key = g_build_filename (secrets, "ssh-key", NULL);
  g_autofree char *known = g_build_filename (secrets, "known-hosts", NULL);
  g_autofree char *elsewhere = g_build_filename (self->folder, "elsewhere", NULL);
  VcsAccess *access = open_access (self);

  g_assert_false (g_file_test (secrets, G_FILE_TEST_EXISTS));
  vcs_access_free (access);
  g_assert_cmpint (g_mkdir (secrets, 0700), ==, 0);
  g_assert_true (g_file_set_contents (key, "left by one that was killed", -1, NULL));
  g_assert_true (g_file_set_contents (elsewhere, "theirs", -1, NULL));
  g_assert_true (g_file_test (self->workdir, G_FILE_TEST_IS_DIR));
  g_assert_cmpint (symlink (elsewhere, known), ==, 0);

  self->keys.ssh_key = belfry_secret_new_value ("KEY");
  self->keys.ssh_host_key = (char *)"ssh-ed25519 AAAA";
  access = open_access (self);
  assert_mode (secrets, 0700);
  assert_mode (key, 0600);
  assert_mode (known, 0600);
  assert_text (key, "KEY\n");
  assert_text (known, "* ssh-ed25519 AAAA\n");
  assert_text (elsewhere, "theirs");
  vcs_access_free (access);
  g_assert_false (g_file_test (secrets, G_FILE_TEST_EXISTS));

  self->keys.ssh_known_hosts = (char *)"host ssh-rsa BBBB";
  access = open_access (self);
  assert_text (known, "host ssh-rsa BBBB\n");
  vcs_access_free (access);
}

typedef struct {
  const char *repository;
  const char *credential;
  const char *user;
  const char *password;
  const char *address;
} CredentialRow;

static const CredentialRow credential_rows[] = {
  { "https://x.example/a", NULL, NULL, NULL, "https://x.example/a" },
  { "https://x.example/a", "ann:" PASSWORD, "ann", PASSWORD, "https://x.example/a" },
  { "https://x.example/a", "ann:b:c", "ann", "b:c", "https://x.example/a" },
  { "https://x.example/a", PASSWORD, "token", PASSWORD, "https://x.example/a" },
  { "https://bob@x.example/a", PASSWORD, "bob", PASSWORD, "https://bob@x.example/a" },
  { "https://bob:old@x.example/a", "ann:" PASSWORD, "ann", PASSWORD, "https://bob@x.example/a" },
  { "https://bob:s%3ac@x.example/a", NULL, "bob", "s:c", "https://bob@x.example/a" },
  { "git@x.example:a", PASSWORD, "token", PASSWORD, "git@x.example:a" },
};

static void
test_credential (Fixture *self, gconstpointer data)
{
  const CredentialRow *row = data;
  g_autoptr (VcsAccess) access = NULL;

  belfry_test_set_host_value (self->test, "repository", row->repository);
  if (row->credential != NULL)
    self->keys.credential = belfry_secret_new_value (row->credential);
  access = open_access (self);
  g_assert_cmpstr (access->address, ==, row->address);
  g_assert_cmpstr (access->user, ==, row->user);
  g_assert_cmpstr (access->password, ==, row->password);
  for (guint i = 0; row->password != NULL && i < access->environment->len; i++)
    g_assert_null (strstr (g_ptr_array_index (access->environment, i), row->password));
}

/* read by a shell it is the words that were meant, however the folder is called */
static void
test_ssh (Fixture *self, gconstpointer unused)
{
  VcsAccess *access = open_access (self);
  g_autofree char *bare = vcs_access_dup_ssh (access);
  g_autofree char *command = NULL;
  g_autofree char *key = g_strconcat ("-oIdentityFile=", access->secrets, "/ssh-key", NULL);
  g_autofree char *known =
      g_strconcat ("-oUserKnownHostsFile=", access->secrets, "/known-hosts", NULL);
  g_auto (GStrv) words = NULL;

  g_assert_cmpstr (bare, ==, "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes");
  vcs_access_free (access);
  self->keys.ssh_key = belfry_secret_new_value ("KEY");
  self->keys.ssh_host_key = (char *)"ssh-ed25519 AAAA";
  access = open_access (self);
  command = vcs_access_dup_ssh (access);
  g_assert_true (g_shell_parse_argv (command, NULL, &words, NULL));
  g_assert_cmpuint (g_strv_length (words), ==, 6);
  g_assert_true (g_strv_contains ((const char *const *)words, "-oIdentitiesOnly=yes"));
  g_assert_true (g_strv_contains ((const char *const *)words, key));
  g_assert_true (g_strv_contains ((const char *const *)words, known));
  g_assert_null (strstr (command, "KEY"));
  vcs_access_free (access);
}

static void
test_clone (Fixture *self, gconstpointer unused)
{
  g_autoptr (VcsAccess) access = NULL;
  g_autofree char *clone = NULL;
  g_autofree char *aside = NULL;
  g_autoptr (GError) error = NULL;

  belfry_test_set_host_value (self->test, "repository", "https://bob:" PASSWORD "@x.example/a");
  access = open_access (self);
  clone = vcs_access_dup_clone (access);
  aside = g_strconcat (clone, "-damaged", NULL);
  g_assert_true (g_str_has_prefix (clone, self->workdir));
  g_assert_cmpint (g_mkdir (clone, 0700), ==, 0);
  g_assert_true (vcs_access_set_aside (access, clone, &error));
  g_assert_true (g_file_test (aside, G_FILE_TEST_IS_DIR));
  g_assert_cmpint (g_mkdir (clone, 0700), ==, 0);
  g_assert_false (vcs_access_set_aside (access, clone, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  g_assert_true (g_file_test (clone, G_FILE_TEST_IS_DIR));
}

/* running */

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static gboolean
has_run (BelfryTest *test, gpointer user_data)
{
  return *(GAsyncResult **)user_data != NULL;
}

static GBytes *
run (Fixture *self, VcsAccess *access, const char *script, GBytes *input, GError **error)
{
  const char *const argv[] = { "/bin/sh", "-c", script, NULL };
  g_autoptr (GAsyncResult) result = NULL;

  vcs_run_async (access, argv, input, on_run, &result);
  belfry_test_wait_until (self->test, has_run, &result);
  return vcs_run_finish (result, error);
}

static void
test_run_output (Fixture *self, gconstpointer unused)
{
  g_autoptr (VcsAccess) access = open_access (self);
  g_autoptr (GBytes) input = g_bytes_new_static (PASSWORD, strlen (PASSWORD));
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) output = run (self, access, "cat; pwd", input, &error);
  g_autoptr (GBytes) nothing = run (self, access, ":", NULL, NULL);
  g_autofree char *text = NULL;
  g_autofree char *empty = NULL;
  g_autofree char *wanted = g_strconcat (PASSWORD, self->workdir, "\n", NULL);

  g_assert_no_error (error);
  text = vcs_dup_output (output);
  empty = vcs_dup_output (nothing);
  g_assert_cmpstr (text, ==, wanted);
  g_assert_cmpstr (empty, ==, "");
}

/* neither arguments nor environment of what is run hold a credential */
static void
test_run_environment (Fixture *self, gconstpointer unused)
{
  static const char *const passed[] = { "PATH=",          "LC_ALL=C.UTF-8", "HOME=",
                                        "PWD=",           "OWN=1",          "http_proxy=",
                                        "https_proxy=",   "no_proxy=",      "all_proxy=",
                                        "SSL_CERT_FILE=", "SSH_AUTH_SOCK=", "_=" };
  g_autoptr (VcsAccess) access = NULL;
  g_autoptr (GBytes) output = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  self->keys.credential = belfry_secret_new_value ("ann:" PASSWORD);
  self->keys.ssh_key = belfry_secret_new_value (PASSWORD);
  access = open_access (self);
  vcs_access_set (access, "OWN", "1");
  output = run (self, access, "tr '\\0' '\\n' </proc/$$/cmdline >&2; env", NULL, NULL);
  text = vcs_dup_output (output);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_null (strstr (text, PASSWORD));
  g_assert_nonnull (strstr (text, "OWN=1"));
  for (char **line = lines; *line != NULL; line++) {
    gboolean known = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS (passed); i++)
      known = known || g_str_has_prefix (*line, passed[i]);
    if (!known)
      g_test_fail_printf ("'%s' is passed on", *line);
  }
}

static void
test_run_fails (Fixture *self, gconstpointer unused)
{
  static const char *const phrases[] = { "nobody says this", "the reason", NULL };
  static const char *const others[] = { "nobody says this", NULL };
  g_autoptr (VcsAccess) access = open_access (self);
  g_autoptr (GError) brief = NULL;
  g_autoptr (GError) lengthy = NULL;

  g_assert_null (run (self, access, "echo '\033[1mthe reason' >&2; exit 3", NULL, &brief));
  g_assert_error (brief, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_assert_true (g_str_has_suffix (brief->message, "failed: \\x1b[1mthe reason"));
  g_assert_true (vcs_error_says (brief, phrases));
  g_assert_false (vcs_error_says (brief, others));
  g_assert_false (vcs_error_says (NULL, phrases));

  g_assert_null (run (self, access,
                      "i=0; while [ $i -lt 1500 ]; do printf 'é.' >&2; i=$((i+1)); done; "
                      "echo the reason >&2; exit 1",
                      NULL, &lengthy));
  g_assert_true (g_utf8_validate (lengthy->message, -1, NULL));
  g_assert_null (strstr (lengthy->message, "\xef\xbf\xbd"));
  g_assert_true (g_str_has_suffix (lengthy->message, ".the reason"));
  g_assert_nonnull (strstr (lengthy->message, "failed: …"));
  g_assert_cmpuint (strlen (lengthy->message), <, 2500);
}

static void
test_run_bounds (Fixture *self, gconstpointer unused)
{
  g_autoptr (VcsAccess) access = open_access (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) cancelled = NULL;

  g_assert_null (run (self, access, "head -c 67108865 /dev/zero", NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE);
  g_cancellable_cancel (self->cancellable);
  g_assert_null (run (self, access, "sleep 1000", NULL, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* versions */

typedef struct {
  BelfryTestProgram program;
  int code; /* -1: good */
  guint major;
  guint minor;
} VersionRow;

static const VersionRow version_rows[] = {
  { { 0, "git version 2.30.2\n", NULL, FALSE }, -1, 2, 30 },
  { { 0, "Mercurial Distributed SCM (version 6.3.2)\n", NULL, FALSE }, -1, 6, 3 },
  { { 0, "v2.40-rc1", NULL, FALSE }, -1, 2, 40 },
  { { 0, "3.0", NULL, FALSE }, -1, 3, 0 },
  { { 0, "git version 2.29.9\n", NULL, FALSE }, BELFRY_ERROR_UNSUPPORTED, 2, 29 },
  { { 0, "git version 1.99\n", NULL, FALSE }, BELFRY_ERROR_UNSUPPORTED, 1, 99 },
  { { 0, "git version 3\n", NULL, FALSE }, BELFRY_ERROR_NOT_FOUND, 3, 0 },
  { { 0, "no digits", NULL, FALSE }, BELFRY_ERROR_NOT_FOUND, 0, 0 },
  { { 0, NULL, NULL, FALSE }, BELFRY_ERROR_NOT_FOUND, 0, 0 },
  { { 1, "git version 2.40\n", NULL, FALSE }, BELFRY_ERROR_NOT_FOUND, 0, 0 },
  { { 0, NULL, NULL, TRUE }, BELFRY_ERROR_RETRY, 0, 0 },
};

static void
test_version (Fixture *self, gconstpointer data)
{
  const VersionRow *row = data;
  VcsVersion version = { .program = "git", .major = 2, .minor = 30 };
  g_autoptr (GTask) task = belfry_test_task_new (self->test);
  g_autoptr (GError) error = NULL;
  gboolean good = FALSE;

  belfry_test_set_program (self->test, &row->program);
  vcs_version_async (belfry_test_get_instance (self->test), &version, g_object_ref (task));
  good = g_task_propagate_boolean (belfry_test_wait (self->test, task), &error);
  g_assert_cmpstr (g_ptr_array_index (belfry_test_get_programs (self->test), 0), ==,
                   "git --version");
  g_assert_cmpint (good ? -1 : error->code, ==, row->code);
  g_assert_cmpuint (version.found_major, ==, row->major);
  g_assert_cmpuint (version.found_minor, ==, row->minor);
}

/* text */

static void
test_text (void)
{
  static const struct {
    const char *bytes;
    gssize length;
    const char *encoding;
    const char *text;
  } rows[] = {
    { "sch\xc3\xb6n", -1, "latin1", "schön" },
    { "sch\xf6n", -1, "latin1", "schön" },
    { "sch\xf6n and more", 5, "latin1", "schön" },
    { "sch\xf6n", -1, "utf-8", "sch\xef\xbf\xbdn" },
    { "sch\xf6n", -1, "no-such-encoding", "sch\xef\xbf\xbdn" },
    { "\x83\x65\x83\x58\x83\x67", -1, "shift_jis", "テスト" },
    { "", 0, "latin1", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = vcs_text_new (rows[i].bytes, rows[i].length, rows[i].encoding);

    g_assert_cmpstr (text, ==, rows[i].text);
  }
}

static void
test_fields (void)
{
  static const char bytes[] = "one\0\0three\0cut off";
  const char *end = bytes + sizeof bytes - 1;
  const char *at = bytes;

  g_assert_cmpstr (vcs_next_field (&at, end), ==, "one");
  g_assert_cmpstr (vcs_next_field (&at, end), ==, "");
  g_assert_cmpstr (vcs_next_field (&at, end), ==, "three");
  g_assert_null (vcs_next_field (&at, end));
  g_assert_cmpstr (at, ==, "cut off");
}

/* polls */

static void
clear_nothing (gpointer poll)
{
}

static VcsPoll *
begin_poll (Fixture *self, const char *state, GTask *task)
{
  g_autoptr (JsonNode) node =
      state != NULL ? belfry_json_parse (state, -1, NULL, NULL) : json_node_new (JSON_NODE_NULL);
  g_autoptr (GError) error = NULL;
  VcsPoll *poll = vcs_poll_new (sizeof *poll, belfry_test_get_instance (self->test), node,
                                g_object_ref (task), clear_nothing);

  g_assert_true (vcs_poll_open (poll, &self->keys, &error));
  g_assert_no_error (error);
  return poll;
}

static void
add_change (VcsPoll *poll, const char *revision)
{
  BelfryChange *change = belfry_change_new ();

  belfry_record_set_text (&change->revision, revision);
  g_ptr_array_add (poll->changes, change);
}

static gboolean
end_poll (Fixture *self, GTask *task, GError **error)
{
  g_autofree char *secrets = g_build_filename (self->workdir, "access", NULL);
  gboolean good = g_task_propagate_boolean (belfry_test_wait (self->test, task), error);

  g_assert_false (g_file_test (secrets, G_FILE_TEST_EXISTS));
  return good;
}

/* of too many the newest are told, and that there were more */
static void
test_poll_tells (Fixture *self, gconstpointer unused)
{
  g_autoptr (GTask) task = belfry_test_task_new (self->test);
  VcsPoll *poll = begin_poll (self, "{\"heads\": {\"main\": \"a\"}}", task);
  g_autoptr (JsonObject) heads = json_object_new ();
  GPtrArray *changes = NULL;
  JsonObject *state = NULL;

  g_assert_cmpstr (belfry_json_get_text (poll->seen, "main"), ==, "a");
  add_change (poll, "b");
  add_change (poll, "c");
  vcs_poll_drop_oldest (poll);
  add_change (poll, "d");
  vcs_poll_drop_oldest (poll);
  json_object_set_string_member (heads, "main", "d");
  vcs_poll_tell (poll, heads);
  g_assert_true (end_poll (self, task, NULL));
  changes = belfry_test_get_changes (self->test);
  g_assert_cmpuint (changes->len, ==, 2);
  g_assert_cmpstr (((BelfryChange *)changes->pdata[0])->revision, ==, "c");
  g_assert_cmpstr (((BelfryChange *)changes->pdata[1])->revision, ==, "d");
  state = json_node_get_object (belfry_test_get_poll_state (self->test));
  g_assert_cmpstr (belfry_json_get_text (belfry_json_get_object (state, "heads"), "main"), ==, "d");
  g_assert_nonnull (strstr (belfry_test_get_log (self->test), "the 1 oldest are left out"));
}

static void
test_poll_ends (Fixture *self, gconstpointer unused)
{
  g_autoptr (GTask) first = belfry_test_task_new (self->test);
  g_autoptr (GTask) second = belfry_test_task_new (self->test);
  g_autoptr (GError) error = NULL;
  VcsPoll *poll = begin_poll (self, NULL, first);

  g_assert_null (poll->seen);
  vcs_poll_finish (poll);
  g_assert_true (end_poll (self, first, NULL));
  self->keys.ssh_key = belfry_secret_new_value ("KEY");
  vcs_poll_fail (begin_poll (self, "{\"heads\": 7}", second),
                 g_error_new (BELFRY_ERROR, BELFRY_ERROR_RETRY, "no way"));
  g_assert_false (end_poll (self, second, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_assert_cmpuint (belfry_test_get_changes (self->test)->len, ==, 0);
  g_assert_null (belfry_test_get_poll_state (self->test));
}

static GError *
complain (const char *words)
{
  return g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_RETRY, words);
}

/* once a poll, and only for what means that the clone is broken */
static void
test_poll_clones_anew (Fixture *self, gconstpointer unused)
{
  static const char *const damage[] = { "bad object", NULL };
  g_autoptr (GTask) first = belfry_test_task_new (self->test);
  g_autoptr (GTask) second = belfry_test_task_new (self->test);
  g_autoptr (GError) again = NULL;
  g_autoptr (GError) other = NULL;
  VcsPoll *poll = begin_poll (self, NULL, first);
  g_autofree char *clone = g_strdup (poll->clone);

  g_assert_cmpint (g_mkdir (clone, 0700), ==, 0);
  add_change (poll, "b");
  g_assert_true (vcs_poll_clone_anew (poll, complain ("fatal: bad object 7"), damage));
  g_assert_cmpuint (poll->changes->len, ==, 0);
  g_assert_false (g_file_test (clone, G_FILE_TEST_EXISTS));
  g_assert_nonnull (strstr (belfry_test_get_log (self->test), "fatal: bad object 7"));
  g_assert_false (vcs_poll_clone_anew (poll, complain ("fatal: bad object 8"), damage));
  g_assert_false (end_poll (self, first, &again));
  g_assert_cmpstr (again->message, ==, "fatal: bad object 8");

  g_assert_cmpint (g_mkdir (clone, 0700), ==, 0);
  g_assert_false (
      vcs_poll_clone_anew (begin_poll (self, NULL, second), complain ("timed out"), damage));
  g_assert_false (end_poll (self, second, &other));
  g_assert_cmpstr (other->message, ==, "timed out");
  g_assert_true (g_file_test (clone, G_FILE_TEST_IS_DIR));
}

#define ADD(path, func) g_test_add ("/vcs/" path, Fixture, NULL, set_up, func, tear_down)
#define ADD_ROWS(prefix, rows, func)                                                               \
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {                                                \
    g_autofree char *path = g_strdup_printf ("/vcs/" prefix "-%" G_GSIZE_FORMAT, i);               \
                                                                                                   \
    g_test_add (path, Fixture, &rows[i], set_up, func, tear_down);                                 \
  }

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("BELFRY_OF_THE_DAEMON", "1", TRUE);
  ADD ("access/clone", test_clone);
  ADD ("access/files", test_files);
  ADD ("access/folder-file", test_folder_file);
  ADD ("access/folder-foreign", test_folder_foreign);
  ADD ("access/folder-own", test_folder_own);
  ADD ("access/ssh", test_ssh);
  ADD ("poll/clones-anew", test_poll_clones_anew);
  ADD ("poll/ends", test_poll_ends);
  ADD ("poll/tells", test_poll_tells);
  ADD ("run/bounds", test_run_bounds);
  ADD ("run/environment", test_run_environment);
  ADD ("run/fails", test_run_fails);
  ADD ("run/output", test_run_output);
  g_test_add_func ("/vcs/text/encodings", test_text);
  g_test_add_func ("/vcs/text/fields", test_fields);
  ADD_ROWS ("access/credential", credential_rows, test_credential)
  ADD_ROWS ("version/found", version_rows, test_version)
  return g_test_run ();
}
