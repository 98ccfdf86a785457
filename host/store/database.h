/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One sqlite connection: opened as all of ours are, its statements kept by their text, its result
 * codes turned into errors, records put in and taken out by their field tables. It belongs to one
 * thread.
 */
#pragma once

#include "belfry-plugin.h"
#include <sqlite3.h>

/**
 * BelfryDatabaseRole:
 * @BELFRY_DATABASE_RECORDS: writes, and waits for the disk at each commit
 * @BELFRY_DATABASE_LOGS: writes, and waits for the disk at checkpoints only
 * @BELFRY_DATABASE_READER: reads
 * @BELFRY_DATABASE_FILE: reads a file that no daemon has open, and leaves nothing beside it
 * @BELFRY_DATABASE_SOURCE: reads what a backup is made of, a path or an address
 * @BELFRY_DATABASE_COPY: writes to a backup that has no name yet
 */
typedef enum {
  BELFRY_DATABASE_RECORDS,
  BELFRY_DATABASE_LOGS,
  BELFRY_DATABASE_READER,
  BELFRY_DATABASE_FILE,
  BELFRY_DATABASE_SOURCE,
  BELFRY_DATABASE_COPY,
} BelfryDatabaseRole;

/**
 * BelfryDatabase:
 * @handle: the connection
 * @statements: SQL to sqlite3_stmt
 * @by_address: address of SQL to sqlite3_stmt, for what it was last
 * @types: record type to its SQL
 * @trouble: last result code that speaks of the file rather than of a statement; 0: none
 */
typedef struct {
  sqlite3 *handle;
  GHashTable *statements;
  GHashTable *by_address;
  GHashTable *types;
  int trouble;
} BelfryDatabase;

BelfryDatabase *belfry_database_open (const char *path, BelfryDatabaseRole role, GError **error);
void belfry_database_close (BelfryDatabase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryDatabase, belfry_database_close)

/* FALSE with @error from the connection's last result; @what: what was being done */
gboolean belfry_database_fail (BelfryDatabase *self, const char *what, GError **error);
/* Statements that take no values and give no rows, one or several. */
gboolean belfry_database_execute (BelfryDatabase *self, const char *sql, GError **error);
/* Cached, reset and unbound; belongs to the connection. */
sqlite3_stmt *belfry_database_prepare (BelfryDatabase *self, const char *sql, GError **error);
gboolean
belfry_database_step (BelfryDatabase *self, sqlite3_stmt *statement, gboolean *row, GError **error);
/* Prepares, binds the integers, runs to the end; @changed: (out) (optional) rows it touched */
gboolean belfry_database_run (BelfryDatabase *self,
                              const char *sql,
                              const gint64 *values,
                              guint n_values,
                              gint64 *changed,
                              GError **error);
/* First column of the first row as integer; @fallback without a row or for NULL */
gboolean belfry_database_ask (
    BelfryDatabase *self, const char *sql, gint64 fallback, gint64 *answer, GError **error);
/* No statement stands open any more, so that a transaction can really end. */
void belfry_database_settle (BelfryDatabase *self);
void belfry_database_bind_integer (sqlite3_stmt *statement, int index, gint64 value);
void belfry_database_bind_text (sqlite3_stmt *statement, int index, const char *text);

/* records */
const char *belfry_database_columns (BelfryDatabase *self, const BelfryRecordType *type);
gboolean belfry_database_insert (BelfryDatabase *self, gconstpointer record, GError **error);
gboolean belfry_database_update (BelfryDatabase *self, gconstpointer record, GError **error);
/* NULL with NOT_FOUND where there is none */
gpointer belfry_database_find (BelfryDatabase *self,
                               const BelfryRecordType *type,
                               gint64 id,
                               GError **error);
void belfry_database_known_free (gpointer data);
/* What @statement (bound) gives; its columns are @fields, which end in NULL; NULL: those of
 * belfry_database_columns (). */
GPtrArray *belfry_database_read_all (BelfryDatabase *self,
                                     const BelfryRecordType *type,
                                     const BelfryField *const *fields,
                                     sqlite3_stmt *statement,
                                     GError **error);
