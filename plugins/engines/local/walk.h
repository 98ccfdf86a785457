/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regular files beneath a folder that a path or a glob means, no link followed. Any thread. */
#pragma once

#include <belfry-plugin.h>
#include <sys/stat.h>

/** LocalWalk: what to look for, and who is told */
typedef struct {
  const char *root;
  const char *source; /* file, folder or glob beneath it */
  GCancellable *cancellable;
  gpointer data;
  /* @path: below the source where that is a folder, else its name, or, of a glob, below the root */
  gboolean (*take) (
      gpointer data, int fd, const char *path, const struct stat *info, GError **error);
  void (*left_out) (gpointer data, const char *path, const char *why);
} LocalWalk;

gboolean local_walk (const LocalWalk *self, GError **error);
