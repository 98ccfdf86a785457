/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records in and out: the SQL of each type is made once per connection from its field table; every
 * stored field is a column of its name. Lists, JSON and properties are JSON text.
 */
#include "store/database.h"

#include <string.h>

typedef enum {
  SQL_COLUMNS,
  SQL_INSERT,
  SQL_UPDATE,
  SQL_FIND,
  N_SQL,
} Sql;

/* what a connection knows of a type */
typedef struct {
  const BelfryField **stored; /* in the order of the columns; ends in NULL */
  char *sql[N_SQL];
} Known;

void
belfry_database_known_free (gpointer data)
{
  Known *self = data;

  for (guint i = 0; i < N_SQL; i++)
    g_free (self->sql[i]);
  g_free (self->stored);
  g_free (self);
}

static const BelfryField **
list_stored (const BelfryRecordType *type)
{
  const BelfryField **stored = g_new0 (const BelfryField *, type->n_fields + 1);
  guint n = 0;

  for (guint i = 0; i < type->n_fields; i++)
    if ((type->fields[i].flags & BELFRY_FIELD_STORED) != 0)
      stored[n++] = &type->fields[i];
  return stored;
}

static Known *
known_new (const BelfryRecordType *type)
{
  g_autoptr (GString) columns = g_string_new (NULL);
  g_autoptr (GString) values = g_string_new (NULL);
  g_autoptr (GString) changes = g_string_new (NULL);
  Known *self = g_new0 (Known, 1);

  self->stored = list_stored (type);
  for (guint n = 1; self->stored[n - 1] != NULL; n++) {
    const char *name = self->stored[n - 1]->name;

    g_string_append_printf (columns, "%s\"%s\"", n > 1 ? ", " : "", name);
    g_string_append_printf (values, "%s?%u", n > 1 ? ", " : "", n);
    if (n > 1)
      g_string_append_printf (changes, "%s\"%s\" = ?%u", n > 2 ? ", " : "", name, n);
  }
  self->sql[SQL_COLUMNS] = g_strdup (columns->str);
  self->sql[SQL_INSERT] = g_strdup_printf ("INSERT INTO \"%s\" (%s) VALUES (%s)", type->table,
                                           columns->str, values->str);
  self->sql[SQL_UPDATE] = g_strdup_printf ("UPDATE \"%s\" SET %s WHERE \"%s\" = ?1", type->table,
                                           changes->str, type->fields[0].name);
  self->sql[SQL_FIND] = g_strdup_printf ("SELECT %s FROM \"%s\" WHERE \"%s\" = ?1", columns->str,
                                         type->table, type->fields[0].name);
  return self;
}

static const Known *
get_known (BelfryDatabase *self, const BelfryRecordType *type)
{
  Known *known = g_hash_table_lookup (self->types, type);

  if (known == NULL) {
    known = known_new (type);
    g_hash_table_insert (self->types, (gpointer)type, known);
  }
  return known;
}

const char *
belfry_database_columns (BelfryDatabase *self, const BelfryRecordType *type)
{
  return get_known (self, type)->sql[SQL_COLUMNS];
}

static void
bind_json (sqlite3_stmt *statement, int index, JsonNode *node)
{
  if (node == NULL)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_text (statement, index, belfry_json_to_text (node), -1, g_free);
}

static void
bind_string (sqlite3_stmt *statement, int index, GString *text)
{
  gsize length = text->len;

  sqlite3_bind_text64 (statement, index, g_string_free (text, FALSE), length, g_free, SQLITE_UTF8);
}

static void
bind_list (sqlite3_stmt *statement, int index, char **list)
{
  GString *text = g_string_new (NULL);

  belfry_json_append_list (text, (const char *const *)list);
  bind_string (statement, index, text);
}

static void
bind_properties (sqlite3_stmt *statement, int index, BelfryProperties *properties)
{
  g_autoptr (JsonNode) node = NULL;

  if (properties != NULL)
    node = belfry_properties_to_json (properties);
  bind_json (statement, index, node);
}

static void
bind_field (sqlite3_stmt *statement, int index, const BelfryField *field, gconstpointer record)
{
  gpointer member = G_STRUCT_MEMBER_P (record, field->offset);
  const char *text = NULL;

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    belfry_database_bind_integer (statement, index, *(gint64 *)member);
    break;
  case BELFRY_FIELD_BOOLEAN:
    sqlite3_bind_int (statement, index, *(gboolean *)member ? 1 : 0);
    break;
  case BELFRY_FIELD_TEXT:
    text = *(char **)member;
    if (text == NULL && (field->flags & BELFRY_FIELD_NULLABLE) == 0)
      text = "";
    belfry_database_bind_text (statement, index, text);
    break;
  case BELFRY_FIELD_JSON_TEXT:
    belfry_database_bind_text (statement, index, *(char **)member);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    bind_list (statement, index, *(char ***)member);
    break;
  case BELFRY_FIELD_JSON:
    bind_json (statement, index, *(JsonNode **)member);
    break;
  case BELFRY_FIELD_PROPERTIES:
    bind_properties (statement, index, *(BelfryProperties **)member);
    break;
  case BELFRY_FIELD_RECORD:
  case BELFRY_FIELD_RECORDS:
  case BELFRY_FIELD_LENT:
    g_assert_not_reached ();
  }
}

static gboolean
run_with_record (BelfryDatabase *self, gconstpointer record, Sql which, GError **error)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;
  const Known *known = get_known (self, type);
  const BelfryField **stored = known->stored;
  sqlite3_stmt *statement = belfry_database_prepare (self, known->sql[which], error);

  if (statement == NULL)
    return FALSE;
  for (int index = 0; stored[index] != NULL; index++)
    bind_field (statement, index + 1, stored[index], record);
  return belfry_database_step (self, statement, NULL, error);
}

gboolean
belfry_database_insert (BelfryDatabase *self, gconstpointer record, GError **error)
{
  return run_with_record (self, record, SQL_INSERT, error);
}

gboolean
belfry_database_update (BelfryDatabase *self, gconstpointer record, GError **error)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;

  if (!run_with_record (self, record, SQL_UPDATE, error))
    return FALSE;
  if (sqlite3_changes (self->handle) > 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
               "changing %s %" G_GINT64_FORMAT ": not found", type->name,
               belfry_record_get_id (record));
  return FALSE;
}

/* most lists and objects are empty; those need no parser */
static JsonNode *
node_new_empty (const char *text)
{
  JsonNode *node = NULL;

  if (strcmp (text, "[]") == 0) {
    node = json_node_new (JSON_NODE_ARRAY);
    json_node_take_array (node, json_array_new ());
  } else if (strcmp (text, "{}") == 0) {
    node = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (node, json_object_new ());
  }
  return node;
}

static gboolean
read_json (sqlite3_stmt *statement, int column, JsonNode **value, GError **error)
{
  /* properties and events wrap what a stranger may have nested 64 deep */
  static const BelfryJsonLimits limits = { sizeof (BelfryJsonLimits), 0, 200 };
  const char *text = (const char *)sqlite3_column_text (statement, column);

  if (text == NULL)
    return TRUE;
  *value = node_new_empty (text);
  if (*value == NULL)
    *value = belfry_json_parse (text, sqlite3_column_bytes (statement, column), &limits, error);
  return *value != NULL;
}

static gboolean
read_list (sqlite3_stmt *statement, int column, char ***value, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = NULL;

  if (!read_json (statement, column, &node, error))
    return FALSE;
  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    array = json_node_get_array (node);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  *value = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
read_properties (sqlite3_stmt *statement, int column, BelfryProperties **value, GError **error)
{
  g_autoptr (JsonNode) node = NULL;

  if (!read_json (statement, column, &node, error))
    return FALSE;
  if (node != NULL)
    *value = belfry_properties_from_json (node, error);
  return node == NULL || *value != NULL;
}

static gboolean
read_field (
    sqlite3_stmt *statement, int column, const BelfryField *field, gpointer member, GError **error)
{
  gboolean read = TRUE;

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    *(gint64 *)member = sqlite3_column_int64 (statement, column);
    if (*(gint64 *)member == 0 && sqlite3_column_type (statement, column) == SQLITE_NULL)
      *(gint64 *)member = BELFRY_NONE;
    break;
  case BELFRY_FIELD_BOOLEAN:
    *(gboolean *)member = sqlite3_column_int (statement, column) != 0;
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_JSON_TEXT:
    *(char **)member = g_strdup ((const char *)sqlite3_column_text (statement, column));
    break;
  case BELFRY_FIELD_TEXT_LIST:
    read = read_list (statement, column, member, error);
    break;
  case BELFRY_FIELD_JSON:
    read = read_json (statement, column, member, error);
    break;
  case BELFRY_FIELD_PROPERTIES:
    read = read_properties (statement, column, member, error);
    break;
  case BELFRY_FIELD_RECORD:
  case BELFRY_FIELD_RECORDS:
  case BELFRY_FIELD_LENT:
    g_assert_not_reached ();
  }
  return read;
}

static gpointer
read_row (const BelfryRecordType *type,
          const BelfryField *const *fields,
          sqlite3_stmt *statement,
          GError **error)
{
  g_autoptr (BelfryRecord) record = belfry_record_new (type);

  for (int column = 0; fields[column] != NULL; column++) {
    const BelfryField *field = fields[column];
    gpointer member = G_STRUCT_MEMBER_P (record, field->offset);

    if (!read_field (statement, column, field, member, error)) {
      g_prefix_error (error, "reading %s of %s %" G_GINT64_FORMAT ": ", field->name, type->name,
                      belfry_record_get_id (record));
      return NULL;
    }
  }
  return g_steal_pointer (&record);
}

gpointer
belfry_database_find (BelfryDatabase *self, const BelfryRecordType *type, gint64 id, GError **error)
{
  sqlite3_stmt *statement =
      belfry_database_prepare (self, get_known (self, type)->sql[SQL_FIND], error);
  gboolean row = FALSE;
  gpointer record = NULL;

  if (statement == NULL)
    return NULL;
  belfry_database_bind_integer (statement, 1, id);
  if (!belfry_database_step (self, statement, &row, error))
    return NULL;
  if (!row) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "looking for %s %" G_GINT64_FORMAT ": not found", type->name, id);
    return NULL;
  }
  record = read_row (type, get_known (self, type)->stored, statement, error);
  sqlite3_reset (statement);
  return record;
}

GPtrArray *
belfry_database_read_all (BelfryDatabase *self,
                          const BelfryRecordType *type,
                          const BelfryField *const *fields,
                          sqlite3_stmt *statement,
                          GError **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func (belfry_record_unref);
  gboolean row = TRUE;

  if (fields == NULL)
    fields = get_known (self, type)->stored;

  while (TRUE) {
    gpointer record = NULL;

    if (!belfry_database_step (self, statement, &row, error))
      return NULL;
    if (!row)
      return g_steal_pointer (&records);
    record = read_row (type, fields, statement, error);
    if (record == NULL) {
      sqlite3_reset (statement);
      return NULL;
    }
    g_ptr_array_add (records, record);
  }
}
