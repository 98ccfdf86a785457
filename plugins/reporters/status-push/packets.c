/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes over the wire. The filter is Python's idea of an empty value: no text, false, null, no
 * elements, and the number 0. Members of objects go; elements of lists stay, as null, unless all of
 * them are empty, which empties the list.
 */
#include "payload.h"

static JsonNode *filter_node (JsonNode *node);

static JsonNode *
filter_object (JsonObject *object)
{
  g_autoptr (JsonObject) kept = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member)) {
    JsonNode *filtered = filter_node (member);

    if (filtered != NULL)
      json_object_set_member (kept, name, filtered);
  }
  if (json_object_get_size (kept) == 0)
    return NULL;
  return json_node_init_object (json_node_alloc (), kept);
}

static JsonNode *
filter_array (JsonArray *array)
{
  g_autoptr (JsonArray) kept = json_array_new ();
  gboolean any = FALSE;

  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *filtered = filter_node (json_array_get_element (array, i));

    any |= filtered != NULL;
    if (filtered != NULL)
      json_array_add_element (kept, filtered);
    else
      json_array_add_null_element (kept);
  }
  return any ? json_node_init_array (json_node_alloc (), kept) : NULL;
}

static gboolean
is_empty (JsonNode *node)
{
  switch (json_node_get_value_type (node)) {
  case G_TYPE_STRING:
    return *json_node_get_string (node) == '\0';
  case G_TYPE_BOOLEAN:
    return !json_node_get_boolean (node);
  default:
    return !(json_node_get_double (node) < 0 || json_node_get_double (node) > 0);
  }
}

/* (nullable): it is empty */
static JsonNode *
filter_node (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return filter_object (json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return filter_array (json_node_get_array (node));
  if (JSON_NODE_HOLDS_NULL (node) || is_empty (node))
    return NULL;
  return json_node_copy (node);
}

JsonObject *
belfry_push_filter (JsonObject *payload)
{
  JsonObject *kept = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  json_object_iter_init (&iter, payload);
  while (json_object_iter_next (&iter, &name, &member)) {
    JsonNode *filtered = filter_node (member);

    if (filtered != NULL)
      json_object_set_member (kept, name, filtered);
    else
      json_object_set_null_member (kept, name);
  }
  return kept;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

static JsonNode *
sort_keys (JsonNode *node)
{
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    g_autoptr (JsonArray) array = json_array_new ();

    for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
      json_array_add_element (array,
                              sort_keys (json_array_get_element (json_node_get_array (node), i)));
    return json_node_init_array (json_node_alloc (), array);
  }
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    g_autoptr (JsonObject) object = json_object_new ();
    g_autoptr (GList) names = json_object_get_members (json_node_get_object (node));

    names = g_list_sort (g_steal_pointer (&names), compare_names);
    for (GList *link = names; link != NULL; link = link->next)
      json_object_set_member (
          object, link->data,
          sort_keys (json_object_get_member (json_node_get_object (node), link->data)));
    return json_node_init_object (json_node_alloc (), object);
  }
  return json_node_copy (node);
}

char *
belfry_push_pack (JsonArray *items, guint count, gboolean pretty)
{
  g_autoptr (JsonArray) chosen = json_array_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (JsonNode) sorted = NULL;

  for (guint i = 0; i < count; i++)
    json_array_add_element (chosen, json_array_dup_element (items, i));
  node = json_node_init_array (json_node_alloc (), chosen);
  if (!pretty)
    return belfry_json_to_text (node);
  sorted = sort_keys (node);
  return json_to_string (sorted, TRUE);
}
