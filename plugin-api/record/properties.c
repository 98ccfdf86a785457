/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties: name, JSON value and source, in one array sorted by name (code points), found by
 * halving. Values are shared between copies and never changed; setting a name again replaces its
 * row.
 */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-record.h"
#include "record/record-private.h"

#include <string.h>

typedef struct {
  char *name;
  JsonNode *value;
  char *source;
} Property;

struct _BelfryProperties {
  GArray *rows; /* (element-type Property) sorted by name */
};

static void
property_clear (gpointer data)
{
  Property *row = data;

  g_free (row->name);
  json_node_unref (row->value);
  g_free (row->source);
}

static Property *
properties_row (const BelfryProperties *self, guint index)
{
  return &g_array_index (self->rows, Property, index);
}

static int
property_compare (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Property *)a)->name, ((const Property *)b)->name);
}

static Property *
properties_find (const BelfryProperties *self, const char *name, guint *index)
{
  Property wanted = { .name = (char *)name };
  guint low = 0;
  guint high = self->rows->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    int order = property_compare (properties_row (self, middle), &wanted);

    if (order == 0) {
      *index = middle;
      return properties_row (self, middle);
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  *index = low;
  return NULL;
}

/**
 * belfry_properties_new:
 *
 * Makes an empty set of properties.
 *
 * Returns: (transfer full): the properties
 * Since: 0.1
 */
BelfryProperties *
belfry_properties_new (void)
{
  BelfryProperties *self = g_new0 (BelfryProperties, 1);

  self->rows = g_array_new (FALSE, FALSE, sizeof (Property));
  g_array_set_clear_func (self->rows, property_clear);
  return self;
}

/**
 * belfry_properties_copy:
 * @self: (nullable): properties
 *
 * Copies properties. The values themselves are shared; nobody changes them.
 *
 * Returns: (transfer full) (nullable): the copy, %NULL of %NULL
 * Since: 0.1
 */
BelfryProperties *
belfry_properties_copy (const BelfryProperties *self)
{
  BelfryProperties *copy = NULL;

  if (self == NULL)
    return NULL;
  copy = belfry_properties_new ();
  belfry_properties_merge (copy, self);
  return copy;
}

/**
 * belfry_properties_free:
 * @self: (nullable) (transfer full): properties
 *
 * Frees properties.
 *
 * Since: 0.1
 */
void
belfry_properties_free (BelfryProperties *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->rows);
  g_free (self);
}

/**
 * belfry_properties_set:
 * @self: properties
 * @name: name
 * @value: (transfer none): value; a reference is kept, so nobody may change it afterwards
 * @source: who says so: `Build`, `Scheduler`, a step's name…
 *
 * Sets one property, replacing value and source of an earlier one of that name.
 *
 * Since: 0.1
 */
void
belfry_properties_set (BelfryProperties *self,
                       const char *name,
                       JsonNode *value,
                       const char *source)
{
  guint index = 0;
  Property *row = NULL;
  Property fresh = { NULL, NULL, NULL };

  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  row = properties_find (self, name, &index);
  fresh.name = g_utf8_make_valid (name, -1);
  fresh.value = json_node_ref (value);
  fresh.source = g_utf8_make_valid (source != NULL ? source : "", -1);
  if (row != NULL) {
    property_clear (row);
    *row = fresh;
  } else {
    g_array_insert_val (self->rows, index, fresh);
  }
}

/**
 * belfry_properties_take:
 * @self: properties
 * @name: name
 * @value: (transfer full): value
 * @source: who says so: `Build`, `Scheduler`, a step's name…
 *
 * As belfry_properties_set (), for a value that was made for this.
 *
 * Since: 0.1
 */
void
belfry_properties_take (BelfryProperties *self,
                        const char *name,
                        JsonNode *value,
                        const char *source)
{
  g_autoptr (JsonNode) owned = value;

  belfry_properties_set (self, name, owned, source);
}

/**
 * belfry_properties_set_text:
 * @self: properties
 * @name: name
 * @value: (nullable): text; %NULL sets null
 * @source: who says so
 *
 * Sets a property whose value is text.
 *
 * Since: 0.1
 */
void
belfry_properties_set_text (BelfryProperties *self,
                            const char *name,
                            const char *value,
                            const char *source)
{
  g_autoptr (JsonNode) node = json_node_new (value != NULL ? JSON_NODE_VALUE : JSON_NODE_NULL);
  g_autofree char *text = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  if (text != NULL)
    json_node_set_string (node, text);
  belfry_properties_set (self, name, node, source);
}

/**
 * belfry_properties_set_integer:
 * @self: properties
 * @name: name
 * @value: the number
 * @source: who says so
 *
 * Sets a property whose value is an integer.
 *
 * Since: 0.1
 */
void
belfry_properties_set_integer (BelfryProperties *self,
                               const char *name,
                               gint64 value,
                               const char *source)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_VALUE);

  json_node_set_int (node, value);
  belfry_properties_set (self, name, node, source);
}

/**
 * belfry_properties_set_boolean:
 * @self: properties
 * @name: name
 * @value: true or false
 * @source: who says so
 *
 * Sets a property whose value is a boolean.
 *
 * Since: 0.1
 */
void
belfry_properties_set_boolean (BelfryProperties *self,
                               const char *name,
                               gboolean value,
                               const char *source)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_VALUE);

  json_node_set_boolean (node, value);
  belfry_properties_set (self, name, node, source);
}

/**
 * belfry_properties_remove:
 * @self: properties
 * @name: name
 *
 * Removes one property; one that is not there is no error.
 *
 * Since: 0.1
 */
void
belfry_properties_remove (BelfryProperties *self, const char *name)
{
  guint index = 0;

  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);

  if (properties_find (self, name, &index) != NULL)
    g_array_remove_index (self->rows, index);
}

/**
 * belfry_properties_merge:
 * @self: properties
 * @other: (nullable): properties that win
 *
 * Sets all of @other in @self.
 *
 * Since: 0.1
 */
void
belfry_properties_merge (BelfryProperties *self, const BelfryProperties *other)
{
  g_return_if_fail (self != NULL);

  for (guint i = 0; other != NULL && i < other->rows->len; i++) {
    const Property *row = properties_row (other, i);

    belfry_properties_set (self, row->name, row->value, row->source);
  }
}

/**
 * belfry_properties_get_count:
 * @self: (nullable): properties
 *
 * Counts properties.
 *
 * Returns: how many there are
 * Since: 0.1
 */
guint
belfry_properties_get_count (const BelfryProperties *self)
{
  return self != NULL ? self->rows->len : 0;
}

/**
 * belfry_properties_get_name:
 * @self: properties
 * @index: from 0, in the order of names
 *
 * Names one property.
 *
 * Returns: (transfer none) (nullable): the name, %NULL beyond the last
 * Since: 0.1
 */
const char *
belfry_properties_get_name (const BelfryProperties *self, guint index)
{
  return index < belfry_properties_get_count (self) ? properties_row (self, index)->name : NULL;
}

static const Property *
properties_lookup (const BelfryProperties *self, const char *name)
{
  guint index = 0;

  g_return_val_if_fail (name != NULL, NULL);

  return self != NULL ? properties_find (self, name, &index) : NULL;
}

/**
 * belfry_properties_get_value:
 * @self: (nullable): properties
 * @name: name
 *
 * Looks a value up.
 *
 * Returns: (transfer none) (nullable): the value, not to be changed
 * Since: 0.1
 */
JsonNode *
belfry_properties_get_value (const BelfryProperties *self, const char *name)
{
  const Property *row = properties_lookup (self, name);

  return row != NULL ? row->value : NULL;
}

/**
 * belfry_properties_get_text:
 * @self: (nullable): properties
 * @name: name
 *
 * Looks a text up.
 *
 * Returns: (transfer none) (nullable): the text; %NULL where there is none or its value is no text
 * Since: 0.1
 */
const char *
belfry_properties_get_text (const BelfryProperties *self, const char *name)
{
  const Property *row = properties_lookup (self, name);

  if (row == NULL || !JSON_NODE_HOLDS_VALUE (row->value) ||
      json_node_get_value_type (row->value) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (row->value);
}

/**
 * belfry_properties_get_source:
 * @self: (nullable): properties
 * @name: name
 *
 * Tells who set a property.
 *
 * Returns: (transfer none) (nullable): the source; %NULL where there is no such property
 * Since: 0.1
 */
const char *
belfry_properties_get_source (const BelfryProperties *self, const char *name)
{
  const Property *row = properties_lookup (self, name);

  return row != NULL ? row->source : NULL;
}

/**
 * belfry_properties_to_json:
 * @self: (nullable): properties
 *
 * Writes properties as an object: name to `[value, source]`.
 *
 * Returns: (transfer full): a node that holds the object
 * Since: 0.1
 */
JsonNode *
belfry_properties_to_json (const BelfryProperties *self)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; i < belfry_properties_get_count (self); i++) {
    const Property *row = properties_row (self, i);
    JsonArray *pair = json_array_sized_new (2);

    json_array_add_element (pair, belfry_json_copy (row->value));
    json_array_add_string_element (pair, row->source);
    json_object_set_array_member (object, row->name, pair);
  }
  json_node_take_object (node, object);
  return node;
}

void
belfry_properties_append_json (GString *text, const BelfryProperties *properties)
{
  g_string_append_c (text, '{');
  for (guint i = 0; i < belfry_properties_get_count (properties); i++) {
    const Property *row = properties_row (properties, i);

    if (i > 0)
      g_string_append_c (text, ',');
    belfry_json_append_text (text, row->name);
    g_string_append (text, ":[");
    belfry_json_append (text, row->value);
    g_string_append_c (text, ',');
    belfry_json_append_text (text, row->source);
    g_string_append_c (text, ']');
  }
  g_string_append_c (text, '}');
}

/**
 * belfry_properties_from_json:
 * @node: (nullable): what belfry_properties_to_json () writes; %NULL and null are empty
 * @error: return location
 *
 * Reads properties.
 *
 * Returns: (transfer full) (nullable): the properties; %NULL with %BELFRY_ERROR_MALFORMED set
 * Since: 0.1
 */
BelfryProperties *
belfry_properties_from_json (JsonNode *node, GError **error)
{
  g_autoptr (BelfryProperties) self = belfry_properties_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_steal_pointer (&self);
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "reading properties: no object");
    return NULL;
  }
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member)) {
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY (member) ? json_node_get_array (member) : NULL;
    JsonNode *source = NULL;

    if (pair != NULL && json_array_get_length (pair) == 2)
      source = json_array_get_element (pair, 1);
    if (source == NULL || json_node_get_value_type (source) != G_TYPE_STRING) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                   "reading property '%s': no pair of value and source", name);
      return NULL;
    }
    belfry_properties_set (self, name, json_array_get_element (pair, 0),
                           json_node_get_string (source));
  }
  return g_steal_pointer (&self);
}
