/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Schedulers that fire by the clock (§9.6 to §9.8 of the engine's page). What is stored is the
 * planned time of the last run, in the transaction of what it caused: the rhythm does not drift,
 * nothing runs twice, and what was missed is known. Changes between runs are recorded in one timer
 * that never runs by itself.
 */
#include "alarm.h"
#include "cron.h"
#include "local.h"

#define CHANGES_KEY "all"
#define LATE        G_TIME_SPAN_MINUTE /* later than this is missed */

gboolean
local_is_timed (const LocalScheduler *scheduler)
{
  return scheduler->kind == LOCAL_SCHEDULER_PERIODIC || scheduler->kind == LOCAL_SCHEDULER_NIGHTLY;
}

/* When it is due after @last; a periodic one that never ran is due at once. */
static gint64
find_next (const LocalScheduler *scheduler, gint64 last, gint64 now)
{
  if (scheduler->kind == LOCAL_SCHEDULER_NIGHTLY)
    return local_cron_next (scheduler->cron, scheduler->zone, last != BELFRY_NONE ? last : now);
  return last != BELFRY_NONE ? last + scheduler->keys->interval : now;
}

/* The last of its moments that is not after @now, @due being one of them. */
static gint64
find_latest (const LocalScheduler *scheduler, gint64 due, gint64 now)
{
  gint64 latest = BELFRY_NONE;

  if (scheduler->kind == LOCAL_SCHEDULER_PERIODIC)
    return due + (now - due) / scheduler->keys->interval * scheduler->keys->interval;
  latest = local_cron_last (scheduler->cron, scheduler->zone, due, now);
  return latest != BELFRY_NONE ? latest : due;
}

static gboolean
is_forced (const LocalScheduler *scheduler, gint64 last, gint64 planned)
{
  gint64 moment = BELFRY_NONE;

  if (scheduler->forced == NULL)
    return FALSE;
  moment = local_cron_next (scheduler->forced, scheduler->zone,
                            last != BELFRY_NONE ? last : planned - G_TIME_SPAN_MINUTE);
  return moment != BELFRY_NONE && moment <= planned;
}

/* The first run after only-if-changed was switched on builds anyway. */
static gboolean
is_to_build (const LocalScheduler *scheduler,
             const LocalSchedulerState *state,
             const LocalTimer *recorded,
             gint64 planned)
{
  return !scheduler->keys->only_if_changed || !state->has_run ||
         (recorded != NULL && recorded->important) ||
         is_forced (scheduler, state->last_run, planned);
}

/* Returns: (transfer full) (element-type LocalSet): empty: nothing was built */
static GPtrArray *
run (Local *self, BelfryTransaction *transaction, const LocalScheduler *scheduler, gint64 planned)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  LocalTimer *recorded = g_hash_table_lookup (state->timers, CHANGES_KEY);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new_with_free_func (belfry_record_unref);
  GPtrArray *sets = g_ptr_array_new_with_free_func ((GDestroyNotify)local_set_unref);
  const LocalFiring firing = { .scheduler = scheduler,
                               .changes = recorded != NULL ? recorded->changes : nothing,
                               .everything = TRUE,
                               .due = planned,
                               .sets = sets };

  if (!is_to_build (scheduler, state, recorded, planned))
    return sets;
  local_fire (self, transaction, &firing);
  if (recorded != NULL)
    local_timer_drop (transaction, state, recorded);
  state->has_run = scheduler->keys->only_if_changed;
  return sets;
}

static void
run_due (Local *self, const LocalScheduler *scheduler, gint64 due, gint64 now)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);
  gint64 planned = find_latest (scheduler, due, now);
  gboolean missed = now - planned >= LATE;

  if (!missed || scheduler->keys->missed == LOCAL_MISSED_RUN)
    g_ptr_array_unref (run (self, transaction, scheduler, planned));
  state->last_run = planned;
  state->next_run = find_next (scheduler, planned, now);
  local_scheduler_store (self, transaction, state);
  belfry_engine_submit (self->instance, transaction);
}

static void
on_alarm (gpointer data)
{
  Local *self = data;
  gint64 now = belfry_clock_now_us ();

  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    LocalSchedulerState *state = local_scheduler_state (self, scheduler);

    if (local_is_timed (scheduler) && state->enabled && state->next_run != BELFRY_NONE &&
        state->next_run <= now)
      run_due (self, scheduler, state->next_run, now);
  }
  local_timed_arm (self);
}

/* Sets the alarm for the earliest of all. */
void
local_timed_arm (Local *self)
{
  gint64 next = BELFRY_NONE;

  for (guint i = 0; i < self->config->schedulers->len && !self->stopping; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    const LocalSchedulerState *state =
        local_is_timed (scheduler) ? local_scheduler_state (self, scheduler) : NULL;

    if (state != NULL && state->enabled && state->next_run != BELFRY_NONE)
      next = next == BELFRY_NONE ? state->next_run : MIN (next, state->next_run);
  }
  if (self->alarm == NULL && next != BELFRY_NONE)
    self->alarm = local_alarm_new (on_alarm, self);
  if (self->alarm != NULL)
    local_alarm_set (self->alarm, next);
}

/* At a start and after a reload: what its moments are now. @leave_out: what was missed is left out
 * whatever the key says, since it was switched off meanwhile. */
void
local_timed_begin (Local *self, const LocalScheduler *scheduler, gboolean leave_out)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  gint64 now = belfry_clock_now_us ();

  if (!local_is_timed (scheduler))
    return;
  /* a nightly one counts from its first start */
  if (state->last_run == BELFRY_NONE && scheduler->kind == LOCAL_SCHEDULER_NIGHTLY)
    state->last_run = now;
  if (!scheduler->keys->only_if_changed)
    state->has_run = FALSE;
  state->next_run = find_next (scheduler, state->last_run, now);
  if (state->next_run == BELFRY_NONE || now - state->next_run < LATE ||
      (!leave_out && scheduler->keys->missed == LOCAL_MISSED_RUN))
    return;
  state->last_run = find_latest (scheduler, state->next_run, now);
  state->next_run = find_next (scheduler, state->last_run, now);
}

/* As if it were due; the rhythm stays. (transfer full) (element-type LocalSet): empty: nothing has
 * changed */
GPtrArray *
local_timed_run_now (Local *self, BelfryTransaction *transaction, const LocalScheduler *scheduler)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  GPtrArray *sets = run (self, transaction, scheduler, belfry_clock_now_us ());

  local_scheduler_store (self, transaction, state);
  return sets;
}
