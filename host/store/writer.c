/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writer thread. What was queued while the last transaction was being flushed goes into the
 * next one; each write has a savepoint of its own. Where the disk fails (full, I/O, busy) the whole
 * transaction is given up and tried again with backoff, in the same order; who waits longer than
 * five seconds is told to come again, and his write is taken out. Only a commit makes anything
 * known: answers, then events, on the main loop, one batch at a time.
 */
#include "store/store-private.h"

#include <sys/statvfs.h>

#define MAX_BATCH      500
#define PATIENCE_US    (5 * G_USEC_PER_SEC)
#define BACKOFF_US     (100 * G_TIME_SPAN_MILLISECOND)
#define MAX_BACKOFF_US (2 * G_USEC_PER_SEC)
#define CLOSING_US     (10 * G_USEC_PER_SEC)
#define SPACE_US       (5 * G_USEC_PER_SEC)
#define PROBE_US       (G_USEC_PER_SEC / 2)
#define PROBE                                                                                      \
  "BEGIN IMMEDIATE;"                                                                               \
  "INSERT OR REPLACE INTO state (instance, key, value)"                                            \
  " VALUES ('host/store', 'probe', hex (randomblob (16)));"                                        \
  "COMMIT"

static void
operation_free (gpointer data)
{
  BelfryOperationInQueue *self = data;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_object (&self->task);
  g_clear_error (&self->error);
  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_free (self);
}

/* the main loop's end */

static void
tell_events (BelfryStore *store, GPtrArray *events)
{
  for (guint i = 0; events != NULL && i < events->len; i++) {
    BelfryEvent *event = g_ptr_array_index (events, i);

    belfry_names_saw_event (store->names, event);
    if (store->event_func != NULL)
      store->event_func (event, store->event_data);
  }
}

static void
answer (BelfryOperationInQueue *operation)
{
  if (operation->task != NULL && operation->error != NULL)
    g_task_return_error (operation->task, g_steal_pointer (&operation->error));
  else if (operation->task != NULL)
    g_task_return_boolean (operation->task, TRUE);
  else if (operation->error != NULL)
    g_warning ("a write that nobody waits for failed: %s", operation->error->message);
}

static void
tell_corrupt (BelfryWriter *self)
{
  BelfryStore *store = self->store;
  g_autofree char *reason = NULL;

  g_mutex_lock (&self->lock);
  if (self->corrupt)
    reason = g_strdup (self->reason);
  g_mutex_unlock (&self->lock);
  if (reason != NULL && store->corrupt_func != NULL) {
    BelfryCorruptFunc func = store->corrupt_func;

    store->corrupt_func = NULL;
    func (reason, store->corrupt_data);
  }
}

static gboolean
on_done (gpointer data)
{
  BelfryWriter *self = data;
  GQueue done = G_QUEUE_INIT;
  BelfryOperationInQueue *operation = NULL;

  g_mutex_lock (&self->lock);
  done = self->done;
  g_queue_init (&self->done);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->lock);
  while ((operation = g_queue_pop_head (&done)) != NULL) {
    answer (operation);
    tell_events (self->store, operation->events);
    operation_free (operation);
  }
  tell_corrupt (self);
  return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void
schedule_telling (BelfryWriter *self)
{
  if (self->source != NULL)
    return;
  self->source = g_idle_source_new ();
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->source, on_done, self, NULL);
  g_source_attach (self->source, self->store->context);
}

/* the writer's end */

static void
check_space (BelfryWriter *self)
{
  BelfryStore *store = self->store;
  gint64 now_us = g_get_monotonic_time ();
  struct statvfs space;
  gboolean low = FALSE;

  if (store->min_free_bytes <= 0 || now_us - self->checked_space_us < SPACE_US)
    return;
  self->checked_space_us = now_us;
  if (statvfs (store->directory, &space) == 0)
    low = (gint64)space.f_bavail * (gint64)space.f_frsize < store->min_free_bytes;
  g_mutex_lock (&store->lock);
  store->low_space = low;
  g_mutex_unlock (&store->lock);
}

static void
set_state (BelfryWriter *self, const char *reason)
{
  g_mutex_lock (&self->lock);
  if (reason != NULL && self->reason == NULL)
    g_warning ("the store cannot write, trying again: %s", reason);
  if (reason == NULL && self->reason != NULL)
    g_message ("the store can write again");
  g_free (self->reason);
  self->reason = g_strdup (reason);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_cancelled (BelfryOperationInQueue *operation)
{
  return operation->task != NULL &&
         g_cancellable_set_error_if_cancelled (g_task_get_cancellable (operation->task),
                                               &operation->error);
}

/* FALSE: the file is in trouble, not this write. */
static gboolean
run_operation (BelfryWriter *self, BelfryOperationInQueue *operation, GError **error)
{
  gboolean done = FALSE;

  g_clear_error (&operation->error);
  g_clear_pointer (&operation->events, g_ptr_array_unref);
  if (operation->func == NULL || is_cancelled (operation))
    return TRUE;
  if (!belfry_database_run (self->database, "SAVEPOINT write", NULL, 0, NULL, error))
    return FALSE;
  self->current = operation;
  done = operation->func (self, operation->data, &operation->error);
  self->current = NULL;
  belfry_database_settle (self->database);
  if (self->database->trouble != 0) {
    g_propagate_error (error, g_steal_pointer (&operation->error));
    return FALSE;
  }
  if (done)
    return belfry_database_run (self->database, "RELEASE write", NULL, 0, NULL, error);
  if (operation->error == NULL)
    g_set_error (&operation->error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "a write failed");
  g_clear_pointer (&operation->events, g_ptr_array_unref);
  return belfry_database_execute (self->database, "ROLLBACK TO write; RELEASE write", error);
}

static gboolean
run_operations (BelfryWriter *self, GQueue *batch, GError **error)
{
  if (!belfry_database_run (self->database, "BEGIN IMMEDIATE", NULL, 0, NULL, error))
    return FALSE;
  for (GList *link = batch->head; link != NULL; link = link->next)
    if (!run_operation (self, link->data, error))
      return FALSE;
  return belfry_ids_store (self->store->ids, self->database, FALSE, error) &&
         belfry_database_run (self->database, "COMMIT", NULL, 0, NULL, error);
}

static gboolean
commit (BelfryWriter *self, GQueue *batch, GError **error)
{
  gboolean committed = FALSE;

  self->database->trouble = 0;
  committed = run_operations (self, batch, error);
  if (!committed) {
    int trouble = self->database->trouble;

    if (error != NULL && *error == NULL)
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the file could not be written");
    belfry_database_settle (self->database);
    if (!sqlite3_get_autocommit (self->database->handle))
      belfry_database_execute (self->database, "ROLLBACK", NULL);
    self->database->trouble = trouble;
  }
  belfry_ids_stored (self->store->ids, committed);
  return committed;
}

static void
fail_operation (BelfryOperationInQueue *operation, int code, const char *reason)
{
  g_clear_error (&operation->error);
  g_clear_pointer (&operation->events, g_ptr_array_unref);
  g_set_error (&operation->error, BELFRY_ERROR, code, "writing to the store: %s", reason);
}

/* With the lock held: moves to done who has waited too long and can be told so, or everybody. */
static void
expire (BelfryWriter *self, GQueue *queue, int code, const char *reason, gboolean everybody)
{
  gint64 now_us = g_get_monotonic_time ();
  GList *next = NULL;

  for (GList *link = queue->head; link != NULL; link = next) {
    BelfryOperationInQueue *operation = link->data;

    next = link->next;
    if (!everybody && (operation->task == NULL || operation->queued_us + PATIENCE_US > now_us))
      continue;
    fail_operation (operation, code, reason);
    g_queue_delete_link (queue, link);
    g_queue_push_tail (&self->done, operation);
    schedule_telling (self);
  }
}

static gboolean
is_damaged (int trouble)
{
  return trouble == SQLITE_CORRUPT || trouble == SQLITE_NOTADB;
}

static void
give_up (BelfryWriter *self, GQueue *batch, const char *reason, gboolean damaged)
{
  g_mutex_lock (&self->lock);
  self->corrupt = self->corrupt || damaged;
  expire (self, batch, BELFRY_ERROR_INTERNAL, reason, TRUE);
  expire (self, &self->waiting, BELFRY_ERROR_INTERNAL, reason, TRUE);
  schedule_telling (self);
  g_mutex_unlock (&self->lock);
}

/* Waits before the next try. FALSE: there will be none. */
static gboolean
wait_to_retry (BelfryWriter *self, GQueue *batch, gint64 backoff_us, gint64 *closing_us)
{
  gint64 until_us = g_get_monotonic_time () + backoff_us;
  gboolean again = TRUE;

  g_mutex_lock (&self->lock);
  while (again && g_get_monotonic_time () < until_us) {
    expire (self, batch, BELFRY_ERROR_RETRY, self->reason, FALSE);
    expire (self, &self->waiting, BELFRY_ERROR_RETRY, self->reason, FALSE);
    if (self->stopping && *closing_us == 0)
      *closing_us = g_get_monotonic_time () + CLOSING_US;
    again = *closing_us == 0 || g_get_monotonic_time () < *closing_us;
    g_cond_wait_until (&self->cond, &self->lock, until_us);
  }
  g_mutex_unlock (&self->lock);
  return again;
}

/* Ends with all of @batch committed, or told that they are not. */
static void
commit_until_done (BelfryWriter *self, GQueue *batch)
{
  gint64 backoff_us = BACKOFF_US;
  gint64 closing_us = 0;
  g_autoptr (GError) error = NULL;

  while (batch->length > 0 && !commit (self, batch, &error)) {
    gboolean damaged = is_damaged (self->database->trouble);

    set_state (self, error->message);
    if (damaged || !wait_to_retry (self, batch, backoff_us, &closing_us))
      give_up (self, batch, error->message, damaged);
    backoff_us = MIN (backoff_us * 2, MAX_BACKOFF_US);
    g_clear_error (&error);
  }
}

static void
take_done (BelfryWriter *self, GQueue *batch)
{
  BelfryOperationInQueue *operation = NULL;

  g_mutex_lock (&self->lock);
  self->batch = 0;
  if (batch->length > 0)
    self->commits++;
  while ((operation = g_queue_pop_head (batch)) != NULL)
    g_queue_push_tail (&self->done, operation);
  schedule_telling (self);
  g_mutex_unlock (&self->lock);
}

/* Nobody writes to a store that cannot be written, so it must find out by itself that it can. */
static void
probe (BelfryWriter *self)
{
  gboolean written = FALSE;

  if (self->reason == NULL || self->corrupt)
    return;
  written = belfry_database_execute (self->database, PROBE, NULL);
  if (!sqlite3_get_autocommit (self->database->handle))
    belfry_database_execute (self->database, "ROLLBACK", NULL);
  if (written)
    set_state (self, NULL);
}

static gboolean
take_waiting (BelfryWriter *self, GQueue *batch)
{
  g_mutex_lock (&self->lock);
  while (self->waiting.length == 0 && !self->stopping) {
    gint64 pause_us = self->reason != NULL ? PROBE_US : SPACE_US;

    if (g_cond_wait_until (&self->cond, &self->lock, g_get_monotonic_time () + pause_us))
      continue;
    g_mutex_unlock (&self->lock);
    check_space (self);
    probe (self);
    g_mutex_lock (&self->lock);
  }
  while (self->waiting.length > 0 && batch->length < MAX_BATCH)
    g_queue_push_tail (batch, g_queue_pop_head (&self->waiting));
  self->batch = batch->length;
  g_mutex_unlock (&self->lock);
  return batch->length > 0;
}

static gpointer
writer_run (gpointer data)
{
  BelfryWriter *self = data;
  GQueue batch = G_QUEUE_INIT;

  check_space (self);
  while (take_waiting (self, &batch)) {
    check_space (self);
    commit_until_done (self, &batch);
    if (batch.length > 0)
      set_state (self, NULL);
    take_done (self, &batch);
  }
  return NULL;
}

BelfryWriter *
belfry_writer_new (BelfryStore *store, BelfryDatabase *database)
{
  BelfryWriter *self = g_new0 (BelfryWriter, 1);

  self->store = store;
  self->database = database;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  return self;
}

void
belfry_writer_start (BelfryWriter *self)
{
  self->thread = g_thread_new ("belfry-writer", writer_run, self);
}

void
belfry_writer_push (BelfryWriter *self, BelfryOperationInQueue *operation)
{
  operation->queued_us = g_get_monotonic_time ();
  g_mutex_lock (&self->lock);
  if (self->closed) {
    fail_operation (operation, BELFRY_ERROR_RETRY, "it is closed");
    g_queue_push_tail (&self->done, operation);
  } else if (self->corrupt) {
    fail_operation (operation, BELFRY_ERROR_INTERNAL, self->reason);
    g_queue_push_tail (&self->done, operation);
    schedule_telling (self);
  } else {
    g_queue_push_tail (&self->waiting, operation);
    g_cond_signal (&self->cond);
  }
  g_mutex_unlock (&self->lock);
}

static void
store_ids (BelfryWriter *self)
{
  g_autoptr (GError) error = NULL;

  if (!belfry_ids_store (self->store->ids, self->database, TRUE, &error))
    g_warning ("closing the store: %s", error->message);
}

void
belfry_writer_free (BelfryWriter *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  if (self->thread != NULL) {
    g_thread_join (self->thread);
    store_ids (self);
  }
  if (self->source != NULL)
    g_source_destroy (self->source);
  /* who is told may write again, and is told that it is too late */
  self->closed = TRUE;
  while (self->done.length > 0)
    on_done (self);
  g_clear_pointer (&self->source, g_source_unref);
  belfry_store_reader_free (self->reader);
  belfry_database_close (self->database);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->reason);
  g_free (self);
}
