/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a row is due: waiting between tries, hold-down, quiet hours, digests. */
#pragma once

#include "belfry-plugin.h"

/* How long a report waits before its first try. */
typedef struct {
  gboolean retries; /* until its request is complete */
  gint64 wait_us;
} BelfryHoldDown;

extern const BelfryCustomType belfry_hold_down_type; /* BelfryHoldDown * */
extern const BelfryCustomType
    belfry_windows_type; /* BelfryWindows *: `22:00-07:00;Sat,Sun 00:00-24:00` */
extern const BelfryCustomType
    belfry_times_type; /* BelfryWindows * of moments: `08:00;Mon-Fri 17:30` */

typedef struct _BelfryWindows BelfryWindows;

BelfryWindows *belfry_windows_parse (const char *text, gboolean moments, GError **error);
void belfry_windows_free (BelfryWindows *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryWindows, belfry_windows_free)
/* @at_us itself outside all windows, else the end of the quiet time around it. */
gint64 belfry_windows_leave (const BelfryWindows *self, GTimeZone *zone, gint64 at_us);
/* The first moment that is not before @at_us. */
gint64 belfry_times_next (const BelfryWindows *self, GTimeZone *zone, gint64 at_us);
/* The wait after a try that failed, its @tries-th: full jitter under a doubling cap; @random is in
 * [0, 1). */
gint64 belfry_backoff_us (guint tries, double random);
