/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One log tells of all commits that no remembered head reaches, whichever branches they are on. A
 * commit is new on each branch from whose head it can be reached, so one that came to two branches
 * at once is two changes, as it would be had the branches been polled one after the other.
 */
#include "git-log.h"

#include "git-refs.h"
#include "vcs.h"

#include <string.h>

typedef struct {
  guint index;
  char *id;
  char **parents;
  gint64 time_us;
  char *author;
  char *committer;
  char *comments;
  char **files;
} Commit;

struct _GitLog {
  GPtrArray *commits; /* (element-type Commit) oldest first */
  GHashTable *by_id;  /* id → Commit (borrowed) */
};

static void
commit_free (gpointer data)
{
  Commit *commit = data;

  g_free (commit->id);
  g_strfreev (commit->parents);
  g_free (commit->author);
  g_free (commit->committer);
  g_free (commit->comments);
  g_strfreev (commit->files);
  g_free (commit);
}

void
git_log_free (GitLog *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_id);
  g_ptr_array_unref (self->commits);
  g_free (self);
}

guint
git_log_get_length (const GitLog *self)
{
  return self->commits->len;
}

static char *
dup_comments (const char *text, const char *encoding)
{
  gsize length = strlen (text);

  while (length > 0 && text[length - 1] == '\n')
    length--;
  return vcs_text_new (text, (gssize)length, encoding);
}

/* a line end, then names, then an empty one; or the empty one at once */
static char **
read_files (const char **at, const char *end, const char *encoding)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *name = NULL;

  if (*at < end && **at == '\n')
    (*at)++;
  while ((name = vcs_next_field (at, end)) != NULL && *name != '\0') {
    g_autofree char *text = vcs_text_new (name, -1, encoding);

    g_strv_builder_add (builder, text);
  }
  return g_strv_builder_end (builder);
}

static Commit *
read_commit (const char **at, const char *end, const char *encoding)
{
  const char *fields[6] = { NULL };
  Commit *commit = NULL;
  gint64 seconds = 0;

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    fields[i] = vcs_next_field (at, end);
    if (fields[i] == NULL)
      return NULL;
  }
  if (!git_id_is_valid (fields[0]) ||
      !belfry_parse_integer (fields[2], 0, G_MAXINT64 / G_USEC_PER_SEC, &seconds, NULL))
    return NULL;
  commit = g_new0 (Commit, 1);
  commit->id = g_strdup (fields[0]);
  commit->parents = g_strsplit (fields[1], " ", -1);
  commit->time_us = seconds * G_USEC_PER_SEC;
  commit->author = vcs_text_new (fields[3], -1, encoding);
  commit->committer = vcs_text_new (fields[4], -1, encoding);
  commit->comments = dup_comments (fields[5], encoding);
  commit->files = read_files (at, end, encoding);
  return commit;
}

GitLog *
git_log_read (GBytes *output, const char *encoding, GError **error)
{
  g_autoptr (GitLog) self = g_new0 (GitLog, 1);
  gsize bytes = 0;
  const char *at = g_bytes_get_data (output, &bytes);
  const char *end = at + bytes;

  self->commits = g_ptr_array_new_with_free_func (commit_free);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  while (at < end) {
    Commit *commit = read_commit (&at, end, encoding);

    if (commit == NULL) {
      g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                           "git printed a log that cannot be read");
      return NULL;
    }
    commit->index = self->commits->len;
    g_ptr_array_add (self->commits, commit);
    g_hash_table_replace (self->by_id, commit->id, commit);
  }
  return g_steal_pointer (&self);
}

void
git_log_keep_newest (GitLog *self, guint most)
{
  guint drop = self->commits->len > most ? self->commits->len - most : 0;

  for (guint i = 0; i < drop; i++)
    g_hash_table_remove (self->by_id, ((Commit *)g_ptr_array_index (self->commits, i))->id);
  if (drop > 0)
    g_ptr_array_remove_range (self->commits, 0, drop);
  for (guint i = 0; i < self->commits->len; i++)
    ((Commit *)g_ptr_array_index (self->commits, i))->index = i;
}

/* set of the commits that @walk reaches */
static GHashTable *
walk_from (GitLog *self, const GitWalk *walk)
{
  GHashTable *reached = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) open = g_ptr_array_new ();

  g_ptr_array_add (open, (gpointer)walk->head);
  while (open->len > 0) {
    const char *id = g_ptr_array_steal_index_fast (open, open->len - 1);
    Commit *commit = g_hash_table_lookup (self->by_id, id);

    if (commit == NULL || !g_hash_table_add (reached, commit))
      continue;
    for (guint i = 0; commit->parents[i] != NULL && (i == 0 || !walk->first_parent); i++)
      g_ptr_array_add (open, commit->parents[i]);
  }
  return reached;
}

static BelfryChange *
make_change (const Commit *commit, const GitWalk *walk)
{
  BelfryChange *change = belfry_change_new ();
  gboolean is_merge = g_strv_length (commit->parents) > 1;

  belfry_record_set_text (&change->revision, commit->id);
  belfry_record_set_text (&change->branch, walk->branch);
  belfry_record_set_text (&change->author, commit->author);
  belfry_record_set_text (&change->committer, commit->committer);
  belfry_record_set_text (&change->comments, commit->comments);
  belfry_record_set_text (&change->src, "git");
  change->when_timestamp = commit->time_us;
  g_strfreev (change->files);
  change->files = g_strdupv (commit->files);
  change->files_unknown = !walk->files || (is_merge && !walk->merges_known);
  return change;
}

guint
git_log_add_changes (GitLog *self, const GitWalk *walk, GPtrArray *changes)
{
  g_autoptr (GHashTable) reached = walk_from (self, walk);
  guint added = 0;

  for (guint i = 0; i < self->commits->len; i++) {
    Commit *commit = g_ptr_array_index (self->commits, i);

    if (!g_hash_table_contains (reached, commit))
      continue;
    g_ptr_array_add (changes, make_change (commit, walk));
    added++;
  }
  return added;
}

static guint
get_index (GitLog *self, const BelfryChange *change)
{
  const Commit *commit = g_hash_table_lookup (self->by_id, change->revision);

  return commit != NULL ? commit->index : G_MAXUINT;
}

/* from where on the log may be told so that no more than @most changes come of it */
static guint
find_start (GitLog *self, GPtrArray *changes, guint most)
{
  g_autofree guint *counts = g_new0 (guint, self->commits->len + 1);
  guint left = most;
  guint index = self->commits->len;

  for (guint i = 0; i < changes->len; i++)
    counts[MIN (get_index (self, g_ptr_array_index (changes, i)), self->commits->len)]++;
  while (index > 0 && counts[index - 1] <= left) {
    index--;
    left -= counts[index];
  }
  return index;
}

guint
git_log_cap (GitLog *self, GPtrArray *changes, guint most)
{
  guint before = changes->len;
  guint start = 0;

  if (before <= most)
    return 0;
  start = find_start (self, changes, most);
  for (guint i = changes->len; i > 0; i--)
    if (get_index (self, g_ptr_array_index (changes, i - 1)) < start)
      g_ptr_array_remove_index (changes, i - 1);
  return before - changes->len;
}
