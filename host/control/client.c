/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include "config/config.h"
#include "server.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define MAX_ANSWER_BYTES (64 * 1024 * 1024)

/* The system's daemon has its folder from systemd, which nobody tells those who are its account
 * outside of the unit: where theirs has no socket, and no file names another folder, it is meant.
 */
static char *
find_socket_in (const char *directory)
{
  g_autofree char *users = g_build_filename (g_get_user_runtime_dir (), "belfry", NULL);
  g_autofree char *own = belfry_control_socket_path (directory);
  g_autofree char *systems = belfry_control_socket_path (BELFRY_SYSTEM_RUNTIME_DIRECTORY);
  gboolean is_systems =
      g_str_equal (directory, users) && g_access (own, F_OK) != 0 && g_access (systems, F_OK) == 0;

  return is_systems ? g_steal_pointer (&systems) : g_steal_pointer (&own);
}

char *
belfry_client_find_socket (const char *config_path, GError **error)
{
  const char *given = g_getenv ("BELFRY_CONTROL_SOCKET");
  g_autofree char *path = belfry_config_find_path (config_path);
  g_autoptr (BelfryLoader) loader = NULL;
  g_autofree char *directory = NULL;

  if (given != NULL)
    return g_strdup (given);
  if (path == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "there is no configuration; say which with --config FILE");
    return NULL;
  }
  loader = belfry_loader_new (NULL);
  if (g_access (path, R_OK) == 0)
    directory = belfry_config_find_runtime_directory (path, loader);
  if (directory == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' does not say where the daemon is; `belfry check` tells more", path);
    return NULL;
  }
  return find_socket_in (directory);
}

JsonObject *
belfry_client_ask (const char *socket_path, JsonObject *question, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GDataInputStream) input = NULL;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonNode) answer = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  BelfryJsonLimits limits = { sizeof limits, MAX_ANSWER_BYTES, 64 };
  gsize bytes = 0;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (connection == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "no daemon answers at '%s'",
                 socket_path);
    return NULL;
  }
  json_node_set_object (node, question);
  text = belfry_json_to_text (node);
  if (!g_output_stream_printf (g_io_stream_get_output_stream (G_IO_STREAM (connection)), NULL, NULL,
                               error, "%s\n", text))
    return NULL;
  input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  line = g_data_input_stream_read_line (input, &bytes, NULL, error);
  if (line == NULL) {
    if (error != NULL && *error == NULL)
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the daemon ended the conversation");
    return NULL;
  }
  answer = belfry_json_parse (line, bytes, &limits, error);
  return answer != NULL ? json_object_ref (json_node_get_object (answer)) : NULL;
}
