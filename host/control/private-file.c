/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-file.h"

#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

/** Ownership: whose a file is to be */
typedef struct {
  uid_t user;
  gid_t group;
  mode_t mode;
} Ownership;

/* NULL: root is not at work, or there is no such user */
static const struct passwd *
find_daemon (void)
{
  return geteuid () == 0 ? getpwnam (BELFRY_DAEMON_USER) : NULL;
}

static gboolean
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0) {
    gssize written = write (fd, text, left);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    text += written;
    left -= (gsize)written;
  }
  return TRUE;
}

/* (transfer full) (nullable): a file beside @path */
static char *
write_beside (const char *path, const char *text, const Ownership *owner, GError **error)
{
  g_autofree char *name = g_strconcat (path, ".XXXXXX", NULL);
  int fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  gboolean written = FALSE;

  if (fd < 0) {
    belfry_file_fail ("writing beside", path, error);
    return NULL;
  }
  written = (geteuid () != 0 || fchown (fd, owner->user, owner->group) == 0) &&
            fchmod (fd, owner->mode) == 0 && write_all (fd, text) && fsync (fd) == 0;
  if (!written)
    belfry_file_fail ("writing", name, error);
  close (fd);
  if (written)
    return g_steal_pointer (&name);
  g_unlink (name);
  return NULL;
}

static gboolean
sync_folder_of (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return belfry_file_bring_to_disk (folder, error);
}

static gboolean
create (const char *path, const char *text, const Ownership *owner, GError **error)
{
  g_autofree char *partial = write_beside (path, text, owner, error);

  if (partial == NULL)
    return FALSE;
  if (belfry_file_give_name (partial, path, error))
    return sync_folder_of (path, error);
  g_unlink (partial);
  return FALSE;
}

gboolean
belfry_private_file_create (const char *path, const char *text, GError **error)
{
  const struct passwd *daemon = find_daemon ();
  const Ownership owner = { daemon != NULL ? daemon->pw_uid : geteuid (),
                            daemon != NULL ? daemon->pw_gid : getegid (), 0600 };

  return create (path, text, &owner, error);
}

gboolean
belfry_shared_file_create (const char *path, const char *text, mode_t mode, GError **error)
{
  const struct passwd *daemon = find_daemon ();
  const Ownership owner = { geteuid (), daemon != NULL ? daemon->pw_gid : getegid (),
                            daemon != NULL ? mode : mode & 0700 };

  return create (path, text, &owner, error);
}

gboolean
belfry_private_file_replace (const char *path, const char *text, GError **error)
{
  g_autofree char *target = realpath (path, NULL);
  g_autofree char *partial = NULL;
  struct stat status;
  Ownership owner = { 0, 0, 0600 };

  if (target == NULL || stat (target, &status) != 0)
    return belfry_file_fail ("replacing", path, error);
  owner.user = status.st_uid;
  owner.group = status.st_gid;
  owner.mode = (status.st_mode & 0060) | 0600;
  partial = write_beside (target, text, &owner, error);
  if (partial == NULL)
    return FALSE;
  if (g_rename (partial, target) == 0)
    return sync_folder_of (target, error);
  belfry_file_fail ("replacing", target, error);
  g_unlink (partial);
  return FALSE;
}

gboolean
belfry_shared_folder_create (const char *path, GError **error)
{
  const struct passwd *daemon = find_daemon ();
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!g_file_test (parent, G_FILE_TEST_IS_DIR) && !belfry_shared_folder_create (parent, error))
    return FALSE;
  if (g_mkdir (path, 0700) != 0 ||
      (daemon != NULL && (chown (path, (uid_t)-1, daemon->pw_gid) != 0 || chmod (path, 0750) != 0)))
    return belfry_file_fail ("making the folder", path, error);
  return TRUE;
}
