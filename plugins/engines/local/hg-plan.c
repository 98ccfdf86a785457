/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which hg command follows which (§14.3 of the engine's page). The only configuration is a file of
 * ours in the private folder, which also carries the credential; neither the account's nor the
 * tree's own is read, so no hook runs. Hence the tree's origin stands in a note of ours, written
 * when a clone is complete: half a clone is none.
 */
#include "checkout.h"
#include "refs.h"
#include <string.h>

enum {
  HG_REMOVE,
  HG_CLONE,
  HG_NOTE, /* process: writes the repository's address */
  HG_READ_NOTE,
  HG_RECOVER,
  HG_GET_BRANCH,
  HG_PURGE,
  HG_HAS_REVISION,
  HG_PULL,
  HG_UPDATE,
  HG_IDENTIFY,
  HG_PATCH,
  HG_DONE,
  HG_FAILED,
};

#define NOTE ".hg/belfry-source"

static gboolean
is_dirname (const LocalCheckout *self)
{
  return self->keys->branch_type == LOCAL_BRANCH_DIRNAME;
}

static const char *
get_branch (const LocalCheckout *self)
{
  return self->branch != NULL && !is_dirname (self) ? self->branch : "default";
}

/* With dirname each branch is a repository of its own. */
static char *
dup_url (const LocalCheckout *self)
{
  if (!is_dirname (self) || self->branch == NULL)
    return g_strdup (self->repository);
  return g_strdup_printf ("%s%s%s", self->repository,
                          g_str_has_suffix (self->repository, "/") ? "" : "/", self->branch);
}

static gboolean
check (const LocalCheckout *self, GError **error)
{
  gsize length = self->revision != NULL ? strlen (self->revision) : 1;

  if (!local_checkout_check (self, error))
    return FALSE;
  /* a branch stands in a quoted string of the language of revisions */
  if (self->branch != NULL && strpbrk (self->branch, "\"'\\") != NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "the branch is not usable");
    return FALSE;
  }
  if (length < 1 || length > 40 ||
      (self->revision != NULL && strspn (self->revision, "0123456789abcdefABCDEF") != length))
    return local_checkout_fail_revision (self, error);
  if (self->password == NULL || strpbrk (self->password, "\r\n") == NULL)
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                       "the credential has more than one line");
  return FALSE;
}

static int
fail (LocalCheckout *self, const char *why)
{
  self->failure = why;
  return HG_FAILED;
}

static int
clobber (LocalCheckout *self)
{
  if (self->clobbered)
    return fail (self, NULL);
  self->clobbered = TRUE;
  return HG_REMOVE;
}

static int
seek_revision (LocalCheckout *self)
{
  if (self->cloned)
    return self->revision != NULL ? HG_HAS_REVISION : HG_UPDATE;
  return self->revision != NULL ? HG_HAS_REVISION : HG_PULL;
}

static int
begin (LocalCheckout *self)
{
  self->url = dup_url (self);
  if (local_checkout_has_method (self, LOCAL_METHOD_CLOBBER) || !self->has_tree)
    self->action = clobber (self);
  else
    self->action = HG_READ_NOTE;
  return self->action;
}

static int
clean (LocalCheckout *self)
{
  if (self->was_patched || local_checkout_has_method (self, LOCAL_METHOD_FRESH) ||
      local_checkout_has_method (self, LOCAL_METHOD_CLEAN))
    return HG_PURGE;
  return seek_revision (self);
}

static int
on_note (LocalCheckout *self, gboolean success, const char *output)
{
  return success && g_strcmp0 (output, self->url) == 0 ? HG_RECOVER : clobber (self);
}

static int
on_branch (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success)
    return clobber (self);
  if (!is_dirname (self) && self->keys->clobber_on_branch_change &&
      g_strcmp0 (output, get_branch (self)) != 0)
    return clobber (self);
  return clean (self);
}

static int
on_sought (LocalCheckout *self, gboolean success)
{
  if (success)
    return HG_UPDATE;
  return self->fetched || self->cloned ? fail (self, "revision not on branch") : HG_PULL;
}

static int
on_pulled (LocalCheckout *self, gboolean success)
{
  self->fetched = TRUE;
  if (success)
    return HG_UPDATE;
  return self->revision != NULL ? fail (self, "revision not on branch") : fail (self, NULL);
}

static int
on_identified (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success || output == NULL || strlen (output) != 40 || !local_revision_is_id (output))
    return fail (self, "no revision");
  self->got_revision = g_strdup (output);
  return self->patch != NULL ? HG_PATCH : HG_DONE;
}

static int
decide (LocalCheckout *self, gboolean success, const char *output)
{
  switch (self->action) {
  case HG_REMOVE:
    return success ? HG_CLONE : fail (self, "the old tree cannot be removed");
  case HG_CLONE:
    self->cloned = TRUE;
    return success ? HG_NOTE : fail (self, NULL);
  case HG_NOTE:
    return success ? seek_revision (self) : fail (self, NULL);
  case HG_READ_NOTE:
    return on_note (self, success, output);
  case HG_RECOVER: /* fails where there is nothing to recover */
    return is_dirname (self) ? clean (self) : HG_GET_BRANCH;
  case HG_GET_BRANCH:
    return on_branch (self, success, output);
  case HG_PURGE:
    return success ? seek_revision (self) : clobber (self);
  case HG_HAS_REVISION:
    return on_sought (self, success);
  case HG_PULL:
    return on_pulled (self, success);
  case HG_UPDATE:
    return success ? HG_IDENTIFY : fail (self, NULL);
  case HG_IDENTIFY:
    return on_identified (self, success, output);
  case HG_PATCH:
    return success ? HG_DONE : fail (self, "the patch does not apply");
  default:
    return self->action;
  }
}

static int
next (LocalCheckout *self, gboolean success, const char *output)
{
  self->action = decide (self, success, output);
  return self->action;
}

static LocalDeed
get_deed (const LocalCheckout *self)
{
  if (self->action == HG_REMOVE)
    return LOCAL_DEED_REMOVE;
  if (self->action == HG_DONE)
    return LOCAL_DEED_DONE;
  return self->action == HG_FAILED ? LOCAL_DEED_FAILED : LOCAL_DEED_PROCESS;
}

static gsize
get_output_max (const LocalCheckout *self)
{
  return self->action == HG_READ_NOTE || self->action == HG_GET_BRANCH ||
                 self->action == HG_IDENTIFY
             ? 64 * 1024
             : 0;
}

static const char *
get_folder (const LocalCheckout *self)
{
  return self->action == HG_CLONE ? NULL : self->tree;
}

/* The newest that is open on the branch. */
static char *
dup_target (const LocalCheckout *self)
{
  if (self->revision != NULL)
    return g_strdup (self->revision);
  return g_strdup_printf ("max(branch(\"literal:%s\") and not closed())", get_branch (self));
}

static void
add_pull (const LocalCheckout *self, GPtrArray *argv)
{
  local_argv_add (argv, "pull");
  if (self->revision != NULL)
    local_argv_add_all (argv, (const char *const[]){ "--rev", self->revision, NULL });
  else if (!is_dirname (self))
    local_argv_add_all (argv, (const char *const[]){ "--branch", get_branch (self), NULL });
  local_argv_add_all (argv, (const char *const[]){ "--", self->url, NULL });
}

static void
add_arguments (const LocalCheckout *self, GPtrArray *argv)
{
  g_autofree char *target = dup_target (self);
  gboolean keep_ignored =
      local_checkout_has_method (self, LOCAL_METHOD_CLEAN) && !self->was_patched;

  switch (self->action) {
  case HG_CLONE:
    local_argv_add_all (
        argv, (const char *const[]){ "clone", "--noupdate", "--", self->url, self->tree, NULL });
    break;
  case HG_RECOVER:
    local_argv_add (argv, "recover");
    break;
  case HG_GET_BRANCH:
    local_argv_add (argv, "branch");
    break;
  case HG_PURGE:
    local_argv_add (argv, "purge");
    if (!keep_ignored)
      local_argv_add (argv, "--all");
    break;
  case HG_HAS_REVISION:
    local_argv_add_all (
        argv, (const char *const[]){ "log", "--rev", target, "--template", "{node}", NULL });
    break;
  case HG_PULL:
    add_pull (self, argv);
    break;
  case HG_UPDATE:
    local_argv_add_all (argv, (const char *const[]){ "update", "--clean", "--rev", target, NULL });
    break;
  case HG_IDENTIFY:
    local_argv_add_all (argv,
                        (const char *const[]){ "log", "--rev", ".", "--template", "{node}", NULL });
    break;
  default:
    break;
  }
}

static char **
make_argv (const LocalCheckout *self)
{
  const char *const read_note[] = { "cat", "--", NOTE, NULL };
  const char *const write_note[] = { "tee", "--", NOTE, NULL };
  GPtrArray *argv = NULL;

  if (self->action == HG_PATCH)
    return local_checkout_patch_argv (self);
  if (self->action == HG_NOTE || self->action == HG_READ_NOTE)
    return g_strdupv ((char **)(self->action == HG_NOTE ? write_note : read_note));
  argv = g_ptr_array_new ();
  local_argv_add (argv, "hg");
  add_arguments (self, argv);
  return local_argv_end (argv);
}

static const char *
get_input (const LocalCheckout *self)
{
  if (self->action == HG_NOTE)
    return self->url;
  return self->action == HG_PATCH ? self->patch->body : NULL;
}

/* hgrc(5). A value is one line. */
static char *
dup_settings (const LocalCheckout *self, const char *ssh)
{
  GString *text = g_string_new (NULL);
  g_autofree char *host = local_url_dup_host (self->repository);

  g_string_append_printf (text,
                          "[ui]\ninteractive = false\nssh = %s\nusername = belfry\n[extensions]\n"
                          "purge =\n[phases]\npublish = true\n",
                          ssh);
  if (self->password != NULL)
    g_string_append_printf (text,
                            "[auth]\nx.prefix = %s\nx.schemes = https http\nx.username = %s\n"
                            "x.password = %s\n",
                            host, self->user, self->password);
  return g_string_free (text, FALSE);
}

static void
set_environment (const LocalCheckout *self, GHashTable *environment, const char *ssh)
{
  (void)ssh;
  g_hash_table_replace (environment, g_strdup ("HGPLAIN"), g_strdup ("1"));
  g_hash_table_replace (environment, g_strdup ("HGRCSKIPREPO"), g_strdup ("1"));
  g_hash_table_replace (environment, g_strdup ("HGRCPATH"), g_strdup (self->settings));
}

static const char *const locks[] = { "wlock", "store/lock", NULL };
static const char *const protocols[] = { "https", "ssh", "file", NULL };

const LocalPlan local_hg_plan = {
  .name = "hg",
  .mark = ".hg",
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
  .dup_settings = dup_settings,
};
