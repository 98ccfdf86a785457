/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gauges that only the store knows: read on the pool, told on the main loop. */
#pragma once

#include "metrics/metrics.h"
#include "store/store.h"

typedef struct _BelfryStored BelfryStored;

void belfry_stored_register (BelfryMetrics *metrics);
/* Pool thread; BelfryReadFunc. @data: from belfry_stored_new () */
gboolean belfry_stored_read (BelfryReader *reader, gpointer data, GError **error);
/* @folder: where the files of the store lie */
BelfryStored *belfry_stored_new (const char *folder);
void belfry_stored_free (BelfryStored *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryStored, belfry_stored_free)
/* Main loop, after the reading */
void belfry_stored_tell (const BelfryStored *self, BelfryMetrics *metrics);
