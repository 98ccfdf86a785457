/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a database file to the schema of this program, or refuses it. */
#pragma once

#include "store/database.h"

/* @rooms: names before the first dash of the SQL files, in the order of their coming; @copy_path:
 * (nullable) where an older database is kept before it is changed */
gboolean belfry_migrate (BelfryDatabase *database,
                         const char *const *rooms,
                         const char *copy_path,
                         GError **error);
/* The folder of the SQL files: $BELFRY_DATA_DIR/schema, else the installed one. */
char *belfry_migrate_dup_folder (void);
