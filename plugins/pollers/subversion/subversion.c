/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One poll: `svn info` for the root and the youngest revision; where that is newer than what was
 * seen, `svn log` from there back to it, in batches. There is no clone; the folder holds the
 * program's own configuration, which is empty.
 *
 * svn(1), "svn help log", the RELAX NG schemas of its XML output.
 */
#include "svn-poll.h"

static void
svn_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Svn *svn = self;
  g_autoptr (GError) local = NULL;

  svn->instance = instance;
  svn->splitter = svn_splitter_new (svn->split_file, svn->split_tags, &local);
  if (svn->splitter == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  svn->version = (VcsVersion){ .program = svn->program, .major = 1, .minor = 10 };
  vcs_version_async (instance, &svn->version, task);
}

static void
svn_clear (gpointer self)
{
  Svn *svn = self;

  g_clear_pointer (&svn->splitter, svn_splitter_free);
}

/* options that run programs, read other configuration, or show secrets */
static gboolean
is_refused (const char *argument)
{
  static const char *const refused[] = { "--config",   "--editor", "--diff",    "--merge",
                                         "--password", "--file",   "--targets", "--username" };

  if (argument[0] != '-' || argument[1] != '-' || argument[2] == '\0')
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (g_str_has_prefix (argument, refused[i]))
      return TRUE;
  return FALSE;
}

static void
svn_check (gconstpointer self, const BelfryCheck *check)
{
  static const char *const protocols[] = { "https", "http", "svn", "svn+ssh", "file", NULL };
  const Svn *svn = self;
  g_autoptr (GError) local = NULL;
  g_autoptr (SvnSplitter) splitter = svn_splitter_new (svn->split_file, svn->split_tags, &local);

  vcs_check_protocol (check, protocols);
  if (splitter == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "split-file", "%s",
                         local->message);
  if (svn->password != NULL && svn->user == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "svnpasswd",
                         "a password needs its user; write svnuser too");
  for (guint i = 0; svn->extra != NULL && svn->extra[i] != NULL; i++)
    if (is_refused (svn->extra[i]))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "extra-args",
                           "'%s' is not taken here", svn->extra[i]);
}

static const BelfryDefault svn_defaults[] = {
  { "use-timestamps", "false" },
  { NULL, NULL },
};

/* clang-format off */
static const BelfryOption svn_options[] = {
  BELFRY_STRING (Svn, split_file, "split-file", .default_text = "none",
                 .help = N_ ("none, branches, projects-branches, or a regex with groups named "
                             "project, branch and path")),
  BELFRY_BOOLEAN (Svn, split_tags, "split-tags", .default_text = "false",
                  .help = N_ ("tags/NAME is a branch too")),
  BELFRY_STRING (Svn, user, "svnuser", .help = N_ ("who asks")),
  BELFRY_SECRET (Svn, password, "svnpasswd", .help = N_ ("the password of svnuser")),
  BELFRY_INTEGER (Svn, most_entries, "histmax", .default_text = "100", .minimum = 1,
                  .maximum = 10000, .help = N_ ("log entries read at once")),
  BELFRY_STRING (Svn, revlink, "revlinktmpl",
                 .help = N_ ("address of a revision, with %s for its number")),
  BELFRY_STRING (Svn, program, "svnbin", .default_text = "svn",
                 .help = N_ ("the program, 1.10 or later")),
  BELFRY_LIST (Svn, extra, "extra-args", .help = N_ ("further options of the program")),
  VCS_SSH_OPTIONS (Svn, keys),
  { NULL },
};
/* clang-format on */

BELFRY_DEFINE_POLLER (
  .name          = "subversion",
  .summary       = N_("Watches a Subversion repository, or a folder in it"),
  .options       = svn_options,
  .defaults      = svn_defaults,
  .instance_size = sizeof (Svn),
  .needs         = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC | BELFRY_NEEDS_FILES,
  .check         = svn_check,
  .start         = svn_start,
  .clear         = svn_clear,
  .poll          = svn_poll,
);
