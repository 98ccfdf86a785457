/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks as builds and steps use them: `locks=` rendered and bound to its worker, and the steps that
 * wait. What waits for a build's locks is its request, see round.c.
 */
#include "local.h"
#include <string.h>

/* With scope=worker each worker has one of its own. */
static void
bind_worker (const LocalConfig *config, const LocalWorker *worker, LocalLockUse *use)
{
  const LocalLock *lock = local_config_find_lock (config, use->name);
  char *name = NULL;

  if (lock == NULL || lock->keys->scope != LOCAL_SCOPE_WORKER)
    return;
  name = g_strdup_printf ("%s@%s", use->name, worker->name);
  g_free (use->name);
  use->name = name;
}

static gboolean
add_use (const LocalContext *context, const char *text, GPtrArray *uses, GError **error)
{
  g_autoptr (LocalLockUse) use = local_lock_use_parse (text, error);

  if (use == NULL)
    return FALSE;
  if (local_config_find_lock (context->config, use->name) == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no lock '%s'", use->name);
    return FALSE;
  }
  bind_worker (context->config, context->worker, use);
  g_ptr_array_add (uses, g_steal_pointer (&use));
  return TRUE;
}

static gboolean
add_uses (const LocalContext *context, char **items, GPtrArray *uses, GError **error)
{
  for (guint i = 0; items != NULL && items[i] != NULL; i++) {
    g_autoptr (BelfryRendered) rendered = NULL;
    g_autofree char *text = NULL;

    if (strchr (items[i], '%') == NULL) {
      if (!add_use (context, items[i], uses, error))
        return FALSE;
      continue;
    }
    rendered = belfry_rendered_new (items[i], error);
    text = rendered != NULL ? local_context_render (context, rendered, error) : NULL;
    if (text == NULL || (*text != '\0' && !add_use (context, text, uses, error)))
      return FALSE;
  }
  return TRUE;
}

static void
free_use (gpointer use)
{
  local_lock_use_free (use);
}

static GPtrArray *
list_uses (const LocalContext *context, char **first, char **second, GError **error)
{
  g_autoptr (GPtrArray) uses = g_ptr_array_new_with_free_func (free_use);

  if (!add_uses (context, first, uses, error) || !add_uses (context, second, uses, error)) {
    g_prefix_error (error, "locks: ");
    return NULL;
  }
  return g_steal_pointer (&uses);
}

/* What a build of that builder holds on that worker. (element-type LocalLockUse) */
GPtrArray *
local_lock_uses_of_build (const LocalContext *context, GError **error)
{
  const LocalWorkerKeys *worker = context->worker->keys;

  return list_uses (context, worker != NULL ? worker->locks : NULL, context->builder->keys->locks,
                    error);
}

static void
set_count (Local *self, const LocalLock *lock, const char *worker)
{
  const gint64 *own = lock->keys->counts != NULL && worker != NULL
                          ? belfry_map_lookup (lock->keys->counts, worker)
                          : NULL;
  g_autofree char *name =
      worker != NULL ? g_strdup_printf ("%s@%s", lock->name, worker) : g_strdup (lock->name);

  local_locks_set_count (self->locks, name, own != NULL ? *own : lock->keys->max_count);
}

/* Tells how much there is of each lock; what is held stays held. */
void
local_locks_configure (Local *self)
{
  for (guint i = 0; i < self->config->locks->len; i++) {
    const LocalLock *lock = g_ptr_array_index (self->config->locks, i);

    set_count (self, lock, NULL);
    for (guint j = 0; j < self->config->workers->len; j++)
      set_count (self, lock, ((LocalWorker *)g_ptr_array_index (self->config->workers, j))->name);
  }
}

/* steps */

static gboolean
try_to_take (LocalRun *run, const char **blocking)
{
  Local *self = run->build->local;

  if (!local_locks_take (self->locks, run, run->lock_uses, run->locks_since, blocking))
    return FALSE;
  g_clear_pointer (&run->lock_uses, g_ptr_array_unref);
  return TRUE;
}

/* Calls @go_on when the step has its locks: at once, or later. */
void
local_run_take_locks (LocalRun *run, void (*go_on) (LocalRun *run))
{
  LocalBuild *build = run->build;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const char *blocking = NULL;

  if (run->step->keys->locks == NULL) {
    go_on (run);
    return;
  }
  run->lock_uses = list_uses (&run->context, run->step->keys->locks, NULL, &error);
  if (run->lock_uses == NULL) {
    local_run_fail (run, error);
    return;
  }
  run->locks_since = local_locks_make_place (build->local->locks);
  run->on_locks = go_on;
  if (try_to_take (run, &blocking)) {
    go_on (run);
    return;
  }
  text = g_strdup_printf ("waiting for lock %s", blocking);
  belfry_record_set_text (&run->record->state_string, text);
  belfry_transaction_update_step (local_build_say (build), run->record);
  local_build_flush (build);
}

/* A stop while it waits; FALSE: it does not. */
gboolean
local_run_stop_waiting (LocalRun *run)
{
  LocalLog *log = NULL;

  if (run->lock_uses == NULL)
    return FALSE;
  local_locks_withdraw (run->build->local->locks, run);
  g_clear_pointer (&run->lock_uses, g_ptr_array_unref);
  log = local_log_new (run, "cancelled while waiting for locks");
  local_log_header (log, "%s",
                    run->build->cause_text != NULL && *run->build->cause_text != '\0'
                        ? run->build->cause_text
                        : "stopped");
  local_log_close (log);
  local_log_free (log);
  local_round_soon (run->build->local);
  return TRUE;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  gint64 one = (*(LocalRun *const *)a)->locks_since;
  gint64 two = (*(LocalRun *const *)b)->locks_since;

  return (one > two) - (one < two);
}

static GPtrArray *
list_waiting (Local *self)
{
  GPtrArray *runs = g_ptr_array_new ();

  for (guint i = 0; i < self->builds->len; i++) {
    LocalRun *run = ((LocalBuild *)g_ptr_array_index (self->builds, i))->run;

    if (run != NULL && run->lock_uses != NULL)
      g_ptr_array_add (runs, run);
  }
  g_ptr_array_sort (runs, compare_places);
  return runs;
}

/* All are decided before the first goes on: it may end at once, and others with it. */
void
local_runs_take_locks (Local *self)
{
  g_autoptr (GPtrArray) runs = list_waiting (self);
  g_autoptr (GPtrArray) granted = g_ptr_array_new ();

  for (guint i = 0; i < runs->len; i++) {
    if (try_to_take (g_ptr_array_index (runs, i), NULL))
      g_ptr_array_add (granted, g_ptr_array_index (runs, i));
  }
  for (guint i = 0; i < granted->len; i++) {
    LocalRun *run = g_ptr_array_index (granted, i);

    belfry_record_set_text (&run->record->state_string, "running");
    belfry_transaction_update_step (local_build_say (run->build), run->record);
    run->on_locks (run);
  }
}
