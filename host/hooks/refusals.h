/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refused requests: counted in memory, written at most once a second as one row per hook, outcome,
 * network of the source and hour, so that a flood never reaches the writer. Main loop.
 */
#pragma once

#include "store/store.h"

typedef struct _BelfryRefusals BelfryRefusals;

BelfryRefusals *belfry_refusals_new (BelfryStore *store);
/* Writes what is left. */
void belfry_refusals_free (BelfryRefusals *self);
/* @address: (nullable): none, a Unix socket */
void belfry_refusals_count (BelfryRefusals *self,
                            const char *hook,
                            const char *outcome,
                            const char *address,
                            gsize bytes,
                            const char *reason);
