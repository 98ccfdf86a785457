/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry. To count is one look into a hash table with the values as they were given; only the
 * first of a series, and those past the bounds, take the longer way, which sees to the bounds. What
 * was cut to `other` is not remembered by its own values.
 */
#include "metrics/metrics-private.h"

#include <stdarg.h>

#define MAX_SERIES 5000 /* of one metric */
#define SEPARATOR  '\x1f'

const double belfry_metric_moments[] = {
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 0,
};
const double belfry_metric_spans[] = {
  1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400, 0,
};

static void
series_free (BelfrySeries *self)
{
  g_free (self->labels);
  g_free (self->in_bucket);
  g_free (self);
}

static void
family_free (BelfryFamily *self)
{
  g_hash_table_unref (self->by_values);
  g_ptr_array_unref (self->series);
  g_free (self);
}

BelfryMetrics *
belfry_metrics_new (void)
{
  BelfryMetrics *self = g_new0 (BelfryMetrics, 1);

  self->families = g_ptr_array_new_with_free_func ((GDestroyNotify)family_free);
  self->by_metric = g_hash_table_new (NULL, NULL);
  self->known =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
  self->key = g_string_new (NULL);
  return self;
}

void
belfry_metrics_free (BelfryMetrics *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_metric);
  g_ptr_array_unref (self->families);
  g_hash_table_unref (self->known);
  g_string_free (self->key, TRUE);
  g_free (self);
}

void
belfry_metrics_register (BelfryMetrics *self, const BelfryMetric *rows, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++) {
    BelfryFamily *family = g_new0 (BelfryFamily, 1);

    g_return_if_fail (!g_hash_table_contains (self->by_metric, &rows[i]));
    family->metric = &rows[i];
    family->by_values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    family->series = g_ptr_array_new_with_free_func ((GDestroyNotify)series_free);
    g_ptr_array_add (self->families, family);
    g_hash_table_insert (self->by_metric, (gpointer)&rows[i], family);
  }
}

static void
make_key (BelfryMetrics *self, const BelfryMetric *metric, const char *const *values)
{
  g_string_truncate (self->key, 0);
  for (guint i = 0; i < BELFRY_METRIC_LABELS && metric->labels[i] != NULL; i++) {
    g_string_append (self->key, values[i]);
    g_string_append_c (self->key, SEPARATOR);
  }
}

static const char *
bound_value (BelfryMetrics *self, const char *label, const char *value)
{
  GHashTable *values = g_hash_table_lookup (self->known, label);

  if (values == NULL) {
    values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_insert (self->known, (gpointer)label, values);
  }
  if (g_hash_table_contains (values, value))
    return value;
  if (g_hash_table_size (values) >= BELFRY_METRIC_VALUES)
    return BELFRY_METRIC_OTHER;
  g_hash_table_add (values, g_strdup (value));
  return value;
}

static BelfrySeries *
add_series (BelfryMetrics *self, BelfryFamily *family, const char *const *values)
{
  const BelfryMetric *metric = family->metric;
  BelfrySeries *series = g_new0 (BelfrySeries, 1);
  g_autoptr (GString) labels = g_string_new (NULL);
  guint n_bounds = 0;

  for (guint i = 0; i < BELFRY_METRIC_LABELS && metric->labels[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (labels, ',');
    belfry_metrics_append_label (labels, metric->labels[i], values[i]);
  }
  series->labels = g_strdup (labels->str);
  while (metric->bounds != NULL && metric->bounds[n_bounds] > 0)
    n_bounds++;
  if (metric->kind == BELFRY_METRIC_HISTOGRAM)
    series->in_bucket = g_new0 (guint64, n_bounds + 1);
  g_ptr_array_add (family->series, series);
  g_hash_table_insert (family->by_values, g_strdup (self->key->str), series);
  return series;
}

/* the longer way */
static BelfrySeries *
take_series (BelfryMetrics *self, BelfryFamily *family, const char *const *values)
{
  const BelfryMetric *metric = family->metric;
  gboolean is_full = family->series->len >= MAX_SERIES;
  const char *bounded[BELFRY_METRIC_LABELS] = { NULL };
  BelfrySeries *series = NULL;

  for (guint i = 0; i < BELFRY_METRIC_LABELS && metric->labels[i] != NULL; i++)
    bounded[i] = is_full ? BELFRY_METRIC_OTHER : bound_value (self, metric->labels[i], values[i]);
  make_key (self, metric, bounded);
  series = g_hash_table_lookup (family->by_values, self->key->str);
  return series != NULL ? series : add_series (self, family, bounded);
}

static BelfrySeries *
find_series (BelfryMetrics *self, const BelfryMetric *metric, va_list arguments)
{
  BelfryFamily *family = g_hash_table_lookup (self->by_metric, metric);
  const char *values[BELFRY_METRIC_LABELS] = { NULL };
  BelfrySeries *series = NULL;

  g_return_val_if_fail (family != NULL, NULL);

  for (guint i = 0; i < BELFRY_METRIC_LABELS && metric->labels[i] != NULL; i++) {
    values[i] = va_arg (arguments, const char *);
    g_return_val_if_fail (values[i] != NULL, NULL);
  }
  make_key (self, metric, values);
  series = g_hash_table_lookup (family->by_values, self->key->str);
  return series != NULL ? series : take_series (self, family, values);
}

void
belfry_metrics_count (BelfryMetrics *self, const BelfryMetric *metric, ...)
{
  BelfrySeries *series = NULL;
  va_list arguments;

  if (self == NULL)
    return;
  va_start (arguments, metric);
  series = find_series (self, metric, arguments);
  va_end (arguments);
  if (series != NULL)
    series->value += 1;
}

void
belfry_metrics_add (BelfryMetrics *self, const BelfryMetric *metric, double amount, ...)
{
  BelfrySeries *series = NULL;
  va_list arguments;

  if (self == NULL)
    return;
  va_start (arguments, amount);
  series = find_series (self, metric, arguments);
  va_end (arguments);
  if (series != NULL)
    series->value += amount;
}

void
belfry_metrics_raise (BelfryMetrics *self, const BelfryMetric *metric, double value, ...)
{
  BelfrySeries *series = NULL;
  va_list arguments;

  if (self == NULL)
    return;
  va_start (arguments, value);
  series = find_series (self, metric, arguments);
  va_end (arguments);
  if (series != NULL)
    series->value = MAX (series->value, value);
}

void
belfry_metrics_observe (BelfryMetrics *self, const BelfryMetric *metric, double value, ...)
{
  BelfrySeries *series = NULL;
  va_list arguments;
  guint bucket = 0;

  if (self == NULL)
    return;
  va_start (arguments, value);
  series = find_series (self, metric, arguments);
  va_end (arguments);
  if (series == NULL)
    return;
  while (metric->bounds[bucket] > 0 && value > metric->bounds[bucket])
    bucket++;
  series->in_bucket[bucket]++;
  series->n_seen++;
  series->value += value;
}

void
belfry_metrics_reset_gauges (BelfryMetrics *self)
{
  for (guint i = 0; i < self->families->len; i++) {
    BelfryFamily *family = self->families->pdata[i];

    if (family->metric->kind != BELFRY_METRIC_GAUGE)
      continue;
    g_hash_table_remove_all (family->by_values);
    g_ptr_array_set_size (family->series, 0);
  }
}
