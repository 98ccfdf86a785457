/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks of the configuration (§7 of the engine's page): their sections, whether each use can ever
 * be granted, and circles. What holds one lock while it waits for another is a build for its steps,
 * and a step for the builds that it triggers and waits for: a circle among these edges could wait
 * for ever. Uses with substitutions are known only when they are rendered.
 */
#include "config.h"
#include "locks.h"
#include <string.h>

void
local_lock_free (LocalLock *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

LocalLock *
local_config_find_lock (const LocalConfig *self, const char *name)
{
  for (guint i = 0; i < self->locks->len; i++) {
    LocalLock *lock = g_ptr_array_index (self->locks, i);

    if (g_strcmp0 (lock->name, name) == 0)
      return lock;
  }
  return NULL;
}

static void
check_lock (const LocalConfig *config, const LocalLock *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;
  const BelfryMap *counts = self->keys->counts;

  if (!belfry_text_is_identifier (self->name, 50))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "'%s' is no name for a lock: letters, digits, '_', '-', '.'", self->name);
  if (counts != NULL && self->keys->scope != LOCAL_SCOPE_WORKER)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "max-count-for",
                         "goes with scope=worker only");
  for (guint i = 0; counts != NULL && i < belfry_map_get_count (counts); i++) {
    const gint64 *count = belfry_map_get_value (counts, i);

    if (local_config_find_worker (config, belfry_map_get_name (counts, i)) == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "max-count-for",
                           "there is no worker '%s'", belfry_map_get_name (counts, i));
    if (*count < 1)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "max-count-for",
                           "must be at least 1");
  }
}

void
local_config_make_locks (LocalConfig *self,
                         const LocalConfigSource *source,
                         BelfryProblems *problems)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();

  for (guint i = 0; source->locks != NULL && i < source->locks->len; i++) {
    const BelfryOwnedSection *owned = g_ptr_array_index (source->locks, i);
    LocalLock *lock = g_new0 (LocalLock, 1);

    lock->name = g_strdup (owned->name);
    lock->section =
        local_section_new (owned->source, local_lock_options, sizeof (LocalLockKeys), ignored);
    lock->keys = lock->section->keys;
    g_ptr_array_add (self->locks, lock);
    check_lock (self, lock, problems);
  }
}

/* uses */

static gint64
find_least (const LocalLock *lock)
{
  gint64 least = lock->keys->max_count;

  for (guint i = 0; lock->keys->counts != NULL && i < belfry_map_get_count (lock->keys->counts);
       i++)
    least = MIN (least, *(const gint64 *)belfry_map_get_value (lock->keys->counts, i));
  return least;
}

static void
report_missing (const LocalConfig *config,
                const BelfrySection *section,
                const char *name,
                BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest = NULL;

  for (guint i = 0; i < config->locks->len; i++)
    g_ptr_array_add (names, ((LocalLock *)g_ptr_array_index (config->locks, i))->name);
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "locks",
                       "there is no lock '%s'%s%s%s", name,
                       nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "'?" : "");
}

/* (nullable): it has substitutions, or is wrong and reported */
static LocalLockUse *
read_use (const LocalConfig *config,
          const BelfrySection *section,
          const char *text,
          BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalLockUse) use = NULL;
  const LocalLock *lock = NULL;

  if (strchr (text, '%') != NULL)
    return NULL;
  use = local_lock_use_parse (text, &error);
  if (use == NULL) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "locks", "%s", error->message);
    return NULL;
  }
  lock = local_config_find_lock (config, use->name);
  if (lock == NULL) {
    report_missing (config, section, use->name, problems);
    return NULL;
  }
  if (use->exclusive || use->units <= find_least (lock))
    return g_steal_pointer (&use);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "locks",
                       "'%s' needs %" G_GINT64_FORMAT " units, lock '%s' has %" G_GINT64_FORMAT,
                       text, use->units, lock->name, find_least (lock));
  return NULL;
}

/* (element-type utf8): names of the locks, none twice */
static GPtrArray *
read_uses (const LocalConfig *config,
           const BelfrySection *section,
           char **items,
           BelfryProblems *problems)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; items != NULL && items[i] != NULL; i++) {
    g_autoptr (LocalLockUse) use = read_use (config, section, items[i], problems);

    if (use == NULL)
      continue;
    if (g_ptr_array_find_with_equal_func (names, use->name, g_str_equal, NULL))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "locks",
                           "lock '%s' is named twice", use->name);
    else
      g_ptr_array_add (names, g_steal_pointer (&use->name));
  }
  return names;
}

/* circles */

static void
add_edges (GHashTable *edges, GPtrArray *from, GPtrArray *to)
{
  for (guint i = 0; i < from->len; i++) {
    const char *name = g_ptr_array_index (from, i);
    GHashTable *targets = g_hash_table_lookup (edges, name);

    if (targets == NULL) {
      targets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (edges, g_strdup (name), targets);
    }
    for (guint j = 0; j < to->len; j++)
      g_hash_table_add (targets, g_strdup (g_ptr_array_index (to, j)));
  }
}

static gboolean
leads_to (GHashTable *edges, const char *from, const char *to, GHashTable *seen)
{
  GHashTable *targets = g_hash_table_lookup (edges, from);
  GHashTableIter iter;
  gpointer target = NULL;

  if (targets == NULL || !g_hash_table_add (seen, g_strdup (from)))
    return FALSE;
  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, &target, NULL)) {
    if (g_str_equal (target, to) || leads_to (edges, target, to, seen))
      return TRUE;
  }
  return FALSE;
}

static void
report_circles (const LocalConfig *self, GHashTable *edges, BelfryProblems *problems)
{
  for (guint i = 0; i < self->locks->len; i++) {
    const LocalLock *lock = g_ptr_array_index (self->locks, i);
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    if (leads_to (edges, lock->name, lock->name, seen))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, lock->section->source, NULL,
                           "builds that hold lock '%s' may wait for each other: a circle",
                           lock->name);
  }
}

static void
check_twice (const LocalBuilder *builder,
             GPtrArray *own,
             const LocalStep *step,
             GPtrArray *of_step,
             BelfryProblems *problems)
{
  for (guint i = 0; i < of_step->len; i++) {
    if (g_ptr_array_find_with_equal_func (own, g_ptr_array_index (of_step, i), g_str_equal, NULL))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, step->section->source, "locks",
                           "builder '%s' holds lock '%s' already", builder->name,
                           (char *)g_ptr_array_index (of_step, i));
  }
}

/* What a build of @builder may hold before its steps begin. */
static GPtrArray *
list_held (const LocalConfig *self, const LocalBuilder *builder)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  GPtrArray *held = read_uses (self, builder->section->source, builder->keys->locks, ignored);

  for (guint i = 0; i < builder->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (builder->workers, i);
    g_autoptr (GPtrArray) more = NULL;

    if (worker->keys == NULL || worker->keys->locks == NULL)
      continue;
    more = read_uses (self, worker->section->source, worker->keys->locks, ignored);
    for (guint j = 0; j < more->len; j++)
      g_ptr_array_add (held, g_strdup (g_ptr_array_index (more, j)));
  }
  return held;
}

/* What the builds need that a step waits for. */
static void
add_trigger_edges (const LocalConfig *self,
                   GHashTable *edges,
                   const LocalStep *step,
                   GPtrArray *held,
                   GPtrArray *of_step)
{
  for (guint i = 0; step->kind == LOCAL_STEP_TRIGGER && step->keys->wait_for_finish &&
                    step->keys->schedulers != NULL && step->keys->schedulers[i] != NULL;
       i++) {
    const LocalScheduler *scheduler = local_config_find_scheduler (self, step->keys->schedulers[i]);

    for (guint j = 0; scheduler != NULL && j < scheduler->builders->len; j++) {
      g_autoptr (GPtrArray) needed = list_held (self, g_ptr_array_index (scheduler->builders, j));

      add_edges (edges, held, needed);
      add_edges (edges, of_step, needed);
    }
  }
}

static void
check_builder (const LocalConfig *self,
               LocalBuilder *builder,
               GHashTable *edges,
               BelfryProblems *problems)
{
  g_autoptr (GPtrArray) own =
      read_uses (self, builder->section->source, builder->keys->locks, problems);
  g_autoptr (GPtrArray) held = list_held (self, builder);

  for (guint i = 0; builder->keys->locks != NULL && builder->keys->locks[i] != NULL; i++)
    builder->renders_locks =
        builder->renders_locks || strchr (builder->keys->locks[i], '%') != NULL;
  for (guint i = 0; i < builder->steps->len; i++) {
    const LocalStep *step = g_ptr_array_index (builder->steps, i);
    g_autoptr (GPtrArray) of_step =
        read_uses (self, step->section->source, step->keys->locks, problems);

    check_twice (builder, own, step, of_step, problems);
    add_edges (edges, held, of_step);
    add_trigger_edges (self, edges, step, held, of_step);
  }
}

/* Called when builders, workers and schedulers are there. */
void
local_config_check_locks (LocalConfig *self, BelfryProblems *problems)
{
  g_autoptr (GHashTable) edges =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);

  for (guint i = 0; i < self->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (self->workers, i);

    if (worker->keys != NULL)
      g_ptr_array_unref (read_uses (self, worker->section->source, worker->keys->locks, problems));
  }
  for (guint i = 0; i < self->builders->len; i++)
    check_builder (self, g_ptr_array_index (self->builders, i), edges, problems);
  report_circles (self, edges, problems);
}
