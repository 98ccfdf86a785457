/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the main loop must know without asking sqlite: ids of builders and workers by name, the next
 * number of each builder, the highest event. A name that is new is written before anything that
 * uses its id, since writes keep their order.
 */
#include "store/store-private.h"

#define ADD_BUILDER                                                                                \
  "INSERT INTO builders (builderid, name, masterids, tags, next_number, engine, configured)"       \
  " VALUES (?1, ?2, '[]', '[]', 0, '', 0) ON CONFLICT DO NOTHING"
#define ADD_WORKER                                                                                 \
  "INSERT INTO workers"                                                                            \
  " (workerid, name, connected_to, configured_on, workerinfo, paused, graceful, engine, slots)"    \
  " VALUES (?1, ?2, '[]', '[]', '{}', 0, 0, '', 0) ON CONFLICT DO NOTHING"

typedef struct {
  gint64 id;
  gint64 next_number;
  gint64 last_event;
  char *name;
} Named;

struct _BelfryNames {
  GHashTable *builders;       /* name to Named (owned) */
  GHashTable *builders_by_id; /* id to Named (borrowed) */
  GHashTable *workers;        /* name to Named (owned) */
  gint64 last_event;
};

static void
named_free (gpointer data)
{
  Named *self = data;

  g_free (self->name);
  g_free (self);
}

BelfryNames *
belfry_names_new (void)
{
  BelfryNames *self = g_new0 (BelfryNames, 1);

  self->builders = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, named_free);
  self->builders_by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->workers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, named_free);
  return self;
}

void
belfry_names_free (BelfryNames *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->builders_by_id);
  g_hash_table_unref (self->builders);
  g_hash_table_unref (self->workers);
  g_free (self);
}

static Named *
add_name (GHashTable *table, gint64 id, const char *name)
{
  Named *named = g_new0 (Named, 1);

  named->id = id;
  named->name = g_strdup (name);
  g_hash_table_replace (table, named->name, named);
  return named;
}

static void
load_builder (BelfryNames *self, sqlite3_stmt *row)
{
  Named *named = add_name (self->builders, sqlite3_column_int64 (row, 0),
                           (const char *)sqlite3_column_text (row, 1));

  named->next_number = sqlite3_column_int64 (row, 2);
  g_hash_table_insert (self->builders_by_id, &named->id, named);
}

static void
load_worker (BelfryNames *self, sqlite3_stmt *row)
{
  add_name (self->workers, sqlite3_column_int64 (row, 0),
            (const char *)sqlite3_column_text (row, 1));
}

static void
load_last_event (BelfryNames *self, sqlite3_stmt *row)
{
  gint64 builderid = sqlite3_column_int64 (row, 0);
  gint64 eventid = sqlite3_column_int64 (row, 1);
  Named *named = g_hash_table_lookup (self->builders_by_id, &builderid);

  if (named != NULL)
    named->last_event = eventid;
  self->last_event = MAX (self->last_event, eventid);
}

typedef struct {
  const char *sql;
  void (*load) (BelfryNames *self, sqlite3_stmt *row);
} Loading;

static const Loading loadings[] = {
  { "SELECT builderid, name, next_number FROM builders", load_builder },
  { "SELECT workerid, name FROM workers", load_worker },
  { "SELECT builderid, max(eventid) FROM events GROUP BY builderid", load_last_event },
  /* also when retention has removed them all */
  { "SELECT NULL, next - 1 FROM counters WHERE name = 'events'", load_last_event },
};

gboolean
belfry_names_load (BelfryNames *self, BelfryDatabase *database, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (loadings); i++) {
    sqlite3_stmt *statement = belfry_database_prepare (database, loadings[i].sql, error);
    gboolean row = statement != NULL;

    while (row) {
      if (!belfry_database_step (database, statement, &row, error))
        return FALSE;
      if (row)
        loadings[i].load (self, statement);
    }
    if (statement == NULL)
      return FALSE;
  }
  return TRUE;
}

void
belfry_names_saw_event (BelfryNames *self, const BelfryEvent *event)
{
  Named *named = g_hash_table_lookup (self->builders_by_id, &event->builderid);

  self->last_event = MAX (self->last_event, event->eventid);
  if (named != NULL)
    named->last_event = MAX (named->last_event, event->eventid);
}

typedef struct {
  const char *sql;
  gint64 id;
  char *name;
} NewName;

static void
new_name_free (gpointer data)
{
  NewName *self = data;

  g_free (self->name);
  g_free (self);
}

static gboolean
store_name (BelfryWriter *writer, gpointer data, GError **error)
{
  const NewName *new = data;
  sqlite3_stmt *statement = belfry_writer_prepare (writer, new->sql, error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, new->id);
  belfry_database_bind_text (statement, 2, new->name);
  return belfry_writer_step (writer, statement, NULL, error);
}

static Named *
find_or_add (BelfryStore *store, GHashTable *table, const char *id_table, const char *name)
{
  Named *named = g_hash_table_lookup (table, name);
  NewName *new = NULL;

  if (named != NULL)
    return named;
  named = add_name (table, belfry_ids_next (store->ids, id_table), name);
  new = g_new0 (NewName, 1);
  new->sql = table == store->names->builders ? ADD_BUILDER : ADD_WORKER;
  new->id = named->id;
  new->name = g_strdup (name);
  belfry_store_write (store, store_name, new, new_name_free);
  return named;
}

gint64
belfry_store_builder_id (BelfryStore *self, const char *name)
{
  Named *named = NULL;

  g_return_val_if_fail (name != NULL, 0);

  named = find_or_add (self, self->names->builders, "builders", name);
  g_hash_table_insert (self->names->builders_by_id, &named->id, named);
  return named->id;
}

gint64
belfry_store_worker_id (BelfryStore *self, const char *name)
{
  g_return_val_if_fail (name != NULL, 0);

  return find_or_add (self, self->names->workers, "workers", name)->id;
}

gint64
belfry_store_next_build_number (BelfryStore *self, gint64 builderid)
{
  Named *named = g_hash_table_lookup (self->names->builders_by_id, &builderid);

  g_return_val_if_fail (named != NULL, 0);

  return named->next_number++;
}

const char *
belfry_store_builder_name (BelfryStore *self, gint64 builderid)
{
  Named *named = g_hash_table_lookup (self->names->builders_by_id, &builderid);

  return named != NULL ? named->name : NULL;
}

gint64
belfry_store_last_event_id (BelfryStore *self, gint64 builderid)
{
  Named *named = NULL;

  if (builderid == BELFRY_NONE)
    return self->names->last_event;
  named = g_hash_table_lookup (self->names->builders_by_id, &builderid);
  return named != NULL ? named->last_event : 0;
}
