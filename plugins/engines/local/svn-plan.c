/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which svn command follows which (§14.4 of the engine's page). The configuration folder is an
 * empty one of ours, the password comes by standard input, nothing is cached. Externals are asked
 * for on the server first, one address after the other; none is fetched before all of them, those
 * of externals too, have passed the allowed protocols.
 */
#include "checkout.h"
#include "refs.h"
#include "svn-xml.h"
#include <string.h>

enum {
  SVN_REMOVE,
  SVN_CHECKOUT,
  SVN_CLEANUP,
  SVN_INFO,
  SVN_REVERT,
  SVN_STATUS,
  SVN_PURGE, /* removes one of the list */
  SVN_UPDATE,
  SVN_ROOT,
  SVN_ASK_EXTERNALS,
  SVN_FETCH_EXTERNALS,
  SVN_IDENTIFY,
  SVN_REMOVE_COPY,
  SVN_COPY,
  SVN_EXPORT,
  SVN_PATCH,
  SVN_DONE,
  SVN_FAILED,
};

#define OUTPUT_MAX    ((gsize)4 * 1024 * 1024)
#define EXTERNALS_MAX 200

/* Repository and branch where it ends in a slash or holds the place for one. */
static char *
dup_url (const LocalCheckout *self)
{
  GString *url = g_string_new (self->repository);
  g_autofree char *branch =
      self->branch != NULL
          ? g_uri_escape_string (self->branch, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE)
          : g_strdup ("");

  if (g_str_has_prefix (self->repository, "/"))
    g_string_prepend (url, "file://");
  g_string_replace (url, "%%BRANCH%%", branch, 0);
  g_string_replace (url, "%BRANCH%", branch, 0);
  if (g_str_has_suffix (self->repository, "/"))
    g_string_append (url, branch);
  while (url->len > 0 && url->str[url->len - 1] == '/')
    g_string_truncate (url, url->len - 1);
  return g_string_free (url, FALSE);
}

static gboolean
check (const LocalCheckout *self, GError **error)
{
  gsize length = self->revision != NULL ? strlen (self->revision) : 1;

  if (!local_checkout_check (self, error))
    return FALSE;
  if (self->revision == NULL ||
      (length >= 1 && length <= 10 && strspn (self->revision, "0123456789") == length))
    return TRUE;
  return local_checkout_fail_revision (self, error);
}

static int
fail (LocalCheckout *self, const char *why)
{
  self->failure = why;
  return SVN_FAILED;
}

static int
clobber (LocalCheckout *self)
{
  if (self->clobbered)
    return fail (self, NULL);
  self->clobbered = TRUE;
  return SVN_REMOVE;
}

static int
begin (LocalCheckout *self)
{
  self->url = dup_url (self);
  if (local_checkout_has_method (self, LOCAL_METHOD_CLOBBER) || !self->has_tree)
    self->action = clobber (self);
  else
    self->action = SVN_CLEANUP;
  return self->action;
}

/* svn writes some characters as %XX that we do not, and the other way round. */
static gboolean
is_same_url (const char *one, const char *two)
{
  g_autofree char *first = one != NULL ? g_uri_unescape_string (one, NULL) : NULL;
  g_autofree char *second = g_uri_unescape_string (two, NULL);

  return first != NULL && second != NULL && g_str_equal (first, second);
}

static gboolean
is_kept (const LocalCheckout *self, const char *path)
{
  char **kept = self->keys->keep_on_purge;

  for (guint i = 0; kept != NULL && kept[i] != NULL; i++) {
    if (belfry_glob_match (kept[i], path, BELFRY_GLOB_PATH))
      return TRUE;
  }
  return FALSE;
}

static int
next_purge (LocalCheckout *self)
{
  while (self->n_listed < self->list->len) {
    const char *path = g_ptr_array_index (self->list, self->n_listed++);

    if (local_path_is_beneath (path) && !is_kept (self, path)) {
      g_free (self->description);
      self->description = g_build_filename (self->tree, path, NULL);
      return SVN_PURGE;
    }
  }
  g_clear_pointer (&self->list, g_ptr_array_unref);
  g_clear_pointer (&self->description, g_free);
  return SVN_UPDATE;
}

static int
on_status (LocalCheckout *self, gboolean success, const char *output)
{
  gboolean ignored = self->was_patched || !local_checkout_has_method (self, LOCAL_METHOD_CLEAN);

  if (!success || output == NULL)
    return clobber (self);
  self->list = local_svn_list_unversioned (output, ignored, NULL);
  self->n_listed = 0;
  return self->list != NULL ? next_purge (self) : clobber (self);
}

static int
on_reverted (LocalCheckout *self, gboolean success)
{
  if (!success)
    return clobber (self);
  if (self->was_patched || local_checkout_has_method (self, LOCAL_METHOD_FRESH) ||
      local_checkout_has_method (self, LOCAL_METHOD_CLEAN))
    return SVN_STATUS;
  return SVN_UPDATE;
}

static int
on_updated (LocalCheckout *self, gboolean success)
{
  if (!success)
    return fail (self, NULL);
  return self->keys->externals ? SVN_ROOT : SVN_IDENTIFY;
}

/* The list begins with our own address; whatever is found is asked likewise. */
static int
on_root (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success || output == NULL)
    return fail (self, NULL);
  g_free (self->description);
  self->description = g_strdup (output);
  self->list = g_ptr_array_new_with_free_func (g_free);
  self->n_listed = 0;
  g_ptr_array_add (self->list, g_strdup (self->url));
  return SVN_ASK_EXTERNALS;
}

static void
note_server (LocalCheckout *self, const char *url)
{
  g_autofree char *own = local_url_dup_host (self->url);
  g_autofree char *other = local_url_dup_host (url);

  self->foreign = self->foreign || !g_str_equal (own, other);
}

/* NULL: fine */
static const char *
add_externals (LocalCheckout *self, GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    const char *url = g_ptr_array_index (found, i);

    if (!local_check_repository (url, local_checkout_protocols (self), NULL) ||
        (!local_checkout_is_local (self) && g_str_has_prefix (url, "file:")))
      return "an external's protocol is not allowed";
    note_server (self, url);
    if (g_ptr_array_find_with_equal_func (self->list, url, g_str_equal, NULL))
      continue;
    if (self->list->len >= EXTERNALS_MAX)
      return "too many externals";
    g_ptr_array_add (self->list, g_strdup (url));
  }
  return NULL;
}

/* An external may be gone, or be a file: then there is nothing to be found in it. */
static int
on_externals (LocalCheckout *self, gboolean success, const char *output)
{
  g_autoptr (GPtrArray) found = success && output != NULL && *output != '\0'
                                    ? local_svn_list_externals (output, self->description, NULL)
                                    : NULL;
  const char *why = found != NULL ? add_externals (self, found) : NULL;
  guint n_listed = self->list->len;

  if (why == NULL && self->n_listed == 0 && (!success || found == NULL))
    why = "the externals cannot be read";
  self->n_listed++;
  if (why == NULL && self->n_listed < n_listed)
    return SVN_ASK_EXTERNALS;
  g_clear_pointer (&self->list, g_ptr_array_unref);
  g_clear_pointer (&self->description, g_free);
  if (why != NULL)
    return fail (self, why);
  return n_listed > 1 ? SVN_FETCH_EXTERNALS : SVN_IDENTIFY;
}

static int
on_identified (LocalCheckout *self, gboolean success, const char *output)
{
  if (!success || output == NULL || *output == '\0' ||
      strspn (output, "0123456789") != strlen (output))
    return fail (self, "no revision");
  self->got_revision = g_strdup (output);
  if (local_checkout_has_method (self, LOCAL_METHOD_COPY) ||
      local_checkout_has_method (self, LOCAL_METHOD_EXPORT))
    return SVN_REMOVE_COPY;
  return self->patch != NULL ? SVN_PATCH : SVN_DONE;
}

static int
decide (LocalCheckout *self, gboolean success, const char *output)
{
  switch (self->action) {
  case SVN_REMOVE:
    return success ? SVN_CHECKOUT : fail (self, "the old tree cannot be removed");
  case SVN_CHECKOUT:
    return on_updated (self, success);
  case SVN_CLEANUP:
    return success ? SVN_INFO : clobber (self);
  case SVN_INFO:
    return success && is_same_url (output, self->url) ? SVN_REVERT : clobber (self);
  case SVN_REVERT:
    return on_reverted (self, success);
  case SVN_STATUS:
    return on_status (self, success, output);
  case SVN_PURGE:
    return success ? next_purge (self) : clobber (self);
  case SVN_UPDATE:
    return on_updated (self, success);
  case SVN_ROOT:
    return on_root (self, success, output);
  case SVN_ASK_EXTERNALS:
    return on_externals (self, success, output);
  case SVN_FETCH_EXTERNALS:
    return success ? SVN_IDENTIFY : fail (self, NULL);
  case SVN_IDENTIFY:
    return on_identified (self, success, output);
  case SVN_REMOVE_COPY:
    if (!success)
      return fail (self, "the old tree cannot be removed");
    return local_checkout_has_method (self, LOCAL_METHOD_EXPORT) ? SVN_EXPORT : SVN_COPY;
  case SVN_COPY:
  case SVN_EXPORT:
    if (!success)
      return fail (self, NULL);
    return self->patch != NULL ? SVN_PATCH : SVN_DONE;
  case SVN_PATCH:
    return success ? SVN_DONE : fail (self, "the patch does not apply");
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
  switch (self->action) {
  case SVN_REMOVE:
  case SVN_PURGE:
  case SVN_REMOVE_COPY:
    return LOCAL_DEED_REMOVE;
  case SVN_DONE:
    return LOCAL_DEED_DONE;
  case SVN_FAILED:
    return LOCAL_DEED_FAILED;
  default:
    return LOCAL_DEED_PROCESS;
  }
}

static gsize
get_output_max (const LocalCheckout *self)
{
  switch (self->action) {
  case SVN_INFO:
  case SVN_STATUS:
  case SVN_ROOT:
  case SVN_ASK_EXTERNALS:
  case SVN_IDENTIFY:
    return OUTPUT_MAX;
  default:
    return 0;
  }
}

static const char *
get_folder (const LocalCheckout *self)
{
  switch (self->action) {
  case SVN_CHECKOUT:
  case SVN_COPY:
  case SVN_EXPORT:
    return NULL;
  case SVN_PURGE:
    return self->description;
  case SVN_REMOVE_COPY:
  case SVN_PATCH:
    return self->work;
  default:
    return self->tree;
  }
}

static gboolean
asks_server (const LocalCheckout *self)
{
  return self->action == SVN_CHECKOUT || self->action == SVN_UPDATE ||
         self->action == SVN_ASK_EXTERNALS || self->action == SVN_FETCH_EXTERNALS;
}

static gboolean
gives_password (const LocalCheckout *self)
{
  return asks_server (self) && self->password != NULL && !self->foreign;
}

static const char *
get_input (const LocalCheckout *self)
{
  if (self->action == SVN_PATCH)
    return self->patch->body;
  return gives_password (self) ? self->password : NULL;
}

static const char *
get_revision (const LocalCheckout *self)
{
  return self->revision != NULL ? self->revision : "HEAD";
}

static void
add_update (const LocalCheckout *self, GPtrArray *argv, gboolean with_externals)
{
  local_argv_add_all (argv, (const char *const[]){ "update", "--force", "--accept", "theirs-full",
                                                   "--revision", get_revision (self), NULL });
  if (self->keys->depth != NULL && !with_externals)
    local_argv_add_all (argv, (const char *const[]){ "--set-depth", self->keys->depth, NULL });
  if (!with_externals)
    local_argv_add (argv, "--ignore-externals");
}

static void
add_checkout (const LocalCheckout *self, GPtrArray *argv)
{
  g_autofree char *pegged = g_strdup_printf ("%s@%s", self->url, get_revision (self));

  local_argv_add_all (argv, (const char *const[]){ "checkout", "--ignore-externals", "--revision",
                                                   get_revision (self), NULL });
  if (self->keys->depth != NULL)
    local_argv_add_all (argv, (const char *const[]){ "--depth", self->keys->depth, NULL });
  local_argv_add_all (argv, (const char *const[]){ "--", pegged, self->tree, NULL });
}

static void
add_ask_externals (const LocalCheckout *self, GPtrArray *argv)
{
  const char *url = g_ptr_array_index (self->list, self->n_listed);
  g_autofree char *pegged =
      g_strdup_printf ("%s@%s", url, self->n_listed == 0 ? get_revision (self) : "");

  local_argv_add_all (argv, (const char *const[]){ "propget", "--recursive", "--xml",
                                                   "svn:externals", "--", pegged, NULL });
}

static void
add_arguments (const LocalCheckout *self, GPtrArray *argv)
{
  switch (self->action) {
  case SVN_CHECKOUT:
    add_checkout (self, argv);
    break;
  case SVN_CLEANUP:
    local_argv_add (argv, "cleanup");
    break;
  case SVN_INFO:
    local_argv_add_all (argv, (const char *const[]){ "info", "--show-item", "url", NULL });
    break;
  case SVN_REVERT:
    local_argv_add_all (argv, (const char *const[]){ "revert", "--recursive", ".", NULL });
    break;
  case SVN_STATUS:
    local_argv_add_all (argv, (const char *const[]){ "status", "--no-ignore", "--xml", NULL });
    break;
  case SVN_UPDATE:
    add_update (self, argv, FALSE);
    break;
  case SVN_ROOT:
    local_argv_add_all (argv,
                        (const char *const[]){ "info", "--show-item", "repos-root-url", NULL });
    break;
  case SVN_ASK_EXTERNALS:
    add_ask_externals (self, argv);
    break;
  case SVN_FETCH_EXTERNALS:
    add_update (self, argv, TRUE);
    break;
  case SVN_IDENTIFY:
    local_argv_add_all (argv, (const char *const[]){ "info", "--show-item",
                                                     self->keys->prefer_last_changed_rev
                                                         ? "last-changed-revision"
                                                         : "revision",
                                                     NULL });
    break;
  case SVN_EXPORT:
    local_argv_add_all (argv,
                        (const char *const[]){ "export", "--", self->tree, self->work, NULL });
    break;
  default:
    break;
  }
}

static char **
make_argv (const LocalCheckout *self)
{
  GPtrArray *argv = NULL;

  if (self->action == SVN_PATCH)
    return local_checkout_patch_argv (self);
  if (self->action == SVN_COPY)
    return local_checkout_copy_argv (self);
  argv = g_ptr_array_new ();
  local_argv_add_all (argv, (const char *const[]){ "svn", "--non-interactive", "--no-auth-cache",
                                                   "--config-dir", self->settings, NULL });
  if (gives_password (self))
    local_argv_add_all (
        argv, (const char *const[]){ "--username", self->user, "--password-from-stdin", NULL });
  add_arguments (self, argv);
  return local_argv_end (argv);
}

static void
set_environment (const LocalCheckout *self, GHashTable *environment, const char *ssh)
{
  (void)self;
  g_hash_table_replace (environment, g_strdup ("SVN_SSH"), g_strdup (ssh));
  g_hash_table_remove (environment, "SVN_EDITOR");
}

static const char *const locks[] = { NULL };
static const char *const protocols[] = { "https", "file", "svn", "svn+ssh", NULL };

const LocalPlan local_svn_plan = {
  .name = "svn",
  .mark = ".svn",
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
