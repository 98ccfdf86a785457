/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of events. The dashed names are those of programs and browsers, the old ones those of
 * Buildbot 0.8's StatusPush. An event without a record type carries only what it adds.
 */
#include "belfry-event.h"

#define SHOWN   BELFRY_EVENT_BROWSERS
#define PASSING BELFRY_EVENT_PASSING

static const BelfryEventKind kinds[] = {
  { "change-added", "changes", "change", "changeAdded", NULL, SHOWN },

  { "buildset-added", "requests", "buildset", "buildsetSubmitted", NULL, 0 },
  { "buildset-finished", "requests", "buildset", NULL, "buildset", 0 },
  { "request-submitted", "requests", "buildrequest", "requestSubmitted", "request", SHOWN },
  { "request-claimed", "requests", "buildrequest", NULL, NULL, SHOWN },
  { "request-unclaimed", "requests", "buildrequest", NULL, NULL, SHOWN },
  { "request-cancelled", "requests", "buildrequest", "requestCancelled", "request", SHOWN },
  { "request-finished", "requests", "buildrequest", NULL, NULL, SHOWN },

  { "build-started", "builds", "build", "buildStarted", "started", SHOWN },
  { "build-stopping", "builds", "build", NULL, NULL, SHOWN },
  { "build-finished", "builds", "build", "buildFinished", "finished", SHOWN },
  { "property-set", "builds", NULL, NULL, NULL, 0 },
  { "eta", "builds", NULL, "buildETAUpdate", NULL, SHOWN | PASSING },

  { "step-started", "steps", "step", "stepStarted", NULL, SHOWN },
  { "step-text", "steps", "step", "stepTextChanged", NULL, SHOWN },
  { "step-url", "steps", "step", NULL, NULL, SHOWN },
  { "step-finished", "steps", "step", "stepFinished", NULL, SHOWN },

  { "log-started", "logs", "log", "logStarted", NULL, SHOWN },
  { "log-appended", "logs", NULL, "logChunk", NULL, SHOWN | PASSING },
  { "log-finished", "logs", "log", "logFinished", NULL, SHOWN },

  { "worker-connected", "workers", "worker", "slaveConnected", NULL, SHOWN },
  { "worker-disconnected", "workers", "worker", "slaveDisconnected", NULL, SHOWN },
  { "worker-paused", "workers", "worker", "slavePaused", NULL, SHOWN },
  { "worker-unpaused", "workers", "worker", "slaveUnpaused", NULL, SHOWN },
  { "worker-graceful", "workers", "worker", NULL, NULL, SHOWN },
  { "worker-missing", "workers", "worker", NULL, "worker", SHOWN },
  { "worker-back", "workers", "worker", NULL, NULL, SHOWN },

  { "builder-added", "builders", "builder", "builderAdded", NULL, SHOWN },
  { "builder-removed", "builders", "builder", "builderRemoved", NULL, SHOWN },
  { "builder-state", "builders", "builder", "builderChangedState", NULL, SHOWN },
  { "builder-event", "builders", "builder-event", NULL, NULL, SHOWN },

  { "scheduler-fired", "host", "scheduler", NULL, NULL, 0 },
  { "scheduler-state", "host", "scheduler", NULL, NULL, 0 },

  { "host-started", "host", NULL, "start", NULL, SHOWN },
  { "host-shutting-down", "host", NULL, NULL, NULL, SHOWN },
  { "host-shutdown-cancelled", "host", NULL, NULL, NULL, SHOWN },
  { "host-stopped", "host", NULL, "shutdown", NULL, SHOWN },
};

/**
 * belfry_event_kind_find:
 * @name: dashed name of an event
 *
 * Finds the row of an event.
 *
 * Returns: (transfer none) (nullable): the row; %NULL where no event is called so
 * Since: 0.1
 */
const BelfryEventKind *
belfry_event_kind_find (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      return &kinds[i];
  return NULL;
}

/**
 * belfry_event_kinds:
 * @n_kinds: (out): how many rows there are
 *
 * Gives the whole table.
 *
 * Returns: (transfer none) (array length=n_kinds): the rows
 * Since: 0.1
 */
const BelfryEventKind *
belfry_event_kinds (guint *n_kinds)
{
  g_return_val_if_fail (n_kinds != NULL, NULL);

  *n_kinds = G_N_ELEMENTS (kinds);
  return kinds;
}
