/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The step `git`: executes what git-plan.c decides, one action after the other, all in one log.
 * Keys and passwords reach git through files in the build's private folder.
 */
#include "git-plan.h"
#include "local.h"
#include "refs.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define FETCH_REST_SECONDS 5
#define PATCHED_MARK       ".git/belfry-patched"

static void perform (LocalRun *run);

static LocalGit *
get_git (LocalRun *run)
{
  return run->kind_state;
}

static void
git_free (gpointer data)
{
  LocalGit *self = data;

  local_git_clear (self);
  g_free (self);
}

static const LocalCodebase *
find_codebase (const LocalRun *run)
{
  GPtrArray *codebases = run->build->builder->codebases;
  const char *name = run->step->keys->codebase;

  for (guint i = 0; i < codebases->len; i++) {
    const LocalCodebase *codebase = g_ptr_array_index (codebases, i);

    if (name == NULL ? codebases->len == 1 : g_str_equal (codebase->name, name))
      return codebase;
  }
  return NULL;
}

static char *
dup_repository (const LocalRun *run, const LocalCodebase *codebase, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autofree char *repository = NULL;

  if (keys->repository == NULL)
    return g_strdup (codebase->repository);
  repository = local_context_render (&run->context, keys->repository, error);
  if (repository == NULL || keys->allowed_repositories == NULL)
    return g_steal_pointer (&repository);
  for (guint i = 0; keys->allowed_repositories[i] != NULL; i++) {
    if (belfry_glob_match (keys->allowed_repositories[i], repository, BELFRY_GLOB_TEXT))
      return g_steal_pointer (&repository);
  }
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                       "the repository matches none of allowed-repositories");
  return NULL;
}

static void
say_failure (LocalRun *run)
{
  const LocalGit *git = get_git (run);

  if (g_strcmp0 (git->failure, "revision not on branch") == 0)
    local_log_header (run->stdio, "revision %s is not on branch %s", git->revision,
                      git->branch != NULL ? git->branch : "(default)");
  else if (git->failure != NULL)
    local_log_header (run->stdio, "%s", git->failure);
}

/* With a codebase's name got_revision is an object codebase → id. */
static JsonNode *
make_got_revision (LocalRun *run, const char *codebase)
{
  const LocalGit *git = get_git (run);
  JsonNode *before = belfry_properties_get_value (run->build->record->properties, "got_revision");
  JsonNode *node = NULL;
  JsonObject *object = NULL;

  if (*codebase == '\0')
    return before != NULL && JSON_NODE_HOLDS_OBJECT (before)
               ? NULL
               : belfry_json_new_text (git->got_revision);
  if (before != NULL && !JSON_NODE_HOLDS_OBJECT (before))
    return NULL;
  node = before != NULL ? json_node_copy (before) : json_node_new (JSON_NODE_OBJECT);
  object = before != NULL ? json_object_ref (json_node_get_object (node)) : json_object_new ();
  json_object_set_string_member (object, codebase, git->got_revision);
  json_node_take_object (node, object);
  return node;
}

static void
mark_patched (LocalRun *run)
{
  const LocalGit *git = get_git (run);
  g_autofree char *mark = g_build_filename (git->work, PATCHED_MARK, NULL);

  if (git->patch != NULL)
    g_file_set_contents (mark, "", 0, NULL);
  else
    g_unlink (mark);
}

static void
succeed (LocalRun *run)
{
  const LocalCodebase *codebase = find_codebase (run);
  const LocalGit *git = get_git (run);
  JsonNode *revision = make_got_revision (run, codebase->name);

  if (revision == NULL) {
    g_autoptr (GError) error = g_error_new_literal (
        BELFRY_ERROR, BELFRY_ERROR_CONFIG, "got_revision is set with and without a codebase");

    local_run_fail (run, error);
    return;
  }
  mark_patched (run);
  local_build_set_property (run->build, "got_revision", revision, run->record->name);
  if (git->description != NULL)
    local_build_set_property (run->build, "commit-description",
                              belfry_json_new_text (git->description), run->record->name);
  local_run_finish (run, BELFRY_RESULT_SUCCESS, NULL);
}

static void
next (LocalRun *run, gboolean success, const char *output)
{
  if (run->cause != LOCAL_CAUSE_NONE) {
    g_autofree char *text = NULL;
    gint64 result = local_run_result_of (run, NULL, 0, &text);

    local_run_finish (run, result, text);
    return;
  }
  local_git_next (get_git (run), success, output);
  perform (run);
}

static void
on_process_done (LocalRun *run, const LocalExit *exit, int error_number)
{
  g_autofree char *output =
      run->captured != NULL ? g_strstrip (g_strdup (run->captured->str)) : NULL;

  if (exit == NULL || run->cause != LOCAL_CAUSE_NONE || exit->unkillable) {
    g_autofree char *text = NULL;
    gint64 result = local_run_result_of (run, exit, error_number, &text);

    local_run_finish (run, result, text);
    return;
  }
  next (run, exit->code == 0, output);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer data)
{
  LocalRun *run = data;
  g_autoptr (GError) error = NULL;
  gboolean removed = local_tree_remove_finish (result, &error);

  (void)source;
  run->build->local->n_pending--;
  if (!removed && run->cause == LOCAL_CAUSE_NONE) {
    local_run_fail (run, error);
    return;
  }
  next (run, removed, NULL);
}

static gboolean
on_rested (gpointer data)
{
  LocalRun *run = data;

  run->wait_id = 0;
  next (run, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
perform_process (LocalRun *run)
{
  LocalGit *git = get_git (run);
  g_auto (GStrv) argv = local_git_argv (git);
  const char *folder = local_git_folder (git);

  run->capture = local_git_wants_output (git->action);
  local_run_process (run, (const char *const *)argv, folder != NULL ? folder : run->build->folder,
                     git->action == LOCAL_GIT_PATCH ? git->patch->body : NULL, on_process_done);
}

static void
perform_remove (LocalRun *run)
{
  LocalGit *git = get_git (run);
  const char *path = git->action == LOCAL_GIT_REMOVE ? git->tree : git->work;

  local_run_open_log (run);
  local_log_header (run->stdio, "removing %s", path);
  run->build->local->n_pending++;
  local_tree_remove_async (path, NULL, on_removed, run);
}

static void
perform (LocalRun *run)
{
  LocalGit *git = get_git (run);

  if (local_git_is_process (git->action)) {
    perform_process (run);
    return;
  }
  if (git->action == LOCAL_GIT_DONE)
    succeed (run);
  else if (git->action == LOCAL_GIT_FAILED) {
    say_failure (run);
    local_run_finish (run, BELFRY_RESULT_FAILURE, NULL);
  } else if (git->action == LOCAL_GIT_WAIT)
    run->wait_id = g_timeout_add_seconds (FETCH_REST_SECONDS, on_rested, run);
  else
    perform_remove (run);
}

/* What a crash left locked; nobody else works in this tree. */
static void
remove_locks (const char *tree)
{
  static const char *const names[] = { "index.lock", "HEAD.lock", "config.lock", "shallow.lock",
                                       "packed-refs.lock" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (tree, ".git", names[i], NULL);

    g_unlink (path);
  }
}

static gboolean
write_askpass (LocalRun *run, GError **error)
{
  const char *credential = run->step->keys->credential != NULL
                               ? belfry_secret_get_value (run->step->keys->credential)
                               : NULL;
  g_auto (GStrv) pair = NULL;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *text = NULL;
  char *script = NULL;

  if (credential == NULL)
    return TRUE;
  pair = g_strsplit (credential, ":", 2);
  user = g_shell_quote (pair[1] != NULL ? pair[0] : "token");
  password = g_shell_quote (pair[1] != NULL ? pair[1] : credential);
  text = g_strdup_printf ("#!/bin/sh\ncase \"$1\" in\nUsername*) printf '%%s\\n' %s ;;\n*) printf "
                          "'%%s\\n' %s ;;\nesac\n",
                          user, password);
  script = local_run_write_secret (run, "askpass", text, 0700, error);
  if (script == NULL)
    return FALSE;
  g_hash_table_replace (run->environment, g_strdup ("GIT_ASKPASS"), script);
  return TRUE;
}

/* (nullable) with @error unset: no options are needed */
static gboolean
make_ssh_options (LocalRun *run, char **options, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *known = NULL;

  if (keys->ssh_key != NULL) {
    g_autofree char *value = g_strconcat (belfry_secret_get_value (keys->ssh_key), "\n", NULL);
    g_autofree char *path = local_run_write_secret (run, "ssh-key", value, 0600, error);
    g_autofree char *quoted = path != NULL ? g_shell_quote (path) : NULL;

    if (path == NULL)
      return FALSE;
    g_string_append_printf (text, "-oIdentitiesOnly=yes -i %s", quoted);
  }
  if (keys->ssh_known_hosts != NULL)
    known = g_strconcat (keys->ssh_known_hosts, "\n", NULL);
  else if (keys->ssh_host_key != NULL)
    known = g_strdup_printf ("* %s\n", keys->ssh_host_key);
  if (known != NULL) {
    g_autofree char *path = local_run_write_secret (run, "known-hosts", known, 0600, error);
    g_autofree char *quoted = path != NULL ? g_shell_quote (path) : NULL;

    if (path == NULL)
      return FALSE;
    g_string_append_printf (text, " -oUserKnownHostsFile=%s", quoted);
  }
  *options = text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
  return TRUE;
}

static void
set_texts (LocalRun *run, const LocalCodebase *codebase)
{
  const LocalStepKeys *keys = run->step->keys;
  gboolean clobber = keys->mode == LOCAL_MODE_FULL && keys->method == LOCAL_METHOD_CLOBBER;
  const char *word = clobber ? "checkout" : "update";

  g_free (run->done_text);
  run->done_text =
      *codebase->name != '\0' ? g_strdup_printf ("%s %s", word, codebase->name) : g_strdup (word);
}

/* What is to be checked out: from the stamp, else from the configuration; nothing from a payload's
 * URL. */
static void
set_target (LocalRun *run,
            LocalGit *git,
            const LocalCodebase *codebase,
            const BelfrySourceStamp *stamp)
{
  const LocalStepKeys *keys = run->step->keys;
  gboolean latest = keys->always_use_latest;

  git->branch = !latest ? stamp->branch : NULL;
  if (git->branch == NULL || *git->branch == '\0')
    git->branch = keys->branch != NULL ? keys->branch : codebase->branch;
  git->revision = !latest ? stamp->revision : NULL;
  if (git->revision == NULL || *git->revision == '\0')
    git->revision = latest ? NULL : keys->revision != NULL ? keys->revision : codebase->revision;
  git->patch = latest ? NULL : stamp->patch;
}

static gboolean
prepare (LocalRun *run, LocalGit *git, GError **error)
{
  g_autofree char *options = NULL;
  g_autofree char *dot_git = NULL;
  g_autofree char *mark = g_build_filename (run->workdir, PATCHED_MARK, NULL);
  gboolean copy =
      run->step->keys->mode == LOCAL_MODE_FULL && run->step->keys->method == LOCAL_METHOD_COPY;

  if (!local_git_check (git, error) || !make_ssh_options (run, &options, error) ||
      !write_askpass (run, error))
    return FALSE;
  if (git->patch != NULL && git->patch->subdir != NULL && *git->patch->subdir != '\0' &&
      !local_path_is_beneath (git->patch->subdir)) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                         "the patch's folder lies outside of the tree");
    return FALSE;
  }
  git->work = g_strdup (run->workdir);
  git->tree =
      copy ? g_build_filename (run->build->folder, "source", NULL) : g_strdup (run->workdir);
  dot_git = g_build_filename (git->tree, ".git", NULL);
  git->has_tree = g_file_test (dot_git, G_FILE_TEST_IS_DIR);
  git->was_patched = g_file_test (mark, G_FILE_TEST_EXISTS);
  local_git_set_environment (run->environment, run->step->keys, options);
  if (git->has_tree)
    remove_locks (git->tree);
  return TRUE;
}

void
local_step_git_start (LocalRun *run)
{
  LocalGit *git = g_new0 (LocalGit, 1);
  const LocalCodebase *codebase = find_codebase (run);
  const BelfrySourceStamp *stamp =
      codebase != NULL ? local_find_stamp (run->context.stamps, codebase->name) : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  run->kind_state = git;
  run->kind_free = git_free;
  if (stamp == NULL) {
    text = g_strdup_printf ("Codebase %s not in build",
                            run->step->keys->codebase != NULL ? run->step->keys->codebase : "");
    local_run_finish (run, BELFRY_RESULT_FAILURE, text);
    return;
  }
  set_texts (run, codebase);
  set_target (run, git, codebase, stamp);
  git->keys = run->step->keys;
  git->repository = dup_repository (run, codebase, &error);
  if (error != NULL || !prepare (run, git, &error)) {
    local_run_fail (run, error);
    return;
  }
  local_git_begin (git);
  perform (run);
}
