/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing JSON and looking into it.
 *
 * json-glib's own getters warn when a member is missing or of another type; what a stranger sent
 * may well be, so these answer with NULL or a fallback instead. The writer is ours because
 * json-glib's writes non-finite numbers as words that no other reader takes.
 */
#include "belfry-json.h"

#include <math.h>
#include <string.h>

static void write_node (GString *out, JsonNode *node);

static void
write_escaped (GString *out, guchar byte)
{
  static const char letters[] = "btnvfr";

  if (byte == '"' || byte == '\\')
    g_string_append_printf (out, "\\%c", byte);
  else if (byte >= '\b' && byte <= '\r' && byte != '\v')
    g_string_append_printf (out, "\\%c", letters[byte - '\b']);
  else
    g_string_append_printf (out, "\\u%04x", byte);
}

static void
write_string (GString *out, const char *text)
{
  const char *from = text;
  const char *at = text;

  g_string_append_c (out, '"');
  for (; *at != '\0'; at++) {
    guchar byte = (guchar)*at;

    if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
      continue;
    g_string_append_len (out, from, at - from);
    write_escaped (out, byte);
    from = at + 1;
  }
  g_string_append_len (out, from, at - from);
  g_string_append_c (out, '"');
}

static void
write_double (GString *out, double value)
{
  /* 15 digits are enough for what people write, 17 for every double */
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
  g_autofree char *buffer = NULL;

  if (!isfinite (value)) {
    g_string_append (out, "null");
    return;
  }
  buffer = g_malloc (G_ASCII_DTOSTR_BUF_SIZE);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_ascii_formatd (buffer, G_ASCII_DTOSTR_BUF_SIZE, formats[i], value);
    if (g_ascii_strtod (buffer, NULL) == value)
      break;
  }
  g_string_append (out, buffer);
  /* a double stays one when it is read again */
  if (strpbrk (buffer, ".eE") == NULL)
    g_string_append (out, ".0");
}

static void
write_value (GString *out, JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    write_string (out, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE)
    write_double (out, json_node_get_double (node));
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
}

static void
write_object (GString *out, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean is_first = TRUE;

  g_string_append_c (out, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member)) {
    if (!is_first)
      g_string_append_c (out, ',');
    is_first = FALSE;
    write_string (out, name);
    g_string_append_c (out, ':');
    write_node (out, member);
  }
  g_string_append_c (out, '}');
}

static void
write_array (GString *out, JsonArray *array)
{
  guint length = json_array_get_length (array);

  g_string_append_c (out, '[');
  for (guint i = 0; i < length; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    write_node (out, json_array_get_element (array, i));
  }
  g_string_append_c (out, ']');
}

static void
write_node (GString *out, JsonNode *node)
{
  switch (json_node_get_node_type (node)) {
  case JSON_NODE_OBJECT:
    write_object (out, json_node_get_object (node));
    break;
  case JSON_NODE_ARRAY:
    write_array (out, json_node_get_array (node));
    break;
  case JSON_NODE_VALUE:
    write_value (out, node);
    break;
  case JSON_NODE_NULL:
    g_string_append (out, "null");
    break;
  }
}

/**
 * belfry_json_append:
 * @text: what to append to
 * @node: a value
 *
 * Appends what belfry_json_to_text () writes.
 *
 * Since: 0.1
 */
void
belfry_json_append (GString *text, JsonNode *node)
{
  g_return_if_fail (text != NULL);
  g_return_if_fail (node != NULL);

  write_node (text, node);
}

/**
 * belfry_json_append_text:
 * @text: what to append to
 * @value: UTF-8
 *
 * Appends a string in quotes.
 *
 * Since: 0.1
 */
void
belfry_json_append_text (GString *text, const char *value)
{
  g_return_if_fail (text != NULL);
  g_return_if_fail (value != NULL);

  write_string (text, value);
}

/**
 * belfry_json_append_list:
 * @text: what to append to
 * @values: (nullable) (array zero-terminated=1): UTF-8; %NULL is an empty list
 *
 * Appends a list of strings.
 *
 * Since: 0.1
 */
void
belfry_json_append_list (GString *text, const char *const *values)
{
  g_return_if_fail (text != NULL);

  g_string_append_c (text, '[');
  for (guint i = 0; values != NULL && values[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (text, ',');
    write_string (text, values[i]);
  }
  g_string_append_c (text, ']');
}

/**
 * belfry_json_object_to_text:
 * @object: an object
 *
 * Writes compact JSON, as belfry_json_to_text () does.
 *
 * Returns: (transfer full): JSON on one line
 * Since: 0.1
 */
char *
belfry_json_object_to_text (JsonObject *object)
{
  GString *out = NULL;

  g_return_val_if_fail (object != NULL, NULL);

  out = g_string_new (NULL);
  write_object (out, object);
  return g_string_free (out, FALSE);
}

/**
 * belfry_json_to_text:
 * @node: (nullable): a value; NULL is written like null
 *
 * Writes compact JSON. Members keep their order. A number that is not finite becomes `null`, a
 * whole double keeps its `.0`.
 *
 * Returns: (transfer full): JSON on one line
 * Since: 0.1
 */
char *
belfry_json_to_text (JsonNode *node)
{
  GString *out = g_string_new (NULL);

  if (node == NULL)
    g_string_append (out, "null");
  else
    write_node (out, node);
  return g_string_free (out, FALSE);
}

/**
 * belfry_json_new_text:
 * @text: (nullable): UTF-8, or NULL for null
 *
 * Returns: (transfer full): a string, or null
 * Since: 0.1
 */
JsonNode *
belfry_json_new_text (const char *text)
{
  if (text == NULL)
    return json_node_init_null (json_node_alloc ());
  return json_node_init_string (json_node_alloc (), text);
}

/**
 * belfry_json_new_integer:
 * @value: a number
 *
 * Returns: (transfer full): an integer
 * Since: 0.1
 */
JsonNode *
belfry_json_new_integer (gint64 value)
{
  return json_node_init_int (json_node_alloc (), value);
}

/* the members of a node on the way; NULL where there is no object */
static JsonObject *
node_object (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/**
 * belfry_json_lookup:
 * @node: (nullable): where to begin
 * @path: names of members, joined by dots, such as `head.repo.name`
 *
 * Walks through objects. A name that itself contains a dot cannot be reached, and lists are not
 * entered. The empty path is @node itself.
 *
 * Returns: (transfer none) (nullable): what stands there, which may be null; NULL if nothing does
 * Since: 0.1
 */
JsonNode *
belfry_json_lookup (JsonNode *node, const char *path)
{
  g_auto (GStrv) names = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  names = g_strsplit (path, ".", -1);
  for (guint i = 0; names[i] != NULL && node != NULL; i++) {
    JsonObject *object = node_object (node);

    node = object != NULL ? json_object_get_member (object, names[i]) : NULL;
  }
  return node;
}

static JsonNode *
get_value (JsonObject *object, const char *key)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, key) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

/**
 * belfry_json_get_text:
 * @object: (nullable): an object
 * @key: name of a member
 *
 * Returns: (transfer none) (nullable): the string; NULL if the member is missing or no string
 * Since: 0.1
 */
const char *
belfry_json_get_text (JsonObject *object, const char *key)
{
  JsonNode *node = get_value (object, key);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/**
 * belfry_json_get_integer:
 * @object: (nullable): an object
 * @key: name of a member
 * @fallback: answer where there is no integer
 *
 * A double counts where it is whole and fits into 64 bits.
 *
 * Returns: the number, or @fallback if the member is missing or no integer
 * Since: 0.1
 */
gint64
belfry_json_get_integer (JsonObject *object, const char *key, gint64 fallback)
{
  JsonNode *node = get_value (object, key);
  double real;

  if (node == NULL)
    return fallback;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return json_node_get_int (node);
  if (json_node_get_value_type (node) != G_TYPE_DOUBLE)
    return fallback;
  real = json_node_get_double (node);
  /* 2^63: the first double that no longer fits */
  if (!(real >= -0x1p63 && real < 0x1p63) || real != floor (real))
    return fallback;
  return (gint64)real;
}

/**
 * belfry_json_get_boolean:
 * @object: (nullable): an object
 * @key: name of a member
 * @fallback: answer where there is no boolean
 *
 * Returns: the value, or @fallback if the member is missing or neither `true` nor `false`
 * Since: 0.1
 */
gboolean
belfry_json_get_boolean (JsonObject *object, const char *key, gboolean fallback)
{
  JsonNode *node = get_value (object, key);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fallback;
  return json_node_get_boolean (node);
}

/**
 * belfry_json_get_object:
 * @object: (nullable): an object
 * @key: name of a member
 *
 * Returns: (transfer none) (nullable): the member; NULL if it is missing or no object
 * Since: 0.1
 */
JsonObject *
belfry_json_get_object (JsonObject *object, const char *key)
{
  return node_object (object != NULL ? json_object_get_member (object, key) : NULL);
}

/**
 * belfry_json_get_array:
 * @object: (nullable): an object
 * @key: name of a member
 *
 * Returns: (transfer none) (nullable): the member; NULL if it is missing or no list
 * Since: 0.1
 */
JsonArray *
belfry_json_get_array (JsonObject *object, const char *key)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, key) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* copying */

static JsonNode *
copy_value (JsonNode *node)
{
  JsonNode *copy = json_node_new (JSON_NODE_VALUE);
  g_auto (GValue) value = G_VALUE_INIT;

  json_node_get_value (node, &value);
  json_node_set_value (copy, &value);
  return copy;
}

static JsonNode *
copy_object (JsonObject *object)
{
  JsonNode *copy = json_node_new (JSON_NODE_OBJECT);
  JsonObject *members = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    json_object_set_member (members, name, belfry_json_copy (member));
  json_node_take_object (copy, members);
  return copy;
}

static JsonNode *
copy_array (JsonArray *array)
{
  JsonNode *copy = json_node_new (JSON_NODE_ARRAY);
  guint length = json_array_get_length (array);
  JsonArray *elements = json_array_sized_new (length);

  for (guint i = 0; i < length; i++)
    json_array_add_element (elements, belfry_json_copy (json_array_get_element (array, i)));
  json_node_take_array (copy, elements);
  return copy;
}

/**
 * belfry_json_copy:
 * @node: (nullable): a JSON value
 *
 * Copies a value and all that is in it. json_node_copy () shares what objects, arrays and texts
 * hold with the original, and counts that without a lock: of a value that another thread may use,
 * as it may each record's, only this copy may be kept.
 *
 * Returns: (transfer full) (nullable): the copy; %NULL of %NULL
 * Since: 0.1
 */
JsonNode *
belfry_json_copy (JsonNode *node)
{
  if (node == NULL)
    return NULL;
  switch (json_node_get_node_type (node)) {
  case JSON_NODE_OBJECT:
    return copy_object (json_node_get_object (node));
  case JSON_NODE_ARRAY:
    return copy_array (json_node_get_array (node));
  case JSON_NODE_VALUE:
    return copy_value (node);
  case JSON_NODE_NULL:
    break;
  }
  return json_node_new (JSON_NODE_NULL);
}
