/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One poll: `ls-remote`; where a ref moved, one `fetch` into a bare clone, `for-each-ref` to see
 * what came, and one `log` of all that the remembered heads do not reach. The clone's refs are
 * named by digests of the remote's names, so that no name of a stranger's becomes a path or an
 * option. What was seen is the host's to keep: a clone that is ahead of it, because the daemon died
 * between fetch and commit, does no harm.
 *
 * git-ls-remote(1), git-fetch(1), git-log(1).
 */
#include "git-poll.h"

static void
git_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Git *git = self;
  const char *const branch[] = { git->branch, NULL };
  g_autoptr (GError) local = NULL;

  git->instance = instance;
  git->chooser = git_chooser_new (git->branch != NULL ? branch : (const char *const *)git->branches,
                                  git->only_tags, &local);
  if (git->chooser == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  git->version = (VcsVersion){ .program = git->program, .major = 2, .minor = 20 };
  vcs_version_async (instance, &git->version, task);
}

static void
git_clear (gpointer self)
{
  Git *git = self;

  g_clear_pointer (&git->chooser, git_chooser_free);
}

static void
git_check (gconstpointer self, const BelfryCheck *check)
{
  static const char *const protocols[] = { "https", "http", "ssh", "git", "file", NULL };
  const Git *git = self;
  g_autoptr (GitChooser) chooser = NULL;
  g_autoptr (GError) local = NULL;

  vcs_check_protocol (check, protocols);
  if (git->branch != NULL && git->branches != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "branch",
                         "branches is given too; keep one of them");
  if (git->only_tags && (git->branch != NULL || git->branches != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "only-tags",
                         "it leaves no branch to be watched; take branch and branches out");
  chooser = git_chooser_new ((const char *const *)git->branches, git->only_tags, &local);
  if (chooser == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "branches", "%s",
                         local->message);
}

/* clang-format off */
static const BelfryOption git_options[] = {
  BELFRY_LIST (Git, branches, "branches",
               .help = N_ ("names, globs, or regexes between slashes over full names; true: all "
                           "branches; absent: master, or where there is none, the remote's HEAD")),
  BELFRY_STRING (Git, branch, "branch", .help = N_ ("one branch")),
  BELFRY_BOOLEAN (Git, only_tags, "only-tags", .default_text = "false",
                  .help = N_ ("watch tags instead of branches")),
  BELFRY_BOOLEAN (Git, pushes_without_commits, "build-pushes-with-no-commits",
                  .default_text = "false",
                  .help = N_ ("a branch that moved to a commit seen before is a change too")),
  BELFRY_BOOLEAN (Git, first_parent, "first-parent", .default_text = "false",
                  .help = N_ ("walk along first parents only, so that a merge is one change")),
  BELFRY_STRING (Git, program, "gitbin", .default_text = "git",
                 .help = N_ ("the program, 2.20 or later")),
  VCS_SSH_OPTIONS (Git, keys),
  VCS_CREDENTIAL_OPTION (Git, keys),
  { NULL },
};
/* clang-format on */

BELFRY_DEFINE_POLLER (
  .name          = "git",
  .summary       = N_("Watches branches or tags of a git repository"),
  .options       = git_options,
  .instance_size = sizeof (Git),
  .needs         = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC | BELFRY_NEEDS_FILES,
  .check         = git_check,
  .start         = git_start,
  .clear         = git_clear,
  .poll          = git_poll,
);
