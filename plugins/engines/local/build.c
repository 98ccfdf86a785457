/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A build's life: claimed and added in one transaction, which alone is waited for; then its folder,
 * its steps one after the other, and its end, which also completes its request or gives it back.
 * What is said in between is gathered and submitted in one piece before a process starts and at the
 * end.
 */
#include "local.h"
#include "properties.h"
#include "result.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FAILED_CLAIM_REST_US (5 * G_USEC_PER_SEC)

static void advance (LocalBuild *self);

static void
build_free (LocalBuild *self)
{
  g_clear_handle_id (&self->max_time_id, g_source_remove);
  g_clear_handle_id (&self->always_id, g_source_remove);
  g_clear_pointer (&self->said, belfry_transaction_free);
  belfry_record_unref (self->record);
  local_set_unref (self->set);
  g_hash_table_unref (self->step_names);
  g_ptr_array_unref (self->counting);
  g_ptr_array_unref (self->dropped);
  local_masks_free (self->masks);
  g_free (self->folder);
  g_free (self->temporary);
  g_free (self->cgroup);
  g_free (self->memory_group);
  g_free (self->cause_text);
  local_config_unref (self->config);
  g_free (self);
}

LocalBuild *
local_find_build (Local *self, gint64 id)
{
  for (guint i = 0; i < self->builds->len; i++) {
    LocalBuild *build = g_ptr_array_index (self->builds, i);

    if (build->record->buildid == id)
      return build;
  }
  return NULL;
}

BelfryTransaction *
local_build_say (LocalBuild *self)
{
  if (self->said == NULL)
    self->said = belfry_engine_begin (self->local->instance);
  return self->said;
}

void
local_build_flush (LocalBuild *self)
{
  if (self->said != NULL)
    belfry_engine_submit (self->local->instance, g_steal_pointer (&self->said));
}

void
local_build_set_property (LocalBuild *self, const char *name, JsonNode *value, const char *source)
{
  value = local_masks_apply_node (self->masks, value);
  if (g_str_equal (name, "got_revision") && JSON_NODE_HOLDS_VALUE (value))
    belfry_record_set_text (&self->record->revision, json_node_get_string (value));
  belfry_properties_take (self->record->properties, name, value, source);
  belfry_transaction_update_build (local_build_say (self), self->record);
}

static void
set_text (BelfryProperties *properties, const char *name, const char *value, const char *source)
{
  belfry_properties_take (
      properties, name,
      value != NULL ? belfry_json_new_text (value) : json_node_new (JSON_NODE_NULL), source);
}

static void
set_people (LocalBuild *self)
{
  BelfryProperties *properties = self->record->properties;
  g_auto (GStrv) people =
      local_people (self->set->changes, self->set->record->sourcestamps, properties);
  JsonArray *list = NULL;
  JsonNode *node = NULL;

  if (*people == NULL)
    return;
  list = json_array_new ();
  for (guint i = 0; people[i] != NULL; i++)
    json_array_add_string_element (list, people[i]);
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, list);
  belfry_properties_take (properties, "owners", node, "Build");
}

static void
make_properties (LocalBuild *self)
{
  const LocalWorkerKeys *worker = self->worker->keys;
  GPtrArray *stamps = self->set->record->sourcestamps;
  const LocalPropertySources sources = { self->config->keys->properties,
                                         self->set->changes,
                                         self->set->record->properties,
                                         self->builder->keys->properties,
                                         self->builder->keys->matrix,
                                         self->builder->keys->default_properties,
                                         worker != NULL ? worker->properties : NULL };
  BelfryProperties *properties = local_properties_merge (&sources, self->dropped);

  belfry_properties_set_text (properties, "buildername", self->builder->name, "Builder");
  belfry_properties_set_integer (properties, "buildnumber", self->record->number, "Build");
  belfry_properties_set_integer (properties, "buildid", self->record->buildid, "Build");
  belfry_properties_set_text (properties, "workername", self->worker->name, "Worker");
  belfry_properties_set_text (properties, "builddir", self->folder, "Worker");
  if (stamps->len == 1) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, 0);

    set_text (properties, "branch", stamp->branch, "Build");
    set_text (properties, "revision", stamp->revision, "Build");
    set_text (properties, "repository", stamp->repository, "Build");
    set_text (properties, "project", stamp->project, "Build");
    set_text (properties, "codebase", stamp->codebase, "Build");
    belfry_record_set_text (&self->record->branch, stamp->branch);
    belfry_record_set_text (&self->record->revision, stamp->revision);
  }
  g_clear_pointer (&self->record->properties, belfry_properties_free);
  self->record->properties = properties;
  set_people (self);
}

static void
make_record (LocalBuild *self)
{
  Local *local = self->local;
  BelfryBuild *record = belfry_build_new ();

  record->buildid = belfry_engine_next_id (local->instance, BELFRY_ID_BUILD);
  record->builderid = local_builder_state (local, self->builder->name)->builderid;
  record->number = belfry_engine_next_build_number (local->instance, record->builderid);
  record->buildrequestid = self->request->record->buildrequestid;
  record->workerid = self->slots->workerid;
  record->masterid = 1;
  record->started_at = belfry_clock_now_us ();
  record->complete_at = BELFRY_NONE;
  record->results = BELFRY_NONE;
  record->bsid = self->set->record->bsid;
  belfry_record_set_text (&record->state_string, "starting");
  belfry_record_set_text (&record->scheduler, self->set->record->scheduler);
  self->record = record;
  make_properties (self);
}

static LocalBuild *
build_new (Local *local, LocalRequest *request, LocalBuilder *builder, LocalWorker *worker)
{
  LocalBuild *self = g_new0 (LocalBuild, 1);

  self->local = local;
  self->config = local_config_ref (local->config);
  self->builder = builder;
  self->worker = worker;
  self->slots = local_slots (local, worker->name);
  self->request = request;
  self->set = local_set_ref (request->set);
  self->step_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->counting = g_ptr_array_new_with_free_func (g_free);
  self->dropped = g_ptr_array_new_with_free_func (g_free);
  self->masks = local_masks_new ();
  self->folder = g_build_filename (worker->directory, builder->builddir, NULL);
  self->always_until = BELFRY_NONE;
  self->result = BELFRY_RESULT_SUCCESS;
  make_record (self);
  self->temporary =
      g_strdup_printf ("%s/.tmp/%" G_GINT64_FORMAT, self->config->directory, self->record->buildid);
  return self;
}

/* leaving */

static void
on_removed (GObject *source, GAsyncResult *result, gpointer data)
{
  Local *local = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!local_tree_remove_finish (result, &error))
    local_log_error (local, "cleaning up", error);
  local->n_pending--;
  local_stop_step (local);
}

static void
remove_later (Local *local, const char *path)
{
  local->n_pending++;
  local_tree_remove_async (path, NULL, on_removed, local);
}

/* The supervisor's time is over with its scope. */
static void
leave_scope (LocalBuild *self)
{
  if (!self->scoped)
    return;
  if (self->supervisor != NULL)
    local_supervisor_close (g_steal_pointer (&self->supervisor));
  local_scopes_end (self->local->scopes, self->record->buildid);
}

static void
leave (LocalBuild *self)
{
  Local *local = self->local;

  leave_scope (self);
  local_supervisor_give_back (g_steal_pointer (&self->supervisor), self->slots);
  local_locks_release (local->locks, self);
  local_builder_state (local, self->builder->name)->running--;
  g_ptr_array_remove_fast (self->slots->builds, self);
  g_ptr_array_remove (local->builds, self);
  if (self->cgroup != NULL)
    local_cgroups_remove (local->cgroups, self->cgroup);
  if (g_rmdir (self->temporary) != 0 && g_file_test (self->temporary, G_FILE_TEST_IS_DIR))
    remove_later (local, self->temporary);
  build_free (self);
  local_round_soon (local);
  local_stop_step (local);
}

static gint64
result_of_cause (const LocalBuild *self)
{
  switch (self->cause) {
  case LOCAL_CAUSE_STOPPED:
    return BELFRY_RESULT_CANCELLED;
  case LOCAL_CAUSE_BUILD_TIME:
    return BELFRY_RESULT_FAILURE;
  case LOCAL_CAUSE_HOST_STOPPED:
    return self->config->keys->on_stop == LOCAL_ON_STOP_CANCEL && !self->local->giving_back
               ? BELFRY_RESULT_CANCELLED
               : BELFRY_RESULT_RETRY;
  case LOCAL_CAUSE_NONE:
  case LOCAL_CAUSE_TIMEOUT:
  case LOCAL_CAUSE_MAX_TIME:
  case LOCAL_CAUSE_MAX_LOG:
  case LOCAL_CAUSE_MAX_LINES:
    break;
  }
  return self->result;
}

/* The request goes with its build, or, for a retry, back into the queue with its place kept. */
static void
release_request (LocalBuild *self)
{
  BelfryTransaction *transaction = local_build_say (self);
  LocalRequest *request = self->request;
  BelfryBuildRequest *record = request->record;

  if (self->record->results != BELFRY_RESULT_RETRY) {
    local_complete_request (self->local, transaction, request, self->record->results);
    return;
  }
  if (self->cause != LOCAL_CAUSE_HOST_STOPPED)
    record->retries++;
  request->build = NULL;
  record->claimed = FALSE;
  local_request_wait (self->local, request);
  belfry_transaction_unclaim (transaction, record->buildrequestid, record->retries);
}

static void
finish (LocalBuild *self)
{
  BelfryBuild *record = self->record;
  gint64 result = result_of_cause (self);
  const char *reason = self->cause_text;
  g_autofree char *text = NULL;

  if (result == BELFRY_RESULT_RETRY && self->cause == LOCAL_CAUSE_NONE &&
      self->request->record->retries >= self->config->keys->max_retries)
    result = BELFRY_RESULT_EXCEPTION;
  if (result == BELFRY_RESULT_RETRY && reason == NULL)
    reason = "lost supervisor";
  text = local_build_text (result, reason, self->counting);
  record->results = result;
  record->complete = TRUE;
  record->complete_at = belfry_clock_now_us ();
  belfry_record_set_text (&record->state_string, text);
  belfry_transaction_finish_build (local_build_say (self), record);
  local_trigger_build_ended (self);
  local_eta_end (local_builder_state (self->local, self->builder->name), record);
  release_request (self);
  local_build_flush (self);
  belfry_engine_forget_secrets (self->local->instance, record->buildid);
  if (result == BELFRY_RESULT_SUCCESS &&
      self->builder->keys->clean_workdir == LOCAL_CLEAN_AFTER_SUCCESS &&
      belfry_rendered_is_literal (self->builder->keys->workdir)) {
    g_autofree char *path = g_build_filename (
        self->folder, belfry_rendered_get_source (self->builder->keys->workdir), NULL);

    remove_later (self->local, path);
  }
  leave (self);
}

/* steps */

static gboolean
is_to_run (const LocalBuild *self, const LocalStep *step)
{
  if (self->cause == LOCAL_CAUSE_HOST_STOPPED || self->result == BELFRY_RESULT_RETRY)
    return FALSE;
  if (self->cause == LOCAL_CAUSE_NONE && !self->halted)
    return TRUE;
  if (!step->keys->always_run)
    return FALSE;
  return self->always_until == BELFRY_NONE || g_get_monotonic_time () < self->always_until;
}

static void
advance (LocalBuild *self)
{
  while (self->next_step < self->builder->steps->len) {
    const LocalStep *step = g_ptr_array_index (self->builder->steps, self->next_step++);

    if (!is_to_run (self, step))
      continue;
    local_run_start (self, step);
    return;
  }
  finish (self);
}

static gboolean
on_advance (gpointer data)
{
  advance (data);
  return G_SOURCE_REMOVE;
}

/* The next step begins from the main loop, so that no chain of short steps grows the stack. */
void
local_build_step_ended (LocalBuild *self, const LocalRun *run, gint64 result)
{
  const LocalStepKeys *keys = run->step->keys;
  gint64 contribution = local_result_contribution (keys, result);

  self->run = NULL;
  if (result != BELFRY_RESULT_SKIPPED)
    self->result = belfry_result_worst (self->result, contribution);
  if ((keys->update_build_summary & (1u << result)) != 0)
    g_ptr_array_add (self->counting, g_strdup (run->record->name));
  if (local_result_ends_build (keys, result, run->step->halts))
    self->halted = TRUE;
  g_idle_add_full (G_PRIORITY_DEFAULT, on_advance, self, NULL);
}

static gboolean
on_max_time (gpointer data)
{
  LocalBuild *self = data;
  g_autofree char *limit = belfry_format_duration (self->builder->keys->max_time);
  g_autofree char *text = g_strdup_printf ("build took longer than %s", limit);

  self->max_time_id = 0;
  local_build_stop (self, LOCAL_CAUSE_BUILD_TIME, text, NULL);
  return G_SOURCE_REMOVE;
}

static void
fail_build (LocalBuild *self, const GError *error)
{
  belfry_instance_log (self->local->instance, G_LOG_LEVEL_WARNING,
                       "builder '%s': preparing build %" G_GINT64_FORMAT ": %s",
                       self->builder->name, self->record->number, error->message);
  self->result = BELFRY_RESULT_EXCEPTION;
  g_free (self->cause_text);
  self->cause_text = g_strdup (error->message);
  self->halted = TRUE;
  finish (self);
}

static gboolean
prepare_folders (LocalBuild *self, GError **error)
{
  g_autofree char *home = g_build_filename (self->folder, "home", NULL);
  g_autofree char *folder = NULL;

  if (!local_make_folder (self->worker->directory, 0700, error))
    return FALSE;
  folder = local_resolve_beneath (self->worker->directory, self->builder->builddir, error);
  return folder != NULL && local_make_folder (home, 0755, error) &&
         local_make_folder (self->temporary, 0700, error);
}

static gboolean
needs_group (const LocalBuild *self)
{
  LocalLimits limits = local_builder_limits (self->builder);

  return local_builder_isolation (self->config, self->builder) == LOCAL_ISOLATION_CGROUP ||
         local_limits_need_group (&limits);
}

/* Without one, its supervisor alone holds it together. */
static gboolean
make_cgroup (LocalBuild *self, GError **error)
{
  Local *local = self->local;
  LocalLimits limits = local_builder_limits (self->builder);
  g_autoptr (GError) reason = NULL;

  if (local->cgroups != NULL)
    self->cgroup = local_cgroups_make (local->cgroups, self->record->buildid, &limits, &reason);
  else
    reason = g_error_copy (local->cgroups_reason);
  self->memory_group = g_strdup (self->cgroup);
  if (self->cgroup == NULL && needs_group (self)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  return TRUE;
}

static void
begin_steps (LocalBuild *self)
{
  if (self->builder->keys->max_time > 0 && self->cause == LOCAL_CAUSE_NONE)
    self->max_time_id = g_timeout_add ((guint)MIN (self->builder->keys->max_time / 1000, G_MAXUINT),
                                       on_max_time, self);
  belfry_record_set_text (&self->record->state_string, "building");
  belfry_transaction_update_build (local_build_say (self), self->record);
  advance (self);
}

static void
on_cleaned (GObject *source, GAsyncResult *result, gpointer data)
{
  LocalBuild *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  self->local->n_pending--;
  if (!local_tree_remove_finish (result, &error))
    fail_build (self, error);
  else
    begin_steps (self);
}

static void
prepare_workdir (LocalBuild *self)
{
  BelfryRendered *workdir = self->builder->keys->workdir;

  if (self->builder->keys->clean_workdir == LOCAL_CLEAN_BEFORE &&
      belfry_rendered_is_literal (workdir)) {
    g_autofree char *path =
        g_build_filename (self->folder, belfry_rendered_get_source (workdir), NULL);

    self->local->n_pending++;
    local_tree_remove_async (path, NULL, on_cleaned, self);
    return;
  }
  begin_steps (self);
}

static void
on_scope_made (GObject *source, GAsyncResult *result, gpointer data)
{
  LocalBuild *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  self->local->n_pending--;
  self->scoped = local_scopes_make_finish (result, &error);
  if (!self->scoped && needs_group (self)) {
    fail_build (self, error);
    return;
  }
  if (self->scoped && self->supervisor != NULL)
    self->memory_group = local_cgroup_find_memory_of (local_supervisor_pid (self->supervisor));
  prepare_workdir (self);
}

/* Groups of our own come first: they are made at once. */
static gboolean
wants_scope (const LocalBuild *self)
{
  const Local *local = self->local;
  LocalLimits limits = local_builder_limits (self->builder);

  return local->scopes != NULL &&
         (local->cgroups == NULL || !local_cgroups_can_keep (local->cgroups, &limits));
}

static void
make_scope (LocalBuild *self)
{
  const LocalScopeOrder order = { self->record->buildid, local_supervisor_pid (self->supervisor),
                                  local_builder_limits (self->builder) };

  self->local->n_pending++;
  local_scopes_make_async (self->local->scopes, &order, on_scope_made, self);
}

static void
prepare (LocalBuild *self)
{
  gboolean grouped = local_builder_isolation (self->config, self->builder) != LOCAL_ISOLATION_GROUP;
  g_autoptr (GError) error = NULL;

  if (self->supervisor == NULL)
    self->supervisor = local_supervisor_take (self->local, self->slots, &error);
  if (self->supervisor == NULL || !prepare_folders (self, &error)) {
    local_worker_look (self->local, self->worker, self->slots);
    fail_build (self, error);
  } else if (grouped && wants_scope (self))
    make_scope (self);
  else if (grouped && !make_cgroup (self, &error))
    fail_build (self, error);
  else
    prepare_workdir (self);
}

/* Somebody else has the request, or the store could not be written: no build after all. */
static void
give_up_claim (LocalBuild *self, const GError *error)
{
  LocalRequest *request = self->request;

  request->build = NULL;
  request->record->claimed = FALSE;
  if (g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT))
    local_remove_request (self->local, request);
  else {
    local_request_wait (self->local, request);
    request->not_before = g_get_monotonic_time () + FAILED_CLAIM_REST_US;
    local_log_error (self->local, "claiming a request", error);
  }
  leave (self);
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer data)
{
  LocalBuild *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  self->local->n_pending--;
  if (!belfry_engine_commit_finish (self->local->instance, result, &error))
    give_up_claim (self, error);
  else
    prepare (self);
}

void
local_build_start (Local *local, LocalRequest *request, LocalBuilder *builder, LocalWorker *worker)
{
  LocalBuild *self = build_new (local, request, builder, worker);
  BelfryTransaction *transaction = belfry_engine_begin (local->instance);
  LocalBuilderState *state = local_builder_state (local, builder->name);

  local_locks_pass_on (local->locks, request, self);
  local_request_leave (local, request);
  request->build = self;
  request->record->claimed = TRUE;
  state->running++;
  g_free (state->last_worker);
  state->last_worker = g_strdup (worker->name);
  g_ptr_array_add (self->slots->builds, self);
  g_ptr_array_add (local->builds, self);
  belfry_transaction_claim (transaction, request->record->buildrequestid, self->record->buildid);
  belfry_transaction_add_build (transaction, self->record);
  local->n_pending++;
  local_eta_begin (local, state);
  belfry_engine_commit_async (local->instance, transaction, NULL, on_claimed, self);
  /* starts while the claim is being written */
  if (!local->stopping)
    self->supervisor = local_supervisor_take (local, self->slots, NULL);
}

static gboolean
on_always_over (gpointer data)
{
  LocalBuild *self = data;

  self->always_id = 0;
  if (self->run != NULL)
    local_run_stop (self->run, LOCAL_CAUSE_STOPPED);
  return G_SOURCE_REMOVE;
}

/* A second call hurries. @text: (nullable): goes into the build's text */
void
local_build_stop (LocalBuild *self, LocalCause cause, const char *text, const char *who)
{
  gint64 always = self->builder->keys->always_run_time;

  if (self->cause == LOCAL_CAUSE_NONE ||
      (cause == LOCAL_CAUSE_HOST_STOPPED && self->cause != cause)) {
    JsonObject *data = json_object_new ();

    self->cause = cause;
    g_free (self->cause_text);
    self->cause_text = belfry_text_make_printable (text != NULL ? text : "", -1, 500);
    self->always_until = g_get_monotonic_time () + always;
    if (always > 0 && self->always_id == 0)
      self->always_id = g_timeout_add ((guint)MIN (always / 1000, G_MAXUINT), on_always_over, self);
    json_object_set_string_member (data, "who", who != NULL ? who : "");
    json_object_set_string_member (data, "reason", self->cause_text);
    belfry_transaction_event (local_build_say (self), "build-stopping", self->record->builderid,
                              self->record->buildid, data);
    json_object_unref (data);
    if (self->run != NULL)
      local_build_flush (self);
    if (cause != LOCAL_CAUSE_HOST_STOPPED)
      local_trigger_cancel_unclaimed (self);
  }
  if (self->run != NULL && (cause != LOCAL_CAUSE_BUILD_TIME || !self->run->step->keys->always_run))
    local_run_stop (self->run, cause);
}
