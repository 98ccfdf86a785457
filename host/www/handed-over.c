/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sockets that the service manager opened before this process was there (sd_listen_fds(3)):
 * $LISTEN_FDS descriptors from 3 on for the process $LISTEN_PID, with names in $LISTEN_FDNAMES.
 * They stay open for the next process, whatever becomes of a listener that uses one.
 */
#include "www/www-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_HANDED_OVER 3

static guint
count_sockets (void)
{
  const char *process = g_getenv ("LISTEN_PID");

  if (process != NULL && belfry_strport_get_number (process, 0) != (guint)getpid ())
    return 0;
  return belfry_strport_get_number (g_getenv ("LISTEN_FDS"), 0);
}

static GStrv
dup_names (void)
{
  const char *names = g_getenv ("LISTEN_FDNAMES");

  return g_strsplit (names != NULL ? names : "", ":", -1);
}

static GSocketFamily
get_family (int descriptor)
{
  int family = 0;
  socklen_t length = sizeof family;

  getsockopt (descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length);
  return (GSocketFamily)family;
}

static gboolean
is_of_domain (int descriptor, const char *domain)
{
  static const struct {
    const char *domain;
    GSocketFamily family;
  } families[] = {
    { "INET", G_SOCKET_FAMILY_IPV4 },
    { "INET6", G_SOCKET_FAMILY_IPV6 },
    { "UNIX", G_SOCKET_FAMILY_UNIX },
  };

  for (gsize i = 0; domain != NULL && i < G_N_ELEMENTS (families); i++)
    if (g_ascii_strcasecmp (families[i].domain, domain) == 0)
      return get_family (descriptor) == families[i].family;
  return domain == NULL;
}

/* Descriptor of the first socket of that name, domain and index; -1: none. */
static int
find (const BelfryStrport *port)
{
  g_auto (GStrv) names = dup_names ();
  guint n_names = g_strv_length (names);
  guint index = belfry_strport_get_number (port->index, G_MAXUINT);

  for (guint i = 0; i < count_sockets (); i++) {
    int descriptor = FIRST_HANDED_OVER + (int)i;

    if ((port->name == NULL || (i < n_names && g_str_equal (names[i], port->name))) &&
        (port->index == NULL || i == index) && is_of_domain (descriptor, port->domain))
      return descriptor;
  }
  return -1;
}

static char *
dup_what_there_is (void)
{
  g_auto (GStrv) names = dup_names ();
  g_autofree char *list = g_strjoinv ("', '", names);

  if (count_sockets () == 0)
    return g_strdup ("systemd hands over no socket; start its unit (systemctl enable --now "
                     "belfry.socket), or write unix:PATH or tcp:PORT:interface=127.0.0.1");
  return g_strdup_printf ("systemd hands over no such socket, but '%s'; write one of these as "
                          "systemd:name=NAME, or FileDescriptorName= in the socket's unit",
                          list);
}

static gboolean
check_socket (GSocket *socket, gboolean is_public, GError **error)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, error);
  g_autofree char *text = NULL;
  int listens = 0;

  if (address == NULL || !g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, error))
    return FALSE;
  if (!listens) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "nobody can connect to this socket, its unit needs ListenStream= and Accept=no");
    return FALSE;
  }
  if (is_public || !G_IS_INET_SOCKET_ADDRESS (address) ||
      g_inet_address_get_is_loopback (
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))))
    return TRUE;
  text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  g_set_error (
      error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
      "strangers reach '%s'; keep the socket's unit to this machine "
      "(ListenStream=127.0.0.1:8010, or a path) behind a reverse proxy, or say public=true",
      text);
  return FALSE;
}

/**
 * belfry_handed_over_open:
 * @port: a description of kind `systemd`
 * @is_public: whether strangers may reach it
 * @error: return location
 *
 * Returns: (transfer full): the socket, in a descriptor of its own
 */
GSocket *
belfry_handed_over_open (const BelfryStrport *port, gboolean is_public, GError **error)
{
  int from = find (port);
  int descriptor = from >= 0 ? fcntl (from, F_DUPFD_CLOEXEC, FIRST_HANDED_OVER) : -1;
  g_autoptr (GSocket) socket = NULL;

  if (descriptor < 0) {
    g_autofree char *what = dup_what_there_is ();

    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, what);
    return NULL;
  }
  fcntl (from, F_SETFD, FD_CLOEXEC);
  socket = g_socket_new_from_fd (descriptor, error);
  if (socket == NULL) {
    close (descriptor);
    return NULL;
  }
  if (!check_socket (socket, is_public, error))
    return NULL;
  return g_steal_pointer (&socket);
}

guint
belfry_handed_over_list (GStrvBuilder *builder)
{
  guint count = count_sockets ();

  for (guint i = 0; i < count; i++) {
    g_autofree char *text = g_strdup_printf ("systemd:index=%u", i);

    g_strv_builder_add (builder, text);
  }
  return count;
}

/* A socket that nobody listens at lets its clients wait for ever: say so. */
void
belfry_handed_over_warn (GPtrArray *listeners)
{
  g_auto (GStrv) names = dup_names ();
  guint n_names = g_strv_length (names);
  guint count = count_sockets ();
  g_autofree gboolean *is_used = g_new0 (gboolean, count + 1);

  for (guint i = 0; i < listeners->len; i++) {
    const BelfryListener *listener = g_ptr_array_index (listeners, i);
    g_autoptr (BelfryStrport) port = belfry_strport_parse (listener->text, NULL);
    int descriptor = port->kind == BELFRY_LISTENER_SYSTEMD ? find (port) : -1;

    if (descriptor >= 0)
      is_used[descriptor - FIRST_HANDED_OVER] = TRUE;
  }
  for (guint i = 0; i < count && i < n_names; i++)
    if (!is_used[i])
      g_warning ("systemd hands over the socket '%s', and nothing listens at it: add "
                 "systemd:name=%s to listen= in [www], or stop its unit",
                 names[i], names[i]);
}
