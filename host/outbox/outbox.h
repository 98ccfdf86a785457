/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outbox: a report that is due is a row written with the event that caused it; it ends delivered,
 * superseded, dead or discarded, restart or not.
 */
#pragma once

#include "daemon/hosted.h"
#include "store/store.h"

typedef struct _BelfryOutbox BelfryOutbox;

BelfryOutbox *belfry_outbox_new (BelfryStore *store);
void belfry_outbox_free (BelfryOutbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryOutbox, belfry_outbox_free)
/* The reporters (element-type BelfryHosted) that run now; their filters take effect in the next transaction. */
void belfry_outbox_apply (BelfryOutbox *self, BelfryConfig *config, GPtrArray *reporters);
/* For belfry_store_set_event_filter (): writer thread; data is the outbox. */
gboolean belfry_outbox_filter (BelfryWriter *writer, BelfryEvent *event, gpointer record, gpointer data, GError **error);
/* Rows may be due: called after commits that wrote some, and at start. */
void belfry_outbox_wake (BelfryOutbox *self);
/* No new attempts; ends when those under way have been written down. */
void belfry_outbox_stop_async (BelfryOutbox *self, GAsyncReadyCallback callback, gpointer user_data);
/* Counts for status: object state → number. */
JsonObject *belfry_outbox_describe (BelfryOutbox *self);
