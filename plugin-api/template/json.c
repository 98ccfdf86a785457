/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values as JSON: written out as Python's json module does, with sorted keys and, so that it can
 * stand in a page's script or attribute, with < > & ' as \u escapes; and as JsonNode. */
#include "render-private.h"
#include "text-private.h"

#include <math.h>
#include <string.h>

static void
append_unit (TplRender *render, GString *to, guint unit)
{
  g_autofree char *text = g_strdup_printf ("\\u%04x", unit);

  tpl_append (render, to, text, strlen (text));
}

static const char *
short_escape (gunichar character)
{
  static const char *const escapes[] = {
    ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
    ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
  };

  return character < G_N_ELEMENTS (escapes) ? escapes[character] : NULL;
}

static void
append_json_character (TplRender *render, GString *to, gunichar character)
{
  const char *escape = short_escape (character);
  char plain = (char)character;

  if (escape != NULL) {
    tpl_append (render, to, escape, strlen (escape));
  } else if (character >= 0x10000) {
    append_unit (render, to, 0xD800 + ((character - 0x10000) >> 10));
    append_unit (render, to, 0xDC00 + ((character - 0x10000) & 0x3FF));
  } else if (character < ' ' || character > '~' || strchr ("<>&'", plain) != NULL) {
    append_unit (render, to, character);
  } else {
    tpl_append (render, to, &plain, 1);
  }
}

static void
append_json_text (TplRender *render, GString *to, TplValue value)
{
  const char *end = value.text + value.length;

  tpl_append (render, to, "\"", 1);
  for (const char *at = value.text; at < end; at += tpl_utf8_step (at, end))
    append_json_character (render, to, tpl_utf8_get (at, end));
  tpl_append (render, to, "\"", 1);
}

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return tpl_value_compare (user_data, *(const TplValue *)a, *(const TplValue *)b);
}

static TplList *
sorted_keys (TplRender *render, TplValue map)
{
  const TplList *keys = tpl_value_iterate (render, map);
  TplList *sorted = tpl_list_new (render, keys->length);

  for (guint i = 0; i < keys->length; i++)
    tpl_list_append (render, sorted, keys->items[i]);
  if (sorted->length > 1)
    g_qsort_with_data (sorted->items, (int)sorted->length, sizeof (TplValue), compare_keys, render);
  return sorted;
}

/* indent: width in the low half, level in the high one; no width: one line */
static void
append_break (TplRender *render, GString *to, guint indent, guint deeper)
{
  guint width = indent & 0xFFFF;

  if (width == 0)
    return;
  tpl_append (render, to, "\n", 1);
  tpl_append_repeated (render, to, " ", (gsize)width * ((indent >> 16) + deeper));
}

static void
append_separator (TplRender *render, GString *to, guint indent, guint index)
{
  if (index > 0)
    tpl_append (render, to, (indent & 0xFFFF) == 0 ? ", " : ",", (indent & 0xFFFF) == 0 ? 2 : 1);
  append_break (render, to, indent, 1);
}

static void
append_json_list (TplRender *render, GString *to, TplValue value, guint indent)
{
  const TplList *items = tpl_value_iterate (render, value);

  tpl_append (render, to, "[", 1);
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    append_separator (render, to, indent, i);
    tpl_append_json (render, to, items->items[i], indent + 0x10000);
  }
  if (items->length > 0)
    append_break (render, to, indent, 0);
  tpl_append (render, to, "]", 1);
}

static void
append_json_map (TplRender *render, GString *to, TplValue value, guint indent)
{
  const TplList *keys = sorted_keys (render, value);

  tpl_append (render, to, "{", 1);
  for (guint i = 0; i < keys->length && render->error == NULL; i++) {
    append_separator (render, to, indent, i);
    append_json_text (render, to, tpl_value_to_text (render, keys->items[i]));
    tpl_append (render, to, ": ", 2);
    tpl_append_json (render, to, tpl_value_get_item (render, value, keys->items[i]),
                     indent + 0x10000);
  }
  if (keys->length > 0)
    append_break (render, to, indent, 0);
  tpl_append (render, to, "}", 1);
}

static void
append_json_scalar (TplRender *render, GString *to, TplValue value)
{
  if (value.kind == TPL_TEXT)
    append_json_text (render, to, value);
  else if (value.kind == TPL_NONE)
    tpl_append (render, to, "null", 4);
  else if (value.kind == TPL_BOOLEAN)
    tpl_append (render, to, value.integer ? "true" : "false", value.integer ? 4 : 5);
  else if (value.kind == TPL_DOUBLE && !isfinite (value.number))
    tpl_render_fail (render, "a number without end has no JSON form");
  else if (tpl_is_number (value))
    tpl_append_value (render, to, value);
  else
    tpl_render_fail (render, "%s has no JSON form", tpl_value_describe (value));
}

void
tpl_append_json (TplRender *render, GString *to, TplValue value, guint indent)
{
  if (!tpl_render_charge (render, 1))
    return;
  if (!tpl_is_list (value) && !tpl_is_map (value)) {
    append_json_scalar (render, to, value);
    return;
  }
  if (render->depth >= TPL_MAX_STACK_DEPTH) {
    tpl_render_fail (render, "data nested too deeply for JSON");
    return;
  }
  render->depth++;
  if (tpl_is_list (value))
    append_json_list (render, to, value, indent);
  else
    append_json_map (render, to, value, indent);
  render->depth--;
}

static JsonNode *
list_to_node (TplRender *render, TplValue value)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  const TplList *items = tpl_value_iterate (render, value);

  for (guint i = 0; i < items->length && render->error == NULL; i++)
    json_array_add_element (array, tpl_value_to_node (render, items->items[i]));
  json_node_take_array (node, array);
  return node;
}

static JsonNode *
map_to_node (TplRender *render, TplValue value)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  const TplList *keys = tpl_value_iterate (render, value);

  for (guint i = 0; i < keys->length && render->error == NULL; i++) {
    TplValue name = tpl_value_to_text (render, keys->items[i]);
    TplValue item = tpl_value_get_item (render, value, keys->items[i]);

    json_object_set_member (object, name.text, tpl_value_to_node (render, item));
  }
  json_node_take_object (node, object);
  return node;
}

static JsonNode *
nested_to_node (TplRender *render, TplValue value)
{
  JsonNode *node = NULL;

  if (!tpl_render_charge (render, 1) || render->depth >= TPL_MAX_VALUE_DEPTH) {
    tpl_render_fail (render, "data nested too deeply");
    return json_node_new (JSON_NODE_NULL);
  }
  render->depth++;
  node = tpl_is_list (value) ? list_to_node (render, value) : map_to_node (render, value);
  render->depth--;
  return node;
}

/* always a new node; what has no JSON form is null */
JsonNode *
tpl_value_to_node (TplRender *render, TplValue value)
{
  JsonNode *node = NULL;

  if (tpl_is_list (value) || tpl_is_map (value))
    return nested_to_node (render, value);
  node = json_node_alloc ();
  if (value.kind == TPL_TEXT)
    return json_node_init_string (node, value.text);
  if (value.kind == TPL_BOOLEAN)
    return json_node_init_boolean (node, value.integer != 0);
  if (value.kind == TPL_INTEGER)
    return json_node_init_int (node, value.integer);
  if (value.kind == TPL_DOUBLE)
    return json_node_init_double (node, value.number);
  return json_node_init_null (node);
}
