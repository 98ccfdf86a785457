/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts what the bus tells of builds, requests, steps and schedulers. Main loop. */
#pragma once

#include "bus/bus.h"
#include "metrics/metrics.h"

typedef struct _BelfryEventMetrics BelfryEventMetrics;
/* (transfer none) (nullable): the engine that has a builder; NULL: not known yet */
typedef const char *(*BelfryEngineFunc) (gint64 builderid, gpointer data);

/* Listens from now on; @metrics and @bus outlive it. */
BelfryEventMetrics *belfry_event_metrics_new (BelfryMetrics *metrics,
                                              BelfryBus *bus,
                                              BelfryEngineFunc func,
                                              gpointer data);
void belfry_event_metrics_free (BelfryEventMetrics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryEventMetrics, belfry_event_metrics_free)
/* Bytes of logs as they are handed to the store, which is before any event tells of them. */
void belfry_event_metrics_add_log_bytes (BelfryEventMetrics *self, gsize bytes);
