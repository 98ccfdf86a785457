/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets of a step: resolved one after the other when it starts, told to the host to be masked,
 * given as variables or as files in the build's private folder, wiped when it has ended.
 */
#include "local.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *name;
  BelfrySecret *secret;
  gboolean as_file;
  gboolean hidden;   /* for the engine itself: no variable */
  gboolean rendered; /* for %(secret:NAME)s */
} Wanted;

typedef struct {
  LocalRun *run;
  GPtrArray *wanted; /* (element-type Wanted) */
  guint next;
  void (*done) (LocalRun *run, const GError *error);
} Fetch;

static void fetch_next (Fetch *self);

static void
wanted_free (gpointer data)
{
  Wanted *self = data;

  g_free (self->name);
  belfry_secret_unref (self->secret);
  g_free (self);
}

static void
fetch_free (Fetch *self)
{
  g_ptr_array_unref (self->wanted);
  g_free (self);
}

static void
want (GPtrArray *wanted, const char *name, BelfrySecret *secret, gboolean as_file, gboolean hidden)
{
  Wanted *item = NULL;

  if (secret == NULL)
    return;
  item = g_new0 (Wanted, 1);
  item->name = g_strdup (name);
  item->secret = belfry_secret_ref (secret);
  item->as_file = as_file;
  item->hidden = hidden;
  g_ptr_array_add (wanted, item);
}

static void
want_map (GPtrArray *wanted, const BelfryMap *map, gboolean as_file)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++)
    want (wanted, belfry_map_get_name (map, i), (BelfrySecret *)belfry_map_get_value (map, i),
          as_file, FALSE);
}

char *
local_run_write_secret (
    LocalRun *self, const char *name, const char *value, int mode, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/secret-%" G_GINT64_FORMAT "-%s",
                                           self->build->temporary, self->record->number, name);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gsize length = strlen (value);
  gboolean written =
      fd >= 0 && write (fd, value, length) == (ssize_t)length && fchmod (fd, (mode_t)mode) == 0;
  int number = errno;

  if (fd >= 0) {
    close (fd);
    g_ptr_array_add (self->secret_files, g_strdup (path));
  }
  if (written)
    return g_steal_pointer (&path);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "writing the secret file for '%s': %s",
               name, g_strerror (number));
  return NULL;
}

static gboolean
give (LocalRun *run, const Wanted *item, GError **error)
{
  const char *value = belfry_secret_get_value (item->secret);
  char *path = NULL;

  if (local_masks_add (run->build->masks, item->name, value))
    belfry_engine_register_secret (run->build->local->instance, run->build->record->buildid,
                                   item->name, value);
  else
    belfry_instance_log (run->build->local->instance, G_LOG_LEVEL_WARNING,
                         "secret '%s' is too short to be masked in logs", item->name);
  if (item->rendered)
    g_hash_table_replace (run->rendered_secrets, g_strdup (item->name), g_strdup (value));
  if (item->hidden || item->rendered)
    return TRUE;
  if (!item->as_file) {
    g_hash_table_replace (run->secrets, g_strdup (item->name), g_strdup (value));
    return TRUE;
  }
  path = local_run_write_secret (run, item->name, value, 0600, error);
  if (path == NULL)
    return FALSE;
  g_hash_table_replace (run->secrets, g_strdup (item->name), path);
  return TRUE;
}

static void
end (Fetch *self, const GError *error)
{
  LocalRun *run = self->run;
  void (*done) (LocalRun *, const GError *) = self->done;

  fetch_free (self);
  done (run, error);
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer data)
{
  Fetch *self = data;
  Wanted *item = g_ptr_array_index (self->wanted, self->next);
  g_autoptr (GError) error = NULL;

  (void)source;
  self->run->build->local->n_pending--;
  if (!belfry_secret_resolve_finish (self->run->build->local->instance, result, &error) ||
      !give (self->run, item, &error)) {
    g_prefix_error (&error, "secret '%s': ", item->name);
    end (self, error);
    return;
  }
  self->next++;
  fetch_next (self);
}

static void
fetch_next (Fetch *self)
{
  Local *local = self->run->build->local;
  const Wanted *item = NULL;

  if (self->next >= self->wanted->len || self->run->cause != LOCAL_CAUSE_NONE) {
    end (self, NULL);
    return;
  }
  item = g_ptr_array_index (self->wanted, self->next);
  local->n_pending++;
  belfry_secret_resolve_async (local->instance, item->secret, NULL, on_resolved, self);
}

/* @done is called at once where there are none. */
void
local_run_get_secrets (LocalRun *self, void (*done) (LocalRun *run, const GError *error))
{
  Fetch *fetch = g_new0 (Fetch, 1);
  const LocalBuilderKeys *builder = self->build->builder->keys;

  fetch->run = self;
  fetch->done = done;
  fetch->wanted = g_ptr_array_new_with_free_func (wanted_free);
  want_map (fetch->wanted, builder->secrets, FALSE);
  want_map (fetch->wanted, builder->secret_files, TRUE);
  want_map (fetch->wanted, self->step->keys->secrets, FALSE);
  want_map (fetch->wanted, self->step->keys->secret_files, TRUE);
  want (fetch->wanted, "ssh-key", self->step->keys->ssh_key, FALSE, TRUE);
  want (fetch->wanted, "credential", self->step->keys->credential, FALSE, TRUE);
  fetch_next (fetch);
}

/* Those that rendered values ask for. @names: (element-type utf8) */
void
local_run_get_rendered_secrets (LocalRun *self,
                                GPtrArray *names,
                                void (*done) (LocalRun *run, const GError *error))
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->run = self;
  fetch->done = done;
  fetch->wanted = g_ptr_array_new_with_free_func (wanted_free);
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *spelling = g_strconcat ("secret:", name, NULL);
    g_autoptr (BelfrySecret) secret = belfry_secret_new (spelling, NULL);

    want (fetch->wanted, name, secret, FALSE, FALSE);
    if (fetch->wanted->len > 0)
      ((Wanted *)g_ptr_array_index (fetch->wanted, fetch->wanted->len - 1))->rendered = TRUE;
  }
  fetch_next (fetch);
}

static void
wipe_file (const char *path)
{
  struct stat info = { 0 };
  int fd = open (path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0) {
    g_autofree char *zeros =
        fstat (fd, &info) == 0 ? g_malloc0 ((gsize)MAX (info.st_size, 1)) : NULL;

    if (zeros != NULL && S_ISREG (info.st_mode) && write (fd, zeros, (gsize)info.st_size) < 0)
      g_debug ("wiping '%s': %s", path, g_strerror (errno));
    close (fd);
  }
  g_unlink (path);
}

void
local_run_forget_secrets (LocalRun *self)
{
  for (guint i = 0; i < self->secret_files->len; i++)
    wipe_file (g_ptr_array_index (self->secret_files, i));
  g_ptr_array_set_size (self->secret_files, 0);
}
