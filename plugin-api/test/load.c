/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds and opens a plugin. Who may write it is not looked at, nor is it told apart from a newer or
 * older one as carefully as the host does: a test opens what was just built.
 */
#include "test-private.h"

#include <dlfcn.h>
#include <string.h>

/* KIND/NAME is KIND-NAME.so in a folder of BELFRY_PLUGIN_PATH; everything else is a path */
static char *
find_file (const char *plugin)
{
  g_auto (GStrv) parts = g_strsplit (plugin, "/", 3);
  g_auto (GStrv) folders = NULL;
  g_autofree char *file = NULL;
  const char *path = g_getenv ("BELFRY_PLUGIN_PATH");
  BelfryKind kind;

  if (g_strv_length (parts) != 2 || !belfry_kind_from_name (parts[0], &kind) ||
      g_str_has_suffix (plugin, ".so"))
    return g_canonicalize_filename (plugin, NULL);
  folders = g_strsplit (path != NULL ? path : ".", ":", -1);
  file = g_strdup_printf ("%s-%s.so", parts[0], parts[1]);
  for (guint i = 0; folders[i] != NULL; i++) {
    g_autofree char *found = g_build_filename (folders[i], file, NULL);

    if (g_file_test (found, G_FILE_TEST_EXISTS))
      return g_canonicalize_filename (found, NULL);
  }
  g_error ("there is no '%s' in BELFRY_PLUGIN_PATH (%s)", file, path);
}

const BelfryPlugin *
belfry_test_load (const char *plugin)
{
  g_autofree char *path = find_file (plugin);
  void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const BelfryPlugin *found = NULL;

  if (handle == NULL)
    g_error ("opening '%s': %s", path, dlerror ());
  found = dlsym (handle, BELFRY_PLUGIN_SYMBOL);
  dlclose (handle); /* it stays, by RTLD_NODELETE */
  if (found == NULL)
    g_error ("'%s' exports no %s", path, BELFRY_PLUGIN_SYMBOL);
  if ((guint)found->kind >= BELFRY_N_KINDS || found->abi != belfry_kind_get_abi (found->kind))
    g_error ("'%s' is of another ABI", path);
  return found;
}
