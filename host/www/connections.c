/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections: accepted here, counted, given a deadline, and only then handed to the server
 * library.
 *
 * A deadline runs while the client has the word: from the accept until a request is whole, and from
 * the end of an answer until the next request is whole. One sweep looks at all of them, so that a
 * request costs no timer. An answer that the client does not take has a deadline too, renewed by
 * each byte taken.
 *
 * The library identifies nothing for a stream that it did not accept itself; the address object
 * that we give it carries our record.
 */
#include "www/www-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define ACCEPT_BURST    64
#define PAUSE_MS        200
#define KEY             "belfry-connection"
#define MIN_PER_ADDRESS 16

static const char too_many[] =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\n\r\n"
    "too many connections\n";

BelfryConnection *
belfry_connection_ref (BelfryConnection *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_connection_unref (BelfryConnection *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->listener != NULL) {
    belfry_connection_discharge (self);
    g_queue_unlink (&self->listener->connections, &self->link);
  }
  g_object_unref (self->socket);
  g_clear_object (&self->peer);
  g_free (self);
}

BelfryConnection *
belfry_connection_of (SoupServerMessage *msg)
{
  GSocketAddress *address = soup_server_message_get_remote_address (msg);

  return address != NULL ? g_object_get_data (G_OBJECT (address), KEY) : NULL;
}

void
belfry_connection_expect (BelfryConnection *self, gint64 timeout_us)
{
  self->deadline_us = timeout_us > 0 ? g_get_monotonic_time () + timeout_us : 0;
}

void
belfry_connection_close (BelfryConnection *self)
{
  if (self->is_closed)
    return;
  self->is_closed = TRUE;
  self->deadline_us = 0;
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

gboolean
belfry_connection_charge (BelfryConnection *self, gsize bytes)
{
  if (self->listener == NULL)
    return TRUE;
  if (self->listener->unverified_bytes + bytes > BELFRY_MAX_UNVERIFIED_BYTES)
    return FALSE;
  self->listener->unverified_bytes += bytes;
  self->unverified_bytes += bytes;
  return TRUE;
}

void
belfry_connection_discharge (BelfryConnection *self)
{
  if (self->listener != NULL)
    self->listener->unverified_bytes -= self->unverified_bytes;
  self->unverified_bytes = 0;
}

static void
sweep_listener (BelfryListener *listener, gint64 now_us)
{
  for (GList *link = listener->connections.head; link != NULL; link = link->next) {
    BelfryConnection *connection = link->data;

    if (connection->deadline_us != 0 && connection->deadline_us <= now_us)
      belfry_connection_close (connection);
  }
}

void
belfry_connections_sweep (BelfryWww *www)
{
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < www->listeners->len; i++)
    sweep_listener (www->listeners->pdata[i], now_us);
}

/* Loopback and trusted proxies speak for many; others get a share. */
static gboolean
has_room (BelfryListener *listener, GInetAddress *peer)
{
  BelfrySite *site = listener->www->site;
  guint cap = (guint)site->keys->max_connections;
  guint share = MAX (cap / 4, MIN_PER_ADDRESS);
  guint count = 0;

  if (listener->connections.length >= cap)
    return FALSE;
  if (peer == NULL || listener->connections.length < share ||
      g_inet_address_get_is_loopback (peer) || belfry_proxies_trust (site->proxies, peer))
    return TRUE;
  for (GList *link = listener->connections.head; link != NULL; link = link->next) {
    BelfryConnection *other = link->data;

    count += other->peer != NULL && g_inet_address_equal (other->peer, peer);
  }
  return count < share;
}

static void
refuse (GSocket *socket)
{
  g_socket_send (socket, too_many, strlen (too_many), NULL, NULL);
  g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

static GIOStream *
make_stream (BelfryListener *listener, GSocket *socket)
{
  GIOStream *plain = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  GIOStream *stream = NULL;

  if (listener->certificate == NULL)
    return plain;
  stream = g_tls_server_connection_new (plain, listener->certificate, NULL);
  g_object_unref (plain);
  return stream;
}

/* The library asks a local address for its port where a request has no host; a Unix socket has
 * none. */
static GSocketAddress *
make_local_address (void)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);

  return g_inet_socket_address_new (address, 80);
}

static void
take (BelfryListener *listener, GSocket *socket)
{
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GIOStream) leaving = NULL;
  GInetAddress *peer = G_IS_INET_SOCKET_ADDRESS (remote)
                           ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote))
                           : NULL;
  BelfryConnection *connection = NULL;

  if (remote == NULL || !has_room (listener, peer)) {
    refuse (socket);
    return;
  }
  stream = make_stream (listener, socket);
  if (stream == NULL)
    return;
  if (peer != NULL)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  connection = g_new0 (BelfryConnection, 1);
  g_atomic_ref_count_init (&connection->refs);
  connection->listener = listener;
  connection->socket = g_object_ref (socket);
  connection->peer = peer != NULL ? g_object_ref (peer) : NULL;
  connection->link.data = connection;
  g_queue_push_tail_link (&listener->connections, &connection->link);
  belfry_connection_expect (connection, listener->www->site->keys->request_timeout);
  g_object_set_data_full (G_OBJECT (remote), KEY, connection,
                          (GDestroyNotify)belfry_connection_unref);
  local = make_local_address ();
  leaving = belfry_leaving_wrap (connection, stream);
  soup_server_accept_iostream (listener->www->server, leaving, local, remote, NULL);
}

static gboolean
accept_again (gpointer data)
{
  BelfryListener *listener = data;

  listener->resume = 0;
  belfry_connections_accept (listener);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  BelfryListener *listener = data;

  (void)condition;
  for (guint i = 0; i < ACCEPT_BURST; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) client = g_socket_accept (socket, NULL, &error);

    if (client != NULL) {
      g_socket_set_blocking (client, FALSE);
      take (listener, client);
      continue;
    }
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      return G_SOURCE_CONTINUE;
    /* no descriptors left, mostly: the backlog waits until some are */
    g_warning ("listener '%s': accepting: %s, trying again", listener->text, error->message);
    g_clear_pointer (&listener->source, g_source_unref);
    listener->resume = g_timeout_add (PAUSE_MS, accept_again, listener);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

void
belfry_connections_accept (BelfryListener *listener)
{
  listener->source = g_socket_create_source (listener->socket, G_IO_IN, NULL);
  g_source_set_callback (listener->source, G_SOURCE_FUNC (on_readable), listener, NULL);
  g_source_attach (listener->source, NULL);
}
