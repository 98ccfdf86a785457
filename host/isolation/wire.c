/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What passes in frames, as wire.h tells. */
#include "wire.h"

#include <gio/gio.h>

#define MAX_TARGETS   1000
#define MAX_TEXTS     100000
#define EXCERPT_BYTES 4096
#define ID_BYTES      1024
#define MESSAGE_BYTES 4096

static gboolean
set_malformed (GError **error, const char *what)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "reading an answer: %s", what);
  return FALSE;
}

static JsonNode *
new_valid_text (const char *text)
{
  g_autofree char *valid = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    valid = g_utf8_make_valid (text, -1);
  return belfry_json_new_text (valid != NULL ? valid : text);
}

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_member (object, name, new_valid_text (text));
}

JsonObject *
belfry_wire_copy (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autoptr (JsonNode) copy = belfry_json_copy (node);

  return json_node_dup_object (copy);
}

/* errors */

void
belfry_wire_set_error (JsonObject *head, const GError *error)
{
  JsonObject *object = json_object_new ();
  g_autofree char *message = g_utf8_make_valid (error != NULL ? error->message : "unknown", -1);

  if (error != NULL && error->domain == BELFRY_ERROR)
    json_object_set_int_member (object, "code", error->code);
  json_object_set_string_member (object, "message", message);
  json_object_set_object_member (head, "error", object);
}

GError *
belfry_wire_get_error (JsonObject *head)
{
  JsonObject *object = belfry_json_get_object (head, "error");
  const char *message = object != NULL ? belfry_json_get_text (object, "message") : NULL;
  gint64 code = object != NULL ? belfry_json_get_integer (object, "code", -1) : -1;
  g_autofree char *printable = NULL;

  if (object == NULL)
    return NULL;
  printable =
      belfry_text_make_printable (message != NULL ? message : "no reason given", -1, MESSAGE_BYTES);
  if (code >= 0 && code <= BELFRY_ERROR_INTERNAL)
    return g_error_new_literal (BELFRY_ERROR, (int)code, printable);
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, printable);
}

/* texts */

JsonNode *
belfry_wire_write_texts (const char *const *texts)
{
  JsonNode *node = json_node_new (texts != NULL ? JSON_NODE_ARRAY : JSON_NODE_NULL);
  JsonArray *array = texts != NULL ? json_array_new () : NULL;

  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    json_array_add_string_element (array, texts[i]);
  if (array != NULL)
    json_node_take_array (node, array);
  return node;
}

static const char *
get_text_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static JsonObject *
get_object_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

char **
belfry_wire_read_texts (JsonArray *array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (array == NULL)
    return NULL;
  for (guint i = 0; i < MIN (json_array_get_length (array), MAX_TEXTS); i++)
    if (get_text_element (array, i) != NULL)
      g_strv_builder_add (builder, get_text_element (array, i));
  return g_strv_builder_end (builder);
}

/* name, value, name, value… */
static JsonArray *
write_pairs (GPtrArray *pairs)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < pairs->len; i++) {
    g_autofree char *valid = g_utf8_make_valid (g_ptr_array_index (pairs, i), -1);

    json_array_add_string_element (array, valid);
  }
  return array;
}

/* records: their own JSON has seconds, and leaves out what is hidden; this has all, as it is */

static JsonNode *
node_from_records (GPtrArray *records)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; i < records->len; i++)
    json_array_add_object_element (array,
                                   belfry_wire_write_record (g_ptr_array_index (records, i)));
  json_node_take_array (node, array);
  return node;
}

static JsonNode *
node_from_record (gconstpointer record)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, belfry_wire_write_record (record));
  return node;
}

/* what a member holds; NULL: nothing, as in a new record */
static JsonNode *
node_from_member (const BelfryField *field, gconstpointer member)
{
  gconstpointer held = *(const gconstpointer *)member;

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    return *(const gint64 *)member != BELFRY_NONE
               ? belfry_json_new_integer (*(const gint64 *)member)
               : json_node_new (JSON_NODE_NULL);
  case BELFRY_FIELD_BOOLEAN:
    return belfry_json_new_integer (*(const gboolean *)member);
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_JSON_TEXT:
    return held != NULL ? new_valid_text (held) : NULL;
  case BELFRY_FIELD_TEXT_LIST:
    return held != NULL ? belfry_wire_write_texts (held) : NULL;
  case BELFRY_FIELD_JSON:
    return belfry_json_copy ((JsonNode *)held);
  case BELFRY_FIELD_PROPERTIES:
    return held != NULL ? belfry_properties_to_json (held) : NULL;
  case BELFRY_FIELD_RECORD:
    return held != NULL ? node_from_record (held) : NULL;
  case BELFRY_FIELD_RECORDS:
    return held != NULL ? node_from_records ((GPtrArray *)held) : NULL;
  case BELFRY_FIELD_LENT:
    break;
  }
  return NULL;
}

JsonObject *
belfry_wire_write_record (gconstpointer record)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < type->n_fields; i++) {
    const BelfryField *field = &type->fields[i];
    JsonNode *node = node_from_member (field, G_STRUCT_MEMBER_P (record, field->offset));

    if (node != NULL)
      json_object_set_member (object, field->name, node);
  }
  return object;
}

static GPtrArray *
read_records (const BelfryRecordType *type, JsonArray *array, GError **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    gpointer record = belfry_wire_read_record (type, get_object_element (array, i), error);

    if (record == NULL)
      return NULL;
    g_ptr_array_add (records, record);
  }
  return g_steal_pointer (&records);
}

/* a value of another type is as if it were not there; within, records and properties are errors */
static gpointer
read_held (const BelfryField *field, JsonObject *object, GError **error)
{
  switch (field->type) {
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_JSON_TEXT:
    return g_strdup (belfry_json_get_text (object, field->name));
  case BELFRY_FIELD_TEXT_LIST:
    return belfry_wire_read_texts (belfry_json_get_array (object, field->name));
  case BELFRY_FIELD_JSON:
    return belfry_json_copy (json_object_get_member (object, field->name));
  case BELFRY_FIELD_PROPERTIES:
    return belfry_properties_from_json (json_object_get_member (object, field->name), error);
  case BELFRY_FIELD_RECORD:
    return belfry_wire_read_record (field->record_type (),
                                    belfry_json_get_object (object, field->name), error);
  case BELFRY_FIELD_RECORDS:
    return read_records (field->record_type (), belfry_json_get_array (object, field->name), error);
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
  case BELFRY_FIELD_BOOLEAN:
  case BELFRY_FIELD_LENT:
    break;
  }
  return NULL;
}

static gboolean
is_number (const BelfryField *field)
{
  return field->type == BELFRY_FIELD_INTEGER || field->type == BELFRY_FIELD_TIME ||
         field->type == BELFRY_FIELD_RESULT;
}

/* a new record holds nothing yet, so that nothing is to be freed */
static gboolean
read_member (const BelfryField *field, JsonObject *object, gpointer member, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!json_object_has_member (object, field->name))
    return TRUE;
  if (is_number (field))
    *(gint64 *)member = belfry_json_get_integer (object, field->name, BELFRY_NONE);
  else if (field->type == BELFRY_FIELD_BOOLEAN)
    *(gboolean *)member = belfry_json_get_integer (object, field->name, 0) != 0;
  else if (field->type != BELFRY_FIELD_LENT)
    *(gpointer *)member = read_held (field, object, &local);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gpointer
belfry_wire_read_record (const BelfryRecordType *type, JsonObject *object, GError **error)
{
  gpointer record = NULL;

  if (object == NULL) {
    set_malformed (error, "a record is none");
    return NULL;
  }
  record = belfry_record_new (type);
  for (guint i = 0; i < type->n_fields; i++)
    if (!read_member (&type->fields[i], object, G_STRUCT_MEMBER_P (record, type->fields[i].offset),
                      error)) {
      belfry_record_unref (record);
      return NULL;
    }
  return record;
}

/* requests to hooks */

JsonObject *
belfry_wire_write_request (BelfryRequest *request)
{
  JsonObject *object = json_object_new ();

  set_text (object, "method", belfry_request_get_method (request));
  set_text (object, "path", belfry_request_get_path (request));
  set_text (object, "query", belfry_request_get_query (request));
  set_text (object, "address", belfry_request_get_address (request));
  json_object_set_array_member (object, "headers",
                                write_pairs (belfry_request_list_headers (request)));
  return object;
}

BelfryRequest *
belfry_wire_read_request (JsonObject *object, GBytes *body, GError **error)
{
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = belfry_json_get_text (object, "method"),
    .path = belfry_json_get_text (object, "path"),
    .query = belfry_json_get_text (object, "query"),
    .address = belfry_json_get_text (object, "address"),
    .body = body,
  };
  g_auto (GStrv) headers = belfry_wire_read_texts (belfry_json_get_array (object, "headers"));
  BelfryRequest *request = NULL;

  if (fields.method == NULL || fields.path == NULL) {
    set_malformed (error, "a request has no method or no path");
    return NULL;
  }
  request = belfry_request_new (&fields);
  for (guint i = 0; headers != NULL && headers[i] != NULL && headers[i + 1] != NULL; i += 2)
    belfry_request_add_header (request, headers[i], headers[i + 1]);
  return request;
}

/* translations */

JsonObject *
belfry_wire_write_translation (const BelfryTranslation *translation)
{
  JsonObject *object = json_object_new ();
  JsonArray *changes = json_array_new ();

  json_object_set_int_member (object, "kind", translation->kind);
  set_text (object, "reason", translation->reason);
  set_text (object, "key", translation->key);
  set_text (object, "event", translation->event);
  for (guint i = 0; translation->changes != NULL && i < translation->changes->len; i++)
    json_array_add_object_element (
        changes, belfry_wire_write_record (g_ptr_array_index (translation->changes, i)));
  json_object_set_array_member (object, "changes", changes);
  json_object_set_member (object, "pollers",
                          belfry_wire_write_texts ((const char *const *)translation->pollers));
  json_object_set_member (object, "allowed",
                          belfry_wire_write_texts ((const char *const *)translation->allowed));
  if (translation->pending != NULL)
    json_object_set_member (object, "pending", json_node_copy (translation->pending));
  return object;
}

static gboolean
read_changes (JsonArray *array, BelfryTranslation *translation, GError **error)
{
  guint count = array != NULL ? json_array_get_length (array) : 0;

  if (translation->kind != BELFRY_TRANSLATION_CHANGES)
    return TRUE;
  if (count == 0)
    return set_malformed (error, "changes without any");
  translation->changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  for (guint i = 0; i < count; i++) {
    BelfryChange *change =
        belfry_wire_read_record (belfry_change_get_type (), get_object_element (array, i), error);

    if (change == NULL)
      return FALSE;
    g_ptr_array_add (translation->changes, change);
  }
  return TRUE;
}

BelfryTranslation *
belfry_wire_read_translation (JsonObject *object, GError **error)
{
  g_autoptr (BelfryTranslation) self = g_new0 (BelfryTranslation, 1);
  gint64 kind = object != NULL ? belfry_json_get_integer (object, "kind", -1) : -1;

  if (kind < BELFRY_TRANSLATION_CHANGES || kind > BELFRY_TRANSLATION_PENDING) {
    set_malformed (error, "a translation is none");
    return NULL;
  }
  self->kind = (BelfryTranslationKind)kind;
  self->reason = g_strdup (belfry_json_get_text (object, "reason"));
  self->key = g_strdup (belfry_json_get_text (object, "key"));
  self->event = g_strdup (belfry_json_get_text (object, "event"));
  self->pollers = belfry_wire_read_texts (belfry_json_get_array (object, "pollers"));
  self->allowed = belfry_wire_read_texts (belfry_json_get_array (object, "allowed"));
  if (!read_changes (belfry_json_get_array (object, "changes"), self, error))
    return NULL;
  if (self->kind == BELFRY_TRANSLATION_PENDING && !json_object_has_member (object, "pending")) {
    set_malformed (error, "a pending translation does not say what");
    return NULL;
  }
  if (self->kind == BELFRY_TRANSLATION_PENDING)
    self->pending = belfry_json_copy (json_object_get_member (object, "pending"));
  return g_steal_pointer (&self);
}

/* reports */

JsonObject *
belfry_wire_write_item (const BelfryItem *item)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "reportid", item->reportid);
  json_object_set_string_member (object, "target", item->target);
  json_object_set_string_member (object, "key", item->key);
  json_object_set_string_member (object, "phase", item->phase);
  json_object_set_int_member (object, "tries", item->tries);
  set_text (object, "remote_id", item->remote_id);
  if (item->payload != NULL)
    json_object_set_member (object, "payload", json_node_copy (item->payload));
  return object;
}

static const char *
get_text_or_none (JsonObject *object, const char *name)
{
  const char *text = belfry_json_get_text (object, name);

  return text != NULL ? text : "";
}

void
belfry_wire_read_item (JsonObject *object, BelfryItem *item)
{
  *item = (BelfryItem){
    .size = sizeof (BelfryItem),
    .reportid = belfry_json_get_integer (object, "reportid", 0),
    .target = get_text_or_none (object, "target"),
    .key = get_text_or_none (object, "key"),
    .phase = get_text_or_none (object, "phase"),
    .tries = (guint)belfry_json_get_integer (object, "tries", 0),
    .remote_id = belfry_json_get_text (object, "remote_id"),
    .payload = json_object_get_member (object, "payload"),
  };
}

JsonArray *
belfry_wire_write_targets (BelfryTargets *targets)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < belfry_targets_get_length (targets); i++) {
    JsonObject *object = json_object_new ();
    JsonNode *payload = belfry_targets_get_payload (targets, i);

    set_text (object, "target", belfry_targets_get_target (targets, i));
    set_text (object, "key", belfry_targets_get_key (targets, i));
    if (payload != NULL)
      json_object_set_member (object, "payload", json_node_copy (payload));
    json_array_add_object_element (array, object);
  }
  return array;
}

gboolean
belfry_wire_read_targets (JsonArray *array, BelfryTargets *targets, GError **error)
{
  guint count = array != NULL ? json_array_get_length (array) : 0;

  if (array == NULL || count > MAX_TARGETS)
    return set_malformed (error, "targets are none, or over a thousand");
  for (guint i = 0; i < count; i++) {
    JsonObject *object = get_object_element (array, i);
    JsonNode *payload = object != NULL ? json_object_get_member (object, "payload") : NULL;

    if (object == NULL || belfry_json_get_text (object, "target") == NULL)
      return set_malformed (error, "a target has no name");
    belfry_targets_add (targets, belfry_json_get_text (object, "target"),
                        belfry_json_get_text (object, "key"), payload);
  }
  return TRUE;
}

JsonObject *
belfry_wire_write_outcome (const BelfryOutcome *outcome)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "kind", outcome->kind);
  json_object_set_int_member (object, "wait_us", outcome->wait_us);
  json_object_set_boolean_member (object, "answered", outcome->answered);
  json_object_set_int_member (object, "http_status", outcome->http_status);
  set_text (object, "remote_id", outcome->remote_id);
  set_text (object, "excerpt", outcome->excerpt);
  return object;
}

BelfryOutcome *
belfry_wire_read_outcome (JsonObject *object, GError **error)
{
  gint64 kind = object != NULL ? belfry_json_get_integer (object, "kind", -1) : -1;
  const char *remote_id = object != NULL ? belfry_json_get_text (object, "remote_id") : NULL;
  const char *excerpt = object != NULL ? belfry_json_get_text (object, "excerpt") : NULL;
  g_autofree char *shown = NULL;
  BelfryOutcome *outcome = NULL;

  if (kind < BELFRY_OUTCOME_DELIVERED || kind > BELFRY_OUTCOME_SUPERSEDED) {
    set_malformed (error, "an outcome is none");
    return NULL;
  }
  shown = excerpt != NULL ? belfry_text_make_printable (excerpt, -1, EXCERPT_BYTES) : NULL;
  outcome = belfry_outcome_new ((BelfryOutcomeKind)kind, shown);
  outcome->wait_us = MAX (belfry_json_get_integer (object, "wait_us", 0), 0);
  outcome->answered = belfry_json_get_boolean (object, "answered", FALSE);
  outcome->http_status = (guint)CLAMP (belfry_json_get_integer (object, "http_status", 0), 0, 999);
  g_free (outcome->remote_id);
  outcome->remote_id = remote_id != NULL ? belfry_text_cut (remote_id, ID_BYTES) : NULL;
  return outcome;
}

JsonObject *
belfry_wire_write_answer (BelfryHttpAnswer *answer)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "status", belfry_http_answer_get_status (answer));
  json_object_set_array_member (object, "headers",
                                write_pairs (belfry_http_answer_list_headers (answer)));
  return object;
}

BelfryHttpAnswer *
belfry_wire_read_answer (JsonObject *object, GBytes *body)
{
  BelfryHttpAnswer *answer =
      belfry_http_answer_new ((guint)belfry_json_get_integer (object, "status", 0), body);
  g_auto (GStrv) headers = belfry_wire_read_texts (belfry_json_get_array (object, "headers"));

  for (guint i = 0; headers != NULL && headers[i] != NULL && headers[i + 1] != NULL; i += 2)
    belfry_http_answer_add_header (answer, headers[i], headers[i + 1]);
  return answer;
}

/* sections */

JsonObject *
belfry_wire_write_section (const BelfrySection *section)
{
  JsonObject *object = json_object_new ();
  JsonArray *entries = json_array_new ();

  json_object_set_string_member (object, "kind", section->kind);
  json_object_set_string_member (object, "name", section->name);
  set_text (object, "file", section->file);
  json_object_set_int_member (object, "line", section->line);
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    JsonObject *row = json_object_new ();

    json_object_set_string_member (row, "name", entry->name);
    json_object_set_string_member (row, "value", entry->value);
    set_text (row, "file", entry->file);
    json_object_set_int_member (row, "line", entry->line);
    json_array_add_object_element (entries, row);
  }
  json_object_set_array_member (object, "entries", entries);
  return object;
}

BelfrySection *
belfry_wire_read_section (JsonObject *object)
{
  JsonArray *entries = belfry_json_get_array (object, "entries");
  BelfrySection *section = belfry_section_new (
      belfry_json_get_text (object, "kind"), belfry_json_get_text (object, "name"),
      belfry_json_get_text (object, "file"), (guint)belfry_json_get_integer (object, "line", 0));

  for (guint i = 0; entries != NULL && i < json_array_get_length (entries); i++) {
    JsonObject *row = get_object_element (entries, i);

    belfry_section_set (section, belfry_json_get_text (row, "name"),
                        belfry_json_get_text (row, "value"), belfry_json_get_text (row, "file"),
                        (guint)belfry_json_get_integer (row, "line", 0));
  }
  return section;
}
