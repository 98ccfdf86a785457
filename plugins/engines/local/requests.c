/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets and requests: made in one transaction, collapsed, completed; those not complete are held
 * here. A builder's waiting requests lie in the order in which they are to start, so that a round
 * looks at their heads only; those that may be swallowed by newer ones also under what must be
 * equal for that. A set counts its open requests: when the last one is complete, who waits for it
 * is told in the same transaction.
 */
#include "choose.h"
#include "collapse.h"
#include "force.h"
#include "local.h"

LocalSet *
local_set_new (BelfryBuildset *record, GPtrArray *changes)
{
  LocalSet *self = g_new0 (LocalSet, 1);

  g_atomic_ref_count_init (&self->refs);
  self->record = record;
  self->changes = g_ptr_array_ref (changes);
  self->worst = BELFRY_RESULT_SUCCESS;
  return self;
}

LocalSet *
local_set_ref (LocalSet *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
local_set_unref (LocalSet *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  belfry_record_unref (self->record);
  g_ptr_array_unref (self->changes);
  g_free (self);
}

/* Told by the sources of the set's properties, so that a restart knows it too. */
static gboolean
is_kept (const BelfryProperties *properties)
{
  static const char *const sources[] = { "Force Build Form", "Force Build Chat", "Trigger",
                                         "Rebuild", NULL };

  for (guint i = 0; properties != NULL && i < belfry_properties_get_count (properties); i++) {
    const char *source =
        belfry_properties_get_source (properties, belfry_properties_get_name (properties, i));

    if (source != NULL && g_strv_contains (sources, source))
      return TRUE;
  }
  return FALSE;
}

static char *
dup_wanted_worker (const BelfryProperties *properties)
{
  const char *source =
      properties != NULL ? belfry_properties_get_source (properties, LOCAL_WANTED_WORKER) : NULL;

  return g_strcmp0 (source, "Force Build Form") == 0
             ? g_strdup (belfry_properties_get_text (properties, LOCAL_WANTED_WORKER))
             : NULL;
}

/* Takes @record. */
LocalRequest *
local_request_new (BelfryBuildRequest *record, LocalSet *set, const char *builder)
{
  LocalRequest *self = g_new0 (LocalRequest, 1);

  self->record = record;
  self->set = local_set_ref (set);
  self->builder = g_strdup (builder);
  self->kept = record->waited_for || is_kept (set->record->properties);
  self->worker = dup_wanted_worker (set->record->properties);
  self->orphan_since = BELFRY_NONE;
  self->locks_since = BELFRY_NONE;
  set->n_open++;
  return self;
}

void
local_request_free (LocalRequest *self)
{
  if (self == NULL)
    return;
  belfry_record_unref (self->record);
  local_set_unref (self->set);
  g_free (self->builder);
  g_free (self->sources);
  g_free (self->worker);
  g_free (self);
}

LocalRequest *
local_find_request (Local *self, gint64 id)
{
  return g_hash_table_lookup (self->requests, &id);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 one = (*(LocalRequest *const *)a)->record->buildrequestid;
  gint64 two = (*(LocalRequest *const *)b)->record->buildrequestid;

  return (one > two) - (one < two);
}

/* (transfer container) (element-type LocalRequest): all that are not complete, in the order of ids,
 * safe against changes while they are walked: each must be looked up again */
GPtrArray *
local_list_requests (Local *self)
{
  GPtrArray *list = g_ptr_array_sized_new (g_hash_table_size (self->requests));
  GHashTableIter iter;
  gpointer request = NULL;

  g_hash_table_iter_init (&iter, self->requests);
  while (g_hash_table_iter_next (&iter, NULL, &request))
    g_ptr_array_add (list, request);
  g_ptr_array_sort (list, compare_ids);
  return list;
}

/* waiting */

static int
compare_places (gconstpointer a, gconstpointer b, gpointer data)
{
  const BelfryBuildRequest *one = ((const LocalRequest *)a)->record;
  const BelfryBuildRequest *two = ((const LocalRequest *)b)->record;
  const LocalBuilderState *state = data;
  const LocalWaiting first = { one->priority, one->submitted_at, one->buildrequestid };
  const LocalWaiting second = { two->priority, two->submitted_at, two->buildrequestid };

  return local_waiting_compare (&first, &second, state->newest_first);
}

static int
compare_ages (gconstpointer a, gconstpointer b, gpointer data)
{
  const BelfryBuildRequest *one = ((const LocalRequest *)a)->record;
  const BelfryBuildRequest *two = ((const LocalRequest *)b)->record;
  const LocalWaiting first = { 0, one->submitted_at, one->buildrequestid };
  const LocalWaiting second = { 0, two->submitted_at, two->buildrequestid };

  (void)data;
  return local_waiting_compare (&first, &second, FALSE);
}

/* Requests that differ here never swallow one another, whatever the rule. */
static char *
dup_sources (const LocalRequest *self)
{
  const GPtrArray *stamps = self->set->record->sourcestamps;
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%" G_GINT64_FORMAT, self->record->priority);
  if (stamps->len != 1)
    return g_string_free (g_steal_pointer (&text), FALSE);
  {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, 0);

    g_string_append_printf (text, "\n%s\n%s", stamp->repository,
                            stamp->branch != NULL ? stamp->branch : "\r");
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
offer_to_collapse (LocalBuilderState *state, LocalRequest *request)
{
  GHashTable *bucket = NULL;

  if (request->kept)
    return;
  if (request->sources == NULL)
    request->sources = dup_sources (request);
  bucket = g_hash_table_lookup (state->by_sources, request->sources);
  if (bucket == NULL) {
    bucket = g_hash_table_new (NULL, NULL);
    g_hash_table_insert (state->by_sources, g_strdup (request->sources), bucket);
  }
  g_hash_table_add (bucket, request);
}

static void
withdraw_from_collapse (LocalBuilderState *state, LocalRequest *request)
{
  GHashTable *bucket =
      request->sources != NULL ? g_hash_table_lookup (state->by_sources, request->sources) : NULL;

  if (bucket == NULL)
    return;
  g_hash_table_remove (bucket, request);
  if (g_hash_table_size (bucket) == 0)
    g_hash_table_remove (state->by_sources, request->sources);
}

/* Puts a request in its place among those that wait. */
void
local_request_wait (Local *self, LocalRequest *request)
{
  LocalBuilderState *state = local_builder_state (self, request->builder);

  g_assert_null (request->place);
  request->place = g_sequence_insert_sorted (state->waiting, request, compare_places, state);
  request->age = g_sequence_insert_sorted (state->by_age, request, compare_ages, NULL);
  offer_to_collapse (state, request);
}

/* It is claimed, or gone. */
void
local_request_leave (Local *self, LocalRequest *request)
{
  LocalBuilderState *state = local_builder_state (self, request->builder);

  if (request->place == NULL)
    return;
  withdraw_from_collapse (state, request);
  g_clear_pointer (&request->place, g_sequence_remove);
  g_clear_pointer (&request->age, g_sequence_remove);
  local_locks_withdraw (self->locks, request);
  g_hash_table_remove (self->lock_waiters, request);
}

/* After next-build has changed. */
void
local_builder_set_order (LocalBuilderState *state, gboolean newest_first)
{
  if (state->newest_first == newest_first)
    return;
  state->newest_first = newest_first;
  g_sequence_sort (state->waiting, compare_places, state);
}

/* Takes @request. */
void
local_hold_request (Local *self, LocalRequest *request)
{
  g_hash_table_insert (self->requests, &request->record->buildrequestid, request);
  if (!request->record->claimed)
    local_request_wait (self, request);
}

void
local_remove_request (Local *self, LocalRequest *request)
{
  local_request_leave (self, request);
  g_hash_table_remove (self->requests, &request->record->buildrequestid);
}

/* completing */

static void
complete (Local *self,
          BelfryTransaction *transaction,
          LocalRequest *request,
          gint64 result,
          gint64 collapsed_into)
{
  g_autoptr (LocalSet) set = local_set_ref (request->set);

  belfry_transaction_complete_request (transaction, request->record->buildrequestid, result,
                                       collapsed_into);
  local_remove_request (self, request);
  set->worst = belfry_result_worst (set->worst, result);
  set->n_open--;
  if (set->n_open == 0)
    local_set_completed (self, transaction, set);
}

/* The request is freed. */
void
local_complete_request (Local *self,
                        BelfryTransaction *transaction,
                        LocalRequest *request,
                        gint64 result)
{
  complete (self, transaction, request, result, BELFRY_NONE);
}

static gboolean
comes_from_fork (GPtrArray *changes)
{
  for (guint i = 0; i < changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (changes, i);

    if (change->properties != NULL && local_is_from_fork (change->properties))
      return TRUE;
  }
  return FALSE;
}

gboolean
local_is_from_fork (const BelfryProperties *properties)
{
  JsonNode *value = belfry_properties_get_value (properties, "from_fork");

  return value != NULL && JSON_NODE_HOLDS_VALUE (value) && json_node_get_boolean (value);
}

/* collapsing */

static void
describe_candidate (const LocalRequest *request, LocalCandidate *candidate)
{
  candidate->bsid = request->set->record->bsid;
  candidate->priority = request->record->priority;
  candidate->kept = request->kept;
  candidate->stamps = request->set->record->sourcestamps;
  candidate->changes = request->set->changes;
  candidate->properties = request->set->record->properties;
}

static const LocalCollapseRule *
find_rule (const Local *self, const LocalBuilder *builder)
{
  return builder->keys->collapse != NULL ? builder->keys->collapse : self->config->keys->collapse;
}

static void
ask_bucket (Local *self,
            const LocalCollapseRule *rule,
            const LocalRequest *newer,
            GHashTable *bucket,
            GPtrArray *swallowed)
{
  LocalCandidate candidate = { 0 };
  GHashTableIter iter;
  gpointer item = NULL;

  describe_candidate (newer, &candidate);
  g_hash_table_iter_init (&iter, bucket);
  while (g_hash_table_iter_next (&iter, &item, NULL)) {
    LocalCandidate older = { 0 };
    g_autoptr (GError) error = NULL;

    if (item == newer)
      continue;
    describe_candidate (item, &older);
    if (local_collapse_may (rule, &candidate, &older, &error))
      g_ptr_array_add (swallowed, item);
    else if (error != NULL)
      local_log_error (self, "asking collapse-requests", error);
  }
}

/* An expression may swallow across branches; other rules look where the sources are equal. */
static GPtrArray *
find_swallowed (Local *self,
                const LocalCollapseRule *rule,
                LocalBuilderState *state,
                const LocalRequest *newer)
{
  GPtrArray *swallowed = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer bucket = NULL;

  if (newer->kept || rule->mode == LOCAL_COLLAPSE_NO)
    return swallowed;
  if (rule->mode != LOCAL_COLLAPSE_EXPRESSION) {
    bucket = g_hash_table_lookup (state->by_sources, newer->sources);
    ask_bucket (self, rule, newer, bucket, swallowed);
    return swallowed;
  }
  g_hash_table_iter_init (&iter, state->by_sources);
  while (g_hash_table_iter_next (&iter, NULL, &bucket))
    ask_bucket (self, rule, newer, bucket, swallowed);
  return swallowed;
}

static void
collapse_into (Local *self, BelfryTransaction *transaction, gint64 id)
{
  LocalRequest *newer = local_find_request (self, id);
  const LocalBuilder *builder =
      newer != NULL ? local_config_find_builder (self->config, newer->builder) : NULL;
  g_autoptr (GPtrArray) swallowed = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (builder == NULL || newer->place == NULL)
    return;
  swallowed = find_swallowed (self, find_rule (self, builder),
                              local_builder_state (self, newer->builder), newer);
  g_ptr_array_sort (swallowed, compare_ids);
  for (guint i = 0; i < swallowed->len; i++) {
    gint64 old = ((LocalRequest *)g_ptr_array_index (swallowed, i))->record->buildrequestid;

    g_array_append_val (ids, old);
  }
  /* a set that is complete may begin others, whose requests swallow some of these */
  for (guint i = 0; i < ids->len; i++) {
    LocalRequest *older = local_find_request (self, g_array_index (ids, gint64, i));

    if (older != NULL)
      complete (self, transaction, older, BELFRY_RESULT_SKIPPED, id);
  }
}

/* adding */

static LocalRequest *
add_request (Local *self, LocalSet *set, const LocalBuilder *builder, const LocalNewSet *order)
{
  BelfryBuildRequest *record = belfry_build_request_new ();

  record->buildrequestid = belfry_engine_next_id (self->instance, BELFRY_ID_REQUEST);
  record->buildsetid = set->record->bsid;
  record->builderid = local_builder_state (self, builder->name)->builderid;
  record->priority = order->priority + builder->keys->priority;
  record->claimed_at = BELFRY_NONE;
  record->claimed_by_masterid = BELFRY_NONE;
  record->complete_at = BELFRY_NONE;
  record->results = -1;
  record->submitted_at = set->record->submitted_at;
  record->collapsed_into = BELFRY_NONE;
  record->waited_for = order->waited_for;
  g_clear_pointer (&record->properties, belfry_properties_free);
  record->properties = belfry_properties_copy (set->record->properties);
  return local_request_new (record, set, builder->name);
}

static void
give_stamp_ids (Local *self, GPtrArray *stamps)
{
  for (guint i = 0; i < stamps->len; i++) {
    BelfrySourceStamp *stamp = g_ptr_array_index (stamps, i);

    if (stamp->ssid > 0)
      continue;
    stamp->ssid = belfry_engine_next_id (self->instance, BELFRY_ID_STAMP);
    stamp->created_at = belfry_clock_now_us ();
  }
}

static JsonNode *
list_ids (GPtrArray *records)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < records->len; i++)
    json_array_add_int_element (array, belfry_record_get_id (g_ptr_array_index (records, i)));
  json_node_take_array (node, array);
  return node;
}

static BelfryBuildset *
make_set_record (Local *self, const LocalNewSet *order)
{
  BelfryBuildset *record = belfry_buildset_new ();

  give_stamp_ids (self, order->stamps);
  record->bsid = belfry_engine_next_id (self->instance, BELFRY_ID_BUILDSET);
  belfry_record_set_text (&record->reason, order->reason);
  record->submitted_at = belfry_clock_now_us ();
  record->complete_at = BELFRY_NONE;
  record->results = BELFRY_NONE;
  record->parent_buildid = order->parent_buildid > 0 ? order->parent_buildid : BELFRY_NONE;
  belfry_record_set_text (&record->parent_relationship, order->relationship);
  g_clear_pointer (&record->sourcestamps, g_ptr_array_unref);
  record->sourcestamps = g_ptr_array_ref (order->stamps);
  g_clear_pointer (&record->ssids, json_node_unref);
  record->ssids = list_ids (order->stamps);
  g_clear_pointer (&record->change_ids, json_node_unref);
  record->change_ids = list_ids (order->changes);
  belfry_record_set_text (&record->scheduler, order->scheduler);
  belfry_record_set_text (&record->engine, belfry_instance_get_name (self->instance));
  g_clear_pointer (&record->properties, belfry_properties_free);
  record->properties = belfry_properties_copy (order->properties);
  if (order->builders->len == 0) {
    record->complete = TRUE;
    record->complete_at = record->submitted_at;
    record->results = BELFRY_RESULT_SUCCESS;
  }
  return record;
}

/* All requests are added before any is completed: a set is complete only once. */
static GArray *
add_requests (Local *self,
              BelfryTransaction *transaction,
              LocalSet *set,
              const LocalNewSet *order,
              JsonArray *request_ids)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < order->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (order->builders, i);
    LocalRequest *request = add_request (self, set, builder, order);

    belfry_transaction_add_request (transaction, request->record);
    if (request_ids != NULL)
      json_array_add_int_element (request_ids, request->record->buildrequestid);
    g_array_append_val (ids, request->record->buildrequestid);
    local_hold_request (self, request);
  }
  return ids;
}

/* Everything of one decision goes into @transaction. @request_ids: (nullable): gets the ids.
 * Returns: (transfer full) */
LocalSet *
local_add_set (Local *self,
               BelfryTransaction *transaction,
               const LocalNewSet *order,
               JsonArray *request_ids)
{
  LocalSet *set = local_set_new (make_set_record (self, order), order->changes);
  gboolean from_fork = order->from_fork || comes_from_fork (order->changes);
  g_autoptr (GArray) ids = NULL;

  set->depth = order->depth;
  belfry_transaction_add_buildset (transaction, set->record);
  ids = add_requests (self, transaction, set, order, request_ids);
  if (order->fired)
    local_dependents_remember (self, transaction, set);
  for (guint i = 0; from_fork && i < ids->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (order->builders, i);

    if (builder->refuses_forks)
      complete (self, transaction, local_find_request (self, g_array_index (ids, gint64, i)),
                BELFRY_RESULT_SKIPPED, BELFRY_NONE);
  }
  for (guint i = 0; i < ids->len; i++)
    collapse_into (self, transaction, g_array_index (ids, gint64, i));
  if (order->builders->len == 0)
    local_set_completed (self, transaction, set);
  local_round_soon (self);
  return set;
}
