/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base-translate.h"

#include <math.h>
#include <string.h>

/* the years that any calendar here can show: 1 to 9999 */
#define MIN_SECONDS -62135596800.0
#define MAX_SECONDS 253402300799.0

/* arguments that become a field as they are */
static const struct {
  const char *argument;
  gsize offset;
} texts[] = {
  { "branch", G_STRUCT_OFFSET (BelfryChange, branch) },
  { "category", G_STRUCT_OFFSET (BelfryChange, category) },
  { "codebase", G_STRUCT_OFFSET (BelfryChange, codebase) },
  { "comments", G_STRUCT_OFFSET (BelfryChange, comments) },
  { "committer", G_STRUCT_OFFSET (BelfryChange, committer) },
  { "project", G_STRUCT_OFFSET (BelfryChange, project) },
  { "repository", G_STRUCT_OFFSET (BelfryChange, repository) },
  { "revision", G_STRUCT_OFFSET (BelfryChange, revision) },
  { "revlink", G_STRUCT_OFFSET (BelfryChange, revlink) },
};

static gboolean
malformed (const char *argument, const char *wanted, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no %s", argument, wanted);
  return FALSE;
}

static gboolean
read_when (BelfryForm *form, BelfryChange *change, GError **error)
{
  const char *argument =
      belfry_form_get (form, "when_timestamp") != NULL ? "when_timestamp" : "when";
  const char *text = belfry_form_get (form, argument);
  char *end = NULL;
  double seconds = 0;

  if (text == NULL)
    return TRUE;
  if (text[0] == '\0' || strspn (text, "0123456789+-.eE") != strlen (text))
    return malformed (argument, "number of seconds", error);
  seconds = g_ascii_strtod (text, &end);
  if (*end != '\0' || !isfinite (seconds) || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    return malformed (argument, "number of seconds", error);
  change->when_timestamp = (gint64)floor (seconds) * G_USEC_PER_SEC;
  return TRUE;
}

static gboolean
read_files (BelfryForm *form, BelfryChange *change, GError **error)
{
  const char *text = belfry_form_get (form, "files");
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array = NULL;

  change->files_unknown = text == NULL;
  node = text != NULL ? belfry_json_parse (text, -1, NULL, NULL) : NULL;
  if (text != NULL && (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)))
    return malformed ("files", "JSON list", error);
  array = node != NULL ? json_node_get_array (node) : NULL;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);

    if (json_node_get_value_type (item) != G_TYPE_STRING)
      return malformed ("files", "list of texts", error);
    g_ptr_array_add (files, g_strdup (json_node_get_string (item)));
  }
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = (char **)g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return TRUE;
}

static gboolean
read_properties (BelfryForm *form, BelfryChange *change, GError **error)
{
  const char *text = belfry_form_get (form, "properties");
  g_autoptr (JsonNode) node = NULL;
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  if (text == NULL)
    return TRUE;
  node = belfry_json_parse (text, -1, NULL, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return malformed ("properties", "JSON object", error);
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    belfry_properties_set (change->properties, name, value, "Change");
  return TRUE;
}

static void
read_texts (BelfryForm *form, BelfryChange *change)
{
  const char *author = belfry_form_get (form, "author");

  if (author == NULL || author[0] == '\0')
    author = belfry_form_get (form, "who");
  belfry_record_set_text (&change->author, author != NULL ? author : "");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    const char *value = belfry_form_get (form, texts[i].argument);

    if (value != NULL)
      belfry_record_set_text (G_STRUCT_MEMBER_P (change, texts[i].offset), value);
  }
}

/* a body of another type than a form was meant for another dialect */
static gboolean
is_form (BelfryRequest *request)
{
  g_autofree char *type = belfry_request_dup_media_type (request);

  return g_bytes_get_size (belfry_request_get_body (request)) == 0 ||
         g_strcmp0 (type, "application/x-www-form-urlencoded") == 0 ||
         g_strcmp0 (type, "multipart/form-data") == 0;
}

BelfryTranslation *
belfry_base_translate (BelfryRequest *request)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GError) local = NULL;
  BelfryForm *form = NULL;

  if (!is_form (request))
    return belfry_translation_new_unsupported_type ("a form is wanted here");
  form = belfry_request_get_arguments (request, &local);
  if (form == NULL)
    return belfry_translation_new_malformed ("%s", local->message);
  change->when_timestamp = BELFRY_NONE;
  g_clear_pointer (&change->codebase, g_free);
  read_texts (form, change);
  if (!read_when (form, change, &local) || !read_files (form, change, &local) ||
      !read_properties (form, change, &local))
    return belfry_translation_new_malformed ("%s", local->message);
  g_ptr_array_add (changes, g_steal_pointer (&change));
  return belfry_translation_new_changes (g_steal_pointer (&changes));
}
