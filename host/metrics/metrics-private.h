/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "metrics/metrics.h"

typedef struct {
  char *labels; /* as they are told: name="value",… */
  double value; /* of a histogram: the sum */
  guint64 n_seen;
  guint64 *in_bucket; /* (nullable) of a histogram: one for each bound, not summed up */
} BelfrySeries;

typedef struct {
  const BelfryMetric *metric;
  GHashTable *by_values; /* values as given → BelfrySeries (not owned) */
  GPtrArray *series;     /* (element-type BelfrySeries), in the order of their coming */
} BelfryFamily;

struct _BelfryMetrics {
  GPtrArray *families;   /* (element-type BelfryFamily) */
  GHashTable *by_metric; /* BelfryMetric → BelfryFamily (not owned) */
  GHashTable *known;     /* name of a label → set of its values */
  GString *key;          /* of whatever is being counted */
};

/* format.c: values within quotes, with backslash, quote and line feed escaped */
void belfry_metrics_append_label (GString *text, const char *name, const char *value);
