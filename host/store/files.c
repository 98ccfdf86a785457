/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

gboolean
belfry_file_fail (const char *what, const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "%s '%s': %s", what, path,
               g_strerror (code));
  return FALSE;
}

gboolean
belfry_file_bring_to_disk (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean done = fd >= 0 && fsync (fd) == 0;

  if (!done)
    belfry_file_fail ("writing to disk", path, error);
  if (fd >= 0)
    close (fd);
  return done;
}

gboolean
belfry_file_give_name (const char *partial, const char *path, GError **error)
{
  if (renameat2 (AT_FDCWD, partial, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* some network file systems cannot: then the look that comes first has to do */
  if (errno == EINVAL && !g_file_test (path, G_FILE_TEST_EXISTS) && g_rename (partial, path) == 0)
    return TRUE;
  return belfry_file_fail ("naming", path, error);
}

void
belfry_file_remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}
