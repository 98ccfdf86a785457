/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a poll, in the order of this file. A clone that git finds damaged is moved aside
 * once a poll, and everything is fetched anew.
 */
#include "git-poll.h"

#include "git-log.h"

#include <string.h>

#define COMPLETE_MARK "belfry-complete"

typedef struct {
  VcsPoll base;
  Git *git;
  GitRefs *refs;
  GPtrArray *moved;  /* (element-type utf8) */
  JsonObject *heads; /* as of now */
  GitLog *log;
  gboolean fresh; /* the clone holds nothing yet */
  gboolean without_files;
  GPtrArray *bare; /* (element-type utf8) moved, and nothing new came with it */
} Poll;

static void begin_clone (Poll *poll);
static void read_log (Poll *poll);

static void
poll_clear (gpointer data)
{
  Poll *poll = data;

  g_clear_pointer (&poll->heads, json_object_unref);
  git_refs_free (poll->refs);
  git_log_free (poll->log);
  g_clear_pointer (&poll->moved, g_ptr_array_unref);
  g_clear_pointer (&poll->bare, g_ptr_array_unref);
}

/* git with words before and after those that are many */
static void
run (Poll *poll,
     const char *const *words,
     GPtrArray *more,
     GBytes *input,
     GAsyncReadyCallback callback)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *folder = g_strconcat ("--git-dir=", poll->base.clone, NULL);

  g_ptr_array_add (argv, poll->git->program);
  g_ptr_array_add (argv, folder);
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer)words[i]);
  for (guint i = 0; more != NULL && i < more->len; i++)
    g_ptr_array_add (argv, g_ptr_array_index (more, i));
  g_ptr_array_add (argv, NULL);
  vcs_run_async (poll->base.access, (const char *const *)argv->pdata, input, callback, poll);
}

/* what git says of a clone that it cannot use, and of nothing else */
static const char *const damage[] = { "not a git repository",
                                      "is corrupt",
                                      "bad object",
                                      "object file",
                                      "missing blob",
                                      "missing tree",
                                      "unable to read tree",
                                      "packfile",
                                      "bad config",
                                      "index file",
                                      "did not receive expected object",
                                      "bad tree object",
                                      "failed to traverse parents",
                                      NULL };

/* ends the poll, or begins anew with an empty clone */
static void
fail_or_clone_anew (Poll *poll, GError *error)
{
  if (vcs_poll_clone_anew (&poll->base, error, damage))
    begin_clone (poll);
}

/* 6: what is new */

static void
add_changes_of (Poll *poll, GitLog *log, const char *name)
{
  const GitWalk walk = { .branch = git_ref_get_branch (name),
                         .head = belfry_json_get_text (poll->heads, name),
                         .first_parent = poll->git->first_parent,
                         .files = !poll->without_files,
                         .merges_known = poll->git->version.found_major > 2 ||
                                         poll->git->version.found_minor >= 31 };

  if (walk.head != NULL && git_log_add_changes (log, &walk, poll->base.changes) == 0 &&
      poll->git->pushes_without_commits)
    g_ptr_array_add (poll->bare, g_strdup (name));
}

static void
on_bare_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  const char *encoding = belfry_instance_get_host_value (poll->git->instance, "encoding");
  g_autoptr (GitLog) log = output != NULL ? git_log_read (output, encoding, &local) : NULL;
  g_autoptr (GPtrArray) names = g_steal_pointer (&poll->bare);

  poll->bare = g_ptr_array_new_with_free_func (g_free);
  if (log == NULL) {
    fail_or_clone_anew (poll, g_steal_pointer (&local));
    return;
  }
  for (guint i = 0; i < names->len; i++)
    add_changes_of (poll, log, g_ptr_array_index (names, i));
  vcs_poll_tell (&poll->base, poll->heads);
}

static void
add_log_words (Poll *poll, GPtrArray *words)
{
  static const char *const always[] = { "--no-renames", "--encoding=UTF-8", "-z", GIT_LOG_FORMAT };

  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_ptr_array_add (words, (gpointer)always[i]);
  if (!poll->without_files)
    g_ptr_array_add (words, (gpointer) "--name-only");
  if (poll->git->version.found_major > 2 || poll->git->version.found_minor >= 31)
    g_ptr_array_add (words, (gpointer) "--diff-merges=first-parent");
}

/* heads that moved to where everything is known */
static void
read_bare (Poll *poll)
{
  static const char *const words[] = { "log", "--no-walk=unsorted", "--stdin", NULL };
  g_autoptr (GPtrArray) more = g_ptr_array_new ();
  g_autoptr (GString) input = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  add_log_words (poll, more);
  for (guint i = 0; i < poll->bare->len; i++)
    g_string_append_printf (input, "%s\n",
                            belfry_json_get_text (poll->heads, g_ptr_array_index (poll->bare, i)));
  bytes = g_string_free_to_bytes (g_steal_pointer (&input));
  run (poll, words, more, bytes, on_bare_read);
}

static void
take_log (Poll *poll)
{
  for (guint i = 0; i < poll->moved->len; i++)
    add_changes_of (poll, poll->log, g_ptr_array_index (poll->moved, i));
  poll->base.left_out += git_log_cap (poll->log, poll->base.changes, poll->base.most);
  if (poll->bare->len > 0)
    read_bare (poll);
  else
    vcs_poll_tell (&poll->base, poll->heads);
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  g_autofree char *text = NULL;
  gint64 count = 0;

  if (output == NULL) {
    fail_or_clone_anew (poll, g_steal_pointer (&local));
    return;
  }
  text = vcs_dup_output (output);
  if (belfry_parse_integer (g_strstrip (text), 0, G_MAXINT32, &count, NULL) &&
      count > poll->base.most)
    poll->base.left_out += (guint)count - poll->base.most;
  git_log_keep_newest (poll->log, poll->base.most);
  take_log (poll);
}

/* heads that moved, and all remembered ones, as git reads them from its input */
static GBytes *
make_range (Poll *poll)
{
  g_autoptr (GString) input = g_string_new (NULL);
  g_autoptr (GList) names = json_object_get_members (poll->base.seen);

  for (guint i = 0; i < poll->moved->len; i++) {
    const char *id = belfry_json_get_text (poll->heads, g_ptr_array_index (poll->moved, i));

    if (id != NULL)
      g_string_append_printf (input, "%s\n", id);
  }
  for (GList *item = names; item != NULL; item = item->next) {
    const char *id = belfry_json_get_text (poll->base.seen, item->data);

    if (id != NULL && git_id_is_valid (id))
      g_string_append_printf (input, "^%s\n", id);
  }
  return g_string_free_to_bytes (g_steal_pointer (&input));
}

static void
count_all (Poll *poll)
{
  g_autoptr (GPtrArray) more = g_ptr_array_new ();
  g_autoptr (GBytes) range = make_range (poll);
  static const char *const words[] = { "rev-list", "--count", "--ignore-missing", NULL };

  if (poll->git->first_parent)
    g_ptr_array_add (more, (gpointer) "--first-parent");
  g_ptr_array_add (more, (gpointer) "--stdin");
  run (poll, words, more, range, on_counted);
}

static void
on_log_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  const char *encoding = belfry_instance_get_host_value (poll->git->instance, "encoding");

  if (output == NULL && !poll->without_files &&
      g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE)) {
    belfry_instance_log (poll->git->instance, G_LOG_LEVEL_WARNING,
                         "the new commits have too many files; they are told without them");
    poll->without_files = TRUE;
    read_log (poll);
    return;
  }
  g_clear_pointer (&poll->log, git_log_free);
  poll->log = output != NULL ? git_log_read (output, encoding, &local) : NULL;
  if (poll->log == NULL)
    fail_or_clone_anew (poll, g_steal_pointer (&local));
  else if (git_log_get_length (poll->log) > poll->base.most)
    count_all (poll);
  else
    take_log (poll);
}

static void
read_log (Poll *poll)
{
  static const char *const words[] = { "log", "--topo-order", "--reverse", "--ignore-missing",
                                       NULL };
  g_autoptr (GPtrArray) more = g_ptr_array_new ();
  g_autoptr (GBytes) range = make_range (poll);
  g_autofree char *limit = g_strdup_printf ("--max-count=%u", poll->base.most + 1);

  add_log_words (poll, more);
  if (poll->git->first_parent)
    g_ptr_array_add (more, (gpointer) "--first-parent");
  g_ptr_array_add (more, limit);
  g_ptr_array_add (more, (gpointer) "--stdin");
  run (poll, words, more, range, on_log_read);
}

/* 5: what was fetched, which may be newer than what was listed */

static char *
dup_local_ref (const char *name)
{
  g_autofree char *digest = belfry_digest_hex (G_CHECKSUM_SHA1, name, strlen (name));

  return g_strconcat ("refs/belfry/", digest, NULL);
}

/* lines of "REF TYPE ID TYPE-BEHIND ID-BEHIND": the commit that each ref stands for */
static GHashTable *
read_fetched (GBytes *output)
{
  GHashTable *commits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *text = vcs_dup_output (output);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (lines[i], " ", 5);
    gboolean is_tag = g_strv_length (words) == 5 && strcmp (words[1], "tag") == 0;

    if (g_strv_length (words) == 5 && strcmp (words[is_tag ? 3 : 1], "commit") == 0)
      g_hash_table_replace (commits, g_strdup (words[0]), g_strdup (words[is_tag ? 4 : 2]));
  }
  return commits;
}

static void
on_fetched_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  g_autoptr (GHashTable) fetched = NULL;
  g_autofree char *mark = g_build_filename (poll->base.clone, COMPLETE_MARK, NULL);

  if (output == NULL || (poll->fresh && !g_file_set_contents (mark, "", 0, &local))) {
    fail_or_clone_anew (poll, g_steal_pointer (&local));
    return;
  }
  fetched = read_fetched (output);
  for (guint i = 0; i < poll->moved->len; i++) {
    const char *name = g_ptr_array_index (poll->moved, i);
    g_autofree char *ref = dup_local_ref (name);
    const char *id = g_hash_table_lookup (fetched, ref);

    if (id != NULL)
      json_object_set_string_member (poll->heads, name, id);
  }
  if (poll->base.seen == NULL)
    vcs_poll_tell (&poll->base, poll->heads);
  else
    read_log (poll);
}

/* 4: fetch */

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static const char *const words[] = { "for-each-ref",
                                       "--format=%(refname) %(objecttype) %(objectname) "
                                       "%(*objecttype) %(*objectname)",
                                       "refs/belfry/", NULL };
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL)
    fail_or_clone_anew (poll, g_steal_pointer (&local));
  else
    run (poll, words, NULL, NULL, on_fetched_listed);
}

static gboolean
collect_name (gpointer name, gpointer id, gpointer names)
{
  g_ptr_array_add (names, name);
  return FALSE;
}

static void
fetch (Poll *poll)
{
  static const char *const words[] = {
    "fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--", NULL
  };
  g_autoptr (GPtrArray) specs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  if (poll->fresh)
    g_tree_foreach (poll->refs->chosen, collect_name, names);
  else
    for (guint i = 0; i < poll->moved->len; i++)
      g_ptr_array_add (names, g_ptr_array_index (poll->moved, i));
  g_ptr_array_add (specs, g_strdup (poll->base.access->address));
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *ref = dup_local_ref (g_ptr_array_index (names, i));

    g_ptr_array_add (specs,
                     g_strconcat ("+", (const char *)g_ptr_array_index (names, i), ":", ref, NULL));
  }
  run (poll, words, specs, NULL, on_fetched);
}

/* 3: a clone to fetch into */

static void
on_initialized (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL)
    fail_or_clone_anew (poll, g_steal_pointer (&local));
  else
    fetch (poll);
}

static void
begin_clone (Poll *poll)
{
  static const char *const words[] = { "init", "--quiet", "--bare", "--template=", NULL };
  g_autofree char *mark = g_build_filename (poll->base.clone, COMPLETE_MARK, NULL);

  poll->fresh = !g_file_test (mark, G_FILE_TEST_EXISTS);
  if (poll->fresh)
    run (poll, words, NULL, NULL, on_initialized);
  else
    fetch (poll);
}

/* 2: what moved */

static gboolean
copy_known (gpointer name, gpointer id, gpointer data)
{
  Poll *poll = data;
  const char *before =
      poll->base.seen != NULL ? belfry_json_get_text (poll->base.seen, name) : NULL;

  if (before != NULL)
    json_object_set_string_member (poll->heads, name, before);
  return FALSE;
}

/* a name that is not there is skipped, and shown: once, not every poll */
static void
note_absent (Poll *poll)
{
  Git *git = poll->git;

  if (poll->refs->fallback != NULL && !git->told_fallback)
    belfry_instance_log (git->instance, G_LOG_LEVEL_WARNING,
                         "there is no branch 'master' there; watching '%s'",
                         git_ref_get_branch (poll->refs->fallback));
  git->told_fallback = poll->refs->fallback != NULL;
  for (guint i = 0; i < poll->refs->asked->len; i++)
    belfry_instance_log (
        git->instance, poll->base.seen == NULL ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO,
        "there is no branch '%s' there", (const char *)g_ptr_array_index (poll->refs->asked, i));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output != NULL)
    poll->refs = git_refs_read (poll->git->chooser, output, &local);
  if (poll->refs == NULL) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  note_absent (poll);
  poll->moved = git_refs_list_moved (poll->refs, poll->base.seen);
  g_tree_foreach (poll->refs->chosen, copy_known, poll);
  if (poll->moved->len > 0)
    begin_clone (poll);
  else if (poll->base.seen == NULL || git_refs_has_lost (poll->refs, poll->base.seen))
    vcs_poll_tell (&poll->base, poll->heads);
  else
    vcs_poll_finish (&poll->base);
}

/* 1: everything that is needed */

static gboolean
prepare_environment (Poll *poll, GError **error)
{
  static const char *const fixed[][2] = {
    { "GIT_TERMINAL_PROMPT", "0" },
    { "GIT_CONFIG_NOSYSTEM", "1" },
    { "GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file" },
    { "GIT_PROTOCOL_FROM_USER", "0" },
  };
  /* protection of a local repository from its owner is for who configured this poller */
  static const char settings[] = "[safe]\n\tdirectory = *\n[core]\n\thooksPath = /dev/null\n"
                                 "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
                                 "[log]\n\tshowSignature = false\n";
  VcsAccess *access = poll->base.access;
  g_autofree char *ssh = vcs_access_dup_ssh (access);
  g_autofree char *config = g_build_filename (access->workdir, "gitconfig", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    vcs_access_set (access, fixed[i][0], fixed[i][1]);
  vcs_access_set (access, "GIT_SSH_COMMAND", ssh);
  vcs_access_set (access, "GIT_CONFIG_GLOBAL", config);
  return g_file_set_contents (config, settings, -1, error);
}

/* git asks this program, once for the user and once for the password */
static gboolean
write_askpass (Poll *poll, GError **error)
{
  VcsAccess *access = poll->base.access;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  if (access->password == NULL)
    return TRUE;
  user = g_shell_quote (access->user != NULL ? access->user : "");
  password = g_shell_quote (access->password);
  text = g_strdup_printf ("#!/bin/sh\ncase \"$1\" in\nUsername*) printf '%%s\\n' %s ;;\n"
                          "*) printf '%%s\\n' %s ;;\nesac\n",
                          user, password);
  path = vcs_access_write (access, "askpass", text, 0700, error);
  if (path != NULL)
    vcs_access_set (access, "GIT_ASKPASS", path);
  return path != NULL;
}

static void
list_remote (Poll *poll)
{
  static const char *const words[] = { "ls-remote", "--symref", "--", NULL };
  const char *const *patterns = git_chooser_get_patterns (poll->git->chooser);
  g_autoptr (GPtrArray) more = g_ptr_array_new ();

  g_ptr_array_add (more, poll->base.access->address);
  for (guint i = 0; patterns[i] != NULL; i++)
    g_ptr_array_add (more, (gpointer)patterns[i]);
  run (poll, words, more, NULL, on_listed);
}

void
git_poll (gpointer self, JsonNode *state, GTask *task)
{
  Git *git = self;
  Poll *poll = vcs_poll_new (sizeof (Poll), git->instance, state, task, poll_clear);
  g_autoptr (GError) local = NULL;

  poll->git = git;
  poll->heads = json_object_new ();
  poll->bare = g_ptr_array_new_with_free_func (g_free);
  if (!vcs_poll_open (&poll->base, &git->keys, &local) || !prepare_environment (poll, &local) ||
      !write_askpass (poll, &local)) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  list_remote (poll);
}
