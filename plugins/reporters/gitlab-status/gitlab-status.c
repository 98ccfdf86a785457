/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paints commits on GitLab, one status for each source stamp with a revision. A target is a
 * project: its number where the build's properties tell it (merge requests from forks), else owner
 * and name, for which the number is asked when it is delivered. Format: "Commits API", "Set the
 * pipeline status of a commit".
 */
#include "gitlab-status.h"

#include <string.h>

#define MAX_CHARACTERS 255

static const BelfryForgeStates gitlab_status_states = {
  .queued = "pending",
  .dropped = "canceled",
  .started = "running",
  .ended = {
    [BELFRY_RESULT_SUCCESS] = "success",
    [BELFRY_RESULT_WARNINGS] = "success",
    [BELFRY_RESULT_SKIPPED] = "success",
    [BELFRY_RESULT_RETRY] = "pending",
    [BELFRY_RESULT_CANCELLED] = "canceled",
  },
  .other = "failed",
};

static const BelfryOption gitlab_status_options[] = {
  BELFRY_SECRET (GitlabStatus,
                 commits.token,
                 "token",
                 .required = TRUE,
                 .help = N_ ("access token of somebody with the role of a developer")),
  BELFRY_URL (GitlabStatus,
              commits.base_url,
              "base-url",
              .default_text = "https://gitlab.com",
              .help = N_ ("root of the service, without /api/")),
  BELFRY_FORGE_COMMITS_ROWS (GitlabStatus, commits),
  { NULL },
};

static void
gitlab_status_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryForgeCommits *commits = &((const GitlabStatus *)self)->commits;

  belfry_forge_commits_check (commits, check);
  if (commits->base_url != NULL && strstr (commits->base_url, "/api/") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "base-url",
                         "write the address of the service without /api/ and what follows");
}

/* a number, as an integer or as digits. (transfer full) (nullable) */
static char *
dup_source_project (const BelfryForgeBuild *build)
{
  JsonNode *value = belfry_forge_build_get_value (build, "source_project_id");
  const char *text = belfry_forge_build_get_property (build, "source_project_id");
  gint64 id = 0;

  if (text != NULL)
    return belfry_parse_integer (text, 1, G_MAXINT64, &id, NULL)
               ? g_strdup_printf ("%" G_GINT64_FORMAT, id)
               : NULL;
  if (value == NULL || !JSON_NODE_HOLDS_VALUE (value) ||
      json_node_get_value_type (value) != G_TYPE_INT64 || json_node_get_int (value) < 1)
    return NULL;
  return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (value));
}

static char *
dup_target (const BelfryForgeBuild *build, JsonObject *stamp)
{
  char *id = dup_source_project (build);
  g_autofree char *owner = NULL;
  g_autofree char *name = NULL;

  if (id != NULL)
    return id;
  if (!belfry_forge_parse_url (belfry_forge_get_text (stamp, "repository"), &owner, &name))
    return NULL;
  return g_strconcat (owner, "/", name, NULL);
}

char *
gitlab_status_fit (const char *text)
{
  return belfry_reports_cut (text, MAX_CHARACTERS);
}

static void
add_stamp (const BelfryForgeStatus *said,
           gconstpointer reporter,
           JsonObject *stamp,
           const char *revision)
{
  const char *ref = belfry_forge_build_get_property (said->build, "source_branch");
  g_autofree char *target = dup_target (said->build, stamp);
  g_autofree char *path = belfry_forge_dup_path ("statuses", revision, NULL);
  g_autofree char *description = gitlab_status_fit (said->description);
  g_autofree char *name = gitlab_status_fit (said->context);
  JsonObject *body = NULL;

  if (target == NULL) {
    belfry_forge_status_skip (said, stamp, "its source stamp names no project");
    return;
  }
  if (ref == NULL)
    ref = belfry_forge_get_text (stamp, "branch");
  body = json_object_new ();
  json_object_set_string_member (body, "state", said->state);
  if (ref != NULL)
    json_object_set_string_member (body, "ref", ref);
  json_object_set_string_member (body, "description", description);
  json_object_set_string_member (body, "target_url", said->build->url);
  json_object_set_string_member (body, "name", name);
  belfry_forge_status_add (said, target, revision, path, body);
}

static gboolean
gitlab_status_plan (gconstpointer self,
                    const BelfryReport *report,
                    BelfryTargets *targets,
                    GError **error)
{
  const BelfryForgeCommits *commits = &((const GitlabStatus *)self)->commits;
  const BelfryForgePlan plan = { &commits->http,  &gitlab_status_states,
                                 &commits->words, commits->context,
                                 add_stamp,       self };

  return belfry_forge_plan_stamps (&plan, report, targets, error);
}

static guint
gitlab_status_choose_phases (gconstpointer self)
{
  const GitlabStatus *status = self;

  return belfry_forge_choose_phases (status->commits.report_pending);
}

static void
gitlab_status_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GitlabStatus *status = self;

  belfry_forge_start (&status->commits.http, instance, task);
}

static const BelfryRehearsal gitlab_status_rehearsals[] = {
  { "GET", "/api/v4/projects/", 200, "{\"id\":4711}" },
  { NULL },
};

BELFRY_DEFINE_REPORTER (
  .name          = "gitlab-status",
  .summary       = N_("Shows builds as commit statuses on GitLab"),
  .family        = BELFRY_FAMILY_PAINTER,
  .phases        = BELFRY_FORGE_PHASES,
  .options       = gitlab_status_options,
  .instance_size = sizeof (GitlabStatus),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = gitlab_status_check,
  .start         = gitlab_status_start,
  .plan          = gitlab_status_plan,
  .choose_phases = gitlab_status_choose_phases,
  .deliver       = gitlab_status_deliver,
  .rehearsals    = gitlab_status_rehearsals,
);
