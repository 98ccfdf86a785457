/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A push: a change for each commit, or for the head alone where the branch or tag is new. */
#include "github.h"

#include "payload.h"

#include <string.h>

/* what all changes of one push have in common */
typedef struct {
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

static const struct {
  const char *prefix;
  const char *category;
} refs[] = {
  { "refs/heads/", NULL },
  { "refs/tags/", "tag" },
};

static gboolean
read_ref (Push *push, GError **error)
{
  JsonNode *ref = belfry_payload_need (push->payload, "ref", error);
  const char *text = NULL;

  if (ref == NULL)
    return FALSE;
  if (json_node_get_value_type (ref) != G_TYPE_STRING) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'ref' is no text");
    return FALSE;
  }
  text = json_node_get_string (ref);
  for (guint i = 0; i < G_N_ELEMENTS (refs); i++)
    if (g_str_has_prefix (text, refs[i].prefix) && text[strlen (refs[i].prefix)] != '\0') {
      push->branch = g_strdup (text + strlen (refs[i].prefix));
      push->category = refs[i].category;
    }
  return TRUE;
}

static gboolean
is_true (JsonNode *payload, const char *key)
{
  JsonNode *node = json_object_get_member (json_node_get_object (payload), key);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN &&
         json_node_get_boolean (node);
}

static JsonNode *
new_boolean (gboolean value)
{
  return json_node_init_boolean (json_node_alloc (), value);
}

static gboolean
set_properties (const BelfryGithub *self,
                const Push *push,
                JsonNode *commit,
                BelfryChange *change,
                GError **error)
{
  JsonNode *distinct = NULL;
  g_autoptr (JsonNode) yes = new_boolean (TRUE);

  if (!belfry_payload_find (commit, "distinct", &distinct, error))
    return FALSE;
  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  belfry_properties_set_text (change->properties, "event", "push", "Change");
  belfry_properties_set (change->properties, "github_distinct", distinct != NULL ? distinct : yes,
                         "Change");
  belfry_payload_add_whitelisted (change->properties, "github", push->payload,
                                  (const char *const *)self->property_whitelist);
  return TRUE;
}

static gboolean
set_files (JsonNode *commit, BelfryChange *change, GError **error)
{
  static const char *const lists[] = { "added", "modified", "removed" };
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    if (!belfry_payload_add_files (commit, lists[i], files, error))
      return FALSE;
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = (char **)g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return TRUE;
}

static BelfryChange *
translate_commit (const BelfryGithub *self, const Push *push, JsonNode *commit, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  g_free (change->author);
  change->author = belfry_payload_compose_person (commit, "author", error);
  if (change->author == NULL)
    return NULL;
  g_free (change->committer);
  change->committer = belfry_payload_compose_person (commit, "committer", error);
  if (change->committer == NULL || !set_files (commit, change, error) ||
      !belfry_payload_get_text (commit, "message", &change->comments, error) ||
      !belfry_payload_get_text (commit, "id", &change->revision, error) ||
      !belfry_payload_get_time (commit, "timestamp", &change->when_timestamp, error) ||
      !belfry_payload_get_text (commit, "url", &change->revlink, error) ||
      !set_properties (self, push, commit, change, error))
    return NULL;
  belfry_record_set_text (&change->branch, push->branch);
  belfry_record_set_text (&change->category, push->category);
  belfry_record_set_text (&change->repository, push->repository);
  belfry_record_set_text (&change->project, push->project);
  belfry_record_set_text (&change->codebase, push->codebase);
  belfry_record_set_text (&change->src, "git");
  return g_steal_pointer (&change);
}

static GPtrArray *
translate_commits (const BelfryGithub *self, const Push *push, GError **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (JsonArray) commits = NULL;
  JsonNode *node = NULL;

  if (is_true (push->payload, "created")) {
    node = belfry_payload_need (push->payload, "head_commit", error);
    commits = json_array_new ();
    if (node != NULL)
      json_array_add_element (commits, json_node_copy (node));
  } else {
    node = belfry_payload_need (push->payload, "commits", error);
    if (node != NULL && !JSON_NODE_HOLDS_ARRAY (node)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'commits' is no list");
      return NULL;
    }
    commits = node != NULL ? json_array_ref (json_node_get_array (node)) : NULL;
  }
  if (node == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (commits); i++) {
    BelfryChange *change =
        translate_commit (self, push, json_array_get_element (commits, i), error);

    if (change == NULL)
      return NULL;
    g_ptr_array_add (changes, change);
  }
  return g_steal_pointer (&changes);
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
  g_auto (Push) push = { .payload = payload };
  g_autoptr (GPtrArray) changes = NULL;
  gboolean skip = FALSE;

  if (!read_common (self, &push, error))
    return NULL;
  if (push.branch == NULL)
    return belfry_translation_new_nothing ("neither a branch nor a tag was pushed");
  if (is_true (payload, "deleted"))
    return belfry_translation_new_nothing ("the branch or tag was deleted");
  if (!read_skip (self, payload, &skip, error))
    return NULL;
  if (skip)
    return belfry_translation_decided_by (
        belfry_translation_new_nothing ("the head commit asks to be skipped"), "skips");
  if (!belfry_payload_get_codebase (self->codebase, self->codebase_format, payload, &push.codebase,
                                    error))
    return NULL;
  changes = translate_commits (self, &push, error);
  if (changes == NULL)
    return NULL;
  if (changes->len == 0)
    return belfry_translation_new_nothing ("no commits");
  return belfry_translation_new_changes (g_steal_pointer (&changes));
}
