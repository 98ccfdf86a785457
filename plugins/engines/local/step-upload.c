/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The step `upload`: files are copied into a folder beside, which is renamed when it is whole, so
 * that nothing half is ever seen; then rows, link and result are told in one transaction.
 */
#include "artifacts.h"
#include "local.h"
#include "refs.h"
#include "upload.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  LocalUpload *upload;
  char *destination; /* below the artifacts' folder */
} State;

static void
state_free (gpointer data)
{
  State *self = data;

  local_upload_free (self->upload);
  g_free (self->destination);
  g_free (self);
}

static gboolean
destination_is_usable (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  if (!local_path_is_beneath (path) || !g_utf8_validate (path, -1, NULL))
    return FALSE;
  for (guint i = 0; parts[i] != NULL; i++) {
    if (*parts[i] == '.' || *parts[i] == '\0')
      return FALSE;
  }
  return TRUE;
}

static char *
dup_destination (const LocalRun *run, GError **error)
{
  const LocalBuild *build = run->build;
  g_autofree char *path = NULL;
  g_autofree char *step = NULL;

  if (run->step->keys->destination != NULL)
    path = local_context_render (&run->context, run->step->keys->destination, error);
  else {
    step = g_strcanon (g_strdup (run->record->name), G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-",
                       '_');
    path = g_strdup_printf ("%s/%" G_GINT64_FORMAT "/%s", build->builder->builddir,
                            build->record->number, step);
  }
  if (path == NULL || destination_is_usable (path))
    return g_steal_pointer (&path);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
               "destination '%s' does not lie below the folder of artifacts", path);
  return NULL;
}

/* The folder itself, or the file where it is the only one. */
static char *
dup_link (const LocalRun *run, const State *state)
{
  const LocalBuild *build = run->build;
  g_autofree char *builder = belfry_text_percent_encode (build->builder->name);
  const LocalUploaded *only = g_ptr_array_index (state->upload->files, 0);
  g_autofree char *path = g_strdup_printf ("%s/%s", state->destination,
                                           state->upload->files->len == 1 ? only->path : "");
  g_autofree char *escaped = g_uri_escape_string (path, "/", FALSE);

  return g_strdup_printf ("%sbuilders/%s/builds/%" G_GINT64_FORMAT "/artifacts/%s",
                          local_url (build->local), builder, build->record->number, escaped);
}

static gint64
get_expiry (const LocalRun *run)
{
  gint64 keep = run->step->keys->keep;

  if (keep <= 0)
    keep = run->build->builder->keys->keep_artifacts;
  return keep > 0 ? belfry_clock_now_us () + keep : BELFRY_NONE;
}

static void
tell_files (LocalRun *run, const State *state)
{
  LocalBuild *build = run->build;
  gint64 expires_at = get_expiry (run);

  for (guint i = 0; i < state->upload->files->len; i++) {
    const LocalUploaded *file = g_ptr_array_index (state->upload->files, i);
    g_autoptr (BelfryArtifact) record = belfry_artifact_new ();
    g_autofree char *path = g_strdup_printf ("%s/%s", state->destination, file->path);

    record->artifactid = belfry_engine_next_id (build->local->instance, BELFRY_ID_ARTIFACT);
    record->buildid = build->record->buildid;
    record->stepid = run->record->stepid;
    record->bytes = file->n_bytes;
    record->expires_at = expires_at;
    belfry_record_set_text (&record->path, path);
    belfry_transaction_add_artifact (local_build_say (build), record);
  }
  local_artifacts_note (build, run->record->stepid, state->destination);
}

static void
succeed (LocalRun *run)
{
  const State *state = run->kind_state;
  const LocalStepKeys *keys = run->step->keys;
  g_autoptr (GError) error = NULL;
  g_autofree char *size = belfry_format_size (state->upload->n_bytes);

  if (keys->url != NULL)
    run->link_url = local_context_render (&run->context, keys->url, &error);
  else
    run->link_url = dup_link (run, state);
  if (error != NULL) {
    local_run_fail (run, error);
    return;
  }
  run->link_name = g_strdup (keys->link != NULL ? keys->link : run->record->name);
  tell_files (run, state);
  local_log_header (run->stdio, "%u %s, %s, in %s", state->upload->files->len,
                    state->upload->files->len == 1 ? "file" : "files", size, state->destination);
  g_free (run->done_text);
  run->done_text = g_strdup ("uploaded");
  local_run_finish (run, BELFRY_RESULT_SUCCESS, NULL);
}

static void
refuse (LocalRun *run, const char *why)
{
  const State *state = run->kind_state;

  local_log_header (run->stdio, "%s", why);
  local_artifacts_discard (run->build->local, state->upload->staging);
  local_run_finish (run, BELFRY_RESULT_FAILURE, NULL);
}

/* Into its place; what stood there goes aside where it may. */
static gboolean
publish (LocalRun *run, const State *state, GError **error)
{
  const char *root = run->build->config->artifacts;
  g_autofree char *target = g_build_filename (root, state->destination, NULL);
  g_autofree char *folder = g_path_get_dirname (state->destination);
  g_autofree char *resolved =
      g_str_equal (folder, ".") ? g_strdup (root) : local_resolve_beneath (root, folder, error);
  g_autofree char *aside = g_strconcat (state->upload->staging, ".old", NULL);

  if (resolved == NULL)
    return FALSE;
  if (run->step->keys->overwrite && g_rename (target, aside) == 0)
    local_artifacts_discard (run->build->local, aside);
  if (!g_file_test (target, G_FILE_TEST_EXISTS) && g_rename (state->upload->staging, target) == 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT, "'%s' exists already: see overwrite",
               state->destination);
  return FALSE;
}

static void
end_stopped (LocalRun *run)
{
  const State *state = run->kind_state;
  g_autofree char *text = NULL;
  gint64 result = local_run_result_of (run, NULL, 0, &text);

  local_artifacts_discard (run->build->local, state->upload->staging);
  local_run_finish (run, result, text);
}

static void
on_copied (GObject *source, GAsyncResult *result, gpointer data)
{
  LocalRun *run = data;
  const State *state = run->kind_state;
  g_autoptr (GError) error = NULL;
  gboolean copied = g_task_propagate_boolean (G_TASK (result), &error);

  (void)source;
  run->build->local->n_pending--;
  for (guint i = 0; i < state->upload->notes->len; i++)
    local_log_header (run->stdio, "%s", (char *)g_ptr_array_index (state->upload->notes, i));
  if (run->cause != LOCAL_CAUSE_NONE)
    end_stopped (run);
  else if (!copied)
    refuse (run, error->message);
  else if (state->upload->files->len == 0 && run->step->keys->if_missing == LOCAL_MISSING_SKIP)
    local_run_finish (run, BELFRY_RESULT_SKIPPED, NULL);
  else if (state->upload->files->len == 0)
    refuse (run, "there is nothing to be uploaded");
  else if (!publish (run, state, &error))
    refuse (run, error->message);
  else
    succeed (run);
}

static void
copy_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  (void)source;
  if (local_upload_run (data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
start_copy (LocalRun *run, const char *source)
{
  State *state = run->kind_state;
  const LocalStepKeys *keys = run->step->keys;
  g_autofree char *name =
      g_strdup_printf ("%" G_GINT64_FORMAT "-%u", run->record->stepid, run->attempt);
  g_autofree char *staging =
      g_build_filename (run->build->config->artifacts, LOCAL_INCOMING, name, NULL);
  g_autoptr (GTask) task = g_task_new (NULL, run->cancellable, on_copied, run);

  state->upload = local_upload_new (run->workdir, source, staging);
  state->upload->max_bytes = keys->max_size;
  state->upload->max_files = keys->max_files;
  local_run_open_log (run);
  local_log_header (run->stdio, "uploading %s\n in folder %s", source, run->workdir);
  run->build->local->n_pending++;
  g_task_set_source_tag (task, start_copy);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, state->upload, NULL);
  g_task_run_in_thread (task, copy_on_thread);
}

void
local_step_upload_start (LocalRun *run)
{
  State *state = g_new0 (State, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *source = local_context_render (&run->context, run->step->keys->source, &error);

  run->kind_state = state;
  run->kind_free = state_free;
  if (source != NULL)
    state->destination = dup_destination (run, &error);
  if (error == NULL && !local_path_is_beneath (source))
    g_set_error (&error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                 "source '%s' does not lie below the work folder", source);
  if (error == NULL)
    local_make_folder (run->build->config->artifacts, 0755, &error);
  if (error != NULL)
    local_run_fail (run, error);
  else
    start_copy (run, source);
}
