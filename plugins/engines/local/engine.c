/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine `local`: runs builds on this machine. This file is its descriptor and its start and
 * reload; what it does is told in local.h and in the files named after it.
 */
#include "alarm.h"
#include "artifacts.h"
#include "consider.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#ifndef BELFRY_HELPER_DIR
#define BELFRY_HELPER_DIR "/usr/libexec/belfry"
#endif

void
local_log_error (Local *self, const char *what, const GError *error)
{
  belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING, "%s: %s", what,
                       error != NULL ? error->message : "failed");
}

const char *
local_url (Local *self)
{
  const char *url = belfry_instance_get_host_value (self->instance, "url");

  return url != NULL ? url : "";
}

static GPtrArray *
get_owned (GHashTable *owned, const char *kind)
{
  return owned != NULL ? g_hash_table_lookup (owned, kind) : NULL;
}

static void
local_check (gconstpointer data, const BelfryCheck *check)
{
  const Local *self = data;
  const LocalConfigSource source = { .keys = &self->keys,
                                     .engine = check->section,
                                     .builders = get_owned (check->owned, "builder"),
                                     .steps = get_owned (check->owned, "step"),
                                     .workers = get_owned (check->owned, "worker"),
                                     .schedulers = get_owned (check->owned, "scheduler"),
                                     .forces = get_owned (check->owned, "force"),
                                     .locks = get_owned (check->owned, "lock"),
                                     .codebases = get_owned (check->owned, "codebase"),
                                     .state_directory = "." };
  g_autoptr (LocalConfig) config = local_config_new (&source, check->problems);

  local_config_check_machine (config, check->problems);
}

/* As they are by now: a reload hands the engine's section over like those that it owns. Folders and
 * what holds processes together are chosen once, at the start. */
static LocalKeys
read_keys (const Local *self)
{
  const GPtrArray *sections = belfry_instance_get_sections (self->instance, "engine");
  LocalKeys keys = self->keys;

  if (sections != NULL && sections->len > 0)
    keys = *(const LocalKeys *)((const BelfryOwnedSection *)g_ptr_array_index (sections, 0))->state;
  keys.directory = self->keys.directory;
  keys.artifacts = self->keys.artifacts;
  keys.isolation = self->keys.isolation;
  return keys;
}

static LocalConfig *
read_config (Local *self, GError **error)
{
  BelfryInstance *instance = self->instance;
  const char *state_directory = belfry_instance_get_host_value (instance, "state-directory");
  const LocalKeys keys = read_keys (self);
  const LocalConfigSource source = {
    .keys = &keys,
    .builders = belfry_instance_get_sections (instance, "builder"),
    .steps = belfry_instance_get_sections (instance, "step"),
    .workers = belfry_instance_get_sections (instance, "worker"),
    .schedulers = belfry_instance_get_sections (instance, "scheduler"),
    .forces = belfry_instance_get_sections (instance, "force"),
    .locks = belfry_instance_get_sections (instance, "lock"),
    .codebases = belfry_instance_get_sections (instance, "codebase"),
    .state_directory = state_directory != NULL ? state_directory : "."
  };
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (LocalConfig) config = local_config_new (&source, problems);

  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = NULL;

    if (problem->severity != BELFRY_SEVERITY_ERROR)
      continue;
    text = belfry_problem_to_text (problem);
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, text);
    return NULL;
  }
  return g_steal_pointer (&config);
}

static void
ended_nothing (gpointer data)
{
  (void)data;
}

static void
init_state (Local *self, BelfryInstance *instance)
{
  const char *folder = g_getenv ("BELFRY_HELPER_DIR");

  self->instance = instance;
  self->requests =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)local_request_free);
  self->locks = local_locks_new ();
  self->lock_waiters = g_hash_table_new (NULL, NULL);
  self->builds = g_ptr_array_new_with_free_func (ended_nothing);
  self->supervisors = g_ptr_array_new_with_free_func (local_supervisor_free);
  self->slots = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, local_slots_free);
  self->builders = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, local_builder_state_free);
  self->schedulers =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, local_scheduler_state_free);
  self->token = g_uuid_string_random ();
  self->helper =
      g_build_filename (folder != NULL ? folder : BELFRY_HELPER_DIR, "belfry-supervisor", NULL);
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Local *self = g_task_get_task_data (task);
  GError *error = NULL;

  (void)source;
  if (!local_recover_finish (self, result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  self->recovered = TRUE;
  local_artifacts_start (self);
  local_schedulers_arm (self);
  local_round_soon (self);
  g_task_return_boolean (task, TRUE);
}

/* One note, and only where something better was hoped for. */
static void
on_scopes_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Local *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  (void)source;
  self->scopes = local_scopes_open_finish (result, &error);
  if (self->scopes == NULL && self->cgroups == NULL)
    belfry_instance_log (self->instance, G_LOG_LEVEL_MESSAGE,
                         "builds are held together by process groups: %s; %s",
                         self->cgroups_reason->message, error->message);
  local_recover_async (self, on_recovered, task);
}

static void
find_groups (Local *self, GTask *task)
{
  const LocalLimits all = { 1, 1, 1 };

  self->cgroups = local_cgroups_new (self->token, &self->cgroups_reason);
  if (self->keys.isolation != LOCAL_ISOLATION_GROUP &&
      (self->cgroups == NULL || !local_cgroups_can_keep (self->cgroups, &all)))
    local_scopes_open_async (self->token, on_scopes_opened, task);
  else
    local_recover_async (self, on_recovered, task);
}

static void
local_start (gpointer data, BelfryInstance *instance, GTask *task)
{
  Local *self = data;
  GError *error = NULL;

  init_state (self, instance);
  self->config = read_config (self, &error);
  if (self->config == NULL || !local_make_folder (self->config->directory, 0700, &error)) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  g_task_set_task_data (task, self, NULL);
  find_groups (self, task);
}

/* Running builds keep the configuration that they began with. */
static void
local_reload (gpointer data, GTask *task)
{
  Local *self = data;
  GError *error = NULL;
  LocalConfig *config = read_config (self, &error);
  g_autoptr (LocalConfig) previous = NULL;

  if (config == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  previous = g_steal_pointer (&self->config);
  self->config = config;
  for (guint i = 0; i < config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (config->schedulers, i);

    if (g_hash_table_lookup (self->schedulers, scheduler->name) == NULL)
      local_scheduler_state (self, scheduler)->since = self->last_change;
  }
  local_configure (self, previous);
  local_schedulers_arm (self);
  local_round_soon (self);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
local_clear (gpointer data)
{
  Local *self = data;

  g_clear_handle_id (&self->round_id, g_source_remove);
  g_clear_handle_id (&self->minute_id, g_source_remove);
  g_clear_handle_id (&self->offline_id, g_source_remove);
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_clear_handle_id (&self->stop_wait_id, g_source_remove);
  local_artifacts_stop (self);
  g_clear_pointer (&self->alarm, local_alarm_free);
  g_clear_pointer (&self->requests, g_hash_table_unref);
  g_clear_pointer (&self->lock_waiters, g_hash_table_unref);
  g_clear_pointer (&self->locks, local_locks_free);
  g_clear_pointer (&self->builds, g_ptr_array_unref);
  g_clear_pointer (&self->supervisors, g_ptr_array_unref);
  g_clear_pointer (&self->slots, g_hash_table_unref);
  g_clear_pointer (&self->builders, g_hash_table_unref);
  g_clear_pointer (&self->schedulers, g_hash_table_unref);
  g_clear_pointer (&self->cgroups, local_cgroups_free);
  g_clear_error (&self->cgroups_reason);
  g_clear_pointer (&self->scopes, local_scopes_free);
  g_clear_pointer (&self->token, g_free);
  g_clear_pointer (&self->helper, g_free);
  g_clear_pointer (&self->config, local_config_unref);
}

/* an engine that never starts: its configuration is read for this one question */
static JsonObject *
local_foresee_change (gpointer data, BelfryInstance *instance, BelfryChange *change)
{
  Local *self = data;
  g_autoptr (GError) error = NULL;
  JsonObject *explanation = NULL;

  init_state (self, instance);
  self->config = read_config (self, &error);
  explanation = self->config != NULL
                    ? local_explain_change (self, change)
                    : belfry_explanation_new ("engine '%s' would not start: %s",
                                              belfry_instance_get_name (instance), error->message);
  local_clear (self);
  return explanation;
}

static void
local_pressure (gpointer data, gboolean on)
{
  Local *self = data;

  self->pressed = on;
  for (guint i = 0; i < self->builds->len; i++) {
    LocalBuild *build = g_ptr_array_index (self->builds, i);

    if (build->supervisor != NULL && build->run != NULL && build->run->in_process)
      local_supervisor_set_paused (build->supervisor, on);
  }
  if (!on)
    local_round_soon (self);
}

static void
local_log_was_drained (gpointer data, gint64 logid)
{
  Local *self = data;

  for (guint i = 0; i < self->builds->len; i++) {
    LocalRun *run = ((LocalBuild *)g_ptr_array_index (self->builds, i))->run;

    if (run == NULL || self->pressed || local_tails_drained (run, logid))
      continue;
    if (run->stdio != NULL && local_log_id (run->stdio) == logid)
      local_log_drained (run->stdio);
  }
}

static const char *const local_actions[] = {
  "cancel",  "cancel-shutdown", "disable", "enable",      "force",   "graceful",
  "hurry",   "moments",         "pause",   "ping",        "queue",   "rebuild",
  "run-now", "shutdown",        "stop",    "stop-change", "unpause", NULL,
};

#define OWNED(name, table, Keys)                                                                   \
  {                                                                                                \
    .kind = name, .options = { table, sizeof (BelfryOption) }, .state_size = sizeof (Keys)         \
  }

static const BelfrySectionKind local_sections[] = {
  { .kind = "builder",
    .options = { local_builder_options, sizeof (BelfryOption) },
    .state_size = sizeof (LocalBuilderKeys),
    .expand = local_builder_expand },
  OWNED ("step", local_step_options, LocalStepKeys),
  OWNED ("worker", local_worker_options, LocalWorkerKeys),
  OWNED ("scheduler", local_scheduler_options, LocalSchedulerKeys),
  OWNED ("force", local_force_options, LocalForceKeys),
  OWNED ("lock", local_lock_options, LocalLockKeys),
  { NULL },
};

/* clang-format off */
BELFRY_DEFINE_ENGINE (
  .name = "local",
  .summary = N_ ("Runs builds on this machine"),
  .options = local_engine_options,
  .sections = local_sections,
  .needs = BELFRY_NEEDS_EXEC | BELFRY_NEEDS_FILES | BELFRY_NEEDS_NETWORK,
  .instance_size = sizeof (Local),
  .check = local_check,
  .start = local_start,
  .stop = local_stop,
  .reload = local_reload,
  .clear = local_clear,
  .actions = local_actions,
  .change_added = local_change_added,
  .control = local_control,
  .list_forms = local_list_forms,
  .explain_change = local_explain_change,
  .pressure = local_pressure,
  .log_drained = local_log_was_drained,
  .foresee_change = local_foresee_change,
);
