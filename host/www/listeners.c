/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening what strports describe. Sockets are ours from the first bind to the last accept, because
 * the server library has neither caps nor deadlines. A Unix socket is bound with a tight umask, so
 * that it is never open wider than its mode.
 */
#include "www/www-private.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_BACKLOG 128

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;
  g_autofree char *message = NULL;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, message);
  return FALSE;
}

static GSocket *
bind_socket (GSocketAddress *address, guint backlog, GError **error)
{
  g_autoptr (GSocket) socket =
      g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                    G_SOCKET_PROTOCOL_DEFAULT, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, (int)backlog);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/* How browsers write the address of a socket that is bound. */
static char *
dup_address (GSocket *socket, const char *scheme)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  g_autofree char *host = NULL;

  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    return g_strconcat ("unix:", g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)),
                        NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup (scheme);
  host = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  return g_strdup_printf ("%s://%s/", scheme, host);
}

static gboolean
open_tcp (BelfryListener *self, const BelfryStrport *port, GError **error)
{
  guint16 number = (guint16)belfry_strport_get_number (port->port, 0);
  const char *all = port->is_ipv6 ? "::" : "0.0.0.0";
  g_autoptr (GInetAddress) address =
      g_inet_address_new_from_string (port->interface != NULL ? port->interface : all);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (address, number);

  self->socket =
      bind_socket (wanted, belfry_strport_get_number (port->backlog, DEFAULT_BACKLOG), error);
  if (self->socket == NULL)
    return FALSE;
  self->address = dup_address (self->socket, port->kind == BELFRY_LISTENER_SSL ? "https" : "http");
  return TRUE;
}

/* A socket that nobody listens at any more is replaced; anything else in its place is somebody's.
 */
static gboolean
clear_place (const char *path, GError **error)
{
  struct stat info;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) probe = NULL;

  if (lstat (path, &info) != 0)
    return TRUE;
  if (!S_ISSOCK (info.st_mode))
    return fail (error, "'%s' is there already, and no socket", path);
  address = g_unix_socket_address_new (path);
  probe =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (probe == NULL)
    return FALSE;
  g_socket_set_blocking (probe, FALSE);
  if (g_socket_connect (probe, address, NULL, NULL))
    return fail (error, "'%s' is in use by another process", path);
  if (unlink (path) != 0)
    return fail (error, "removing the stale socket '%s': %s", path, g_strerror (errno));
  return TRUE;
}

static gboolean
set_group (const char *path, const char *name, GError **error)
{
  const struct group *group = NULL;

  if (name == NULL)
    return TRUE;
  group = getgrnam (name);
  if (group == NULL)
    return fail (error, "there is no group '%s'", name);
  if (chown (path, (uid_t)-1, group->gr_gid) != 0)
    return fail (error, "giving '%s' to the group '%s': %s", path, name, g_strerror (errno));
  return TRUE;
}

static gboolean
open_unix (BelfryListener *self, const BelfryStrport *port, const char *folder, GError **error)
{
  g_autofree char *path = g_canonicalize_filename (port->path, folder);
  g_autoptr (GSocketAddress) address = NULL;
  guint64 mode = 0660;
  mode_t before = 0;

  if (port->mode != NULL)
    g_ascii_string_to_unsigned (port->mode, 8, 0, 0777, &mode, NULL);
  if (strlen (path) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
    return fail (error, "'%s' is too long for a socket", path);
  if (!clear_place (path, error))
    return FALSE;
  address = g_unix_socket_address_new (path);
  before = umask (0177);
  self->socket =
      bind_socket (address, belfry_strport_get_number (port->backlog, DEFAULT_BACKLOG), error);
  umask (before);
  if (self->socket == NULL)
    return FALSE;
  self->unlink_path = g_strdup (path);
  self->address = g_strconcat ("unix:", path, NULL);
  if (!set_group (path, port->group, error))
    return FALSE;
  if (chmod (path, (mode_t)mode) != 0)
    return fail (error, "setting the mode of '%s': %s", path, g_strerror (errno));
  return TRUE;
}

static gboolean
open_handed_over (BelfryListener *self,
                  const BelfryStrport *port,
                  const BelfryWwwKeys *keys,
                  GError **error)
{
  self->socket = belfry_handed_over_open (port, keys != NULL && keys->is_public, error);
  if (self->socket == NULL)
    return FALSE;
  g_socket_set_blocking (self->socket, FALSE);
  self->address = dup_address (self->socket, "http");
  return TRUE;
}

/* Key, certificate and chain may lie in one file or in three. */
static GTlsCertificate *
read_certificate (const BelfryStrport *port, const char *folder, GError **error)
{
  const char *key = port->private_key != NULL ? port->private_key : port->cert_key;
  const char *certificate = port->cert_key != NULL ? port->cert_key : port->private_key;
  const char *const names[] = { certificate, port->extra_chain, key };
  g_autoptr (GString) pem = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = names[i] != NULL ? g_canonicalize_filename (names[i], folder) : NULL;
    g_autofree char *text = NULL;

    if (path == NULL || (i == 2 && g_str_equal (key, certificate)))
      continue;
    if (!g_file_get_contents (path, &text, NULL, error))
      return NULL;
    g_string_append_printf (pem, "%s\n", text);
  }
  return g_tls_certificate_new_from_pem (pem->str, (gssize)pem->len, error);
}

gboolean
belfry_listener_refresh (BelfryListener *self, BelfryConfig *config, GError **error)
{
  g_autoptr (BelfryStrport) port = belfry_strport_parse (self->text, error);
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (port == NULL)
    return FALSE;
  if (port->kind != BELFRY_LISTENER_SSL)
    return TRUE;
  certificate = read_certificate (port, config->directory, error);
  if (certificate == NULL) {
    g_prefix_error (error, "listener '%s': ", self->text);
    return FALSE;
  }
  g_set_object (&self->certificate, certificate);
  return TRUE;
}

static gboolean
open_port (BelfryListener *self, const BelfryStrport *port, BelfryConfig *config, GError **error)
{
  switch (port->kind) {
  case BELFRY_LISTENER_TCP:
    return open_tcp (self, port, error);
  case BELFRY_LISTENER_SSL:
    self->certificate = read_certificate (port, config->directory, error);
    return self->certificate != NULL && open_tcp (self, port, error);
  case BELFRY_LISTENER_UNIX:
    return open_unix (self, port, config->directory, error);
  case BELFRY_LISTENER_SYSTEMD:
    return open_handed_over (self, port, config->www, error);
  }
  g_return_val_if_reached (FALSE);
}

/**
 * belfry_listener_open:
 * @www: the server
 * @text: strports description
 * @config: for relative paths
 * @error: return location
 *
 * Returns: (transfer full): a listener that accepts
 */
BelfryListener *
belfry_listener_open (BelfryWww *www, const char *text, BelfryConfig *config, GError **error)
{
  g_autoptr (BelfryStrport) port = belfry_strport_parse (text, error);
  BelfryListener *self = NULL;

  if (port == NULL)
    return NULL;
  self = g_new0 (BelfryListener, 1);
  self->www = www;
  self->text = g_strdup (text);
  g_queue_init (&self->connections);
  if (!open_port (self, port, config, error)) {
    g_prefix_error (error, "listener '%s': ", text);
    belfry_listener_close (self);
    return NULL;
  }
  belfry_connections_accept (self);
  return self;
}

void
belfry_listener_hush (BelfryListener *self)
{
  if (self->source != NULL) {
    g_source_destroy (self->source);
    g_clear_pointer (&self->source, g_source_unref);
  }
  g_clear_handle_id (&self->resume, g_source_remove);
}

gboolean
belfry_listener_is_quiet (BelfryListener *self)
{
  for (GList *link = self->connections.head; link != NULL; link = link->next) {
    const BelfryConnection *connection = link->data;

    /* no deadline: we have the word; something to read: a question is on its way */
    if (!connection->is_closed && !connection->has_left &&
        (connection->deadline_us == 0 ||
         g_socket_condition_check (connection->socket, G_IO_IN) != 0))
      return FALSE;
  }
  return TRUE;
}

void
belfry_listener_close (BelfryListener *self)
{
  if (self == NULL)
    return;
  while (!g_queue_is_empty (&self->connections)) {
    BelfryConnection *connection = self->connections.head->data;

    g_queue_unlink (&self->connections, &connection->link);
    connection->listener = NULL;
    /* who has the word has not asked for anything yet */
    if (connection->deadline_us != 0)
      belfry_connection_close (connection);
  }
  belfry_listener_hush (self);
  if (self->unlink_path != NULL)
    unlink (self->unlink_path);
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
  g_clear_object (&self->certificate);
  g_free (self->unlink_path);
  g_free (self->address);
  g_free (self->text);
  g_free (self);
}

gboolean
belfry_listener_is (BelfryListener *self, const char *text)
{
  return g_str_equal (self->text, text);
}

const char *
belfry_listener_get_address (BelfryListener *self)
{
  return self->address;
}
