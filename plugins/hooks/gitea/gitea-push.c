/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A push: a change for each commit. The forge lists the newest first; changes are oldest first. */
#include "gitea.h"

#include "payload.h"

#include <string.h>

/* what all changes of one push have in common */
typedef struct {
  const BelfryGiteaRequest *request;
  char *branch;
  gboolean is_tag;
  char *repository;
  char *project;
} Push;

static void
push_clear (Push *push)
{
  g_free (push->branch);
  g_free (push->repository);
  g_free (push->project);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Push, push_clear)

static const BelfryPayloadField commit_fields[] = {
  BELFRY_PAYLOAD_FIELD (PERSON, "author", author),
  BELFRY_PAYLOAD_FIELD (PERSON, "committer", committer),
  BELFRY_PAYLOAD_FIELD (TEXT, "message", comments),
  BELFRY_PAYLOAD_FIELD (TEXT, "id", revision),
  BELFRY_PAYLOAD_FIELD (TIME, "timestamp", when_timestamp),
  BELFRY_PAYLOAD_FIELD (TEXT, "url", revlink),
  { NULL },
};

static BelfryChange *
translate_commit (JsonNode *commit, gconstpointer data, GError **error)
{
  const Push *push = data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (!belfry_payload_fill (commit, commit_fields, change, error) ||
      !belfry_payload_set_files (commit, TRUE, change, error) ||
      !belfry_gitea_set_properties (push->request, "push", change, error))
    return NULL;
  belfry_record_set_text (&change->branch, push->branch);
  belfry_record_set_text (&change->category, push->is_tag ? "tag" : "push");
  belfry_record_set_text (&change->repository, push->repository);
  belfry_record_set_text (&change->project, push->project);
  belfry_record_set_text (&change->codebase, push->request->codebase);
  belfry_record_set_text (&change->src, "git");
  belfry_payload_add_whitelisted (change->properties, "gitea", push->request->payload,
                                  (const char *const *)push->request->self->property_whitelist);
  return g_steal_pointer (&change);
}

static gboolean
read_push (Push *push, GError **error)
{
  JsonNode *payload = push->request->payload;
  g_autofree char *url =
      g_strconcat ("repository.", belfry_gitea_get_url_key (push->request->self), NULL);
  const char *ref = belfry_payload_need_text (payload, "ref", error);

  push->branch = g_strdup (belfry_payload_get_ref_name (ref, &push->is_tag));
  return ref != NULL && belfry_payload_need (payload, "repository.clone_url", error) != NULL &&
         belfry_payload_get_text (payload, url, &push->repository, error) &&
         belfry_payload_get_text (payload, "repository.full_name", &push->project, error) &&
         belfry_payload_need (payload, "commits", error) != NULL;
}

static gboolean
is_deletion (JsonNode *payload)
{
  const char *after = belfry_json_get_text (json_node_get_object (payload), "after");

  return after != NULL && after[0] != '\0' && strspn (after, "0") == strlen (after);
}

/* (transfer full) (nullable): the commits that count, oldest first; an empty list may be null */
static JsonArray *
list_commits (const Push *push, gboolean *is_cut, GError **error)
{
  JsonNode *payload = push->request->payload;
  JsonNode *head = belfry_json_lookup (payload, "head_commit");
  JsonArray *listed = NULL;
  JsonArray *chosen = NULL;
  guint n_listed = 0;

  if (!JSON_NODE_HOLDS_NULL (belfry_json_lookup (payload, "commits"))) {
    listed = belfry_payload_need_list (payload, "commits", error);
    if (listed == NULL)
      return NULL;
    n_listed = json_array_get_length (listed);
  }
  *is_cut = belfry_json_get_integer (json_node_get_object (payload), "total_commits", 0) > n_listed;
  chosen = json_array_new ();
  if (n_listed > 0 && push->request->self->only_push_commit)
    n_listed = 1;
  for (guint i = n_listed; i > 0; i--)
    json_array_add_element (chosen, json_node_ref (json_array_get_element (listed, i - 1)));
  if (n_listed == 0 && push->is_tag && head != NULL && !JSON_NODE_HOLDS_NULL (head))
    json_array_add_element (chosen, json_node_ref (head));
  return chosen;
}

static gboolean
is_skipped (const BelfryGiteaRequest *request, JsonArray *commits)
{
  JsonNode *head = belfry_json_lookup (request->payload, "head_commit");
  guint n_commits = json_array_get_length (commits);
  JsonNode *message = NULL;

  if (head == NULL || !JSON_NODE_HOLDS_OBJECT (head))
    head = n_commits > 0 ? json_array_get_element (commits, n_commits - 1) : NULL;
  message = belfry_json_lookup (head, "message");
  if (message == NULL || json_node_get_value_type (message) != G_TYPE_STRING)
    return FALSE;
  return belfry_payload_matches (request->self->skips, json_node_get_string (message));
}

BelfryTranslation *
belfry_gitea_translate_push (const BelfryGiteaRequest *request, GError **error)
{
  g_auto (Push) push = { .request = request };
  g_autoptr (JsonArray) commits = NULL;
  GPtrArray *changes = NULL;
  gboolean is_cut = FALSE;

  if (!read_push (&push, error))
    return NULL;
  if (push.branch == NULL)
    return belfry_translation_new_nothing ("neither a branch nor a tag was pushed");
  if (is_deletion (request->payload))
    return belfry_translation_new_nothing ("the branch or tag was deleted");
  commits = list_commits (&push, &is_cut, error);
  if (commits == NULL)
    return NULL;
  if (is_skipped (request, commits))
    return belfry_translation_decided_by (
        belfry_translation_new_nothing ("the newest commit asks to be skipped"), "skips");
  changes = belfry_payload_make_changes (commits, translate_commit, &push, error);
  if (changes == NULL)
    return NULL;
  /* the oldest stands for those that were not listed */
  if (is_cut && changes->len > 0)
    ((BelfryChange *)g_ptr_array_index (changes, 0))->files_unknown = TRUE;
  return belfry_payload_translate_changes (changes);
}
