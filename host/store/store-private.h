/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the store, and who may touch what on which thread. */
#pragma once

#include "store/checkpoint.h"
#include "store/database.h"
#include "store/ids.h"
#include "store/store.h"

typedef struct _BelfryLogs BelfryLogs;
typedef struct _BelfryNames BelfryNames;
typedef struct _BelfryReaders BelfryReaders;
typedef struct _BelfryStoreReader BelfryStoreReader;

struct _BelfryStore {
  char *directory;
  char *path;
  char *logs_path;
  gint64 min_free_bytes;
  GMainContext *context; /* the main loop's */
  BelfryIds *ids;        /* any thread */
  BelfryNames *names;    /* main loop */
  BelfryWriter *writer;
  BelfryCheckpointer *checkpointer;
  BelfryReaders *readers;
  BelfryLogs *logs;
  GCancellable *closing; /* any thread */

  /* main loop */
  gboolean is_backing_up;
  BelfryEventFunc event_func;
  gpointer event_data;
  BelfryCorruptFunc corrupt_func;
  gpointer corrupt_data;

  GMutex lock; /* of what follows */
  BelfryEventFilter filter;
  gpointer filter_data;
  gboolean over_size; /* max-size cannot be kept by removing what is old */
  gboolean low_space;
  char *logs_reason; /* (nullable) why logs cannot be stored */
};

/* writer.c */

/* One write: queued, run, answered, freed on the main loop */
typedef struct {
  BelfryWriteFunc func; /* (nullable): a flush */
  gpointer data;
  GDestroyNotify destroy;
  GTask *task; /* (nullable): nobody waits */
  gint64 queued_us;
  GError *error;
  GPtrArray *events; /* (element-type BelfryEvent) (nullable) */
} BelfryOperationInQueue;

struct _BelfryWriter {
  BelfryStore *store;
  BelfryDatabase *database;
  BelfryStoreReader *reader;
  BelfryOperationInQueue *current;
  GThread *thread;
  gint64 checked_space_us;

  GMutex lock; /* of what follows */
  GCond cond;
  GQueue waiting;
  GQueue done;
  GSource *source; /* (nullable): will tell what is done */
  guint batch;     /* operations that are being written */
  gboolean stopping;
  gboolean closed;
  gboolean corrupt;
  char *reason; /* (nullable): why it cannot write */
  gint64 commits;
};

BelfryWriter *belfry_writer_new (BelfryStore *store, BelfryDatabase *database);
void belfry_writer_start (BelfryWriter *self);
/* Commits what is queued, as far as the disk lets it; tells it. */
void belfry_writer_free (BelfryWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryWriter, belfry_writer_free)
void belfry_writer_push (BelfryWriter *self, BelfryOperationInQueue *operation);

/* names.c: builders and workers by name, numbers of builds, last events; main loop */
BelfryNames *belfry_names_new (void);
void belfry_names_free (BelfryNames *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryNames, belfry_names_free)
gboolean belfry_names_load (BelfryNames *self, BelfryDatabase *database, GError **error);
void belfry_names_saw_event (BelfryNames *self, const BelfryEvent *event);

/* readers.c, reader-list.c, reader-builds.c */
struct _BelfryStoreReader {
  BelfryReader reader;
  BelfryStore *store;
  BelfryDatabase *database;
  BelfryDatabase *logs;
  const BelfryReaderView *view; /* (nullable): all may be seen, no key space */
  char *visible;                /* (nullable): ids of visible builders, a JSON array */
  GCancellable *cancellable;    /* (nullable) */
};

BelfryStoreReader *
belfry_store_reader_new (BelfryStore *store, BelfryDatabase *database, GError **error);
/* of a file that has no store around it */
BelfryStoreReader *belfry_store_reader_new_for_file (BelfryDatabase *database);
void belfry_store_reader_free (BelfryStoreReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryStoreReader, belfry_store_reader_free)
BelfryReaders *belfry_readers_new (BelfryStore *store, guint n_threads, GError **error);
void belfry_readers_free (BelfryReaders *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryReaders, belfry_readers_free)
/* Whether records of this type need a right that the visitor does not have. */
gboolean belfry_store_reader_is_shut (BelfryStoreReader *self, const BelfryRecordType *type);
GPtrArray *belfry_store_reader_list (BelfryReader *reader,
                                     const BelfryRecordType *type,
                                     const BelfryQuery *query,
                                     gboolean *cut,
                                     GError **error);
gint64 belfry_store_reader_count (BelfryReader *reader,
                                  const BelfryRecordType *type,
                                  const BelfryQuery *query,
                                  GError **error);
gpointer belfry_store_reader_previous_build (BelfryReader *reader,
                                             BelfryBuild *build,
                                             gboolean same_branch,
                                             GError **error);
GPtrArray *
belfry_store_reader_build_changes (BelfryReader *reader, BelfryBuild *build, GError **error);
char **
belfry_store_reader_responsible_users (BelfryReader *reader, BelfryBuild *build, GError **error);

/* read-file.c: how a file that no daemon has open is opened; (transfer full) (nullable) */
char *belfry_store_make_file_address (const char *path, GError **error);

/* logs.c */
BelfryLogs *belfry_logs_new (BelfryStore *store, GError **error);
/* What the main file says of its logs is what logs.sqlite has. Before the threads start. */
gboolean belfry_logs_recover (BelfryLogs *self, BelfryDatabase *records, GError **error);
void belfry_logs_start (BelfryLogs *self);
/* No more appends; all that came is stored. */
void belfry_logs_stop (BelfryLogs *self);
void belfry_logs_free (BelfryLogs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryLogs, belfry_logs_free)
gsize belfry_logs_append (BelfryLogs *self, gint64 logid, GBytes *lines, guint n_lines);
gint64 belfry_logs_get_lines (BelfryLogs *self, gint64 logid);
void belfry_logs_finish (BelfryLogs *self, gint64 logid, gint64 *n_lines, gint64 *n_bytes);
void belfry_logs_set_mask (BelfryLogs *self, BelfryLogMask mask, gpointer data);
void belfry_logs_set_drained (BelfryLogs *self, BelfryLogFunc func, gpointer data);
/* Removes blocks of logs whose content is to go, 200 rows at most; answers on the main loop with
 * how many. */
void belfry_logs_remove_async (BelfryLogs *self,
                               GArray *logids,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gint64 belfry_logs_remove_finish (BelfryLogs *self, GAsyncResult *result, GError **error);
char *belfry_logs_read (BelfryLogs *self,
                        BelfryDatabase *database,
                        gint64 logid,
                        gint64 first_line,
                        gint64 max_lines,
                        gint64 *n_lines,
                        GError **error);
