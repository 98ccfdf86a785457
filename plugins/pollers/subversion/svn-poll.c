/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a poll, in the order of this file. The log is read from the youngest revision
 * backwards, so that the newest are had where there are more than may be taken; it is told in its
 * right order.
 */
#include "svn-poll.h"

#include <string.h>

typedef struct {
  VcsPoll base;
  Svn *svn;
  char *target;
  char *config;
  char *prefix;
  gint64 last_seen; /* -1: this is the first poll */
  gint64 head;
  gint64 from;        /* of the next batch */
  GPtrArray *entries; /* (element-type SvnEntry) newest first */
  GPtrArray *batches; /* (element-type GPtrArray) own the entries */
} Poll;

static void read_batch (Poll *poll);

static void
poll_clear (gpointer data)
{
  Poll *poll = data;

  g_free (poll->target);
  g_free (poll->config);
  g_free (poll->prefix);
  g_ptr_array_unref (poll->entries);
  g_ptr_array_unref (poll->batches);
}

/* @peg: of the target; without one an @ in its name would be taken for it */
static void
run (Poll *poll, const char *const *words, const char *peg, GAsyncReadyCallback callback)
{
  Svn *svn = poll->svn;
  VcsAccess *access = poll->base.access;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *target = g_strdup_printf ("%s@%s", poll->target, peg);
  g_autoptr (GBytes) input = NULL;
  const char *const always[] = { "--xml", "--non-interactive", "--no-auth-cache", "--config-dir",
                                 poll->config };

  g_ptr_array_add (argv, svn->program);
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer)words[i]);
  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_ptr_array_add (argv, (gpointer)always[i]);
  if (access->user != NULL && access->password != NULL) {
    g_ptr_array_add (argv, (gpointer) "--username");
    g_ptr_array_add (argv, access->user);
    g_ptr_array_add (argv, (gpointer) "--password-from-stdin");
    input = g_bytes_new (access->password, strlen (access->password));
  }
  for (guint i = 0; svn->extra != NULL && svn->extra[i] != NULL; i++)
    g_ptr_array_add (argv, svn->extra[i]);
  g_ptr_array_add (argv, (gpointer) "--");
  g_ptr_array_add (argv, target);
  g_ptr_array_add (argv, NULL);
  vcs_run_async (access, (const char *const *)argv->pdata, input, callback, poll);
}

/* 4: stored */

static void
set_link (Poll *poll, BelfryChange *change)
{
  g_auto (GStrv) parts = NULL;

  if (poll->svn->revlink == NULL)
    return;
  parts = g_strsplit (poll->svn->revlink, "%s", -1);
  g_free (change->revlink);
  change->revlink = g_strjoinv (change->revision, parts);
}

static void
make_changes (Poll *poll)
{
  for (guint i = poll->entries->len; i > 0; i--)
    svn_splitter_add_changes (poll->svn->splitter, g_ptr_array_index (poll->entries, i - 1),
                              poll->prefix, poll->base.changes);
  vcs_poll_drop_oldest (&poll->base);
  for (guint i = 0; i < poll->base.changes->len; i++)
    set_link (poll, g_ptr_array_index (poll->base.changes, i));
}

static void
tell (Poll *poll)
{
  g_autoptr (JsonObject) heads = json_object_new ();
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, poll->head);

  make_changes (poll);
  json_object_set_string_member (heads, "revision", text);
  vcs_poll_tell (&poll->base, heads);
}

/* 3: the log, newest first */

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  g_autoptr (GPtrArray) entries = output != NULL ? svn_log_read (output, &local) : NULL;

  if (entries == NULL) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  poll->base.left_out = entries->len;
  tell (poll);
}

static void
run_log (Poll *poll, const char *detail, const char *limit, GAsyncReadyCallback callback)
{
  g_autofree char *range = g_strdup_printf ("--revision=%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
                                            poll->from, poll->last_seen + 1);
  g_autofree char *peg = g_strdup_printf ("%" G_GINT64_FORMAT, poll->head);
  const char *const words[] = { "log", range, detail, limit, NULL };

  run (poll, words, peg, callback);
}

static void
on_log_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  GPtrArray *entries = output != NULL ? svn_log_read (output, &local) : NULL;

  if (entries == NULL) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  g_ptr_array_add (poll->batches, entries);
  for (guint i = 0; i < entries->len; i++) {
    g_ptr_array_add (poll->entries, g_ptr_array_index (entries, i));
    poll->from = ((SvnEntry *)g_ptr_array_index (entries, i))->revision - 1;
  }
  if (entries->len < poll->svn->most_entries || poll->from <= poll->last_seen)
    tell (poll);
  else if (poll->entries->len >= poll->base.most)
    run_log (poll, "--quiet", NULL, on_counted);
  else
    read_batch (poll);
}

static void
read_batch (Poll *poll)
{
  g_autofree char *limit = g_strdup_printf ("--limit=%" G_GINT64_FORMAT, poll->svn->most_entries);

  run_log (poll, "--verbose", limit, on_log_read);
}

/* 2: the youngest revision */

static void
on_info_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Poll *poll = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) output = vcs_run_finish (result, &local);
  g_autoptr (SvnInfo) info = output != NULL ? svn_info_read (output, &local) : NULL;

  if (info != NULL)
    poll->prefix = svn_info_dup_prefix (info, &local);
  if (poll->prefix == NULL) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  poll->head = info->head;
  poll->from = info->head;
  if (poll->last_seen < 0)
    tell (poll);
  else if (info->last <= poll->last_seen)
    vcs_poll_finish (&poll->base);
  else
    read_batch (poll);
}

/* 1: everything that is needed */

static void
set_target (Poll *poll)
{
  const char *address = poll->base.access->address;
  gsize length = 0;

  poll->target =
      g_path_is_absolute (address) ? g_filename_to_uri (address, NULL, NULL) : g_strdup (address);
  length = strlen (poll->target);
  if (length > 1 && poll->target[length - 1] == '/')
    poll->target[length - 1] = '\0';
}

static void
take_user (VcsAccess *access, const Svn *svn)
{
  if (svn->user == NULL)
    return;
  g_free (access->user);
  access->user = g_strdup (svn->user);
  g_free (access->password);
  access->password =
      g_strdup (svn->password != NULL ? belfry_secret_get_value (svn->password) : "");
}

static gint64
read_seen (JsonObject *heads)
{
  const char *revision = heads != NULL ? belfry_json_get_text (heads, "revision") : NULL;
  gint64 seen = -1;

  if (revision != NULL)
    belfry_parse_integer (revision, 0, G_MAXINT32, &seen, NULL);
  return seen;
}

void
svn_poll (gpointer self, JsonNode *state, GTask *task)
{
  static const char *const words[] = { "info", NULL };
  Svn *svn = self;
  Poll *poll = vcs_poll_new (sizeof (Poll), svn->instance, state, task, poll_clear);
  g_autofree char *ssh = NULL;
  g_autoptr (GError) local = NULL;

  poll->svn = svn;
  poll->last_seen = read_seen (poll->base.seen);
  poll->entries = g_ptr_array_new ();
  poll->batches = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  if (!vcs_poll_open (&poll->base, &svn->keys, &local)) {
    vcs_poll_fail (&poll->base, g_steal_pointer (&local));
    return;
  }
  ssh = vcs_access_dup_ssh (poll->base.access);
  vcs_access_set (poll->base.access, "SVN_SSH", ssh);
  take_user (poll->base.access, svn);
  set_target (poll);
  poll->config = g_build_filename (poll->base.access->workdir, "svn-config", NULL);
  run (poll, words, "", on_info_read);
}
