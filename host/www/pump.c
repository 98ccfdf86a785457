/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One piece is fetched while at most two wait to be written. A client that takes nothing for as
 * long as a request may last is cut off; one that waits for more is not.
 */
#include "www/pump.h"

#define LOW_BYTES ((gsize)256 * 1024)

struct _BelfryPump {
  BelfryExchange *exchange;
  const BelfryPumpOps *ops;
  gpointer data;
  gulong wrote_handler;
  gulong finished_handler;
  gsize waiting_bytes;
  gboolean is_fetching;
  gboolean is_dry;    /* nothing yet, waits for a wake */
  gboolean was_woken; /* while it fetched */
  gboolean is_over;
};

static void fetch (BelfryPump *self);

static void
pump_free (BelfryPump *self)
{
  g_signal_handler_disconnect (self->exchange->msg, self->wrote_handler);
  g_signal_handler_disconnect (self->exchange->msg, self->finished_handler);
  self->ops->ended (self->data);
  belfry_exchange_unref (self->exchange);
  g_free (self);
}

static void
stop (BelfryPump *self)
{
  self->is_over = TRUE;
  if (!self->is_fetching)
    pump_free (self);
}

static void
set_deadline (BelfryPump *self)
{
  BelfryConnection *connection = self->exchange->connection;

  if (connection != NULL)
    belfry_connection_expect (
        connection, self->waiting_bytes > 0 ? self->exchange->site->keys->request_timeout : 0);
}

static void
take (BelfryPump *self, GBytes *piece)
{
  self->is_dry = g_bytes_get_size (piece) == 0 && !self->was_woken;
  self->was_woken = FALSE;
  self->waiting_bytes += g_bytes_get_size (piece);
  belfry_exchange_append (self->exchange, piece);
  set_deadline (self);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer data)
{
  BelfryPump *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) piece = g_task_propagate_pointer (G_TASK (result), &error);

  (void)source;
  self->is_fetching = FALSE;
  if (self->is_over || !belfry_exchange_is_live (self->exchange)) {
    pump_free (self);
    return;
  }
  if (piece == NULL && error == NULL) {
    belfry_exchange_end (self->exchange);
    stop (self);
    return;
  }
  if (piece == NULL) {
    g_info ("sending a long answer: %s, cutting it off", error->message);
    belfry_exchange_abort (self->exchange);
    stop (self);
    return;
  }
  take (self, piece);
  fetch (self);
}

static void
fetch (BelfryPump *self)
{
  if (self->is_fetching || self->is_dry || self->is_over || self->waiting_bytes >= LOW_BYTES)
    return;
  self->is_fetching = TRUE;
  self->ops->next (self->data, g_task_new (NULL, NULL, on_fetched, self));
}

static void
on_wrote (SoupServerMessage *msg, guint bytes, BelfryPump *self)
{
  (void)msg;
  self->waiting_bytes -= MIN (bytes, self->waiting_bytes);
  set_deadline (self);
  fetch (self);
}

static void
on_finished (SoupServerMessage *msg, BelfryPump *self)
{
  (void)msg;
  if (!self->is_over)
    stop (self);
}

BelfryPump *
belfry_pump_start (BelfryExchange *exchange, const BelfryPumpOps *ops, gpointer data)
{
  BelfryPump *self = g_new0 (BelfryPump, 1);

  self->exchange = belfry_exchange_ref (exchange);
  self->ops = ops;
  self->data = data;
  self->wrote_handler =
      g_signal_connect (exchange->msg, "wrote-body-data", G_CALLBACK (on_wrote), self);
  self->finished_handler =
      g_signal_connect (exchange->msg, "finished", G_CALLBACK (on_finished), self);
  soup_server_message_unpause (exchange->msg);
  fetch (self);
  return self;
}

void
belfry_pump_wake (BelfryPump *self)
{
  self->was_woken = self->is_fetching;
  self->is_dry = FALSE;
  fetch (self);
}
