/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One poll: `pull` of the branches and bookmarks into a clone of its own, `log` of the branches'
 * heads, and one `log` for each that moved. What was seen last is kept by its node, since local
 * numbers mean nothing once a clone was made anew.
 *
 * hg(1): pull, log, bookmarks, help templates, help revsets.
 */
#include "hg-poll.h"

static void
hg_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Hg *hg = self;

  hg->instance = instance;
  hg->split = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  hg->version = (VcsVersion){ .program = hg->program, .major = 4, .minor = 2 };
  vcs_version_async (instance, &hg->version, task);
}

static void
hg_clear (gpointer self)
{
  Hg *hg = self;

  g_clear_pointer (&hg->split, g_hash_table_unref);
}

static void
hg_check (gconstpointer self, const BelfryCheck *check)
{
  static const char *const protocols[] = { "https", "http", "ssh", "file", NULL };
  const Hg *hg = self;

  vcs_check_protocol (check, protocols);
  if (hg->branch != NULL && hg->branches != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "branch",
                         "branches is given too; keep one of them");
}

/* clang-format off */
static const BelfryOption hg_options[] = {
  BELFRY_LIST (Hg, branches, "branches",
               .help = N_ ("named branches; absent: default, unless bookmarks are given")),
  BELFRY_STRING (Hg, branch, "branch", .help = N_ ("one named branch")),
  BELFRY_LIST (Hg, bookmarks, "bookmarks", .help = N_ ("bookmarks, watched like branches")),
  BELFRY_STRING (Hg, program, "hgbin", .default_text = "hg",
                 .help = N_ ("the program, 4.2 or later")),
  VCS_SSH_OPTIONS (Hg, keys),
  VCS_CREDENTIAL_OPTION (Hg, keys),
  { NULL },
};
/* clang-format on */

BELFRY_DEFINE_POLLER (
  .name          = "mercurial",
  .summary       = N_("Watches named branches and bookmarks of a Mercurial repository"),
  .options       = hg_options,
  .instance_size = sizeof (Hg),
  .needs         = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC | BELFRY_NEEDS_FILES,
  .check         = hg_check,
  .start         = hg_start,
  .clear         = hg_clear,
  .poll          = hg_poll,
);
