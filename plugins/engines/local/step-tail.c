/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.NAME: files beneath the work folder that become logs of their own while the step writes them.
 * A file is looked at several times a second and opened anew each time, without following links;
 * one that was replaced or cut is read from its start; one that an earlier build left is not read
 * until it changes. What the store cannot take yet is left in the file. At the end all of them are
 * read to their ends before the step's result is told.
 */
#include "local.h"
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS     250
#define PIECE_BYTES (256 * 1024)
#define PIECES_MAX  4
#define WAITING_MAX (1024 * 1024)

typedef struct {
  const char *name;
  const char *path;
  LocalLog *log;      /* (nullable) */
  struct stat before; /* st_ino 0: there was none */
  dev_t device;
  ino_t inode;
  off_t offset;
  gboolean blocked; /* until the store has caught up */
} Tail;

struct _LocalTails {
  LocalRun *run;
  GPtrArray *list; /* (element-type Tail) */
  guint look_id;
  void (*done) (LocalRun *run); /* (nullable) while the step still runs */
};

static void
tail_free (gpointer data)
{
  Tail *self = data;

  local_log_free (self->log);
  g_free (self);
}

static void
open_log (LocalTails *self, Tail *tail)
{
  g_autofree char *name = NULL;

  if (tail->log != NULL)
    return;
  name = self->run->attempt == 0 ? g_strdup (tail->name)
                                 : g_strdup_printf ("%s-%u", tail->name, self->run->attempt + 1);
  tail->log = local_log_new (self->run, name, TRUE);
}

static gboolean
is_unchanged (const Tail *tail, const struct stat *info)
{
  return tail->inode == 0 && info->st_ino == tail->before.st_ino &&
         info->st_dev == tail->before.st_dev && info->st_size == tail->before.st_size &&
         info->st_mtim.tv_sec == tail->before.st_mtim.tv_sec &&
         info->st_mtim.tv_nsec == tail->before.st_mtim.tv_nsec;
}

/* -1: there is nothing to be read */
static int
open_file (const LocalTails *self, Tail *tail)
{
  int fd = local_open_beneath (self->run->workdir, tail->path, NULL);
  struct stat info = { 0 };

  if (fd < 0)
    return -1;
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || is_unchanged (tail, &info)) {
    close (fd);
    return -1;
  }
  if (info.st_ino != tail->inode || info.st_dev != tail->device || info.st_size < tail->offset)
    tail->offset = 0;
  tail->inode = info.st_ino;
  tail->device = info.st_dev;
  return fd;
}

/* Returns whether more is there. */
static gboolean
read_piece (LocalTails *self, Tail *tail, int fd)
{
  g_autofree char *bytes = g_malloc (PIECE_BYTES);
  ssize_t n_bytes = pread (fd, bytes, PIECE_BYTES, tail->offset);

  if (n_bytes <= 0)
    return FALSE;
  open_log (self, tail);
  tail->offset += n_bytes;
  self->run->last_output = g_get_monotonic_time ();
  tail->blocked = local_log_add (tail->log, LOCAL_STREAM_OUT, bytes, (gsize)n_bytes) > WAITING_MAX;
  return n_bytes == PIECE_BYTES && !tail->blocked && !local_log_is_over (tail->log);
}

/* Returns whether it has been read to its end. */
static gboolean
look_at (LocalTails *self, Tail *tail)
{
  gboolean more = TRUE;
  int fd = -1;

  if (tail->log != NULL && local_log_is_over (tail->log))
    return TRUE;
  if (tail->blocked)
    return FALSE;
  fd = open_file (self, tail);
  if (fd < 0)
    return TRUE;
  for (guint i = 0; i < PIECES_MAX && more; i++)
    more = read_piece (self, tail, fd);
  close (fd);
  return !more && !tail->blocked;
}

static gboolean
look_at_all (LocalTails *self)
{
  gboolean all_read = TRUE;

  for (guint i = 0; i < self->list->len; i++)
    all_read = look_at (self, g_ptr_array_index (self->list, i)) && all_read;
  return all_read;
}

static gboolean
on_look (gpointer data)
{
  LocalTails *self = data;
  void (*done) (LocalRun *) = self->done;

  if (done == NULL) {
    look_at_all (self);
    return G_SOURCE_CONTINUE;
  }
  if (!look_at_all (self) && self->run->cause == LOCAL_CAUSE_NONE)
    return G_SOURCE_CONTINUE;
  self->look_id = 0;
  self->done = NULL;
  done (self->run);
  return G_SOURCE_REMOVE;
}

static Tail *
tail_new (LocalTails *self, const char *name, const char *path)
{
  Tail *tail = g_new0 (Tail, 1);
  int fd = local_open_beneath (self->run->workdir, path, NULL);

  tail->name = name;
  tail->path = path;
  if (fd >= 0 && fstat (fd, &tail->before) != 0)
    tail->before.st_ino = 0;
  if (fd >= 0)
    close (fd);
  if (!self->run->step->keys->lazy_logs)
    open_log (self, tail);
  return tail;
}

/* For each attempt of a step once, however many processes it runs. */
void
local_tails_start (LocalRun *run)
{
  const BelfryMap *logs = run->step->keys->logs;
  LocalTails *self = NULL;

  if (run->tails != NULL || logs == NULL || belfry_map_get_count (logs) == 0)
    return;
  self = g_new0 (LocalTails, 1);
  self->run = run;
  self->list = g_ptr_array_new_with_free_func (tail_free);
  for (guint i = 0; i < belfry_map_get_count (logs); i++)
    g_ptr_array_add (
        self->list, tail_new (self, belfry_map_get_name (logs, i), belfry_map_get_value (logs, i)));
  run->tails = self;
  if (run->step->keys->log_follow)
    self->look_id = g_timeout_add (LOOK_MS, on_look, self);
}

/* @done is called when all has been read, maybe at once. */
void
local_tails_finish (LocalRun *run, void (*done) (LocalRun *run))
{
  LocalTails *self = run->tails;

  if (self == NULL || look_at_all (self)) {
    done (run);
    return;
  }
  g_clear_handle_id (&self->look_id, g_source_remove);
  self->done = done;
  self->look_id = g_timeout_add (1, on_look, self);
}

void
local_tails_clear (LocalRun *run)
{
  LocalTails *self = g_steal_pointer (&run->tails);

  if (self == NULL)
    return;
  g_clear_handle_id (&self->look_id, g_source_remove);
  for (guint i = 0; i < self->list->len; i++) {
    Tail *tail = g_ptr_array_index (self->list, i);

    if (tail->log != NULL)
      local_log_close (tail->log);
  }
  g_ptr_array_unref (self->list);
  g_free (self);
}

/* Returns whether the log is one of these. */
gboolean
local_tails_drained (LocalRun *run, gint64 logid)
{
  for (guint i = 0; run->tails != NULL && i < run->tails->list->len; i++) {
    Tail *tail = g_ptr_array_index (run->tails->list, i);

    if (tail->log == NULL || local_log_id (tail->log) != logid)
      continue;
    tail->blocked = FALSE;
    return TRUE;
  }
  return FALSE;
}
