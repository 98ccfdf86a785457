/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a write may do: records by their tables, events with what they cause, values of instances.
 * All on the writer thread, inside the savepoint of the write under way.
 */
#include "store/store-private.h"

#define GET_STATE "SELECT value FROM state WHERE instance = ?1 AND key = ?2"
#define PUT_STATE                                                                                  \
  "INSERT INTO state (instance, key, value) VALUES (?1, ?2, ?3) "                                  \
  "ON CONFLICT (instance, key) DO UPDATE SET value = excluded.value"
#define DELETE_STATE "DELETE FROM state WHERE instance = ?1 AND key = ?2"

BelfryStore *
belfry_writer_get_store (BelfryWriter *self)
{
  return self->store;
}

BelfryReader *
belfry_writer_get_reader (BelfryWriter *self)
{
  return &self->reader->reader;
}

sqlite3_stmt *
belfry_writer_prepare (BelfryWriter *self, const char *sql, GError **error)
{
  return belfry_database_prepare (self->database, sql, error);
}

gboolean
belfry_writer_step (BelfryWriter *self, sqlite3_stmt *statement, gboolean *row, GError **error)
{
  return belfry_database_step (self->database, statement, row, error);
}

gint64
belfry_writer_next_id (BelfryWriter *self, const BelfryRecordType *type)
{
  return belfry_ids_next (self->store->ids, type->table);
}

gboolean
belfry_writer_insert (BelfryWriter *self, gpointer record, GError **error)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;
  gint64 *id = G_STRUCT_MEMBER_P (record, type->fields[0].offset);

  if (*id == 0)
    *id = belfry_ids_next (self->store->ids, type->table);
  else
    belfry_ids_saw (self->store->ids, type->table, *id);
  return belfry_database_insert (self->database, record, error);
}

gboolean
belfry_writer_update (BelfryWriter *self, gpointer record, GError **error)
{
  return belfry_database_update (self->database, record, error);
}

gboolean
belfry_writer_set (BelfryWriter *self,
                   const BelfryRecordType *type,
                   gint64 id,
                   const char *field,
                   gint64 number,
                   const char *text,
                   GError **error)
{
  const BelfryField *row = belfry_record_type_find (type, field);
  g_autofree char *sql = NULL;
  sqlite3_stmt *statement = NULL;

  g_return_val_if_fail (row != NULL && (row->flags & BELFRY_FIELD_STORED) != 0, FALSE);

  sql = g_strdup_printf ("UPDATE \"%s\" SET \"%s\" = ?2 WHERE \"%s\" = ?1", type->table, row->name,
                         type->fields[0].name);
  statement = belfry_database_prepare (self->database, sql, error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);
  if (row->type <= BELFRY_FIELD_RESULT)
    belfry_database_bind_integer (statement, 2, number);
  else
    belfry_database_bind_text (statement, 2, text);
  return belfry_database_step (self->database, statement, NULL, error);
}

gpointer
belfry_writer_find (BelfryWriter *self, const BelfryRecordType *type, gint64 id, GError **error)
{
  return belfry_database_find (self->database, type, id, error);
}

static gboolean
filter_event (BelfryWriter *self, BelfryEvent *event, gpointer record, GError **error)
{
  BelfryStore *store = self->store;
  BelfryEventFilter filter = NULL;
  gpointer data = NULL;

  g_mutex_lock (&store->lock);
  filter = store->filter;
  data = store->filter_data;
  g_mutex_unlock (&store->lock);
  return filter == NULL || filter (self, event, record, data, error);
}

gboolean
belfry_writer_add_event (BelfryWriter *self, BelfryEvent *event, gpointer record, GError **error)
{
  const BelfryEventKind *kind = belfry_event_kind_find (event->name);

  if (kind == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "adding event '%s': there is none of that name", event->name);
    return FALSE;
  }
  event->eventid = 0;
  if (event->at == 0)
    event->at = belfry_clock_now_us ();
  if ((kind->flags & BELFRY_EVENT_PASSING) == 0 &&
      (!belfry_writer_insert (self, event, error) || !filter_event (self, event, record, error)))
    return FALSE;
  if (self->current->events == NULL)
    self->current->events = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (self->current->events, belfry_record_ref (event));
  return TRUE;
}

static sqlite3_stmt *
prepare_state (
    BelfryWriter *self, const char *sql, const char *instance, const char *key, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self->database, sql, error);

  if (statement != NULL) {
    belfry_database_bind_text (statement, 1, instance);
    belfry_database_bind_text (statement, 2, key);
  }
  return statement;
}

JsonNode *
belfry_writer_state_get (BelfryWriter *self, const char *instance, const char *key, GError **error)
{
  sqlite3_stmt *statement = prepare_state (self, GET_STATE, instance, key, error);
  gboolean row = FALSE;
  JsonNode *value = NULL;

  if (statement == NULL || !belfry_database_step (self->database, statement, &row, error) || !row)
    return NULL;
  value = belfry_json_parse ((const char *)sqlite3_column_text (statement, 0),
                             sqlite3_column_bytes (statement, 0), NULL, error);
  sqlite3_reset (statement);
  return value;
}

gboolean
belfry_writer_state_put (
    BelfryWriter *self, const char *instance, const char *key, JsonNode *value, GError **error)
{
  sqlite3_stmt *statement =
      prepare_state (self, value != NULL ? PUT_STATE : DELETE_STATE, instance, key, error);
  g_autofree char *text = NULL;

  if (statement == NULL)
    return FALSE;
  if (value != NULL) {
    text = belfry_json_to_text (value);
    belfry_database_bind_text (statement, 3, text);
  }
  return belfry_database_step (self->database, statement, NULL, error);
}
