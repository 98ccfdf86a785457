/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests to a hook that is just starting wait here for the few milliseconds that it takes: most
 * forges do not send again what was answered 503. They go on when the hook runs or has failed, or
 * when the host stops.
 */
#include "held.h"

/* as many as connections may be; more are answered as if the hook had failed */
#define MAX_HELD 512

typedef struct {
  char *name; /* (nullable) */
  BelfryRequest *request;
  GTask *task;
} Held;

static gboolean
is_starting (BelfryHost *host, const char *name)
{
  const BelfryHosted *hook =
      belfry_host_find (host, BELFRY_KIND_HOOK, name != NULL ? name : "base");

  return hook != NULL && hook->state == BELFRY_HOSTED_STARTING && !host->stopping;
}

void
belfry_held_receive (BelfryHost *host, const char *name, BelfryRequest *request, GTask *task)
{
  Held *held = NULL;

  if (!is_starting (host, name) || host->held.length >= MAX_HELD) {
    belfry_deliveries_receive (host->deliveries, name, request, task);
    return;
  }
  held = g_new0 (Held, 1);
  held->name = g_strdup (name);
  held->request = belfry_request_ref (request);
  held->task = task;
  g_queue_push_tail (&host->held, held);
}

void
belfry_held_release (BelfryHost *host)
{
  GQueue held = host->held;

  g_queue_init (&host->held);
  while (!g_queue_is_empty (&held)) {
    Held *item = g_queue_pop_head (&held);

    belfry_held_receive (host, item->name, item->request, item->task);
    belfry_request_unref (item->request);
    g_free (item->name);
    g_free (item);
  }
}
