/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins: where they lie, which may be opened, what each says of itself. A plugin is never
 * unloaded. */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryLoader BelfryLoader;

/* Makes a text of a plugin, in a process that ends afterwards. (transfer full) */
typedef char *(*BelfryDescribe) (const BelfryPlugin *plugin, gpointer user_data);

/* @directories are searched after those of BELFRY_PLUGIN_PATH; NULL: the installed one. */
BelfryLoader *belfry_loader_new (const char *const *directories);
void belfry_loader_free (BelfryLoader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryLoader, belfry_loader_free)
void belfry_loader_set_directories (BelfryLoader *self, const char *const *directories);
/* (transfer none). Errors: NOT_FOUND (with the nearest name), UNSUPPORTED (ABI, kind, size), DENIED
 * (who may write it). */
const BelfryPlugin *
belfry_loader_load (BelfryLoader *self, BelfryKind kind, const char *name, GError **error);
const BelfryPlugin *belfry_loader_load_file (BelfryLoader *self, const char *path, GError **error);
/* Every KIND-NAME.so there is: (element-type utf8) paths, without opening any. */
GPtrArray *belfry_loader_list (BelfryLoader *self);
/* Kind and name that a file's name says; FALSE: it is no plugin's. */
gboolean belfry_loader_parse_file_name (const char *path, BelfryKind *kind, char **name);
/* Opens a plugin in a child process, so that one that crashes is an error and nothing more. */
char *belfry_loader_describe (BelfryLoader *self,
                              const char *path,
                              BelfryDescribe describe,
                              gpointer user_data,
                              GError **error);
/* "engine local": the plugin that owns a kind of section, looked for in child processes. (nullable)
 */
char *belfry_loader_dup_owner (BelfryLoader *self, const char *section_kind);
