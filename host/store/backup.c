/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backup: `VACUUM INTO`, file by file, from connections that only read, so that nobody who writes
 * waits for it. The records are copied first. The logs that come after them know lines of logs that
 * the records had not heard of by then, whose ids would be given out once more after a restore, so
 * those lines are taken out of the copy; and the other way round, what the records count of lines
 * that the logs' thread still gathers is waited for. Each copy is checked and on disk before it
 * gets its name; what was interrupted leaves names that end in `.partial` and that the next attempt
 * removes.
 */
#include "store/backup.h"

#include "store/files.h"
#include "store/store-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RECORDS_NAME   "belfry.sqlite"
#define LOGS_NAME      "logs.sqlite"
#define STEPS_AT_ONCE  20000 /* of sqlite's machine, between two looks at the cancellable */
#define COPY_INTO      "VACUUM INTO ?1"
#define LAST_LOG       "SELECT max (logid) FROM logs"
#define FORGET_LATER   "DELETE FROM blocks WHERE logid > ?1"
#define ATTACH_RECORDS "ATTACH ?1 AS records"
/* logs of which the records count more lines than are stored */
#define COUNT_LATE                                                                                 \
  "SELECT count (*) FROM records.logs AS l WHERE l.type <> 'd' AND (l.complete = 0"                \
  " OR l.logid > (SELECT max (logid) - 2000 FROM records.logs)) AND l.num_lines >"                 \
  " (SELECT coalesce (sum (lines), 0) FROM blocks AS b WHERE b.logid = l.logid)"
#define MOMENT_US       (20 * G_TIME_SPAN_MILLISECOND)
#define MOST_MOMENTS    100
#define CHECK_INTEGRITY "PRAGMA integrity_check (1)"
#define PRIVATE_FOLDER  0700

static int
on_steps (void *data)
{
  return g_cancellable_is_cancelled (data) ? 1 : 0;
}

static BelfryDatabase *
open_watched (const char *path, BelfryDatabaseRole role, GCancellable *cancellable, GError **error)
{
  BelfryDatabase *database = belfry_database_open (path, role, error);

  if (database != NULL && cancellable != NULL)
    sqlite3_progress_handler (database->handle, STEPS_AT_ONCE, on_steps, cancellable);
  return database;
}

static gboolean
copy_into (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  g_autoptr (BelfryDatabase) database =
      open_watched (from, BELFRY_DATABASE_SOURCE, cancellable, error);
  sqlite3_stmt *statement = NULL;

  if (database == NULL)
    return FALSE;
  statement = belfry_database_prepare (database, COPY_INTO, error);
  if (statement == NULL)
    return FALSE;
  belfry_database_bind_text (statement, 1, to);
  return belfry_database_step (database, statement, NULL, error);
}

static gboolean
check_integrity (BelfryDatabase *database, const char *path, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (database, CHECK_INTEGRITY, error);
  gboolean row = FALSE;
  gboolean sound = FALSE;

  if (statement == NULL || !belfry_database_step (database, statement, &row, error))
    return FALSE;
  sound = row && g_strcmp0 ((const char *)sqlite3_column_text (statement, 0), "ok") == 0;
  if (!sound)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "checking '%s': it is damaged", path);
  sqlite3_reset (statement);
  return sound;
}

/** Copying: one backup under way */
typedef struct {
  const char *folder;
  GCancellable *cancellable; /* (nullable) */
  JsonArray *files;
  gint64 last_log; /* that the records know; BELFRY_NONE: not told yet */
} Copying;

static gboolean
finish_records (Copying *self, BelfryDatabase *copy, GError **error)
{
  return belfry_database_ask (copy, LAST_LOG, 0, &self->last_log, error);
}

static gboolean
finish_logs (Copying *self, BelfryDatabase *copy, GError **error)
{
  return belfry_database_run (copy, FORGET_LATER, &self->last_log, 1, NULL, error);
}

typedef gboolean (*Finish) (Copying *self, BelfryDatabase *copy, GError **error);

static gboolean
check_copy (Copying *self, const char *partial, Finish finish, GError **error)
{
  g_autoptr (BelfryDatabase) copy =
      open_watched (partial, BELFRY_DATABASE_COPY, self->cancellable, error);

  return copy != NULL && finish (self, copy, error) && check_integrity (copy, partial, error);
}

static void
note_file (Copying *self, const char *name, const char *path)
{
  JsonObject *object = json_object_new ();
  GStatBuf status = { 0 };

  json_object_set_string_member (object, "name", name);
  if (g_stat (path, &status) == 0)
    json_object_set_int_member (object, "bytes", status.st_size);
  json_array_add_object_element (self->files, object);
}

static gboolean
copy_file (Copying *self, const char *from, const char *name, Finish finish, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);

  g_unlink (partial);
  if (copy_into (from, partial, self->cancellable, error) &&
      check_copy (self, partial, finish, error) && belfry_file_bring_to_disk (partial, error) &&
      belfry_file_give_name (partial, path, error)) {
    note_file (self, name, path);
    return TRUE;
  }
  g_unlink (partial);
  return FALSE;
}

static gboolean
is_free (const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
               "'%s' is there already and is not overwritten; name another folder", path);
  return FALSE;
}

static gboolean
prepare_folder (const char *folder, GError **error)
{
  if (!g_path_is_absolute (folder)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no absolute path", folder);
    return FALSE;
  }
  if (g_mkdir (folder, PRIVATE_FOLDER) != 0 && errno != EEXIST)
    return belfry_file_fail ("making the folder", folder, error);
  if (g_access (folder, W_OK | X_OK) != 0)
    return belfry_file_fail ("writing to the folder", folder, error);
  return is_free (folder, RECORDS_NAME, error) && is_free (folder, LOGS_NAME, error);
}

/* a copy is never larger than what it is made of */
static gboolean
has_space (const char *folder, gint64 bytes, GError **error)
{
  struct statvfs status;
  guint64 there = 0;
  g_autofree char *wanted = NULL;
  g_autofree char *found = NULL;

  if (statvfs (folder, &status) != 0)
    return belfry_file_fail ("looking at the disk of", folder, error);
  there = (guint64)status.f_bavail * status.f_frsize;
  if (there > (guint64)bytes)
    return TRUE;
  wanted = g_format_size ((guint64)bytes);
  found = g_format_size (there);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY,
               "the backup may take %s, and '%s' has %s left", wanted, folder, found);
  return FALSE;
}

static void
remove_named (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_unlink (path);
}

static BelfryDatabase *
open_beside_records (Copying *self, const char *logs, GError **error)
{
  g_autofree char *records = g_build_filename (self->folder, RECORDS_NAME, NULL);
  g_autoptr (BelfryDatabase) database =
      open_watched (logs, BELFRY_DATABASE_SOURCE, self->cancellable, error);
  sqlite3_stmt *statement =
      database != NULL ? belfry_database_prepare (database, ATTACH_RECORDS, error) : NULL;

  if (statement == NULL)
    return NULL;
  belfry_database_bind_text (statement, 1, records);
  return belfry_database_step (database, statement, NULL, error) ? g_steal_pointer (&database)
                                                                 : NULL;
}

/* the storing thread takes a quarter of a second; where it cannot store, what is there has to do */
static gboolean
wait_for_lines (Copying *self, const char *logs, GError **error)
{
  g_autoptr (BelfryDatabase) database = open_beside_records (self, logs, error);
  gint64 late = 1;

  if (database == NULL)
    return FALSE;
  for (guint i = 0; late > 0 && i < MOST_MOMENTS && !g_cancellable_is_cancelled (self->cancellable);
       i++) {
    if (i > 0)
      g_usleep (MOMENT_US); /* lint: on a thread of the pool, or the command line's */
    if (!belfry_database_ask (database, COUNT_LATE, 0, &late, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
copy_logs (Copying *self, const char *logs, GError **error)
{
  return wait_for_lines (self, logs, error) &&
         copy_file (self, logs, LOGS_NAME, finish_logs, error);
}

gboolean
belfry_backup_make (const BelfryBackupSource *source,
                    const char *folder,
                    GCancellable *cancellable,
                    JsonObject *answer,
                    GError **error)
{
  g_autoptr (JsonArray) files = json_array_new ();
  Copying self = { folder, cancellable, files, 0 };

  if (!prepare_folder (folder, error) ||
      !copy_file (&self, source->records, RECORDS_NAME, finish_records, error))
    return FALSE;
  if (source->logs != NULL && !copy_logs (&self, source->logs, error)) {
    remove_named (folder, RECORDS_NAME); /* half a backup is none */
    return FALSE;
  }
  json_object_set_string_member (answer, "folder", folder);
  json_object_set_array_member (answer, "files", g_steal_pointer (&files));
  return belfry_file_bring_to_disk (folder, error);
}

/* without a daemon */

gboolean
belfry_backup_make_of_file (const char *path,
                            const char *folder,
                            JsonObject *answer,
                            GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *logs = g_build_filename (directory, LOGS_NAME, NULL);
  g_autofree char *records_address = belfry_store_make_file_address (path, error);
  g_autofree char *logs_address = NULL;
  BelfryBackupSource source = { records_address, NULL };

  if (records_address == NULL)
    return FALSE;
  if (g_file_test (logs, G_FILE_TEST_EXISTS)) {
    logs_address = belfry_store_make_file_address (logs, error);
    if (logs_address == NULL)
      return FALSE;
    source.logs = logs_address;
  }
  return belfry_backup_make (&source, folder, NULL, answer, error);
}

/* in the daemon */

typedef struct {
  BelfryStore *store;
  char *folder;
  JsonObject *answer;
} Backup;

static void
backup_free (gpointer data)
{
  Backup *self = data;

  g_free (self->folder);
  json_object_unref (self->answer);
  g_free (self);
}

static gint64
count_bytes (const char *path)
{
  GStatBuf status = { 0 };

  return g_stat (path, &status) == 0 ? status.st_size : 0;
}

/* the reader's own connection is left alone, so that no snapshot is held */
static gboolean
make_backup (BelfryReader *reader, gpointer data, GError **error)
{
  Backup *self = data;
  const BelfryBackupSource source = { self->store->path, self->store->logs_path };
  gint64 bytes = count_bytes (source.records) + count_bytes (source.logs);

  if (!prepare_folder (self->folder, error) || !has_space (self->folder, bytes, error))
    return FALSE;
  return belfry_backup_make (&source, self->folder, self->store->closing, self->answer, error);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Backup *self = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  self->store->is_backing_up = FALSE;
  if (belfry_store_read_finish (self->store, result, &local))
    g_task_return_pointer (task, json_object_ref (self->answer), (GDestroyNotify)json_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

void
belfry_store_backup_async (BelfryStore *self,
                           const char *folder,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Backup *backup = g_new0 (Backup, 1);

  g_task_set_source_tag (task, belfry_store_backup_async);
  backup->store = self;
  backup->folder = g_strdup (folder);
  backup->answer = json_object_new ();
  g_task_set_task_data (task, backup, backup_free);
  if (self->is_backing_up) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                             "a backup is being made already");
    return;
  }
  self->is_backing_up = TRUE;
  belfry_store_read_async (self, NULL, make_backup, backup, NULL, on_made, g_steal_pointer (&task));
}

JsonObject *
belfry_store_backup_finish (BelfryStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
