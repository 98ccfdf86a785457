/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's side of isolation=process: a hook or reporter whose functions run in a process of its
 * own. What is handed out is a descriptor like the plugin's own, whose functions take the
 * BelfryIsolated as their state and pass each call on. A process that dies, hangs or talks nonsense
 * is ended, told of in one line and started again, at first at once, then after longer and longer
 * pauses; what is pure and was under way is done once more, the rest fails with BELFRY_ERROR_RETRY.
 */
#pragma once

#include "config/config.h"

typedef struct _BelfryIsolated BelfryIsolated;

/* It keeps dying, for this reason; NULL: it runs well (again). */
typedef void (*BelfryIsolatedAlert) (const char *reason, gpointer data);

/**
 * BelfryIsolatedSettings: what differs between the daemon and others who want a plugin apart
 * @program: (nullable): a `belfry`; NULL: the one that runs
 * @patience_us: for a call of something pure, and for a sign of life; 0: ten seconds
 * @alert: (nullable): who is told when it has died so often that it has to wait
 * @alert_data: for it; lives until the instance has stopped
 */
typedef struct {
  const char *program;
  gint64 patience_us;
  BelfryIsolatedAlert alert;
  gpointer alert_data;
} BelfryIsolatedSettings;

/* @blueprint is lent for as long as it lives; @instance is whose rights it has. */
BelfryIsolated *belfry_isolated_new (const BelfryBlueprint *blueprint,
                                     BelfryInstance *instance,
                                     const BelfryIsolatedSettings *settings);
BelfryIsolated *belfry_isolated_ref (BelfryIsolated *self);
void belfry_isolated_unref (BelfryIsolated *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryIsolated, belfry_isolated_unref)
/* A BelfryHook or BelfryReporter; its functions that wait may be called on any thread but that of
 * the main loop, which must use those below. */
gconstpointer belfry_isolated_get_plugin (BelfryIsolated *self);
/* As the descriptor's function; the task returns a BelfryTranslation. */
void belfry_isolated_translate (BelfryIsolated *self, BelfryRequest *request, GTask *task);
void belfry_isolated_give_up (BelfryIsolated *self, JsonNode *pending, GTask *task);
/* For `belfry status`: pid, restarts, and what is wrong, if anything is. (transfer full) */
JsonObject *belfry_isolated_describe (BelfryIsolated *self);
