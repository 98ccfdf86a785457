/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections: pragmas, statements, result codes. What a code means for a caller is said in one
 * table: trouble with the file passes (RETRY), a constraint means that somebody was first
 * (CONFLICT), the rest is a fault.
 */
#include "store/database.h"

#include <string.h>

/* of texts made on the way; what stands in the program is some hundred */
#define MAX_ADDRESSES 1000

static const char *const role_pragmas[] = {
  [BELFRY_DATABASE_RECORDS] = "PRAGMA auto_vacuum = INCREMENTAL;"
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = OFF;"
                              "PRAGMA temp_store = MEMORY;",
  [BELFRY_DATABASE_LOGS] = "PRAGMA auto_vacuum = INCREMENTAL;"
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = NORMAL;"
                           "PRAGMA foreign_keys = OFF;"
                           "PRAGMA temp_store = MEMORY;",
  [BELFRY_DATABASE_READER] = "PRAGMA query_only = ON;"
                             "PRAGMA foreign_keys = OFF;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA mmap_size = 268435456;",
  [BELFRY_DATABASE_FILE] = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;",
  [BELFRY_DATABASE_SOURCE] = "PRAGMA temp_store = MEMORY;",
  [BELFRY_DATABASE_COPY] = "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;",
};

static const int role_flags[] = {
  [BELFRY_DATABASE_RECORDS] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
  [BELFRY_DATABASE_LOGS] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
  [BELFRY_DATABASE_READER] = SQLITE_OPEN_READWRITE,
  [BELFRY_DATABASE_FILE] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
  [BELFRY_DATABASE_SOURCE] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
  [BELFRY_DATABASE_COPY] = SQLITE_OPEN_READWRITE,
};

typedef struct {
  int code;
  int error;
  gboolean of_file;
} Meaning;

static const Meaning meanings[] = {
  { SQLITE_FULL, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_IOERR, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_BUSY, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_LOCKED, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_NOMEM, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_READONLY, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_CANTOPEN, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_PERM, BELFRY_ERROR_RETRY, TRUE },
  { SQLITE_CORRUPT, BELFRY_ERROR_INTERNAL, TRUE },
  { SQLITE_NOTADB, BELFRY_ERROR_INTERNAL, TRUE },
  { SQLITE_INTERRUPT, BELFRY_ERROR_RETRY, FALSE },
  { SQLITE_CONSTRAINT, BELFRY_ERROR_CONFLICT, FALSE },
  { SQLITE_TOOBIG, BELFRY_ERROR_TOO_LARGE, FALSE },
};

gboolean
belfry_database_fail (BelfryDatabase *self, const char *what, GError **error)
{
  int code = sqlite3_errcode (self->handle) & 0xff;
  int domain_code = BELFRY_ERROR_INTERNAL;

  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++) {
    if (meanings[i].code != code)
      continue;
    domain_code = meanings[i].error;
    if (meanings[i].of_file)
      self->trouble = code;
  }
  g_set_error (error, BELFRY_ERROR, domain_code, "%s: sqlite: %s", what,
               sqlite3_errmsg (self->handle));
  return FALSE;
}

static void
statement_free (gpointer data)
{
  sqlite3_finalize (data);
}

/* Statistics of sqlite's memory take a lock of the whole process for each piece of it. */
static gpointer
leave_statistics (gpointer data)
{
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  return data;
}

BelfryDatabase *
belfry_database_open (const char *path, BelfryDatabaseRole role, GError **error)
{
  g_autoptr (BelfryDatabase) self = g_new0 (BelfryDatabase, 1);
  g_autofree char *what = g_strdup_printf ("opening '%s'", path);
  static GOnce once = G_ONCE_INIT;
  int flags = role_flags[role] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

  g_once (&once, leave_statistics, NULL);
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, statement_free);
  self->by_address = g_hash_table_new (NULL, NULL);
  self->types = g_hash_table_new_full (NULL, NULL, NULL, belfry_database_known_free);
  if (sqlite3_open_v2 (path, &self->handle, flags, NULL) != SQLITE_OK) {
    belfry_database_fail (self, what, error);
    return NULL;
  }
  sqlite3_extended_result_codes (self->handle, 1);
  sqlite3_busy_timeout (self->handle, 1000);
  if (sqlite3_exec (self->handle, role_pragmas[role], NULL, NULL, NULL) != SQLITE_OK) {
    belfry_database_fail (self, what, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
belfry_database_close (BelfryDatabase *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->by_address, g_hash_table_unref);
  g_clear_pointer (&self->statements, g_hash_table_unref);
  g_clear_pointer (&self->types, g_hash_table_unref);
  sqlite3_close_v2 (self->handle);
  g_free (self);
}

gboolean
belfry_database_execute (BelfryDatabase *self, const char *sql, GError **error)
{
  if (sqlite3_exec (self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    return belfry_database_fail (self, sql, error);
  return TRUE;
}

static void
remember_address (BelfryDatabase *self, const char *sql, sqlite3_stmt *statement)
{
  if (g_hash_table_size (self->by_address) >= MAX_ADDRESSES)
    g_hash_table_remove_all (self->by_address);
  g_hash_table_insert (self->by_address, (gpointer)sql, statement);
}

/* Nearly all SQL is constant text, so that its address finds it; but the address of a text that was
 * freed may be another's by now. */
static sqlite3_stmt *
find_statement (BelfryDatabase *self, const char *sql)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->by_address, sql);

  if (statement != NULL && strcmp (sqlite3_sql (statement), sql) == 0)
    return statement;
  statement = g_hash_table_lookup (self->statements, sql);
  if (statement != NULL)
    remember_address (self, sql, statement);
  return statement;
}

sqlite3_stmt *
belfry_database_prepare (BelfryDatabase *self, const char *sql, GError **error)
{
  sqlite3_stmt *statement = find_statement (self, sql);

  if (statement != NULL) {
    sqlite3_reset (statement);
    sqlite3_clear_bindings (statement);
    return statement;
  }
  if (sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
      SQLITE_OK) {
    belfry_database_fail (self, sql, error);
    return NULL;
  }
  g_hash_table_insert (self->statements, g_strdup (sql), statement);
  remember_address (self, sql, statement);
  return statement;
}

gboolean
belfry_database_step (BelfryDatabase *self, sqlite3_stmt *statement, gboolean *row, GError **error)
{
  int code = sqlite3_step (statement);

  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    belfry_database_fail (self, sqlite3_sql (statement), error);
    sqlite3_reset (statement);
    return FALSE;
  }
  if (code == SQLITE_DONE)
    sqlite3_reset (statement);
  if (row != NULL)
    *row = code == SQLITE_ROW;
  return TRUE;
}

gboolean
belfry_database_run (BelfryDatabase *self,
                     const char *sql,
                     const gint64 *values,
                     guint n_values,
                     gint64 *changed,
                     GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self, sql, error);
  gboolean row = TRUE;

  if (statement == NULL)
    return FALSE;
  for (guint i = 0; i < n_values; i++)
    belfry_database_bind_integer (statement, (int)i + 1, values[i]);
  while (row)
    if (!belfry_database_step (self, statement, &row, error))
      return FALSE;
  if (changed != NULL)
    *changed = sqlite3_changes64 (self->handle);
  return TRUE;
}

gboolean
belfry_database_ask (
    BelfryDatabase *self, const char *sql, gint64 fallback, gint64 *answer, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self, sql, error);
  gboolean row = FALSE;

  if (statement == NULL || !belfry_database_step (self, statement, &row, error))
    return FALSE;
  *answer = fallback;
  if (row && sqlite3_column_type (statement, 0) != SQLITE_NULL)
    *answer = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

void
belfry_database_settle (BelfryDatabase *self)
{
  sqlite3_stmt *statement = NULL;

  while ((statement = sqlite3_next_stmt (self->handle, statement)) != NULL)
    if (sqlite3_stmt_busy (statement))
      sqlite3_reset (statement);
}

void
belfry_database_bind_integer (sqlite3_stmt *statement, int index, gint64 value)
{
  if (value == BELFRY_NONE)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_int64 (statement, index, value);
}

void
belfry_database_bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  if (text == NULL)
    sqlite3_bind_null (statement, index);
  else if (g_utf8_validate (text, -1, NULL))
    sqlite3_bind_text (statement, index, text, -1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text (statement, index, g_utf8_make_valid (text, -1), -1, g_free);
}
