/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store as its users see it: opening and closing in the right order, the door to the writer
 * with its limits, and how it is.
 */
#include "store/migrate.h"
#include "store/store-private.h"

#include <glib/gstdio.h>

#define MAX_QUEUED       10000
#define MAX_QUEUED_BYTES (8 * 1024 * 1024)
/* what an operation is taken to weigh: its closure, its records, their text */
#define OPERATION_BYTES 512

static const char *const record_rooms[] = {
  "core", "hooks", "engine", "outbox", "web", "auth", NULL
};

static const char *const id_tables[] = {
  [BELFRY_ID_BUILDSET] = "buildsets", [BELFRY_ID_REQUEST] = "requests",
  [BELFRY_ID_BUILD] = "builds",       [BELFRY_ID_STEP] = "steps",
  [BELFRY_ID_LOG] = "logs",           [BELFRY_ID_STAMP] = "source_stamps",
  [BELFRY_ID_PATCH] = "patches",      [BELFRY_ID_TEST] = "tests",
  [BELFRY_ID_ARTIFACT] = "artifacts",
};
G_STATIC_ASSERT (G_N_ELEMENTS (id_tables) == BELFRY_N_IDS);

static BelfryDatabase *
open_records (BelfryStore *self, GError **error)
{
  g_autoptr (BelfryDatabase) database =
      belfry_database_open (self->path, BELFRY_DATABASE_RECORDS, error);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *when = g_date_time_format (now, "%Y%m%dT%H%M%S.%f");
  g_autofree char *copy_path =
      g_strdup_printf ("%s/belfry-before-" BELFRY_VERSION "-%s.sqlite", self->directory, when);

  if (database == NULL || !belfry_migrate (database, record_rooms, copy_path, error))
    return NULL;
  return g_steal_pointer (&database);
}

/* Ids given before this moment by a process that was killed are passed over once and for all. */
static gboolean
reserve_ids (BelfryStore *self, BelfryDatabase *database, GError **error)
{
  gboolean stored = FALSE;

  if (!belfry_ids_load (self->ids, database, error) ||
      !belfry_database_execute (database, "BEGIN IMMEDIATE", error))
    return FALSE;
  stored = belfry_ids_store (self->ids, database, FALSE, error) &&
           belfry_database_execute (database, "COMMIT", error);
  belfry_ids_stored (self->ids, stored);
  if (!stored)
    belfry_database_execute (database, "ROLLBACK", NULL);
  return stored;
}

static gboolean
open_parts (BelfryStore *self, const BelfryStoreSettings *settings, GError **error)
{
  g_autoptr (BelfryDatabase) database = open_records (self, error);

  if (database == NULL || !reserve_ids (self, database, error) ||
      !belfry_names_load (self->names, database, error))
    return FALSE;
  self->logs = belfry_logs_new (self, error);
  if (self->logs == NULL || !belfry_logs_recover (self->logs, database, error))
    return FALSE;
  self->writer = belfry_writer_new (self, g_steal_pointer (&database));
  self->writer->reader = belfry_store_reader_new (self, self->writer->database, error);
  if (self->writer->reader == NULL)
    return FALSE;
  self->readers = belfry_readers_new (self, settings->readers > 0 ? settings->readers : 3, error);
  if (self->readers == NULL)
    return FALSE;
  self->checkpointer = belfry_checkpointer_new (self->path, self->writer->database, error);
  if (self->checkpointer == NULL)
    return FALSE;
  belfry_writer_start (self->writer);
  belfry_logs_start (self->logs);
  return TRUE;
}

BelfryStore *
belfry_store_open (const BelfryStoreSettings *settings, GError **error)
{
  g_autoptr (BelfryStore) self = g_new0 (BelfryStore, 1);

  self->directory = g_strdup (settings->directory);
  self->path = g_build_filename (settings->directory, "belfry.sqlite", NULL);
  self->logs_path = g_build_filename (settings->directory, "logs.sqlite", NULL);
  self->min_free_bytes = settings->min_free_bytes;
  self->context = g_main_context_ref_thread_default ();
  self->ids = belfry_ids_new ();
  self->names = belfry_names_new ();
  self->closing = g_cancellable_new ();
  g_mutex_init (&self->lock);
  if (g_mkdir_with_parents (settings->directory, 0700) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "making the folder '%s': %s",
                 settings->directory, g_strerror (errno));
    return NULL;
  }
  if (!open_parts (self, settings, error)) {
    g_prefix_error (error, "opening the store in '%s': ", settings->directory);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/* Logs first: what they store is still told to the writer. */
void
belfry_store_close (BelfryStore *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->closing);
  if (self->logs != NULL)
    belfry_logs_stop (self->logs);
  belfry_checkpointer_stop (self->checkpointer);
  belfry_writer_free (self->writer);
  belfry_checkpointer_free (self->checkpointer);
  belfry_readers_free (self->readers);
  belfry_logs_free (self->logs);
  belfry_names_free (self->names);
  belfry_ids_free (self->ids);
  g_object_unref (self->closing);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self->directory);
  g_free (self->path);
  g_free (self->logs_path);
  g_free (self->logs_reason);
  g_free (self);
}

void
belfry_store_set_event_func (BelfryStore *self, BelfryEventFunc func, gpointer data)
{
  self->event_func = func;
  self->event_data = data;
}

void
belfry_store_set_corrupt_func (BelfryStore *self, BelfryCorruptFunc func, gpointer data)
{
  self->corrupt_func = func;
  self->corrupt_data = data;
}

void
belfry_store_set_event_filter (BelfryStore *self, BelfryEventFilter filter, gpointer data)
{
  g_mutex_lock (&self->lock);
  self->filter = filter;
  self->filter_data = data;
  g_mutex_unlock (&self->lock);
}

static BelfryOperationInQueue *
operation_new (BelfryWriteFunc func, gpointer data, GDestroyNotify destroy)
{
  BelfryOperationInQueue *operation = g_new0 (BelfryOperationInQueue, 1);

  operation->func = func;
  operation->data = data;
  operation->destroy = destroy;
  return operation;
}

static guint
count_queued (BelfryStore *self)
{
  guint queued = 0;

  g_mutex_lock (&self->writer->lock);
  queued = self->writer->waiting.length + self->writer->batch;
  g_mutex_unlock (&self->writer->lock);
  return queued;
}

void
belfry_store_write_async (BelfryStore *self, /* lint: as GIO would have it */
                          BelfryWriteFunc func,
                          gpointer data,
                          GDestroyNotify destroy,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  BelfryOperationInQueue *operation = NULL;
  guint queued = count_queued (self);

  g_task_set_source_tag (task, belfry_store_write_async);
  g_task_set_check_cancellable (task, FALSE);
  if (queued >= MAX_QUEUED || (gsize)queued * OPERATION_BYTES >= MAX_QUEUED_BYTES) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                             "writing to the store: too much is waiting");
    if (destroy != NULL)
      destroy (data);
    return;
  }
  operation = operation_new (func, data, destroy);
  operation->task = g_steal_pointer (&task);
  belfry_writer_push (self->writer, operation);
}

gboolean
belfry_store_write_finish (BelfryStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
belfry_store_write (BelfryStore *self, BelfryWriteFunc func, gpointer data, GDestroyNotify destroy)
{
  belfry_writer_push (self->writer, operation_new (func, data, destroy));
}

void
belfry_store_flush_async (BelfryStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  BelfryOperationInQueue *operation = operation_new (NULL, NULL, NULL);

  operation->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (operation->task, belfry_store_flush_async);
  belfry_writer_push (self->writer, operation);
}

gint64
belfry_store_next_id (BelfryStore *self, BelfryIdKind kind)
{
  g_return_val_if_fail (kind < BELFRY_N_IDS, 0);

  return belfry_ids_next (self->ids, id_tables[kind]);
}

static gint64
count_bytes (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 ? (gint64)info.st_size : 0;
}

/* Why hooks should not be answered with success; (transfer full) (nullable) */
static char *
dup_shortage (BelfryStore *self)
{
  char *reason = NULL;

  g_mutex_lock (&self->lock);
  if (self->low_space)
    reason = g_strdup ("the disk has less than min-free left");
  else if (self->over_size)
    reason = g_strdup ("the store is larger than max-size");
  else
    reason = g_strdup (self->logs_reason);
  g_mutex_unlock (&self->lock);
  return reason;
}

void
belfry_store_get_status (BelfryStore *self, BelfryStoreStatus *status)
{
  BelfryWriter *writer = self->writer;

  g_mutex_lock (&writer->lock);
  status->reason = g_strdup (writer->reason);
  status->queued = writer->waiting.length + writer->batch;
  status->commits = writer->commits;
  g_mutex_unlock (&writer->lock);
  if (status->reason == NULL)
    status->reason = dup_shortage (self);
  status->writable = status->reason == NULL;
  status->queued_bytes = (gsize)status->queued * OPERATION_BYTES;
  status->bytes = count_bytes (self->path) + count_bytes (self->logs_path);
}

void
belfry_store_status_clear (BelfryStoreStatus *status)
{
  g_clear_pointer (&status->reason, g_free);
}

gboolean
belfry_store_is_pressed (BelfryStore *self)
{
  guint queued = count_queued (self);
  gboolean pressed =
      queued > MAX_QUEUED / 2 || (gsize)queued * OPERATION_BYTES > MAX_QUEUED_BYTES / 2;

  g_mutex_lock (&self->writer->lock);
  pressed = pressed || self->writer->reason != NULL;
  g_mutex_unlock (&self->writer->lock);
  g_mutex_lock (&self->lock);
  pressed = pressed || self->low_space || self->over_size || self->logs_reason != NULL;
  g_mutex_unlock (&self->lock);
  return pressed;
}

gsize
belfry_store_log_append (BelfryStore *self, gint64 logid, GBytes *lines, guint n_lines)
{
  return belfry_logs_append (self->logs, logid, lines, n_lines);
}

gint64
belfry_store_log_lines (BelfryStore *self, gint64 logid)
{
  return belfry_logs_get_lines (self->logs, logid);
}

void
belfry_store_log_finish (BelfryStore *self, gint64 logid, gint64 *n_lines, gint64 *n_bytes)
{
  belfry_logs_finish (self->logs, logid, n_lines, n_bytes);
}

void
belfry_store_set_log_drained_func (BelfryStore *self, BelfryLogFunc func, gpointer data)
{
  belfry_logs_set_drained (self->logs, func, data);
}

void
belfry_store_set_log_mask (BelfryStore *self, BelfryLogMask mask, gpointer data)
{
  belfry_logs_set_mask (self->logs, mask, data);
}
