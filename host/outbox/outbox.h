/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outbox: a report that is due is a row written with the event that caused it; it ends
 * delivered, superseded, dead or discarded, restart or not.
 */
#pragma once

#include "daemon/masks.h"
#include "metrics/metrics.h"
#include "outbox/buckets.h"
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
/* An event was stored: those who pass on every event look. */
void belfry_outbox_tell_streams (BelfryOutbox *self);
/* One that is not stored, for those who are not behind. */
void belfry_outbox_pass_event (BelfryOutbox *self, BelfryEvent *event);
/* What each reporter made of a build, and by which key; see belfry_explanation_new (). The task
 * returns a JsonObject; NOT_FOUND. */
void belfry_outbox_explain_build (BelfryOutbox *self, gint64 buildid, GTask *task);
/* No new attempts; ends when those under way have been written down. */
void
belfry_outbox_stop_async (BelfryOutbox *self, GAsyncReadyCallback callback, gpointer user_data);
/* Waits that services asked for; the transport asks and fills them. */
BelfryBuckets *belfry_outbox_get_buckets (BelfryOutbox *self);
/* A credential was refused for the first time: tokens made from it are to be made anew. */
typedef void (*BelfryOutboxDeniedFunc) (BelfryHosted *hosted, gpointer data);
void belfry_outbox_set_denied_func (BelfryOutbox *self, BelfryOutboxDeniedFunc func, gpointer data);
/* What must not be seen in what a service answered; NULL: nothing. Lent. */
void belfry_outbox_set_masks (BelfryOutbox *self, BelfryMasks *masks);
/* Counts what deliveries come to; lent, once. */
void belfry_outbox_set_metrics (BelfryOutbox *self, BelfryMetrics *metrics);
/* Tells gauges: which reporters pause, and what it has raised alerts for. */
void belfry_outbox_tell_gauges (BelfryOutbox *self);
/* Ends the pause of an instance whose credential was refused. FALSE: it is not paused, or not
 * there. */
gboolean belfry_outbox_resume (BelfryOutbox *self, const char *instance);
/* An inclusive range of numbers. Of one number, a report at its end is tried again, or one that is
 * not (or that died) is thrown away, else NOT_FOUND or CONFLICT; of several, all that are dead, or
 * all that may be thrown away. */
typedef struct {
  gint64 first;
  gint64 last;
} BelfryReportRange;

void belfry_outbox_redeliver_async (BelfryOutbox *self,
                                    BelfryReportRange range,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void belfry_outbox_discard_async (BelfryOutbox *self,
                                  BelfryReportRange range,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* A marked test report to one instance, which ends when each of its rows has been tried once:
 * `delivered`, and `attempts`: a list of `target`, `outcome`, `answer`, `requests` (see
 * daemon/gate.h) and, where a credential was refused, `permission`. */
void belfry_outbox_test_async (BelfryOutbox *self,
                               const char *instance,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
JsonObject *belfry_outbox_test_finish (GAsyncResult *result, GError **error);
/* Of redeliver and discard: how many; -1 with @error. */
gint64 belfry_outbox_change_finish (BelfryOutbox *self, GAsyncResult *result, GError **error);
/* Rows that wait for reporters that are not among @names (texts; NULL: not configured now): a
 * sentence for each such reporter. (transfer full) */
void belfry_outbox_list_orphans_async (BelfryOutbox *self,
                                       JsonArray *names,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
JsonArray *belfry_outbox_list_orphans_finish (GAsyncResult *result, GError **error);
/* Tells the reporters of [host] alert, but not @except, once per cause until it is settled. */
void
belfry_outbox_alert (BelfryOutbox *self, const char *cause, const char *except, const char *text);
void belfry_outbox_settle (BelfryOutbox *self, const char *cause);
/* Counts for status: object state → number; `paused`, how many instances are, and `pauses`, which.
 */
JsonObject *belfry_outbox_describe (BelfryOutbox *self);
