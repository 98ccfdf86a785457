/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builders, workers and schedulers as they run: found by name, told to the host, their switches
 * stored in the engine's key space under `worker/NAME` and `scheduler/NAME`.
 */
#include "local.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define OFFLINE_SECONDS 30

void
local_builder_state_free (gpointer data)
{
  LocalBuilderState *self = data;

  g_free (self->name);
  g_free (self->last_worker);
  g_free (self->why);
  g_free (self->told_why);
  g_clear_pointer (&self->durations, g_array_unref);
  g_sequence_free (self->waiting);
  g_sequence_free (self->by_age);
  g_hash_table_unref (self->by_sources);
  g_free (self);
}

LocalBuilderState *
local_builder_state (Local *self, const char *name)
{
  LocalBuilderState *state = g_hash_table_lookup (self->builders, name);

  if (state != NULL)
    return state;
  state = g_new0 (LocalBuilderState, 1);
  state->name = g_strdup (name);
  state->builderid = belfry_engine_builder_id (self->instance, name);
  state->waiting = g_sequence_new (NULL);
  state->by_age = g_sequence_new (NULL);
  state->by_sources =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
  g_hash_table_insert (self->builders, state->name, state);
  return state;
}

void
local_slots_free (gpointer data)
{
  LocalSlots *self = data;

  g_free (self->name);
  g_ptr_array_unref (self->builds);
  g_ptr_array_unref (self->spare);
  g_queue_clear (&self->returning);
  g_free (self);
}

LocalSlots *
local_slots (Local *self, const char *name)
{
  LocalSlots *slots = g_hash_table_lookup (self->slots, name);

  if (slots != NULL)
    return slots;
  slots = g_new0 (LocalSlots, 1);
  slots->name = g_strdup (name);
  slots->workerid = belfry_engine_worker_id (self->instance, name);
  slots->builds = g_ptr_array_new ();
  slots->spare = g_ptr_array_new ();
  g_queue_init (&slots->returning);
  g_hash_table_insert (self->slots, slots->name, slots);
  return slots;
}

void
local_scheduler_state_free (gpointer data)
{
  LocalSchedulerState *self = data;

  g_free (self->name);
  g_hash_table_unref (self->timers);
  g_hash_table_unref (self->upstreams);
  g_clear_pointer (&self->seen, json_object_unref);
  g_free (self);
}

LocalSchedulerState *
local_scheduler_state (Local *self, const LocalScheduler *scheduler)
{
  LocalSchedulerState *state = g_hash_table_lookup (self->schedulers, scheduler->name);

  if (state != NULL)
    return state;
  state = g_new0 (LocalSchedulerState, 1);
  state->name = g_strdup (scheduler->name);
  state->kind = scheduler->kind;
  state->enabled = scheduler->keys->enabled;
  state->last_run = BELFRY_NONE;
  state->next_run = BELFRY_NONE;
  state->upstreams = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  state->timers =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)local_timer_free);
  g_hash_table_insert (self->schedulers, state->name, state);
  return state;
}

void
local_scheduler_store (Local *self,
                       BelfryTransaction *transaction,
                       const LocalSchedulerState *state)
{
  g_autofree char *key = g_strconcat ("scheduler/", state->name, NULL);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  const LocalScheduler *scheduler = local_config_find_scheduler (self->config, state->name);
  g_autoptr (BelfrySchedulerRecord) record = belfry_scheduler_record_new ();

  json_object_set_int_member (object, "kind", state->kind);
  json_object_set_int_member (object, "since", state->since);
  json_object_set_boolean_member (object, "enabled", state->enabled);
  if (state->last_run != BELFRY_NONE)
    json_object_set_int_member (object, "last_run", state->last_run);
  if (state->has_run)
    json_object_set_boolean_member (object, "has_run", TRUE);
  if (state->seen != NULL)
    json_object_set_object_member (object, "seen", json_object_ref (state->seen));
  json_object_set_boolean_member (object, "configured",
                                  scheduler != NULL && scheduler->keys->enabled);
  json_node_take_object (node, object);
  belfry_transaction_put (transaction, key, node);
  belfry_record_set_text (&record->name, state->name);
  belfry_record_set_text (&record->kind, local_scheduler_kind_name (state->kind));
  belfry_record_set_text (&record->engine, belfry_instance_get_name (self->instance));
  record->enabled = state->enabled;
  belfry_transaction_configure_scheduler (transaction, record);
}

static JsonNode *
new_array (gint64 id)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  if (id != BELFRY_NONE)
    json_array_add_int_element (array, id);
  json_node_take_array (node, array);
  return node;
}

static BelfryBuilder *
make_builder_record (Local *self, const LocalBuilder *builder)
{
  BelfryBuilder *record = belfry_builder_new ();

  record->builderid = local_builder_state (self, builder->name)->builderid;
  belfry_record_set_text (&record->name, builder->name);
  belfry_record_set_text (&record->description, builder->keys->description);
  g_clear_pointer (&record->masterids, json_node_unref);
  record->masterids = new_array (1);
  g_strfreev (record->tags);
  record->tags = builder->keys->tags != NULL ? g_strdupv (builder->keys->tags) : g_new0 (char *, 1);
  belfry_record_set_text (&record->engine, belfry_instance_get_name (self->instance));
  record->configured = TRUE;
  record->keep_builds = builder->keys->keep_builds;
  record->keep_logs = builder->keys->keep_logs;
  record->keep_last = builder->keys->keep_last;
  return record;
}

static void
tell_builder (Local *self, BelfryTransaction *transaction, const LocalBuilder *builder)
{
  g_autoptr (BelfryBuilder) record = make_builder_record (self, builder);

  belfry_transaction_configure_builder (transaction, record);
}

static void
tell_gone_builder (Local *self, BelfryTransaction *transaction, const LocalBuilder *builder)
{
  g_autoptr (BelfryBuilder) record = belfry_builder_new ();

  record->builderid = local_builder_state (self, builder->name)->builderid;
  belfry_record_set_text (&record->name, builder->name);
  g_clear_pointer (&record->masterids, json_node_unref);
  record->masterids = new_array (BELFRY_NONE);
  g_strfreev (record->tags);
  record->tags = g_new0 (char *, 1);
  belfry_record_set_text (&record->engine, belfry_instance_get_name (self->instance));
  belfry_transaction_configure_builder (transaction, record);
}

static JsonNode *
list_builders_on (Local *self, const LocalWorker *worker)
{
  JsonNode *node = new_array (BELFRY_NONE);

  for (guint i = 0; worker != NULL && i < self->config->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->config->builders, i);
    JsonObject *item = NULL;

    if (!g_ptr_array_find (builder->workers, worker, NULL))
      continue;
    item = json_object_new ();
    json_object_set_int_member (item, "masterid", 1);
    json_object_set_int_member (item, "builderid",
                                local_builder_state (self, builder->name)->builderid);
    json_array_add_object_element (json_node_get_array (node), item);
  }
  return node;
}

static JsonNode *
describe_worker (const LocalWorker *worker)
{
  const LocalWorkerKeys *keys = worker != NULL ? worker->keys : NULL;
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *info = json_object_new ();

  json_object_set_string_member (info, "admin",
                                 keys != NULL && keys->admin != NULL ? keys->admin : "");
  json_object_set_string_member (
      info, "host", keys != NULL && keys->host != NULL ? keys->host : g_get_host_name ());
  json_object_set_string_member (info, "version", BELFRY_PLUGIN_VERSION);
  json_object_set_null_member (info, "access_uri");
  json_node_take_object (node, info);
  return node;
}

static JsonNode *
list_connections (gboolean connected)
{
  JsonNode *node = new_array (BELFRY_NONE);
  JsonObject *item = NULL;

  if (!connected)
    return node;
  item = json_object_new ();
  json_object_set_int_member (item, "masterid", 1);
  json_array_add_object_element (json_node_get_array (node), item);
  return node;
}

static BelfryWorker *
make_worker_record (Local *self, const LocalSlots *slots)
{
  const LocalWorker *worker = local_config_find_worker (self->config, slots->name);
  BelfryWorker *record = belfry_worker_new ();

  record->workerid = slots->workerid;
  belfry_record_set_text (&record->name, slots->name);
  g_clear_pointer (&record->connected_to, json_node_unref);
  g_clear_pointer (&record->configured_on, json_node_unref);
  g_clear_pointer (&record->workerinfo, json_node_unref);
  record->connected_to = list_connections (worker != NULL && !slots->offline);
  record->configured_on = list_builders_on (self, worker);
  record->workerinfo = describe_worker (worker);
  record->paused = slots->paused;
  record->graceful = slots->graceful;
  record->slots = worker != NULL ? worker->slots : 0;
  belfry_record_set_text (&record->engine, belfry_instance_get_name (self->instance));
  return record;
}

static void
put_worker (Local *self, BelfryTransaction *transaction, const LocalSlots *slots)
{
  g_autofree char *key = g_strconcat ("worker/", slots->name, NULL);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (BelfryWorker) record = make_worker_record (self, slots);
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "paused", slots->paused);
  json_object_set_boolean_member (object, "graceful", slots->graceful);
  json_node_take_object (node, object);
  belfry_transaction_put (transaction, key, node);
  belfry_transaction_configure_worker (transaction, record);
}

/* @event: (nullable): what is told beside the new state */
void
local_slots_store (Local *self, LocalSlots *slots, const char *event, const char *who)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);

  put_worker (self, transaction, slots);
  if (event != NULL) {
    g_autoptr (BelfryWorker) record = make_worker_record (self, slots);
    g_autoptr (JsonObject) data = belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE);

    if (who != NULL)
      json_object_set_string_member (data, "who", who);
    belfry_transaction_event (transaction, event, BELFRY_NONE, BELFRY_NONE, data);
  }
  belfry_engine_submit (self->instance, transaction);
}

static gboolean
on_offline (gpointer data)
{
  Local *self = data;
  gboolean any = FALSE;

  for (guint i = 0; i < self->config->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (self->config->workers, i);
    LocalSlots *slots = local_slots (self, worker->name);

    if (slots->offline && !local_worker_look (self, worker, slots))
      any = TRUE;
  }
  local_round_soon (self);
  if (!any)
    self->offline_id = 0;
  return any;
}

/* Offline workers are looked at again as long as there are any. */
static void
watch_offline (Local *self)
{
  if (self->offline_id == 0 && !self->stopping)
    self->offline_id = g_timeout_add_seconds (OFFLINE_SECONDS, on_offline, self);
}

/* A worker whose folder cannot be written is offline. Returns whether it is to be had. */
gboolean
local_worker_look (Local *self, const LocalWorker *worker, LocalSlots *slots)
{
  g_autoptr (GError) error = NULL;
  gboolean offline = !local_make_folder (worker->directory, 0700, &error) ||
                     access (worker->directory, W_OK | X_OK) != 0;

  if (offline == slots->offline)
    return !offline;
  slots->offline = offline;
  if (offline)
    watch_offline (self);
  else
    local_round_soon (self);
  if (offline)
    belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                         "worker '%s': folder '%s' cannot be written, it takes no builds",
                         worker->name, worker->directory);
  local_slots_store (self, slots, offline ? "worker-disconnected" : "worker-connected", NULL);
  return !offline;
}

static void
forget_timers (BelfryTransaction *transaction, LocalSchedulerState *state)
{
  GHashTableIter iter;
  gpointer timer = NULL;

  g_hash_table_iter_init (&iter, state->timers);
  while (g_hash_table_iter_next (&iter, NULL, &timer))
    local_timer_forget (transaction, state, timer);
  g_hash_table_remove_all (state->timers);
}

/* What a scheduler of that type does not record any more is dropped; of another type it starts
 * afresh. */
static void
configure_scheduler (Local *self,
                     BelfryTransaction *transaction,
                     const LocalScheduler *scheduler,
                     gboolean was_off)
{
  LocalSchedulerState *state = local_scheduler_state (self, scheduler);

  if (state->kind != (int)scheduler->kind) {
    state->last_run = BELFRY_NONE;
    state->has_run = FALSE;
  }
  if (!local_scheduler_records (scheduler) || state->kind != (int)scheduler->kind)
    forget_timers (transaction, state);
  state->kind = scheduler->kind;
  local_timed_begin (self, scheduler, was_off);
  local_scheduler_store (self, transaction, state);
}

static gboolean
was_enabled (LocalConfig *previous, const LocalScheduler *scheduler)
{
  const LocalScheduler *old =
      previous != NULL ? local_config_find_scheduler (previous, scheduler->name) : NULL;

  return old != NULL ? old->keys->enabled : scheduler->keys->enabled;
}

static void
tell_vanished (Local *self, LocalConfig *previous, BelfryTransaction *transaction)
{
  for (guint i = 0; previous != NULL && i < previous->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (previous->builders, i);

    if (local_config_find_builder (self->config, builder->name) == NULL)
      tell_gone_builder (self, transaction, builder);
  }
  for (guint i = 0; previous != NULL && i < previous->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (previous->workers, i);

    if (local_config_find_worker (self->config, worker->name) == NULL)
      put_worker (self, transaction, local_slots (self, worker->name));
  }
}

/* A builder that a reload added or changed. */
static void
tell_changed (Local *self,
              BelfryTransaction *transaction,
              const LocalConfig *previous,
              const LocalBuilder *builder)
{
  const LocalBuilder *old =
      previous != NULL ? local_config_find_builder (previous, builder->name) : NULL;

  if (previous == NULL)
    return;
  if (old == NULL)
    local_builder_event (self, transaction, builder->name, "builder", "created");
  else if (!local_builder_is_same (old, builder))
    local_builder_event (self, transaction, builder->name, "config", "updated");
}

/* Tells the host all that is configured. @previous: (nullable): what a reload replaced */
void
local_configure (Local *self, LocalConfig *previous)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);

  tell_vanished (self, previous, transaction);
  local_locks_configure (self);
  for (guint i = 0; i < self->config->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->config->builders, i);

    tell_builder (self, transaction, builder);
    tell_changed (self, transaction, previous, builder);
    local_builder_set_order (local_builder_state (self, builder->name),
                             builder->keys->newest_first);
  }
  for (guint i = 0; i < self->config->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (self->config->workers, i);
    gboolean is_new = g_hash_table_lookup (self->slots, worker->name) == NULL;
    LocalSlots *slots = local_slots (self, worker->name);
    g_autoptr (GError) error = NULL;

    if (is_new) /* by a reload; at a start all are there already */
      slots->paused = worker->keys != NULL && worker->keys->paused;
    slots->offline = !local_make_folder (worker->directory, 0700, &error) ||
                     access (worker->directory, W_OK | X_OK) != 0;
    if (slots->offline)
      watch_offline (self);
    put_worker (self, transaction, slots);
  }
  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);

    LocalSchedulerState *state = local_scheduler_state (self, scheduler);
    gboolean was_off = previous != NULL && !state->enabled;

    if (was_enabled (previous, scheduler) != scheduler->keys->enabled)
      state->enabled = scheduler->keys->enabled;
    configure_scheduler (self, transaction, scheduler, was_off && state->enabled);
  }
  belfry_engine_submit (self->instance, transaction);
}

/* builders' states */

static const char *
find_state (Local *self, const LocalBuilder *builder, const LocalBuilderState *state)
{
  if (state->running > 0)
    return "building";
  for (guint i = 0; i < builder->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (builder->workers, i);

    if (!local_slots (self, worker->name)->offline)
      return "idle";
  }
  return "offline";
}

static void
tell_state (Local *self,
            BelfryTransaction *transaction,
            const LocalBuilderState *state,
            const char *word,
            const char *why)
{
  g_autoptr (BelfryBuilder) record =
      make_builder_record (self, local_config_find_builder (self->config, state->name));
  g_autoptr (JsonObject) data = belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE);

  json_object_set_string_member (data, "state", word);
  json_object_set_int_member (data, "waiting", g_sequence_get_length (state->waiting));
  if (why != NULL)
    json_object_set_string_member (data, "why", why);
  belfry_transaction_event (transaction, "builder-state", state->builderid, BELFRY_NONE, data);
}

/* Tells of builders whose state, or what keeps their requests waiting, is another than last told.
 */
void
local_tell_builders (Local *self)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);

  for (guint i = 0; i < self->config->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->config->builders, i);
    LocalBuilderState *state = local_builder_state (self, builder->name);
    const char *word = find_state (self, builder, state);
    const char *why = g_sequence_is_empty (state->waiting) ? NULL : state->why;

    if (g_str_equal (word, state->told != NULL ? state->told : "idle") &&
        g_strcmp0 (why, state->told_why) == 0)
      continue;
    state->told = word;
    g_free (state->told_why);
    state->told_why = g_strdup (why);
    tell_state (self, transaction, state, word, why);
  }
  if (belfry_transaction_get_length (transaction) > 0)
    belfry_engine_submit (self->instance, transaction);
  else
    belfry_transaction_free (transaction);
}

/* What the pages show beside builds: a point in time with some words. @second: (nullable) */
void
local_builder_event (Local *self,
                     BelfryTransaction *transaction,
                     const char *builder,
                     const char *first,
                     const char *second)
{
  const LocalBuilderState *state = local_builder_state (self, builder);
  g_autoptr (JsonObject) data = json_object_new ();
  JsonArray *text = json_array_new ();
  gint64 now = belfry_time_to_seconds (belfry_clock_now_us ());

  json_array_add_string_element (text, first);
  if (second != NULL)
    json_array_add_string_element (text, second);
  json_object_set_int_member (data, "builderid", state->builderid);
  json_object_set_array_member (data, "text", text);
  json_object_set_int_member (data, "started_at", now);
  json_object_set_int_member (data, "complete_at", now);
  belfry_transaction_event (transaction, "builder-event", state->builderid, BELFRY_NONE, data);
}
