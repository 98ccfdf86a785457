/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prometheus' text format (prometheus.io, "Exposition formats", text-based, version 0.0.4): for
 * each metric HELP, TYPE and its samples, all of one metric together. Buckets are told summed up.
 */
#include "metrics/metrics-private.h"

#include <math.h>

#define LARGEST     9.2e18 /* that an integer holds */
#define MICRO       1000000
#define PARTS_UP_TO (9007199254740992.0 / MICRO) /* 2^53: above, a millionth is no part of it */

static const char *const kinds[] = {
  [BELFRY_METRIC_COUNTER] = "counter",
  [BELFRY_METRIC_GAUGE] = "gauge",
  [BELFRY_METRIC_HISTOGRAM] = "histogram",
};

static void
append_escaped (GString *text, const char *value, gboolean quotes)
{
  for (const char *at = value; *at != '\0'; at++) {
    if (*at == '\n')
      g_string_append (text, "\\n");
    else if (*at == '\\' || (quotes && *at == '"'))
      g_string_append_printf (text, "\\%c", *at);
    else
      g_string_append_c (text, *at);
  }
}

void
belfry_metrics_append_label (GString *text, const char *name, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_printf (text, "%s=\"", name);
  append_escaped (text, valid, TRUE);
  g_string_append_c (text, '"');
}

/* without the decimal comma that a locale may have; parts to the millionth */
static void
append_number (GString *text, double value)
{
  gint64 micros = 0;

  if (!isfinite (value) || fabs (value) > LARGEST) {
    g_string_append (text, isnan (value) ? "NaN" : value < 0 ? "-Inf" : "+Inf");
    return;
  }
  if (value == floor (value) || fabs (value) >= PARTS_UP_TO) {
    g_string_append_printf (text, "%" G_GINT64_FORMAT, (gint64)value);
    return;
  }
  micros = llround (fabs (value) * MICRO);
  g_string_append_printf (text, "%s%" G_GINT64_FORMAT ".%06d", value < 0 ? "-" : "", micros / MICRO,
                          (int)(micros % MICRO));
  while (text->str[text->len - 1] == '0')
    g_string_truncate (text, text->len - 1);
  if (text->str[text->len - 1] == '.')
    g_string_truncate (text, text->len - 1);
}

/* @suffix: of the name; @bound: (nullable) of a bucket, as text */
static void
append_sample (GString *text,
               const char *name,
               const char *suffix,
               const char *labels,
               const char *bound,
               double value)
{
  g_string_append (text, name);
  g_string_append (text, suffix);
  if (*labels != '\0' || bound != NULL) {
    g_string_append_printf (text, "{%s", labels);
    if (bound != NULL)
      g_string_append_printf (text, "%sle=\"%s\"", *labels != '\0' ? "," : "", bound);
    g_string_append_c (text, '}');
  }
  g_string_append_c (text, ' ');
  append_number (text, value);
  g_string_append_c (text, '\n');
}

/* @series: (nullable): nothing was seen yet */
static void
append_histogram (GString *text, const BelfryMetric *metric, const BelfrySeries *series)
{
  const char *labels = series != NULL ? series->labels : "";
  guint64 n_seen = 0;

  for (guint i = 0; metric->bounds[i] > 0; i++) {
    g_autoptr (GString) bound = g_string_new (NULL);

    n_seen += series != NULL ? series->in_bucket[i] : 0;
    append_number (bound, metric->bounds[i]);
    append_sample (text, metric->name, "_bucket", labels, bound->str, (double)n_seen);
  }
  n_seen = series != NULL ? series->n_seen : 0;
  append_sample (text, metric->name, "_bucket", labels, "+Inf", (double)n_seen);
  append_sample (text, metric->name, "_sum", labels, NULL, series != NULL ? series->value : 0);
  append_sample (text, metric->name, "_count", labels, NULL, (double)n_seen);
}

static void
append_series (GString *text, const BelfryMetric *metric, const BelfrySeries *series)
{
  if (metric->kind == BELFRY_METRIC_HISTOGRAM)
    append_histogram (text, metric, series);
  else
    append_sample (text, metric->name, "", series != NULL ? series->labels : "", NULL,
                   series != NULL ? series->value : 0);
}

static void
append_family (GString *text, const BelfryFamily *family)
{
  const BelfryMetric *metric = family->metric;
  gboolean starts_at_zero = metric->labels[0] == NULL && metric->kind != BELFRY_METRIC_GAUGE;

  g_string_append_printf (text, "# HELP %s ", metric->name);
  append_escaped (text, metric->help, FALSE);
  g_string_append_printf (text, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
  if (family->series->len == 0 && starts_at_zero)
    append_series (text, metric, NULL);
  for (guint i = 0; i < family->series->len; i++)
    append_series (text, metric, family->series->pdata[i]);
}

GBytes *
belfry_metrics_format (BelfryMetrics *self)
{
  GString *text = g_string_sized_new (16 * 1024);

  for (guint i = 0; i < self->families->len; i++)
    append_family (text, self->families->pdata[i]);
  return g_string_free_to_bytes (text);
}
