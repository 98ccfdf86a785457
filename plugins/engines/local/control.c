/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people ask of the engine (§16 of the engine's page). Names are looked up, never joined to
 * paths; a call that comes twice is harmless and says so.
 */
#include "force.h"
#include "local.h"
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

typedef void (*ActionFunc) (Local *self, const BelfryControl *control, GTask *task);

/* Takes both. */
void
local_answer (GTask *task, BelfryControlAnswer *answer)
{
  g_task_return_pointer (task, answer, (GDestroyNotify)belfry_control_answer_free);
  g_object_unref (task);
}

/** Promise: an answer that is kept back until what it tells of is on disk */
typedef struct {
  Local *local;
  GTask *task;
  BelfryControlAnswer *answer;
} Promise;

static void
on_stored (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Promise *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  self->local->n_pending--;
  if (!belfry_engine_commit_finish (self->local->instance, result, &error)) {
    belfry_control_answer_free (self->answer);
    self->answer = belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "%s", error->message);
  }
  local_answer (self->task, self->answer);
  local_stop_step (self->local);
}

/* What was said is stored in its order: when nothing more is, all before it was. Whoever is told
 * that it is done finds it done, also after a kill. */
static void
answer_done (Local *self, GTask *task, const char *text, const char *what, gint64 count)
{
  JsonObject *data = json_object_new ();
  Promise *promise = g_new0 (Promise, 1);

  json_object_set_int_member (data, what, count);
  promise->local = self;
  promise->task = task;
  promise->answer = belfry_control_answer_new (BELFRY_CONTROL_DONE, data, "%s", text);
  self->n_pending++;
  belfry_engine_commit_async (self->instance, belfry_engine_begin (self->instance), NULL, on_stored,
                              promise);
}

static void
refuse (GTask *task, const char *what, const char *name)
{
  local_answer (task, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "%s '%s'", what,
                                                 name != NULL ? name : ""));
}

static const char *
get_reason (const BelfryControl *control)
{
  const char *reason =
      control->arguments != NULL ? belfry_json_get_text (control->arguments, "reason") : NULL;

  if (reason == NULL && control->arguments != NULL)
    reason = belfry_json_get_text (control->arguments, "comments");
  return reason != NULL && *reason != '\0' ? reason : control->who;
}

static gboolean
is_named (const BelfryControl *control, const char *builder)
{
  JsonArray *names =
      control->arguments != NULL ? belfry_json_get_array (control->arguments, "builders") : NULL;

  if (control->builder != NULL)
    return g_str_equal (control->builder, builder);
  if (names == NULL)
    return TRUE;
  for (guint i = 0; i < json_array_get_length (names); i++) {
    if (g_strcmp0 (json_array_get_string_element (names, i), builder) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
stop_one (Local *self, const BelfryControl *control, GTask *task)
{
  LocalBuild *build = local_find_build (self, control->id);

  if (build == NULL) {
    local_answer_absent (self, task, belfry_build_get_type (), "build", control->id);
    return;
  }
  local_build_stop (build, LOCAL_CAUSE_STOPPED, get_reason (control), control->who);
  answer_done (self, task, "stopping", "builds", 1);
}

/* One by its id, or all of the builders named. */
static void
do_stop (Local *self, const BelfryControl *control, GTask *task)
{
  guint stopped = 0;

  if (control->id != BELFRY_NONE) {
    stop_one (self, control, task);
    return;
  }
  /* from the end: a build that waits for nothing may leave the list at once */
  for (guint i = self->builds->len; i > 0; i--) {
    LocalBuild *build = g_ptr_array_index (self->builds, i - 1);

    if (!is_named (control, build->builder->name))
      continue;
    local_build_stop (build, LOCAL_CAUSE_STOPPED, get_reason (control), control->who);
    stopped++;
  }
  answer_done (self, task, stopped > 0 ? "stopping" : "nothing runs", "builds", stopped);
}

static gboolean
contains_change (const LocalRequest *request, gint64 id)
{
  for (guint i = 0; i < request->set->changes->len; i++) {
    if (belfry_record_get_id (g_ptr_array_index (request->set->changes, i)) == id)
      return TRUE;
  }
  return FALSE;
}

/* Completes unclaimed requests; returns how many. @change: those with that change only, or
 * BELFRY_NONE */
static guint
cancel_waiting (Local *self, const BelfryControl *control, gint64 change)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);
  g_autoptr (GPtrArray) requests = local_list_requests (self);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint cancelled = 0;

  for (guint i = 0; i < requests->len; i++) {
    const LocalRequest *request = g_ptr_array_index (requests, i);

    if (request->build == NULL && is_named (control, request->builder) &&
        (change == BELFRY_NONE || contains_change (request, change)))
      g_array_append_val (ids, request->record->buildrequestid);
  }
  /* each completion may complete others */
  for (guint i = 0; i < ids->len; i++) {
    LocalRequest *request = local_find_request (self, g_array_index (ids, gint64, i));

    if (request == NULL)
      continue;
    local_complete_request (self, transaction, request, BELFRY_RESULT_CANCELLED);
    cancelled++;
  }
  belfry_engine_submit (self->instance, transaction);
  return cancelled;
}

static void
cancel_one (Local *self, const BelfryControl *control, GTask *task)
{
  LocalRequest *request = local_find_request (self, control->id);
  BelfryTransaction *transaction = NULL;

  if (request == NULL) {
    local_answer_absent (self, task, belfry_build_request_get_type (), "request", control->id);
    return;
  }
  if (request->build != NULL) {
    local_build_stop (request->build, LOCAL_CAUSE_STOPPED, get_reason (control), control->who);
    answer_done (self, task, "stopping its build", "requests", 1);
    return;
  }
  transaction = belfry_engine_begin (self->instance);
  local_complete_request (self, transaction, request, BELFRY_RESULT_CANCELLED);
  belfry_engine_submit (self->instance, transaction);
  answer_done (self, task, "cancelled", "requests", 1);
}

/* One by its id, or all that wait of the builders named. */
static void
do_cancel (Local *self, const BelfryControl *control, GTask *task)
{
  guint cancelled = 0;

  if (control->id != BELFRY_NONE) {
    cancel_one (self, control, task);
    return;
  }
  cancelled = cancel_waiting (self, control, BELFRY_NONE);
  local_round_soon (self);
  answer_done (self, task, cancelled > 0 ? "cancelled" : "nothing waits", "requests", cancelled);
}

static void
do_stop_change (Local *self, const BelfryControl *control, GTask *task)
{
  guint cancelled = cancel_waiting (self, control, control->id);

  local_round_soon (self);
  answer_done (self, task, cancelled > 0 ? "cancelled" : "nothing waits", "requests", cancelled);
}

static LocalSlots *
find_slots (Local *self, const BelfryControl *control)
{
  return local_config_find_worker (self->config, control->worker) != NULL
             ? local_slots (self, control->worker)
             : NULL;
}

static void
set_worker (
    Local *self, const BelfryControl *control, GTask *task, gboolean paused, gboolean graceful)
{
  LocalSlots *slots = find_slots (self, control);
  const char *event = !paused ? "worker-unpaused" : graceful ? "worker-graceful" : "worker-paused";

  if (slots == NULL) {
    refuse (task, "there is no worker", control->worker);
    return;
  }
  if (slots->paused != paused || slots->graceful != graceful) {
    slots->paused = paused;
    slots->graceful = graceful;
    local_slots_store (self, slots, event, control->who);
    local_round_soon (self);
  }
  answer_done (self, task,
               !paused    ? "takes builds"
               : graceful ? "stops when its builds end"
                          : "paused",
               "builds", slots->builds->len);
}

/* Why what waits does not start, by builder. */
static void
do_queue (Local *self, const BelfryControl *control, GTask *task)
{
  JsonObject *data = json_object_new ();

  for (guint i = 0; i < self->config->builders->len; i++) {
    const char *name = ((LocalBuilder *)g_ptr_array_index (self->config->builders, i))->name;
    const LocalBuilderState *state = local_builder_state (self, name);

    if (!g_sequence_is_empty (state->waiting) && is_named (control, name))
      json_object_set_string_member (data, name,
                                     state->why != NULL    ? state->why
                                     : self->shutting_down ? "no builds are started"
                                                           : "");
  }
  local_answer (task, belfry_control_answer_new (BELFRY_CONTROL_DONE, data, "what waits"));
}

/* Of each scheduler that will fire unless something comes between: when. */
static void
do_moments (Local *self, const BelfryControl *control, GTask *task)
{
  JsonObject *data = json_object_new ();

  (void)control;
  for (guint i = 0; i < self->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (self->config->schedulers, i);
    gint64 moment = local_scheduler_next (self, scheduler);

    if (moment != BELFRY_NONE)
      json_object_set_int_member (data, scheduler->name, belfry_time_to_seconds (moment));
  }
  local_answer (task, belfry_control_answer_new (BELFRY_CONTROL_DONE, data, "when they fire"));
}

static void
do_pause (Local *self, const BelfryControl *control, GTask *task)
{
  LocalSlots *slots = find_slots (self, control);

  set_worker (self, control, task, TRUE, slots != NULL && slots->graceful);
}

static void
do_unpause (Local *self, const BelfryControl *control, GTask *task)
{
  set_worker (self, control, task, FALSE, FALSE);
}

static void
do_graceful (Local *self, const BelfryControl *control, GTask *task)
{
  set_worker (self, control, task, TRUE, TRUE);
}

static void
tell_host (Local *self, const char *event, const BelfryControl *control)
{
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "who", control->who != NULL ? control->who : "");
  json_object_set_int_member (data, "running", self->builds->len);
  belfry_transaction_event (transaction, event, BELFRY_NONE, BELFRY_NONE, data);
  belfry_engine_submit (self->instance, transaction);
}

/* Running builds are tried again by whoever starts next. */
static void
give_back (Local *self, gboolean hurry)
{
  self->giving_back = TRUE;
  for (guint i = self->builds->len; i > 0; i--) {
    LocalBuild *build = g_ptr_array_index (self->builds, i - 1);

    local_build_stop (build, LOCAL_CAUSE_HOST_STOPPED, "host stopped", NULL);
    if (hurry)
      local_build_stop (build, LOCAL_CAUSE_HOST_STOPPED, "host stopped", NULL);
  }
}

/* `mode`: finish (what runs ends by itself), retry (it is ended, and tried again after the next
 * start), now (the same, with KILL at once) */
static void
do_shutdown (Local *self, const BelfryControl *control, GTask *task)
{
  const char *mode =
      control->arguments != NULL ? belfry_json_get_text (control->arguments, "mode") : NULL;

  if (mode != NULL && !g_str_equal (mode, "finish") && !g_str_equal (mode, "retry") &&
      !g_str_equal (mode, "now")) {
    refuse (task, "a shutdown is finish, retry or now, not", mode);
    return;
  }
  if (!self->shutting_down)
    tell_host (self, "host-shutting-down", control);
  self->shutting_down = TRUE;
  if (mode != NULL && !g_str_equal (mode, "finish"))
    give_back (self, g_str_equal (mode, "now"));
  answer_done (self, task, self->builds->len > 0 ? "no more builds are started" : "no builds run",
               "running", self->builds->len);
}

static void
do_cancel_shutdown (Local *self, const BelfryControl *control, GTask *task)
{
  if (self->shutting_down)
    tell_host (self, "host-shutdown-cancelled", control);
  self->shutting_down = FALSE;
  self->giving_back = FALSE;
  local_round_soon (self);
  answer_done (self, task, "builds are started again", "running", self->builds->len);
}

static void
set_scheduler (Local *self, const BelfryControl *control, GTask *task, gboolean enabled)
{
  const LocalScheduler *scheduler = local_config_find_scheduler (self->config, control->scheduler);
  LocalSchedulerState *state = NULL;
  BelfryTransaction *transaction = NULL;

  if (scheduler == NULL) {
    refuse (task, "there is no scheduler", control->scheduler);
    return;
  }
  state = local_scheduler_state (self, scheduler);
  /* what came while it was off is not made up for */
  if (enabled && !state->enabled)
    local_timed_begin (self, scheduler, TRUE);
  state->enabled = enabled;
  transaction = belfry_engine_begin (self->instance);
  local_scheduler_store (self, transaction, state);
  belfry_engine_submit (self->instance, transaction);
  local_schedulers_arm (self);
  answer_done (self, task, enabled ? "enabled" : "disabled", "enabled", enabled);
}

/* As if it were due; its rhythm stays. */
static void
do_run_now (Local *self, const BelfryControl *control, GTask *task)
{
  const LocalScheduler *scheduler = local_config_find_scheduler (self->config, control->scheduler);
  BelfryTransaction *transaction = NULL;
  g_autoptr (GPtrArray) sets = NULL;

  if (scheduler == NULL) {
    refuse (task, "there is no scheduler", control->scheduler);
    return;
  }
  if (!local_is_timed (scheduler) || !local_scheduler_state (self, scheduler)->enabled) {
    local_answer (task, belfry_control_answer_new (
                            BELFRY_CONTROL_REFUSED, NULL, "scheduler '%s' %s", scheduler->name,
                            local_is_timed (scheduler) ? "is disabled" : "has no moments"));
    return;
  }
  transaction = belfry_engine_begin (self->instance);
  sets = local_timed_run_now (self, transaction, scheduler);
  belfry_engine_submit (self->instance, transaction);
  if (sets->len == 0)
    local_answer (task,
                  belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "nothing has changed"));
  else
    answer_done (self, task, "build requested", "bsid",
                 ((LocalSet *)g_ptr_array_index (sets, 0))->record->bsid);
}

static void
do_enable (Local *self, const BelfryControl *control, GTask *task)
{
  set_scheduler (self, control, task, TRUE);
}

static void
do_disable (Local *self, const BelfryControl *control, GTask *task)
{
  set_scheduler (self, control, task, FALSE);
}

/* A folder that can be written, space in it, and a supervisor that can be had. */
static char *
look_at_worker (Local *self, const LocalWorker *worker)
{
  LocalSlots *slots = local_slots (self, worker->name);
  LocalSupervisor *supervisor = NULL;
  struct statvfs info = { 0 };
  g_autoptr (GError) error = NULL;

  if (!local_worker_look (self, worker, slots))
    return g_strdup ("its folder cannot be written");
  if (statvfs (worker->directory, &info) == 0 &&
      (gint64)info.f_bavail * (gint64)info.f_frsize < self->config->keys->min_free)
    return g_strdup ("not enough free disk space");
  supervisor = local_supervisor_take (self, slots, &error);
  if (supervisor == NULL)
    return g_strdup (error->message);
  local_supervisor_give_back (supervisor, slots);
  return g_strdup ("ok");
}

/* A second signal while it stops: KILL at once. */
static void
do_hurry (Local *self, const BelfryControl *control, GTask *task)
{
  (void)control;
  for (guint i = self->builds->len; i > 0; i--) {
    LocalBuild *build = g_ptr_array_index (self->builds, i - 1);

    local_build_stop (build, LOCAL_CAUSE_HOST_STOPPED, "host stopped", NULL);
    local_build_stop (build, LOCAL_CAUSE_HOST_STOPPED, "host stopped", NULL);
  }
  answer_done (self, task, "hurrying", "running", self->builds->len);
}

static void
do_ping (Local *self, const BelfryControl *control, GTask *task)
{
  const LocalBuilder *builder = local_config_find_builder (self->config, control->builder);
  BelfryTransaction *transaction = NULL;
  JsonObject *data = NULL;

  if (builder == NULL) {
    refuse (task, "there is no builder", control->builder);
    return;
  }
  data = json_object_new ();
  transaction = belfry_engine_begin (self->instance);
  for (guint i = 0; i < builder->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (builder->workers, i);
    g_autofree char *answer = look_at_worker (self, worker);

    g_autofree char *words = g_strdup_printf ("%s: %s", worker->name, answer);

    json_object_set_string_member (data, worker->name, answer);
    local_builder_event (self, transaction, builder->name, "ping", words);
  }
  belfry_engine_submit (self->instance, transaction);
  local_answer (task, belfry_control_answer_new (BELFRY_CONTROL_DONE, data, "pinged"));
}

static const struct {
  const char *name;
  ActionFunc func;
} actions[] = {
  { "cancel", do_cancel },
  { "cancel-shutdown", do_cancel_shutdown },
  { "disable", do_disable },
  { "enable", do_enable },
  { "force", local_control_force },
  { "graceful", do_graceful },
  { "hurry", do_hurry },
  { "moments", do_moments },
  { "pause", do_pause },
  { "ping", do_ping },
  { "queue", do_queue },
  { "rebuild", local_control_rebuild },
  { "run-now", do_run_now },
  { "shutdown", do_shutdown },
  { "stop", do_stop },
  { "stop-change", do_stop_change },
  { "unpause", do_unpause },
};

void
local_control (gpointer data, const BelfryControl *control, GTask *task)
{
  Local *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    if (!g_str_equal (actions[i].name, control->action))
      continue;
    if (self->recovered && (!self->stopping || actions[i].func == do_hurry))
      actions[i].func (self, control, task);
    else
      local_answer (task,
                    belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "the engine is %s",
                                               self->stopping ? "stopping" : "starting"));
    return;
  }
  local_answer (task, belfry_control_answer_new (BELFRY_CONTROL_UNSUPPORTED, NULL,
                                                 "'%s' is nothing that this engine can do",
                                                 control->action));
}

JsonArray *
local_list_forms (gpointer data, const char *builder)
{
  Local *self = data;
  JsonArray *forms = json_array_new ();

  for (guint i = 0; self->config != NULL && i < self->config->forms->len; i++) {
    const LocalForm *form = g_ptr_array_index (self->config->forms, i);

    if (builder == NULL || local_form_feeds (form, builder))
      json_array_add_object_element (forms, local_form_describe (form));
  }
  return forms;
}
