/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builders, workers, schedulers as engines know them, and the events that engines tell in words of
 * their own. What changed is told by comparing with what was stored, unless the transaction tells
 * it itself (it may say who and why).
 */
#include "builds/builds-private.h"

#define FIND_SCHEDULER "SELECT schedulerid FROM schedulers WHERE engine = ?1 AND name = ?2"

/* (nullable): without @error there was none */
static gpointer
find_old (BelfryApplying *self, gconstpointer record, GError **error)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;
  g_autoptr (GError) local = NULL;
  gpointer old = belfry_writer_find (self->writer, type, belfry_record_get_id (record), &local);

  if (old == NULL && !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  return old;
}

static gboolean
put_record (BelfryApplying *self, gpointer record, gconstpointer old, GError **error)
{
  return old != NULL ? belfry_writer_update (self->writer, record, error)
                     : belfry_writer_insert (self->writer, record, error);
}

static gboolean
say_change (
    BelfryApplying *self, const char *event, gpointer record, gint64 builderid, GError **error)
{
  BelfryEventSaid said = { .name = event, .record = record, .builderid = builderid };

  return belfry_applying_tells (self, event) || belfry_builds_say (self->writer, &said, error);
}

static JsonNode *
new_list (gboolean configured)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  if (configured)
    json_array_add_int_element (array, 1);
  json_node_take_array (node, array);
  return node;
}

gboolean
belfry_apply_configure_builder (BelfryApplying *self,
                                const BelfryOperation *operation,
                                GError **error)
{
  g_autoptr (BelfryBuilder) builder = belfry_record_copy (operation->record);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryBuilder) old = find_old (self, builder, &local);
  gboolean was_configured = old != NULL && old->configured;

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (old != NULL)
    builder->next_number = MAX (old->next_number, builder->next_number);
  belfry_record_set_text (&builder->engine, self->engine);
  if (builder->masterids == NULL || !builder->configured) {
    g_clear_pointer (&builder->masterids, json_node_unref);
    builder->masterids = new_list (builder->configured);
  }
  if (!put_record (self, builder, old, error))
    return FALSE;
  if (was_configured == builder->configured)
    return TRUE;
  return say_change (self, builder->configured ? "builder-added" : "builder-removed", builder,
                     builder->builderid, error);
}

static gboolean
is_connected (const BelfryWorker *worker)
{
  return worker != NULL && worker->connected_to != NULL &&
         JSON_NODE_HOLDS_ARRAY (worker->connected_to) &&
         json_array_get_length (json_node_get_array (worker->connected_to)) > 0;
}

static gboolean
is_paused (const BelfryWorker *worker)
{
  return worker != NULL && worker->paused;
}

static gboolean
is_graceful (const BelfryWorker *worker)
{
  return worker != NULL && worker->graceful;
}

/* What may change about a worker, and what is told then; NULL: nothing. */
typedef struct {
  gboolean (*is) (const BelfryWorker *worker);
  const char *became;
  const char *ceased;
} Transition;

static const Transition transitions[] = {
  { is_connected, "worker-connected", "worker-disconnected" },
  { is_paused, "worker-paused", "worker-unpaused" },
  { is_graceful, "worker-graceful", NULL },
};

gboolean
belfry_apply_configure_worker (BelfryApplying *self,
                               const BelfryOperation *operation,
                               GError **error)
{
  g_autoptr (BelfryWorker) worker = belfry_record_copy (operation->record);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryWorker) old = find_old (self, worker, &local);

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  belfry_record_set_text (&worker->engine, self->engine);
  if (!put_record (self, worker, old, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (transitions); i++) {
    gboolean was = transitions[i].is (old);
    gboolean is = transitions[i].is (worker);
    const char *event = is ? transitions[i].became : transitions[i].ceased;

    if (was != is && event != NULL && !say_change (self, event, worker, BELFRY_NONE, error))
      return FALSE;
  }
  return TRUE;
}

/* A scheduler is known by engine and name; its id is given at the first sight. */
static gboolean
find_scheduler_id (BelfryApplying *self, BelfrySchedulerRecord *scheduler, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (self->writer, FIND_SCHEDULER, error);
  gboolean row = FALSE;

  if (statement == NULL)
    return FALSE;
  belfry_builds_bind_text (statement, 1, self->engine);
  belfry_builds_bind_text (statement, 2, scheduler->name != NULL ? scheduler->name : "");
  if (!belfry_writer_step (self->writer, statement, &row, error))
    return FALSE;
  scheduler->schedulerid = row ? sqlite3_column_int64 (statement, 0) : 0;
  sqlite3_reset (statement);
  return TRUE;
}

gboolean
belfry_apply_configure_scheduler (BelfryApplying *self,
                                  const BelfryOperation *operation,
                                  GError **error)
{
  g_autoptr (BelfrySchedulerRecord) scheduler = belfry_record_copy (operation->record);
  g_autoptr (BelfrySchedulerRecord) old = NULL;
  g_autoptr (GError) local = NULL;

  if (!find_scheduler_id (self, scheduler, error))
    return FALSE;
  old = find_old (self, scheduler, &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  belfry_record_set_text (&scheduler->engine, self->engine);
  if (!put_record (self, scheduler, old, error))
    return FALSE;
  if (old == NULL || old->enabled == scheduler->enabled)
    return TRUE;
  return say_change (self, "scheduler-state", scheduler, BELFRY_NONE, error);
}

/* events in an engine's own words */

/* Which member of the data, or which id of the operation, names the record that an event is about.
 */
typedef struct {
  const char *record_type;
  const BelfryRecordType *(*type) (void);
} Subject;

static const Subject subjects[] = {
  { "build", belfry_build_get_type },       { "buildrequest", belfry_build_request_get_type },
  { "buildset", belfry_buildset_get_type }, { "builder", belfry_builder_get_type },
  { "log", belfry_log_get_type },           { "scheduler", belfry_scheduler_record_get_type },
  { "step", belfry_step_get_type },         { "worker", belfry_worker_get_type },
};

static gint64
find_subject_id (const BelfryOperation *operation, const BelfryRecordType *type)
{
  JsonObject *data = NULL;
  gint64 fallback = BELFRY_NONE;

  if (type == belfry_build_get_type ())
    fallback = operation->number;
  if (type == belfry_builder_get_type ())
    fallback = operation->id;
  if (operation->json != NULL && JSON_NODE_HOLDS_OBJECT (operation->json))
    data = json_node_get_object (operation->json);
  return data != NULL ? belfry_json_get_integer (data, type->fields[0].name, fallback) : fallback;
}

/* (transfer full) (nullable): the event speaks of nothing that is stored */
static gpointer
find_subject (BelfryApplying *self, const BelfryOperation *operation)
{
  const BelfryEventKind *kind = belfry_event_kind_find (operation->text);

  for (guint i = 0; kind != NULL && i < G_N_ELEMENTS (subjects); i++) {
    const BelfryRecordType *type = subjects[i].type ();
    gint64 id = BELFRY_NONE;

    if (g_strcmp0 (kind->record_type, subjects[i].record_type) != 0)
      continue;
    id = find_subject_id (operation, type);
    return id != BELFRY_NONE ? belfry_writer_find (self->writer, type, id, NULL) : NULL;
  }
  return NULL;
}

/* What the waterfall shows beside builds is a row of its own. */
static gboolean
store_builder_event (BelfryApplying *self,
                     const BelfryOperation *operation,
                     BelfryEventSaid *said,
                     GError **error)
{
  BelfryBuilderEvent *event = NULL;

  event = belfry_record_from_json (belfry_builder_event_get_type (), said->more, error);
  if (event == NULL)
    return FALSE;
  said->record = event;
  said->more = NULL;
  event->eventid = 0;
  event->builderid = operation->id;
  if (event->started_at == 0)
    event->started_at = self->now_us;
  if (event->complete_at == BELFRY_NONE)
    event->complete_at = event->started_at;
  return belfry_writer_insert (self->writer, event, error);
}

gboolean
belfry_apply_event (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  BelfryEventSaid said = { .name = operation->text,
                           .builderid = operation->id,
                           .buildid = operation->number };
  gboolean told = TRUE;

  if (operation->json != NULL && JSON_NODE_HOLDS_OBJECT (operation->json))
    said.more = json_node_get_object (operation->json);
  if (g_str_equal (operation->text, "builder-event") && said.more != NULL)
    told = store_builder_event (self, operation, &said, error);
  else
    said.record = find_subject (self, operation);
  told = told && belfry_builds_say (self->writer, &said, error);
  belfry_record_unref (said.record);
  return told;
}
