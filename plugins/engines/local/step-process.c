/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process of a step: its header in the log, its limits in time and output, how it ended. What
 * ended it decides the result, whatever the process answers.
 */
#include "decode.h"
#include "local.h"
#include "proc.h"
#include "recover.h"
#include <errno.h>
#include <string.h>

static void
append_environment (GString *text, const LocalRun *self, char **list)
{
  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree char *name = g_strndup (list[i], strcspn (list[i], "="));
    gboolean secret = g_hash_table_contains (self->secrets, name);
    g_autofree char *masked = local_masks_apply (self->build->masks, list[i]);
    g_autofree char *shown = belfry_text_make_printable (masked, -1, 4096);

    if (!g_str_equal (name, LOCAL_TOKEN_VARIABLE))
      g_string_append_printf (text, "\n  %s", secret ? name : shown);
    if (secret)
      g_string_append_printf (text, "=<%s>", name);
  }
}

static void
write_header (LocalRun *self, const char *const *argv, const char *folder, char **environment)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *shown_folder = belfry_text_make_printable (folder, -1, 4096);

  for (guint i = 0; argv[i] != NULL; i++) {
    g_autofree char *masked = local_masks_apply (self->build->masks, argv[i]);
    g_autofree char *quoted = g_shell_quote (masked);
    gboolean plain = *argv[i] != '\0' && strspn (argv[i], G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS
                                                 "-_./=:,+@%^{}") == strlen (argv[i]);
    g_autofree char *shown = belfry_text_make_printable (plain ? masked : quoted, -1, 4096);

    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", shown);
  }
  g_string_append_printf (text, "\n in folder %s", shown_folder);
  if (self->step->keys->log_environment) {
    g_string_append (text, "\n environment:");
    append_environment (text, self, environment);
  }
  local_log_header (self->stdio, "%s", text->str);
}

static gboolean
on_timeout (gpointer data)
{
  LocalRun *self = data;
  gint64 limit = self->step->keys->timeout;
  gint64 rest = self->last_output + limit - g_get_monotonic_time ();

  if (rest > 0) {
    self->timeout_id = g_timeout_add ((guint)(rest / 1000 + 1), on_timeout, self);
    return G_SOURCE_REMOVE;
  }
  self->timeout_id = 0;
  local_run_over_limit (self, LOCAL_CAUSE_TIMEOUT);
  return G_SOURCE_REMOVE;
}

static gboolean
on_max_time (gpointer data)
{
  LocalRun *self = data;

  self->max_time_id = 0;
  local_run_over_limit (self, LOCAL_CAUSE_MAX_TIME);
  return G_SOURCE_REMOVE;
}

static void
set_limits (LocalRun *self)
{
  const LocalStepKeys *keys = self->step->keys;

  self->started = g_get_monotonic_time ();
  self->last_output = self->started;
  if (keys->timeout > 0)
    self->timeout_id =
        g_timeout_add ((guint)MIN (keys->timeout / 1000, G_MAXUINT), on_timeout, self);
  /* the limit is the step's, not each process's */
  if (keys->max_time > 0 && self->max_time_id == 0)
    self->max_time_id =
        g_timeout_add ((guint)MIN (keys->max_time / 1000, G_MAXUINT), on_max_time, self);
}

static gboolean
has_supervisor (LocalRun *self, GError **error)
{
  LocalBuild *build = self->build;

  if (local_supervisor_is_ready (build->supervisor))
    return TRUE;
  if (build->scoped) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                         "the supervisor of the build's scope was lost");
    return FALSE;
  }
  if (build->supervisor != NULL)
    local_supervisor_close (build->supervisor);
  build->supervisor = local_supervisor_take (build->local, build->slots, error);
  return build->supervisor != NULL;
}

/* Else the account's processes are counted. */
static gboolean
limits_tasks_of_group (const LocalBuild *build)
{
  return build->scoped ||
         (build->cgroup != NULL && local_cgroups_can_count_tasks (build->local->cgroups));
}

/* @done is called exactly once, unless the step fails at once; nothing of @argv and @folder is
 * kept. */
void
local_run_process (
    LocalRun *self, const char *const *argv, const char *folder, const char *input, LocalDone done)
{
  LocalBuild *build = self->build;
  g_auto (GStrv) environment = local_environment_to_list (self->environment);
  gpointer mask = build->builder->keys->umask != NULL ? build->builder->keys->umask
                                                      : build->config->keys->umask;
  const LocalJob job = { .argv = argv,
                         .environment = (const char *const *)environment,
                         .folder = folder,
                         .input = input,
                         .umask = mask != NULL ? GPOINTER_TO_UINT (mask) - 1 : 022,
                         .nice = (int)build->builder->keys->nice,
                         .tasks_max =
                             limits_tasks_of_group (build) ? 0 : build->builder->keys->tasks_max,
                         .cgroup = build->cgroup,
                         .pty = self->step->keys->pty };
  g_autoptr (GError) error = NULL;

  if (!has_supervisor (self, &error)) {
    local_run_fail (self, error);
    return;
  }
  local_run_open_log (self);
  local_tails_start (self);
  write_header (self, argv, folder, environment);
  local_build_flush (build);
  self->done = done;
  self->in_process = TRUE;
  if (self->captured != NULL)
    g_string_free (self->captured, TRUE);
  self->captured = self->capture_max > 0 ? g_string_new (NULL) : NULL;
  self->captured_too_much = FALSE;
  set_limits (self);
  local_supervisor_start (build->supervisor, &job, self);
}

void
local_run_on_output (LocalRun *self, LocalStream stream, const char *bytes, gsize n_bytes)
{
  self->last_output = g_get_monotonic_time ();
  if (self->captured != NULL && stream == LOCAL_STREAM_OUT) {
    gsize room = self->capture_max - MIN (self->captured->len, self->capture_max);

    self->captured_too_much = self->captured_too_much || n_bytes > room;
    g_string_append_len (self->captured, bytes, (gssize)MIN (n_bytes, room));
  }
  if (self->warnings != NULL)
    local_warnings_feed (self->warnings, stream, bytes, n_bytes);
  local_log_add (self->stdio, stream, bytes, n_bytes);
}

/* The process is ended; its end tells the rest. */
void
local_run_over_limit (LocalRun *self, LocalCause cause)
{
  g_autofree char *limit = NULL;

  if (self->cause != LOCAL_CAUSE_NONE)
    return;
  if (cause == LOCAL_CAUSE_TIMEOUT) {
    limit = belfry_format_duration (self->step->keys->timeout);
    local_log_header (self->stdio, "no output for %s, ending the step", limit);
  } else if (cause == LOCAL_CAUSE_MAX_TIME && self->stdio != NULL) {
    limit = belfry_format_duration (self->step->keys->max_time);
    local_log_header (self->stdio, "took longer than %s, ending the step", limit);
  }
  local_run_stop (self, cause);
}

static void
write_end (LocalRun *self, const LocalExit *exit, int error_number)
{
  gint64 elapsed = g_get_monotonic_time () - self->started;

  if (exit == NULL && error_number != 0)
    local_log_header (self->stdio, "the program cannot be started: %s",
                      g_strerror (error_number & ~LOCAL_FAULT_OF_SYSTEM));
  else if (exit == NULL)
    local_log_header (self->stdio, "the supervisor of this process is gone");
  if (exit == NULL)
    return;
  if (exit->left_behind > 0)
    local_log_header (self->stdio,
                      exit->left_behind == 1 ? "%u process left behind was killed"
                                             : "%u processes left behind were killed",
                      exit->left_behind);
  if (exit->unkillable)
    local_log_header (self->stdio, "some processes could not be killed");
  if (exit->signal != 0)
    local_log_header (self->stdio, "process ended by signal %d (%s) after %.3f s", exit->signal,
                      g_strsignal (exit->signal), (double)elapsed / 1e6);
  else
    local_log_header (self->stdio, "process exited with code %d after %.3f s", exit->code,
                      (double)elapsed / 1e6);
}

static void
on_tails_read (LocalRun *self)
{
  LocalDone done = g_steal_pointer (&self->done);

  done (self, self->has_exit ? &self->exit : NULL, self->error_number);
}

void
local_run_on_exit (LocalRun *self, const LocalExit *exit, int error_number)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  self->in_process = FALSE;
  write_end (self, exit, error_number);
  if (exit == NULL && error_number == 0) {
    g_autofree char *token = g_strdup_printf ("%s.b%" G_GINT64_FORMAT, self->build->local->token,
                                              self->build->record->buildid);

    if (self->build->cgroup != NULL)
      local_cgroup_kill (self->build->cgroup);
    local_kill_leftovers (self->build->local, token);
  }
  if (exit != NULL && exit->unkillable)
    belfry_instance_log (self->build->local->instance, G_LOG_LEVEL_WARNING,
                         "builder '%s': processes of build %" G_GINT64_FORMAT " cannot be killed",
                         self->build->builder->name, self->build->record->number);
  self->has_exit = exit != NULL;
  if (exit != NULL)
    self->exit = *exit;
  self->error_number = error_number;
  local_tails_finish (self, on_tails_read);
}

static gint64
result_of_cause (const LocalRun *self, char **text)
{
  g_autofree char *limit = NULL;
  gint64 max_log = self->step->keys->max_log > 0 ? self->step->keys->max_log
                                                 : self->build->config->keys->max_log;

  switch (self->cause) {
  case LOCAL_CAUSE_TIMEOUT:
    *text = g_strdup ("timed out");
    return BELFRY_RESULT_FAILURE;
  case LOCAL_CAUSE_MAX_TIME:
    limit = belfry_format_duration (self->step->keys->max_time);
    *text = g_strdup_printf ("took longer than %s", limit);
    return BELFRY_RESULT_FAILURE;
  case LOCAL_CAUSE_MAX_LOG:
    limit = belfry_format_size (max_log);
    *text = g_strdup_printf ("output over %s", limit);
    return BELFRY_RESULT_FAILURE;
  case LOCAL_CAUSE_MAX_LINES:
    *text = g_strdup_printf ("output over %" G_GINT64_FORMAT " lines", self->step->keys->max_lines);
    return BELFRY_RESULT_FAILURE;
  case LOCAL_CAUSE_HOST_STOPPED:
    return self->build->config->keys->on_stop == LOCAL_ON_STOP_CANCEL ? BELFRY_RESULT_CANCELLED
                                                                      : BELFRY_RESULT_RETRY;
  case LOCAL_CAUSE_STOPPED:
  case LOCAL_CAUSE_BUILD_TIME:
  case LOCAL_CAUSE_NONE:
    break;
  }
  return BELFRY_RESULT_CANCELLED;
}

static gboolean
ran_out_of_memory (LocalBuild *build)
{
  gint64 before = build->out_of_memory;

  if (build->memory_group == NULL || build->builder->keys->memory_max <= 0)
    return FALSE;
  build->out_of_memory = local_cgroup_count_out_of_memory (build->memory_group);
  return build->out_of_memory > before;
}

/* What the end of a process means. @text: (out) (nullable): what is said first */
gint64
local_run_result_of (LocalRun *self, const LocalExit *exit, int error_number, char **text)
{
  const LocalDecode *decode = self->step->keys->decode;

  if (self->cause != LOCAL_CAUSE_NONE)
    return result_of_cause (self, text);
  if (ran_out_of_memory (self->build)) {
    *text = g_strdup ("out of memory");
    return BELFRY_RESULT_FAILURE;
  }
  if (exit == NULL && error_number == 0)
    return BELFRY_RESULT_RETRY;
  if (exit == NULL && (error_number & LOCAL_FAULT_OF_SYSTEM) != 0)
    return BELFRY_RESULT_EXCEPTION;
  if (exit == NULL)
    return local_decode_exit (decode,
                              error_number == EACCES || error_number == ENOEXEC ? 126 : 127);
  if (exit->unkillable)
    return BELFRY_RESULT_EXCEPTION;
  if (exit->signal == 0)
    return local_decode_exit (decode, exit->code);
  *text = g_strdup_printf ("ended by signal %d (%s)", exit->signal, g_strsignal (exit->signal));
  return local_decode_signal (decode);
}
