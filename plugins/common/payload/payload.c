/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

#include <math.h>
#include <string.h>

/* the years that any calendar here can show: 1 to 9999 */
#define MIN_SECONDS     -62135596800.0
#define MAX_SECONDS     253402300799.0
#define MAX_WHITELISTED 1000
#define MAX_NAME_DEPTH  64

gboolean
belfry_payload_find (JsonNode *root, const char *path, JsonNode **value, GError **error)
{
  JsonNode *node = root;

  *value = NULL;
  for (const char *at = path; at != NULL;) {
    const char *dot = strchr (at, '.');
    g_autofree char *key = dot != NULL ? g_strndup (at, (gsize)(dot - at)) : NULL;

    if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                   node == NULL ? "what should hold '%s' is missing"
                                : "what should hold '%s' is no object",
                   path);
      return FALSE;
    }
    node = json_object_get_member (json_node_get_object (node), key != NULL ? key : at);
    at = dot != NULL ? dot + 1 : NULL;
  }
  *value = node;
  return TRUE;
}

JsonNode *
belfry_payload_need (JsonNode *root, const char *path, GError **error)
{
  JsonNode *node = NULL;

  if (!belfry_payload_find (root, path, &node, error))
    return NULL;
  if (node == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is missing", path);
  return node;
}

static gboolean
wrong_type (const char *path, const char *wanted, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no %s", path, wanted);
  return FALSE;
}

gboolean
belfry_payload_get_text (JsonNode *root, const char *path, char **value, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);

  if (node == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (node)) {
    belfry_record_set_text (value, NULL);
    return TRUE;
  }
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return wrong_type (path, "text", error);
  belfry_record_set_text (value, json_node_get_string (node));
  return TRUE;
}

static char *
compose_value (JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("None");
  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "True" : "False");
  if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
    return belfry_json_to_text (node);
  return NULL;
}

char *
belfry_payload_compose (JsonNode *root, const char *path, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);
  char *text = node != NULL ? compose_value (node) : NULL;

  if (node != NULL && text == NULL)
    wrong_type (path, "text or number", error);
  return text;
}

char *
belfry_payload_compose_person (JsonNode *root, const char *path, GError **error)
{
  g_autofree char *name_path = g_strconcat (path, ".name", NULL);
  g_autofree char *mail_path = g_strconcat (path, ".email", NULL);
  g_autofree char *name = belfry_payload_compose (root, name_path, error);
  g_autofree char *mail = name != NULL ? belfry_payload_compose (root, mail_path, error) : NULL;

  return mail != NULL ? g_strdup_printf ("%s <%s>", name, mail) : NULL;
}

gboolean
belfry_payload_get_time (JsonNode *root, const char *path, gint64 *time_us, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return wrong_type (path, "date", error);
  if (belfry_time_parse (json_node_get_string (node), time_us, NULL))
    return TRUE;
  return wrong_type (path, "date", error);
}

gboolean
belfry_payload_get_seconds (JsonNode *root, const char *path, gint64 *time_us, GError **error)
{
  JsonNode *node = belfry_payload_need (root, path, error);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;
  double seconds = 0;

  if (node == NULL)
    return FALSE;
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return wrong_type (path, "number of seconds", error);
  seconds = floor (json_node_get_double (node));
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS))
    return wrong_type (path, "number of seconds", error);
  *time_us = (gint64)seconds * G_USEC_PER_SEC;
  return TRUE;
}

gboolean
belfry_payload_add_files (JsonNode *root, const char *key, GPtrArray *files, GError **error)
{
  JsonNode *node = NULL;
  JsonArray *array = NULL;

  if (!belfry_payload_find (root, key, &node, error))
    return FALSE;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return wrong_type (key, "list", error);
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);

    if (json_node_get_value_type (item) != G_TYPE_STRING)
      return wrong_type (key, "list of texts", error);
    g_ptr_array_add (files, g_strdup (json_node_get_string (item)));
  }
  return TRUE;
}

static JsonNode *
read_form (BelfryRequest *request, const BelfryJsonLimits *limits, GError **error)
{
  BelfryForm *form = belfry_request_get_arguments (request, error);
  const char *payload = form != NULL ? belfry_form_get (form, "payload") : NULL;

  if (form == NULL)
    return NULL;
  if (payload == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "the form has no 'payload'");
    return NULL;
  }
  return belfry_json_parse (payload, -1, limits, error);
}

JsonNode *
belfry_payload_read_form (BelfryRequest *request, GError **error)
{
  return read_form (request, NULL, error);
}

JsonNode *
belfry_payload_read_members (BelfryRequest *request,
                             const char *const *members,
                             gboolean *unsupported,
                             GError **error)
{
  BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits), .members = members };
  g_autofree char *type = belfry_request_dup_media_type (request);
  gsize length = 0;
  const char *body = NULL;

  *unsupported = FALSE;
  if (g_strcmp0 (type, "application/json") == 0) {
    body = g_bytes_get_data (belfry_request_get_body (request), &length);
    return belfry_json_parse (body != NULL ? body : "", (gssize)length, &limits, error);
  }
  if (g_strcmp0 (type, "application/x-www-form-urlencoded") == 0 ||
      g_strcmp0 (type, "multipart/form-data") == 0)
    return read_form (request, &limits, error);
  *unsupported = TRUE;
  return NULL;
}

JsonNode *
belfry_payload_read (BelfryRequest *request, gboolean *unsupported, GError **error)
{
  return belfry_payload_read_members (request, NULL, unsupported, error);
}

static gboolean
matches_any (const char *name, const char *const *patterns)
{
  for (guint i = 0; patterns[i] != NULL; i++)
    if (belfry_glob_match (patterns[i], name, BELFRY_GLOB_TEXT))
      return TRUE;
  return FALSE;
}

static void
add_leaves (BelfryProperties *properties,
            const char *name,
            JsonNode *node,
            const char *const *patterns,
            guint depth)
{
  JsonObjectIter iter;
  const char *key = NULL;
  JsonNode *value = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    if (matches_any (name, patterns) && belfry_properties_get_count (properties) < MAX_WHITELISTED)
      belfry_properties_set (properties, name, node, "Change");
    return;
  }
  if (depth >= MAX_NAME_DEPTH)
    return;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &key, &value)) {
    g_autofree char *full = g_strconcat (name, ".", key, NULL);

    add_leaves (properties, full, value, patterns, depth + 1);
  }
}

void
belfry_payload_add_whitelisted (BelfryProperties *properties,
                                const char *prefix,
                                JsonNode *node,
                                const char *const *patterns)
{
  if (patterns != NULL && patterns[0] != NULL && JSON_NODE_HOLDS_OBJECT (node))
    add_leaves (properties, prefix, node, patterns, 0);
}

gboolean
belfry_payload_matches (GPtrArray *expressions, const char *text)
{
  for (guint i = 0; expressions != NULL && i < expressions->len; i++)
    if (belfry_regex_search (g_ptr_array_index (expressions, i), text))
      return TRUE;
  return FALSE;
}

gboolean
belfry_payload_get_codebase (
    const char *fixed, BelfryTemplate *format, JsonNode *root, char **codebase, GError **error)
{
  *codebase = NULL;
  if (format == NULL) {
    *codebase = g_strdup (fixed);
    return TRUE;
  }
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return wrong_type ("payload", "object", error);
  *codebase = belfry_template_render (format, json_node_get_object (root), NULL, 0, error);
  return *codebase != NULL;
}

void
belfry_payload_check_codebase (const char *fixed, BelfryTemplate *format, const BelfryCheck *check)
{
  if (fixed != NULL && format != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "codebase-format",
                         "codebase says it already; keep one of the two");
}
