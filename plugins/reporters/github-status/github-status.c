/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paints commits on GitHub, as Buildbot's GitHubStatusPush does, and, with `repo-owner` and
 * `repo-name`, as the GitHubStatus of Buildbot 0.8.
 */
#include "github-status.h"

static const BelfryOption github_status_options[] = {
  BELFRY_SECRET (GithubStatus,
                 commits.token,
                 "token",
                 .required = TRUE,
                 .help = N_ ("token of a user or an app that may write commit statuses")),
  BELFRY_URL (GithubStatus,
              commits.base_url,
              "base-url",
              .default_text = "https://api.github.com",
              .help = N_ ("root of the API, for GitHub Enterprise")),
  BELFRY_RENDERED (GithubStatus,
                   repo_owner,
                   "repo-owner",
                   .help = N_ ("owner of the repository, instead of what the source stamp says; "
                               "warnings then count as errors")),
  BELFRY_RENDERED (GithubStatus, repo_name, "repo-name", .help = N_ ("name of that repository")),
  BELFRY_RENDERED (GithubStatus,
                   sha,
                   "sha",
                   .default_text = "%(src::revision)s",
                   .help = N_ ("commit in that repository")),
  BELFRY_FORGE_COMMITS_ROWS (GithubStatus, commits),
  { NULL },
};

static void
github_status_check (gconstpointer self, const BelfryCheck *check)
{
  const GithubStatus *status = self;

  belfry_forge_commits_check (&status->commits, check);
  if ((status->repo_owner != NULL) != (status->repo_name != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         status->repo_owner != NULL ? "repo-owner" : "repo-name",
                         "'repo-owner' and 'repo-name' go together");
  else if (status->repo_owner != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section, "repo-owner",
                         "with it builds with warnings are shown as errors, as Buildbot 0.8 did");
  else if (belfry_section_find (check->section, "sha") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "sha",
                         "'sha' needs 'repo-owner' and 'repo-name'");
}

static guint
github_status_choose_phases (gconstpointer self)
{
  const GithubStatus *status = self;

  return belfry_forge_choose_phases (status->commits.report_pending);
}

static void
github_status_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GithubStatus *status = self;

  belfry_forge_start (&status->commits.http, instance, task);
}

static void
github_status_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  GithubStatus *status = self;

  belfry_forge_deliver (&github_status_post, self, &status->commits.http, &status->commits.words,
                        item, task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "github-status",
  .summary       = N_("Shows builds as commit statuses on GitHub"),
  .family        = BELFRY_FAMILY_PAINTER,
  .phases        = BELFRY_FORGE_PHASES,
  .options       = github_status_options,
  .instance_size = sizeof (GithubStatus),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = github_status_check,
  .start         = github_status_start,
  .plan          = github_status_plan,
  .choose_phases = github_status_choose_phases,
  .deliver       = github_status_deliver,
);
