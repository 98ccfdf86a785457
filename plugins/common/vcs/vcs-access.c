/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folder says by a file that it is ours; one that holds anything and does not say so is
 * somebody else's and is not touched. What a killed daemon left among the secrets is overwritten.
 */
#include "vcs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "belfry-poller"

static const char *const secret_files[] = { "askpass", "ssh-key", "known-hosts", "hgrc" };

void
vcs_check_protocol (const BelfryCheck *check, const char *const *allowed)
{
  static const char *const names[] = { "repository", "repourl", "svnurl" };
  const BelfryEntry *entry = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;

  for (guint i = 0; entry == NULL && i < G_N_ELEMENTS (names); i++)
    entry = belfry_section_find (check->section, names[i]);
  if (entry == NULL)
    return;
  text = g_strstrip (belfry_entry_dup_text (entry));
  if (!belfry_repository_check (text, allowed, &local))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, entry->name, "%s",
                         local->message);
}

static gboolean G_GNUC_PRINTF (3, 4)
    fail (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list arguments;

  va_start (arguments, format);
  why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "folder '%s': %s", path, why);
  return FALSE;
}

static gboolean
is_empty (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

static gboolean
prepare_workdir (const char *workdir, GError **error)
{
  g_autofree char *mark = g_build_filename (workdir, MARK, NULL);

  if (g_mkdir_with_parents (workdir, 0700) != 0)
    return fail (error, workdir, "making it: %s", g_strerror (errno));
  if (g_file_test (mark, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  if (!is_empty (workdir))
    return fail (error, workdir, "it holds something that no poller put there");
  return g_file_set_contents (mark, "This folder is kept by belfry.\n", -1, error);
}

char *
vcs_access_write (VcsAccess *self, const char *name, const char *text, int mode, GError **error)
{
  g_autofree char *path = g_build_filename (self->secrets, name, NULL);
  gsize bytes = strlen (text);
  int file = -1;
  gboolean written = FALSE;

  if (g_mkdir_with_parents (self->secrets, 0700) != 0) {
    fail (error, self->secrets, "making it: %s", g_strerror (errno));
    return NULL;
  }
  g_unlink (path);
  file = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file >= 0) {
    written = write (file, text, bytes) == (gssize)bytes;
    written = g_close (file, NULL) && written;
  }
  if (!written) {
    fail (error, self->secrets, "writing '%s': %s", name, g_strerror (errno));
    return NULL;
  }
  return g_steal_pointer (&path);
}

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

void
vcs_access_free (VcsAccess *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (secret_files); i++) {
    g_autofree char *path = g_build_filename (self->secrets, secret_files[i], NULL);

    g_unlink (path);
  }
  g_rmdir (self->secrets);
  g_free (self->secrets);
  g_free (self->workdir);
  g_free (self->address);
  g_free (self->user);
  wipe (self->password);
  g_ptr_array_unref (self->environment);
  g_clear_object (&self->cancellable);
  belfry_instance_unref (self->instance);
  g_free (self);
}

void
vcs_access_set (VcsAccess *self, const char *name, const char *value)
{
  g_ptr_array_add (self->environment, g_strconcat (name, "=", value, NULL));
}

/* what a program may know of the daemon's environment: where programs, proxies and keys are */
static void
pass_environment (VcsAccess *self)
{
  static const char *const names[] = { "http_proxy", "https_proxy",   "no_proxy",
                                       "all_proxy",  "SSL_CERT_FILE", "SSH_AUTH_SOCK" };
  const char *path = g_getenv ("PATH");

  vcs_access_set (self, "PATH", path != NULL ? path : "/usr/local/bin:/usr/bin:/bin");
  vcs_access_set (self, "LC_ALL", "C.UTF-8");
  vcs_access_set (self, "HOME", self->workdir);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      vcs_access_set (self, names[i], g_getenv (names[i]));
}

/* a credential of the configuration wins over one in the address */
static void
take_credential (VcsAccess *self, const VcsKeys *keys)
{
  const char *text = keys->credential != NULL ? belfry_secret_get_value (keys->credential) : NULL;
  const char *colon = text != NULL ? strchr (text, ':') : NULL;

  if (text == NULL)
    return;
  wipe (self->password);
  self->password = g_strdup (colon != NULL ? colon + 1 : text);
  if (colon == NULL && self->user != NULL)
    return;
  g_free (self->user);
  self->user = colon != NULL ? g_strndup (text, (gsize)(colon - text)) : g_strdup ("token");
}

static gboolean
write_ssh_files (VcsAccess *self, const VcsKeys *keys, GError **error)
{
  g_autofree char *known = NULL;

  if (keys->ssh_key != NULL) {
    g_autofree char *text = g_strconcat (belfry_secret_get_value (keys->ssh_key), "\n", NULL);
    g_autofree char *path = vcs_access_write (self, "ssh-key", text, 0600, error);

    explicit_bzero (text, strlen (text));
    if (path == NULL)
      return FALSE;
  }
  if (keys->ssh_known_hosts != NULL)
    known = g_strconcat (keys->ssh_known_hosts, "\n", NULL);
  else if (keys->ssh_host_key != NULL)
    known = g_strdup_printf ("* %s\n", keys->ssh_host_key);
  if (known != NULL) {
    g_autofree char *path = vcs_access_write (self, "known-hosts", known, 0600, error);

    return path != NULL;
  }
  return TRUE;
}

VcsAccess *
vcs_access_new (BelfryInstance *instance,
                const VcsKeys *keys,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (VcsAccess) self = g_new0 (VcsAccess, 1);

  self->instance = belfry_instance_ref (instance);
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->workdir = g_strdup (belfry_instance_get_host_value (instance, "workdir"));
  self->secrets = g_build_filename (self->workdir, "access", NULL);
  self->environment = g_ptr_array_new_with_free_func (g_free);
  self->address = belfry_repository_split (belfry_instance_get_host_value (instance, "repository"),
                                           &self->user, &self->password);
  if (!prepare_workdir (self->workdir, error))
    return NULL;
  take_credential (self, keys);
  pass_environment (self);
  if (!write_ssh_files (self, keys, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
add_file_option (VcsAccess *self, GString *command, const char *option, const char *name)
{
  g_autofree char *path = g_build_filename (self->secrets, name, NULL);
  g_autofree char *word = g_strconcat (option, path, NULL);
  g_autofree char *quoted = g_shell_quote (word);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    g_string_append_printf (command, " %s", quoted);
}

char *
vcs_access_dup_ssh (VcsAccess *self)
{
  g_autoptr (GString) command =
      g_string_new ("ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oIdentitiesOnly=yes");
  g_autofree char *key = g_build_filename (self->secrets, "ssh-key", NULL);

  if (!g_file_test (key, G_FILE_TEST_EXISTS))
    g_string_assign (command, "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes");
  add_file_option (self, command, "-oIdentityFile=", "ssh-key");
  add_file_option (self, command, "-oUserKnownHostsFile=", "known-hosts");
  return g_string_free (g_steal_pointer (&command), FALSE);
}

char *
vcs_access_dup_clone (VcsAccess *self)
{
  g_autofree char *digest =
      belfry_digest_hex (G_CHECKSUM_SHA256, self->address, strlen (self->address));
  g_autofree char *name = g_strdup_printf ("clone-%.12s", digest);

  return g_build_filename (self->workdir, name, NULL);
}

gboolean
vcs_access_set_aside (VcsAccess *self, const char *clone, GError **error)
{
  g_autofree char *aside = g_strconcat (clone, "-damaged", NULL);

  if (g_file_test (aside, G_FILE_TEST_EXISTS))
    return fail (error, clone,
                 "it is damaged, and '%s' still lies there from before; look at that "
                 "and remove it",
                 aside);
  if (g_rename (clone, aside) != 0)
    return fail (error, clone, "it is damaged; moving it aside: %s", g_strerror (errno));
  return TRUE;
}
