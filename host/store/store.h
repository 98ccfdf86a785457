/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store: belfry.sqlite, one writer thread with group commit, a pool of readers. Records go in
 * and come out by their field tables. The main loop never calls sqlite.
 *
 * A write is a function that runs on the writer thread in a savepoint of its own; whatever was
 * queued while the last transaction was being flushed goes into the next one. Its completion comes
 * on the main loop after the commit, and after that the events it wrote, in the order of their ids.
 */
#pragma once

#include "belfry-plugin.h"
#include <sqlite3.h>

typedef struct _BelfryStore BelfryStore;
typedef struct _BelfryWriter BelfryWriter;

/* Runs on the writer thread. FALSE with @error: its savepoint is rolled back, its neighbours are
 * not. Where the disk fails it runs again later with the same @data: whatever it wrote is gone
 * then, whatever it set in records (ids) may stay. */
typedef gboolean (*BelfryWriteFunc) (BelfryWriter *writer, gpointer data, GError **error);
/* Main loop; each stored event once, in the order of ids, after its commit. */
typedef void (*BelfryEventFunc) (BelfryEvent *event, gpointer data);
/* Writer thread, inside the event's transaction: what else the event causes (outbox rows). @record:
 * (nullable). */
typedef gboolean (*BelfryEventFilter) (
    BelfryWriter *writer, BelfryEvent *event, gpointer record, gpointer data, GError **error);

/**
 * BelfryStoreSettings:
 * @directory: where the files lie; made with mode 0700
 * @readers: 0: three
 */
typedef struct {
  const char *directory;
  guint readers;
  gint64 min_free_bytes;
} BelfryStoreSettings;

/* Opens, migrates and checks; blocks, so it runs before the main loop does. */
BelfryStore *belfry_store_open (const BelfryStoreSettings *settings, GError **error);
/* Commits what is queued and closes; blocks. */
void belfry_store_close (BelfryStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryStore, belfry_store_close)
void belfry_store_set_event_func (BelfryStore *self, BelfryEventFunc func, gpointer data);
/* Main loop, once: the file is damaged; nothing is written any more. */
typedef void (*BelfryCorruptFunc) (const char *reason, gpointer data);
void belfry_store_set_corrupt_func (BelfryStore *self, BelfryCorruptFunc func, gpointer data);
void belfry_store_set_event_filter (BelfryStore *self, BelfryEventFilter filter, gpointer data);

void belfry_store_write_async (BelfryStore *self,
                               BelfryWriteFunc func,
                               gpointer data,
                               GDestroyNotify destroy,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean belfry_store_write_finish (BelfryStore *self, GAsyncResult *result, GError **error);
/* The same without anybody waiting; a failure is logged. */
void
belfry_store_write (BelfryStore *self, BelfryWriteFunc func, gpointer data, GDestroyNotify destroy);
/* Ends after all writes queued before it. */
void belfry_store_flush_async (BelfryStore *self, GAsyncReadyCallback callback, gpointer user_data);

/* Readers: func on a pool thread with a snapshot. @instance names the private key space;
 * @interactive requests are bounded at 64 waiting, then BELFRY_ERROR_RETRY. */
typedef struct {
  const char *instance; /* (nullable) "engine/local" */
  gboolean interactive;
  GHashTable *visible_builders; /* (nullable) (element-type utf8) set of names; NULL: all */
  JsonObject *host_info;        /* (nullable) for belfry_reader_host_info () */
  gboolean (*may) (const char *action, gconstpointer record, gpointer data);
  JsonArray *(*list_forms) (const char *builder, gpointer data);
  char *(*dup_link) (BelfryLinkKind kind, const char *name, const char *revision, gpointer data);
  JsonArray *(*link_text) (const char *text, const char *project, gpointer data);
  BelfryRequest *(*read_request) (BelfryReader *reader, BelfryDelivery *delivery, GError **error);
  gpointer data;
  GDestroyNotify destroy;
} BelfryReaderView;
void belfry_store_read_async (BelfryStore *self,
                              const BelfryReaderView *view,
                              BelfryReadFunc func,
                              gpointer data,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean belfry_store_read_finish (BelfryStore *self, GAsyncResult *result, GError **error);
/* The same for a database that no daemon has open; blocks, so it is for the command line only. It
 * writes nothing, and logs cannot be read through it. */
gboolean
belfry_store_read_file (const char *path, BelfryReadFunc func, gpointer data, GError **error);
/* Rooms of the host whose rows are no records: on the thread of @reader. */
sqlite3_stmt *belfry_reader_prepare (BelfryReader *reader, const char *sql, GError **error);
gboolean
belfry_reader_step (BelfryReader *reader, sqlite3_stmt *statement, gboolean *row, GError **error);

/* Ids from counters, stored, never from max (id); main loop. */
gint64 belfry_store_next_id (BelfryStore *self, BelfryIdKind kind);
gint64 belfry_store_builder_id (BelfryStore *self, const char *name);
gint64 belfry_store_worker_id (BelfryStore *self, const char *name);
gint64 belfry_store_next_build_number (BelfryStore *self, gint64 builderid);
const char *belfry_store_builder_name (BelfryStore *self, gint64 builderid);
gint64 belfry_store_last_event_id (BelfryStore *self, gint64 builderid); /* BELFRY_NONE: of all */

/* The state of the store, for readiness and status */
typedef struct {
  gboolean writable;
  char *reason; /* (nullable) why not */
  guint queued;
  gsize queued_bytes;
  gint64 commits;
  gint64 bytes;
} BelfryStoreStatus;
void belfry_store_get_status (BelfryStore *self, BelfryStoreStatus *status);
void belfry_store_status_clear (BelfryStoreStatus *status);
/* Half full or unable to write: hooks and pages that write answer 503. */
gboolean belfry_store_is_pressed (BelfryStore *self);

/* On the writer thread */
gboolean belfry_writer_insert (BelfryWriter *self,
                               gpointer record,
                               GError **error); /* gives an id where the record's is 0 */
gboolean belfry_writer_update (BelfryWriter *self, gpointer record, GError **error);
gboolean belfry_writer_set (BelfryWriter *self,
                            const BelfryRecordType *type,
                            gint64 id,
                            const char *field,
                            gint64 number,
                            const char *text,
                            GError **error);
gpointer
belfry_writer_find (BelfryWriter *self, const BelfryRecordType *type, gint64 id, GError **error);
BelfryReader *belfry_writer_get_reader (BelfryWriter *self); /* sees the open transaction */
sqlite3_stmt *belfry_writer_prepare (BelfryWriter *self,
                                     const char *sql,
                                     GError **error); /* cached; reset and unbound */
gboolean
belfry_writer_step (BelfryWriter *self, sqlite3_stmt *statement, gboolean *row, GError **error);
gboolean
belfry_writer_add_event (BelfryWriter *self, BelfryEvent *event, gpointer record, GError **error);
JsonNode *belfry_writer_state_get (BelfryWriter *self,
                                   const char *instance,
                                   const char *key,
                                   GError **error); /* NULL without @error: there is none */
BelfryStore *belfry_writer_get_store (BelfryWriter *self);
gint64 belfry_writer_next_id (BelfryWriter *self, const BelfryRecordType *type);
gboolean belfry_writer_state_put (BelfryWriter *self,
                                  const char *instance,
                                  const char *key,
                                  JsonNode *value,
                                  GError **error); /* NULL deletes */

/* No more will come; lines and bytes so far (also what waits to be stored). Any thread. */
void belfry_store_log_finish (BelfryStore *self, gint64 logid, gint64 *n_lines, gint64 *n_bytes);

/* Logs: logs.sqlite, blocks of at most 64 KiB, compressed; a writer of its own. Main loop. */
gsize belfry_store_log_append (BelfryStore *self,
                               gint64 logid,
                               GBytes *lines,
                               guint n_lines); /* bytes of this log not yet stored */
gint64 belfry_store_log_lines (BelfryStore *self, gint64 logid);
typedef void (*BelfryLogFunc) (gint64 logid, gpointer data);
void belfry_store_set_log_drained_func (
    BelfryStore *self,
    BelfryLogFunc func,
    gpointer data); /* main loop: waiting bytes below half a MiB again */
/* @mask runs on the log thread over whole lines before they are stored; (transfer full) (nullable:
 * unchanged). */
typedef GBytes *(*BelfryLogMask) (gint64 logid, GBytes *lines, gpointer data);
void belfry_store_set_log_mask (BelfryStore *self, BelfryLogMask mask, gpointer data);

/* Removes what is over age, at most 200 rows a step, yielding between steps. */
void belfry_store_sweep_async (BelfryStore *self,
                               gconstpointer store_keys,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean belfry_store_sweep_finish (BelfryStore *self, GAsyncResult *result, GError **error);
