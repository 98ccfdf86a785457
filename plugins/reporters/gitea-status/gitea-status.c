/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paints commits on Gitea, Forgejo and forks of Gogs that have the same path, one status for each
 * source stamp with a revision. A build of a pull request paints the request's head, because the
 * merge that was built is not shown there. Format: the service's own API page, "repoCreateStatus".
 */
#include <forge-status.h>

typedef struct {
  BelfryForgeCommits commits;
} GiteaStatus;

static const BelfryForgeStates gitea_status_states = {
  .queued = "pending",
  .dropped = "error",
  .started = "pending",
  .ended = {
    [BELFRY_RESULT_SUCCESS] = "success",
    [BELFRY_RESULT_WARNINGS] = "warning",
    [BELFRY_RESULT_FAILURE] = "failure",
    [BELFRY_RESULT_SKIPPED] = "success",
    [BELFRY_RESULT_RETRY] = "pending",
  },
  .other = "error",
};

static const BelfryForgeService gitea_status_service = {
  .success = { 201 },
  .sent = "Status {what}",
  .failure = "Failed to update {what}. http {code}, {answer}",
  .needs = "a token with 'repository: read and write'",
};

static const BelfryOption gitea_status_options[] = {
  BELFRY_URL (GiteaStatus,
              commits.base_url,
              "base-url",
              .required = TRUE,
              .sample = "https://gitea.example.org",
              .help = N_ ("root of the service")),
  BELFRY_SECRET (GiteaStatus,
                 commits.token,
                 "token",
                 .required = TRUE,
                 .help = N_ ("access token that may write to the repositories")),
  BELFRY_FORGE_COMMITS_ROWS (GiteaStatus, commits),
  { NULL },
};

static void
gitea_status_check (gconstpointer self, const BelfryCheck *check)
{
  const GiteaStatus *status = self;

  belfry_forge_commits_check (&status->commits, check);
}

static gboolean
find_repository (const BelfryForgeBuild *build, JsonObject *stamp, char **owner, char **name)
{
  const char *owner_property = belfry_forge_build_get_property (build, "owner");
  const char *name_property = belfry_forge_build_get_property (build, "repository_name");

  if (owner_property == NULL || name_property == NULL)
    return belfry_forge_find_repository (stamp, owner, name);
  *owner = g_strdup (owner_property);
  *name = g_strdup (name_property);
  return TRUE;
}

/* the head of a pull request stands in a property, which speaks for one stamp only */
static const char *
choose_commit (const BelfryForgeBuild *build, const char *revision)
{
  const char *head = belfry_forge_build_get_property (build, "head_sha");

  return head != NULL && belfry_forge_build_count_stamps (build) == 1 ? head : revision;
}

static void
add_stamp (const BelfryForgeStatus *said,
           gconstpointer reporter,
           JsonObject *stamp,
           const char *revision)
{
  const char *sha = choose_commit (said->build, revision);
  g_autofree char *owner = NULL;
  g_autofree char *name = NULL;

  if (find_repository (said->build, stamp, &owner, &name))
    belfry_forge_commits_add (said, "/api/v1", owner, name, sha, said->description);
  else
    belfry_forge_status_skip (said, stamp, "its source stamp names no repository");
}

static gboolean
gitea_status_plan (gconstpointer self,
                   const BelfryReport *report,
                   BelfryTargets *targets,
                   GError **error)
{
  const BelfryForgeCommits *commits = &((const GiteaStatus *)self)->commits;
  const BelfryForgePlan plan = { &commits->http,  &gitea_status_states,
                                 &commits->words, commits->context,
                                 add_stamp,       self };

  return belfry_forge_plan_stamps (&plan, report, targets, error);
}

static BelfryHttpRequest *
gitea_status_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  return belfry_forge_commits_to_request (&((const GiteaStatus *)self)->commits, item, error);
}

static BelfryOutcome *
gitea_status_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const GiteaStatus *status = self;

  return belfry_forge_judge (&gitea_status_service, &status->commits.http, item, answer);
}

static guint
gitea_status_choose_phases (gconstpointer self)
{
  const GiteaStatus *status = self;

  return belfry_forge_choose_phases (status->commits.report_pending);
}

static void
gitea_status_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GiteaStatus *status = self;

  belfry_forge_start (&status->commits.http, instance, task);
}

static const BelfryForgePost gitea_status_post = {
  .member = "description",
  .to_request = gitea_status_to_request,
  .from_answer = gitea_status_from_answer,
};

static void
gitea_status_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  GiteaStatus *status = self;

  belfry_forge_deliver (&gitea_status_post, self, &status->commits.http, &status->commits.words,
                        item, task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "gitea-status",
  .summary       = N_("Shows builds as commit statuses on Gitea and Forgejo"),
  .family        = BELFRY_FAMILY_PAINTER,
  .phases        = BELFRY_FORGE_PHASES,
  .options       = gitea_status_options,
  .instance_size = sizeof (GiteaStatus),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = gitea_status_check,
  .start         = gitea_status_start,
  .plan          = gitea_status_plan,
  .choose_phases = gitea_status_choose_phases,
  .deliver       = gitea_status_deliver,
);
