/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests by route and class of status. A route is the pattern that it was found by, of which
 * there are as many as tables have rows; what a stranger asked for is no label. A connection has
 * one request at a time, so that its route lies there until the request ends.
 */
#include "www/www-private.h"

#define NO_ROUTE "(none)" /* refused before it was looked at */

static const BelfryMetric rows[] = {
  { "belfry_http_requests_total",
    BELFRY_METRIC_COUNTER,
    "Requests to the web server, by route and class of status.",
    { "route", "status" } },
  { "belfry_event_streams", BELFRY_METRIC_GAUGE, "Event streams that are open.", { NULL } },
};

enum {
  REQUESTS,
  STREAMS,
};

void
belfry_www_set_metrics (BelfryWww *self, BelfryMetrics *metrics)
{
  self->metrics = metrics;
  belfry_metrics_register (metrics, rows, G_N_ELEMENTS (rows));
}

void
belfry_www_tell_gauges (BelfryWww *self)
{
  belfry_metrics_add (self->metrics, &rows[STREAMS], belfry_streams_get_count (self->streams),
                      NULL);
}

void
belfry_www_note_route (BelfryConnection *connection, const char *route)
{
  if (connection != NULL)
    connection->route = route;
}

/* what was refused for its size, or unread, was to a hook or to something else */
static const char *
find_refused (SoupServerMessage *msg)
{
  GUri *uri = soup_server_message_get_uri (msg);
  g_autofree char *name = NULL;
  gboolean is_good = FALSE;

  /* of what was no request there is none */
  if (uri == NULL || !belfry_hook_match (g_uri_get_path (uri), &name, &is_good))
    return NO_ROUTE;
  return BELFRY_HOOK_ROUTE;
}

/* no status: the client went away before */
static const char *
get_class (guint status)
{
  static const char *const classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };

  return classes[status / 100 < G_N_ELEMENTS (classes) ? status / 100 : 0];
}

void
belfry_www_count_request (BelfryWww *self, SoupServerMessage *msg)
{
  BelfryConnection *connection = belfry_connection_of (msg);

  belfry_metrics_count (self->metrics, &rows[REQUESTS],
                        connection->route != NULL ? connection->route : find_refused (msg),
                        get_class (soup_server_message_get_status (msg)), NULL);
  connection->route = NULL;
}
