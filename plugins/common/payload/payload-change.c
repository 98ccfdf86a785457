/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From values to changes: tables of fields and properties, files, refs, and lists of commits. */
#include "payload.h"

#include <string.h>

#define MAX_LIST          10000
#define MAX_URL_ARGUMENTS 1000

BelfryChange *
belfry_payload_new_change (void)
{
  BelfryChange *change = belfry_change_new ();

  change->when_timestamp = BELFRY_NONE;
  g_clear_pointer (&change->codebase, g_free);
  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  return change;
}

gboolean
belfry_payload_need_all (JsonNode *root, const char *const *paths, GError **error)
{
  for (guint i = 0; paths[i] != NULL; i++)
    if (belfry_payload_need (root, paths[i], error) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
fill_text (char **field, char *text)
{
  if (text == NULL)
    return FALSE;
  g_free (*field);
  *field = text;
  return TRUE;
}

static gboolean
fill_one (JsonNode *root, const BelfryPayloadField *row, BelfryChange *change, GError **error)
{
  gpointer field = G_STRUCT_MEMBER_P (change, row->offset);

  switch (row->type) {
  case BELFRY_PAYLOAD_TEXT:
    return belfry_payload_get_text (root, row->path, field, error);
  case BELFRY_PAYLOAD_COMPOSED:
    return fill_text (field, belfry_payload_compose (root, row->path, error));
  case BELFRY_PAYLOAD_PERSON:
    return fill_text (field, belfry_payload_compose_person (root, row->path, error));
  case BELFRY_PAYLOAD_TIME:
    return belfry_payload_get_time (root, row->path, field, error);
  }
  return FALSE;
}

gboolean
belfry_payload_fill (JsonNode *root,
                     const BelfryPayloadField *fields,
                     BelfryChange *change,
                     GError **error)
{
  for (; fields->path != NULL; fields++)
    if (!fill_one (root, fields, change, error))
      return FALSE;
  return TRUE;
}

gboolean
belfry_payload_set_properties (JsonNode *root,
                               const BelfryPayloadProperty *rows,
                               BelfryChange *change,
                               GError **error)
{
  for (; rows->name != NULL; rows++) {
    JsonNode *value = belfry_payload_need (root, rows->path, error);

    if (value == NULL)
      return FALSE;
    belfry_properties_set (change->properties, rows->name, value, "Change");
  }
  return TRUE;
}

gboolean
belfry_payload_set_files (JsonNode *commit,
                          gboolean take_null,
                          BelfryChange *change,
                          GError **error)
{
  static const char *const lists[] = { "added", "modified", "removed" };
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    JsonNode *list = NULL;
    gboolean is_null = take_null && belfry_payload_find (commit, lists[i], &list, NULL) &&
                       list != NULL && JSON_NODE_HOLDS_NULL (list);

    if (!is_null && !belfry_payload_add_files (commit, lists[i], files, error))
      return FALSE;
  }
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = (char **)g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return TRUE;
}

JsonArray *
belfry_payload_need_list (JsonNode *root, const char *path, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);
  JsonArray *list =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return NULL;
  if (list == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no list", path);
  else if (json_array_get_length (list) > MAX_LIST) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' has more than %d entries", path,
                 MAX_LIST);
    return NULL;
  }
  return list;
}

gboolean
belfry_payload_is_true (JsonNode *root, const char *path)
{
  JsonNode *node = NULL;

  return belfry_payload_find (root, path, &node, NULL) && node != NULL &&
         json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

gboolean
belfry_payload_differs (JsonNode *root, const char *path, const char *other)
{
  JsonNode *a = NULL;
  JsonNode *b = NULL;

  return belfry_payload_find (root, path, &a, NULL) &&
         belfry_payload_find (root, other, &b, NULL) && a != NULL && b != NULL &&
         !json_node_equal (a, b);
}

const char *
belfry_payload_get_ref_name (const char *ref, gboolean *is_tag)
{
  static const char *const prefixes[] = { "refs/heads/", "refs/tags/" };

  for (guint i = 0; ref != NULL && i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (ref, prefixes[i]) && ref[strlen (prefixes[i])] != '\0') {
      *is_tag = i == 1;
      return ref + strlen (prefixes[i]);
    }
  return NULL;
}

const char *
belfry_payload_need_text (JsonNode *root, const char *path, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);

  if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  if (node != NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no text", path);
  return NULL;
}

char *
belfry_payload_compose_number (JsonNode *root, const char *path, GError **error)
{
  g_autofree char *text = belfry_payload_compose (root, path, error);
  gint64 number = 0;

  if (text == NULL)
    return NULL;
  if (belfry_parse_integer (text, 0, G_MAXINT64, &number, NULL))
    return g_strdup_printf ("%" G_GINT64_FORMAT, number);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no number", path);
  return NULL;
}

const char *
belfry_payload_choose (JsonNode *root, const char *path, const char *other)
{
  JsonNode *node = NULL;

  return belfry_payload_find (root, path, &node, NULL) && node != NULL ? path : other;
}

GPtrArray *
belfry_payload_make_changes (JsonArray *list,
                             BelfryPayloadMake make,
                             gconstpointer data,
                             GError **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < json_array_get_length (list); i++) {
    BelfryChange *change = make (json_array_get_element (list, i), data, error);

    if (change == NULL)
      return NULL;
    g_ptr_array_add (changes, change);
  }
  return g_steal_pointer (&changes);
}

BelfryTranslation *
belfry_payload_translate_changes (GPtrArray *changes)
{
  if (changes->len > 0)
    return belfry_translation_new_changes (changes);
  g_ptr_array_unref (changes);
  return belfry_translation_new_nothing ("no commits");
}

BelfryTranslation *
belfry_payload_translate_change (BelfryChange *change)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (belfry_record_unref);

  g_ptr_array_add (changes, change);
  return belfry_translation_new_changes (changes);
}

gboolean
belfry_payload_get_url_argument (BelfryRequest *request,
                                 const char *name,
                                 char **value,
                                 GError **error)
{
  const char *query = belfry_request_get_query (request);
  g_autoptr (BelfryForm) form = belfry_form_new ();

  if (query != NULL && !belfry_form_add_urlencoded (form, query, -1, MAX_URL_ARGUMENTS, error)) {
    g_prefix_error (error, "reading the query: ");
    return FALSE;
  }
  belfry_record_set_text (value, belfry_form_get (form, name));
  return TRUE;
}

gboolean
belfry_payload_fill_project (BelfryRequest *request, BelfryTranslation *translation, GError **error)
{
  g_autofree char *project = NULL;

  if (!belfry_payload_get_url_argument (request, "project", &project, error))
    return FALSE;
  for (guint i = 0;
       project != NULL && translation->changes != NULL && i < translation->changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (translation->changes, i);

    if (change->project == NULL || change->project[0] == '\0')
      belfry_record_set_text (&change->project, project);
  }
  return TRUE;
}
