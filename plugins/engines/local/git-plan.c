/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which git command follows which. Operands stand behind `--` wherever git takes it; all of them
 * have passed the grammar of refs.c before anything runs. No configuration but ours is read, no
 * hook runs.
 */
#include "git-plan.h"
#include "refs.h"
#include <string.h>

static const char *
get_origin (const LocalGit *self)
{
  return self->keys->origin != NULL ? self->keys->origin : "origin";
}

static gboolean
has_method (const LocalGit *self, LocalMethod method)
{
  LocalMethod set = self->keys->method;

  if (self->keys->mode != LOCAL_MODE_FULL)
    return FALSE;
  return set == method || (set == LOCAL_METHOD_NONE && method == LOCAL_METHOD_FRESH);
}

gboolean
local_git_check (const LocalGit *self, GError **error)
{
  const char *const *allowed = (const char *const *)self->keys->allowed_protocols;
  g_autofree char *shown = NULL;

  if (!local_check_repository (self->repository, allowed, error))
    return FALSE;
  if (self->branch != NULL && !local_branch_is_valid (self->branch)) {
    shown = belfry_text_make_printable (self->branch, -1, 200);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "branch '%s' is not usable", shown);
    return FALSE;
  }
  if (self->revision != NULL && !local_revision_is_valid (self->revision)) {
    shown = belfry_text_make_printable (self->revision, -1, 200);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "revision '%s' is not usable", shown);
    return FALSE;
  }
  if (!local_branch_is_valid (get_origin (self))) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                         "name of the remote is not usable");
    return FALSE;
  }
  return TRUE;
}

gboolean
local_git_is_process (LocalGitAction action)
{
  return action != LOCAL_GIT_REMOVE && action != LOCAL_GIT_REMOVE_COPY &&
         action != LOCAL_GIT_WAIT && action != LOCAL_GIT_DONE && action != LOCAL_GIT_FAILED;
}

gboolean
local_git_wants_output (LocalGitAction action)
{
  return action == LOCAL_GIT_GET_URL || action == LOCAL_GIT_REV_PARSE ||
         action == LOCAL_GIT_DESCRIBE;
}

const char *
local_git_folder (const LocalGit *self)
{
  if (self->action == LOCAL_GIT_CLONE || self->action == LOCAL_GIT_COPY)
    return NULL; /* the tree is not there yet: builddir */
  return self->action == LOCAL_GIT_PATCH ? self->work : self->tree;
}

void
local_git_clear (LocalGit *self)
{
  g_clear_pointer (&self->repository, g_free);
  g_clear_pointer (&self->tree, g_free);
  g_clear_pointer (&self->work, g_free);
  g_clear_pointer (&self->got_revision, g_free);
  g_clear_pointer (&self->description, g_free);
}

static LocalGitAction
fail (LocalGit *self, const char *why)
{
  self->failure = why;
  return LOCAL_GIT_FAILED;
}

static LocalGitAction
clobber (LocalGit *self)
{
  self->clobbered = TRUE;
  self->fetched = FALSE;
  self->fetched_id = FALSE;
  return LOCAL_GIT_REMOVE;
}

static LocalGitAction
fail_or_clobber (LocalGit *self, const char *why)
{
  if (self->keys->clobber_on_failure && !self->clobbered)
    return clobber (self);
  return fail (self, why);
}

static LocalGitAction
seek_revision (LocalGit *self)
{
  if (self->revision != NULL)
    return LOCAL_GIT_HAS_REVISION;
  /* a clone has just seen every branch, but not what lies outside of them */
  if (self->cloned && (self->branch == NULL || !local_refname_is_full (self->branch)))
    return LOCAL_GIT_CHECKOUT;
  return LOCAL_GIT_FETCH;
}

static LocalGitAction
after_checkout (LocalGit *self)
{
  if (self->keys->submodules)
    return LOCAL_GIT_SUBMODULE_SYNC;
  return LOCAL_GIT_REV_PARSE;
}

static LocalGitAction
after_identified (LocalGit *self)
{
  if (has_method (self, LOCAL_METHOD_COPY))
    return LOCAL_GIT_REMOVE_COPY;
  return self->patch != NULL ? LOCAL_GIT_PATCH : LOCAL_GIT_DONE;
}

static gboolean
wants_description (const LocalGit *self)
{
  return self->keys->get_description != NULL && !g_str_equal (self->keys->get_description, "false");
}

LocalGitAction
local_git_begin (LocalGit *self)
{
  if (has_method (self, LOCAL_METHOD_CLOBBER) || !self->has_tree)
    self->action = clobber (self);
  else
    self->action = LOCAL_GIT_GET_URL;
  return self->action;
}

static LocalGitAction
on_url (LocalGit *self, gboolean success, const char *output)
{
  if (!success || g_strcmp0 (output, self->repository) != 0)
    return clobber (self);
  if (self->was_patched || has_method (self, LOCAL_METHOD_FRESH) ||
      has_method (self, LOCAL_METHOD_CLEAN))
    return LOCAL_GIT_CLEAN;
  return seek_revision (self);
}

static LocalGitAction
on_fetched (LocalGit *self, gboolean success)
{
  if (success) {
    self->fetched = TRUE;
    return self->revision != NULL ? LOCAL_GIT_HAS_REVISION : LOCAL_GIT_CHECKOUT;
  }
  if (self->keys->retry_fetch && !self->fetch_retried) {
    self->fetch_retried = TRUE;
    return LOCAL_GIT_WAIT;
  }
  return fail_or_clobber (self, NULL);
}

static LocalGitAction
on_sought (LocalGit *self, gboolean success)
{
  if (success)
    return LOCAL_GIT_CHECKOUT;
  if (!self->fetched)
    return LOCAL_GIT_FETCH;
  if (!self->fetched_id && local_revision_is_id (self->revision)) {
    self->fetched_id = TRUE;
    return LOCAL_GIT_FETCH_ID;
  }
  return fail (self, "revision not on branch");
}

static LocalGitAction
on_checked_out (LocalGit *self, gboolean success)
{
  if (!success)
    return fail_or_clobber (self, NULL);
  if (self->branch != NULL && !local_refname_is_full (self->branch))
    return LOCAL_GIT_BRANCH;
  return after_checkout (self);
}

static LocalGitAction
on_identified (LocalGit *self, gboolean success, const char *output)
{
  if (!success || output == NULL || !local_revision_is_id (output))
    return fail (self, "no revision");
  self->got_revision = g_strdup (output);
  return wants_description (self) ? LOCAL_GIT_DESCRIBE : after_identified (self);
}

static LocalGitAction
on_submodules (LocalGit *self, gboolean success)
{
  if (!success)
    return fail_or_clobber (self, NULL);
  if (self->keys->mode == LOCAL_MODE_FULL && !has_method (self, LOCAL_METHOD_CLOBBER))
    return LOCAL_GIT_SUBMODULE_CLEAN;
  return LOCAL_GIT_REV_PARSE;
}

static LocalGitAction
decide (LocalGit *self, gboolean success, const char *output)
{
  switch (self->action) {
  case LOCAL_GIT_GET_URL:
    return on_url (self, success, output);
  case LOCAL_GIT_REMOVE:
    return success ? LOCAL_GIT_CLONE : fail (self, "the old tree cannot be removed");
  case LOCAL_GIT_CLONE:
    self->cloned = TRUE;
    return success ? seek_revision (self) : fail (self, NULL);
  case LOCAL_GIT_CLEAN:
    return success ? seek_revision (self) : clobber (self);
  case LOCAL_GIT_HAS_REVISION:
    return on_sought (self, success);
  case LOCAL_GIT_FETCH:
    return on_fetched (self, success);
  case LOCAL_GIT_WAIT:
    return LOCAL_GIT_FETCH;
  case LOCAL_GIT_FETCH_ID:
    return success ? LOCAL_GIT_HAS_REVISION : fail (self, "revision not on branch");
  case LOCAL_GIT_CHECKOUT:
    return on_checked_out (self, success);
  case LOCAL_GIT_BRANCH:
    return after_checkout (self);
  case LOCAL_GIT_SUBMODULE_SYNC:
    return success ? LOCAL_GIT_SUBMODULE_UPDATE : fail_or_clobber (self, NULL);
  case LOCAL_GIT_SUBMODULE_UPDATE:
    return on_submodules (self, success);
  case LOCAL_GIT_SUBMODULE_CLEAN:
    return LOCAL_GIT_REV_PARSE;
  case LOCAL_GIT_REV_PARSE:
    return on_identified (self, success, output);
  case LOCAL_GIT_DESCRIBE:
    self->description = success && output != NULL ? g_strdup (output) : NULL;
    return after_identified (self);
  case LOCAL_GIT_REMOVE_COPY:
    return success ? LOCAL_GIT_COPY : fail (self, "the old tree cannot be removed");
  case LOCAL_GIT_COPY:
    if (!success)
      return fail (self, NULL);
    return self->patch != NULL ? LOCAL_GIT_PATCH : LOCAL_GIT_DONE;
  case LOCAL_GIT_PATCH:
    return success ? LOCAL_GIT_DONE : fail (self, "the patch does not apply");
  case LOCAL_GIT_DONE:
  case LOCAL_GIT_FAILED:
    break;
  }
  return self->action;
}

/* @output: (nullable): of processes whose output is wanted, without the line end */
LocalGitAction
local_git_next (LocalGit *self, gboolean success, const char *output)
{
  self->action = decide (self, success, output);
  return self->action;
}

/* argument vectors */

static void
add (GPtrArray *argv, const char *word)
{
  g_ptr_array_add (argv, g_strdup (word));
}

static void
add_all (GPtrArray *argv, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    add (argv, words[i]);
}

static void
add_config (GPtrArray *argv, const BelfryMap *config)
{
  for (guint i = 0; config != NULL && i < belfry_map_get_count (config); i++) {
    add (argv, "-c");
    g_ptr_array_add (argv, g_strdup_printf ("%s=%s", belfry_map_get_name (config, i),
                                            (const char *)belfry_map_get_value (config, i)));
  }
}

static void
add_depth (const LocalGit *self, GPtrArray *argv)
{
  int depth = GPOINTER_TO_INT (self->keys->shallow);

  if (depth > 0)
    g_ptr_array_add (argv, g_strdup_printf ("--depth=%d", depth));
}

static void
add_clone (const LocalGit *self, GPtrArray *argv)
{
  add_all (argv, (const char *const[]){ "clone", "--no-checkout", NULL });
  g_ptr_array_add (argv, g_strdup_printf ("--origin=%s", get_origin (self)));
  add_depth (self, argv);
  if (GPOINTER_TO_INT (self->keys->shallow) > 0 && self->branch != NULL &&
      !local_refname_is_full (self->branch))
    g_ptr_array_add (argv, g_strdup_printf ("--branch=%s", self->branch));
  if (!self->keys->tags)
    add (argv, "--no-tags");
  if (self->keys->reference != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--reference=%s", self->keys->reference));
  for (guint i = 0; self->keys->filters != NULL && self->keys->filters[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup_printf ("--filter=%s", self->keys->filters[i]));
  add (argv, "--progress");
  add (argv, "--");
  add (argv, self->repository);
  add (argv, self->tree);
}

static void
add_fetch (const LocalGit *self, GPtrArray *argv, const char *what)
{
  add_all (argv, (const char *const[]){ "fetch", "-f", NULL });
  add (argv, self->keys->tags ? "-t" : "--no-tags");
  add_depth (self, argv);
  add (argv, "--progress");
  add (argv, "--");
  add (argv, get_origin (self));
  add (argv, what);
}

/* What the sought commit is called in the tree. */
static char *
dup_target (const LocalGit *self)
{
  if (self->revision != NULL)
    return g_strdup (self->revision);
  if (self->fetched)
    return g_strdup ("FETCH_HEAD");
  if (self->branch != NULL)
    return g_strdup_printf ("refs/remotes/%s/%s", get_origin (self), self->branch);
  return g_strdup ("HEAD");
}

static void
add_describe (const LocalGit *self, GPtrArray *argv)
{
  g_auto (GStrv) options = NULL;

  add (argv, "describe");
  if (g_str_equal (self->keys->get_description, "true"))
    return;
  options = belfry_split_words (self->keys->get_description, NULL);
  if (options != NULL)
    add_all (argv, (const char *const *)options);
}

static void
add_patch (const LocalGit *self, GPtrArray *argv)
{
  add (argv, "patch");
  g_ptr_array_add (argv,
                   g_strdup_printf ("-p%" G_GINT64_FORMAT, CLAMP (self->patch->level, 0, 100)));
  add_all (argv, (const char *const[]){ "--force", "--forward", NULL });
  if (self->patch->subdir != NULL && *self->patch->subdir != '\0')
    g_ptr_array_add (argv, g_strdup_printf ("--directory=%s", self->patch->subdir));
}

static const char *
get_clean_flags (const LocalGit *self)
{
  return has_method (self, LOCAL_METHOD_CLEAN) && !self->was_patched ? "-ffd" : "-ffdx";
}

static void
add_arguments (const LocalGit *self, GPtrArray *argv)
{
  g_autofree char *url_key = g_strdup_printf ("remote.%s.url", get_origin (self));
  g_autofree char *target = dup_target (self);
  g_autofree char *commit = g_strconcat (target, "^{commit}", NULL);
  g_autofree char *clean = g_strdup_printf ("git clean %s", get_clean_flags (self));

  switch (self->action) {
  case LOCAL_GIT_GET_URL:
    add_all (argv, (const char *const[]){ "config", "--get", url_key, NULL });
    break;
  case LOCAL_GIT_CLONE:
    add_clone (self, argv);
    break;
  case LOCAL_GIT_CLEAN:
    add_all (argv, (const char *const[]){ "clean", get_clean_flags (self), NULL });
    break;
  case LOCAL_GIT_HAS_REVISION:
    add_all (argv, (const char *const[]){ "cat-file", "-e", commit, NULL });
    break;
  case LOCAL_GIT_FETCH:
    add_fetch (self, argv, self->branch != NULL ? self->branch : "HEAD");
    break;
  case LOCAL_GIT_FETCH_ID:
    add_fetch (self, argv, self->revision);
    break;
  case LOCAL_GIT_CHECKOUT:
    add_all (argv, (const char *const[]){ "checkout", "-f", "--detach", commit, "--", NULL });
    break;
  case LOCAL_GIT_BRANCH:
    add_all (argv, (const char *const[]){ "checkout", "-q", "-B", self->branch, NULL });
    break;
  case LOCAL_GIT_SUBMODULE_SYNC:
    add_all (argv, (const char *const[]){ "submodule", "sync", "--recursive", NULL });
    break;
  case LOCAL_GIT_SUBMODULE_UPDATE:
    add_all (argv, (const char *const[]){ "submodule", "update", "--init", "--recursive", "--force",
                                          NULL });
    if (self->keys->remote_submodules)
      add (argv, "--remote");
    break;
  case LOCAL_GIT_SUBMODULE_CLEAN:
    add_all (argv, (const char *const[]){ "submodule", "foreach", "--recursive", clean, NULL });
    break;
  case LOCAL_GIT_REV_PARSE:
    add_all (argv, (const char *const[]){ "rev-parse", "HEAD", NULL });
    break;
  case LOCAL_GIT_DESCRIBE:
    add_describe (self, argv);
    break;
  case LOCAL_GIT_COPY:
  case LOCAL_GIT_PATCH:
  case LOCAL_GIT_REMOVE:
  case LOCAL_GIT_REMOVE_COPY:
  case LOCAL_GIT_WAIT:
  case LOCAL_GIT_DONE:
  case LOCAL_GIT_FAILED:
    break;
  }
}

/* The vector of the current action, which must be a process. */
char **
local_git_argv (const LocalGit *self)
{
  GPtrArray *argv = g_ptr_array_new ();

  if (self->action == LOCAL_GIT_PATCH)
    add_patch (self, argv);
  else if (self->action == LOCAL_GIT_COPY)
    add_all (argv,
             (const char *const[]){ "cp", "-R", "-P", "-p", "--", self->tree, self->work, NULL });
  else {
    add (argv, "git");
    add_config (argv, self->keys->config);
    add_arguments (self, argv);
  }
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (argv, FALSE);
}

static void
set (GHashTable *environment, const char *name, const char *value)
{
  g_hash_table_replace (environment, g_strdup (name), g_strdup (value));
}

/* @ssh_options: (nullable): further options of ssh, quoted */
void
local_git_set_environment (GHashTable *environment,
                           const LocalStepKeys *keys,
                           const char *ssh_options)
{
  static const char *const settings[][2] = {
    { "safe.directory", "*" },        { "core.hooksPath", "/dev/null" },
    { "gc.autoDetach", "false" },     { "advice.detachedHead", "false" },
    { "init.defaultBranch", "main" },
  };
  g_autofree char *protocols = g_strjoinv (":", keys->allowed_protocols);
  g_autofree char *count = g_strdup_printf ("%u", (guint)G_N_ELEMENTS (settings));
  g_autofree char *ssh =
      g_strdup_printf ("ssh -oBatchMode=yes -oStrictHostKeyChecking=yes%s%s",
                       ssh_options != NULL ? " " : "", ssh_options != NULL ? ssh_options : "");

  set (environment, "GIT_TERMINAL_PROMPT", "0");
  set (environment, "GIT_CONFIG_NOSYSTEM", "1");
  set (environment, "GIT_CONFIG_GLOBAL", "/dev/null");
  set (environment, "GIT_ALLOW_PROTOCOL", protocols);
  set (environment, "GIT_SSH_COMMAND", ssh);
  set (environment, "GIT_CONFIG_COUNT", count);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *key = g_strdup_printf ("GIT_CONFIG_KEY_%u", i);
    g_autofree char *value = g_strdup_printf ("GIT_CONFIG_VALUE_%u", i);

    set (environment, key, settings[i][0]);
    set (environment, value, settings[i][1]);
  }
}
