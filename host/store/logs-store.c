/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The storing thread of logs: full blocks at once, what grows four times a second, all that is
 * there in one transaction. Text leaves memory only after the commit that has it. What is stored is
 * told to the records, so that num_lines follows the blocks.
 */
#include "store/logs-private.h"

#define FLUSH_US       (250 * G_TIME_SPAN_MILLISECOND)
#define DRAINED_BYTES  (512 * 1024)
#define BACKOFF_US     (100 * G_TIME_SPAN_MILLISECOND)
#define MAX_BACKOFF_US (2 * G_USEC_PER_SEC)
#define CLOSING_US     (10 * G_USEC_PER_SEC)
#define REMOVED_ROWS   200

#define FOLLOW                                                                                     \
  "UPDATE logs SET num_lines = max (num_lines, ?2), num_bytes = max (num_bytes, ?3)"               \
  " WHERE logid = ?1 AND type <> 'd'"

/* What one transaction stores of one log. */
typedef struct {
  LogState *state;
  GPtrArray *sealed;       /* (element-type BelfryLogBlock) borrowed from the state */
  BelfryLogBlock *partial; /* (nullable) a copy */
  gint64 lines;
  gint64 bytes;
} Portion;

static void
portion_free (gpointer data)
{
  Portion *self = data;

  g_ptr_array_unref (self->sealed);
  belfry_log_block_free (self->partial);
  g_free (self);
}

/* With the lock held. */
static Portion *
take_portion (LogState *state, gboolean whole)
{
  Portion *portion = g_new0 (Portion, 1);

  portion->state = state;
  portion->sealed = g_ptr_array_new ();
  for (GList *link = state->sealed.head; link != NULL; link = link->next)
    g_ptr_array_add (portion->sealed, link->data);
  portion->lines = state->partial_first;
  portion->bytes = state->text_bytes - (gint64)state->partial->len;
  if (whole && state->dirty && state->partial_lines > 0) {
    g_autoptr (GBytes) text = g_bytes_new (state->partial->str, state->partial->len);

    portion->partial =
        belfry_log_block_new (state->logid, state->partial_first, state->partial_lines, text);
    portion->partial->taken_bytes = state->masked_bytes;
    portion->lines += state->partial_lines;
    portion->bytes = state->text_bytes;
  }
  if (whole)
    state->dirty = FALSE;
  return portion;
}

/* With the lock held: waits until there is something to store, to remove, or nothing more to come.
 */
static gboolean
wait_until_due (BelfryLogs *self)
{
  while (self->n_sealed == 0 && self->removals.length == 0) {
    gint64 until_us = self->dirty_since_us + FLUSH_US;
    gboolean waiting = g_hash_table_size (self->dirty) > 0;

    if (self->masker_stopped || (waiting && g_get_monotonic_time () >= until_us))
      return waiting;
    if (waiting)
      g_cond_wait_until (&self->due, &self->lock, until_us);
    else
      g_cond_wait (&self->due, &self->lock);
  }
  return TRUE;
}

/* NULL: the end */
static GPtrArray *
take_portions (BelfryLogs *self)
{
  GPtrArray *portions = NULL;
  GHashTableIter iter;
  gpointer key = NULL;
  gboolean whole = FALSE;

  g_mutex_lock (&self->lock);
  if (wait_until_due (self)) {
    portions = g_ptr_array_new_with_free_func (portion_free);
    whole = self->masker_stopped || g_get_monotonic_time () >= self->dirty_since_us + FLUSH_US;
    if (whole)
      self->dirty_since_us = g_get_monotonic_time ();
    g_hash_table_iter_init (&iter, self->dirty);
    while (g_hash_table_iter_next (&iter, &key, NULL)) {
      LogState *state = key;

      if (whole || state->finished || state->sealed.length > 0)
        g_ptr_array_add (portions, take_portion (state, whole || state->finished));
    }
  }
  g_mutex_unlock (&self->lock);
  return portions;
}

static gboolean
store_portion (BelfryLogs *self, const Portion *portion, GError **error)
{
  for (guint i = 0; i < portion->sealed->len; i++)
    if (!belfry_log_block_store (g_ptr_array_index (portion->sealed, i), self->database, error))
      return FALSE;
  return portion->partial == NULL ||
         belfry_log_block_store (portion->partial, self->database, error);
}

static gboolean
store_portions (BelfryLogs *self, GPtrArray *portions, GError **error)
{
  gboolean stored = TRUE;

  if (!belfry_database_execute (self->database, "BEGIN IMMEDIATE", error))
    return FALSE;
  for (guint i = 0; stored && i < portions->len; i++)
    stored = store_portion (self, g_ptr_array_index (portions, i), error);
  stored = stored && belfry_database_execute (self->database, "COMMIT", error);
  if (!stored) {
    belfry_database_settle (self->database);
    if (!sqlite3_get_autocommit (self->database->handle))
      belfry_database_execute (self->database, "ROLLBACK", NULL);
  }
  return stored;
}

/* what follows a commit */

typedef struct {
  BelfryLogs *logs;
  gint64 logid;
} Drained;

static gboolean
on_drained (gpointer data)
{
  const Drained *drained = data;
  BelfryLogs *self = drained->logs;
  BelfryLogFunc func = NULL;
  gpointer func_data = NULL;

  g_mutex_lock (&self->lock);
  func = self->drained;
  func_data = self->drained_data;
  g_ptr_array_remove (self->drained_sources, g_main_current_source ());
  g_mutex_unlock (&self->lock);
  if (func != NULL)
    func (drained->logid, func_data);
  return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void
tell_drained (BelfryLogs *self, gint64 logid)
{
  Drained *drained = g_new0 (Drained, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  drained->logs = self;
  drained->logid = logid;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_drained, drained, g_free);
  g_ptr_array_add (self->drained_sources, g_source_ref (source));
  g_source_attach (source, self->store->context);
}

/* With the lock held: text that is on disk leaves memory. */
static void
release_portion (BelfryLogs *self, Portion *portion)
{
  LogState *state = portion->state;

  for (guint i = 0; i < portion->sealed->len; i++) {
    BelfryLogBlock *block = g_queue_pop_head (&state->sealed);

    state->stored_bytes = MAX (state->stored_bytes, block->taken_bytes);
    belfry_log_block_free (block);
    self->n_sealed--;
  }
  if (portion->partial != NULL)
    state->stored_bytes = MAX (state->stored_bytes, portion->partial->taken_bytes);
  if (state->above && state->appended_bytes - state->stored_bytes < DRAINED_BYTES) {
    state->above = FALSE;
    tell_drained (self, state->logid);
  }
  if (state->dirty || state->sealed.length > 0)
    return;
  g_hash_table_remove (self->dirty, state);
  if (state->finished && state->masked_bytes == state->appended_bytes)
    g_hash_table_remove (self->states, &state->logid);
}

typedef struct {
  gint64 logid;
  gint64 lines;
  gint64 bytes;
} Count;

static gboolean
follow (BelfryWriter *writer, gpointer data, GError **error)
{
  GArray *counts = data;

  for (guint i = 0; i < counts->len; i++) {
    const Count *count = &g_array_index (counts, Count, i);
    sqlite3_stmt *statement = belfry_writer_prepare (writer, FOLLOW, error);

    if (statement == NULL)
      return FALSE;
    sqlite3_bind_int64 (statement, 1, count->logid);
    sqlite3_bind_int64 (statement, 2, count->lines);
    sqlite3_bind_int64 (statement, 3, count->bytes);
    if (!belfry_writer_step (writer, statement, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static void
release (BelfryLogs *self, GPtrArray *portions)
{
  GArray *counts = g_array_new (FALSE, FALSE, sizeof (Count));

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < portions->len; i++) {
    Portion *portion = g_ptr_array_index (portions, i);
    Count count = { portion->state->logid, portion->lines, portion->bytes };

    /* what only closes a log has been counted before */
    if (portion->partial != NULL || portion->sealed->len > 0)
      g_array_append_val (counts, count);
    release_portion (self, portion);
  }
  g_mutex_unlock (&self->lock);
  if (counts->len > 0)
    belfry_store_write (self->store, follow, counts, (GDestroyNotify)g_array_unref);
  else
    g_array_unref (counts);
}

static void
set_failing (BelfryLogs *self, const char *reason)
{
  BelfryStore *store = self->store;

  g_mutex_lock (&store->lock);
  if (reason != NULL && store->logs_reason == NULL)
    g_warning ("logs cannot be stored, trying again: %s", reason);
  if (reason == NULL && store->logs_reason != NULL)
    g_message ("logs can be stored again");
  g_free (store->logs_reason);
  store->logs_reason = g_strdup (reason);
  g_mutex_unlock (&store->lock);
}

/* FALSE: the host closes, and the disk will not have it. */
static gboolean
wait_to_retry (BelfryLogs *self, gint64 backoff_us, gint64 *closing_us)
{
  gint64 until_us = g_get_monotonic_time () + backoff_us;

  g_mutex_lock (&self->lock);
  while (g_get_monotonic_time () < until_us)
    g_cond_wait_until (&self->due, &self->lock, until_us);
  if (self->stopping && *closing_us == 0)
    *closing_us = g_get_monotonic_time () + CLOSING_US;
  g_mutex_unlock (&self->lock);
  return *closing_us == 0 || g_get_monotonic_time () < *closing_us;
}

static gboolean
store_until_done (BelfryLogs *self, GPtrArray *portions)
{
  gint64 backoff_us = BACKOFF_US;
  gint64 closing_us = 0;
  g_autoptr (GError) error = NULL;

  while (portions->len > 0 && !store_portions (self, portions, &error)) {
    set_failing (self, error->message);
    g_clear_error (&error);
    if (!wait_to_retry (self, backoff_us, &closing_us))
      return FALSE;
    backoff_us = MIN (backoff_us * 2, MAX_BACKOFF_US);
  }
  if (portions->len > 0)
    set_failing (self, NULL);
  release (self, portions);
  return TRUE;
}

/* removals */

static void
remove_blocks (BelfryLogs *self, GTask *task)
{
  GArray *logids = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gint64 total = 0;

  for (guint i = 0; i < logids->len && total < REMOVED_ROWS; i++) {
    gint64 removed = 0;

    if (!belfry_log_blocks_remove (self->database, g_array_index (logids, gint64, i),
                                   REMOVED_ROWS - total, &removed, &error)) {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
    total += removed;
  }
  belfry_database_run (self->database, "PRAGMA incremental_vacuum (1000)", NULL, 0, NULL, NULL);
  g_task_return_int (task, total);
}

static void
run_removals (BelfryLogs *self)
{
  while (TRUE) {
    GTask *task = NULL;

    g_mutex_lock (&self->lock);
    task = g_queue_pop_head (&self->removals);
    g_mutex_unlock (&self->lock);
    if (task == NULL)
      return;
    remove_blocks (self, task);
    g_object_unref (task);
  }
}

gpointer
belfry_logs_store_run (gpointer data)
{
  BelfryLogs *self = data;
  gboolean going = TRUE;

  while (going) {
    g_autoptr (GPtrArray) portions = take_portions (self);

    run_removals (self);
    going = portions != NULL && store_until_done (self, portions);
  }
  return NULL;
}
