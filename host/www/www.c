/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server: one SoupServer that never listens itself, listeners of ours, one site at a time. A
 * new configuration opens what is new first; only when all of that worked do old listeners close
 * and the new site take over, in one turn of the main loop. Exchanges keep the site that they began
 * with.
 */
#include "www/www-private.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MIN_TICK_MS 50
#define MAX_TICK_MS 1000

typedef void (*DoorFunc) (BelfryExchange *exchange, const BelfryMatch *match);

static void
answer_health (BelfryExchange *exchange, const BelfryMatch *match)
{
  (void)match;
  belfry_exchange_set_header (exchange, "Cache-Control", "no-store");
  belfry_exchange_send_text (exchange, 200, "ok\n");
}

static void
answer_ready (BelfryExchange *exchange, const BelfryMatch *match)
{
  BelfryWww *www = exchange->www;
  g_autofree char *reasons = www->ops.is_ready != NULL ? www->ops.is_ready (www->ops.data) : NULL;
  BelfryStoreStatus status = { 0 };
  g_autoptr (GString) text = g_string_new (reasons);

  (void)match;
  belfry_store_get_status (www->store, &status);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  if (!status.writable)
    g_string_append (text, "the store cannot be written\n");
  belfry_store_status_clear (&status);
  belfry_exchange_set_header (exchange, "Cache-Control", "no-store");
  if (text->len > 0)
    belfry_exchange_set_header (exchange, "Retry-After", "5");
  belfry_exchange_send_text (exchange, text->len > 0 ? 503 : 200,
                             text->len > 0 ? text->str : "ready\n");
}

static void
answer_refusal (BelfryExchange *exchange, const BelfryMatch *match)
{
  const char *path = belfry_request_get_path (exchange->request);
  gboolean is_login = g_str_has_prefix (path, "/authfail");
  JsonObject *data = json_object_new ();

  (void)match;
  json_object_set_int_member (data, "status", 403);
  json_object_set_string_member (data, "what",
                                 is_login ? "authentication failed" : "authorization failed");
  belfry_pages_draw_template (exchange, 403, is_login ? "authfail.html" : "authzfail.html", data);
}

/* Where the form was, as the browser sees it; a path of this host and nothing else. */
static char *
dup_way_back (BelfryExchange *exchange)
{
  const char *referrer = belfry_exchange_get_header (exchange, "Referer");
  g_autoptr (GUri) uri =
      referrer != NULL ? g_uri_parse (referrer, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  const char *path = uri != NULL ? g_uri_get_path (uri) : NULL;
  const char *query = uri != NULL ? g_uri_get_query (uri) : NULL;

  if (path == NULL || path[0] != '/' || path[1] == '/' || strchr (path, '\\') != NULL)
    return g_strdup ("./");
  return query != NULL ? g_strconcat (path, "?", query, NULL) : g_strdup (path);
}

static void
answer_theme (BelfryExchange *exchange, const BelfryMatch *match)
{
  static const char *const themes[] = { "auto", "light", "dark", NULL };
  const char *theme = belfry_request_get_argument (exchange->request, "theme");
  g_autofree char *cookie = NULL;
  g_autofree char *way_back = NULL;

  (void)match;
  if (theme == NULL || !g_strv_contains (themes, theme) ||
      !belfry_headers_is_same_origin (exchange)) {
    belfry_exchange_fail (exchange, 400, "theme is auto, light or dark");
    return;
  }
  cookie = g_strdup_printf ("belfry_theme=%s; Path=%s; Max-Age=31536000; HttpOnly; SameSite=Lax%s",
                            theme, exchange->prefix, exchange->is_https ? "; Secure" : "");
  way_back = dup_way_back (exchange);
  belfry_exchange_set_header (exchange, "Set-Cookie", cookie);
  belfry_exchange_set_header (exchange, "Location", way_back);
  belfry_exchange_set_header (exchange, "Cache-Control", "no-store");
  belfry_exchange_send (exchange, 303, NULL, NULL);
}

static void
answer_events (BelfryExchange *exchange, const BelfryMatch *match)
{
  (void)match;
  belfry_streams_open (exchange);
}

static void
answer_action (BelfryExchange *exchange, const BelfryMatch *match)
{
  belfry_actions_run (exchange, match->row);
}

static const DoorFunc doors[] = {
  [BELFRY_DOOR_VIEW] = belfry_pages_draw,       [BELFRY_DOOR_ACTION] = answer_action,
  [BELFRY_DOOR_EVENTS] = answer_events,         [BELFRY_DOOR_HEALTH] = answer_health,
  [BELFRY_DOOR_READY] = answer_ready,           [BELFRY_DOOR_REFUSAL] = answer_refusal,
  [BELFRY_DOOR_THEME] = answer_theme,           [BELFRY_DOOR_ARTIFACTS] = belfry_artifacts_serve,
  [BELFRY_DOOR_METRICS] = belfry_metrics_serve,
};

static void
refuse_method (BelfryExchange *exchange, const char *methods)
{
  belfry_exchange_set_header (exchange, "Allow", methods);
  belfry_exchange_set_header (exchange, "Cache-Control", "no-store");
  belfry_exchange_send_text (exchange, 405, "method not allowed\n");
}

/* what a path is when no table has it: a file, or nothing */
#define FILES "(files)"

static gboolean
is_health (const BelfryMatch *match)
{
  return match->door == BELFRY_DOOR_HEALTH || match->door == BELFRY_DOOR_READY;
}

static void
route (BelfryExchange *exchange)
{
  BelfrySite *site = exchange->site;
  const char *method = belfry_request_get_method (exchange->request);
  const char *host = exchange->host;
  BelfryMatch match = { 0 };
  guint status = 0;
  g_autoptr (GPtrArray) segments =
      belfry_path_split (belfry_request_get_path (exchange->request), &status);
  gboolean is_local = exchange->connection == NULL || exchange->connection->peer == NULL;

  if (segments == NULL) {
    belfry_exchange_fail (exchange, status,
                          status == 400 ? "the path is not UTF-8" : "there is nothing here");
    return;
  }
  status = belfry_routes_find (site->routes, segments, method, exchange->request, &match);
  belfry_www_note_route (exchange->connection, status == 200 ? match.pattern : FILES);
  if (belfry_metrics_is_own_door (site, exchange->connection) &&
      !(status == 200 && (match.door == BELFRY_DOOR_METRICS || is_health (&match))))
    belfry_exchange_send_text (exchange, 404, "there is nothing here\n");
  else if (!is_local && !(status == 200 && is_health (&match)) &&
           !belfry_headers_is_our_host (site, host))
    belfry_exchange_send_text (exchange, 421, "this host has another name\n");
  else if (status == 200)
    doors[match.door](exchange, &match);
  else if (status == 405)
    refuse_method (exchange, match.methods);
  else if (g_str_equal (method, "GET") || g_str_equal (method, "HEAD"))
    belfry_static_serve (exchange);
  else
    refuse_method (exchange, "GET, HEAD");
}

static void
receive_hook (BelfryWww *www, SoupServerMessage *msg, const char *name, gboolean is_good)
{
  BelfryConnection *connection = belfry_connection_of (msg);
  gboolean has_hook = is_good && www->ops.hook != NULL && www->ops.hook_max_body != NULL &&
                      !belfry_metrics_is_own_door (www->site, connection) &&
                      www->ops.hook_max_body (name, www->ops.data) >= 0;

  belfry_www_note_route (connection, BELFRY_HOOK_ROUTE);
  if (!has_hook) {
    g_autoptr (BelfryExchange) exchange = belfry_exchange_new (www, msg);

    belfry_exchange_send_text (exchange, 404, "no such hook\n");
  } else if (belfry_store_is_pressed (www->store)) {
    g_autoptr (BelfryExchange) exchange = belfry_exchange_new (www, msg);

    belfry_exchange_set_header (exchange, "Retry-After", "5");
    belfry_exchange_send_text (exchange, 503, "cannot be stored now\n");
  } else {
    belfry_hook_receive (www, msg, name);
  }
}

static void
on_request (
    SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer data)
{
  BelfryWww *self = data;
  BelfryConnection *connection = belfry_connection_of (msg);
  const char *raw = g_uri_get_path (soup_server_message_get_uri (msg));
  g_autofree char *name = NULL;
  gboolean is_good = FALSE;

  (void)server;
  (void)path;
  (void)query;
  if (self->site == NULL || (connection != NULL && connection->has_left)) {
    soup_server_message_set_status (msg, 503, NULL);
  } else if (belfry_hook_match (raw, &name, &is_good)) {
    receive_hook (self, msg, name, is_good);
  } else {
    g_autoptr (BelfryExchange) exchange = belfry_exchange_new (self, msg);

    route (exchange);
  }
}

static void
on_request_started (SoupServer *server, SoupServerMessage *msg, gpointer data)
{
  BelfryWww *self = data;

  (void)server;
  if (self->site == NULL)
    return;
  belfry_limits_watch (self, msg);
  belfry_access_log_watch (self->log, msg);
}

static void
on_request_read (SoupServer *server, SoupServerMessage *msg, gpointer data)
{
  BelfryConnection *connection = belfry_connection_of (msg);

  (void)server;
  (void)data;
  if (connection != NULL)
    belfry_connection_expect (connection, 0);
}

static void
note_request (BelfryWww *self, SoupServerMessage *msg)
{
  g_autofree char *client = belfry_client_dup (self, msg);

  belfry_access_log_note (self->log, msg, client, NULL);
}

static void
on_request_ended (SoupServer *server, SoupServerMessage *msg, gpointer data)
{
  BelfryWww *self = data;
  BelfryConnection *connection = belfry_connection_of (msg);

  (void)server;
  if (connection == NULL || self->site == NULL)
    return;
  note_request (self, msg);
  belfry_www_count_request (self, msg);
  belfry_connection_discharge (connection);
  belfry_connection_expect (connection, self->site->keys->request_timeout);
  connection->is_idle = TRUE;
  if (connection->listener == NULL)
    belfry_connection_close (connection);
}

/*
 * The library keeps a connection open after an answer only while it listens somewhere itself. So it
 * listens at a socket that has no name any more.
 */
static void
listen_nowhere (BelfryWww *self)
{
  g_autofree char *folder = g_dir_make_tmp ("belfry-XXXXXX", NULL);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, "nowhere", NULL) : NULL;
  g_autoptr (GSocketAddress) address = path != NULL ? g_unix_socket_address_new (path) : NULL;
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  if (address == NULL || socket == NULL || !g_socket_bind (socket, address, FALSE, NULL)) {
    g_warning ("no folder for temporary files, answering each connection once");
    return;
  }
  g_unlink (path);
  g_rmdir (folder);
  if (g_socket_listen (socket, NULL))
    soup_server_listen_socket (self->server, socket, 0, NULL);
}

BelfryWww *
belfry_www_new (BelfryStore *store, BelfryBus *bus, const BelfryWwwOps *ops)
{
  BelfryWww *self = g_new0 (BelfryWww, 1);

  self->store = store;
  self->bus = bus;
  self->ops = *ops;
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_listener_close);
  g_queue_init (&self->exchanges);
  self->log_marks = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  if (getrandom (self->secret, sizeof self->secret, 0) != (gssize)sizeof self->secret)
    g_critical ("no random bytes");
  if (g_getenv ("SOUP_SERVER_HTTP2") != NULL)
    g_unsetenv ("SOUP_SERVER_HTTP2");
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (on_request_started), self);
  g_signal_connect (self->server, "request-read", G_CALLBACK (on_request_read), self);
  g_signal_connect (self->server, "request-finished", G_CALLBACK (on_request_ended), self);
  g_signal_connect (self->server, "request-aborted", G_CALLBACK (on_request_ended), self);
  listen_nowhere (self);
  self->fleet = belfry_fleet_new (store, bus);
  self->log = belfry_access_log_new ();
  self->streams = belfry_streams_new (self);
  return self;
}

void
belfry_www_free (BelfryWww *self)
{
  if (self == NULL)
    return;
  belfry_streams_close_all (self->streams);
  while (!g_queue_is_empty (&self->exchanges)) {
    BelfryExchange *exchange = self->exchanges.head->data;

    g_queue_unlink (&self->exchanges, &exchange->link);
    exchange->www = NULL;
    if (exchange->cancellable != NULL)
      g_cancellable_cancel (exchange->cancellable);
  }
  g_ptr_array_unref (self->listeners);
  soup_server_disconnect (self->server);
  g_signal_handlers_disconnect_by_data (self->server, self);
  soup_server_remove_handler (self->server, NULL);
  g_object_unref (self->server);
  g_clear_handle_id (&self->tick, g_source_remove);
  belfry_streams_free (self->streams);
  belfry_access_log_free (self->log);
  belfry_fleet_free (self->fleet);
  g_hash_table_unref (self->log_marks);
  g_clear_pointer (&self->site, belfry_site_unref);
  g_free (self);
}

static gboolean
on_tick (gpointer data)
{
  belfry_connections_sweep (data);
  return G_SOURCE_CONTINUE;
}

static BelfryListener *
find_listener (GPtrArray *listeners, const char *text)
{
  for (guint i = 0; i < listeners->len; i++) {
    if (belfry_listener_is (listeners->pdata[i], text))
      return listeners->pdata[i];
  }
  return NULL;
}

static void
add_default (GStrvBuilder *builder, BelfryConfig *config)
{
  g_autofree char *path = g_build_filename (config->host.runtime_directory, "www.sock", NULL);
  g_autofree char *address = belfry_strport_dup_unix (path);

  if (belfry_handed_over_list (builder) == 0)
    g_strv_builder_add (builder, address);
}

/* (transfer full): as configured, or what systemd hands over, or the socket in the runtime
 * directory; and the further door */
static char **
dup_wanted (BelfryConfig *config)
{
  const BelfryWwwKeys *keys = config->www;
  g_autofree char *door = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (keys == NULL)
    return g_new0 (char *, 1);
  if (keys->listen != NULL)
    g_strv_builder_addv (builder, (const char **)keys->listen);
  else
    add_default (builder, config);
  if (keys->distrib_port != NULL) {
    door = belfry_strport_dup_door (keys->distrib_port);
    g_strv_builder_add (builder, door);
  }
  if (keys->metrics != BELFRY_METRICS_NONE && keys->metrics_listen != NULL)
    g_strv_builder_add (builder, keys->metrics_listen);
  return g_strv_builder_end (builder);
}

/* Listeners of the new configuration that are not open yet. */
static GPtrArray *
open_new (BelfryWww *self, char **wanted, BelfryConfig *config, GError **error)
{
  g_autoptr (GPtrArray) opened =
      g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_listener_close);

  for (char **text = wanted; *text != NULL; text++) {
    BelfryListener *known = find_listener (self->listeners, *text);
    BelfryListener *listener = NULL;

    if (known != NULL) {
      if (!belfry_listener_refresh (known, config, error))
        return NULL;
      continue;
    }
    listener = belfry_listener_open (self, *text, config, error);
    if (listener == NULL)
      return NULL;
    g_ptr_array_add (opened, listener);
  }
  return g_steal_pointer (&opened);
}

static void
close_old (BelfryWww *self, char **wanted)
{
  for (guint i = self->listeners->len; i > 0; i--) {
    BelfryListener *listener = self->listeners->pdata[i - 1];

    if (!g_strv_contains ((const char *const *)wanted, listener->text))
      g_ptr_array_remove_index (self->listeners, i - 1);
  }
}

static void
set_tick (BelfryWww *self)
{
  gint64 quarter_ms = self->site->keys->request_timeout / 4000;

  g_clear_handle_id (&self->tick, g_source_remove);
  self->tick = g_timeout_add ((guint)CLAMP (quarter_ms, MIN_TICK_MS, MAX_TICK_MS), on_tick, self);
}

gboolean
belfry_www_apply (BelfryWww *self, BelfryConfig *config, GPtrArray *views, GError **error)
{
  g_auto (GStrv) wanted = dup_wanted (config);
  g_autoptr (GPtrArray) opened = NULL;
  g_autoptr (BelfrySite) site = NULL;

  if (config->www != NULL) {
    site = belfry_site_new (config, views, self->generation + 1, error);
    if (site == NULL)
      return FALSE;
  }
  opened = open_new (self, wanted, config, error);
  if (opened == NULL)
    return FALSE;
  self->generation++;
  close_old (self, wanted);
  g_ptr_array_set_free_func (opened, NULL);
  for (guint i = 0; i < opened->len; i++) {
    g_ptr_array_add (self->listeners, opened->pdata[i]);
    g_message ("listening at %s", belfry_listener_get_address (opened->pdata[i]));
  }
  belfry_handed_over_warn (self->listeners);
  g_clear_pointer (&self->site, belfry_site_unref);
  self->site = g_steal_pointer (&site);
  belfry_access_log_configure (self->log, config->www, config->host.state_directory);
  if (self->site != NULL)
    set_tick (self);
  belfry_fleet_refresh (self->fleet);
  return TRUE;
}

const char *
belfry_www_find_engine (BelfryWww *self, gint64 builderid)
{
  return belfry_fleet_get_engine (self->fleet, builderid);
}

GPtrArray *
belfry_www_list_addresses (BelfryWww *self)
{
  GPtrArray *addresses = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->listeners->len; i++)
    g_ptr_array_add (addresses, g_strdup (belfry_listener_get_address (self->listeners->pdata[i])));
  return addresses;
}

void
belfry_www_hush (BelfryWww *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    belfry_listener_hush (self->listeners->pdata[i]);
  belfry_streams_close_all (self->streams);
}

gboolean
belfry_www_is_quiet (BelfryWww *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    if (!belfry_listener_is_quiet (self->listeners->pdata[i]))
      return FALSE;
  return TRUE;
}

void
belfry_www_stop (BelfryWww *self)
{
  g_ptr_array_set_size (self->listeners, 0);
  belfry_streams_close_all (self->streams);
}
