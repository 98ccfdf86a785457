/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sd_notify(3): datagrams of NAME=VALUE lines to $NOTIFY_SOCKET; a leading @ names an abstract
 * socket. */
#include "notify.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <unistd.h>

static void
send_text (const char *text)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (path == NULL || path[0] == '\0')
    return;
  socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (socket == NULL)
    return;
  g_socket_set_blocking (socket, FALSE);
  address = path[0] == '@'
                ? g_unix_socket_address_new_with_type (path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT)
                : g_unix_socket_address_new (path);
  if (g_socket_send_to (socket, address, text, strlen (text), NULL, NULL) < 0)
    g_debug ("the service manager did not take '%s'", text);
}

void
belfry_notify_ready (const char *status)
{
  g_autofree char *text = g_strdup_printf ("READY=1\nSTATUS=%s", status);

  send_text (text);
}

void
belfry_notify_reloading (void)
{
  g_autofree char *text =
      g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

  send_text (text);
}

void
belfry_notify_stopping (void)
{
  send_text ("STOPPING=1");
}

void
belfry_notify_status (const char *status)
{
  g_autofree char *text = g_strdup_printf ("STATUS=%s", status);

  send_text (text);
}

static gboolean
on_watchdog (gpointer user_data)
{
  send_text ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

GSource *
belfry_notify_start_watchdog (void)
{
  const char *text = g_getenv ("WATCHDOG_USEC");
  const char *pid = g_getenv ("WATCHDOG_PID");
  guint64 usec = 0;
  guint64 whom = (guint64)getpid ();
  GSource *source = NULL;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT64, &usec, NULL))
    return NULL;
  if (pid != NULL && !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &whom, NULL))
    return NULL;
  if (whom != (guint64)getpid ())
    return NULL;
  source = g_timeout_source_new (MAX (usec / 2000, 1));
  g_source_set_callback (source, on_watchdog, NULL, NULL);
  g_source_attach (source, NULL);
  return source;
}
