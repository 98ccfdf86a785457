/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the plans of all kinds of version control share. */
#include "checkout.h"
#include "refs.h"
#include <string.h>

void
local_checkout_clear (LocalCheckout *self)
{
  g_clear_pointer (&self->repository, g_free);
  g_clear_pointer (&self->tree, g_free);
  g_clear_pointer (&self->work, g_free);
  g_clear_pointer (&self->settings, g_free);
  g_clear_pointer (&self->user, g_free);
  if (self->password != NULL)
    explicit_bzero (self->password, strlen (self->password));
  g_clear_pointer (&self->password, g_free);
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->list, g_ptr_array_unref);
  g_clear_pointer (&self->got_revision, g_free);
  g_clear_pointer (&self->description, g_free);
}

/* Mode full without a method is fresh. */
gboolean
local_checkout_has_method (const LocalCheckout *self, LocalMethod method)
{
  LocalMethod set = self->keys->method;

  if (self->keys->mode != LOCAL_MODE_FULL)
    return FALSE;
  return set == method || (set == LOCAL_METHOD_NONE && method == LOCAL_METHOD_FRESH);
}

const char *const *
local_checkout_protocols (const LocalCheckout *self)
{
  return self->keys->allowed_protocols != NULL ? (const char *const *)self->keys->allowed_protocols
                                               : self->plan->protocols;
}

/* Repository and branch, before anything runs. */
gboolean
local_checkout_check (const LocalCheckout *self, GError **error)
{
  g_autofree char *shown = NULL;

  if (!local_check_repository (self->repository, local_checkout_protocols (self), error))
    return FALSE;
  if (self->branch == NULL || local_branch_is_valid (self->branch))
    return TRUE;
  shown = belfry_text_make_printable (self->branch, -1, 200);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "branch '%s' is not usable", shown);
  return FALSE;
}

gboolean
local_checkout_fail_revision (const LocalCheckout *self, GError **error)
{
  g_autofree char *shown = belfry_text_make_printable (self->revision, -1, 200);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "revision '%s' is not usable", shown);
  return FALSE;
}

/* A repository of this machine may lead to others of it; none from elsewhere may. */
gboolean
local_checkout_is_local (const LocalCheckout *self)
{
  g_autofree char *protocol = belfry_repository_dup_protocol (self->repository);

  return g_str_equal (protocol, "file");
}

/* host[:port] of scheme://[user@]host[:port]/…; else empty */
char *
local_url_dup_host (const char *url)
{
  const char *host = strstr (url, "://");
  gsize length = 0;
  const char *at = NULL;

  if (host == NULL)
    return g_strdup ("");
  host += 3;
  length = strcspn (host, "/?#");
  at = memrchr (host, '@', length);
  if (at != NULL) {
    length -= (gsize)(at + 1 - host);
    host = at + 1;
  }
  return g_ascii_strdown (host, (gssize)length);
}

void
local_argv_add (GPtrArray *argv, const char *word)
{
  g_ptr_array_add (argv, g_strdup (word));
}

void
local_argv_add_all (GPtrArray *argv, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    local_argv_add (argv, words[i]);
}

/* Takes @argv. */
char **
local_argv_end (GPtrArray *argv)
{
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (argv, FALSE);
}

char **
local_checkout_copy_argv (const LocalCheckout *self)
{
  const char *argv[] = { "cp", "-R", "-P", "-p", "--", self->tree, self->work, NULL };

  return g_strdupv ((char **)argv);
}

char **
local_checkout_patch_argv (const LocalCheckout *self)
{
  GPtrArray *argv = g_ptr_array_new ();

  local_argv_add (argv, "patch");
  g_ptr_array_add (argv,
                   g_strdup_printf ("-p%" G_GINT64_FORMAT, CLAMP (self->patch->level, 0, 100)));
  local_argv_add_all (argv, (const char *const[]){ "--force", "--forward", NULL });
  if (self->patch->subdir != NULL && *self->patch->subdir != '\0')
    g_ptr_array_add (argv, g_strdup_printf ("--directory=%s", self->patch->subdir));
  return local_argv_end (argv);
}
