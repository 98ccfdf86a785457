/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records straight to JSON text, in the shape of record-json.c: for events, which are written with
 * every row and seldom read.
 */
#include "belfry-json.h"
#include "belfry-record.h"
#include "belfry-text.h"
#include "record/record-private.h"

static void
append_integer (GString *text, gint64 value)
{
  g_string_append_printf (text, "%" G_GINT64_FORMAT, value);
}

static void
append_number (GString *text, const BelfryField *field, gint64 value)
{
  if (value == BELFRY_NONE)
    g_string_append (text, "null");
  else
    append_integer (text,
                    field->type == BELFRY_FIELD_TIME ? belfry_time_to_seconds (value) : value);
}

static void
append_text (GString *text, const BelfryField *field, const char *value)
{
  if (value == NULL && (field->flags & BELFRY_FIELD_NULLABLE) != 0)
    g_string_append (text, "null");
  else
    belfry_json_append_text (text, value != NULL ? value : "");
}

static void
append_json (GString *text, const BelfryField *field, JsonNode *value)
{
  if (value != NULL)
    belfry_json_append (text, value);
  else if ((field->flags & BELFRY_FIELD_NULLABLE) != 0)
    g_string_append (text, "null");
  else
    g_string_append (text, (field->flags & BELFRY_FIELD_OBJECT) != 0 ? "{}" : "[]");
}

static void
append_properties (GString *text,
                   const BelfryField *field,
                   const BelfryProperties *value,
                   guint flags)
{
  gboolean filled =
      (field->flags & BELFRY_FIELD_ASKED) == 0 || (flags & BELFRY_RECORD_JSON_PROPERTIES) != 0;

  if (!filled && (field->flags & BELFRY_FIELD_NULLABLE) != 0)
    g_string_append (text, "null");
  else
    belfry_properties_append_json (text, filled ? value : NULL);
}

static void
append_record (GString *text, gconstpointer record)
{
  if (record != NULL)
    belfry_record_append_json (text, record, BELFRY_RECORD_JSON_NONE);
  else
    g_string_append (text, "null");
}

static void
append_records (GString *text, GPtrArray *records)
{
  g_string_append_c (text, '[');
  for (guint i = 0; records != NULL && i < records->len; i++) {
    if (i > 0)
      g_string_append_c (text, ',');
    append_record (text, g_ptr_array_index (records, i));
  }
  g_string_append_c (text, ']');
}

static void
append_field (GString *text, const BelfryField *field, gconstpointer record, guint flags)
{
  gpointer member = G_STRUCT_MEMBER_P (record, field->offset);

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    append_number (text, field, *(gint64 *)member);
    break;
  case BELFRY_FIELD_BOOLEAN:
    g_string_append (text, *(gboolean *)member ? "true" : "false");
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_LENT:
    append_text (text, field, *(char **)member);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    belfry_json_append_list (text, *(const char *const **)member);
    break;
  case BELFRY_FIELD_JSON:
    append_json (text, field, *(JsonNode **)member);
    break;
  case BELFRY_FIELD_JSON_TEXT:
    g_string_append (text, *(char **)member != NULL ? *(char **)member : "null");
    break;
  case BELFRY_FIELD_PROPERTIES:
    append_properties (text, field, *(BelfryProperties **)member, flags);
    break;
  case BELFRY_FIELD_RECORD:
    append_record (text, *(gpointer *)member);
    break;
  case BELFRY_FIELD_RECORDS:
    append_records (text, *(GPtrArray **)member);
    break;
  }
}

/**
 * belfry_record_append_json: (skip)
 * @text: what to append to
 * @record: a record
 * @flags: what to fill
 *
 * Writes a record as belfry_record_to_json () does, as text on one line.
 *
 * Since: 0.1
 */
void
belfry_record_append_json (GString *text, gconstpointer record, BelfryRecordJsonFlags flags)
{
  const BelfryRecord *self = record;
  char before = '{';

  g_return_if_fail (text != NULL);
  g_return_if_fail (self != NULL);

  for (guint i = 0; i < self->type->n_fields; i++) {
    const BelfryField *field = &self->type->fields[i];

    if (belfry_record_leaves_out (self, field))
      continue;
    g_string_append_c (text, before);
    before = ',';
    belfry_json_append_text (text, field->name);
    g_string_append_c (text, ':');
    append_field (text, field, self, flags);
  }
  g_string_append (text, before == '{' ? "{}" : "}");
}

/**
 * belfry_event_dup_data: (skip)
 * @event: an event
 *
 * Reads what an event tells.
 *
 * Returns: (transfer full): its data, empty where there is none
 * Since: 0.1
 */
JsonObject *
belfry_event_dup_data (const BelfryEvent *event)
{
  /* properties and records wrap what a stranger may have nested 64 deep */
  static const BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits), .max_depth = 200 };
  g_autoptr (JsonNode) node = NULL;

  g_return_val_if_fail (event != NULL, NULL);

  if (event->data != NULL)
    node = belfry_json_parse (event->data, -1, &limits, NULL);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node)
                                                       : json_object_new ();
}
