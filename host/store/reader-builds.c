/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known about a build only from others: the one before, what is new in it, who is
 * responsible. The rules are those that Buildbot's users know; a build of the same request (a
 * retry) is never the one before when changes are counted.
 */
#include "store/store-private.h"

#include <string.h>

#define RETRY       "5"
#define MAX_CHANGES "1000"

#define PREVIOUS                                                                                   \
  "SELECT %s FROM builds WHERE builderid = ?1 AND number < ?2 AND results IS NOT " RETRY           \
  " %s ORDER BY number DESC LIMIT 1"
#define SAME_BRANCH "AND branch IS ?3"
/* the build before with a stamp of this codebase, and of which stamp it was */
#define PREVIOUS_STAMP                                                                             \
  "SELECT s.ssid FROM builds AS b JOIN buildsets AS t ON t.bsid = b.bsid"                          \
  " JOIN json_each (t.ssids) AS j JOIN source_stamps AS s ON s.ssid = j.value"                     \
  " WHERE b.builderid = ?1 AND b.number < ?2 AND b.results IS NOT " RETRY                          \
  " AND b.buildrequestid IS NOT ?3 AND s.codebase = ?4 ORDER BY b.number DESC LIMIT 1"
#define CHANGE_OF_STAMP "SELECT max(changeid) FROM changes WHERE ssid = ?1"
#define CHANGES_BETWEEN                                                                            \
  "SELECT %s FROM changes WHERE changeid > ?1 AND changeid <= ?2"                                  \
  " AND codebase = ?3 AND repository = ?4 AND branch IS ?5 ORDER BY changeid LIMIT " MAX_CHANGES

gpointer
belfry_store_reader_previous_build (BelfryReader *reader,
                                    BelfryBuild *build,
                                    gboolean same_branch,
                                    GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  const BelfryRecordType *type = belfry_build_get_type ();
  g_autofree char *sql = g_strdup_printf (PREVIOUS, belfry_database_columns (self->database, type),
                                          same_branch ? SAME_BRANCH : "");
  sqlite3_stmt *statement = belfry_database_prepare (self->database, sql, error);
  g_autoptr (GPtrArray) builds = NULL;

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, build->builderid);
  sqlite3_bind_int64 (statement, 2, build->number);
  if (same_branch)
    belfry_database_bind_text (statement, 3, build->branch);
  builds = belfry_database_read_all (self->database, type, NULL, statement, error);
  if (builds == NULL || builds->len == 0)
    return NULL;
  return belfry_record_ref (g_ptr_array_index (builds, 0));
}

static gboolean
ask_number (BelfryStoreReader *self, sqlite3_stmt *statement, gint64 *number, GError **error)
{
  gboolean row = FALSE;

  if (!belfry_database_step (self->database, statement, &row, error))
    return FALSE;
  *number = row && sqlite3_column_type (statement, 0) != SQLITE_NULL
                ? sqlite3_column_int64 (statement, 0)
                : BELFRY_NONE;
  sqlite3_reset (statement);
  return TRUE;
}

/* The change that a stamp came from; NONE: no change. */
static gboolean
find_change (BelfryStoreReader *self, gint64 ssid, gint64 *changeid, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self->database, CHANGE_OF_STAMP, error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, ssid);
  return ask_number (self, statement, changeid, error);
}

/* The change of the build before; NONE: there is no such build, or it came from no change. */
static gboolean
find_change_before (BelfryStoreReader *self,
                    const BelfryBuild *build,
                    const char *codebase,
                    gint64 *changeid,
                    GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self->database, PREVIOUS_STAMP, error);
  gint64 ssid = BELFRY_NONE;

  *changeid = BELFRY_NONE;
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, build->builderid);
  sqlite3_bind_int64 (statement, 2, build->number);
  belfry_database_bind_integer (statement, 3, build->buildrequestid);
  belfry_database_bind_text (statement, 4, codebase != NULL ? codebase : "");
  if (!ask_number (self, statement, &ssid, error))
    return FALSE;
  return ssid == BELFRY_NONE || find_change (self, ssid, changeid, error);
}

static GPtrArray *
list_between (BelfryStoreReader *self,
              const BelfrySourceStamp *stamp,
              gint64 after,
              gint64 last,
              GError **error)
{
  const BelfryRecordType *type = belfry_change_get_type ();
  g_autofree char *sql =
      g_strdup_printf (CHANGES_BETWEEN, belfry_database_columns (self->database, type));
  sqlite3_stmt *statement = belfry_database_prepare (self->database, sql, error);

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, after);
  sqlite3_bind_int64 (statement, 2, last);
  belfry_database_bind_text (statement, 3, stamp->codebase != NULL ? stamp->codebase : "");
  belfry_database_bind_text (statement, 4, stamp->repository != NULL ? stamp->repository : "");
  belfry_database_bind_text (statement, 5, stamp->branch);
  return belfry_database_read_all (self->database, type, NULL, statement, error);
}

/* Full records, so that each has its stamp. */
static gboolean
add_changes (BelfryStoreReader *self, GPtrArray *changes, GPtrArray *found, GError **error)
{
  for (guint i = 0; i < found->len; i++) {
    gint64 id = belfry_record_get_id (g_ptr_array_index (found, i));
    gpointer change = belfry_reader_find (&self->reader, belfry_change_get_type (), id, error);

    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
  }
  return TRUE;
}

static gboolean
add_changes_of_stamp (BelfryStoreReader *self,
                      const BelfryBuild *build,
                      const BelfrySourceStamp *stamp,
                      GPtrArray *changes,
                      GError **error)
{
  gint64 last = BELFRY_NONE;
  gint64 before = BELFRY_NONE;
  g_autoptr (GPtrArray) found = NULL;

  if (!find_change (self, stamp->ssid, &last, error) ||
      !find_change_before (self, build, stamp->codebase, &before, error))
    return FALSE;
  if (last == BELFRY_NONE || before == last)
    return TRUE;
  /* the first build, and one of something older than the build before: only that change */
  if (before == BELFRY_NONE || before > last)
    before = last - 1;
  found = list_between (self, stamp, before, last, error);
  return found != NULL && add_changes (self, changes, found, error);
}

/* (transfer full) (nullable): without @error the build belongs to no set */
static BelfryBuildset *
find_set (BelfryReader *reader, const BelfryBuild *build, GError **error)
{
  if (build->bsid == BELFRY_NONE || build->bsid == 0)
    return NULL;
  return belfry_reader_find_buildset (reader, build->bsid, error);
}

GPtrArray *
belfry_store_reader_build_changes (BelfryReader *reader, BelfryBuild *build, GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryBuildset) set = find_set (reader, build, &local);

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  for (guint i = 0; set != NULL && i < set->sourcestamps->len; i++)
    if (!add_changes_of_stamp (self, build, g_ptr_array_index (set->sourcestamps, i), changes,
                               error))
      return NULL;
  return g_steal_pointer (&changes);
}

static void
add_person (GHashTable *people, const char *name)
{
  if (name != NULL && *name != '\0')
    g_hash_table_add (people, g_strdup (name));
}

/* A text, or a list of texts. */
static void
add_people_of_property (GHashTable *people, const BelfryBuild *build, const char *property)
{
  JsonNode *value = belfry_properties_get_value (build->properties, property);
  JsonArray *list = NULL;

  add_person (people, belfry_properties_get_text (build->properties, property));
  if (value != NULL && JSON_NODE_HOLDS_ARRAY (value))
    list = json_node_get_array (value);
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    JsonNode *item = json_array_get_element (list, i);

    if (json_node_get_value_type (item) == G_TYPE_STRING)
      add_person (people, json_node_get_string (item));
  }
}

static int
compare_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static char **
sort_people (GHashTable *people)
{
  guint n_people = 0;
  g_autofree char **names = (char **)g_hash_table_get_keys_as_array (people, &n_people);

  qsort (names, n_people, sizeof (char *), compare_text);
  return g_strdupv (names);
}

char **
belfry_store_reader_responsible_users (BelfryReader *reader, BelfryBuild *build, GError **error)
{
  g_autoptr (GHashTable) people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) changes = belfry_store_reader_build_changes (reader, build, error);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryBuildset) set = NULL;

  if (changes == NULL)
    return NULL;
  set = find_set (reader, build, &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  for (guint i = 0; i < changes->len; i++)
    add_person (people, ((BelfryChange *)g_ptr_array_index (changes, i))->author);
  for (guint i = 0; set != NULL && i < set->sourcestamps->len; i++) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (set->sourcestamps, i);

    if (stamp->patch != NULL)
      add_person (people, stamp->patch->author);
  }
  add_people_of_property (people, build, "owner");
  add_people_of_property (people, build, "owners");
  return sort_people (people);
}
