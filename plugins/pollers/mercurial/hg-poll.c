/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a poll, in the order of this file. What is watched is a list of marks: branches and
 * bookmarks alike, each at one node. hg refuses a pull of which one name is unknown; then each is
 * pulled by itself, so that one does not stop the others.
 */
#include "hg-poll.h"

#include "hg-log.h"

#include <string.h>

#define BRANCH   "branch/"
#define BOOKMARK "bookmark/"

typedef struct {
  VcsPoll base;
  Hg *hg;
  GPtrArray *marks; /* (element-type utf8) "branch/NAME", "bookmark/NAME" */
  guint next;       /* of the marks, where they are gone through one by one */
  JsonObject *heads;
  gboolean one_by_one;
  gboolean repaired;
} Poll;

static void begin_clone (Poll *poll);
static void pull (Poll *poll);
static void read_next (Poll *poll);

static void
poll_clear (gpointer data)
{
  Poll *poll = data;

  g_ptr_array_unref (poll->marks);
  json_object_unref (poll->heads);
}

static const char *
get_name (const char *mark)
{
  return strchr (mark, '/') + 1;
}

static void
run (Poll *poll, const char *const *words, GPtrArray *more, GAsyncReadyCallback callback)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *folder = g_strconcat ("--repository=", poll->base.clone, NULL);

  g_ptr_array_add (argv, poll->hg->program);
  if (strcmp (words[0], "init") != 0)
    g_ptr_array_add (argv, folder);
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer)words[i]);
  for (guint i = 0; more != NULL && i < more->len; i++)
    g_ptr_array_add (argv, g_ptr_array_index (more, i));
  g_ptr_array_add (argv, NULL);
  vcs_run_async (poll->base.access, (const char *const *)argv->pdata, NULL, callback, poll);
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL)
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
  else
    pull (poll);
}

/* ends the poll, or goes on with a clone that was mended or is new */
static void
fail_or_mend (Poll *poll, GError *error)
{
  static const char *const abandoned[] = { "abandoned transaction", NULL };
  static const char *const damage[] = {
    "integrity check failed", "corrupt",       "unknown compression", "revlog",
    "repository not found",   "requires file", "index file",          NULL
  };
  static const char *const words[] = { "recover", "--quiet", NULL };

  if (!poll->repaired && vcs_error_says (error, abandoned)) {
    g_error_free (error);
    poll->repaired = TRUE;
    run (poll, words, NULL, on_recovered);
  } else if (vcs_poll_clone_anew (&poll->base, error, damage)) {
    begin_clone (poll);
  }
}

/* 6: stored */

static gboolean
is_as_before (Poll *poll)
{
  g_autoptr (GList) marks = json_object_get_members (poll->heads);

  if (poll->base.seen == NULL ||
      json_object_get_size (poll->base.seen) != json_object_get_size (poll->heads))
    return FALSE;
  for (GList *item = marks; item != NULL; item = item->next)
    if (g_strcmp0 (belfry_json_get_text (poll->base.seen, item->data),
                   belfry_json_get_text (poll->heads, item->data)) != 0)
      return FALSE;
  return TRUE;
}

static void
tell (Poll *poll)
{
  if (is_as_before (poll)) {
    vcs_poll_finish (&poll->base);
    return;
  }
  vcs_poll_drop_oldest (&poll->base);
  vcs_poll_tell (&poll->base, poll->heads);
}

/* 5: what is new on each mark that moved */

static const char *
get_seen (Poll *poll, const char *mark)
{
  const char *node = poll->base.seen != NULL ? belfry_json_get_text (poll->base.seen, mark) : NULL;

  return node != NULL && hg_node_is_valid (node) ? node : NULL;
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL) {
    fail_or_mend (poll, g_steal_pointer (&local));
    return;
  }
  poll->base.left_out += (guint)g_bytes_get_size (output) - poll->base.most;
  read_next (poll);
}

static void
run_log (
    Poll *poll, const char *mark, guint most, const char *template, GAsyncReadyCallback callback)
{
  static const char *const words[] = { "log", "--rev", NULL };
  g_autoptr (GPtrArray) more = g_ptr_array_new ();
  g_autofree char *range =
      hg_log_dup_range (get_seen (poll, mark), belfry_json_get_text (poll->heads, mark), most);

  g_ptr_array_add (more, range);
  g_ptr_array_add (more, (gpointer) "--template");
  g_ptr_array_add (more, (gpointer) template);
  run (poll, words, more, callback);
}

static void
on_log_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  const char *mark = g_ptr_array_index (poll->marks, poll->next - 1);
  const char *encoding = belfry_instance_get_host_value (poll->hg->instance, "encoding");
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  g_autoptr (GPtrArray) changes =
      output != NULL ? hg_log_read (output, get_name (mark), encoding, &local) : NULL;
  gboolean too_many = changes != NULL && changes->len > poll->base.most;

  if (changes == NULL) {
    fail_or_mend (poll, g_steal_pointer (&local));
    return;
  }
  for (guint i = too_many ? 1 : 0; i < changes->len; i++)
    g_ptr_array_add (poll->base.changes, belfry_record_ref (g_ptr_array_index (changes, i)));
  if (too_many)
    run_log (poll, mark, G_MAXINT32, "x", on_counted);
  else
    read_next (poll);
}

static void
read_next (Poll *poll)
{
  while (poll->next < poll->marks->len) {
    const char *mark = g_ptr_array_index (poll->marks, poll->next++);
    const char *head = belfry_json_get_text (poll->heads, mark);
    const char *seen = get_seen (poll, mark);

    if (head == NULL || seen == NULL || strcmp (head, seen) == 0)
      continue;
    run_log (poll, mark, poll->base.most + 1, HG_LOG_TEMPLATE, on_log_read);
    return;
  }
  tell (poll);
}

/* 4: where the marks are */

static void
take_branch (Poll *poll, const char *mark, GPtrArray *nodes)
{
  Hg *hg = poll->hg;

  if (nodes->len == 1) {
    g_hash_table_remove (hg->split, mark);
    json_object_set_string_member (poll->heads, mark, g_ptr_array_index (nodes, 0));
    return;
  }
  if (g_hash_table_add (hg->split, g_strdup (mark)))
    belfry_instance_log (hg->instance, G_LOG_LEVEL_WARNING,
                         "'%s' has %u heads; it is not followed until they are merged",
                         get_name (mark), nodes->len);
}

static void
take_heads (Poll *poll, GBytes *output, const char *kind)
{
  g_autoptr (GHashTable) heads = hg_heads_read (output);

  for (guint i = 0; i < poll->marks->len; i++) {
    const char *mark = g_ptr_array_index (poll->marks, i);
    GPtrArray *nodes =
        g_str_has_prefix (mark, kind) ? g_hash_table_lookup (heads, get_name (mark)) : NULL;

    if (nodes != NULL)
      take_branch (poll, mark, nodes);
  }
}

static void
on_bookmarks_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL) {
    fail_or_mend (poll, g_steal_pointer (&local));
    return;
  }
  take_heads (poll, output, BOOKMARK);
  read_next (poll);
}

static void
on_heads_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static const char *const words[] = { "bookmarks", "--template", HG_BOOKMARKS_TEMPLATE, NULL };
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL) {
    fail_or_mend (poll, g_steal_pointer (&local));
    return;
  }
  take_heads (poll, output, BRANCH);
  poll->next = 0;
  if (poll->hg->bookmarks != NULL)
    run (poll, words, NULL, on_bookmarks_read);
  else
    read_next (poll);
}

static void
read_heads (Poll *poll)
{
  static const char *const words[] = { "log",        "--rev",           "head() and not closed()",
                                       "--template", HG_HEADS_TEMPLATE, NULL };

  run (poll, words, NULL, on_heads_read);
}

/* 3: pull */

/* what hg says of a name that the repository has not */
static const char *const unknown[] = { "unknown branch", "bookmark", "unknown revision", NULL };

static void
on_pulled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  gboolean is_unknown = output == NULL && vcs_error_says (local, unknown);

  if (output == NULL && !is_unknown) {
    fail_or_mend (poll, g_steal_pointer (&local));
    return;
  }
  if (is_unknown && poll->one_by_one)
    belfry_instance_log (
        poll->hg->instance, poll->base.seen == NULL ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO,
        "there is no '%s' there", get_name (g_ptr_array_index (poll->marks, poll->next)));
  if (poll->one_by_one)
    poll->next++;
  poll->one_by_one = poll->one_by_one || is_unknown;
  if (poll->one_by_one && poll->next < poll->marks->len)
    pull (poll);
  else
    read_heads (poll);
}

static void
add_mark (GPtrArray *words, const char *mark)
{
  g_ptr_array_add (words,
                   g_strconcat (g_str_has_prefix (mark, BRANCH) ? "--branch=" : "--bookmark=",
                                get_name (mark), NULL));
}

static void
pull (Poll *poll)
{
  static const char *const words[] = { "pull", "--quiet", NULL };
  g_autoptr (GPtrArray) more = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < poll->marks->len; i++)
    if (!poll->one_by_one || i == poll->next)
      add_mark (more, g_ptr_array_index (poll->marks, i));
  g_ptr_array_add (more, g_strdup ("--"));
  g_ptr_array_add (more, g_strdup (poll->base.access->address));
  run (poll, words, more, on_pulled);
}

/* 2: a clone to pull into */

static void
on_initialized (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);

  if (output == NULL)
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
  else
    pull (poll);
}

static void
begin_clone (Poll *poll)
{
  const char *const words[] = { "init", "--", poll->base.clone, NULL };
  g_autofree char *inner = g_build_filename (poll->base.clone, ".hg", NULL);

  poll->next = 0;
  poll->one_by_one = FALSE;
  if (g_file_test (inner, G_FILE_TEST_IS_DIR))
    pull (poll);
  else
    run (poll, words, NULL, on_initialized);
}

/* 1: everything that is needed */

/* the only configuration that hg reads */
static gboolean
write_config (Poll *poll, GError **error)
{
  VcsAccess *access = poll->base.access;
  g_autofree char *ssh = vcs_access_dup_ssh (access);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *path = NULL;

  g_string_append_printf (text, "[ui]\ninteractive = no\nssh = %s\n", ssh);
  if (access->password != NULL && strpbrk (access->password, "\r\n") == NULL)
    g_string_append_printf (text,
                            "[auth]\nbelfry.prefix = *\nbelfry.schemes = http https\n"
                            "belfry.username = %s\nbelfry.password = %s\n",
                            access->user != NULL ? access->user : "", access->password);
  path = vcs_access_write (access, "hgrc", text->str, 0600, error);
  explicit_bzero (text->str, text->len);
  if (path == NULL)
    return FALSE;
  vcs_access_set (access, "HGRCPATH", path);
  vcs_access_set (access, "HGPLAIN", "1");
  vcs_access_set (access, "HGENCODING", "UTF-8");
  vcs_access_set (access, "HGENCODINGMODE", "replace");
  return TRUE;
}

static void
add_marks (Poll *poll, const char *kind, char **names)
{
  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    char *mark = g_strconcat (kind, names[i], NULL);
    const char *before = NULL;

    g_ptr_array_add (poll->marks, mark);
    before = get_seen (poll, mark);
    if (before != NULL)
      json_object_set_string_member (poll->heads, mark, before);
  }
}

static void
add_all_marks (Poll *poll)
{
  const Hg *hg = poll->hg;
  char *one[] = { hg->branch, NULL };
  char *usual[] = { (char *)"default", NULL };

  if (hg->branch != NULL)
    add_marks (poll, BRANCH, one);
  else if (hg->branches != NULL || hg->bookmarks != NULL)
    add_marks (poll, BRANCH, hg->branches);
  else
    add_marks (poll, BRANCH, usual);
  add_marks (poll, BOOKMARK, hg->bookmarks);
}

void
hg_poll (gpointer self, JsonNode *state, GTask *task)
{
  Hg *hg = self;
  Poll *poll = vcs_poll_new (sizeof (Poll), hg->instance, state, task, poll_clear);
  g_autoptr (GError) local = NULL;

  poll->hg = hg;
  poll->heads = json_object_new ();
  poll->marks = g_ptr_array_new_with_free_func (g_free);
  add_all_marks (poll);
  if (!vcs_poll_open (&poll->base, &hg->keys, &local) || !write_config (poll, &local)) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  begin_clone (poll);
}
