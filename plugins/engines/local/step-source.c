/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps `git`, `hg`, `svn` and `checkout`: execute what a plan decides, one action after the
 * other, all in one log. Keys and passwords reach the tools through files in the build's private
 * folder, or by standard input; never as arguments.
 */
#include "checkout.h"
#include "local.h"
#include "refs.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FETCH_REST_SECONDS 5
#define PATCHED_MARK       "belfry-patched"

static void perform (LocalRun *run);

static LocalCheckout *
get_checkout (LocalRun *run)
{
  return run->kind_state;
}

static void
checkout_free (gpointer data)
{
  LocalCheckout *self = data;

  local_checkout_clear (self);
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
  g_autofree char *protocol = NULL;

  if (keys->repository == NULL)
    return g_strdup (codebase->repository);
  repository = local_context_render (&run->context, keys->repository, error);
  if (repository == NULL || belfry_rendered_is_literal (keys->repository))
    return g_steal_pointer (&repository);
  protocol = belfry_repository_dup_protocol (repository);
  if (g_str_equal (protocol, "file")) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                         "a repository of this machine must be written without substitutions");
    return NULL;
  }
  for (guint i = 0; keys->allowed_repositories != NULL && keys->allowed_repositories[i] != NULL;
       i++) {
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
  const LocalCheckout *checkout = get_checkout (run);

  if (g_strcmp0 (checkout->failure, "revision not on branch") == 0)
    local_log_header (run->stdio, "revision %s is not on branch %s", checkout->revision,
                      checkout->branch != NULL ? checkout->branch : "(default)");
  else if (checkout->failure != NULL)
    local_log_header (run->stdio, "%s", checkout->failure);
}

/* With a codebase's name got_revision is an object codebase → id. */
static JsonNode *
make_got_revision (LocalRun *run, const char *codebase)
{
  const LocalCheckout *checkout = get_checkout (run);
  JsonNode *before = belfry_properties_get_value (run->build->record->properties, "got_revision");
  JsonNode *node = NULL;
  JsonObject *object = NULL;

  if (*codebase == '\0')
    return before != NULL && JSON_NODE_HOLDS_OBJECT (before)
               ? NULL
               : belfry_json_new_text (checkout->got_revision);
  if (before != NULL && !JSON_NODE_HOLDS_OBJECT (before))
    return NULL;
  node = before != NULL ? belfry_json_copy (before) : json_node_new (JSON_NODE_OBJECT);
  object = before != NULL ? json_object_ref (json_node_get_object (node)) : json_object_new ();
  json_object_set_string_member (object, codebase, checkout->got_revision);
  json_node_take_object (node, object);
  return node;
}

/* In the tool's own folder, which no step's cleaning reaches. */
static void
mark_patched (LocalRun *run)
{
  const LocalCheckout *checkout = get_checkout (run);
  g_autofree char *mark =
      g_build_filename (checkout->work, checkout->plan->mark, PATCHED_MARK, NULL);

  if (checkout->patch != NULL)
    g_file_set_contents (mark, "", 0, NULL);
  else
    g_unlink (mark);
}

static void
succeed (LocalRun *run)
{
  const LocalCodebase *codebase = find_codebase (run);
  const LocalCheckout *checkout = get_checkout (run);
  JsonNode *revision = make_got_revision (run, codebase->name);

  if (revision == NULL) {
    g_autoptr (GError) error = g_error_new_literal (
        BELFRY_ERROR, BELFRY_ERROR_CONFIG, "got_revision is set with and without a codebase");

    local_run_fail (run, error);
    return;
  }
  mark_patched (run);
  local_build_set_property (run->build, "got_revision", revision, run->record->name);
  if (checkout->description != NULL)
    local_build_set_property (run->build, "commit-description",
                              belfry_json_new_text (checkout->description), run->record->name);
  local_run_finish (run, BELFRY_RESULT_SUCCESS, NULL);
}

static void
next (LocalRun *run, gboolean success, const char *output)
{
  LocalCheckout *checkout = get_checkout (run);

  if (run->cause != LOCAL_CAUSE_NONE) {
    g_autofree char *text = NULL;
    gint64 result = local_run_result_of (run, NULL, 0, &text);

    local_run_finish (run, result, text);
    return;
  }
  checkout->plan->next (checkout, success, output);
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

/* The tree may have made a link of the patch's folder. */
static gboolean
may_patch (const LocalCheckout *checkout)
{
  const char *subdir = checkout->patch->subdir;
  int fd = -1;

  if (subdir == NULL || *subdir == '\0')
    return TRUE;
  fd = local_open_beneath (checkout->work, subdir, NULL);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static void
perform_process (LocalRun *run)
{
  LocalCheckout *checkout = get_checkout (run);
  g_auto (GStrv) argv = checkout->plan->argv (checkout);
  const char *folder = checkout->plan->folder (checkout);

  if (checkout->patch != NULL && checkout->plan->input (checkout) == checkout->patch->body &&
      !may_patch (checkout)) {
    local_log_header (run->stdio, "the patch's folder is none of the tree");
    local_run_finish (run, BELFRY_RESULT_FAILURE, NULL);
    return;
  }
  run->capture_max = checkout->plan->output_max (checkout);
  local_run_process (run, (const char *const *)argv, folder != NULL ? folder : run->build->folder,
                     checkout->plan->input (checkout), on_process_done);
}

static void
perform_remove (LocalRun *run)
{
  LocalCheckout *checkout = get_checkout (run);
  const char *path = checkout->plan->folder (checkout);

  local_run_open_log (run);
  local_log_header (run->stdio, "removing %s", path);
  run->build->local->n_pending++;
  local_tree_remove_async (path, NULL, on_removed, run);
}

static void
perform (LocalRun *run)
{
  LocalCheckout *checkout = get_checkout (run);

  switch (checkout->plan->deed (checkout)) {
  case LOCAL_DEED_PROCESS:
    perform_process (run);
    break;
  case LOCAL_DEED_REMOVE:
    perform_remove (run);
    break;
  case LOCAL_DEED_WAIT:
    run->wait_id = g_timeout_add_seconds (FETCH_REST_SECONDS, on_rested, run);
    break;
  case LOCAL_DEED_DONE:
    succeed (run);
    break;
  case LOCAL_DEED_FAILED:
    say_failure (run);
    local_run_finish (run, BELFRY_RESULT_FAILURE, NULL);
    break;
  }
}

/* What a crash left locked; nobody else works in this tree. */
static void
remove_locks (const LocalCheckout *checkout)
{
  for (guint i = 0; checkout->plan->locks[i] != NULL; i++) {
    g_autofree char *path =
        g_build_filename (checkout->tree, checkout->plan->mark, checkout->plan->locks[i], NULL);

    g_unlink (path);
  }
}

/* A token goes as the password of a user that services do not look at. */
static void
read_credential (const LocalRun *run, LocalCheckout *checkout)
{
  const char *credential = run->step->keys->credential != NULL
                               ? belfry_secret_get_value (run->step->keys->credential)
                               : NULL;
  g_autofree char *text = credential != NULL ? g_strstrip (g_strdup (credential)) : NULL;
  const char *colon = text != NULL ? strchr (text, ':') : NULL;

  if (text == NULL)
    return;
  checkout->user = colon != NULL ? g_strndup (text, (gsize)(colon - text)) : g_strdup ("token");
  checkout->password = g_strdup (colon != NULL ? colon + 1 : text);
  local_masks_add (run->build->masks, "credential", checkout->password);
}

/* Answers for the server of the repository alone: a submodule of another one gets nothing. */
static gboolean
write_askpass (LocalRun *run, const LocalCheckout *checkout, GError **error)
{
  g_autofree char *host = NULL;
  g_autofree char *quoted_host = NULL;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *text = NULL;
  char *script = NULL;

  if (checkout->password == NULL)
    return TRUE;
  host = local_url_dup_host (checkout->repository);
  quoted_host = g_shell_quote (host);
  user = g_shell_quote (checkout->user);
  password = g_shell_quote (checkout->password);
  text = g_strdup_printf ("#!/bin/sh\ncase \"$1\" in\n*//%s\\'*|*@%s\\'*) ;;\n*) exit 1 ;;\nesac\n"
                          "case \"$1\" in\nUsername*) printf '%%s\\n' %s ;;\n*) printf "
                          "'%%s\\n' %s ;;\nesac\n",
                          quoted_host, quoted_host, user, password);
  script = local_run_write_secret (run, "askpass", text, 0700, error);
  if (script == NULL)
    return FALSE;
  g_hash_table_replace (run->environment, g_strdup ("GIT_ASKPASS"), script);
  return TRUE;
}

static gboolean
append_secret_file (LocalRun *run,
                    GString *command,
                    const char *option,
                    const char *name,
                    const char *text,
                    GError **error)
{
  g_autofree char *path = local_run_write_secret (run, name, text, 0600, error);
  g_autofree char *quoted = path != NULL ? g_shell_quote (path) : NULL;

  if (path != NULL)
    g_string_append_printf (command, " %s%s", option, quoted);
  return path != NULL;
}

/* (nullable): the command that reaches other machines, as a shell reads it */
static char *
make_ssh_command (LocalRun *run, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autoptr (GString) command = g_string_new ("ssh -oBatchMode=yes -oStrictHostKeyChecking=yes");
  g_autofree char *known = NULL;
  g_autofree char *key = NULL;

  if (keys->ssh_key != NULL) {
    key = g_strconcat (belfry_secret_get_value (keys->ssh_key), "\n", NULL);
    if (!append_secret_file (run, command, "-oIdentitiesOnly=yes -i ", "ssh-key", key, error))
      return NULL;
  }
  if (keys->ssh_known_hosts != NULL)
    known = g_strconcat (keys->ssh_known_hosts, "\n", NULL);
  else if (keys->ssh_host_key != NULL)
    known = g_strdup_printf ("* %s\n", keys->ssh_host_key);
  if (known != NULL &&
      !append_secret_file (run, command, "-oUserKnownHostsFile=", "known-hosts", known, error))
    return NULL;
  return g_strdup (command->str);
}

/* A file where the plan writes one, else an empty folder. */
static gboolean
make_settings (LocalRun *run, LocalCheckout *checkout, const char *ssh, GError **error)
{
  g_autofree char *text = NULL;

  if (checkout->plan->dup_settings == NULL) {
    checkout->settings = g_build_filename (run->build->temporary, "settings", NULL);
    return local_make_folder (checkout->settings, 0700, error);
  }
  text = checkout->plan->dup_settings (checkout, ssh);
  checkout->settings = local_run_write_secret (run, "settings", text, 0600, error);
  return checkout->settings != NULL;
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
            LocalCheckout *checkout,
            const LocalCodebase *codebase,
            const BelfrySourceStamp *stamp)
{
  const LocalStepKeys *keys = run->step->keys;
  gboolean latest = keys->always_use_latest;

  checkout->branch = !latest ? stamp->branch : NULL;
  if (checkout->branch == NULL || *checkout->branch == '\0')
    checkout->branch = keys->branch != NULL ? keys->branch : codebase->branch;
  checkout->revision = !latest ? stamp->revision : NULL;
  if (checkout->revision == NULL || *checkout->revision == '\0')
    checkout->revision = latest                   ? NULL
                         : keys->revision != NULL ? keys->revision
                                                  : codebase->revision;
  checkout->patch = latest ? NULL : stamp->patch;
}

static gboolean
check_patch (const LocalCheckout *checkout, GError **error)
{
  if (checkout->patch == NULL || checkout->patch->subdir == NULL ||
      *checkout->patch->subdir == '\0' || local_path_is_beneath (checkout->patch->subdir))
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                       "the patch's folder lies outside of the tree");
  return FALSE;
}

static void
find_tree (LocalRun *run, LocalCheckout *checkout)
{
  const LocalStepKeys *keys = run->step->keys;
  gboolean copies = keys->mode == LOCAL_MODE_FULL &&
                    (keys->method == LOCAL_METHOD_COPY || keys->method == LOCAL_METHOD_EXPORT);
  g_autofree char *mark = NULL;
  g_autofree char *patched = NULL;

  checkout->work = g_strdup (run->workdir);
  checkout->tree =
      copies ? g_build_filename (run->build->folder, "source", NULL) : g_strdup (run->workdir);
  mark = g_build_filename (checkout->tree, checkout->plan->mark, NULL);
  patched = g_build_filename (mark, PATCHED_MARK, NULL);
  checkout->has_tree = g_file_test (mark, G_FILE_TEST_IS_DIR);
  checkout->was_patched = g_file_test (patched, G_FILE_TEST_EXISTS);
}

static gboolean
prepare (LocalRun *run, LocalCheckout *checkout, GError **error)
{
  g_autofree char *ssh = NULL;

  read_credential (run, checkout);
  if (!checkout->plan->check (checkout, error) || !check_patch (checkout, error))
    return FALSE;
  ssh = make_ssh_command (run, error);
  if (ssh == NULL || !write_askpass (run, checkout, error) ||
      !make_settings (run, checkout, ssh, error))
    return FALSE;
  find_tree (run, checkout);
  checkout->plan->set_environment (checkout, run->environment, ssh);
  if (checkout->has_tree)
    remove_locks (checkout);
  return TRUE;
}

static const LocalPlan *
find_plan (const LocalRun *run, const LocalCodebase *codebase)
{
  static const LocalPlan *const by_vcs[] = { &local_git_plan, &local_hg_plan, &local_svn_plan };

  if (run->step->kind == LOCAL_STEP_HG)
    return &local_hg_plan;
  if (run->step->kind == LOCAL_STEP_SVN)
    return &local_svn_plan;
  return run->step->kind == LOCAL_STEP_GIT ? &local_git_plan : by_vcs[codebase->vcs];
}

void
local_step_source_start (LocalRun *run)
{
  LocalCheckout *checkout = g_new0 (LocalCheckout, 1);
  const LocalCodebase *codebase = find_codebase (run);
  const BelfrySourceStamp *stamp =
      codebase != NULL ? local_find_stamp (run->context.stamps, codebase->name) : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  run->kind_state = checkout;
  run->kind_free = checkout_free;
  if (stamp == NULL) {
    text = g_strdup_printf ("Codebase %s not in build",
                            run->step->keys->codebase != NULL ? run->step->keys->codebase : "");
    local_run_finish (run, BELFRY_RESULT_FAILURE, text);
    return;
  }
  set_texts (run, codebase);
  checkout->plan = find_plan (run, codebase);
  checkout->keys = run->step->keys;
  set_target (run, checkout, codebase, stamp);
  checkout->repository = dup_repository (run, codebase, &error);
  if (error != NULL || !prepare (run, checkout, &error)) {
    local_run_fail (run, error);
    return;
  }
  checkout->plan->begin (checkout);
  perform (run);
}
