/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Migrations: files `ROOM-NNN-words.sql`, applied room by room and in the order of their names,
 * each in a transaction of its own that also records its name and SHA-256; an interrupted set goes
 * on where it stopped. A recorded name without a file is the work of a newer program, a changed
 * digest that of somebody's hands: both are refused before anything is written.
 */
#include "store/migrate.h"

#include "places/places.h"

#include <string.h>

#define CREATE_MIGRATIONS                                                                          \
  "CREATE TABLE IF NOT EXISTS migrations ("                                                        \
  " name TEXT PRIMARY KEY, digest TEXT NOT NULL, version TEXT NOT NULL, applied_at INTEGER NOT "   \
  "NULL"                                                                                           \
  ") WITHOUT ROWID"
#define LIST_APPLIED "SELECT name, digest, version FROM migrations ORDER BY name"
#define ADD_APPLIED                                                                                \
  "INSERT INTO migrations (name, digest, version, applied_at) VALUES (?1, ?2, ?3, ?4)"
#define COPY_TO "VACUUM INTO ?1"

typedef struct {
  char *name;
  char *sql;
  char *digest;
} Migration;

static void
migration_free (gpointer data)
{
  Migration *self = data;

  g_free (self->name);
  g_free (self->sql);
  g_free (self->digest);
  g_free (self);
}

char *
belfry_migrate_dup_folder (void)
{
  return g_build_filename (belfry_places_get_data (), "schema", NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(Migration *const *)a)->name, (*(Migration *const *)b)->name);
}

static Migration *
load_file (const char *folder, const char *file, GError **error)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  Migration *migration = NULL;
  g_autofree char *sql = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &sql, &length, error))
    return NULL;
  migration = g_new0 (Migration, 1);
  migration->name = g_strndup (file, strlen (file) - strlen (".sql"));
  migration->digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *)sql, length);
  migration->sql = g_steal_pointer (&sql);
  return migration;
}

static gboolean
load_room (const char *folder, const char *room, GPtrArray *migrations, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autofree char *prefix = g_strconcat (room, "-", NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  const char *file = NULL;

  if (dir == NULL)
    return FALSE;
  while ((file = g_dir_read_name (dir)) != NULL) {
    Migration *migration = NULL;

    if (!g_str_has_prefix (file, prefix) || !g_str_has_suffix (file, ".sql"))
      continue;
    migration = load_file (folder, file, error);
    if (migration == NULL)
      return FALSE;
    g_ptr_array_add (migrations, migration);
    g_ptr_array_add (found, migration);
  }
  /* the room's own, in the order of their names, behind those of the rooms before */
  g_ptr_array_sort (found, compare_names);
  for (guint i = 0; i < found->len; i++)
    migrations->pdata[migrations->len - found->len + i] = found->pdata[i];
  if (found->len > 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "looking for the schema in '%s': no file '%s-….sql'", folder, room);
  return FALSE;
}

static GPtrArray *
load_all (const char *const *rooms, GError **error)
{
  g_autofree char *folder = belfry_migrate_dup_folder ();
  g_autoptr (GPtrArray) migrations = g_ptr_array_new_with_free_func (migration_free);

  for (guint i = 0; rooms[i] != NULL; i++)
    if (!load_room (folder, rooms[i], migrations, error))
      return NULL;
  return g_steal_pointer (&migrations);
}

static const Migration *
find_by_name (GPtrArray *migrations, const char *name)
{
  for (guint i = 0; i < migrations->len; i++) {
    const Migration *migration = g_ptr_array_index (migrations, i);

    if (g_str_equal (migration->name, name))
      return migration;
  }
  return NULL;
}

static gboolean
check_applied (GPtrArray *migrations, sqlite3_stmt *row, GHashTable *applied, GError **error)
{
  const char *name = (const char *)sqlite3_column_text (row, 0);
  const char *digest = (const char *)sqlite3_column_text (row, 1);
  const char *version = (const char *)sqlite3_column_text (row, 2);
  const Migration *migration = find_by_name (migrations, name);

  if (migration == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "the database is newer than this program: '%s' was applied by version %s, this is "
                 "version " BELFRY_VERSION,
                 name, version);
    return FALSE;
  }
  if (g_strcmp0 (migration->digest, digest) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "the file of migration '%s' is not the one that version %s applied", name,
                 version);
    return FALSE;
  }
  g_hash_table_add (applied, (gpointer)migration);
  return TRUE;
}

static gboolean
list_applied (BelfryDatabase *database, GPtrArray *migrations, GHashTable *applied, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (database, LIST_APPLIED, error);
  gboolean row = statement != NULL;

  while (row) {
    if (!belfry_database_step (database, statement, &row, error))
      return FALSE;
    if (row && !check_applied (migrations, statement, applied, error)) {
      sqlite3_reset (statement);
      return FALSE;
    }
  }
  return statement != NULL;
}

static gboolean
record_migration (BelfryDatabase *database, const Migration *migration, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (database, ADD_APPLIED, error);

  if (statement == NULL)
    return FALSE;
  belfry_database_bind_text (statement, 1, migration->name);
  belfry_database_bind_text (statement, 2, migration->digest);
  belfry_database_bind_text (statement, 3, BELFRY_VERSION);
  sqlite3_bind_int64 (statement, 4, belfry_clock_now_us ());
  return belfry_database_step (database, statement, NULL, error);
}

static gboolean
apply (BelfryDatabase *database, const Migration *migration, GError **error)
{
  if (!belfry_database_execute (database, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (belfry_database_execute (database, migration->sql, error) &&
      record_migration (database, migration, error) &&
      belfry_database_execute (database, "COMMIT", error))
    return TRUE;
  belfry_database_execute (database, "ROLLBACK", NULL);
  g_prefix_error (error, "applying migration '%s': ", migration->name);
  return FALSE;
}

/* A copy is kept of a database that has something and is about to be changed. */
static gboolean
keep_copy (BelfryDatabase *database, const char *copy_path, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (database, COPY_TO, error);

  if (statement == NULL)
    return FALSE;
  belfry_database_bind_text (statement, 1, copy_path);
  if (!belfry_database_step (database, statement, NULL, error)) {
    g_prefix_error (error, "copying the database to '%s' before changing it: ", copy_path);
    return FALSE;
  }
  g_message ("kept a copy of the database in '%s' before upgrading it", copy_path);
  return TRUE;
}

gboolean
belfry_migrate (BelfryDatabase *database,
                const char *const *rooms,
                const char *copy_path,
                GError **error)
{
  g_autoptr (GPtrArray) migrations = load_all (rooms, error);
  g_autoptr (GHashTable) applied = g_hash_table_new (NULL, NULL);

  if (migrations == NULL || !belfry_database_execute (database, CREATE_MIGRATIONS, error) ||
      !list_applied (database, migrations, applied, error))
    return FALSE;
  if (g_hash_table_size (applied) > 0 && g_hash_table_size (applied) < migrations->len &&
      copy_path != NULL && !keep_copy (database, copy_path, error))
    return FALSE;
  for (guint i = 0; i < migrations->len; i++) {
    const Migration *migration = g_ptr_array_index (migrations, i);

    if (!g_hash_table_contains (applied, migration) && !apply (database, migration, error))
      return FALSE;
  }
  return TRUE;
}
