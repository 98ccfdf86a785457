/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step's life (§13.3 of the engine's page): added, asked whether to run at all, given its secrets
 * and environment, run by its kind, and finished: result, hide-if, logs closed, text, told.
 */
#include "decode.h"
#include "local.h"
#include "result.h"
#include "step-list.h"
#include <string.h>

#define SECRET_ROUNDS 8

static void begin (LocalRun *self);

static void
run_free (LocalRun *self)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_handle_id (&self->max_time_id, g_source_remove);
  g_clear_handle_id (&self->wait_id, g_source_remove);
  if (self->kind_free != NULL)
    self->kind_free (self->kind_state);
  local_tails_clear (self);
  local_warnings_free (self->warnings);
  local_log_free (self->stdio);
  belfry_record_unref (self->record);
  g_clear_pointer (&self->urls, json_array_unref);
  g_clear_pointer (&self->lock_uses, g_ptr_array_unref);
  g_clear_pointer (&self->environment, g_hash_table_unref);
  g_clear_pointer (&self->secrets, g_hash_table_unref);
  g_clear_pointer (&self->rendered_secrets, g_hash_table_unref);
  g_clear_pointer (&self->secret_files, g_ptr_array_unref);
  g_clear_object (&self->cancellable);
  g_free (self->workdir);
  g_free (self->done_text);
  g_free (self->link_name);
  g_free (self->link_url);
  if (self->captured != NULL)
    g_string_free (self->captured, TRUE);
  g_free (self);
}

static char *
render_or (const LocalRun *self, BelfryRendered *rendered, const char *fallback)
{
  char *text = rendered != NULL ? local_context_render (&self->context, rendered, NULL) : NULL;

  return text != NULL ? text : g_strdup (fallback);
}

static char *
add_suffix (const LocalRun *self, const char *text)
{
  g_autofree char *suffix = render_or (self, self->step->keys->description_suffix, "");

  return *suffix != '\0' ? g_strdup_printf ("%s %s", text, suffix) : g_strdup (text);
}

static gboolean
is_link (const char *url)
{
  return (g_ascii_strncasecmp (url, "http://", 7) == 0 ||
          g_ascii_strncasecmp (url, "https://", 8) == 0) &&
         strpbrk (url, " \t\r\n\"<>") == NULL;
}

static void
add_link (const LocalRun *self, JsonArray *list, const char *name, const char *url)
{
  g_autofree char *masked = local_masks_apply (self->build->masks, url);
  JsonObject *link = NULL;

  if (!is_link (masked))
    return;
  link = json_object_new ();
  json_object_set_string_member (link, "name", name);
  json_object_set_string_member (link, "url", masked);
  json_array_add_object_element (list, link);
}

static void
set_links (LocalRun *self)
{
  const BelfryMap *links = self->step->keys->links;
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *list = json_array_new ();

  for (guint i = 0; links != NULL && i < belfry_map_get_count (links); i++) {
    g_autofree char *url = render_or (self, (BelfryRendered *)belfry_map_get_value (links, i), "");

    add_link (self, list, belfry_map_get_name (links, i), url);
  }
  if (self->link_url != NULL)
    add_link (self, list, self->link_name, self->link_url);
  for (guint i = 0; self->urls != NULL && i < json_array_get_length (self->urls); i++)
    json_array_add_element (list, belfry_json_copy (json_array_get_element (self->urls, i)));
  json_node_take_array (node, list);
  g_clear_pointer (&self->record->urls, json_node_unref);
  self->record->urls = node;
}

/* After its kind has changed the links. */
void
local_run_tell_links (LocalRun *self)
{
  set_links (self);
  belfry_transaction_update_step (local_build_say (self->build), self->record);
  local_build_flush (self->build);
}

static void
make_record (LocalRun *self)
{
  LocalBuild *build = self->build;
  BelfryStep *record = belfry_step_new ();
  g_autofree char *name = render_or (self, self->step->keys->name, self->step->name);
  g_autofree char *cut = local_name_cut (name);
  g_autofree char *description = render_or (self, self->step->keys->description, "running");
  g_autofree char *text = add_suffix (self, description);
  g_autofree char *unused = local_name_unused (cut, build->step_names);

  self->record = record;
  record->stepid = belfry_engine_next_id (build->local->instance, BELFRY_ID_STEP);
  record->number = build->next_number++;
  record->buildid = build->record->buildid;
  record->started_at = belfry_clock_now_us ();
  record->complete_at = BELFRY_NONE;
  record->results = BELFRY_NONE;
  belfry_record_set_text (&record->name, unused);
  belfry_record_set_text (&record->state_string, text);
  set_links (self);
  belfry_transaction_add_step (local_build_say (build), record);
}

static void
fix (GHashTable *table, const char *name, const char *value)
{
  g_hash_table_replace (table, g_strdup (name), g_strdup (value != NULL ? value : ""));
}

static GHashTable *
make_fixed (LocalRun *self)
{
  LocalBuild *build = self->build;
  GHashTable *fixed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GPtrArray *stamps = build->set->record->sourcestamps;
  const BelfrySourceStamp *stamp = stamps->len == 1 ? g_ptr_array_index (stamps, 0) : NULL;
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, build->record->number);
  g_autofree char *home = g_build_filename (build->folder, "home", NULL);
  g_autofree char *escaped = belfry_text_percent_encode (build->builder->name);
  g_autofree char *url =
      g_strdup_printf ("%sbuilders/%s/builds/%s", local_url (build->local), escaped, number);
  g_autofree char *token =
      g_strdup_printf ("%s.b%" G_GINT64_FORMAT, build->local->token, build->record->buildid);

  fix (fixed, "BELFRY_BUILDER", build->builder->name);
  fix (fixed, "BELFRY_BUILD", number);
  fix (fixed, "BELFRY_BRANCH", stamp != NULL ? stamp->branch : NULL);
  fix (fixed, "BELFRY_REVISION", stamp != NULL ? stamp->revision : NULL);
  fix (fixed, "BELFRY_REPOSITORY", stamp != NULL ? stamp->repository : NULL);
  fix (fixed, "BELFRY_PROJECT", stamp != NULL ? stamp->project : NULL);
  fix (fixed, "BELFRY_SCHEDULER", build->set->record->scheduler);
  fix (fixed, "BELFRY_WORKER", build->worker->name);
  fix (fixed, "BELFRY_URL", url);
  fix (fixed, "BELFRY_RESULT", belfry_result_get_name (build->result));
  fix (fixed, "BELFRY_STEP", self->record->name);
  fix (fixed, LOCAL_TOKEN_VARIABLE, token);
  fix (fixed, "CI", "true");
  if (build->builder->keys->private_tmp)
    fix (fixed, "TMPDIR", build->temporary);
  fix (fixed, "HOME", build->builder->keys->inherits_home ? g_get_home_dir () : home);
  return fixed;
}

/* For values that reach nobody but the process. */
LocalContext
local_run_secret_context (const LocalRun *self)
{
  LocalContext context = self->context;

  context.secrets = self->rendered_secrets;
  context.missing = self->missing_secrets;
  return context;
}

static gboolean
make_environment (LocalRun *self, GError **error)
{
  g_autoptr (GHashTable) fixed = make_fixed (self);
  const LocalEnvironmentSource source = { local_run_secret_context (self),
                                          (const char *const *)self->build->config->inherited,
                                          self->step, fixed };
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  g_clear_pointer (&self->environment, g_hash_table_unref);
  self->environment = local_environment_make (&source, error);
  if (self->environment == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, self->secrets);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_replace (self->environment, g_strdup (name), g_strdup (value));
  return TRUE;
}

static gboolean
make_workdir (LocalRun *self, GError **error)
{
  BelfryRendered *rendered = self->step->keys->workdir != NULL
                                 ? self->step->keys->workdir
                                 : self->build->builder->keys->workdir;
  g_autofree char *path = local_context_render (&self->context, rendered, error);

  if (path == NULL) {
    g_prefix_error (error, "workdir: ");
    return FALSE;
  }
  self->workdir = local_resolve_beneath (self->build->folder, path, error);
  return self->workdir != NULL;
}

static void
start_kind (LocalRun *self)
{
  switch (self->step->kind) {
  case LOCAL_STEP_GIT:
  case LOCAL_STEP_HG:
  case LOCAL_STEP_SVN:
  case LOCAL_STEP_CHECKOUT:
    local_step_source_start (self);
    break;
  case LOCAL_STEP_COMMAND:
  case LOCAL_STEP_SHELL:
    local_step_command_start (self);
    break;
  case LOCAL_STEP_SET_PROPERTY:
    local_step_set_property_start (self);
    break;
  case LOCAL_STEP_UPLOAD:
    local_step_upload_start (self);
    break;
  case LOCAL_STEP_TRIGGER:
    local_step_trigger_start (self);
    break;
  case LOCAL_STEP_NONE:
    local_run_finish (self, BELFRY_RESULT_EXCEPTION, "no kind");
    break;
  }
}

/* Which secret a value needs is known when it is rendered, and one may lead to the next. */
static gboolean
list_missing_secrets (LocalRun *self, GPtrArray *names, GError **error)
{
  gboolean rendered = FALSE;

  self->missing_secrets = names;
  rendered = make_environment (self, error) && local_step_render_own (self, error);
  self->missing_secrets = NULL;
  if (rendered && names->len > 0 && ++self->secret_rounds > SECRET_ROUNDS) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         "secrets lead to further secrets without end");
    return FALSE;
  }
  g_clear_pointer (&self->environment, g_hash_table_unref);
  return rendered;
}

static void
on_secrets (LocalRun *self, const GError *error)
{
  g_autoptr (GError) own = NULL;
  g_autoptr (GPtrArray) names = NULL;

  if (self->cause != LOCAL_CAUSE_NONE) {
    local_run_finish (self, BELFRY_RESULT_CANCELLED, NULL);
    return;
  }
  if (error != NULL) {
    local_run_fail (self, error);
    return;
  }
  names = g_ptr_array_new_with_free_func (g_free);
  if (!list_missing_secrets (self, names, &own)) {
    local_run_fail (self, own);
    return;
  }
  if (names->len > 0) {
    local_run_get_rendered_secrets (self, names, on_secrets);
    return;
  }
  if (!make_environment (self, &own) || !make_workdir (self, &own)) {
    local_run_fail (self, own);
    return;
  }
  start_kind (self);
}

/* FALSE: the step has been finished instead */
static gboolean
ask_do_if (LocalRun *self)
{
  g_autoptr (JsonObject) variables = NULL;
  g_autoptr (GError) error = NULL;
  gboolean result = FALSE;

  if (self->step->keys->do_if == NULL)
    return TRUE;
  variables = local_context_to_json (&self->context);
  json_object_set_string_member (variables, "result", belfry_result_get_name (self->build->result));
  if (!belfry_expression_is_true (self->step->keys->do_if, variables, &result, &error)) {
    g_prefix_error (&error, "do-if: ");
    local_run_fail (self, error);
    return FALSE;
  }
  if (!result)
    local_run_finish (self, BELFRY_RESULT_SKIPPED, NULL);
  return result;
}

static void
on_locks (LocalRun *self)
{
  if (ask_do_if (self))
    local_run_get_secrets (self, on_secrets);
}

static void
begin (LocalRun *self)
{
  local_run_take_locks (self, on_locks);
}

void
local_run_start (LocalBuild *build, const LocalStep *step)
{
  LocalRun *self = g_new0 (LocalRun, 1);

  self->build = build;
  self->step = step;
  self->context = (LocalContext){ .config = build->config,
                                  .builder = build->builder,
                                  .worker = build->worker,
                                  .properties = build->record->properties,
                                  .stamps = build->set->record->sourcestamps,
                                  .changes = build->set->changes };
  self->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->rendered_secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->secret_files = g_ptr_array_new_with_free_func (g_free);
  self->cancellable = g_cancellable_new ();
  build->run = self;
  make_record (self);
  begin (self);
}

void
local_run_open_log (LocalRun *self)
{
  g_autofree char *name = NULL;

  if (self->stdio != NULL)
    return;
  name = self->attempt == 0 ? g_strdup ("stdio") : g_strdup_printf ("stdio-%u", self->attempt + 1);
  self->stdio = local_log_new (self, name, FALSE);
  for (guint i = 0; i < self->build->dropped->len; i++)
    local_log_header (self->stdio, "property '%s' from outside was dropped: a build sets it itself",
                      (char *)g_ptr_array_index (self->build->dropped, i));
  g_ptr_array_set_size (self->build->dropped, 0);
}

/* A fault of the engine or of a value: its words become the log err.text. */
void
local_run_fail (LocalRun *self, const GError *error)
{
  LocalBuild *build = self->build;
  g_autoptr (BelfryLog) record = belfry_log_new ();
  g_autofree char *masked = local_masks_apply (build->masks, error->message);
  g_autofree char *text = belfry_text_make_printable (masked, -1, 4096);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GBytes) lines = g_bytes_new (line, strlen (line));

  record->logid = belfry_engine_next_id (build->local->instance, BELFRY_ID_LOG);
  record->stepid = self->record->stepid;
  record->buildid = build->record->buildid;
  belfry_record_set_text (&record->name, "err.text");
  belfry_record_set_text (&record->slug, "err_text");
  belfry_record_set_text (&record->type, "t");
  belfry_transaction_add_log (local_build_say (build), record);
  local_build_flush (build);
  belfry_engine_append_log (build->local->instance, record->logid, lines, 1);
  belfry_transaction_finish_log (local_build_say (build), record->logid);
  local_run_finish (self, BELFRY_RESULT_EXCEPTION, NULL);
}

static void
ask_hide_if (LocalRun *self, gint64 *result)
{
  g_autoptr (JsonObject) variables = NULL;
  g_autoptr (GError) error = NULL;
  gboolean hidden = FALSE;

  if (self->step->keys->hide_if == NULL)
    return;
  variables = local_context_to_json (&self->context);
  json_object_set_string_member (variables, "results", belfry_result_get_name (*result));
  if (belfry_expression_is_true (self->step->keys->hide_if, variables, &hidden, &error))
    self->record->hidden = hidden;
  else {
    local_log_error (self->build->local, "asking hide-if", error);
    *result = BELFRY_RESULT_EXCEPTION;
  }
}

static char *
make_text (const LocalRun *self, gint64 result, const char *text)
{
  const LocalStepKeys *keys = self->step->keys;
  g_autofree char *base = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *masked = NULL;
  g_autofree char *printable = NULL;

  if (text != NULL)
    base = g_strdup (text);
  else if (keys->description_done != NULL)
    base = render_or (self, keys->description_done, "done");
  else if (keys->description != NULL)
    base = render_or (self, keys->description, "done");
  else
    base = g_strdup (self->done_text != NULL ? self->done_text : self->record->name);
  whole = add_suffix (self, base);
  masked = local_masks_apply (self->build->masks, whole);
  printable = belfry_text_make_printable (masked, -1, 1024);
  return local_step_done_text (printable, result);
}

static gboolean
on_retry (gpointer data)
{
  LocalRun *self = data;

  self->wait_id = 0;
  self->attempt++;
  local_tails_clear (self);
  g_clear_pointer (&self->stdio, local_log_free);
  g_clear_pointer (&self->environment, g_hash_table_unref);
  g_clear_pointer (&self->workdir, g_free);
  if (self->kind_free != NULL)
    self->kind_free (self->kind_state);
  self->kind_free = NULL;
  self->kind_state = NULL;
  /* the files of the last attempt would be in the way of the same ones of the next */
  local_run_forget_secrets (self);
  local_run_get_secrets (self, on_secrets);
  return G_SOURCE_REMOVE;
}

static gboolean
try_again (LocalRun *self, gint64 result)
{
  const LocalRetry *retry = self->step->keys->retry;

  if (retry == NULL || result != BELFRY_RESULT_FAILURE || self->cause != LOCAL_CAUSE_NONE ||
      self->build->cause != LOCAL_CAUSE_NONE || (gint64)self->attempt >= retry->count)
    return FALSE;
  if (self->stdio != NULL) {
    local_log_header (self->stdio, "the step failed and is run again");
    local_log_close (self->stdio);
  }
  local_tails_clear (self);
  local_build_flush (self->build);
  self->wait_id = g_timeout_add ((guint)MIN (retry->delay_us / 1000, G_MAXUINT), on_retry, self);
  return TRUE;
}

/* @text: (nullable): what ended it, said first. The run is freed unless it is tried again. */
void
local_run_finish (LocalRun *self, gint64 result, const char *text)
{
  LocalBuild *build = self->build;
  BelfryStep *record = self->record;
  g_autofree char *whole = NULL;

  if (try_again (self, result))
    return;
  ask_hide_if (self, &result);
  if (self->stdio != NULL)
    local_log_close (self->stdio);
  local_run_forget_secrets (self);
  local_tails_clear (self);
  local_locks_release (build->local->locks, self);
  local_round_soon (build->local);
  set_links (self);
  whole = make_text (self, result, text);
  record->complete = TRUE;
  record->complete_at = belfry_clock_now_us ();
  record->results = result;
  belfry_record_set_text (&record->state_string, whole);
  belfry_transaction_finish_step (local_build_say (build), record);
  local_build_step_ended (build, self, result);
  run_free (self);
}

static gint64
result_of_stop (LocalCause cause)
{
  return cause == LOCAL_CAUSE_HOST_STOPPED ? BELFRY_RESULT_RETRY : BELFRY_RESULT_CANCELLED;
}

/* Whatever waits looks at the cause when it goes on; a process is ended; a pause is cut short. */
void
local_run_stop (LocalRun *self, LocalCause cause)
{
  const LocalStepKeys *keys = self->step->keys;
  gboolean again = self->cause != LOCAL_CAUSE_NONE;

  if (!again)
    self->cause = cause;
  g_cancellable_cancel (self->cancellable);
  if (local_run_stop_waiting (self)) {
    local_run_finish (self, result_of_stop (cause), NULL);
    return;
  }
  if (self->step->kind == LOCAL_STEP_TRIGGER && self->build->parked) {
    local_step_trigger_stop (self, cause);
    return;
  }
  if (self->in_process && self->build->supervisor != NULL) {
    /* what it still prints need not be stored in time */
    local_supervisor_set_paused (self->build->supervisor, FALSE);
    local_supervisor_end (self->build->supervisor, again ? 0 : keys->sigterm_time,
                          keys->interrupt_signal != 0 ? keys->interrupt_signal : 9);
    return;
  }
  if (self->wait_id == 0)
    return;
  g_clear_handle_id (&self->wait_id, g_source_remove);
  local_run_finish (self, result_of_stop (cause), NULL);
}
