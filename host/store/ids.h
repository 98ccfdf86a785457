/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids: one counter for each table, given out on any thread, written down by the writer with the
 * transaction that uses them. Those that the main loop gives out are reserved ahead, so that an id
 * that left the process is not given again after a crash; the others are written exactly.
 */
#pragma once

#include "store/database.h"

typedef struct _BelfryIds BelfryIds;

BelfryIds *belfry_ids_new (void);
void belfry_ids_free (BelfryIds *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryIds, belfry_ids_free)
gboolean belfry_ids_load (BelfryIds *self, BelfryDatabase *database, GError **error);
gint64 belfry_ids_next (BelfryIds *self, const char *table);
/* An id that came from elsewhere is not given out any more. */
void belfry_ids_saw (BelfryIds *self, const char *table, gint64 id);
/* Within the transaction that is about to be committed; @exact: nothing reserved, at the end. */
gboolean
belfry_ids_store (BelfryIds *self, BelfryDatabase *database, gboolean exact, GError **error);
/* The transaction went through, or did not. */
void belfry_ids_stored (BelfryIds *self, gboolean committed);
