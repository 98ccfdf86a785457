/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a record: made empty by its type, filled, handed over, shared, freed. All walks the
 * field table; no function here knows any one kind of record.
 */
#include "belfry-record.h"

#include <string.h>

static gboolean
field_is_number (const BelfryField *field)
{
  return field->type == BELFRY_FIELD_INTEGER || field->type == BELFRY_FIELD_TIME ||
         field->type == BELFRY_FIELD_RESULT;
}

static void
field_set_default (const BelfryField *field, gpointer record)
{
  if (!field_is_number (field))
    return;
  if ((field->flags & BELFRY_FIELD_NULLABLE) != 0)
    G_STRUCT_MEMBER (gint64, record, field->offset) = BELFRY_NONE;
  else if (field->type == BELFRY_FIELD_RESULT)
    G_STRUCT_MEMBER (gint64, record, field->offset) = -1;
}

/**
 * belfry_record_new: (skip)
 * @type: kind of record
 *
 * Makes an empty record: nullable numbers, times and results are %BELFRY_NONE, a result that cannot
 * be null is −1, all else is zero or %NULL. Fields are written directly, text by
 * belfry_record_set_text (); arrays of records own their elements
 * (`g_ptr_array_new_with_free_func (belfry_record_unref)`).
 *
 * Returns: (transfer full): the record
 * Since: 0.1
 */
gpointer
belfry_record_new (const BelfryRecordType *type)
{
  BelfryRecord *self = NULL;

  g_return_val_if_fail (type != NULL, NULL);

  self = g_malloc0 (type->size);
  self->type = type;
  g_atomic_ref_count_init (&self->refs);
  for (guint i = 0; i < type->n_fields; i++)
    field_set_default (&type->fields[i], self);
  return self;
}

static void
field_clear (const BelfryField *field, gpointer record)
{
  gpointer *member = G_STRUCT_MEMBER_P (record, field->offset);

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_BOOLEAN:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
  case BELFRY_FIELD_LENT:
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_JSON_TEXT:
    g_free (*member);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    g_strfreev (*member);
    break;
  case BELFRY_FIELD_JSON:
    g_clear_pointer ((JsonNode **)member, json_node_unref);
    break;
  case BELFRY_FIELD_PROPERTIES:
    belfry_properties_free (*member);
    break;
  case BELFRY_FIELD_RECORD:
    belfry_record_unref (*member);
    break;
  case BELFRY_FIELD_RECORDS:
    g_clear_pointer ((GPtrArray **)member, g_ptr_array_unref);
    break;
  }
}

/**
 * belfry_record_ref: (skip)
 * @record: a record
 *
 * Takes a reference; on any thread.
 *
 * Returns: (transfer full): @record
 * Since: 0.1
 */
gpointer
belfry_record_ref (gpointer record)
{
  BelfryRecord *self = record;

  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_record_unref: (skip)
 * @record: (nullable) (transfer full): a record
 *
 * Drops a reference; on any thread.
 *
 * Since: 0.1
 */
void
belfry_record_unref (gpointer record)
{
  BelfryRecord *self = record;

  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  for (guint i = 0; i < self->type->n_fields; i++)
    field_clear (&self->type->fields[i], self);
  g_free (self);
}

static GPtrArray *
records_copy (GPtrArray *records)
{
  GPtrArray *copy = NULL;

  if (records == NULL)
    return NULL;
  copy = g_ptr_array_new_full (records->len, belfry_record_unref);
  for (guint i = 0; i < records->len; i++)
    g_ptr_array_add (copy, belfry_record_ref (g_ptr_array_index (records, i)));
  return copy;
}

static void
field_copy (const BelfryField *field, gconstpointer from, gpointer to)
{
  gpointer source = G_STRUCT_MEMBER_P (from, field->offset);
  gpointer target = G_STRUCT_MEMBER_P (to, field->offset);

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    *(gint64 *)target = *(gint64 *)source;
    break;
  case BELFRY_FIELD_BOOLEAN:
    *(gboolean *)target = *(gboolean *)source;
    break;
  case BELFRY_FIELD_LENT:
    *(const char **)target = *(const char **)source;
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_JSON_TEXT:
    *(char **)target = g_strdup (*(char **)source);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    *(char ***)target = g_strdupv (*(char ***)source);
    break;
  case BELFRY_FIELD_JSON:
    if (*(JsonNode **)source != NULL)
      *(JsonNode **)target = json_node_ref (*(JsonNode **)source);
    break;
  case BELFRY_FIELD_PROPERTIES:
    *(BelfryProperties **)target = belfry_properties_copy (*(BelfryProperties **)source);
    break;
  case BELFRY_FIELD_RECORD:
    if (*(gpointer *)source != NULL)
      *(gpointer *)target = belfry_record_ref (*(gpointer *)source);
    break;
  case BELFRY_FIELD_RECORDS:
    *(GPtrArray **)target = records_copy (*(GPtrArray **)source);
    break;
  }
}

/**
 * belfry_record_copy: (skip)
 * @record: (nullable): a record
 *
 * Copies a record, to change the copy. Records within it and JSON values are shared with the
 * original and must be replaced, not changed.
 *
 * Returns: (transfer full) (nullable): the copy; %NULL of %NULL
 * Since: 0.1
 */
gpointer
belfry_record_copy (gconstpointer record)
{
  const BelfryRecord *self = record;
  gpointer copy = NULL;

  if (self == NULL)
    return NULL;
  copy = belfry_record_new (self->type);
  for (guint i = 0; i < self->type->n_fields; i++)
    field_copy (&self->type->fields[i], self, copy);
  return copy;
}

/**
 * belfry_record_set_text: (skip)
 * @field: text field of a record
 * @text: (nullable): its new text; bytes that are no UTF-8 become U+FFFD
 *
 * Sets a text field.
 *
 * Since: 0.1
 */
void
belfry_record_set_text (char **field, const char *text)
{
  char *old = NULL;

  g_return_if_fail (field != NULL);

  old = *field;
  *field = text != NULL ? g_utf8_make_valid (text, -1) : NULL;
  g_free (old);
}

/**
 * belfry_record_get_id: (skip)
 * @record: a record
 *
 * Reads the primary key.
 *
 * Returns: the id
 * Since: 0.1
 */
gint64
belfry_record_get_id (gconstpointer record)
{
  const BelfryRecord *self = record;

  g_return_val_if_fail (self != NULL, BELFRY_NONE);

  return G_STRUCT_MEMBER (gint64, self, self->type->fields[0].offset);
}

/**
 * belfry_record_type_find: (skip)
 * @type: kind of record
 * @name: name of a field
 *
 * Finds a field.
 *
 * Returns: (transfer none) (nullable): its row
 * Since: 0.1
 */
const BelfryField *
belfry_record_type_find (const BelfryRecordType *type, const char *name)
{
  g_return_val_if_fail (type != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; i < type->n_fields; i++)
    if (g_str_equal (type->fields[i].name, name))
      return &type->fields[i];
  return NULL;
}
