/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records as JSON, in the shape that receivers written for Buildbot know: every key is there, what
 * is absent is null, empty list or empty object; times are whole seconds, rounded down. Fields that
 * are hidden are neither written nor read.
 */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-record.h"
#include "record/record-private.h"

#include <string.h>

/* µs and seconds; rounding down also before 1970 */
static gint64
seconds_from_us (gint64 time_us)
{
  gint64 seconds = time_us / G_USEC_PER_SEC;

  return time_us % G_USEC_PER_SEC < 0 ? seconds - 1 : seconds;
}

static JsonNode *
node_new_integer (gint64 value)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_int (node, value);
  return node;
}

static JsonNode *
node_from_number (const BelfryField *field, gint64 value)
{
  if (value == BELFRY_NONE)
    return json_node_new (JSON_NODE_NULL);
  return node_new_integer (field->type == BELFRY_FIELD_TIME ? seconds_from_us (value) : value);
}

static JsonNode *
node_from_text (const BelfryField *field, const char *text)
{
  gboolean null = text == NULL && (field->flags & BELFRY_FIELD_NULLABLE) != 0;
  JsonNode *node = json_node_new (null ? JSON_NODE_NULL : JSON_NODE_VALUE);

  if (!null)
    json_node_set_string (node, text != NULL ? text : "");
  return node;
}

static JsonNode *
node_from_list (char **list)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    json_array_add_string_element (array, list[i]);
  json_node_take_array (node, array);
  return node;
}

static JsonNode *
node_from_json (const BelfryField *field, JsonNode *value)
{
  JsonNode *node = NULL;

  if (value != NULL)
    return belfry_json_copy (value);
  if ((field->flags & BELFRY_FIELD_NULLABLE) != 0)
    return json_node_new (JSON_NODE_NULL);
  if ((field->flags & BELFRY_FIELD_OBJECT) == 0)
    return node_from_list (NULL);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, json_object_new ());
  return node;
}

/* what is no JSON, as only somebody else's hand can have left it, is null */
static JsonNode *
node_from_json_text (const char *text)
{
  JsonNode *node = text != NULL ? belfry_json_parse (text, -1, NULL, NULL) : NULL;

  return node != NULL ? node : json_node_new (JSON_NODE_NULL);
}

static JsonNode *
node_from_properties (const BelfryField *field, const BelfryProperties *value, guint flags)
{
  gboolean filled =
      (field->flags & BELFRY_FIELD_ASKED) == 0 || (flags & BELFRY_RECORD_JSON_PROPERTIES) != 0;

  if (!filled && (field->flags & BELFRY_FIELD_NULLABLE) != 0)
    return json_node_new (JSON_NODE_NULL);
  return belfry_properties_to_json (filled ? value : NULL);
}

static JsonNode *
node_from_record (gconstpointer record)
{
  JsonNode *node = json_node_new (record != NULL ? JSON_NODE_OBJECT : JSON_NODE_NULL);

  if (record != NULL)
    json_node_take_object (node, belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE));
  return node;
}

static JsonNode *
node_from_records (GPtrArray *records)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; records != NULL && i < records->len; i++)
    json_array_add_element (array, node_from_record (g_ptr_array_index (records, i)));
  json_node_take_array (node, array);
  return node;
}

static JsonNode *
node_from_field (const BelfryField *field, gconstpointer record, guint flags)
{
  gpointer member = G_STRUCT_MEMBER_P (record, field->offset);
  JsonNode *node = NULL;

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    node = node_from_number (field, *(gint64 *)member);
    break;
  case BELFRY_FIELD_BOOLEAN:
    node = json_node_new (JSON_NODE_VALUE);
    json_node_set_boolean (node, *(gboolean *)member);
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_LENT:
    node = node_from_text (field, *(char **)member);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    node = node_from_list (*(char ***)member);
    break;
  case BELFRY_FIELD_JSON:
    node = node_from_json (field, *(JsonNode **)member);
    break;
  case BELFRY_FIELD_JSON_TEXT:
    node = node_from_json_text (*(char **)member);
    break;
  case BELFRY_FIELD_PROPERTIES:
    node = node_from_properties (field, *(BelfryProperties **)member, flags);
    break;
  case BELFRY_FIELD_RECORD:
    node = node_from_record (*(gpointer *)member);
    break;
  case BELFRY_FIELD_RECORDS:
    node = node_from_records (*(GPtrArray **)member);
    break;
  }
  return node;
}

/* What is only there when asked for has no key at all while it is not set. */
gboolean
belfry_record_leaves_out (const BelfryRecord *self, const BelfryField *field)
{
  if ((field->flags & BELFRY_FIELD_HIDDEN) != 0)
    return TRUE;
  return (field->flags & BELFRY_FIELD_ASKED) != 0 && field->type != BELFRY_FIELD_PROPERTIES &&
         G_STRUCT_MEMBER (gpointer, self, field->offset) == NULL;
}

/**
 * belfry_record_to_json: (skip)
 * @record: a record
 * @flags: what to fill
 *
 * Writes a record. Records within it are written with %BELFRY_RECORD_JSON_NONE.
 *
 * Returns: (transfer full): an object of its own; JSON values in it are shared and not to be
 * changed
 *
 * Since: 0.1
 */
JsonObject *
belfry_record_to_json (gconstpointer record, BelfryRecordJsonFlags flags)
{
  const BelfryRecord *self = record;
  JsonObject *object = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  object = json_object_new ();
  for (guint i = 0; i < self->type->n_fields; i++) {
    const BelfryField *field = &self->type->fields[i];

    if (!belfry_record_leaves_out (self, field))
      json_object_set_member (object, field->name, node_from_field (field, self, flags));
  }
  return object;
}

static gboolean
set_error (const BelfryField *field, const char *wanted, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "reading '%s': no %s", field->name,
               wanted);
  return FALSE;
}

static gboolean
number_from_node (const BelfryField *field, JsonNode *node, gint64 *value, GError **error)
{
  gint64 number = 0;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return set_error (field, "integer", error);
  number = json_node_get_int (node);
  if (field->type != BELFRY_FIELD_TIME) {
    *value = number;
    return TRUE;
  }
  if (number > G_MAXINT64 / G_USEC_PER_SEC || number < G_MININT64 / G_USEC_PER_SEC + 1)
    return set_error (field, "time that can be", error);
  *value = number * G_USEC_PER_SEC;
  return TRUE;
}

static gboolean
text_from_node (const BelfryField *field, JsonNode *node, char **value, GError **error)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return set_error (field, "text", error);
  belfry_record_set_text (value, json_node_get_string (node));
  return TRUE;
}

static gboolean
list_from_node (const BelfryField *field, JsonNode *node, char ***value, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return set_error (field, "list", error);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    g_autofree char *text = NULL;

    if (!text_from_node (field, json_array_get_element (array, i), &text, error))
      return FALSE;
    g_strv_builder_add (builder, text);
  }
  *value = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
record_from_node (const BelfryField *field, JsonNode *node, gpointer *value, GError **error)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return set_error (field, "object", error);
  *value = belfry_record_from_json (field->record_type (), json_node_get_object (node), error);
  if (*value == NULL)
    g_prefix_error (error, "reading '%s': ", field->name);
  return *value != NULL;
}

static gboolean
records_from_node (const BelfryField *field, JsonNode *node, GPtrArray **value, GError **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func (belfry_record_unref);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return set_error (field, "list", error);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    gpointer record = NULL;

    if (!record_from_node (field, json_array_get_element (array, i), &record, error))
      return FALSE;
    g_ptr_array_add (records, record);
  }
  *value = g_steal_pointer (&records);
  return TRUE;
}

static gboolean
field_from_node (const BelfryField *field, JsonNode *node, gpointer member, GError **error)
{
  gboolean read = TRUE;

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    read = number_from_node (field, node, member, error);
    break;
  case BELFRY_FIELD_BOOLEAN:
    read = json_node_get_value_type (node) == G_TYPE_BOOLEAN || set_error (field, "boolean", error);
    if (read)
      *(gboolean *)member = json_node_get_boolean (node);
    break;
  case BELFRY_FIELD_TEXT:
    read = text_from_node (field, node, member, error);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    read = list_from_node (field, node, member, error);
    break;
  case BELFRY_FIELD_JSON:
    *(JsonNode **)member = belfry_json_copy (node);
    break;
  case BELFRY_FIELD_JSON_TEXT:
    g_free (*(char **)member);
    *(char **)member = belfry_json_to_text (node);
    break;
  case BELFRY_FIELD_PROPERTIES:
    *(BelfryProperties **)member = belfry_properties_from_json (node, error);
    read = *(BelfryProperties **)member != NULL;
    break;
  case BELFRY_FIELD_RECORD:
    read = record_from_node (field, node, member, error);
    break;
  case BELFRY_FIELD_RECORDS:
    read = records_from_node (field, node, member, error);
    break;
  case BELFRY_FIELD_LENT:
    read = set_error (field, "text that anyone holds", error);
    break;
  }
  return read;
}

/**
 * belfry_record_from_json: (skip)
 * @type: kind of record
 * @object: what belfry_record_to_json () writes
 * @error: return location
 *
 * Reads a record. Keys that are missing or null leave the field as belfry_record_new () made it;
 * unknown keys and those of hidden fields are passed over.
 *
 * Returns: (transfer full) (nullable): the record; %NULL with %BELFRY_ERROR_MALFORMED set where a
 * value is of the wrong type
 *
 * Since: 0.1
 */
gpointer
belfry_record_from_json (const BelfryRecordType *type, JsonObject *object, GError **error)
{
  g_autoptr (BelfryRecord) record = NULL;

  g_return_val_if_fail (type != NULL, NULL);
  g_return_val_if_fail (object != NULL, NULL);

  record = belfry_record_new (type);
  for (guint i = 0; i < type->n_fields; i++) {
    const BelfryField *field = &type->fields[i];
    JsonNode *node = json_object_get_member (object, field->name);

    if ((field->flags & BELFRY_FIELD_HIDDEN) != 0 || node == NULL || JSON_NODE_HOLDS_NULL (node))
      continue;
    if (!field_from_node (field, node, G_STRUCT_MEMBER_P (record, field->offset), error))
      return NULL;
  }
  return g_steal_pointer (&record);
}
