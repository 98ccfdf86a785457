/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits, before anything is read. The library reads a body whole before it looks at an answer, so
 * a request that is too large, or says two things at once, is answered past it: its connection is
 * taken away (from an idle: not while the library is inside it), a raw answer is written, and what
 * the client still sends is not read.
 */
#include "www/www-private.h"

#include <string.h>

#define LINGER_MS 500

typedef struct {
  guint status;
  const char *phrase;
  const char *text;
} Refusal;

static const Refusal bad_request = { 400, "Bad Request", "the request says two things at once\n" };
static const Refusal bad_path = { 404, "Not Found", "no such hook\n" };
static const Refusal too_large = { 413, "Content Too Large", "the body is too large\n" };
static const Refusal long_url = { 414, "URI Too Long", "the URL is too long\n" };
static const Refusal many_headers = { 431, "Request Header Fields Too Large",
                                      "too many headers\n" };
static const Refusal busy = { 503, "Service Unavailable", "too much is on its way already\n" };
static const Refusal no_room = { 503, "Service Unavailable", "the body cannot be kept now\n" };

typedef struct {
  SoupServerMessage *msg;
  const Refusal *refusal;
  gsize limit;
  gsize received;
} Watch;

static gboolean
let_go (gpointer data)
{
  (void)data;
  return G_SOURCE_REMOVE;
}

static gboolean
write_refusal (gpointer data)
{
  Watch *watch = data;
  BelfryConnection *connection = belfry_connection_of (watch->msg);
  g_autoptr (BelfryConnection) held =
      connection != NULL ? belfry_connection_ref (connection) : NULL;
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (watch->msg);
  g_autofree char *answer =
      g_strdup_printf ("HTTP/1.1 %u %s\r\nConnection: close\r\n%s"
                       "X-Content-Type-Options: nosniff\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       watch->refusal->status, watch->refusal->phrase,
                       watch->refusal->status == 503 ? "Retry-After: 5\r\n" : "",
                       strlen (watch->refusal->text), watch->refusal->text);

  if (stream == NULL || held == NULL)
    return G_SOURCE_REMOVE;
  g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream)), answer, strlen (answer),
      NULL, NULL);
  g_socket_shutdown (held->socket, FALSE, TRUE, NULL);
  belfry_connection_discharge (held);
  g_timeout_add_full (G_PRIORITY_DEFAULT, LINGER_MS, let_go, g_steal_pointer (&stream),
                      g_object_unref);
  return G_SOURCE_REMOVE;
}

static void
watch_free (Watch *self)
{
  g_object_unref (self->msg);
  g_free (self);
}

/* Without a body the library may answer; with one it would read it first. */
static void
refuse (Watch *watch, const Refusal *refusal, gboolean has_body)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (watch->msg);
  Watch *copy = NULL;

  if (watch->refusal != NULL)
    return;
  watch->refusal = refusal;
  if (!has_body) {
    soup_message_headers_replace (headers, "Connection", "close");
    soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
    soup_server_message_set_status (watch->msg, refusal->status, refusal->phrase);
    soup_server_message_set_response (watch->msg, "text/plain; charset=utf-8", SOUP_MEMORY_STATIC,
                                      refusal->text, strlen (refusal->text));
    return;
  }
  copy = g_new0 (Watch, 1);
  copy->msg = g_object_ref (watch->msg);
  copy->refusal = refusal;
  soup_server_message_pause (watch->msg);
  g_idle_add_full (G_PRIORITY_HIGH, write_refusal, copy, (GDestroyNotify)watch_free);
}

typedef struct {
  guint count;
  guint hosts;
  guint lengths;
  guint transfers;
} Shape;

static Shape
look_at (SoupMessageHeaders *headers)
{
  Shape shape = { 0 };
  SoupMessageHeadersIter iter;
  const char *name = NULL;
  const char *value = NULL;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value)) {
    shape.count++;
    shape.hosts += g_ascii_strcasecmp (name, "Host") == 0;
    shape.lengths += g_ascii_strcasecmp (name, "Content-Length") == 0;
    shape.transfers += g_ascii_strcasecmp (name, "Transfer-Encoding") == 0;
  }
  return shape;
}

static gsize
get_url_bytes (GUri *uri)
{
  const char *query = g_uri_get_query (uri);

  return strlen (g_uri_get_path (uri)) + (query != NULL ? strlen (query) : 0);
}

/* Largest body that this path takes; negative: no such hook. */
static gint64
get_limit (BelfryWww *www, const char *path)
{
  g_autofree char *name = NULL;
  gboolean is_good = FALSE;

  if (!belfry_hook_match (path, &name, &is_good))
    return www->site->keys->max_body;
  if (!is_good || www->ops.hook_max_body == NULL)
    return -1;
  return www->ops.hook_max_body (name, www->ops.data);
}

static const Refusal *
find_refusal (BelfryWww *www, Watch *watch, const Shape *shape, goffset length)
{
  GUri *uri = soup_server_message_get_uri (watch->msg);
  gint64 limit = get_limit (www, g_uri_get_path (uri));

  if (shape->hosts > 1 || shape->lengths > 1 || shape->transfers > 1 ||
      (shape->lengths > 0 && shape->transfers > 0))
    return &bad_request;
  if (shape->count > BELFRY_MAX_HEADERS)
    return &many_headers;
  if (get_url_bytes (uri) > BELFRY_MAX_URL_BYTES)
    return &long_url;
  if (limit < 0)
    return &bad_path;
  watch->limit = (gsize)limit;
  if (length > 0 && (gsize)length > watch->limit)
    return &too_large;
  return NULL;
}

/* the delivery log counts what never became a delivery */
static void
refuse_too_large (BelfryWww *www, Watch *watch, gsize bytes)
{
  g_autofree char *name = NULL;
  g_autofree char *client = NULL;
  gboolean is_good = FALSE;

  if (watch->refusal != NULL)
    return;
  refuse (watch, &too_large, TRUE);
  if (www->ops.hook_too_large == NULL ||
      !belfry_hook_match (g_uri_get_path (soup_server_message_get_uri (watch->msg)), &name,
                          &is_good) ||
      !is_good)
    return;
  client = belfry_client_dup (www, watch->msg);
  www->ops.hook_too_large (name, client, bytes, www->ops.data);
}

static void
on_got_headers (SoupServerMessage *msg, Watch *watch)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  BelfryConnection *connection = belfry_connection_of (msg);
  BelfryWww *www =
      connection != NULL && connection->listener != NULL ? connection->listener->www : NULL;
  Shape shape = look_at (headers);
  goffset length = shape.lengths > 0 ? soup_message_headers_get_content_length (headers) : 0;
  gboolean has_body = length > 0 || shape.transfers > 0;
  const Refusal *refusal = NULL;

  if (www == NULL || www->site == NULL || soup_server_message_get_status (msg) != 0)
    return;
  refusal = find_refusal (www, watch, &shape, length);
  if (refusal == NULL && !belfry_connection_charge (connection, (gsize)length))
    refusal = &busy;
  if (refusal == &too_large)
    refuse_too_large (www, watch, (gsize)length);
  else if (refusal != NULL)
    refuse (watch, refusal, has_body);
}

static void
on_got_chunk (SoupServerMessage *msg, GBytes *chunk, Watch *watch)
{
  BelfryConnection *connection = belfry_connection_of (msg);
  BelfryWww *www =
      connection != NULL && connection->listener != NULL ? connection->listener->www : NULL;

  watch->received += g_bytes_get_size (chunk);
  if (watch->received > watch->limit) {
    if (www != NULL)
      refuse_too_large (www, watch, watch->received);
    else
      refuse (watch, &too_large, TRUE);
    return;
  }
  if (watch->refusal == NULL && www != NULL &&
      !belfry_spool_take (msg, www->site->config->host.state_directory, chunk, watch->received)) {
    refuse (watch, &no_room, TRUE);
    return;
  }
  /* a body of unknown length is charged as it comes */
  if (connection != NULL && watch->received > connection->unverified_bytes &&
      !belfry_connection_charge (connection, watch->received - connection->unverified_bytes))
    refuse (watch, &busy, TRUE);
}

static void
watch_unref_with (gpointer data, GClosure *closure)
{
  (void)closure;
  g_free (data);
}

void
belfry_limits_watch (BelfryWww *www, SoupServerMessage *msg)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->msg = msg;
  watch->limit = (gsize)www->site->keys->max_body;
  g_signal_connect_data (msg, "got-headers", G_CALLBACK (on_got_headers), watch, watch_unref_with,
                         0);
  g_signal_connect (msg, "got-chunk", G_CALLBACK (on_got_chunk), watch);
}
