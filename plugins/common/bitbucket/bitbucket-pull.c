/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pull request: one change. Keys that newer versions renamed are looked for under both names, the
 * old one first.
 */
#include "bitbucket.h"

#include "payload.h"

static JsonNode *
find_from (JsonNode *pull, GError **error)
{
  return belfry_payload_need (pull, belfry_payload_choose (pull, "fromRef", "source"), error);
}

static JsonNode *
find_to (JsonNode *pull, GError **error)
{
  return belfry_payload_need (pull, belfry_payload_choose (pull, "toRef", "destination"), error);
}

/* (transfer full) (nullable) */
static char *
compose_branch (const BelfryBitbucketReading *reading,
                JsonNode *pull,
                const char *number,
                GError **error)
{
  JsonNode *ref = NULL;
  g_autofree char *name = NULL;

  if (reading->event->branch == NULL)
    return g_strdup_printf ("refs/pull-requests/%s/merge", number);
  ref = g_str_equal (reading->event->branch, "from") ? find_from (pull, error)
                                                     : find_to (pull, error);
  if (ref != NULL)
    name = belfry_payload_compose (ref, belfry_payload_choose (ref, "branch.name", "displayId"),
                                   error);
  return name != NULL ? g_strconcat ("refs/heads/", name, NULL) : NULL;
}

/* the address of a pull request's page; older versions of the server tell none */
static gboolean
read_link (const BelfryBitbucketReading *reading,
           JsonNode *pull,
           BelfryChange *change,
           GError **error)
{
  JsonNode *first = NULL;

  g_clear_pointer (&change->revlink, g_free);
  if (!reading->is_own)
    return belfry_payload_get_text (pull, belfry_payload_choose (pull, "link", "links.html.href"),
                                    &change->revlink, error);
  if (!belfry_bitbucket_find_first (pull, "links.self", &first, NULL) || first == NULL ||
      JSON_NODE_HOLDS_NULL (first))
    return TRUE;
  return belfry_payload_get_text (first, "href", &change->revlink, error);
}

static void
set_properties (const BelfryBitbucketReading *reading, JsonNode *pull, BelfryChange *change)
{
  JsonNode *from = find_from (pull, NULL);
  JsonNode *to = find_to (pull, NULL);
  g_autoptr (JsonNode) link = belfry_json_new_text (change->revlink);

  belfry_properties_set (change->properties, "pullrequesturl", link, "Change");
  belfry_payload_add_whitelisted (change->properties, "bitbucket", pull,
                                  (const char *const *)reading->self->property_whitelist);
  if (from != NULL && to != NULL && reading->product->is_fork (from, to))
    belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
}

static gboolean
read_change (const BelfryBitbucketReading *reading,
             JsonNode *pull,
             BelfryChange *change,
             GError **error)
{
  g_autofree char *number = belfry_payload_compose_number (pull, "id", error);
  JsonNode *from = number != NULL ? find_from (pull, error) : NULL;

  if (from == NULL ||
      !belfry_payload_get_text (from, belfry_payload_choose (from, "commit.hash", "latestCommit"),
                                &change->revision, error) ||
      !read_link (reading, pull, change, error))
    return FALSE;
  g_free (change->branch);
  change->branch = compose_branch (reading, pull, number, error);
  g_free (change->comments);
  change->comments = g_strdup_printf ("%s Pull Request #%s", reading->product->title, number);
  return change->branch != NULL;
}

BelfryTranslation *
belfry_bitbucket_translate_pull (BelfryBitbucketReading *reading, GError **error)
{
  JsonNode *pull = NULL;
  JsonNode *repository = NULL;
  g_autoptr (BelfryChange) change = NULL;

  reading->is_own =
      reading->product->has_own_layout &&
      g_str_equal (belfry_payload_choose (reading->payload, "pullrequest", "pullRequest"),
                   "pullRequest");
  pull = belfry_payload_need (reading->payload, reading->is_own ? "pullRequest" : "pullrequest",
                              error);
  if (pull == NULL)
    return NULL;
  repository = belfry_payload_need (
      reading->payload, reading->is_own ? "pullRequest.toRef.repository" : "repository", error);
  if (!belfry_bitbucket_read_repository (reading, repository, error))
    return NULL;
  change = belfry_bitbucket_new_change (reading, error);
  if (change == NULL || !read_change (reading, pull, change, error))
    return NULL;
  set_properties (reading, pull, change);
  return belfry_payload_translate_change (g_steal_pointer (&change));
}
