/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: the fixtures in a folder of their own, whose permissions are known. */
#pragma once

#include <glib/gstdio.h>
#include <unistd.h>

static const char *const test_plugins[] = {
  "auth-greedy", "bot-boastful",   "bot-crashing", "bot-foreign", "bot-misplaced", "bot-nameless",
  "bot-small",   "bot-symbolless", "engine-good",  "hook-good",   "reporter-good",
};

static inline guint
test_plugins_count (void)
{
  return G_N_ELEMENTS (test_plugins);
}

/* (transfer full): a new folder with a copy of each */
static inline char *
test_plugins_copy (void)
{
  char *folder = g_dir_make_tmp ("belfry-plugins-XXXXXX", NULL);

  g_assert_nonnull (folder);
  for (guint i = 0; i < G_N_ELEMENTS (test_plugins); i++) {
    g_autofree char *name = g_strconcat (test_plugins[i], ".so", NULL);
    g_autofree char *from =
        g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "host", "loader", name, NULL);
    g_autofree char *to = g_build_filename (folder, name, NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;

    g_assert_true (g_file_get_contents (from, &bytes, &length, NULL));
    g_assert_true (g_file_set_contents (to, bytes, (gssize)length, NULL));
    g_assert_cmpint (g_chmod (to, 0755), ==, 0);
  }
  return folder;
}

static inline void
test_plugins_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (folder);
}
