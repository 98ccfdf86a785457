/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets and requests: made in one transaction, collapsed, completed; those not complete are held
 * here. */
#include "collapse.h"
#include "local.h"

LocalSet *
local_set_new (BelfryBuildset *record, GPtrArray *changes)
{
  LocalSet *self = g_new0 (LocalSet, 1);

  g_atomic_ref_count_init (&self->refs);
  self->record = record;
  self->changes = g_ptr_array_ref (changes);
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

/* Takes @record. */
LocalRequest *
local_request_new (BelfryBuildRequest *record, LocalSet *set, const char *builder)
{
  LocalRequest *self = g_new0 (LocalRequest, 1);

  self->record = record;
  self->set = local_set_ref (set);
  self->builder = g_strdup (builder);
  self->kept = record->waited_for || is_kept (set->record->properties);
  self->orphan_since = BELFRY_NONE;
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
  g_free (self->why);
  g_free (self);
}

LocalRequest *
local_find_request (Local *self, gint64 id)
{
  for (guint i = 0; i < self->requests->len; i++) {
    LocalRequest *request = g_ptr_array_index (self->requests, i);

    if (request->record->buildrequestid == id)
      return request;
  }
  return NULL;
}

void
local_remove_request (Local *self, LocalRequest *request)
{
  g_ptr_array_remove (self->requests, request);
}

/* The request is freed. */
void
local_complete_request (Local *self,
                        BelfryTransaction *transaction,
                        LocalRequest *request,
                        gint64 result)
{
  belfry_transaction_complete_request (transaction, request->record->buildrequestid, result,
                                       BELFRY_NONE);
  local_remove_request (self, request);
}

static gboolean
comes_from_fork (GPtrArray *changes)
{
  for (guint i = 0; i < changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (changes, i);
    JsonNode *value = change->properties != NULL
                          ? belfry_properties_get_value (change->properties, "from_fork")
                          : NULL;

    if (value != NULL && JSON_NODE_HOLDS_VALUE (value) && json_node_get_boolean (value))
      return TRUE;
  }
  return FALSE;
}

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
collapse_into (Local *self,
               BelfryTransaction *transaction,
               const LocalBuilder *builder,
               LocalRequest *newer)
{
  LocalCandidate candidate = { 0 };

  describe_candidate (newer, &candidate);
  for (guint i = self->requests->len; i > 0; i--) {
    LocalRequest *request = g_ptr_array_index (self->requests, i - 1);
    LocalCandidate older = { 0 };
    g_autoptr (GError) error = NULL;

    if (request == newer || request->build != NULL ||
        !g_str_equal (request->builder, newer->builder))
      continue;
    describe_candidate (request, &older);
    if (local_collapse_may (find_rule (self, builder), &candidate, &older, &error)) {
      belfry_transaction_complete_request (transaction, request->record->buildrequestid,
                                           BELFRY_RESULT_SKIPPED, newer->record->buildrequestid);
      g_ptr_array_remove_index (self->requests, i - 1);
    } else if (error != NULL)
      local_log_error (self, "asking collapse-requests", error);
  }
}

static LocalRequest *
add_request (Local *self, LocalSet *set, const LocalBuilder *builder, gint64 priority)
{
  BelfryBuildRequest *record = belfry_build_request_new ();
  LocalRequest *request = NULL;

  record->buildrequestid = belfry_engine_next_id (self->instance, BELFRY_ID_REQUEST);
  record->buildsetid = set->record->bsid;
  record->builderid = local_builder_state (self, builder->name)->builderid;
  record->priority = priority + builder->keys->priority;
  record->claimed_at = BELFRY_NONE;
  record->claimed_by_masterid = BELFRY_NONE;
  record->complete_at = BELFRY_NONE;
  record->results = -1;
  record->submitted_at = set->record->submitted_at;
  record->collapsed_into = BELFRY_NONE;
  g_clear_pointer (&record->properties, belfry_properties_free);
  record->properties = belfry_properties_copy (set->record->properties);
  request = local_request_new (record, set, builder->name);
  return request;
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
  record->parent_buildid = BELFRY_NONE;
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

/* Everything of one decision goes into @transaction. @request_ids: (nullable): gets the ids.
 * Returns: (transfer full) */
LocalSet *
local_add_set (Local *self,
               BelfryTransaction *transaction,
               const LocalNewSet *order,
               JsonArray *request_ids)
{
  LocalSet *set = local_set_new (make_set_record (self, order), order->changes);
  g_autoptr (GPtrArray) added = g_ptr_array_new ();
  gboolean from_fork = comes_from_fork (order->changes);

  belfry_transaction_add_buildset (transaction, set->record);
  for (guint i = 0; i < order->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (order->builders, i);
    LocalRequest *request = add_request (self, set, builder, order->priority);

    belfry_transaction_add_request (transaction, request->record);
    if (request_ids != NULL)
      json_array_add_int_element (request_ids, request->record->buildrequestid);
    if (from_fork && builder->refuses_forks) {
      belfry_transaction_complete_request (transaction, request->record->buildrequestid,
                                           BELFRY_RESULT_SKIPPED, BELFRY_NONE);
      local_request_free (request);
      continue;
    }
    g_ptr_array_add (self->requests, request);
    g_ptr_array_add (added, request);
  }
  for (guint i = 0; i < added->len; i++) {
    LocalRequest *request = g_ptr_array_index (added, i);

    collapse_into (self, transaction, local_config_find_builder (self->config, request->builder),
                   request);
  }
  local_round_soon (self);
  return set;
}
