/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves what was committed from the write-ahead log into the file, beside the writer. */
#pragma once

#include "store/database.h"

typedef struct _BelfryCheckpointer BelfryCheckpointer;

/* @writer: whose commits it follows, from the writer's thread; outlives stop () */
BelfryCheckpointer *
belfry_checkpointer_new (const char *path, BelfryDatabase *writer, GError **error);
/* Ends its thread; commits may go on. */
void belfry_checkpointer_stop (BelfryCheckpointer *self);
/* After the writer's connection was closed. */
void belfry_checkpointer_free (BelfryCheckpointer *self);
