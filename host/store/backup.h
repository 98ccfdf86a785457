/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of the two files of the store that open as they are, made while others write. */
#pragma once

#include "store/store.h"

/**
 * BelfryBackupSource: what is copied
 * @records: path or file: address of the records
 * @logs: (nullable): the same of the logs; NULL: there are none
 */
typedef struct {
  const char *records;
  const char *logs;
} BelfryBackupSource;

/* Makes @folder if it is not there; nothing in it is overwritten. The answer has `folder` and
 * `files` with their sizes. Blocks: not for the main loop. */
gboolean belfry_backup_make (const BelfryBackupSource *source,
                             const char *folder,
                             GCancellable *cancellable,
                             JsonObject *answer,
                             GError **error);
/* The same of a database that no daemon has open, and of the logs beside it. Blocks. */
gboolean belfry_backup_make_of_file (const char *path,
                                     const char *folder,
                                     JsonObject *answer,
                                     GError **error);
/* On a thread of the pool. One at a time: BELFRY_ERROR_CONFLICT. */
void belfry_store_backup_async (BelfryStore *self,
                                const char *folder,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* (transfer full) */
JsonObject *belfry_store_backup_finish (BelfryStore *self, GAsyncResult *result, GError **error);
