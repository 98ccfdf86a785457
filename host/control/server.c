/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server.h"

#include "commands.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CONNECTIONS 32
#define MAX_LINE_BYTES  65536
#define IDLE_SECONDS    60

struct _BelfryControlServer {
  BelfryHost *host;
  GSocketService *service;
  char *path;
  guint connections;
};

typedef struct {
  BelfryControlServer *server;
  GSocketConnection *connection;
  GDataInputStream *input;
  char *who;
  char *answer;
} Client;

static void read_line (Client *client);

char *
belfry_control_socket_path (const char *runtime_directory)
{
  return g_build_filename (runtime_directory, "control.sock", NULL);
}

static void
client_free (Client *client)
{
  client->server->connections--;
  g_clear_object (&client->input);
  g_clear_object (&client->connection);
  g_free (client->who);
  g_free (client->answer);
  g_free (client);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    read_line (client);
  else
    client_free (client);
}

static void
send_answer (Client *client, JsonNode *node)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (client->connection));
  g_autofree char *text = belfry_json_to_text (node);

  g_free (client->answer);
  client->answer = g_strconcat (text, "\n", NULL);
  g_output_stream_write_all_async (output, client->answer, strlen (client->answer),
                                   G_PRIORITY_DEFAULT, NULL, on_written, client);
}

static JsonNode *
error_node (const char *message)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", FALSE);
  json_object_set_string_member (object, "error", message);
  json_node_take_object (node, object);
  return node;
}

static void
on_command_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = g_task_propagate_pointer (G_TASK (result), &local);

  if (node == NULL)
    node = error_node (local->message);
  send_answer (client, node);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;
  gsize bytes = 0;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, &bytes, NULL);
  BelfryJsonLimits limits = { sizeof limits, MAX_LINE_BYTES, 16 };
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (line == NULL) {
    client_free (client);
    return;
  }
  node = belfry_json_parse (line, bytes, &limits, &local);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_autoptr (JsonNode) answer =
        error_node (local != NULL ? local->message : "a command is one JSON object");

    send_answer (client, answer);
    return;
  }
  belfry_commands_run (client->server->host, json_node_get_object (node), client->who,
                       g_task_new (NULL, NULL, on_command_ended, client));
}

static void
read_line (Client *client)
{
  g_data_input_stream_read_line_async (client->input, G_PRIORITY_DEFAULT, NULL, on_line, client);
}

static char *
dup_peer (GSocket *socket)
{
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (socket, NULL);
  uid_t uid = credentials != NULL ? g_credentials_get_unix_user (credentials, NULL) : (uid_t)-1;

  if (uid == (uid_t)-1)
    return NULL;
  return uid == 0 ? g_strdup ("cli:root") : g_strdup_printf ("cli:%u", (guint)uid);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  BelfryControlServer *self = user_data;
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autofree char *who = dup_peer (socket);
  Client *client = NULL;

  if (who == NULL || self->connections >= MAX_CONNECTIONS)
    return TRUE;
  client = g_new0 (Client, 1);
  client->server = self;
  client->connection = g_object_ref (connection);
  client->who = g_steal_pointer (&who);
  client->input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  /* a filled buffer without a line end reads as the end of the stream: a line is bounded by it */
  g_buffered_input_stream_set_buffer_size (G_BUFFERED_INPUT_STREAM (client->input), MAX_LINE_BYTES);
  g_socket_set_timeout (socket, IDLE_SECONDS);
  self->connections++;
  read_line (client);
  return TRUE;
}

static gboolean
is_live (const char *path)
{
  g_autoptr (GSocketClient) probe = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketConnection) connection = NULL;

  g_socket_client_set_enable_proxy (probe, FALSE);
  connection = g_socket_client_connect (probe, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  return connection != NULL;
}

static gboolean
listen_at (BelfryControlServer *self, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);
  mode_t before = 0;
  gboolean listening = FALSE;

  if (g_file_test (self->path, G_FILE_TEST_EXISTS)) {
    if (is_live (self->path)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                   "another belfry runs here: '%s' answers", self->path);
      return FALSE;
    }
    g_unlink (self->path);
  }
  before = umask (0177);
  listening = g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL,
                                             NULL, error);
  umask (before);
  if (!listening)
    g_prefix_error (error, "opening the control socket '%s': ", self->path);
  return listening;
}

BelfryControlServer *
belfry_control_server_new (BelfryHost *host, GError **error)
{
  BelfryControlServer *self = g_new0 (BelfryControlServer, 1);

  self->host = host;
  self->path = belfry_control_socket_path (host->config->host.runtime_directory);
  self->service = g_socket_service_new ();
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  if (!listen_at (self, error)) {
    g_clear_pointer (&self->path, g_free);
    belfry_control_server_free (self);
    return NULL;
  }
  return self;
}

void
belfry_control_server_stop (BelfryControlServer *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
}

void
belfry_control_server_free (BelfryControlServer *self)
{
  if (self == NULL)
    return;
  belfry_control_server_stop (self);
  g_clear_object (&self->service);
  if (self->path != NULL)
    g_unlink (self->path);
  g_free (self->path);
  g_free (self);
}
