/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pollers: a plugin says what is new since a state; when it is asked, and that changes and state
 * are stored together, is this room's. Main loop.
 */
#pragma once

#include "daemon/hosted.h"
#include "daemon/masks.h"
#include "store/store.h"

typedef struct _BelfryPollers BelfryPollers;

/* Somebody should look after a poller (@text), or no longer need (NULL). */
typedef void (*BelfryPollersAlert) (const char *cause, const char *text, gpointer data);

BelfryPollers *
belfry_pollers_new (BelfryStore *store, BelfryPollersAlert alert, gpointer alert_data);
void belfry_pollers_free (BelfryPollers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryPollers, belfry_pollers_free)
/* What must not be seen in what a program or service says of a failed poll. */
void belfry_pollers_set_masks (BelfryPollers *self, BelfryMasks *masks);
/* The instances that there are now, in any state: (element-type BelfryHosted). What is no longer
 * there ends its poll and is forgotten; what changed goes on with its state. */
void belfry_pollers_apply (BelfryPollers *self, BelfryConfig *config, GPtrArray *hosted);
/* Some of them may have come up. */
void belfry_pollers_wake (BelfryPollers *self);
/* Asks pollers by name or repository (NULL: all) out of those that are allowed (NULL: all) to poll
 * now. Returns the names that mean none, and then asks nobody; NULL: done. (transfer full)
 * (nullable) */
char *belfry_pollers_ask (BelfryPollers *self,
                          const char *const *names,
                          const char *const *allowed) G_GNUC_WARN_UNUSED_RESULT;
/* As BelfryHostOps.found. */
void belfry_pollers_found (
    BelfryPollers *self, BelfryHosted *hosted, GPtrArray *changes, JsonNode *state, GTask *task);
JsonArray *belfry_pollers_describe (BelfryPollers *self);
/* A poller's last revisions are dropped: its next poll is like its first. The task returns a
 * boolean; NOT_FOUND, or CONFLICT while it polls. */
void belfry_pollers_forget (BelfryPollers *self, const char *name, GTask *task);
/* Ends what polls; @callback when nothing of it is left. */
void
belfry_pollers_stop_async (BelfryPollers *self, GAsyncReadyCallback callback, gpointer user_data);
