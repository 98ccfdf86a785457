/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each kind of event that means a number has a row; all others cost a comparison of their names.
 * Times are those of the records in the events, which are whole seconds.
 */
#include "metrics/events.h"

#include <string.h>

#define UNKNOWN "unknown"

static const BelfryMetric rows[] = {
  { "belfry_builds_total",
    BELFRY_METRIC_COUNTER,
    "Builds that finished.",
    { "engine", "builder", "result" } },
  { "belfry_build_seconds",
    BELFRY_METRIC_HISTOGRAM,
    "How long builds took.",
    { "engine" },
    belfry_metric_spans },
  { "belfry_request_wait_seconds",
    BELFRY_METRIC_HISTOGRAM,
    "How long build requests waited until a build began.",
    { NULL },
    belfry_metric_spans },
  { "belfry_requests_collapsed_total",
    BELFRY_METRIC_COUNTER,
    "Build requests that another one took in.",
    { NULL } },
  { "belfry_retries_total",
    BELFRY_METRIC_COUNTER,
    "Builds that ended to be built again, by what ended them.",
    { "cause" } },
  { "belfry_steps_ended_by_limit_total",
    BELFRY_METRIC_COUNTER,
    "Steps that a limit on time, output or memory ended.",
    { "limit" } },
  { "belfry_scheduler_fired_total",
    BELFRY_METRIC_COUNTER,
    "Build sets that schedulers made.",
    { "scheduler" } },
  { "belfry_log_bytes_total", BELFRY_METRIC_COUNTER, "Bytes of build logs.", { NULL } },
};

enum {
  BUILDS,
  BUILD_SECONDS,
  REQUEST_WAIT,
  COLLAPSED,
  RETRIES,
  LIMITS,
  FIRED,
  LOG_BYTES,
};

struct _BelfryEventMetrics {
  BelfryMetrics *metrics;
  BelfryBus *bus;
  BelfryEngineFunc find_engine;
  gpointer data;
  guint subscription;
};

/* What an engine's words (engine.md, builds and steps that did not end by themselves) say of the
 * reason. */
typedef struct {
  const char *prefix;
  const char *within;
  const char *reason;
} Reason;

static const Reason limits[] = {
  { "timed out", "", "timeout" },
  { "took longer than ", "", "max-time" },
  { "output over ", " lines", "max-lines" },
  { "output over ", "", "max-log" },
  { "out of memory", "", "memory-max" },
};

static const Reason causes[] = {
  { "retry host restarted", "", "host-restarted" },
  { "retry host stopped", "", "host-stopped" },
  { "", "", "step" },
};

static const char *
find_reason (const Reason *reasons, gsize n_reasons, const char *text)
{
  for (gsize i = 0; i < n_reasons; i++)
    if (g_str_has_prefix (text, reasons[i].prefix) && strstr (text, reasons[i].within) != NULL)
      return reasons[i].reason;
  return NULL;
}

static const char *
get_text (JsonObject *data, const char *name, const char *fallback)
{
  const char *text = belfry_json_get_text (data, name);

  return text != NULL ? text : fallback;
}

/* negative: the record does not say */
static double
get_seconds (JsonObject *data, const char *from, const char *to)
{
  gint64 began = belfry_json_get_integer (data, from, 0);
  gint64 ended = belfry_json_get_integer (data, to, 0);

  return began > 0 && ended >= began ? (double)(ended - began) : -1;
}

static void
on_build_finished (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data)
{
  const char *engine = self->find_engine (event->builderid, self->data);
  gint64 result = belfry_json_get_integer (data, "results", BELFRY_RESULT_EXCEPTION);
  double seconds = get_seconds (data, "started_at", "complete_at");

  engine = engine != NULL ? engine : UNKNOWN;
  belfry_metrics_count (self->metrics, &rows[BUILDS], engine,
                        get_text (data, "buildername", UNKNOWN), belfry_result_get_name (result),
                        NULL);
  if (seconds >= 0)
    belfry_metrics_observe (self->metrics, &rows[BUILD_SECONDS], seconds, engine, NULL);
  if (result == BELFRY_RESULT_RETRY)
    belfry_metrics_count (
        self->metrics, &rows[RETRIES],
        find_reason (causes, G_N_ELEMENTS (causes), get_text (data, "state_string", "")), NULL);
}

static void
on_request_claimed (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data)
{
  double seconds = get_seconds (data, "submitted_at", "claimed_at");

  (void)event;
  if (seconds >= 0)
    belfry_metrics_observe (self->metrics, &rows[REQUEST_WAIT], seconds, NULL);
}

static void
on_request_ended (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data)
{
  (void)event;
  if (json_object_has_member (data, "collapsed_into"))
    belfry_metrics_count (self->metrics, &rows[COLLAPSED], NULL);
}

static void
on_step_finished (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data)
{
  const char *limit = NULL;

  (void)event;
  if (belfry_json_get_integer (data, "results", BELFRY_RESULT_SUCCESS) == BELFRY_RESULT_FAILURE)
    limit = find_reason (limits, G_N_ELEMENTS (limits), get_text (data, "state_string", ""));
  if (limit != NULL)
    belfry_metrics_count (self->metrics, &rows[LIMITS], limit, NULL);
}

static void
on_fired (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data)
{
  (void)event;
  belfry_metrics_count (self->metrics, &rows[FIRED], get_text (data, "name", UNKNOWN), NULL);
}

static const struct {
  const char *name;
  void (*func) (BelfryEventMetrics *self, const BelfryEvent *event, JsonObject *data);
} meanings[] = {
  { "build-finished", on_build_finished },   { "request-claimed", on_request_claimed },
  { "request-cancelled", on_request_ended }, { "request-finished", on_request_ended },
  { "step-finished", on_step_finished },     { "scheduler-fired", on_fired },
};

static void
on_event (BelfryEvent *event, gpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++) {
    g_autoptr (JsonObject) said = NULL;

    if (strcmp (meanings[i].name, event->name) != 0)
      continue;
    said = belfry_event_dup_data (event);
    meanings[i].func (data, event, said);
    return;
  }
}

BelfryEventMetrics *
belfry_event_metrics_new (BelfryMetrics *metrics,
                          BelfryBus *bus,
                          BelfryEngineFunc func,
                          gpointer data)
{
  BelfryEventMetrics *self = g_new0 (BelfryEventMetrics, 1);

  self->metrics = metrics;
  self->bus = bus;
  self->find_engine = func;
  self->data = data;
  belfry_metrics_register (metrics, rows, G_N_ELEMENTS (rows));
  self->subscription = belfry_bus_subscribe (bus, on_event, self);
  return self;
}

void
belfry_event_metrics_free (BelfryEventMetrics *self)
{
  if (self == NULL)
    return;
  belfry_bus_unsubscribe (self->bus, self->subscription);
  g_free (self);
}

void
belfry_event_metrics_add_log_bytes (BelfryEventMetrics *self, gsize bytes)
{
  belfry_metrics_add (self->metrics, &rows[LOG_BYTES], (double)bytes, NULL);
}
