/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What set-property finds in a value or an output: one property; a pattern's named groups;
 * NAME=VALUE lines; a JSON object. Names that a build sets by itself are refused.
 */
#include "extract.h"
#include "properties.h"
#include <string.h>

static void
found_free (gpointer data)
{
  LocalFound *self = data;

  g_free (self->name);
  g_clear_pointer (&self->value, json_node_unref);
  g_free (self);
}

/* Takes @value. */
static gboolean
add (GPtrArray *found, const char *name, JsonNode *value, GError **error)
{
  LocalFound *item = g_new0 (LocalFound, 1);
  g_autofree char *shown = belfry_text_make_printable (name, -1, 100);

  item->name = g_strdup (name);
  item->value = value;
  g_ptr_array_add (found, item);
  if (*name != '\0' && !local_property_is_reserved (name) && strlen (name) <= 256 &&
      g_utf8_validate (name, -1, NULL))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "'%s' cannot be set by a step", shown);
  return FALSE;
}

static JsonNode *
make_value (const LocalStepKeys *keys, const char *text, GError **error)
{
  g_autofree char *copy = g_utf8_make_valid (text, -1);

  if (keys->strip)
    g_strstrip (copy);
  return keys->as_json ? belfry_json_parse (copy, -1, NULL, error) : belfry_json_new_text (copy);
}

/* The name in `(?<NAME>` or `(?P<NAME>` that begins at @at; moves behind it. */
static char *
next_group (const char **at)
{
  const char *start = strstr (*at, "(?");

  while (start != NULL) {
    const char *name = start + 2;
    const char *end = NULL;

    if (*name == 'P')
      name++;
    end = *name == '<' ? strchr (name, '>') : NULL;
    *at = start + 2;
    if (end != NULL && name[1] != '=' && name[1] != '!') {
      *at = end;
      return g_strndup (name + 1, (gsize)(end - name - 1));
    }
    start = strstr (start + 2, "(?");
  }
  return NULL;
}

static gboolean
extract_groups (const LocalStepKeys *keys, const char *text, GPtrArray *found, GError **error)
{
  g_autoptr (GMatchInfo) match = NULL;
  const char *at = g_regex_get_pattern (keys->extract);
  char *name = NULL;

  if (!g_regex_match (keys->extract, text, 0, &match))
    return TRUE;
  while ((name = next_group (&at)) != NULL) {
    g_autofree char *owned = name;
    g_autofree char *value = g_match_info_fetch_named (match, name);
    JsonNode *node = value != NULL ? make_value (keys, value, error) : NULL;

    if ((value != NULL && node == NULL) || (node != NULL && !add (found, owned, node, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
extract_lines (const LocalStepKeys *keys, const char *text, GPtrArray *found, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');
    JsonNode *node = NULL;

    if (equals == NULL)
      continue;
    *equals = '\0';
    node = make_value (keys, equals + 1, error);
    if (node == NULL || !add (found, g_strstrip (lines[i]), node, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
extract_object (const char *text, GPtrArray *found, GError **error)
{
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, error);
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  if (node == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                         "the output is no JSON object");
    return FALSE;
  }
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value)) {
    if (!add (found, name, belfry_json_copy (value), error))
      return FALSE;
  }
  return TRUE;
}

/* (nullable) (element-type LocalFound). @property: (nullable): the one that is set */
GPtrArray *
local_extract (const LocalStepKeys *keys, const char *property, const char *text, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (found_free);
  JsonNode *value = NULL;
  gboolean good = TRUE;

  if (keys->extract != NULL)
    good = extract_groups (keys, text, found, error);
  else if (keys->format == LOCAL_FORMAT_LINES)
    good = extract_lines (keys, text, found, error);
  else if (keys->format == LOCAL_FORMAT_JSON)
    good = extract_object (text, found, error);
  else {
    value = make_value (keys, text, error);
    good = value != NULL && add (found, property, value, error);
  }
  return good ? g_steal_pointer (&found) : NULL;
}
