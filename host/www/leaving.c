/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stream of a connection, as the server library gets it. The library (3.2) does not notice that
 * a client has closed a connection which waits for its next request: it reads the end, stops
 * looking, and keeps descriptor and all. So there, and only there, the end reads as one last
 * request of ours, which asks for the connection to be closed; the library answers it into a socket
 * that is shut already and lets go. Whoever handles requests leaves this one alone
 * (belfry_connection_has_left). In the middle of a request the end is the end.
 */
#include "www/www-private.h"

#include <string.h>

static const char last_request[] = "GET / HTTP/1.0\r\n\r\n";

#define BELFRY_TYPE_LEAVING_INPUT (belfry_leaving_input_get_type ())
G_DECLARE_FINAL_TYPE (
    BelfryLeavingInput, belfry_leaving_input, BELFRY, LEAVING_INPUT, GFilterInputStream)

struct _BelfryLeavingInput {
  GFilterInputStream parent_instance;
  BelfryConnection *connection;
  gsize told; /* of the last request */
};

#define BELFRY_TYPE_LEAVING_STREAM (belfry_leaving_stream_get_type ())
G_DECLARE_FINAL_TYPE (BelfryLeavingStream, belfry_leaving_stream, BELFRY, LEAVING_STREAM, GIOStream)

struct _BelfryLeavingStream {
  GIOStream parent_instance;
  GIOStream *base;
  GInputStream *input;
};

static void leaving_input_pollable_init (GPollableInputStreamInterface *interface);

G_DEFINE_TYPE_WITH_CODE (BelfryLeavingInput,
                         belfry_leaving_input,
                         G_TYPE_FILTER_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                leaving_input_pollable_init))
G_DEFINE_TYPE (BelfryLeavingStream, belfry_leaving_stream, G_TYPE_IO_STREAM)

static gssize
look_for_the_end (BelfryLeavingInput *self, void *buffer, gsize bytes, gssize got)
{
  BelfryConnection *connection = self->connection;
  gsize rest = strlen (last_request) - self->told;
  gsize now = MIN (bytes, rest);

  if (got > 0)
    connection->is_idle = FALSE;
  if (got != 0 || bytes == 0 || !(connection->is_idle || connection->has_left))
    return got;
  if (!connection->has_left)
    g_socket_shutdown (connection->socket, FALSE, TRUE, NULL);
  connection->has_left = TRUE;
  memcpy (buffer, last_request + self->told, now);
  self->told += now;
  return (gssize)now;
}

static gssize
leaving_input_read (
    GInputStream *stream, void *buffer, gsize bytes, GCancellable *cancellable, GError **error)
{
  BelfryLeavingInput *self = BELFRY_LEAVING_INPUT (stream);
  GInputStream *base = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));

  return look_for_the_end (self, buffer, bytes,
                           g_input_stream_read (base, buffer, bytes, cancellable, error));
}

static gssize
leaving_input_read_nonblocking (GPollableInputStream *stream,
                                void *buffer,
                                gsize bytes,
                                GError **error)
{
  BelfryLeavingInput *self = BELFRY_LEAVING_INPUT (stream);
  GInputStream *base = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));

  return look_for_the_end (self, buffer, bytes,
                           g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (base),
                                                                     buffer, bytes, NULL, error));
}

static gboolean
leaving_input_is_readable (GPollableInputStream *stream)
{
  GInputStream *base = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));

  return g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (base));
}

static GSource *
leaving_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  GInputStream *base = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
  g_autoptr (GSource) source =
      g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (base), cancellable);

  return g_pollable_source_new_full (stream, source, cancellable);
}

static void
leaving_input_pollable_init (GPollableInputStreamInterface *interface)
{
  interface->is_readable = leaving_input_is_readable;
  interface->create_source = leaving_input_create_source;
  interface->read_nonblocking = leaving_input_read_nonblocking;
}

static void
leaving_input_finalize (GObject *object)
{
  g_clear_pointer (&BELFRY_LEAVING_INPUT (object)->connection, belfry_connection_unref);
  G_OBJECT_CLASS (belfry_leaving_input_parent_class)->finalize (object);
}

static void
belfry_leaving_input_class_init (BelfryLeavingInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = leaving_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = leaving_input_read;
}

static void
belfry_leaving_input_init (BelfryLeavingInput *self)
{
  self->told = 0;
}

static GInputStream *
leaving_stream_get_input (GIOStream *stream)
{
  return BELFRY_LEAVING_STREAM (stream)->input;
}

static GOutputStream *
leaving_stream_get_output (GIOStream *stream)
{
  return g_io_stream_get_output_stream (BELFRY_LEAVING_STREAM (stream)->base);
}

static gboolean
leaving_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (BELFRY_LEAVING_STREAM (stream)->base, cancellable, error);
}

static void
leaving_stream_finalize (GObject *object)
{
  BelfryLeavingStream *self = BELFRY_LEAVING_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->base);
  G_OBJECT_CLASS (belfry_leaving_stream_parent_class)->finalize (object);
}

static void
belfry_leaving_stream_class_init (BelfryLeavingStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = leaving_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = leaving_stream_get_input;
  G_IO_STREAM_CLASS (klass)->get_output_stream = leaving_stream_get_output;
  G_IO_STREAM_CLASS (klass)->close_fn = leaving_stream_close;
}

static void
belfry_leaving_stream_init (BelfryLeavingStream *self)
{
  self->base = NULL;
}

GIOStream *
belfry_leaving_wrap (BelfryConnection *connection, GIOStream *base)
{
  BelfryLeavingStream *self = g_object_new (BELFRY_TYPE_LEAVING_STREAM, NULL);
  BelfryLeavingInput *input =
      g_object_new (BELFRY_TYPE_LEAVING_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                    "close-base-stream", FALSE, NULL);

  input->connection = belfry_connection_ref (connection);
  self->base = g_object_ref (base);
  self->input = G_INPUT_STREAM (input);
  return G_IO_STREAM (self);
}
