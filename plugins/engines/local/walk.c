/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each name is opened below the folder that is open already. A source that is there under its very
 * name is that file or folder; else it is a glob. Links, devices, sockets and unusable names are
 * left out and told.
 */
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 64

typedef struct {
  const LocalWalk *order;
  gboolean whole; /* everything beneath the source is meant */
} Walk;

static void
leave_out (const Walk *self, const char *path, const char *why)
{
  self->order->left_out (self->order->data, path, why);
}

static gboolean
take (const Walk *self, int fd, const char *path, const struct stat *info, GError **error)
{
  return self->order->take (self->order->data, fd, path, info, error);
}

static gboolean
name_is_usable (const char *name)
{
  if (strlen (name) > 255 || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++) {
    if ((guchar)*c < ' ' || *c == 0x7f)
      return FALSE;
  }
  return TRUE;
}

static gboolean walk (Walk *self, int folder, const char *path, guint depth, GError **error);

static gboolean
is_meant (const Walk *self, const char *path)
{
  return self->whole || belfry_glob_match (self->order->source, path, BELFRY_GLOB_PATH);
}

static gboolean
visit (Walk *self, int parent, const char *name, const char *path, guint depth, GError **error)
{
  struct stat info = { 0 };
  gboolean whole = self->whole;
  gboolean visited = TRUE;
  int fd = -1;

  if (fstatat (parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return TRUE; /* gone meanwhile */
  if (!S_ISDIR (info.st_mode) && !is_meant (self, path))
    return TRUE;
  if (!name_is_usable (name) || (!S_ISDIR (info.st_mode) && !S_ISREG (info.st_mode))) {
    leave_out (self, path, name_is_usable (name) ? "no regular file" : "an unusable name");
    return TRUE;
  }
  fd = openat (parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &info) != 0 || (!S_ISDIR (info.st_mode) && !S_ISREG (info.st_mode)))
    leave_out (self, path, "cannot be opened");
  else if (S_ISREG (info.st_mode))
    visited = take (self, fd, path, &info, error);
  else {
    self->whole = is_meant (self, path);
    visited = walk (self, fd, path, depth + 1, error);
    self->whole = whole;
  }
  if (fd >= 0)
    close (fd);
  return visited;
}

static gboolean
walk (Walk *self, int folder, const char *path, guint depth, GError **error)
{
  g_autofree char *shown = g_strdup_printf ("/proc/self/fd/%d", folder);
  g_autoptr (GDir) entries = depth <= DEPTH_MAX ? g_dir_open (shown, 0, NULL) : NULL;
  const char *name = NULL;

  if (entries == NULL) {
    leave_out (self, path, depth > DEPTH_MAX ? "too deep" : "cannot be read");
    return TRUE;
  }
  while ((name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *below = *path != '\0' ? g_build_filename (path, name, NULL) : g_strdup (name);

    if (g_cancellable_set_error_if_cancelled (self->order->cancellable, error) ||
        !visit (self, folder, name, below, depth, error))
      return FALSE;
  }
  return TRUE;
}

/* A source that is there under this very name. */
static gboolean
take_named (Walk *self, int fd, GError **error)
{
  const char *source = self->order->source;
  const char *slash = strrchr (source, '/');
  struct stat info = { 0 };

  self->whole = TRUE;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return take (self, fd, slash != NULL ? slash + 1 : source, &info, error);
  if (S_ISDIR (info.st_mode))
    return walk (self, fd, "", 0, error);
  leave_out (self, source, "no regular file");
  return TRUE;
}

static int
open_named (const LocalWalk *self)
{
  g_auto (GStrv) parts = g_strsplit (self->source, "/", -1);
  int fd = open (self->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; parts[i] != NULL && fd >= 0; i++) {
    int next = -1;

    if (*parts[i] == '\0' || g_str_equal (parts[i], "."))
      continue;
    next = openat (fd, parts[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close (fd);
    fd = next;
  }
  return fd;
}

gboolean
local_walk (const LocalWalk *order, GError **error)
{
  Walk self = { .order = order };
  int fd = open_named (order);
  gboolean done = TRUE;

  if (fd >= 0)
    done = take_named (&self, fd, error);
  else if (strpbrk (order->source, "*?[") != NULL) {
    fd = open (order->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = fd < 0 || walk (&self, fd, "", 0, error);
  }
  if (fd >= 0)
    close (fd);
  return done;
}
