/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scheduling rounds (§11.3 of the engine's page): first those that have their locks or children and
 * only want to go on; then builders in order, one start each, until nothing fits. A round runs when
 * something changed and, while requests wait, each minute. It looks at the heads of the builders'
 * queues: requests that differ in nothing that is asked are not asked one by one. Why they wait is
 * kept.
 *
 * A request waits for locks only as long as nothing else keeps it from starting: else it could hold
 * up a step whose end it waits for.
 */
#include "choose.h"
#include "local.h"
#include "window.h"
#include <errno.h>
#include <sys/statvfs.h>

#define ORPHAN_US      (G_TIME_SPAN_HOUR)
#define MINUTE_SECONDS 60

typedef struct {
  Local *local;
  LocalBuilder *builder;
  LocalBuilderState *state;
  LocalRequest *request;
  char *why; /* (nullable) why the last worker that was asked does not do */
} Question;

static void
set_why (LocalBuilderState *state, const char *why)
{
  if (g_strcmp0 (state->why, why) == 0)
    return;
  g_free (state->why);
  state->why = g_strdup (why);
}

static gboolean
has_builder (const LocalSlots *slots, const char *builddir)
{
  for (guint i = 0; i < slots->builds->len; i++) {
    const LocalBuild *build = g_ptr_array_index (slots->builds, i);

    if (g_str_equal (build->builder->builddir, builddir))
      return TRUE;
  }
  return FALSE;
}

/* Parked builds have given theirs back. */
static guint
count_used (const LocalSlots *slots)
{
  guint count = 0;

  for (guint i = 0; i < slots->builds->len; i++)
    count += ((const LocalBuild *)g_ptr_array_index (slots->builds, i))->parked ? 0 : 1;
  return count;
}

/* Of a folder that is not there yet, the nearest above it counts. */
static gboolean
measure_space (const char *folder, gint64 *free_bytes)
{
  struct statvfs info = { 0 };
  g_autofree char *path = g_strdup (folder);

  while (statvfs (path, &info) != 0) {
    char *above = errno == ENOENT ? g_path_get_dirname (path) : NULL;

    if (above == NULL || g_str_equal (above, path)) {
      g_free (above);
      return FALSE;
    }
    g_free (path);
    path = above;
  }
  *free_bytes = (gint64)info.f_bavail * (gint64)info.f_frsize;
  return TRUE;
}

static gboolean
has_space (const Local *self, const char *folder)
{
  gint64 free_bytes = 0;

  return self->config->keys->min_free <= 0 || !measure_space (folder, &free_bytes) ||
         free_bytes >= self->config->keys->min_free;
}

static void
look_at_worker (Local *self, const LocalWorker *worker)
{
  LocalSlots *slots = local_slots (self, worker->name);

  slots->closed = NULL;
  if (slots->paused)
    slots->closed = slots->graceful ? "is to stop" : "is paused";
  else if (slots->offline)
    slots->closed = "is offline";
  else if (count_used (slots) >= worker->slots)
    slots->closed = "has no free slot";
  else if (!has_space (self, worker->directory))
    slots->closed = "has not enough free disk space";
  else if (!has_space (self, self->config->artifacts))
    slots->closed = "has not enough free disk space for artifacts";
}

static gboolean
ask_can_start (const Question *question, const LocalWorker *worker)
{
  const LocalSet *set = question->request->set;
  const LocalContext context = { .config = question->local->config,
                                 .builder = question->builder,
                                 .worker = worker,
                                 .properties = set->record->properties,
                                 .stamps = set->record->sourcestamps,
                                 .changes = set->changes };
  g_autoptr (JsonObject) variables = local_context_to_json (&context);
  g_autoptr (GError) error = NULL;
  gboolean result = FALSE;

  json_object_set_object_member (
      variables, "request",
      belfry_record_to_json (question->request->record, BELFRY_RECORD_JSON_NONE));
  json_object_set_int_member (variables, "now", belfry_time_to_seconds (belfry_clock_now_us ()));
  json_object_set_int_member (variables, "running", question->state->running);
  if (!belfry_expression_is_true (question->builder->keys->can_start, variables, &result, &error)) {
    local_log_error (question->local, "asking can-start", error);
    return FALSE;
  }
  return result;
}

/* TRUE: its locks are the request's now */
static gboolean
take_locks (const Question *question, const LocalWorker *worker, char **why)
{
  LocalRequest *request = question->request;
  Local *self = question->local;
  const LocalSet *set = request->set;
  const LocalContext context = { .config = self->config,
                                 .builder = question->builder,
                                 .worker = worker,
                                 .properties = set->record->properties,
                                 .stamps = set->record->sourcestamps,
                                 .changes = set->changes };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) uses = local_lock_uses_of_build (&context, &error);
  const char *blocking = NULL;

  if (uses == NULL) {
    *why = g_strdup (error->message);
    return FALSE;
  }
  if (uses->len == 0)
    return TRUE;
  if (request->locks_since == BELFRY_NONE)
    request->locks_since = local_locks_make_place (self->locks);
  if (local_locks_take (self->locks, request, uses, request->locks_since, &blocking)) {
    g_hash_table_remove (self->lock_waiters, request);
    return TRUE;
  }
  *why = g_strdup_printf ("waiting for lock %s", blocking);
  request->locks_pass = self->pass;
  g_hash_table_add (self->lock_waiters, request);
  return FALSE;
}

/* (nullable): why a request does not start there (transfer full) */
static char *
find_obstacle (const Question *question, const LocalWorker *worker)
{
  const LocalSlots *slots = local_slots (question->local, worker->name);
  const char *words = slots->closed;

  if (question->request->worker != NULL && !g_str_equal (question->request->worker, worker->name))
    words = "is not the one asked for";
  if (words == NULL && has_builder (slots, question->builder->builddir))
    words = "builds it already";
  if (words == NULL && question->builder->keys->can_start != NULL &&
      !ask_can_start (question, worker))
    words = "may not start it yet";
  return words != NULL ? g_strdup_printf ("worker %s %s", worker->name, words) : NULL;
}

static GArray *
list_places (Question *question)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (LocalPlace));
  LocalNextWorker by = question->builder->keys->next_worker;

  for (guint i = 0; i < question->builder->workers->len; i++) {
    LocalWorker *worker = g_ptr_array_index (question->builder->workers, i);
    const LocalSlots *slots = local_slots (question->local, worker->name);
    LocalPlace place = { worker->name, count_used (slots), worker->slots, i, worker };
    char *obstacle = find_obstacle (question, worker);

    if (obstacle == NULL) {
      g_array_append_val (places, place);
      continue;
    }
    g_free (question->why);
    question->why = obstacle;
  }
  if (by == LOCAL_WORKER_DEFAULT)
    by = question->local->config->keys->next_worker;
  local_places_sort (places, by, question->state->last_worker);
  return places;
}

/* (nullable): none; the locks are taken */
static LocalWorker *
find_worker (Question *question)
{
  g_autoptr (GArray) places = list_places (question);

  for (guint i = 0; i < places->len; i++) {
    LocalWorker *worker = g_array_index (places, LocalPlace, i).data;
    char *why = NULL;

    if (take_locks (question, worker, &why))
      return worker;
    g_free (question->why);
    question->why = why;
  }
  return NULL;
}

static gboolean
is_in_window (const LocalBuilder *builder)
{
  g_autoptr (GDateTime) now = NULL;

  if (builder->keys->start_window == NULL)
    return TRUE;
  now = g_date_time_new_now_local ();
  return local_windows_contain (builder->keys->start_window, now);
}

static gboolean
has_room (const LocalBuilder *builder, const LocalBuilderState *state)
{
  gint64 most =
      builder->keys->max_running > 0 ? builder->keys->max_running : (gint64)builder->workers->len;

  return (gint64)state->running < most;
}

/* Whether one that does not start tells that the others do not either. */
static gboolean
are_alike (const LocalBuilder *builder)
{
  return builder->keys->can_start == NULL && !builder->renders_locks;
}

/* Nothing begins any more but what a running build waits for: it would never end. */
static gboolean
starts_children_only (const Local *self)
{
  return self->stopping || self->shutting_down;
}

static gboolean
start_first (Question *question, gint64 now)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (question->state->waiting);

  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter)) {
    LocalWorker *worker = NULL;

    question->request = g_sequence_get (iter);
    if (question->request->not_before > now ||
        (starts_children_only (question->local) && !question->request->record->waited_for))
      continue;
    worker = find_worker (question);
    if (worker != NULL) {
      local_build_start (question->local, question->request, question->builder, worker);
      look_at_worker (question->local, worker);
      return TRUE;
    }
    if (are_alike (question->builder) && question->request->worker == NULL)
      break;
  }
  return FALSE;
}

/* Starts the first request that fits somewhere. */
static gboolean
start_one (Local *self, LocalBuilderState *state, gint64 now)
{
  LocalBuilder *builder = local_config_find_builder (self->config, state->name);
  Question question = { .local = self, .builder = builder, .state = state };
  gboolean started = FALSE;

  if (!is_in_window (builder))
    set_why (state, "outside of its start window");
  else if (!has_room (builder, state))
    set_why (state, "enough builds of it run");
  else {
    started = start_first (&question, now);
    set_why (state, started ? NULL : question.why);
  }
  g_free (question.why);
  return started;
}

static GArray *
make_queues (Local *self)
{
  GArray *queues = g_array_new (FALSE, FALSE, sizeof (LocalQueue));
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->builders);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    LocalBuilderState *state = value;
    LocalQueue queue = { state->name, 0, 0, state };

    if (g_sequence_is_empty (state->waiting) ||
        local_config_find_builder (self->config, state->name) == NULL)
      continue;
    queue.priority = ((LocalRequest *)g_sequence_get (g_sequence_get_begin_iter (state->waiting)))
                         ->record->priority;
    queue.oldest = ((LocalRequest *)g_sequence_get (g_sequence_get_begin_iter (state->by_age)))
                       ->record->submitted_at;
    g_array_append_val (queues, queue);
  }
  local_queues_sort (queues, self->config->keys->prioritize);
  return queues;
}

/* Requests that something else keeps from starting do not stand in line for locks. */
static gboolean
withdraw_others (Local *self)
{
  GHashTableIter iter;
  gpointer request = NULL;
  gboolean any = FALSE;

  g_hash_table_iter_init (&iter, self->lock_waiters);
  while (g_hash_table_iter_next (&iter, &request, NULL)) {
    if (((LocalRequest *)request)->locks_pass == self->pass)
      continue;
    local_locks_withdraw (self->locks, request);
    g_hash_table_iter_remove (&iter);
    any = TRUE;
  }
  return any;
}

static gboolean
may_start (const Local *self)
{
  return (!self->stopping || self->stop_wait_id != 0) && !self->giving_back && !self->pressed &&
         self->recovered;
}

/* One start of each builder at most. */
static gboolean
pass (Local *self)
{
  g_autoptr (GArray) queues = make_queues (self);
  gint64 now = g_get_monotonic_time ();
  gboolean started = FALSE;

  self->pass++;
  for (guint i = 0; i < self->config->workers->len; i++)
    look_at_worker (self, g_ptr_array_index (self->config->workers, i));
  for (guint i = 0; i < queues->len; i++)
    started = start_one (self, g_array_index (queues, LocalQueue, i).data, now) || started;
  if (withdraw_others (self))
    local_runs_take_locks (self);
  return started;
}

/* Parked builds get the slots that are free before requests do. */
static void
return_parked (Local *self)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    LocalSlots *slots = value;
    const LocalBuild *first = g_queue_peek_head (&slots->returning);

    while (first != NULL && count_used (slots) < first->worker->slots) {
      LocalBuild *build = g_queue_pop_head (&slots->returning);

      build->parked = FALSE;
      local_step_trigger_resume (build->run);
      first = g_queue_peek_head (&slots->returning);
    }
  }
}

static gboolean
is_anything_spare (Local *self)
{
  GHashTableIter iter;
  gpointer slots = NULL;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slots)) {
    if (((LocalSlots *)slots)->spare->len > 0)
      return TRUE;
  }
  return FALSE;
}

/* Whether the minutes matter. */
static gboolean
is_anything_there (Local *self)
{
  return g_hash_table_size (self->requests) > 0 || self->builds->len > 0 ||
         is_anything_spare (self);
}

static gboolean
run_round (gpointer data)
{
  Local *self = data;
  gboolean started = TRUE;

  self->round_id = 0;
  return_parked (self);
  local_runs_take_locks (self);
  /* after each pass the order is made anew: one start changes what fits */
  while (started && may_start (self))
    started = pass (self);
  local_tell_builders (self);
  if (self->minute_id == 0 && !self->stopping && is_anything_there (self))
    self->minute_id = g_timeout_add_seconds (MINUTE_SECONDS, local_on_minute, self);
  return G_SOURCE_REMOVE;
}

void
local_round_soon (Local *self)
{
  if (self->round_id == 0 && (!self->stopping || self->stop_wait_id != 0))
    self->round_id = g_idle_add_full (G_PRIORITY_DEFAULT, run_round, self, NULL);
}

/* (element-type gint64): waiting requests whose builder is not configured any more */
static GArray *
list_orphans (Local *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->builders);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const LocalBuilderState *state = value;
    GSequenceIter *place = g_sequence_get_begin_iter (state->waiting);

    for (; !g_sequence_iter_is_end (place); place = g_sequence_iter_next (place)) {
      LocalRequest *request = g_sequence_get (place);

      if (local_config_find_builder (self->config, state->name) == NULL)
        g_array_append_val (ids, request->record->buildrequestid);
      else if (request->orphan_since != BELFRY_NONE)
        request->orphan_since = BELFRY_NONE;
    }
  }
  return ids;
}

static void
cancel_late_orphan (Local *self, BelfryTransaction *transaction, gint64 id, gint64 now)
{
  LocalRequest *request = local_find_request (self, id);

  if (request == NULL)
    return;
  if (request->orphan_since == BELFRY_NONE)
    request->orphan_since = now;
  else if (now - request->orphan_since > ORPHAN_US)
    local_complete_request (self, transaction, request, BELFRY_RESULT_CANCELLED);
}

static void
cancel_orphans (Local *self)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GArray) orphans = list_orphans (self);

  for (guint i = 0; i < orphans->len; i++)
    cancel_late_orphan (self, transaction, g_array_index (orphans, gint64, i), now);
  if (belfry_transaction_get_length (transaction) > 0)
    belfry_engine_submit (self->instance, transaction);
  else
    belfry_transaction_free (transaction);
}

/* Runs only while something waits or is spare. */
gboolean
local_on_minute (gpointer data)
{
  Local *self = data;

  local_supervisors_trim (self);
  local_eta_tell (self);
  cancel_orphans (self);
  if (!is_anything_there (self)) {
    self->minute_id = 0;
    return G_SOURCE_REMOVE;
  }
  local_round_soon (self);
  return G_SOURCE_CONTINUE;
}
