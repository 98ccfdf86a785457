/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /metrics. It is there for who has the token, at every listener, or for whoever reaches the one
 * listener that is there for nothing else. A listener of the pages never has it for everybody: a
 * proxy in front would show it to strangers.
 */
#include "www/www-private.h"

#include <string.h>

#define SCHEME "Bearer "

gboolean
belfry_metrics_is_own_door (const BelfrySite *site, const BelfryConnection *connection)
{
  return site->keys->metrics != BELFRY_METRICS_NONE && site->keys->metrics_listen != NULL &&
         connection != NULL && connection->listener != NULL &&
         belfry_listener_is (connection->listener, site->keys->metrics_listen);
}

static gboolean
has_token (BelfryExchange *exchange, BelfrySecret *token)
{
  const char *sent = belfry_exchange_get_header (exchange, "Authorization");

  return sent != NULL && g_ascii_strncasecmp (sent, SCHEME, strlen (SCHEME)) == 0 &&
         belfry_secret_equals (token, sent + strlen (SCHEME), NULL);
}

static void
on_told (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BelfryExchange) exchange = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) text = g_task_propagate_pointer (G_TASK (result), &error);

  (void)source;
  if (text != NULL)
    belfry_exchange_send (exchange, 200, BELFRY_METRICS_TYPE, text);
  else if (belfry_exchange_is_live (exchange)) {
    g_warning ("telling metrics: %s", error != NULL ? error->message : "there are none");
    belfry_exchange_send_text (exchange, 503, "the numbers cannot be had now\n");
  }
}

void
belfry_metrics_serve (BelfryExchange *exchange, const BelfryMatch *match)
{
  const BelfryWwwKeys *keys = exchange->site->keys;
  gboolean is_own = belfry_metrics_is_own_door (exchange->site, exchange->connection);
  BelfryWww *www = exchange->www;

  (void)match;
  belfry_exchange_set_header (exchange, "Cache-Control", "no-store");
  if (www->ops.metrics == NULL || (keys->metrics == BELFRY_METRICS_LISTENER && !is_own)) {
    belfry_exchange_send_text (exchange, 404, "there is nothing here\n");
  } else if (keys->metrics_token == NULL && !is_own) {
    belfry_exchange_send_text (exchange, 403, "there is no token for this\n");
  } else if (keys->metrics_token != NULL && !belfry_secret_is_resolved (keys->metrics_token)) {
    belfry_exchange_set_header (exchange, "Retry-After", "5");
    belfry_exchange_send_text (exchange, 503, "the token is not known yet\n");
  } else if (keys->metrics_token != NULL && !has_token (exchange, keys->metrics_token)) {
    belfry_exchange_set_header (exchange, "WWW-Authenticate", "Bearer realm=\"metrics\"");
    belfry_exchange_send_text (exchange, 401, "a token is needed\n");
  } else {
    www->ops.metrics (g_task_new (NULL, NULL, on_told, belfry_exchange_ref (exchange)),
                      www->ops.data);
  }
}
