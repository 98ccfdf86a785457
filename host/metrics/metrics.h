/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the host counts, and how it says so. A metric is a row of a table beside the code that
 * counts it; whoever has a table registers it. Main loop.
 *
 * What is counted is bounded whatever strangers do: of each label at most 500 values are told
 * apart, from the first start to the next; whatever comes later is `other`.
 */
#pragma once

#include <glib.h>

#define BELFRY_METRIC_LABELS 3
#define BELFRY_METRIC_VALUES 500 /* of one label, in all metrics together */
#define BELFRY_METRIC_OTHER  "other"
#define BELFRY_METRICS_TYPE  "text/plain; version=0.0.4; charset=utf-8"

typedef struct _BelfryMetrics BelfryMetrics;

/** BelfryMetricKind: what numbers of a metric mean */
typedef enum {
  BELFRY_METRIC_COUNTER,
  BELFRY_METRIC_GAUGE,
  BELFRY_METRIC_HISTOGRAM,
} BelfryMetricKind;

/**
 * BelfryMetric: one row
 * @name: as it is told, with its unit; of a counter it ends in `_total`
 * @labels: names, in the order in which values are given; NULL ends
 * @bounds: of a histogram: upper bounds of its buckets, rising; 0 ends
 */
typedef struct {
  const char *name;
  BelfryMetricKind kind;
  const char *help;
  const char *labels[BELFRY_METRIC_LABELS];
  const double *bounds;
} BelfryMetric;

/* for whatever takes milliseconds to a minute, and for whatever takes seconds to a day */
extern const double belfry_metric_moments[];
extern const double belfry_metric_spans[];

BelfryMetrics *belfry_metrics_new (void);
void belfry_metrics_free (BelfryMetrics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryMetrics, belfry_metrics_free)
/* Rows are told in this order, also those of which nothing was counted yet. They are lent. */
void belfry_metrics_register (BelfryMetrics *self, const BelfryMetric *rows, guint n_rows);

/* One more. In all of these @self is (nullable): nobody counts; what follows are values of the
 * row's labels, then NULL. */
void
belfry_metrics_count (BelfryMetrics *self, const BelfryMetric *metric, ...) G_GNUC_NULL_TERMINATED;
/* So much more, of a counter or a gauge. */
void belfry_metrics_add (BelfryMetrics *self, const BelfryMetric *metric, double amount, ...)
    G_GNUC_NULL_TERMINATED;
/* A gauge becomes the larger of what it was since the last reset and @value. */
void belfry_metrics_raise (BelfryMetrics *self, const BelfryMetric *metric, double value, ...)
    G_GNUC_NULL_TERMINATED;
/* One more of a histogram. */
void belfry_metrics_observe (BelfryMetrics *self, const BelfryMetric *metric, double value, ...)
    G_GNUC_NULL_TERMINATED;
/* Forgets all gauges, which are about to be told anew. */
void belfry_metrics_reset_gauges (BelfryMetrics *self);
/* Prometheus' text format, version 0.0.4; (transfer full) */
GBytes *belfry_metrics_format (BelfryMetrics *self);
