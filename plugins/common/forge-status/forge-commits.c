/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commit statuses in GitHub's way, which Gitea and its kin have taken over: one POST to
 * `repos/OWNER/REPO/statuses/SHA` with state, address, description and context.
 */
#include "forge-status.h"

void
belfry_forge_commits_check (const BelfryForgeCommits *self, const BelfryCheck *check)
{
  belfry_forge_words_check (&self->words, check);
  belfry_reports_check_wire (&self->http.wire, check, "base-url", self->base_url);
}

void
belfry_forge_commits_add (const BelfryForgeStatus *said,
                          const char *root,
                          const char *owner,
                          const char *name,
                          const char *sha,
                          const char *description)
{
  g_autofree char *path = belfry_forge_dup_path ("repos", owner, name, "statuses", sha, NULL);
  g_autofree char *whole = path != NULL ? g_strconcat (root, path, NULL) : NULL;
  g_autofree char *target = g_strconcat (owner, "/", name, NULL);
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "state", said->state);
  json_object_set_string_member (body, "target_url", said->build->url);
  json_object_set_string_member (body, "description", description);
  json_object_set_string_member (body, "context", said->context);
  belfry_forge_status_add (said, target, sha, whole, body);
}

BelfryHttpRequest *
belfry_forge_commits_to_request (const BelfryForgeCommits *self,
                                 const BelfryItem *item,
                                 GError **error)
{
  BelfryHttpRequest *request = belfry_forge_request_new (&self->http, self->base_url, item, error);

  if (request != NULL)
    belfry_http_request_set_bearer (request, "token", belfry_secret_get_value (self->token));
  return request;
}
