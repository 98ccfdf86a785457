/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Headers are few, so a flat list of names and values beats a table. Nothing that gets in here can
 * leave the line it is printed on.
 */
#include "web/headers-private.h"

#include <string.h>

static const char hex_digits[] = "0123456789ABCDEF";

GPtrArray *
belfry_pairs_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

void
belfry_pairs_add (GPtrArray *pairs, const char *name, const char *value)
{
  g_ptr_array_add (pairs, g_strdup (name));
  g_ptr_array_add (pairs, g_strdup (value));
}

void
belfry_pairs_set (GPtrArray *pairs, const char *name, const char *value)
{
  for (guint i = pairs->len; i >= 2; i -= 2) {
    if (g_ascii_strcasecmp (pairs->pdata[i - 2], name) == 0)
      g_ptr_array_remove_range (pairs, i - 2, 2);
  }
  belfry_pairs_add (pairs, name, value);
}

const char *
belfry_pairs_find (GPtrArray *pairs, const char *name)
{
  for (guint i = 0; i + 1 < pairs->len; i += 2) {
    if (g_ascii_strcasecmp (pairs->pdata[i], name) == 0)
      return pairs->pdata[i + 1];
  }
  return NULL;
}

guint
belfry_pairs_count (GPtrArray *pairs, const char *name)
{
  guint count = 0;

  for (guint i = 0; i + 1 < pairs->len; i += 2)
    count += g_ascii_strcasecmp (pairs->pdata[i], name) == 0;
  return count;
}

char *
belfry_header_dup_safe (const char *value)
{
  g_autoptr (GString) safe = g_string_new (NULL);

  for (const char *at = value; *at != '\0'; at++) {
    guchar byte = (guchar)*at;

    if ((byte >= 0x20 && byte != 0x7f) || byte == '\t')
      g_string_append_c (safe, *at);
    else
      g_string_append_printf (safe, "%%%c%c", hex_digits[byte >> 4], hex_digits[byte & 15]);
  }
  return g_string_free (g_steal_pointer (&safe), FALSE);
}

JsonArray *
belfry_pairs_to_json (GPtrArray *pairs)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i + 1 < pairs->len; i += 2) {
    JsonArray *pair = json_array_new ();
    g_autofree char *value = g_utf8_make_valid (pairs->pdata[i + 1], -1);

    json_array_add_string_element (pair, pairs->pdata[i]);
    json_array_add_string_element (pair, value);
    json_array_add_array_element (array, pair);
  }
  return array;
}

JsonNode *
belfry_body_to_json (GBytes *body)
{
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  JsonNode *node = NULL;

  if (body == NULL)
    return json_node_new (JSON_NODE_NULL);
  if (length == 0 ||
      (g_utf8_validate_len (data, length, NULL) && memchr (data, 0, length) == NULL)) {
    g_autofree char *text = g_strndup (length > 0 ? data : "", length);

    node = json_node_new (JSON_NODE_VALUE);
    json_node_set_string (node, text);
  } else {
    g_autofree char *encoded = g_base64_encode ((const guchar *)data, length);
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "base64", encoded);
    node = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (node, object);
  }
  return node;
}

GBytes *
belfry_body_from_json (JsonNode *node)
{
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    JsonNode *encoded = json_object_get_member (json_node_get_object (node), "base64");

    if (encoded != NULL && json_node_get_value_type (encoded) == G_TYPE_STRING) {
      gsize length = 0;
      guchar *data = g_base64_decode (json_node_get_string (encoded), &length);

      return g_bytes_new_take (data, length);
    }
  }
  if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING) {
    const char *text = json_node_get_string (node);

    return g_bytes_new (text, strlen (text));
  }
  return NULL;
}
