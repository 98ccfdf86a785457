/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells those who listen what happened, on the main loop, after it is stored. */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryBus BelfryBus;
typedef void (*BelfryBusFunc) (BelfryEvent *event, gpointer data);

BelfryBus *belfry_bus_new (void);
void belfry_bus_free (BelfryBus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryBus, belfry_bus_free)
guint belfry_bus_subscribe (BelfryBus *self, BelfryBusFunc func, gpointer data);
void belfry_bus_unsubscribe (BelfryBus *self, guint subscription);
void belfry_bus_tell (BelfryBus *self,
                      BelfryEvent *event); /* also events that are not stored (id 0) */
