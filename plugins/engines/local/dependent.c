/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows a set: dependent schedulers (§9.5 of the engine's page) and steps that wait for it.
 * The sets that a dependent scheduler waits for lie under `upstream/SCHEDULER/BSID`, written with
 * the set and deleted with what its end causes, so that no end is missed or counted twice.
 */
#include "local.h"

static char *
dup_key (const LocalScheduler *scheduler, gint64 bsid)
{
  return g_strdup_printf ("upstream/%s/%" G_GINT64_FORMAT, scheduler->name, bsid);
}

/* A set that a scheduler has made: forced and rebuilt ones do not count. */
void
local_dependents_remember (Local *self, BelfryTransaction *transaction, const LocalSet *set)
{
  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    LocalSchedulerState *state = NULL;
    g_autofree char *key = NULL;
    g_autoptr (JsonNode) node = NULL;

    if (scheduler->upstream == NULL ||
        g_strcmp0 (scheduler->upstream->name, set->record->scheduler) != 0)
      continue;
    state = local_scheduler_state (self, scheduler);
    if (!state->enabled)
      continue;
    key = dup_key (scheduler, set->record->bsid);
    node = belfry_json_new_integer (set->record->bsid);
    g_hash_table_add (state->upstreams, g_memdup2 (&set->record->bsid, sizeof (gint64)));
    belfry_transaction_put (transaction, key, node);
  }
}

static void
follow (Local *self,
        BelfryTransaction *transaction,
        const LocalScheduler *scheduler,
        const LocalSet *set)
{
  const LocalFiring firing = { .scheduler = scheduler,
                               .changes = set->changes,
                               .stamps = set->record->sourcestamps,
                               .from_fork = local_is_from_fork (set->record->properties) };

  local_fire (self, transaction, &firing);
}

/* @result: of the set, which is complete */
void
local_dependent_ended (Local *self,
                       BelfryTransaction *transaction,
                       const LocalScheduler *scheduler,
                       const LocalSet *set,
                       gint64 result)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);
  g_autofree char *key = NULL;

  if (!g_hash_table_remove (state->upstreams, &set->record->bsid))
    return;
  key = dup_key (scheduler, set->record->bsid);
  belfry_transaction_delete (transaction, key);
  if (state->enabled && (result == BELFRY_RESULT_SUCCESS || result == BELFRY_RESULT_WARNINGS))
    follow (self, transaction, scheduler, set);
}

/* Its last request is complete, in @transaction. */
void
local_set_completed (Local *self, BelfryTransaction *transaction, LocalSet *set)
{
  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);

    if (scheduler->upstream != NULL)
      local_dependent_ended (self, transaction, scheduler, set, set->worst);
  }
  if (set->waiter != NULL)
    local_trigger_set_ended (set->waiter);
}
