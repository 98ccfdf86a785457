/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes to sets: each change is classified by all schedulers in one transaction that also says
 * that it was taken, so that it is classified once, whatever happens. Recorded changes lie under
 * `timer/SCHEDULER/KEY` with the wall-clock time at which they are due.
 */
#include "consider.h"
#include "groups.h"
#include "local.h"
#include "properties.h"

static char *
make_reason (const LocalScheduler *scheduler, const LocalContext *context)
{
  static const char *const classes[] = { "AnyBranchScheduler", "SingleBranchScheduler" };
  char *reason = NULL;

  if (scheduler->keys->reason != NULL)
    reason = local_context_render (context, scheduler->keys->reason, NULL);
  if (reason != NULL)
    return reason;
  return g_strdup_printf ("The %s scheduler named '%s' triggered this build",
                          classes[scheduler->kind], scheduler->name);
}

static BelfrySourceStamp *
stamp_from_change (const LocalCodebase *codebase, const BelfryChange *change)
{
  BelfrySourceStamp *stamp = change->sourcestamp != NULL ? belfry_record_copy (change->sourcestamp)
                                                         : belfry_source_stamp_new ();

  if (change->sourcestamp == NULL) {
    stamp->ssid = change->ssid;
    stamp->patchid = BELFRY_NONE;
    stamp->created_at = change->received_at;
    belfry_record_set_text (&stamp->branch, change->branch);
    belfry_record_set_text (&stamp->revision, change->revision);
    belfry_record_set_text (&stamp->repository, change->repository);
    belfry_record_set_text (&stamp->project, change->project);
    belfry_record_set_text (&stamp->codebase, codebase->name);
  }
  /* a builder's own codebase has no name, whatever the host calls the change's */
  if (*codebase->name == '\0' && g_strcmp0 (stamp->codebase, "") != 0) {
    belfry_record_set_text (&stamp->codebase, "");
    stamp->ssid = 0;
  }
  return stamp;
}

static BelfrySourceStamp *
stamp_from_defaults (const LocalCodebase *codebase)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();

  stamp->patchid = BELFRY_NONE;
  belfry_record_set_text (&stamp->branch, codebase->branch);
  belfry_record_set_text (&stamp->revision, codebase->revision);
  belfry_record_set_text (&stamp->repository, codebase->repository);
  belfry_record_set_text (&stamp->project, "");
  belfry_record_set_text (&stamp->codebase, codebase->name);
  return stamp;
}

/* @changes in order of id: the newest of each codebase decides. */
static GPtrArray *
make_stamps (GPtrArray *codebases, GPtrArray *changes)
{
  GPtrArray *stamps = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (codebases, i);
    const BelfryChange *newest = NULL;

    for (guint j = 0; j < changes->len; j++) {
      const BelfryChange *change = g_ptr_array_index (changes, j);

      if (local_codebase_of_change (codebases, change) == codebase)
        newest = change;
    }
    g_ptr_array_add (stamps, newest != NULL ? stamp_from_change (codebase, newest)
                                            : stamp_from_defaults (codebase));
  }
  return stamps;
}

static JsonNode *
make_owners (const char *text)
{
  JsonNode *node = belfry_json_parse (text, -1, NULL, NULL);
  g_auto (GStrv) names = NULL;
  JsonArray *list = NULL;

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return node;
  g_clear_pointer (&node, json_node_unref);
  names = belfry_split_list (text);
  list = json_array_new ();
  for (guint i = 0; names[i] != NULL; i++)
    json_array_add_string_element (list, names[i]);
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, list);
  return node;
}

static JsonNode *
make_value (const char *name, const char *text)
{
  JsonNode *node = NULL;

  if (g_str_equal (name, "owners"))
    return make_owners (text);
  node = belfry_json_parse (text, -1, NULL, NULL);
  return node != NULL ? node : belfry_json_new_text (text);
}

static BelfryProperties *
make_properties (Local *self, const LocalScheduler *scheduler, const LocalContext *context)
{
  BelfryProperties *properties = belfry_properties_new ();
  const BelfryMap *map = scheduler->keys->properties;

  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    const char *name = belfry_map_get_name (map, i);
    g_autoptr (GError) error = NULL;
    g_autofree char *text =
        local_context_render (context, (BelfryRendered *)belfry_map_get_value (map, i), &error);

    if (text == NULL)
      local_log_error (self, "rendering a scheduler's property", error);
    else if (!local_property_is_reserved (name))
      belfry_properties_set (properties, name, make_value (name, text), "Scheduler");
  }
  belfry_properties_set_text (properties, "scheduler", scheduler->name, "Scheduler");
  return properties;
}

static GPtrArray *
pick_changes (const LocalGroup *group, GPtrArray *changes)
{
  GPtrArray *picked = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);

    if (local_codebase_of_change (group->codebases, change) != NULL)
      g_ptr_array_add (picked, belfry_record_ref (change));
  }
  return picked;
}

static void
fire_group (Local *self,
            BelfryTransaction *transaction,
            const LocalScheduler *scheduler,
            const LocalGroup *group,
            GPtrArray *changes)
{
  g_autoptr (GPtrArray) stamps = make_stamps (group->codebases, changes);
  g_autoptr (BelfryProperties) none = belfry_properties_new ();
  const LocalContext context = {
    .config = self->config, .properties = none, .stamps = stamps, .changes = changes
  };
  g_autoptr (BelfryProperties) properties = make_properties (self, scheduler, &context);
  g_autofree char *reason = make_reason (scheduler, &context);
  const LocalNewSet order = { .scheduler = scheduler->name,
                              .reason = reason,
                              .stamps = stamps,
                              .changes = changes,
                              .builders = group->builders,
                              .properties = properties,
                              .priority = scheduler->keys->priority };

  local_set_unref (local_add_set (self, transaction, &order, NULL));
}

static void
fire (Local *self,
      BelfryTransaction *transaction,
      const LocalScheduler *scheduler,
      GPtrArray *changes)
{
  g_autoptr (GPtrArray) groups = local_group_builders (scheduler->builders);

  for (guint i = 0; i < groups->len; i++) {
    const LocalGroup *group = g_ptr_array_index (groups, i);
    g_autoptr (GPtrArray) picked = pick_changes (group, changes);

    if (picked->len > 0)
      fire_group (self, transaction, scheduler, group, picked);
  }
}

static char *
dup_timer_key (const LocalSchedulerState *state, const LocalTimer *timer)
{
  return g_strdup_printf ("timer/%s/%s", state->name, timer->key);
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
  g_autofree char *stored = NULL;
  g_autoptr (JsonNode) node = NULL;
  gint64 now = g_get_monotonic_time ();

  if (timer == NULL) {
    timer = local_timer_new (key);
    g_hash_table_insert (state->timers, timer->key, timer);
  }
  local_timer_add (timer, change, important, now, scheduler->keys->tree_stable_timer);
  stored = dup_timer_key (state, timer);
  node = local_timer_to_json (timer, now, belfry_clock_now_us ());
  belfry_transaction_put (transaction, stored, node);
}

static void
classify (Local *self,
          BelfryTransaction *transaction,
          const LocalScheduler *scheduler,
          BelfryChange *change)
{
  g_autoptr (GPtrArray) changes = NULL;

  switch (local_scheduler_consider (self, scheduler, change, NULL)) {
  case LOCAL_VERDICT_REFUSED:
  case LOCAL_VERDICT_UNIMPORTANT:
    break;
  case LOCAL_VERDICT_WAITS:
    record (self, transaction, scheduler, change, FALSE);
    break;
  case LOCAL_VERDICT_TIMED:
    record (self, transaction, scheduler, change, TRUE);
    break;
  case LOCAL_VERDICT_BUILDS:
    changes = g_ptr_array_new_with_free_func (belfry_record_unref);
    g_ptr_array_add (changes, belfry_record_ref (change));
    fire (self, transaction, scheduler, changes);
    break;
  }
}

void
local_change_added (gpointer data, BelfryChange *change)
{
  Local *self = data;
  BelfryTransaction *transaction = NULL;

  /* what is not taken comes again after the next start */
  if (self->stopping || !self->recovered)
    return;
  self->last_change = MAX (self->last_change, change->changeid);
  transaction = belfry_engine_begin (self->instance);
  for (guint i = 0; i < self->config->schedulers->len; i++)
    classify (self, transaction, g_ptr_array_index (self->config->schedulers, i), change);
  belfry_transaction_took_change (transaction, change->changeid);
  belfry_engine_submit (self->instance, transaction);
  local_schedulers_arm (self);
}

/* timers */

static void
fire_due (Local *self, const LocalScheduler *scheduler, LocalSchedulerState *state, gint64 now)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, state->timers);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    LocalTimer *timer = value;
    BelfryTransaction *transaction = NULL;
    g_autofree char *stored = NULL;

    if (!local_timer_is_due (timer, now))
      continue;
    transaction = belfry_engine_begin (self->instance);
    stored = dup_timer_key (state, timer);
    fire (self, transaction, scheduler, timer->changes);
    belfry_transaction_delete (transaction, stored);
    belfry_engine_submit (self->instance, transaction);
    g_hash_table_iter_remove (&iter);
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

  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (next == G_MAXINT64 || self->stopping)
    return;
  wait_ms = CLAMP ((next - g_get_monotonic_time () + 999) / 1000, 0, G_MAXINT);
  self->timer_id = g_timeout_add ((guint)wait_ms, on_timer, self);
}
