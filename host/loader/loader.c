/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loader: a plugin is a file KIND-NAME.so in one of a list of folders. Before it is opened,
 * nobody but root and ourselves may be able to write it or its folder; before anything in it is
 * called, its descriptor must say the right size, kind and ABI. Each refusal says what to do. An
 * opened file stays.
 */
#include "loader/loader.h"

#include "loader/descriptor.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _BelfryLoader {
  char **from_environment; /* (nullable) */
  char **directories;
  GHashTable *loaded; /* path → BelfryPlugin */
};

BelfryLoader *
belfry_loader_new (const char *const *directories)
{
  BelfryLoader *self = g_new0 (BelfryLoader, 1);
  const char *const installed[] = { BELFRY_PLUGIN_DIR, NULL };
  const char *path = g_getenv ("BELFRY_PLUGIN_PATH");

  if (path != NULL)
    self->from_environment = g_strsplit (path, ":", -1);
  self->loaded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  belfry_loader_set_directories (self, directories != NULL ? directories : installed);
  return self;
}

void
belfry_loader_free (BelfryLoader *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->from_environment);
  g_strfreev (self->directories);
  g_hash_table_unref (self->loaded);
  g_free (self);
}

void
belfry_loader_set_directories (BelfryLoader *self, const char *const *directories)
{
  char **copy = g_strdupv ((char **)directories);

  g_strfreev (self->directories);
  self->directories = copy;
}

/* all folders in the order of the search: (transfer container) (element-type utf8) */
static GPtrArray *
list_folders (BelfryLoader *self)
{
  GPtrArray *folders = g_ptr_array_new ();
  char **lists[] = { self->from_environment, self->directories };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **folder = lists[i]; folder != NULL && *folder != NULL; folder++)
      if (g_path_is_absolute (*folder) &&
          !g_ptr_array_find_with_equal_func (folders, *folder, g_str_equal, NULL))
        g_ptr_array_add (folders, *folder);
  return folders;
}

gboolean
belfry_loader_parse_file_name (const char *path, BelfryKind *kind, char **name)
{
  g_autofree char *base = g_path_get_basename (path);
  char *dash = strchr (base, '-');

  if (dash == NULL || !g_str_has_suffix (base, ".so"))
    return FALSE;
  *dash = '\0';
  base[strlen (base) + 1 + strlen (dash + 1) - strlen (".so")] = '\0';
  if (dash[1] == '\0' || !belfry_kind_from_name (base, kind))
    return FALSE;
  *name = g_strdup (dash + 1);
  return TRUE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
list_folder (GPtrArray *paths, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *plugin = NULL;

    if (belfry_loader_parse_file_name (name, &kind, &plugin))
      g_ptr_array_add (found, g_build_filename (folder, name, NULL));
  }
  g_ptr_array_sort (found, compare_paths);
  g_ptr_array_extend_and_steal (paths, g_steal_pointer (&found));
}

GPtrArray *
belfry_loader_list (BelfryLoader *self)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) folders = list_folders (self);

  for (guint i = 0; i < folders->len; i++)
    list_folder (paths, g_ptr_array_index (folders, i));
  return paths;
}

static gboolean
check_writers (const char *path, GError **error)
{
  struct stat status;

  if (stat (path, &status) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "'%s' cannot be looked at: %s", path,
                 g_strerror (errno));
    return FALSE;
  }
  if (status.st_uid != 0 && status.st_uid != geteuid ()) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                 "'%s' belongs to somebody else (user %u), chown it to root or to yourself", path,
                 (guint)status.st_uid);
    return FALSE;
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "others may write '%s', chmod go-w it",
                 path);
    return FALSE;
  }
  return TRUE;
}

/* file and folder, and those that a link leads to */
static gboolean
check_path (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  char *target = realpath (path, NULL);
  g_autofree char *target_folder = target != NULL ? g_path_get_dirname (target) : NULL;
  gboolean ok = check_writers (folder, error) && check_writers (path, error) &&
                (target_folder == NULL || check_writers (target_folder, error));

  free (target);
  if (ok && !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "'%s' is no regular file, remove it",
                 path);
    return FALSE;
  }
  return ok;
}

/* how many bytes the file itself says that the symbol has */
static gsize
get_symbol_size (gconstpointer symbol)
{
  Dl_info info;
  ElfW (Sym) *entry = NULL;

  if (dladdr1 (symbol, &info, (void **)&entry, RTLD_DL_SYMENT) == 0 || entry == NULL)
    return 0;
  return entry->st_size;
}

static const BelfryPlugin *
open_file (const char *path, GError **error)
{
  void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const BelfryPlugin *plugin = NULL;

  if (handle == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "'%s' cannot be opened: %s; build it again on this machine, or install what it "
                 "needs",
                 path, dlerror ());
    return NULL;
  }
  plugin = dlsym (handle, BELFRY_PLUGIN_SYMBOL);
  if (plugin == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "'%s' is no plugin of Belfry, it exports no '%s'; end its code with one of "
                 "BELFRY_DEFINE_HOOK and its like, or remove it",
                 path, BELFRY_PLUGIN_SYMBOL);
    return NULL;
  }
  return belfry_descriptor_check (plugin, get_symbol_size (plugin), path, error) ? plugin : NULL;
}

const BelfryPlugin *
belfry_loader_load_file (BelfryLoader *self, const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  const BelfryPlugin *plugin = g_hash_table_lookup (self->loaded, absolute);

  if (plugin != NULL)
    return plugin;
  if (!check_path (absolute, error))
    return NULL;
  plugin = open_file (absolute, error);
  if (plugin != NULL)
    g_hash_table_insert (self->loaded, g_steal_pointer (&absolute), (gpointer)plugin);
  return plugin;
}

/* names of all plugins of a kind, ended by NULL */
static GPtrArray *
list_names (BelfryLoader *self, BelfryKind wanted)
{
  g_autoptr (GPtrArray) paths = belfry_loader_list (self);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < paths->len; i++) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *name = NULL;

    if (belfry_loader_parse_file_name (g_ptr_array_index (paths, i), &kind, &name) &&
        kind == wanted)
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  g_ptr_array_add (names, NULL);
  return names;
}

static void
set_not_found (BelfryLoader *self, BelfryKind kind, const char *name, GError **error)
{
  g_autoptr (GPtrArray) folders = list_folders (self);
  g_autoptr (GPtrArray) names = list_names (self, kind);
  const char *nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  g_autofree char *hint = nearest != NULL ? g_strdup_printf (", did you mean '%s'?", nearest)
                                          : g_strdup (", install it");
  g_autofree char *searched = NULL;

  g_ptr_array_add (folders, NULL);
  searched = g_strjoinv (", ", (char **)folders->pdata);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no %s plugin '%s' in %s%s",
               belfry_kind_get_name (kind), name, searched, hint);
}

const BelfryPlugin *
belfry_loader_load (BelfryLoader *self, BelfryKind kind, const char *name, GError **error)
{
  g_autoptr (GPtrArray) folders = list_folders (self);
  g_autofree char *file = g_strdup_printf ("%s-%s.so", belfry_kind_get_name (kind), name);

  if (name[0] == '\0' || strchr (name, G_DIR_SEPARATOR) != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no name of a plugin, write it without a folder", name);
    return NULL;
  }
  for (guint i = 0; i < folders->len; i++) {
    g_autofree char *path = g_build_filename (g_ptr_array_index (folders, i), file, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return belfry_loader_load_file (self, path, error);
  }
  set_not_found (self, kind, name, error);
  return NULL;
}
