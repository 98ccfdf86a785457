/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries: a request to a change hook is verified, translated, stored and only then answered.
 * Each authenticated one is a row; refused ones are counted.
 */
#pragma once

#include "daemon/hosted.h"
#include "metrics/metrics.h"
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
/* Counts what they come to; lent, once. */
void belfry_deliveries_set_metrics (BelfryDeliveries *self, BelfryMetrics *metrics);
/* As BelfryWwwOps.hook and .hook_max_body. */
void belfry_deliveries_receive (BelfryDeliveries *self,
                                const char *name,
                                BelfryRequest *request,
                                GTask *task);
gint64 belfry_deliveries_get_max_body (BelfryDeliveries *self, const char *name);
/* Runs the kept request of a delivery again, past what guards against old and repeated ones; its
 * row names the first. The task returns a BelfryResponse, as its forge would get it. */
void belfry_deliveries_replay (BelfryDeliveries *self, gint64 id, GTask *task);
/* The same, asked for by a page; the task returns a BelfryControlAnswer. */
void belfry_deliveries_control_replay (BelfryDeliveries *self, gint64 id, GTask *task);
/* What a request to a hook means, and nothing more. (transfer full) (nullable): there is no such
 * hook. Not of one in a process of its own, which has to be waited for: */
BelfryTranslation *
belfry_deliveries_translate (BelfryDeliveries *self, const char *name, BelfryRequest *request);
void belfry_deliveries_translate_async (BelfryDeliveries *self,
                                        const char *name,
                                        BelfryRequest *request,
                                        GTask *task);
/* How what stands in @delivery was decided, key by key. @made: (nullable) what its kept request
 * means. (transfer full): see belfry_explanation_new () */
JsonObject *belfry_deliveries_explain (BelfryDeliveries *self,
                                       BelfryDelivery *delivery,
                                       BelfryTranslation *made);
/* What the request would become now. @made: (nullable) as above; @changes: (out) (transfer full)
 * (nullable) */
JsonObject *belfry_deliveries_foresee (BelfryDeliveries *self,
                                       BelfryDelivery *delivery,
                                       BelfryTranslation *made,
                                       GPtrArray **changes);
/* As BelfryWwwOps.hook_too_large: a request that was refused before it was read. */
void belfry_deliveries_note_too_large (BelfryDeliveries *self,
                                       const char *name,
                                       const char *address,
                                       gsize bytes);
/* Takes up what a restart interrupted. */
void belfry_deliveries_resume (BelfryDeliveries *self);
void belfry_deliveries_stop (BelfryDeliveries *self);
