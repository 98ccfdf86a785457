/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pull request: one change on the ref under which the forge keeps its head. */
#include "gitea.h"

#include "payload.h"

static const char *const wanted_actions[] = { "opened", "reopened", "synchronized", NULL };

static const BelfryPayloadField request_fields[] = {
  BELFRY_PAYLOAD_FIELD (TEXT, "head.sha", revision),
  BELFRY_PAYLOAD_FIELD (TIME, "updated_at", when_timestamp),
  BELFRY_PAYLOAD_FIELD (TEXT, "html_url", revlink),
  { NULL },
};

static const BelfryPayloadProperty request_properties[] = {
  { "pr_id", "id" },
  { "pr_number", "number" },
  { "pullrequesturl", "html_url" },
  { "base_branch", "base.ref" },
  { "base_sha", "base.sha" },
  { "base_repo_id", "base.repo_id" },
  { "base_repository", "base.repo.clone_url" },
  { "base_git_ssh_url", "base.repo.ssh_url" },
  { "head_branch", "head.ref" },
  { "head_sha", "head.sha" },
  { "head_repo_id", "head.repo_id" },
  { NULL },
};

/* of a fork that is still there */
static const BelfryPayloadProperty head_properties[] = {
  { "head_repository", "head.repo.clone_url" },
  { "head_git_ssh_url", "head.repo.ssh_url" },
  { "head_reponame", "head.repo.name" },
  { NULL },
};

static char *
compose_author (JsonNode *pull, GError **error)
{
  JsonNode *full_name = belfry_json_lookup (pull, "user.full_name");
  gboolean has_full_name = full_name != NULL &&
                           json_node_get_value_type (full_name) == G_TYPE_STRING &&
                           json_node_get_string (full_name)[0] != '\0';
  g_autofree char *name = belfry_payload_compose (
      pull,
      has_full_name ? "user.full_name"
                    : belfry_payload_choose (pull, "user.username", "user.login"),
      error);
  g_autofree char *mail = name != NULL ? belfry_payload_compose (pull, "user.email", error) : NULL;

  return mail != NULL ? g_strdup_printf ("%s <%s>", name, mail) : NULL;
}

static char *
compose_comments (JsonNode *pull, const char *number, GError **error)
{
  g_autofree char *title = belfry_payload_compose (pull, "title", error);
  g_autofree char *body = title != NULL ? belfry_payload_compose (pull, "body", error) : NULL;

  return body != NULL ? g_strdup_printf ("PR#%s: %s\n\n%s", number, title, body) : NULL;
}

static gboolean
set_head_properties (JsonNode *pull, BelfryChange *change, GError **error)
{
  JsonNode *repository = belfry_payload_need (pull, "head.repo", error);
  const BelfryPayloadProperty owner[] = {
    { "head_owner",
      belfry_payload_choose (pull, "head.repo.owner.username", "head.repo.owner.login") },
    { NULL },
  };

  if (repository == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (repository) ||
      belfry_payload_differs (pull, "head.repo.full_name", "base.repo.full_name"))
    belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
  return JSON_NODE_HOLDS_NULL (repository) ||
         (belfry_payload_set_properties (pull, head_properties, change, error) &&
          belfry_payload_set_properties (pull, owner, change, error));
}

static gboolean
set_texts (const BelfryGiteaRequest *request, JsonNode *pull, BelfryChange *change, GError **error)
{
  g_autofree char *number = belfry_payload_compose_number (pull, "number", error);
  g_autofree char *author = number != NULL ? compose_author (pull, error) : NULL;
  g_autofree char *comments = author != NULL ? compose_comments (pull, number, error) : NULL;
  g_autofree char *url = g_strconcat ("base.repo.", belfry_gitea_get_url_key (request->self), NULL);

  if (comments == NULL || !belfry_payload_get_text (pull, url, &change->repository, error) ||
      !belfry_payload_get_text (request->payload, "repository.full_name", &change->project, error))
    return FALSE;
  belfry_record_set_text (&change->author, author);
  belfry_record_set_text (&change->comments, comments);
  g_free (change->branch);
  change->branch = g_strdup_printf ("refs/pull/%s/head", number);
  return TRUE;
}

static BelfryChange *
translate_change (const BelfryGiteaRequest *request, JsonNode *pull, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (!belfry_payload_fill (pull, request_fields, change, error) ||
      !set_texts (request, pull, change, error) ||
      !belfry_payload_set_properties (pull, request_properties, change, error) ||
      !set_head_properties (pull, change, error) ||
      !belfry_gitea_set_properties (request, "pull_request", change, error))
    return NULL;
  belfry_payload_add_whitelisted (change->properties, "gitea", pull,
                                  (const char *const *)request->self->property_whitelist);
  change->files_unknown = TRUE;
  belfry_record_set_text (&change->category, "pull_request");
  belfry_record_set_text (&change->codebase, request->codebase);
  belfry_record_set_text (&change->src, "git");
  return g_steal_pointer (&change);
}

/* whether this brings code to build; `edited` does where the base moved */
static gboolean
is_wanted (JsonNode *payload, const char *action)
{
  if (g_strcmp0 (action, "edited") == 0)
    return belfry_json_lookup (payload, "changes.ref") != NULL;
  return g_strv_contains (wanted_actions, action);
}

BelfryTranslation *
belfry_gitea_translate_pull_request (const BelfryGiteaRequest *request, GError **error)
{
  const char *action = belfry_payload_need_text (request->payload, "action", error);
  JsonNode *pull =
      action != NULL ? belfry_payload_need (request->payload, "pull_request", error) : NULL;
  JsonNode *mergeable = NULL;
  BelfryChange *change = NULL;

  if (pull == NULL)
    return NULL;
  if (!is_wanted (request->payload, action))
    return belfry_translation_new_nothing ("this action changes no code");
  if (belfry_payload_is_true (pull, "merged"))
    return belfry_translation_new_nothing ("the pull request is merged");
  mergeable = belfry_json_lookup (pull, "mergeable");
  if (request->self->only_mergeable && mergeable != NULL &&
      !belfry_payload_is_true (pull, "mergeable"))
    return belfry_translation_decided_by (
        belfry_translation_new_nothing ("the pull request cannot be merged"),
        "only-mergeable-pull-request");
  change = translate_change (request, pull, error);
  return change != NULL ? belfry_payload_translate_change (change) : NULL;
}
