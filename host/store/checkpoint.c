/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A commit waits for the log only; copying pages into the file, and flushing that, would make every
 * hundredth commit wait for both. So a thread with a connection of its own copies while commits go
 * on. It never catches up with a steady stream of them, and the log begins anew only when all of it
 * is copied: from a bound on, the writer copies the little that is left itself.
 */
#include "store/checkpoint.h"

#define BEGIN_PAGES 3000
#define STEP_PAGES  1000
#define BOUND_PAGES 6000

struct _BelfryCheckpointer {
  BelfryDatabase *database;
  GThread *thread;

  GMutex lock; /* of what follows */
  GCond cond;
  int pages;  /* in the log, as the last commit left it */
  int copied; /* how many there were when copying began last */
  gboolean stopping;
};

/* A page that many commits change is copied once a step. */
static gboolean
is_due (const BelfryCheckpointer *self)
{
  return self->pages >= BEGIN_PAGES && self->pages >= self->copied + STEP_PAGES;
}

/* the writer's thread, after each commit */
static int
on_committed (void *data, sqlite3 *handle, const char *name, int pages)
{
  BelfryCheckpointer *self = data;

  g_mutex_lock (&self->lock);
  if (pages < self->pages)
    self->copied = 0;
  self->pages = pages;
  if (is_due (self))
    g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  /* what fails here is tried again after the next commit */
  if (pages >= BOUND_PAGES)
    sqlite3_wal_checkpoint_v2 (handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  return SQLITE_OK;
}

static gboolean
wait_for_pages (BelfryCheckpointer *self)
{
  gboolean going = FALSE;

  g_mutex_lock (&self->lock);
  while (!self->stopping && !is_due (self))
    g_cond_wait (&self->cond, &self->lock);
  self->copied = self->pages;
  going = !self->stopping;
  g_mutex_unlock (&self->lock);
  return going;
}

static gpointer
run (gpointer data)
{
  BelfryCheckpointer *self = data;

  while (wait_for_pages (self))
    sqlite3_wal_checkpoint_v2 (self->database->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  return NULL;
}

BelfryCheckpointer *
belfry_checkpointer_new (const char *path, BelfryDatabase *writer, GError **error)
{
  BelfryDatabase *database = belfry_database_open (path, BELFRY_DATABASE_RECORDS, error);
  BelfryCheckpointer *self = NULL;

  if (database == NULL)
    return NULL;
  self = g_new0 (BelfryCheckpointer, 1);
  self->database = database;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  sqlite3_wal_hook (writer->handle, on_committed, self);
  self->thread = g_thread_new ("belfry-copier", run, self);
  return self;
}

void
belfry_checkpointer_stop (BelfryCheckpointer *self)
{
  if (self == NULL || self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

void
belfry_checkpointer_free (BelfryCheckpointer *self)
{
  if (self == NULL)
    return;
  belfry_checkpointer_stop (self);
  belfry_database_close (self->database);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}
