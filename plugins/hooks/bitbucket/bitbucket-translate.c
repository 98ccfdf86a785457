/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bitbucket-translate.h"

#include "payload.h"

/* what all changes of one request have in common */
typedef struct {
  char *repository;
  char *src;
  const char *project; /* (nullable) */
  JsonNode *event;     /* the header, or null */
} Push;

static void
push_clear (Push *push)
{
  g_free (push->repository);
  g_free (push->src);
  g_clear_pointer (&push->event, json_node_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Push, push_clear)

static const BelfryPayloadField commit_fields[] = {
  BELFRY_PAYLOAD_FIELD (TEXT, "raw_author", author),
  BELFRY_PAYLOAD_FIELD (TEXT, "message", comments),
  BELFRY_PAYLOAD_FIELD (TEXT, "raw_node", revision),
  BELFRY_PAYLOAD_FIELD (TIME, "utctimestamp", when_timestamp),
  BELFRY_PAYLOAD_FIELD (TEXT, "branch", branch),
  { NULL },
};

static gboolean
set_files (JsonNode *commit, BelfryChange *change, GError **error)
{
  JsonArray *list = belfry_payload_need_list (commit, "files", error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  if (list == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (list); i++) {
    const char *file = belfry_payload_need_text (json_array_get_element (list, i), "file", error);

    if (file == NULL)
      return FALSE;
    g_ptr_array_add (files, g_strdup (file));
  }
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = (char **)g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return TRUE;
}

static BelfryChange *
translate_commit (JsonNode *commit, gconstpointer data, GError **error)
{
  const Push *push = data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();
  g_autofree char *revision = NULL;

  if (belfry_payload_need (commit, "node", error) == NULL ||
      !belfry_payload_fill (commit, commit_fields, change, error) ||
      !set_files (commit, change, error))
    return NULL;
  revision = belfry_payload_compose (commit, "raw_node", error);
  g_free (change->revlink);
  change->revlink = g_strconcat (push->repository, "commits/", revision, NULL);
  belfry_record_set_text (&change->repository, push->repository);
  belfry_record_set_text (&change->project, push->project);
  belfry_record_set_text (&change->src, push->src);
  belfry_properties_set (change->properties, "event", push->event, "Change");
  return g_steal_pointer (&change);
}

static gboolean
read_push (Push *push, BelfryRequest *request, JsonNode *payload, GError **error)
{
  g_autofree char *base = belfry_payload_compose (payload, "canon_url", error);
  g_autofree char *path =
      base != NULL ? belfry_payload_compose (payload, "repository.absolute_url", error) : NULL;

  if (path == NULL || !belfry_payload_get_text (payload, "repository.scm", &push->src, error))
    return FALSE;
  push->repository = g_strconcat (base, path, NULL);
  push->project = belfry_request_get_argument (request, "project");
  push->event = belfry_json_new_text (belfry_request_get_header (request, "X-Event-Key"));
  return TRUE;
}

static BelfryTranslation *
translate_payload (BelfryRequest *request, JsonNode *payload, GError **error)
{
  g_auto (Push) push = { NULL };
  JsonArray *commits = NULL;
  GPtrArray *changes = NULL;

  if (!read_push (&push, request, payload, error))
    return NULL;
  commits = belfry_payload_need_list (payload, "commits", error);
  changes = commits != NULL ? belfry_payload_make_changes (commits, translate_commit, &push, error)
                            : NULL;
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}

BelfryTranslation *
belfry_bitbucket_translate (BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = belfry_payload_read_form (request, &local);
  BelfryTranslation *translation =
      payload != NULL ? translate_payload (request, payload, &local) : NULL;

  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
