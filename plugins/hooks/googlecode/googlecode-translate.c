/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "googlecode-translate.h"

#include "payload.h"

#define HEADER "Google-Code-Project-Hosting-Hook-Hmac"

typedef struct {
  const BelfryGooglecode *self;
  JsonNode *payload;
} Push;

static const BelfryPayloadField push_fields[] = {
  BELFRY_PAYLOAD_FIELD (TEXT, "repository_path", repository),
  BELFRY_PAYLOAD_FIELD (TEXT, "project_name", project),
  { NULL },
};

static const BelfryPayloadField revision_fields[] = {
  BELFRY_PAYLOAD_FIELD (TEXT, "author", author),
  BELFRY_PAYLOAD_FIELD (TEXT, "message", comments),
  BELFRY_PAYLOAD_FIELD (TEXT, "url", revlink),
  { NULL },
};

/* each file once, where it is named first */
static gboolean
set_files (JsonNode *revision, BelfryChange *change, GError **error)
{
  static const char *const lists[] = { "added", "modified", "removed" };
  g_autoptr (GPtrArray) named = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    if (belfry_payload_need (revision, lists[i], error) == NULL ||
        !belfry_payload_add_files (revision, lists[i], named, error))
      return FALSE;
  for (guint i = 0; i < named->len; i++)
    if (g_hash_table_add (known, g_ptr_array_index (named, i)))
      g_ptr_array_add (files, g_ptr_array_index (named, i));
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = g_strdupv ((char **)files->pdata);
  return TRUE;
}

/* a text, or Subversion's number */
static gboolean
set_revision (JsonNode *revision, BelfryChange *change, GError **error)
{
  JsonNode *node = belfry_payload_need (revision, "revision", error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_INT64)
    return belfry_payload_get_text (revision, "revision", &change->revision, error);
  g_free (change->revision);
  change->revision = belfry_payload_compose (revision, "revision", error);
  return TRUE;
}

static gboolean
set_branch (const Push *push, JsonNode *revision, BelfryChange *change, GError **error)
{
  JsonNode *branch = NULL;

  if (!belfry_payload_find (revision, "branch", &branch, error))
    return FALSE;
  if (branch != NULL)
    return belfry_payload_get_text (revision, "branch", &change->branch, error);
  belfry_record_set_text (&change->branch, push->self->branch);
  return TRUE;
}

static BelfryChange *
translate_revision (JsonNode *revision, gconstpointer data, GError **error)
{
  const Push *push = data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (!belfry_payload_fill (push->payload, push_fields, change, error) ||
      !belfry_payload_fill (revision, revision_fields, change, error) ||
      !set_revision (revision, change, error) || !set_branch (push, revision, change, error) ||
      !belfry_payload_get_seconds (revision, "timestamp", &change->when_timestamp, error) ||
      !set_files (revision, change, error))
    return NULL;
  belfry_record_set_text (&change->src, "Google Code");
  return g_steal_pointer (&change);
}

static BelfryTranslation *
translate_payload (const Push *push, GError **error)
{
  static const char *const needed[] = { "project_name", "repository_path", "revision_count", NULL };
  JsonArray *revisions = NULL;
  GPtrArray *changes = NULL;

  if (!belfry_payload_need_all (push->payload, needed, error))
    return NULL;
  revisions = belfry_payload_need_list (push->payload, "revisions", error);
  changes = revisions != NULL
                ? belfry_payload_make_changes (revisions, translate_revision, push, error)
                : NULL;
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}

BelfryTranslation *
belfry_googlecode_translate (const BelfryGooglecode *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  const Push push = { self, belfry_request_get_json (request, &local) };
  BelfryTranslation *translation = NULL;

  if (belfry_request_get_header (request, HEADER) == NULL)
    return belfry_translation_new_malformed ("there is no header " HEADER);
  if (push.payload != NULL)
    translation = translate_payload (&push, &local);
  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
