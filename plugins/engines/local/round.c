/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scheduling rounds (§11.3 of the engine's page): builders in order, one start each, until nothing
 * fits. A round runs when something changed and, while requests wait, each minute. Why a request
 * waits is kept.
 */
#include "choose.h"
#include "local.h"
#include "window.h"
#include <sys/statvfs.h>

#define ORPHAN_US      (G_TIME_SPAN_HOUR)
#define MINUTE_SECONDS 60

typedef struct {
  Local *local;
  LocalBuilder *builder;
  LocalRequest *request;
} Question;

static guint
count_running (const Local *self, const char *builder)
{
  guint count = 0;

  for (guint i = 0; i < self->builds->len; i++) {
    const LocalBuild *build = g_ptr_array_index (self->builds, i);

    count += g_str_equal (build->builder->name, builder) ? 1 : 0;
  }
  return count;
}

static void
set_why (LocalRequest *request, const char *format, const char *name)
{
  g_free (request->why);
  request->why = g_strdup_printf ("%s%s", format, name);
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

static gboolean
has_space (const Local *self, const LocalWorker *worker)
{
  struct statvfs info = { 0 };

  if (self->config->keys->min_free <= 0 || statvfs (worker->directory, &info) != 0)
    return TRUE;
  return (gint64)info.f_bavail * (gint64)info.f_frsize >= self->config->keys->min_free;
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
  json_object_set_int_member (variables, "running",
                              count_running (question->local, question->builder->name));
  if (!belfry_expression_is_true (question->builder->keys->can_start, variables, &result, &error)) {
    local_log_error (question->local, "asking can-start", error);
    return FALSE;
  }
  return result;
}

static gboolean
worker_fits (const Question *question, const LocalWorker *worker)
{
  Local *self = question->local;
  LocalSlots *slots = local_slots (self, worker->name);
  const char *why = NULL;

  if (slots->paused)
    why = "is paused";
  else if (slots->offline)
    why = "is offline";
  else if (slots->builds->len >= worker->slots)
    why = "has no free slot";
  else if (has_builder (slots, question->builder->builddir))
    why = "builds it already";
  else if (!has_space (self, worker))
    why = "has not enough free disk space";
  else if (question->builder->keys->can_start != NULL && !ask_can_start (question, worker))
    why = "may not start it yet";
  if (why == NULL)
    return TRUE;
  g_free (question->request->why);
  question->request->why = g_strdup_printf ("worker %s %s", worker->name, why);
  return FALSE;
}

static LocalWorker *
find_worker (const Question *question)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (LocalPlace));
  const LocalBuilderState *state = local_builder_state (question->local, question->builder->name);
  LocalNextWorker by = question->builder->keys->next_worker;

  for (guint i = 0; i < question->builder->workers->len; i++) {
    LocalWorker *worker = g_ptr_array_index (question->builder->workers, i);
    LocalPlace place = { worker->name, local_slots (question->local, worker->name)->builds->len,
                         worker->slots, i, worker };

    if (worker_fits (question, worker))
      g_array_append_val (places, place);
  }
  if (places->len == 0)
    return NULL;
  if (by == LOCAL_WORKER_DEFAULT)
    by = question->local->config->keys->next_worker;
  local_places_sort (places, by, state->last_worker);
  return g_array_index (places, LocalPlace, 0).data;
}

static gboolean
is_in_window (const LocalBuilder *builder)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  return builder->keys->start_window == NULL ||
         local_windows_contain (builder->keys->start_window, now);
}

static gboolean
has_room (Local *self, const LocalBuilder *builder)
{
  gint64 most =
      builder->keys->max_running > 0 ? builder->keys->max_running : (gint64)builder->workers->len;

  return (gint64)count_running (self, builder->name) < most;
}

/* Starts the first request that fits somewhere. */
static gboolean
start_one (Local *self, const LocalQueue *queue)
{
  LocalBuilder *builder = queue->data;
  gboolean window = is_in_window (builder);
  gboolean room = has_room (self, builder);

  for (guint i = 0; i < queue->waiting->len; i++) {
    LocalRequest *request = g_array_index (queue->waiting, LocalWaiting, i).data;
    const Question question = { self, builder, request };
    LocalWorker *worker = NULL;

    if (!window || !room) {
      set_why (request, window ? "enough builds of it run" : "outside of its start window", "");
      continue;
    }
    worker = find_worker (&question);
    if (worker == NULL)
      continue;
    local_build_start (self, request, builder, worker);
    return TRUE;
  }
  return FALSE;
}

static GArray *
find_queue (GArray *queues, LocalBuilder *builder)
{
  LocalQueue queue = { builder->name, NULL, builder };

  for (guint i = 0; i < queues->len; i++) {
    if (g_array_index (queues, LocalQueue, i).data == builder)
      return g_array_index (queues, LocalQueue, i).waiting;
  }
  queue.waiting = g_array_new (FALSE, FALSE, sizeof (LocalWaiting));
  g_array_append_val (queues, queue);
  return queue.waiting;
}

static void
free_queue (gpointer data)
{
  g_array_unref (((LocalQueue *)data)->waiting);
}

static GArray *
make_queues (Local *self)
{
  GArray *queues = g_array_new (FALSE, FALSE, sizeof (LocalQueue));
  gint64 now = g_get_monotonic_time ();

  g_array_set_clear_func (queues, free_queue);
  for (guint i = 0; i < self->requests->len; i++) {
    LocalRequest *request = g_ptr_array_index (self->requests, i);
    LocalBuilder *builder = local_config_find_builder (self->config, request->builder);
    LocalWaiting waiting = { request->record->priority, request->record->submitted_at,
                             request->record->buildrequestid, request };

    if (request->build != NULL || builder == NULL || request->not_before > now)
      continue;
    g_array_append_val (find_queue (queues, builder), waiting);
  }
  for (guint i = 0; i < queues->len; i++) {
    const LocalQueue *queue = &g_array_index (queues, LocalQueue, i);

    local_queue_sort (queue->waiting, ((LocalBuilder *)queue->data)->keys->newest_first);
  }
  local_queues_sort (queues, self->config->keys->prioritize);
  return queues;
}

static gboolean
run_round (gpointer data)
{
  Local *self = data;
  gboolean started = TRUE;

  self->round_id = 0;
  /* after each pass the order is made anew: one start changes what fits */
  while (started && !self->stopping && !self->shutting_down && !self->pressed && self->recovered) {
    g_autoptr (GArray) queues = make_queues (self);

    started = FALSE;
    for (guint i = 0; i < queues->len; i++)
      started = start_one (self, &g_array_index (queues, LocalQueue, i)) || started;
  }
  if (self->minute_id == 0 && !self->stopping)
    self->minute_id = g_timeout_add_seconds (MINUTE_SECONDS, local_on_minute, self);
  return G_SOURCE_REMOVE;
}

void
local_round_soon (Local *self)
{
  if (self->round_id == 0 && !self->stopping)
    self->round_id = g_idle_add_full (G_PRIORITY_DEFAULT, run_round, self, NULL);
}

static void
cancel_orphans (Local *self)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);
  gint64 now = g_get_monotonic_time ();

  for (guint i = self->requests->len; i > 0; i--) {
    LocalRequest *request = g_ptr_array_index (self->requests, i - 1);

    if (request->build != NULL ||
        local_config_find_builder (self->config, request->builder) != NULL)
      request->orphan_since = BELFRY_NONE;
    else if (request->orphan_since == BELFRY_NONE)
      request->orphan_since = now;
    else if (now - request->orphan_since > ORPHAN_US)
      local_complete_request (self, transaction, request, BELFRY_RESULT_CANCELLED);
  }
  if (belfry_transaction_get_length (transaction) > 0)
    belfry_engine_submit (self->instance, transaction);
  else
    belfry_transaction_free (transaction);
}

static gboolean
is_anything_spare (Local *self)
{
  GHashTableIter iter;
  gpointer slots = NULL;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slots)) {
    if (((LocalSlots *)slots)->spare->len > 0 || ((LocalSlots *)slots)->offline)
      return TRUE;
  }
  return FALSE;
}

/* Runs only while something waits, is spare or is offline. */
gboolean
local_on_minute (gpointer data)
{
  Local *self = data;

  local_supervisors_trim (self);
  for (guint i = 0; i < self->config->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (self->config->workers, i);
    LocalSlots *slots = local_slots (self, worker->name);

    if (slots->offline)
      local_worker_look (self, worker, slots);
  }
  cancel_orphans (self);
  if (self->requests->len == 0 && self->builds->len == 0 && !is_anything_spare (self)) {
    self->minute_id = 0;
    return G_SOURCE_REMOVE;
  }
  local_round_soon (self);
  return G_SOURCE_CONTINUE;
}
