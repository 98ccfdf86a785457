/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries: a request to a change hook is verified, translated, stored and only then answered.
 * Each authenticated one is a row; refused ones are counted.
 */
#pragma once

#include "daemon/hosted.h"
#include "store/store.h"

typedef struct _BelfryDeliveries BelfryDeliveries;

BelfryDeliveries *belfry_deliveries_new (BelfryStore *store);
void belfry_deliveries_free (BelfryDeliveries *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryDeliveries, belfry_deliveries_free)
void belfry_deliveries_apply (BelfryDeliveries *self, BelfryConfig *config, GPtrArray *hooks);
/* Tells pollers to look; returns the names that mean none, or NULL. (transfer full) (nullable) */
typedef char *(*BelfryPollFunc) (const char *const *names,
                                 const char *const *allowed,
                                 gpointer data);
void belfry_deliveries_set_poll_func (BelfryDeliveries *self, BelfryPollFunc func, gpointer data);
/* As BelfryWwwOps.hook and .hook_max_body. */
void belfry_deliveries_receive (BelfryDeliveries *self,
                                const char *name,
                                BelfryRequest *request,
                                GTask *task);
gint64 belfry_deliveries_get_max_body (BelfryDeliveries *self, const char *name);
/* Takes up what a restart interrupted. */
void belfry_deliveries_resume (BelfryDeliveries *self);
void belfry_deliveries_stop (BelfryDeliveries *self);
