/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folders: made, resolved beneath another without being led out of it by a link, and removed with
 * all that is in them on a thread, making folders writable first and never following links.
 */
#include "local.h"
#include "refs.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 2000

gboolean
local_make_folder (const char *path, int mode, GError **error)
{
  if (g_mkdir_with_parents (path, mode) == 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "making folder '%s': %s", path,
               g_strerror (errno));
  return FALSE;
}

static gboolean
fail_outside (const char *path, GError **error)
{
  g_autofree char *shown = belfry_text_make_printable (path, -1, 200);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
               "'%s' does not lie below the build's folder", shown);
  return FALSE;
}

/* Makes what is missing. A link anywhere on the way that leads out is refused. */
char *
local_resolve_beneath (const char *root, const char *path, GError **error)
{
  g_autofree char *joined = NULL;
  g_autofree char *real = NULL;
  g_autofree char *real_root = NULL;
  gsize length = 0;

  if (!local_path_is_beneath (path)) {
    fail_outside (path, error);
    return NULL;
  }
  joined = g_build_filename (root, path, NULL);
  real_root = realpath (root, NULL);
  if (real_root == NULL || g_mkdir_with_parents (joined, 0777) != 0 ||
      (real = realpath (joined, NULL)) == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "making folder '%s': %s", joined,
                 g_strerror (errno));
    return NULL;
  }
  length = strlen (real_root);
  if (strncmp (real, real_root, length) != 0 || (real[length] != '/' && real[length] != '\0')) {
    fail_outside (path, error);
    return NULL;
  }
  return g_steal_pointer (&joined);
}

/* -1: cannot be. No link on the way is followed, nor a device opened for long. */
int
local_open_beneath (const char *root, const char *path, GError **error)
{
  g_auto (GStrv) parts = NULL;
  int fd = -1;
  int number = ENOENT;

  if (!local_path_is_beneath (path)) {
    fail_outside (path, error);
    return -1;
  }
  parts = g_strsplit (path, "/", -1);
  fd = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (guint i = 0; parts[i] != NULL && fd >= 0; i++) {
    int flags = parts[i + 1] != NULL ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK | O_NOCTTY;
    int next = openat (fd, *parts[i] != '\0' ? parts[i] : ".", flags | O_NOFOLLOW | O_CLOEXEC);

    number = errno;
    close (fd);
    fd = next;
  }
  if (fd < 0)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "opening '%s': %s", path,
                 g_strerror (number));
  return fd;
}

static gboolean remove_entry (int parent, const char *name, guint depth, GError **error);

static gboolean
remove_contents (int folder, guint depth, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", folder);
  g_autoptr (GDir) entries = g_dir_open (path, 0, error);
  const char *name = NULL;

  if (entries == NULL)
    return FALSE;
  while ((name = g_dir_read_name (entries)) != NULL) {
    if (!remove_entry (folder, name, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
fail_removal (const char *name, GError **error)
{
  int number = errno;
  g_autofree char *shown = belfry_text_make_printable (name, -1, 200);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "removing '%s': %s", shown,
               g_strerror (number));
  return FALSE;
}

static gboolean
remove_folder (int parent, const char *name, guint depth, GError **error)
{
  int folder = -1;
  gboolean removed = FALSE;

  if (depth > DEPTH_MAX) {
    errno = ELOOP;
    return fail_removal (name, error);
  }
  folder = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0 && errno == EACCES && fchmodat (parent, name, 0700, 0) == 0)
    folder = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0)
    return fail_removal (name, error);
  fchmod (folder, 0700);
  removed = remove_contents (folder, depth, error);
  close (folder);
  if (!removed)
    return FALSE;
  return unlinkat (parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
         fail_removal (name, error);
}

static gboolean
remove_entry (int parent, const char *name, guint depth, GError **error)
{
  struct stat info = { 0 };

  if (fstatat (parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT || fail_removal (name, error);
  if (S_ISDIR (info.st_mode))
    return remove_folder (parent, name, depth, error);
  return unlinkat (parent, name, 0) == 0 || errno == ENOENT || fail_removal (name, error);
}

static void
remove_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *path = data;
  GError *error = NULL;

  (void)source;
  (void)cancellable;
  if (remove_entry (AT_FDCWD, path, 0, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
local_tree_remove_async (const char *path,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, local_tree_remove_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, remove_on_thread);
}

gboolean
local_tree_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
