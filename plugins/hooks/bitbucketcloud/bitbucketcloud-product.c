/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bitbucketcloud-product.h"

#include "payload.h"

static const BelfryBitbucketEvent cloud_events[] = {
  { "pullrequest_created", "pull-created", NULL },
  { "pullrequest_fulfilled", "pull-fulfilled", "to" },
  { "pullrequest_rejected", "pull-rejected", "from" },
  { "pullrequest_updated", "pull-updated", NULL },
  { "repo_push", NULL, NULL },
  { NULL },
};

static gboolean
read_links (JsonNode *repository,
            gboolean push,
            gboolean lenient,
            BelfryBitbucketLinks *links,
            GError **error)
{
  g_autofree char *page = NULL;

  if (!belfry_payload_get_text (repository, "links.self.href", &links->repository, error))
    return FALSE;
  if (!push)
    return TRUE;
  page = belfry_payload_compose (repository, "links.html.href", error);
  links->commits = page != NULL ? g_strconcat (page, "/commits/", NULL) : NULL;
  return page != NULL;
}

/* (transfer none) (nullable) */
static JsonNode *
find_full_name (JsonNode *ref)
{
  JsonNode *name = belfry_json_lookup (ref, "repository.full_name");

  return name != NULL ? name : belfry_json_lookup (ref, "repository.fullName");
}

static gboolean
is_fork (JsonNode *from, JsonNode *to)
{
  JsonNode *repository = belfry_json_lookup (from, "repository");
  JsonNode *ours = find_full_name (from);
  JsonNode *theirs = find_full_name (to);

  if (repository != NULL && JSON_NODE_HOLDS_NULL (repository))
    return TRUE;
  return ours != NULL && theirs != NULL && !json_node_equal (ours, theirs);
}

const BelfryBitbucketProduct belfry_bitbucketcloud = {
  .title = "Bitbucket Cloud",
  .display_name = "display_name",
  .nick = "nickname",
  .scm = "scm",
  .no_project = "none",
  .events = cloud_events,
  .read_links = read_links,
  .is_fork = is_fork,
};
