/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of ids: one mutex, one row of a table for each kind. */
#include "store/ids.h"

#define LIST_COUNTERS "SELECT name, next FROM counters"
#define SET_COUNTER                                                                                \
  "INSERT INTO counters (name, next) VALUES (?1, ?2) "                                             \
  "ON CONFLICT (name) DO UPDATE SET next = excluded.next"
#define RESERVE 1000

typedef struct {
  const char *table;
  gint64 reserve; /* 0: written exactly */
  gint64 next;
  gint64 written; /* first id that the store does not know as given */
  gint64 pending; /* what the open transaction writes; 0: nothing */
} Counter;

/* tables whose ids the main loop gives out are reserved ahead */
static const Counter kinds[] = {
  { .table = "buildsets", .reserve = RESERVE }, { .table = "requests", .reserve = RESERVE },
  { .table = "builds", .reserve = RESERVE },    { .table = "steps", .reserve = RESERVE },
  { .table = "logs", .reserve = RESERVE },      { .table = "source_stamps", .reserve = RESERVE },
  { .table = "patches", .reserve = RESERVE },   { .table = "tests", .reserve = RESERVE },
  { .table = "artifacts", .reserve = RESERVE }, { .table = "builders", .reserve = 0 },
  { .table = "workers", .reserve = 0 },         { .table = "schedulers", .reserve = 0 },
  { .table = "changes", .reserve = 0 },         { .table = "builder_events", .reserve = 0 },
  { .table = "events", .reserve = 0 },          { .table = "deliveries", .reserve = 0 },
  { .table = "reports", .reserve = 0 },         { .table = "audit", .reserve = 0 },
  { .table = "users", .reserve = 0 },
};

struct _BelfryIds {
  GMutex lock;
  Counter counters[G_N_ELEMENTS (kinds)];
};

BelfryIds *
belfry_ids_new (void)
{
  BelfryIds *self = g_new0 (BelfryIds, 1);

  g_mutex_init (&self->lock);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    self->counters[i] = kinds[i];
    self->counters[i].next = 1;
    self->counters[i].written = 1;
  }
  return self;
}

void
belfry_ids_free (BelfryIds *self)
{
  if (self == NULL)
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Counter *
find_known (BelfryIds *self, const char *table)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (self->counters[i].table, table))
      return &self->counters[i];
  return NULL;
}

static Counter *
find_counter (BelfryIds *self, const char *table)
{
  Counter *counter = find_known (self, table);

  g_assert_nonnull (counter);
  return counter;
}

gboolean
belfry_ids_load (BelfryIds *self, BelfryDatabase *database, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (database, LIST_COUNTERS, error);
  gboolean row = statement != NULL;

  while (row) {
    Counter *counter = NULL;

    if (!belfry_database_step (database, statement, &row, error))
      return FALSE;
    if (row)
      counter = find_known (self, (const char *)sqlite3_column_text (statement, 0));
    if (counter != NULL)
      counter->next = counter->written = sqlite3_column_int64 (statement, 1);
  }
  return statement != NULL;
}

gint64
belfry_ids_next (BelfryIds *self, const char *table)
{
  Counter *counter = find_counter (self, table);
  gint64 id = 0;

  g_mutex_lock (&self->lock);
  id = counter->next++;
  g_mutex_unlock (&self->lock);
  return id;
}

void
belfry_ids_saw (BelfryIds *self, const char *table, gint64 id)
{
  Counter *counter = find_counter (self, table);

  g_mutex_lock (&self->lock);
  counter->next = MAX (counter->next, id + 1);
  g_mutex_unlock (&self->lock);
}

/* What to write down for a counter; 0: what is there will do. */
static gint64
counter_due (const Counter *counter, gboolean exact)
{
  if (exact || counter->reserve == 0)
    return counter->next != counter->written ? counter->next : 0;
  if (counter->next + counter->reserve / 2 <= counter->written)
    return 0;
  return counter->next + counter->reserve;
}

gboolean
belfry_ids_store (BelfryIds *self, BelfryDatabase *database, gboolean exact, GError **error)
{
  gboolean stored = TRUE;

  for (guint i = 0; stored && i < G_N_ELEMENTS (kinds); i++) {
    Counter *counter = &self->counters[i];
    sqlite3_stmt *statement = NULL;

    g_mutex_lock (&self->lock);
    counter->pending = counter_due (counter, exact);
    g_mutex_unlock (&self->lock);
    if (counter->pending == 0)
      continue;
    statement = belfry_database_prepare (database, SET_COUNTER, error);
    if (statement == NULL)
      return FALSE;
    belfry_database_bind_text (statement, 1, counter->table);
    sqlite3_bind_int64 (statement, 2, counter->pending);
    stored = belfry_database_step (database, statement, NULL, error);
  }
  return stored;
}

void
belfry_ids_stored (BelfryIds *self, gboolean committed)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    Counter *counter = &self->counters[i];

    if (committed && counter->pending != 0)
      counter->written = counter->pending;
    counter->pending = 0;
  }
}
