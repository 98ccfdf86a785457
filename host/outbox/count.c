/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the outbox counts. A wait that a service imposed is told by its host, which the
 * configuration names, never by whom or what the report is about. */
#include "outbox-private.h"

#include <string.h>

static const BelfryMetric rows[] = {
  { "belfry_report_attempts_total",
    BELFRY_METRIC_COUNTER,
    "Attempts to deliver reports, by what they came to.",
    { "reporter", "outcome" } },
  { "belfry_report_delivery_seconds",
    BELFRY_METRIC_HISTOGRAM,
    "From the event that a report is about to its delivery.",
    { "reporter" },
    belfry_metric_spans },
  { "belfry_reports_dead_total",
    BELFRY_METRIC_COUNTER,
    "Reports that were given up.",
    { "reporter" } },
  { "belfry_reporter_pauses_total",
    BELFRY_METRIC_COUNTER,
    "Pauses because a service refused a credential.",
    { "reporter" } },
  { "belfry_rate_limit_waits_total",
    BELFRY_METRIC_COUNTER,
    "Waits that services asked for, by their host.",
    { "host" } },
  { "belfry_rate_limit_wait_seconds_total",
    BELFRY_METRIC_COUNTER,
    "How long services asked to wait.",
    { "host" } },
  { "belfry_reporter_paused",
    BELFRY_METRIC_GAUGE,
    "Whether a reporter pauses because its credential is refused.",
    { "reporter" } },
  { "belfry_alerts",
    BELFRY_METRIC_GAUGE,
    "Causes of alerts that are not settled, by kind.",
    { "kind" } },
};

enum {
  ATTEMPTS,
  DELIVERY_SECONDS,
  DEAD,
  PAUSES,
  WAITS,
  WAIT_SECONDS,
  PAUSED,
  ALERTS,
};

static const char *const outcomes[] = {
  [BELFRY_OUTCOME_DELIVERED] = "delivered",   [BELFRY_OUTCOME_WAIT] = "wait",
  [BELFRY_OUTCOME_REFUSED] = "refused",       [BELFRY_OUTCOME_DENIED] = "denied",
  [BELFRY_OUTCOME_SUPERSEDED] = "superseded",
};

static void
on_wait (const char *host, gint64 wait_us, gpointer data)
{
  belfry_metrics_count (data, &rows[WAITS], host, NULL);
  belfry_metrics_add (data, &rows[WAIT_SECONDS], (double)wait_us / G_USEC_PER_SEC, host, NULL);
}

void
belfry_outbox_set_metrics (BelfryOutbox *self, BelfryMetrics *metrics)
{
  self->metrics = metrics;
  belfry_metrics_register (metrics, rows, G_N_ELEMENTS (rows));
  belfry_buckets_set_wait_func (self->buckets, on_wait, metrics);
}

void
belfry_outlet_count_attempt (BelfryOutlet *self,
                             const BelfryReportRow *row,
                             const BelfryOutcome *outcome)
{
  BelfryMetrics *metrics = self->outbox->metrics;
  gint64 age_us = belfry_clock_now_us () - row->created_at;

  belfry_metrics_count (metrics, &rows[ATTEMPTS], self->reporting->name, outcomes[outcome->kind],
                        NULL);
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED && age_us >= 0)
    belfry_metrics_observe (metrics, &rows[DELIVERY_SECONDS], (double)age_us / G_USEC_PER_SEC,
                            self->reporting->name, NULL);
}

void
belfry_outlet_count_death (BelfryOutlet *self)
{
  belfry_metrics_count (self->outbox->metrics, &rows[DEAD], self->reporting->name, NULL);
}

void
belfry_outlet_count_pause (BelfryOutlet *self)
{
  belfry_metrics_count (self->outbox->metrics, &rows[PAUSES], self->reporting->name, NULL);
}

/* of `dead/NAME` the word in front: what follows is another row's label */
static void
tell_cause (BelfryOutbox *self, const char *cause)
{
  g_autofree char *kind = g_strndup (cause, strcspn (cause, "/"));

  belfry_metrics_add (self->metrics, &rows[ALERTS], 1, kind, NULL);
}

void
belfry_outbox_tell_gauges (BelfryOutbox *self)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer outlet = NULL;

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, &key, &outlet))
    belfry_metrics_add (self->metrics, &rows[PAUSED], belfry_outlet_is_paused (outlet) ? 1 : 0, key,
                        NULL);
  g_hash_table_iter_init (&iter, self->causes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    tell_cause (self, key);
}
