/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commit statuses of GitHub: one for each source stamp with a revision, or, where the options of
 * Buildbot 0.8 name repository and commit, one for those. Format: "REST API endpoints for commit
 * statuses" of GitHub's documentation.
 */
#include "github-status.h"

#define MAX_DESCRIPTION 140

static const BelfryForgeStates states = {
  .queued = "pending",
  .dropped = "error",
  .started = "pending",
  .ended = {
    [BELFRY_RESULT_SUCCESS] = "success",
    [BELFRY_RESULT_WARNINGS] = "success",
    [BELFRY_RESULT_FAILURE] = "failure",
    [BELFRY_RESULT_SKIPPED] = "success",
    [BELFRY_RESULT_RETRY] = "pending",
  },
  .other = "error",
};

/* its states but for warnings */
static const BelfryForgeStates states_of_08 = {
  .queued = "pending",
  .dropped = "error",
  .started = "pending",
  .ended = {
    [BELFRY_RESULT_SUCCESS] = "success",
    [BELFRY_RESULT_FAILURE] = "failure",
    [BELFRY_RESULT_SKIPPED] = "success",
    [BELFRY_RESULT_RETRY] = "pending",
  },
  .other = "error",
};

static const BelfryForgeService service = {
  .sent = "Status {what}",
  .failure = "Failed to update {what}. http {code}, {answer}",
  .needs = "a token with 'Commit statuses: write' for the repository",
};

static char *
fit_description (const char *text)
{
  return belfry_reports_cut (text, MAX_DESCRIPTION);
}

static void
add_commit (const BelfryForgeStatus *said, const char *owner, const char *name, const char *sha)
{
  g_autofree char *description = fit_description (said->description);

  belfry_forge_commits_add (said, "", owner, name, sha, description);
}

static void
add_stamp (const BelfryForgeStatus *said,
           gconstpointer reporter,
           JsonObject *stamp,
           const char *revision)
{
  g_autofree char *owner = NULL;
  g_autofree char *name = NULL;

  if (belfry_forge_find_repository (stamp, &owner, &name))
    add_commit (said, owner, name, revision);
  else
    belfry_forge_status_skip (said, stamp, "its source stamp names no repository");
}

/* what a rendered option yields where what it names is not there */
static gboolean
is_nothing (const char *text)
{
  static const char *const words[] = { "", "None", "null", "False", "false", NULL };

  return g_strv_contains (words, text);
}

static gboolean
add_named (const BelfryForgeStatus *said, const GithubStatus *status, GError **error)
{
  g_autofree char *owner = belfry_forge_render (status->repo_owner, said->build, error);
  g_autofree char *name =
      owner != NULL ? belfry_forge_render (status->repo_name, said->build, error) : NULL;
  g_autofree char *sha =
      name != NULL ? belfry_forge_render (status->sha, said->build, error) : NULL;

  if (sha == NULL)
    return FALSE;
  if (is_nothing (sha))
    belfry_forge_log (said->http, "GitHubStatus: No revision found.");
  else if (is_nothing (owner) || is_nothing (name))
    belfry_forge_log (said->http, "GitHubStatus: repo-owner or repo-name is empty for this build");
  else
    add_commit (said, owner, name, sha);
  return TRUE;
}

/* as 0.8 had it: one status, and its place by name */
static gboolean
plan_named (const GithubStatus *status,
            const BelfryReport *report,
            BelfryTargets *targets,
            GError **error)
{
  const BelfryForgeCommits *commits = &status->commits;
  BelfryForgeBuild build;
  g_auto (BelfryForgeStatus) said = { .build = &build, .http = &commits->http, .targets = targets };

  if (!belfry_forge_build_init (&build, report, 0))
    return TRUE;
  return belfry_forge_status_say (&said, &states_of_08, &commits->words, commits->context, error) &&
         add_named (&said, status, error);
}

gboolean
github_status_plan (gconstpointer self,
                    const BelfryReport *report,
                    BelfryTargets *targets,
                    GError **error)
{
  const GithubStatus *status = self;
  const BelfryForgeCommits *commits = &status->commits;
  const BelfryForgePlan plan = { &commits->http,   &states,   &commits->words,
                                 commits->context, add_stamp, status };

  return status->repo_owner != NULL ? plan_named (status, report, targets, error)
                                    : belfry_forge_plan_stamps (&plan, report, targets, error);
}

static BelfryHttpRequest *
to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  return belfry_forge_commits_to_request (&((const GithubStatus *)self)->commits, item, error);
}

static BelfryOutcome *
from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const GithubStatus *status = self;

  return belfry_forge_judge (&service, &status->commits.http, item, answer);
}

const BelfryForgePost github_status_post = {
  .member = "description",
  .fit = fit_description,
  .to_request = to_request,
  .from_answer = from_answer,
};
