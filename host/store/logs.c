/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs, the main loop's end: what is appended is counted and handed to the masker; nothing is
 * copied, packed or written here. How much waits comes back with each append, so that whoever reads
 * a pipe can stop reading.
 */
#include "store/logs-private.h"
#include "store/migrate.h"

#define DRAINED_BYTES (512 * 1024)

static const char *const log_rooms[] = { "logs", NULL };

/* logs whose count may be ahead of what a power failure left of them */
#define LIST_RECENT                                                                                \
  "SELECT logid, num_lines, complete FROM logs WHERE type <> 'd' AND (complete = 0"                \
  " OR logid > (SELECT max (logid) - 2000 FROM logs))"
#define SET_COUNTS "UPDATE logs SET num_lines = ?2, num_bytes = ?3 WHERE logid = ?1"

LogState *
belfry_log_state_new (gint64 logid, gint64 first_line, gint64 text_bytes)
{
  LogState *self = g_new0 (LogState, 1);

  self->logid = logid;
  self->appended_lines = first_line;
  self->masked_lines = first_line;
  self->partial_first = first_line;
  self->text_bytes = text_bytes;
  self->partial = g_string_new (NULL);
  return self;
}

void
belfry_log_state_free (gpointer data)
{
  LogState *self = data;

  g_queue_clear_full (&self->sealed, (GDestroyNotify)belfry_log_block_free);
  g_string_free (self->partial, TRUE);
  g_free (self);
}

BelfryLogs *
belfry_logs_new (BelfryStore *store, GError **error)
{
  g_autoptr (BelfryLogs) self = g_new0 (BelfryLogs, 1);

  self->store = store;
  g_mutex_init (&self->lock);
  g_cond_init (&self->came);
  g_cond_init (&self->due);
  g_cond_init (&self->masked);
  self->states = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, belfry_log_state_free);
  self->dirty = g_hash_table_new (NULL, NULL);
  self->drained_sources = g_ptr_array_new_with_free_func ((GDestroyNotify)g_source_unref);
  self->database = belfry_database_open (store->logs_path, BELFRY_DATABASE_LOGS, error);
  if (self->database == NULL || !belfry_migrate (self->database, log_rooms, NULL, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
recover_log (BelfryLogs *self, BelfryDatabase *records, const gint64 *row, GError **error)
{
  gint64 values[] = { row[0], 0, 0 };
  LogState *state = NULL;

  if (!belfry_log_blocks_measure (self->database, row[0], &values[1], &values[2], error))
    return FALSE;
  if (row[2] == 0 && values[1] > 0) {
    state = belfry_log_state_new (row[0], values[1], values[2]);
    g_hash_table_insert (self->states, &state->logid, state);
  }
  return values[1] == row[1] ||
         belfry_database_run (records, SET_COUNTS, values, G_N_ELEMENTS (values), NULL, error);
}

static GArray *
list_recent (BelfryDatabase *records, GError **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, 3 * sizeof (gint64));
  sqlite3_stmt *statement = belfry_database_prepare (records, LIST_RECENT, error);
  gboolean row = statement != NULL;

  while (row) {
    gint64 values[3] = { 0 };

    if (!belfry_database_step (records, statement, &row, error))
      return NULL;
    for (int i = 0; row && i < 3; i++)
      values[i] = sqlite3_column_int64 (statement, i);
    if (row)
      g_array_append_val (rows, values);
  }
  return statement != NULL ? g_steal_pointer (&rows) : NULL;
}

gboolean
belfry_logs_recover (BelfryLogs *self, BelfryDatabase *records, GError **error)
{
  g_autoptr (GArray) rows = list_recent (records, error);

  if (rows == NULL || !belfry_database_execute (records, "BEGIN IMMEDIATE", error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!recover_log (self, records, (gint64 *)(gpointer)rows->data + 3 * i, error)) {
      belfry_database_execute (records, "ROLLBACK", NULL);
      return FALSE;
    }
  return belfry_database_execute (records, "COMMIT", error);
}

void
belfry_logs_start (BelfryLogs *self)
{
  self->masker = g_thread_new ("belfry-masker", belfry_logs_mask_run, self);
  self->storer = g_thread_new ("belfry-logs", belfry_logs_store_run, self);
}

void
belfry_logs_stop (BelfryLogs *self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_broadcast (&self->came);
  g_cond_broadcast (&self->due);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->masker, g_thread_join);
  g_mutex_lock (&self->lock);
  self->masker_stopped = TRUE;
  g_cond_broadcast (&self->due);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->storer, g_thread_join);
}

void
belfry_logs_free (BelfryLogs *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->drained_sources->len; i++)
    g_source_destroy (g_ptr_array_index (self->drained_sources, i));
  g_ptr_array_unref (self->drained_sources);
  g_hash_table_unref (self->dirty);
  g_hash_table_unref (self->states);
  belfry_database_close (self->database);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->came);
  g_cond_clear (&self->due);
  g_cond_clear (&self->masked);
  g_free (self);
}

static LogState *
get_state (BelfryLogs *self, gint64 logid)
{
  LogState *state = g_hash_table_lookup (self->states, &logid);

  if (state == NULL) {
    state = belfry_log_state_new (logid, 0, 0);
    g_hash_table_insert (self->states, &state->logid, state);
  }
  return state;
}

gsize
belfry_logs_append (BelfryLogs *self, gint64 logid, GBytes *lines, guint n_lines)
{
  LogChunk *chunk = g_new0 (LogChunk, 1);
  LogState *state = NULL;
  gsize waiting = 0;

  chunk->logid = logid;
  chunk->lines = g_bytes_ref (lines);
  chunk->n_lines = n_lines;
  g_mutex_lock (&self->lock);
  state = get_state (self, logid);
  state->appended_lines += n_lines;
  state->appended_bytes += g_bytes_get_size (lines);
  waiting = state->appended_bytes - state->stored_bytes;
  state->above = state->above || waiting >= DRAINED_BYTES;
  g_queue_push_tail (&self->chunks, chunk);
  g_cond_signal (&self->came);
  g_mutex_unlock (&self->lock);
  return waiting;
}

gint64
belfry_logs_get_lines (BelfryLogs *self, gint64 logid)
{
  LogState *state = NULL;
  gint64 lines = 0;

  g_mutex_lock (&self->lock);
  state = g_hash_table_lookup (self->states, &logid);
  if (state != NULL)
    lines = state->appended_lines;
  g_mutex_unlock (&self->lock);
  return lines;
}

void
belfry_logs_finish (BelfryLogs *self, gint64 logid, gint64 *n_lines, gint64 *n_bytes)
{
  LogState *state = NULL;

  *n_lines = BELFRY_NONE;
  *n_bytes = BELFRY_NONE;
  g_mutex_lock (&self->lock);
  state = g_hash_table_lookup (self->states, &logid);
  if (state != NULL) {
    *n_lines = state->appended_lines;
    *n_bytes = state->text_bytes + (gint64)(state->appended_bytes - state->masked_bytes);
    state->finished = TRUE;
    belfry_logs_mark_dirty (self, state);
  }
  g_mutex_unlock (&self->lock);
}

void
belfry_logs_set_mask (BelfryLogs *self, BelfryLogMask mask, gpointer data)
{
  g_mutex_lock (&self->lock);
  self->mask = mask;
  self->mask_data = data;
  g_mutex_unlock (&self->lock);
}

void
belfry_logs_set_drained (BelfryLogs *self, BelfryLogFunc func, gpointer data)
{
  g_mutex_lock (&self->lock);
  self->drained = func;
  self->drained_data = data;
  g_mutex_unlock (&self->lock);
}

void
belfry_logs_remove_async (BelfryLogs *self,
                          GArray *logids,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  gboolean taken = FALSE;

  g_task_set_source_tag (task, belfry_logs_remove_async);
  g_task_set_task_data (task, g_array_ref (logids), (GDestroyNotify)g_array_unref);
  g_mutex_lock (&self->lock);
  taken = !self->stopping;
  if (taken)
    g_queue_push_tail (&self->removals, g_object_ref (task));
  g_cond_signal (&self->due);
  g_mutex_unlock (&self->lock);
  if (!taken)
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the store is closed");
}

gint64
belfry_logs_remove_finish (BelfryLogs *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
