/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A push: a change for each commit, or for the head alone where the branch or tag is new. */
#include "github.h"

#include "payload.h"

/* what all changes of one push have in common */
typedef struct {
  const BelfryGithub *self;
  JsonNode *payload;
  char *branch;
  const char *category;
  char *codebase;
  char *repository;
  char *project;
} Push;

static void
push_clear (Push *push)
{
  g_free (push->branch);
  g_free (push->codebase);
  g_free (push->repository);
  g_free (push->project);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Push, push_clear)

static gboolean
read_ref (Push *push, GError **error)
{
  const char *ref = belfry_payload_need_text (push->payload, "ref", error);
  gboolean is_tag = FALSE;

  if (ref == NULL)
    return FALSE;
  push->branch = g_strdup (belfry_payload_get_ref_name (ref, &is_tag));
  push->category = is_tag ? "tag" : NULL;
  return TRUE;
}

static JsonNode *
new_boolean (gboolean value)
{
  return json_node_init_boolean (json_node_alloc (), value);
}

static gboolean
set_properties (const Push *push, JsonNode *commit, BelfryChange *change, GError **error)
{
  JsonNode *distinct = NULL;
  g_autoptr (JsonNode) yes = new_boolean (TRUE);

  if (!belfry_payload_find (commit, "distinct", &distinct, error))
    return FALSE;
  belfry_properties_set_text (change->properties, "event", "push", "Change");
  belfry_properties_set (change->properties, "github_distinct", distinct != NULL ? distinct : yes,
                         "Change");
  belfry_payload_add_whitelisted (change->properties, "github", push->payload,
                                  (const char *const *)push->self->property_whitelist);
  return TRUE;
}

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
      !belfry_payload_set_files (commit, FALSE, change, error) ||
      !set_properties (push, commit, change, error))
    return NULL;
  belfry_record_set_text (&change->branch, push->branch);
  belfry_record_set_text (&change->category, push->category);
  belfry_record_set_text (&change->repository, push->repository);
  belfry_record_set_text (&change->project, push->project);
  belfry_record_set_text (&change->codebase, push->codebase);
  belfry_record_set_text (&change->src, "git");
  return g_steal_pointer (&change);
}

/* (transfer full) (nullable): what of a push counts */
static JsonArray *
list_commits (const Push *push, GError **error)
{
  JsonArray *commits = NULL;

  if (belfry_payload_is_true (push->payload, "created")) {
    JsonNode *head = belfry_payload_need (push->payload, "head_commit", error);

    if (head == NULL)
      return NULL;
    commits = json_array_new ();
    json_array_add_element (commits, json_node_copy (head));
    return commits;
  }
  commits = belfry_payload_need_list (push->payload, "commits", error);
  return commits != NULL ? json_array_ref (commits) : NULL;
}

/* whether the head commit asks to be left alone; an error where there is no head commit */
static gboolean
read_skip (const BelfryGithub *self, JsonNode *payload, gboolean *skip, GError **error)
{
  JsonNode *head = belfry_payload_need (payload, "head_commit", error);
  JsonNode *message = NULL;

  if (head == NULL || !belfry_payload_find (head, "message", &message, error))
    return FALSE;
  *skip = message != NULL && json_node_get_value_type (message) == G_TYPE_STRING &&
          belfry_github_skips (self, json_node_get_string (message));
  return TRUE;
}

static gboolean
read_common (const BelfryGithub *self, Push *push, GError **error)
{
  return belfry_payload_need (push->payload, "repository.name", error) != NULL &&
         belfry_payload_get_text (push->payload, "repository.html_url", &push->repository, error) &&
         belfry_payload_get_text (push->payload, "repository.full_name", &push->project, error) &&
         read_ref (push, error);
}

BelfryTranslation *
belfry_github_translate_push (const BelfryGithub *self, JsonNode *payload, GError **error)
{
  g_auto (Push) push = { .self = self, .payload = payload };
  g_autoptr (JsonArray) commits = NULL;
  GPtrArray *changes = NULL;
  gboolean skip = FALSE;

  if (!read_common (self, &push, error))
    return NULL;
  if (push.branch == NULL)
    return belfry_translation_new_nothing ("neither a branch nor a tag was pushed");
  if (belfry_payload_is_true (payload, "deleted"))
    return belfry_translation_new_nothing ("the branch or tag was deleted");
  if (!read_skip (self, payload, &skip, error))
    return NULL;
  if (skip)
    return belfry_translation_new_nothing ("the head commit asks to be skipped");
  if (!belfry_payload_get_codebase (self->codebase, self->codebase_format, payload, &push.codebase,
                                    error))
    return NULL;
  commits = list_commits (&push, error);
  if (commits == NULL)
    return NULL;
  changes = belfry_payload_make_changes (commits, translate_commit, &push, error);
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}
