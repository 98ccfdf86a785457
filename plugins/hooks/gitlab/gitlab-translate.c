/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The event is what the payload calls itself, else what the header calls it. A merge request and a
 * comment on one are read by the same tables, from different places of the payload.
 */
#include "gitlab-translate.h"

#include "payload.h"

#include <string.h>

/* what all changes of one request have in common */
typedef struct {
  JsonNode *payload;
  const char *event;
  char *codebase; /* (nullable) */
  char *branch;
  char *repository;
  char *project;
  gboolean is_cut; /* the forge listed only some of the commits */
} Gitlab;

static void
gitlab_clear (Gitlab *gitlab)
{
  g_free (gitlab->codebase);
  g_free (gitlab->branch);
  g_free (gitlab->repository);
  g_free (gitlab->project);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Gitlab, gitlab_clear)

/* pushes */

static const BelfryPayloadField commit_fields[] = {
  BELFRY_PAYLOAD_FIELD (PERSON, "author", author),
  BELFRY_PAYLOAD_FIELD (TEXT, "message", comments),
  BELFRY_PAYLOAD_FIELD (TEXT, "id", revision),
  BELFRY_PAYLOAD_FIELD (TEXT, "url", revlink),
  BELFRY_PAYLOAD_FIELD (TIME, "timestamp", when_timestamp),
  { NULL },
};

static void
set_common (const Gitlab *gitlab, BelfryChange *change)
{
  belfry_record_set_text (&change->category, gitlab->event);
  belfry_record_set_text (&change->codebase, gitlab->codebase);
  belfry_record_set_text (&change->src, "git");
  belfry_properties_set_text (change->properties, "event", gitlab->event, "Change");
}

static BelfryChange *
translate_commit (JsonNode *commit, gconstpointer data, GError **error)
{
  const Gitlab *gitlab = data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (!belfry_payload_fill (commit, commit_fields, change, error) ||
      !belfry_payload_set_files (commit, FALSE, change, error))
    return NULL;
  change->files_unknown = gitlab->is_cut;
  belfry_record_set_text (&change->branch, gitlab->branch);
  belfry_record_set_text (&change->repository, gitlab->repository);
  belfry_record_set_text (&change->project, gitlab->project);
  set_common (gitlab, change);
  return g_steal_pointer (&change);
}

static gboolean
is_other_branches (JsonNode *commit)
{
  JsonNode *distinct = NULL;

  return belfry_payload_find (commit, "distinct", &distinct, NULL) && distinct != NULL &&
         !belfry_payload_is_true (commit, "distinct");
}

/* (transfer full): commits that are new with this push */
static JsonArray *
choose_commits (JsonArray *listed)
{
  JsonArray *chosen = json_array_new ();

  for (guint i = 0; i < json_array_get_length (listed); i++) {
    JsonNode *commit = json_array_get_element (listed, i);

    if (!is_other_branches (commit))
      json_array_add_element (chosen, json_node_ref (commit));
  }
  return chosen;
}

static gboolean
read_push (Gitlab *gitlab, GError **error)
{
  const char *ref = NULL;
  gboolean is_tag = FALSE;

  if (belfry_payload_need (gitlab->payload, "user_name", error) == NULL ||
      !belfry_payload_get_text (gitlab->payload, "repository.name", &gitlab->project, error) ||
      !belfry_payload_get_text (gitlab->payload, "repository.url", &gitlab->repository, error))
    return FALSE;
  ref = belfry_payload_need_text (gitlab->payload, "ref", error);
  gitlab->branch = g_strdup (belfry_payload_get_ref_name (ref, &is_tag));
  return ref != NULL;
}

static BelfryTranslation *
translate_push (Gitlab *gitlab, GError **error)
{
  JsonArray *listed = NULL;
  g_autoptr (JsonArray) commits = NULL;
  GPtrArray *changes = NULL;

  if (!read_push (gitlab, error))
    return NULL;
  if (gitlab->branch == NULL)
    return belfry_translation_new_nothing ("neither a branch nor a tag was pushed");
  if (belfry_payload_is_true (gitlab->payload, "deleted"))
    return belfry_translation_new_nothing ("the branch or tag was deleted");
  listed = belfry_payload_need_list (gitlab->payload, "commits", error);
  if (listed == NULL)
    return NULL;
  gitlab->is_cut =
      belfry_json_get_integer (json_node_get_object (gitlab->payload), "total_commits_count", 0) >
      json_array_get_length (listed);
  commits = choose_commits (listed);
  changes = belfry_payload_make_changes (commits, translate_commit, gitlab, error);
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}

/* merge requests */

static const char *const final_states[] = { "approved", "closed", "merged", NULL };

static const BelfryPayloadField request_fields[] = {
  BELFRY_PAYLOAD_FIELD (PERSON, "last_commit.author", author),
  BELFRY_PAYLOAD_FIELD (TEXT, "last_commit.id", revision),
  BELFRY_PAYLOAD_FIELD (TIME, "last_commit.timestamp", when_timestamp),
  BELFRY_PAYLOAD_FIELD (TEXT, "target_branch", branch),
  BELFRY_PAYLOAD_FIELD (TEXT, "target.git_http_url", repository),
  BELFRY_PAYLOAD_FIELD (TEXT, "target.name", project),
  BELFRY_PAYLOAD_FIELD (TEXT, "url", revlink),
  { NULL },
};

static const BelfryPayloadProperty request_properties[] = {
  { "source_branch", "source_branch" },
  { "source_project_id", "source_project_id" },
  { "source_repository", "source.git_http_url" },
  { "source_git_ssh_url", "source.git_ssh_url" },
  { "target_branch", "target_branch" },
  { "target_project_id", "target_project_id" },
  { "target_repository", "target.git_http_url" },
  { "target_git_ssh_url", "target.git_ssh_url" },
  { NULL },
};

static char *
compose_comments (JsonNode *request, GError **error)
{
  g_autofree char *number = belfry_payload_compose (request, "iid", error);
  g_autofree char *title = number != NULL ? belfry_payload_compose (request, "title", error) : NULL;
  g_autofree char *description =
      title != NULL ? belfry_payload_compose (request, "description", error) : NULL;

  return description != NULL ? g_strdup_printf ("MR#%s: %s\n\n%s", number, title, description)
                             : NULL;
}

static BelfryChange *
translate_request (const Gitlab *gitlab, JsonNode *request, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();
  g_autofree char *comments = compose_comments (request, error);

  if (comments == NULL || !belfry_payload_fill (request, request_fields, change, error) ||
      !belfry_payload_set_properties (request, request_properties, change, error))
    return NULL;
  belfry_record_set_text (&change->comments, comments);
  change->files_unknown = TRUE;
  set_common (gitlab, change);
  if (belfry_payload_differs (request, "source_project_id", "target_project_id"))
    belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
  return g_steal_pointer (&change);
}

static const char *
get_text (JsonNode *node)
{
  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : "";
}

/* what must be there even of a merge request that asks for nothing */
static gboolean
is_readable (JsonNode *request, GError **error)
{
  static const char *const needed[] = { "target.git_http_url", "target.name", "state", NULL };
  gint64 when_us = 0;

  return belfry_payload_get_time (request, "last_commit.timestamp", &when_us, error) &&
         belfry_payload_need_all (request, needed, error);
}

/* whether commits came with this event; an error where its action is missing */
static gboolean
read_wanted (JsonNode *request, gboolean *wanted, GError **error)
{
  JsonObject *object = json_node_get_object (request);
  JsonNode *action = NULL;

  *wanted = FALSE;
  if (g_strv_contains (final_states, get_text (json_object_get_member (object, "state"))))
    return TRUE;
  action = belfry_payload_need (request, "action", error);
  if (action == NULL)
    return FALSE;
  if (strcmp (get_text (action), "update") == 0)
    *wanted = json_object_has_member (object, "oldrev");
  else
    *wanted = strcmp (get_text (action), "open") == 0 || strcmp (get_text (action), "reopen") == 0;
  return TRUE;
}

static BelfryTranslation *
translate_merge_request (Gitlab *gitlab, GError **error)
{
  JsonNode *request = belfry_payload_need (gitlab->payload, "object_attributes", error);
  BelfryChange *change = NULL;
  gboolean wanted = FALSE;

  if (request == NULL || !is_readable (request, error) || !read_wanted (request, &wanted, error))
    return NULL;
  if (!wanted)
    return belfry_translation_new_nothing ("this merge request event brings no commits");
  change = translate_request (gitlab, request, error);
  return change != NULL ? belfry_payload_translate_change (change) : NULL;
}

static BelfryTranslation *
translate_note (Gitlab *gitlab, GError **error)
{
  JsonNode *note = belfry_payload_need (gitlab->payload, "object_attributes", error);
  JsonNode *request = NULL;
  g_autoptr (BelfryChange) change = NULL;

  if (note == NULL || !belfry_payload_find (gitlab->payload, "merge_request", &request, error))
    return NULL;
  if (request == NULL)
    return belfry_translation_new_nothing ("this comment is on no merge request");
  change = translate_request (gitlab, request, error);
  note = change != NULL ? belfry_payload_need (note, "note", error) : NULL;
  if (note == NULL)
    return NULL;
  belfry_properties_set (change->properties, "comments", note, "Change");
  return belfry_payload_translate_change (g_steal_pointer (&change));
}

/* events: as the payload calls them, and as the header does */
static const struct {
  const char *name;
  const char *event;
  BelfryTranslation *(*translate) (Gitlab *gitlab, GError **error);
} events[] = {
  { "Merge Request Hook", "merge_request", translate_merge_request },
  { "Note Hook", "note", translate_note },
  { "Push Hook", "Push Hook", translate_push },
  { "Tag Push Hook", "tag_push", translate_push },
  { "merge_request", "merge_request", translate_merge_request },
  { "note", "note", translate_note },
  { "push", "push", translate_push },
  { "tag_push", "tag_push", translate_push },
};

static BelfryTranslation *
translate_event (BelfryRequest *request, JsonNode *payload, GError **error)
{
  g_auto (Gitlab) gitlab = { .payload = payload };
  g_autoptr (BelfryTranslation) translation = NULL;
  JsonNode *kind = NULL;
  const char *name = belfry_request_get_header (request, "X-Gitlab-Event");

  if (!belfry_payload_find (payload, "object_kind", &kind, error) ||
      !belfry_payload_get_url_argument (request, "codebase", &gitlab.codebase, error))
    return NULL;
  if (kind != NULL && !JSON_NODE_HOLDS_NULL (kind))
    name = get_text (kind);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (name, events[i].name) == 0) {
      gitlab.event = events[i].event;
      translation = events[i].translate (&gitlab, error);
      return translation != NULL && belfry_payload_fill_project (request, translation, error)
                 ? g_steal_pointer (&translation)
                 : NULL;
    }
  return belfry_translation_new_nothing ("this event is not handled");
}

BelfryTranslation *
belfry_gitlab_translate (BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  JsonNode *payload = belfry_request_get_json (request, &local);
  BelfryTranslation *translation =
      payload != NULL ? translate_event (request, payload, &local) : NULL;

  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
