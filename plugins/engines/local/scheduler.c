/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes to sets: each change is classified by all schedulers in one transaction that also says
 * that it was taken, so that it is classified once, whatever happens. Each recorded change lies
 * under `timer/CHANGE/SCHEDULER/KEY`, that of a tree-stable timer with the wall-clock time at which
 * it is due; they are deleted with what they cause. The change comes first, so that what a hundred
 * schedulers record of it lies together on disk.
 */
#include "consider.h"

static char *
dup_record_key (const LocalSchedulerState *state, const LocalTimer *timer, guint index)
{
  gint64 id = belfry_record_get_id (g_ptr_array_index (timer->changes, index));

  return g_strdup_printf ("timer/%" G_GINT64_FORMAT "/%s/%s", id, state->name, timer->key);
}

static void
store_last (BelfryTransaction *transaction,
            const LocalSchedulerState *state,
            const LocalTimer *timer,
            gboolean important)
{
  g_autofree char *key = dup_record_key (state, timer, timer->changes->len - 1);
  g_autoptr (JsonNode) node =
      local_timer_describe_last (timer, important, g_get_monotonic_time (), belfry_clock_now_us ());

  belfry_transaction_put (transaction, key, node);
}

void
local_timer_forget (BelfryTransaction *transaction,
                    const LocalSchedulerState *state,
                    const LocalTimer *timer)
{
  for (guint i = 0; i < timer->changes->len; i++) {
    g_autofree char *key = dup_record_key (state, timer, i);

    belfry_transaction_delete (transaction, key);
  }
}

/* The timer is freed. */
void
local_timer_drop (BelfryTransaction *transaction,
                  LocalSchedulerState *state,
                  const LocalTimer *timer)
{
  local_timer_forget (transaction, state, timer);
  g_hash_table_remove (state->timers, timer->key);
}

static void
record (Local *self,
        BelfryTransaction *transaction,
        const LocalScheduler *scheduler,
        BelfryChange *change,
        gboolean important)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  g_autofree char *key = local_timer_key (change, scheduler->kind == LOCAL_SCHEDULER_ANY_BRANCH);
  LocalTimer *timer = g_hash_table_lookup (state->timers, key);

  if (timer == NULL) {
    timer = local_timer_new (key);
    g_hash_table_insert (state->timers, timer->key, timer);
  }
  if (local_is_timed (scheduler))
    local_timer_note (timer, change, important);
  else
    local_timer_add (timer, change, important, g_get_monotonic_time (),
                     scheduler->keys->tree_stable_timer);
  store_last (transaction, state, timer, important);
}

/* The newest of each codebase, whether or not it is built. */
static void
see (Local *self,
     BelfryTransaction *transaction,
     const LocalScheduler *scheduler,
     const BelfryChange *change)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);

  local_see (state, scheduler, change);
  local_scheduler_store (self, transaction, state);
}

static void
fire_change (Local *self,
             BelfryTransaction *transaction,
             const LocalScheduler *scheduler,
             BelfryChange *change)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  const LocalFiring firing = { .scheduler = scheduler, .changes = changes };

  g_ptr_array_add (changes, belfry_record_ref (change));
  local_fire (self, transaction, &firing);
}

static void
classify (Local *self,
          BelfryTransaction *transaction,
          const LocalScheduler *scheduler,
          const LocalSighting *sighting)
{
  LocalVerdict verdict = local_scheduler_consider (self, scheduler, sighting, NULL);

  if (verdict >= LOCAL_VERDICT_SEEN && scheduler->keys->absolute)
    see (self, transaction, scheduler, sighting->change);
  switch (verdict) {
  case LOCAL_VERDICT_REFUSED:
  case LOCAL_VERDICT_UNIMPORTANT:
  case LOCAL_VERDICT_SEEN:
    break;
  case LOCAL_VERDICT_WAITS:
  case LOCAL_VERDICT_TIMED:
    record (self, transaction, scheduler, sighting->change, verdict == LOCAL_VERDICT_TIMED);
    break;
  case LOCAL_VERDICT_BUILDS:
    fire_change (self, transaction, scheduler, sighting->change);
    break;
  }
}

void
local_change_added (gpointer data, BelfryChange *change)
{
  Local *self = data;
  BelfryTransaction *transaction = NULL;
  g_autofree char *normalized = NULL;
  LocalSighting sighting = { change, NULL };

  /* what is not taken comes again after the next start */
  if (self->stopping || !self->recovered)
    return;
  self->last_change = MAX (self->last_change, change->changeid);
  normalized = belfry_repository_normalize (change->repository);
  sighting.normalized = normalized;
  transaction = belfry_engine_begin (self->instance);
  for (guint i = 0; i < self->config->schedulers->len; i++)
    classify (self, transaction, g_ptr_array_index (self->config->schedulers, i), &sighting);
  belfry_transaction_took_change (transaction, change->changeid);
  belfry_engine_submit (self->instance, transaction);
  local_schedulers_arm (self);
}

/* timers */

static GPtrArray *
list_due (LocalSchedulerState *state, gint64 now)
{
  GPtrArray *due = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer timer = NULL;

  g_hash_table_iter_init (&iter, state->timers);
  while (g_hash_table_iter_next (&iter, NULL, &timer)) {
    if (local_timer_is_due (timer, now))
      g_ptr_array_add (due, timer);
  }
  return due;
}

static void
fire_due (Local *self, const LocalScheduler *scheduler, LocalSchedulerState *state, gint64 now)
{
  g_autoptr (GPtrArray) due = list_due (state, now);

  for (guint i = 0; i < due->len; i++) {
    LocalTimer *timer = g_ptr_array_index (due, i);
    const LocalFiring firing = { .scheduler = scheduler, .changes = timer->changes };
    BelfryTransaction *transaction = belfry_engine_begin (self->instance);

    local_fire (self, transaction, &firing);
    local_timer_drop (transaction, state, timer);
    belfry_engine_submit (self->instance, transaction);
  }
}

static gboolean
on_timer (gpointer data)
{
  Local *self = data;

  self->timer_id = 0;
  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    LocalSchedulerState *state = local_scheduler_state (self, scheduler);

    if (state->enabled)
      fire_due (self, scheduler, state, g_get_monotonic_time ());
  }
  local_schedulers_arm (self);
  return G_SOURCE_REMOVE;
}

static gint64
find_due (const LocalSchedulerState *state)
{
  gint64 next = G_MAXINT64;
  GHashTableIter iter;
  gpointer timer = NULL;

  g_hash_table_iter_init (&iter, state->timers);
  while (state->enabled && g_hash_table_iter_next (&iter, NULL, &timer)) {
    if (((LocalTimer *)timer)->due != BELFRY_NONE)
      next = MIN (next, ((LocalTimer *)timer)->due);
  }
  return next;
}

static gint64
find_next_due (Local *self)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < self->config->schedulers->len; i++)
    next = MIN (next, find_due (local_scheduler_state (
                          self, g_ptr_array_index (self->config->schedulers, i))));
  return next;
}

/* When it fires unless something comes between, µs since 1970; BELFRY_NONE: nobody knows */
gint64
local_scheduler_next (Local *self, const LocalScheduler *scheduler)
{
  const LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  gint64 due = find_due (state);

  if (!state->enabled)
    return BELFRY_NONE;
  if (local_is_timed (scheduler))
    return state->next_run;
  return due != G_MAXINT64 ? belfry_clock_now_us () + (due - g_get_monotonic_time ()) : BELFRY_NONE;
}

/* One source for the earliest of all timers: an idle engine wakes for nothing else. */
void
local_schedulers_arm (Local *self)
{
  gint64 next = find_next_due (self);
  gint64 wait_ms = 0;

  local_timed_arm (self);
  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (next == G_MAXINT64 || self->stopping)
    return;
  wait_ms = CLAMP ((next - g_get_monotonic_time () + 999) / 1000, 0, G_MAXINT);
  self->timer_id = g_timeout_add ((guint)wait_ms, on_timer, self);
}
