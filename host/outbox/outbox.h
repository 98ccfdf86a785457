/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outbox: a report that is due is a row written with the event that caused it; it ends
 * delivered, superseded, dead or discarded, restart or not.
 */
#pragma once

#include "daemon/hosted.h"
#include "store/store.h"

typedef struct _BelfryOutbox BelfryOutbox;

BelfryOutbox *belfry_outbox_new (BelfryStore *store);
void belfry_outbox_free (BelfryOutbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryOutbox, belfry_outbox_free)
/* The reporters (element-type BelfryHosted) that run now; their filters take effect in the next
 * transaction. */
void belfry_outbox_apply (BelfryOutbox *self, BelfryConfig *config, GPtrArray *reporters);
/* For belfry_store_set_event_filter (): writer thread; data is the outbox. */
gboolean belfry_outbox_filter (
    BelfryWriter *writer, BelfryEvent *event, gpointer record, gpointer data, GError **error);
/* Rows may be due: called after commits that wrote some, and at start. */
void belfry_outbox_wake (BelfryOutbox *self);
/* No new attempts; ends when those under way have been written down. */
void
belfry_outbox_stop_async (BelfryOutbox *self, GAsyncReadyCallback callback, gpointer user_data);
/* Ends the pause of an instance whose credential was refused. FALSE: it is not paused, or not
 * there. */
gboolean belfry_outbox_resume (BelfryOutbox *self, const char *instance);
/* One at its end is tried again, or one that is not is thrown away. NOT_FOUND, CONFLICT. */
void belfry_outbox_redeliver_async (BelfryOutbox *self,
                                    gint64 reportid,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void belfry_outbox_discard_async (BelfryOutbox *self,
                                  gint64 reportid,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* A marked test report to one instance; its row's number, to be followed in the store. */
void belfry_outbox_test_async (BelfryOutbox *self,
                               const char *instance,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* Of the three above: the row's number, 0 with @error. */
gint64 belfry_outbox_change_finish (BelfryOutbox *self, GAsyncResult *result, GError **error);
/* Tells the reporters of [host] alert, but not @except, once per cause until it is settled. */
void
belfry_outbox_alert (BelfryOutbox *self, const char *cause, const char *except, const char *text);
void belfry_outbox_settle (BelfryOutbox *self, const char *cause);
/* Counts for status: object state → number, and paused: how many instances are. */
JsonObject *belfry_outbox_describe (BelfryOutbox *self);
