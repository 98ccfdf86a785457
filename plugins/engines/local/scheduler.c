/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes to sets: each change is classified by all schedulers in one transaction that also says
 * that it was taken, so that it is classified once, whatever happens. Recorded changes lie under
 * `timer/SCHEDULER/KEY`, those of a tree-stable timer with the wall-clock time at which they are
 * due.
 */
#include "local.h"

/** Sighting: one change while schedulers look at it */
typedef struct {
  BelfryChange *change;
  const char *normalized; /* its repository, as repositories are compared */
} Sighting;

static char *
dup_timer_key (const LocalSchedulerState *state, const LocalTimer *timer)
{
  return g_strdup_printf ("timer/%s/%s", state->name, timer->key);
}

void
local_timer_store (Local *self,
                   BelfryTransaction *transaction,
                   const LocalSchedulerState *state,
                   const LocalTimer *timer)
{
  g_autofree char *key = dup_timer_key (state, timer);
  g_autoptr (JsonNode) node =
      local_timer_to_json (timer, g_get_monotonic_time (), belfry_clock_now_us ());

  (void)self;
  belfry_transaction_put (transaction, key, node);
}

/* The timer is freed. */
void
local_timer_drop (BelfryTransaction *transaction,
                  LocalSchedulerState *state,
                  const LocalTimer *timer)
{
  g_autofree char *key = dup_timer_key (state, timer);

  belfry_transaction_delete (transaction, key);
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
  local_timer_store (self, transaction, state, timer);
}

static gboolean
sees_changes (const LocalScheduler *scheduler)
{
  return scheduler->kind == LOCAL_SCHEDULER_ANY_BRANCH ||
         scheduler->kind == LOCAL_SCHEDULER_SINGLE_BRANCH || local_is_timed (scheduler);
}

/* Why a scheduler leaves a change alone; (nullable): it does not. (transfer full) */
static char *
find_refusal (Local *self, const LocalScheduler *scheduler, const Sighting *sighting)
{
  const LocalSchedulerState *state = NULL;
  const BelfryChange *change = sighting->change;
  char *key = NULL;

  if (!sees_changes (scheduler))
    return g_strdup ("it sees no changes");
  if (!local_scheduler_may_know (scheduler, change, sighting->normalized) ||
      local_codebase_of (scheduler->codebases, change, sighting->normalized) == NULL)
    return g_strdup ("the change is of no codebase of its builders");
  state = local_scheduler_state (self, scheduler);
  if (!state->enabled)
    return g_strdup ("it is disabled");
  if (change->changeid <= state->since)
    return g_strdup ("the change came before its first start");
  if (scheduler->filter != NULL && !local_filter_matches (scheduler->filter, change, &key)) {
    char *text = g_strdup_printf ("its filter %s does not match", key);

    g_free (key);
    return text;
  }
  return NULL;
}

/* Timed ones keep changes only for what asks for them. */
gboolean
local_scheduler_records (const LocalScheduler *scheduler)
{
  if (local_is_timed (scheduler))
    return scheduler->keys->only_if_changed || scheduler->keys->absolute;
  return scheduler->keys->tree_stable_timer > 0;
}

static void
store_seen (Local *self, BelfryTransaction *transaction, const LocalScheduler *scheduler)
{
  const LocalSchedulerState *state = local_scheduler_state (self, scheduler);

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
          const Sighting *sighting)
{
  g_autofree char *refusal = find_refusal (self, scheduler, sighting);
  gboolean important = FALSE;

  if (refusal != NULL)
    return;
  important = local_change_is_important (scheduler->keys, sighting->change);
  if (!important && scheduler->keys->only_important)
    return;
  if (scheduler->keys->absolute) {
    local_see (local_scheduler_state (self, scheduler), scheduler, sighting->change);
    store_seen (self, transaction, scheduler);
  }
  if (local_scheduler_records (scheduler))
    record (self, transaction, scheduler, sighting->change, important);
  else if (important && !local_is_timed (scheduler))
    fire_change (self, transaction, scheduler, sighting->change);
}

void
local_change_added (gpointer data, BelfryChange *change)
{
  Local *self = data;
  BelfryTransaction *transaction = NULL;
  g_autofree char *normalized = NULL;
  Sighting sighting = { change, NULL };

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

static const char *
explain (const LocalScheduler *scheduler, gboolean important)
{
  if (local_is_timed (scheduler) && !local_scheduler_records (scheduler))
    return "its moments come whatever changes";
  if (local_is_timed (scheduler))
    return important ? "important: built at its next moment" : "unimportant: waits with others";
  if (scheduler->keys->tree_stable_timer > 0)
    return important ? "important: starts its timer" : "unimportant: waits with others";
  return important ? "builds it" : "unimportant: ignored";
}

JsonObject *
local_explain_change (gpointer data, BelfryChange *change)
{
  Local *self = data;
  JsonObject *object = json_object_new ();
  g_autofree char *normalized = belfry_repository_normalize (change->repository);
  const Sighting sighting = { change, normalized };

  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    g_autofree char *refusal = find_refusal (self, scheduler, &sighting);

    json_object_set_string_member (
        object, scheduler->name,
        refusal != NULL ? refusal
                        : explain (scheduler, local_change_is_important (scheduler->keys, change)));
  }
  return object;
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
find_next_due (Local *self)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < self->config->schedulers->len; i++) {
    LocalSchedulerState *state =
        local_scheduler_state (self, g_ptr_array_index (self->config->schedulers, i));
    GHashTableIter iter;
    gpointer timer = NULL;

    g_hash_table_iter_init (&iter, state->timers);
    while (state->enabled && g_hash_table_iter_next (&iter, NULL, &timer)) {
      if (((LocalTimer *)timer)->due != BELFRY_NONE)
        next = MIN (next, ((LocalTimer *)timer)->due);
    }
  }
  return next;
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
