/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of the outbox in the store. All of this runs on the writer thread.
 *
 * A lane is what one instance says to one target about one key. Of a lane's planned rows only the
 * first, by event and number, is ever tried.
 */
#pragma once

#include "store/store.h"

/* filters */
gboolean belfry_rows_supersede_starts (BelfryWriter *writer,
                                       const char *instance,
                                       gint64 buildid,
                                       GError **error);
gboolean belfry_rows_supersede_held (BelfryWriter *writer,
                                     const char *instance,
                                     gint64 buildid,
                                     GError **error);
gboolean belfry_rows_release (
    BelfryWriter *writer, const char *instance, gint64 buildid, gint64 at_us, GError **error);

/* what is due; appends (transfer full) BelfryReportRow, with their payloads, in the order of events
 */
gboolean belfry_rows_list_due (BelfryWriter *writer,
                               const char *instance,
                               gint64 now_us,
                               guint limit,
                               GPtrArray *rows,
                               GError **error);
/* the oldest row whatever its time, for a paused instance */
gboolean belfry_rows_list_oldest (BelfryWriter *writer,
                                  const char *instance,
                                  GPtrArray *rows,
                                  GError **error);
/* the first time after @now_us at which something is due; G_MAXINT64: nothing is */
gboolean belfry_rows_find_next_time (
    BelfryWriter *writer, const char *instance, gint64 now_us, gint64 *next_us, GError **error);
/* how many rows of an instance are not at their end */
typedef struct {
  char *instance;
  gint64 count;
  gint64 oldest_us; /* when the first of them came up */
} BelfryLiveRows;

void belfry_live_rows_clear (gpointer data);
/* appends one BelfryLiveRows for each instance that has any */
gboolean belfry_rows_list_live (BelfryWriter *writer, GArray *found, GError **error);
/* those that came up no later die as "instance gone" */
gboolean belfry_rows_bury (
    BelfryWriter *writer, const char *instance, gint64 before_us, int *count, GError **error);
JsonObject *belfry_rows_count (BelfryWriter *writer, GError **error);

/* the first attempt; @found: FALSE where the row no longer waits */
gboolean
belfry_rows_freeze (BelfryWriter *writer, BelfryReportRow *row, gboolean *found, GError **error);
gboolean belfry_rows_supersede_before (BelfryWriter *writer, BelfryReportRow *row, GError **error);
gboolean belfry_rows_is_behind (BelfryWriter *writer,
                                BelfryReportRow *row,
                                gboolean *behind,
                                GError **error);
/* the remote id of what was last delivered in this lane; (transfer full) (nullable) */
gboolean belfry_rows_find_remote_id (BelfryWriter *writer,
                                     BelfryReportRow *row,
                                     char **remote_id,
                                     GError **error);

/* ends and waits */
gboolean
belfry_rows_finish (BelfryWriter *writer, BelfryReportRow *row, const char *state, GError **error);
gboolean belfry_rows_postpone (BelfryWriter *writer, BelfryReportRow *row, GError **error);
/* the row behind a lane's finished one; (transfer full) (nullable) */
gboolean belfry_rows_find_next_of_lane (BelfryWriter *writer,
                                        BelfryReportRow *row,
                                        BelfryReportRow **next,
                                        GError **error);

/* what administrators ask for; NOT_FOUND, or CONFLICT where its state does not allow it */
gboolean belfry_rows_reopen (BelfryWriter *writer, gint64 reportid, gint64 now_us, GError **error);
gboolean belfry_rows_discard (BelfryWriter *writer, gint64 reportid, GError **error);
/* the same for all of a range that are dead, or not at their end; @changes: (out) how many */
gboolean belfry_rows_reopen_range (
    BelfryWriter *writer, gint64 first, gint64 last, int *changes, GError **error);
gboolean belfry_rows_discard_range (
    BelfryWriter *writer, gint64 first, gint64 last, int *changes, GError **error);
