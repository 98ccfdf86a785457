/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that appear whole or not at all, and folders that go. Blocks. */
#pragma once

#include "belfry-plugin.h"

/* BELFRY_ERROR_RETRY with what was being done, the path and what errno says; always FALSE. */
gboolean belfry_file_fail (const char *what, const char *path, GError **error);
/* A file, or a folder with what was named in it. */
gboolean belfry_file_bring_to_disk (const char *path, GError **error);
/* Gives a finished file the name that nothing may have yet. */
gboolean belfry_file_give_name (const char *partial, const char *path, GError **error);
/* A folder of files, made for a while; what else is in it stays, and so it does. */
void belfry_file_remove_folder (const char *path);
