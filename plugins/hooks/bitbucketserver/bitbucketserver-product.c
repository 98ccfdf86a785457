/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bitbucketserver-product.h"

#include "payload.h"

#include <string.h>

#define BROWSE "browse"

static const BelfryBitbucketEvent server_events[] = {
  { "pr_declined", "pull-rejected", "from" },
  { "pr_from_ref_updated", "pull-updated", NULL },
  { "pr_merged", "pull-fulfilled", "to" },
  { "pr_opened", "pull-created", NULL },
  { "pullrequest_created", "pull-created", NULL },
  { "pullrequest_fulfilled", "pull-fulfilled", "to" },
  { "pullrequest_rejected", "pull-rejected", "from" },
  { "pullrequest_updated", "pull-updated", NULL },
  { "repo_push", NULL, NULL },
  { "repo_refs_changed", NULL, NULL },
  { NULL },
};

/* a repository's address is that of its page without the last word */
static gboolean
read_links (JsonNode *repository,
            gboolean push,
            gboolean lenient,
            BelfryBitbucketLinks *links,
            GError **error)
{
  JsonNode *first = NULL;
  g_autofree char *href = NULL;

  if (!belfry_bitbucket_find_first (repository, "links.self", &first, lenient ? NULL : error))
    return lenient;
  if (lenient && (first == NULL || JSON_NODE_HOLDS_NULL (first)))
    return TRUE;
  if (!belfry_payload_get_text (first, "href", &href, error))
    return FALSE;
  if (href != NULL && g_str_has_suffix (href, BROWSE))
    href[strlen (href) - strlen (BROWSE)] = '\0';
  links->repository = g_steal_pointer (&href);
  if (links->repository != NULL)
    links->commits = g_strconcat (links->repository, "commits/", NULL);
  return TRUE;
}

static gboolean
differ (JsonNode *from, JsonNode *to, const char *path)
{
  JsonNode *ours = belfry_json_lookup (from, path);
  JsonNode *theirs = belfry_json_lookup (to, path);

  return ours != NULL && theirs != NULL && !json_node_equal (ours, theirs);
}

static gboolean
is_fork (JsonNode *from, JsonNode *to)
{
  return differ (from, to, "repository.project.key") || differ (from, to, "repository.slug");
}

const BelfryBitbucketProduct belfry_bitbucketserver = {
  .title = "Bitbucket Server",
  .display_name = "displayName",
  .nick = "username",
  .scm = "scmId",
  .has_own_layout = TRUE,
  .events = server_events,
  .read_links = read_links,
  .is_fork = is_fork,
};
