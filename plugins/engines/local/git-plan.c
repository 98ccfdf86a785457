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
get_origin (const LocalCheckout *self)
{
  return self->keys->origin != NULL ? self->keys->origin : "origin";
}

static gboolean
check (const LocalCheckout *self, GError **error)
{
  if (!local_checkout_check (self, error))
    return FALSE;
  if (self->revision != NULL && !local_revision_is_valid (self->revision))
    return local_checkout_fail_revision (self, error);
  if (local_branch_is_valid (get_origin (self)))
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                       "name of the remote is not usable");
  return FALSE;
}

static LocalDeed
get_deed (const LocalCheckout *self)
{
  switch (self->action) {
  case LOCAL_GIT_REMOVE:
  case LOCAL_GIT_REMOVE_COPY:
    return LOCAL_DEED_REMOVE;
  case LOCAL_GIT_WAIT:
    return LOCAL_DEED_WAIT;
  case LOCAL_GIT_DONE:
    return LOCAL_DEED_DONE;
  case LOCAL_GIT_FAILED:
    return LOCAL_DEED_FAILED;
  default:
    return LOCAL_DEED_PROCESS;
  }
}

static gsize
get_output_max (const LocalCheckout *self)
{
  return self->action == LOCAL_GIT_GET_URL || self->action == LOCAL_GIT_REV_PARSE ||
                 self->action == LOCAL_GIT_DESCRIBE
             ? 64 * 1024
             : 0;
}

static const char *
get_folder (const LocalCheckout *self)
{
  if (self->action == LOCAL_GIT_CLONE || self->action == LOCAL_GIT_COPY)
    return NULL; /* the tree is not there yet */
  return self->action == LOCAL_GIT_PATCH || self->action == LOCAL_GIT_REMOVE_COPY ? self->work
                                                                                  : self->tree;
}

static const char *
get_input (const LocalCheckout *self)
{
  return self->action == LOCAL_GIT_PATCH ? self->patch->body : NULL;
}

static int
fail (LocalCheckout *self, const char *why)
{
  self->failure = why;
  return LOCAL_GIT_FAILED;
}

static int
clobber (LocalCheckout *self)
{
  self->clobbered = TRUE;
  self->fetched = FALSE;
  self->fetched_id = FALSE;
  return LOCAL_GIT_REMOVE;
}

static int
fail_or_clobber (LocalCheckout *self, const char *why)
{
  if (self->keys->clobber_on_failure && !self->clobbered)
    return clobber (self);
  return fail (self, why);
}

static int
seek_revision (LocalCheckout *self)
{
  if (self->revision != NULL)
    return LOCAL_GIT_HAS_REVISION;
  /* a clone has just seen every branch, but not what lies outside of them */
  if (self->cloned && (self->branch == NULL || !local_refname_is_full (self->branch)))
    return LOCAL_GIT_CHECKOUT;
  return LOCAL_GIT_FETCH;
}

static int
after_checkout (LocalCheckout *self)
{
  if (self->keys->submodules)
    return LOCAL_GIT_SUBMODULE_SYNC;
  return LOCAL_GIT_REV_PARSE;
}

static int
after_identified (LocalCheckout *self)
{
  if (local_checkout_has_method (self, LOCAL_METHOD_COPY))
    return LOCAL_GIT_REMOVE_COPY;
  return self->patch != NULL ? LOCAL_GIT_PATCH : LOCAL_GIT_DONE;
}

static gboolean
wants_description (const LocalCheckout *self)
{
  return self->keys->get_description != NULL && !g_str_equal (self->keys->get_description, "false");
}

static int
begin (LocalCheckout *self)
{
  if (local_checkout_has_method (self, LOCAL_METHOD_CLOBBER) || !self->has_tree)
    self->action = clobber (self);
  else
    self->action = LOCAL_GIT_GET_URL;
  return self->action;
}

static int
on_url (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success || g_strcmp0 (output, self->repository) != 0)
    return clobber (self);
  if (self->was_patched || local_checkout_has_method (self, LOCAL_METHOD_FRESH) ||
      local_checkout_has_method (self, LOCAL_METHOD_CLEAN))
    return LOCAL_GIT_CLEAN;
  return seek_revision (self);
}

static int
on_fetched (LocalCheckout *self, gboolean success)
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

static int
on_sought (LocalCheckout *self, gboolean success)
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

static int
on_checked_out (LocalCheckout *self, gboolean success)
{
  if (!success)
    return fail_or_clobber (self, NULL);
  if (self->branch != NULL && !local_refname_is_full (self->branch))
    return LOCAL_GIT_BRANCH;
  return after_checkout (self);
}

static int
on_identified (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success || output == NULL || !local_revision_is_id (output))
    return fail (self, "no revision");
  self->got_revision = g_strdup (output);
  return wants_description (self) ? LOCAL_GIT_DESCRIBE : after_identified (self);
}

static int
on_submodules (LocalCheckout *self, gboolean success)
{
  if (!success)
    return fail_or_clobber (self, NULL);
  if (self->keys->mode == LOCAL_MODE_FULL &&
      !local_checkout_has_method (self, LOCAL_METHOD_CLOBBER))
    return LOCAL_GIT_SUBMODULE_CLEAN;
  return LOCAL_GIT_REV_PARSE;
}

static int
decide (LocalCheckout *self, gboolean success, const char *output)
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
static int
next (LocalCheckout *self, gboolean success, const char *output)
{
  self->action = decide (self, success, output);
  return self->action;
}

/* argument vectors */

static void
add_config (GPtrArray *argv, const BelfryMap *config)
{
  for (guint i = 0; config != NULL && i < belfry_map_get_count (config); i++) {
    local_argv_add (argv, "-c");
    g_ptr_array_add (argv, g_strdup_printf ("%s=%s", belfry_map_get_name (config, i),
                                            (const char *)belfry_map_get_value (config, i)));
  }
}

static void
add_depth (const LocalCheckout *self, GPtrArray *argv)
{
  int depth = GPOINTER_TO_INT (self->keys->shallow);

  if (depth > 0)
    g_ptr_array_add (argv, g_strdup_printf ("--depth=%d", depth));
}

static void
add_clone (const LocalCheckout *self, GPtrArray *argv)
{
  local_argv_add_all (argv, (const char *const[]){ "clone", "--no-checkout", NULL });
  g_ptr_array_add (argv, g_strdup_printf ("--origin=%s", get_origin (self)));
  add_depth (self, argv);
  if (GPOINTER_TO_INT (self->keys->shallow) > 0 && self->branch != NULL &&
      !local_refname_is_full (self->branch))
    g_ptr_array_add (argv, g_strdup_printf ("--branch=%s", self->branch));
  if (!self->keys->tags)
    local_argv_add (argv, "--no-tags");
  if (self->keys->reference != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--reference=%s", self->keys->reference));
  for (guint i = 0; self->keys->filters != NULL && self->keys->filters[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup_printf ("--filter=%s", self->keys->filters[i]));
  local_argv_add (argv, "--progress");
  local_argv_add (argv, "--");
  local_argv_add (argv, self->repository);
  local_argv_add (argv, self->tree);
}

static void
add_fetch (const LocalCheckout *self, GPtrArray *argv, const char *what)
{
  local_argv_add_all (argv,
                      (const char *const[]){ "fetch", "-f", "--no-recurse-submodules", NULL });
  local_argv_add (argv, self->keys->tags ? "-t" : "--no-tags");
  add_depth (self, argv);
  local_argv_add (argv, "--progress");
  local_argv_add (argv, "--");
  local_argv_add (argv, get_origin (self));
  local_argv_add (argv, what);
}

/* What the sought commit is called in the tree. */
static char *
dup_target (const LocalCheckout *self)
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
add_describe (const LocalCheckout *self, GPtrArray *argv)
{
  g_auto (GStrv) options = NULL;

  local_argv_add (argv, "describe");
  if (g_str_equal (self->keys->get_description, "true"))
    return;
  options = belfry_split_words (self->keys->get_description, NULL);
  if (options != NULL)
    local_argv_add_all (argv, (const char *const *)options);
}

static const char *
get_clean_flags (const LocalCheckout *self)
{
  return local_checkout_has_method (self, LOCAL_METHOD_CLEAN) && !self->was_patched ? "-ffd"
                                                                                    : "-ffdx";
}

static void
add_arguments (const LocalCheckout *self, GPtrArray *argv)
{
  g_autofree char *url_key = g_strdup_printf ("remote.%s.url", get_origin (self));
  g_autofree char *target = dup_target (self);
  g_autofree char *commit = g_strconcat (target, "^{commit}", NULL);
  g_autofree char *clean = g_strdup_printf ("git clean %s", get_clean_flags (self));

  switch (self->action) {
  case LOCAL_GIT_GET_URL:
    local_argv_add_all (argv, (const char *const[]){ "config", "--get", url_key, NULL });
    break;
  case LOCAL_GIT_CLONE:
    add_clone (self, argv);
    break;
  case LOCAL_GIT_CLEAN:
    local_argv_add_all (argv, (const char *const[]){ "clean", get_clean_flags (self), NULL });
    break;
  case LOCAL_GIT_HAS_REVISION:
    local_argv_add_all (argv, (const char *const[]){ "cat-file", "-e", commit, NULL });
    break;
  case LOCAL_GIT_FETCH:
    add_fetch (self, argv, self->branch != NULL ? self->branch : "HEAD");
    break;
  case LOCAL_GIT_FETCH_ID:
    add_fetch (self, argv, self->revision);
    break;
  case LOCAL_GIT_CHECKOUT:
    local_argv_add_all (argv,
                        (const char *const[]){ "checkout", "-f", "--detach", commit, "--", NULL });
    break;
  case LOCAL_GIT_BRANCH:
    local_argv_add_all (argv, (const char *const[]){ "checkout", "-q", "-B", self->branch, NULL });
    break;
  case LOCAL_GIT_SUBMODULE_SYNC:
    local_argv_add_all (argv, (const char *const[]){ "submodule", "sync", "--recursive", NULL });
    break;
  case LOCAL_GIT_SUBMODULE_UPDATE:
    local_argv_add_all (argv, (const char *const[]){ "submodule", "update", "--init", "--recursive",
                                                     "--force", NULL });
    if (self->keys->remote_submodules)
      local_argv_add (argv, "--remote");
    break;
  case LOCAL_GIT_SUBMODULE_CLEAN:
    local_argv_add_all (
        argv, (const char *const[]){ "submodule", "foreach", "--recursive", clean, NULL });
    break;
  case LOCAL_GIT_REV_PARSE:
    local_argv_add_all (argv, (const char *const[]){ "rev-parse", "HEAD", NULL });
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
static char **
make_argv (const LocalCheckout *self)
{
  GPtrArray *argv = NULL;

  if (self->action == LOCAL_GIT_PATCH)
    return local_checkout_patch_argv (self);
  if (self->action == LOCAL_GIT_COPY)
    return local_checkout_copy_argv (self);
  argv = g_ptr_array_new ();
  local_argv_add (argv, "git");
  add_config (argv, self->keys->config);
  add_arguments (self, argv);
  return local_argv_end (argv);
}

static void
set (GHashTable *environment, const char *name, const char *value)
{
  g_hash_table_replace (environment, g_strdup (name), g_strdup (value));
}

/* Submodules of a repository from elsewhere must not lead to this machine's. */
static char *
dup_allowed (const LocalCheckout *self)
{
  const char *const *protocols = local_checkout_protocols (self);
  GString *text = g_string_new (NULL);

  for (guint i = 0; protocols[i] != NULL; i++) {
    if (!g_str_equal (protocols[i], "file") || local_checkout_is_local (self))
      g_string_append_printf (text, "%s%s", text->len > 0 ? ":" : "", protocols[i]);
  }
  return g_string_free (text, FALSE);
}

static void
set_environment (const LocalCheckout *self, GHashTable *environment, const char *ssh)
{
  static const char *const settings[][2] = {
    { "safe.directory", "*" },        { "core.hooksPath", "/dev/null" },
    { "gc.autoDetach", "false" },     { "advice.detachedHead", "false" },
    { "init.defaultBranch", "main" },
  };
  g_autofree char *allowed = dup_allowed (self);
  g_autofree char *count = g_strdup_printf ("%u", (guint)G_N_ELEMENTS (settings));

  set (environment, "GIT_TERMINAL_PROMPT", "0");
  set (environment, "GIT_CONFIG_NOSYSTEM", "1");
  set (environment, "GIT_CONFIG_GLOBAL", "/dev/null");
  set (environment, "GIT_ALLOW_PROTOCOL", allowed);
  set (environment, "GIT_SSH_COMMAND", ssh);
  set (environment, "GIT_CONFIG_COUNT", count);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *key = g_strdup_printf ("GIT_CONFIG_KEY_%u", i);
    g_autofree char *value = g_strdup_printf ("GIT_CONFIG_VALUE_%u", i);

    set (environment, key, settings[i][0]);
    set (environment, value, settings[i][1]);
  }
}

static const char *const locks[] = { "index.lock",   "HEAD.lock",        "config.lock",
                                     "shallow.lock", "packed-refs.lock", NULL };
static const char *const protocols[] = { "https", "ssh", "git", "file", NULL };

const LocalPlan local_git_plan = {
  .name = "git",
  .mark = ".git",
  .locks = locks,
  .protocols = protocols,
  .check = check,
  .begin = begin,
  .next = next,
  .deed = get_deed,
  .argv = make_argv,
  .folder = get_folder,
  .input = get_input,
  .output_max = get_output_max,
  .set_environment = set_environment,
};
