/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request and its answer. Whoever works on it holds a reference; the client may be gone long
 * before, so every step asks first whether anybody still waits. An answer is sent once.
 */
#include "www/www-private.h"

#include <string.h>

static void
on_finished (SoupServerMessage *msg, BelfryExchange *self)
{
  (void)msg;
  self->is_done = TRUE;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
}

static BelfryRequest *
make_request (BelfryExchange *self)
{
  GUri *uri = soup_server_message_get_uri (self->msg);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->msg);
  g_autoptr (GBytes) body = belfry_spool_dup_body (self->msg);
  BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = soup_server_message_get_method (self->msg),
    .path = g_uri_get_path (uri),
    .query = g_uri_get_query (uri),
    .address = self->client,
    .body = body,
  };
  BelfryRequest *request = belfry_request_new (&fields);
  SoupMessageHeadersIter iter;
  const char *name = NULL;
  const char *value = NULL;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    belfry_request_add_header (request, name, value);
  return request;
}

char *
belfry_client_dup (BelfryWww *www, SoupServerMessage *msg)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  BelfryConnection *connection = belfry_connection_of (msg);
  GInetAddress *peer = connection != NULL ? connection->peer : NULL;
  BelfryProxies *proxies = www->site->proxies;
  const char *forwarded = NULL;
  g_autofree char *standard = NULL;

  if (!belfry_proxies_trust (proxies, peer))
    return belfry_proxies_dup_client (proxies, peer, NULL);
  forwarded = soup_message_headers_get_list (headers, "X-Forwarded-For");
  if (forwarded == NULL)
    standard = belfry_proxies_dup_hops (soup_message_headers_get_list (headers, "Forwarded"));
  return belfry_proxies_dup_client (proxies, peer, forwarded != NULL ? forwarded : standard);
}

static const char *
get_list (BelfryExchange *self, const char *name)
{
  return soup_message_headers_get_list (soup_server_message_get_request_headers (self->msg), name);
}

/* (transfer full): of a proxy's word only what is a path and nothing else */
static char *
dup_prefix (const BelfrySite *site, const char *said)
{
  if (site->url != NULL || said == NULL || said[0] != '/' || said[1] == '/' ||
      strpbrk (said, "\\;,? \t") != NULL)
    return g_strdup (site->prefix);
  return g_str_has_suffix (said, "/") ? g_strdup (said) : g_strconcat (said, "/", NULL);
}

/* What these pages are called outside is what url says; a trusted proxy's word fills what that
 * leaves open. */
static void
look_outside (BelfryExchange *self)
{
  GInetAddress *peer = self->connection != NULL ? self->connection->peer : NULL;
  const char *forwarded = NULL;
  g_autofree char *protocol = NULL;
  g_autofree char *prefix = NULL;

  self->is_https = self->site->is_https;
  if (belfry_proxies_trust (self->site->proxies, peer)) {
    forwarded = get_list (self, "Forwarded");
    self->host = belfry_proxies_dup_said (get_list (self, "X-Forwarded-Host"), forwarded, "host");
    protocol = belfry_proxies_dup_said (get_list (self, "X-Forwarded-Proto"), forwarded, "proto");
    prefix = belfry_proxies_dup_said (get_list (self, "X-Forwarded-Prefix"), NULL, "");
    self->is_https = self->is_https || (self->site->url == NULL && protocol != NULL &&
                                        g_ascii_strcasecmp (protocol, "https") == 0);
  }
  if (self->host == NULL)
    self->host = g_strdup (get_list (self, "Host"));
  self->prefix = dup_prefix (self->site, prefix);
}

BelfryExchange *
belfry_exchange_new (BelfryWww *www, SoupServerMessage *msg)
{
  BelfryExchange *self = g_new0 (BelfryExchange, 1);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  BelfryConnection *connection = belfry_connection_of (msg);

  g_atomic_ref_count_init (&self->refs);
  self->www = www;
  self->site = belfry_site_ref (www->site);
  self->msg = g_object_ref (msg);
  self->connection = connection != NULL ? belfry_connection_ref (connection) : NULL;
  self->link.data = self;
  g_queue_push_tail_link (&www->exchanges, &self->link);
  self->client = belfry_client_dup (www, msg);
  look_outside (self);
  self->request = make_request (self);
  /* libsoup would answer ranges by itself, and not well */
  self->range = g_strdup (soup_message_headers_get_one (headers, "Range"));
  soup_message_headers_remove (headers, "Range");
  self->finished_handler = g_signal_connect (msg, "finished", G_CALLBACK (on_finished), self);
  soup_server_message_pause (msg);
  return self;
}

BelfryExchange *
belfry_exchange_ref (BelfryExchange *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_exchange_unref (BelfryExchange *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_signal_handler_disconnect (self->msg, self->finished_handler);
  if (self->www != NULL)
    g_queue_unlink (&self->www->exchanges, &self->link);
  g_object_unref (self->msg);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->connection, belfry_connection_unref);
  belfry_request_unref (self->request);
  belfry_site_unref (self->site);
  g_free (self->range);
  g_free (self->client);
  g_free (self->host);
  g_free (self->prefix);
  g_free (self);
}

gboolean
belfry_exchange_is_live (BelfryExchange *self)
{
  return !self->is_done && self->www != NULL;
}

GCancellable *
belfry_exchange_get_cancellable (BelfryExchange *self)
{
  if (self->cancellable == NULL)
    self->cancellable = g_cancellable_new ();
  return self->cancellable;
}

gboolean
belfry_exchange_is_head (BelfryExchange *self)
{
  return g_str_equal (belfry_request_get_method (self->request), "HEAD");
}

const char *
belfry_exchange_get_header (BelfryExchange *self, const char *name)
{
  return belfry_request_get_header (self->request, name);
}

char *
belfry_exchange_dup_cookie (BelfryExchange *self, const char *name)
{
  const char *value = belfry_exchange_get_header (self, "Cookie");
  g_auto (GStrv) cookies = value != NULL ? g_strsplit (value, ";", 64) : NULL;
  gsize length = strlen (name);

  for (char **cookie = cookies; cookie != NULL && *cookie != NULL; cookie++) {
    const char *text = g_strstrip (*cookie);

    if (strncmp (text, name, length) == 0 && text[length] == '=')
      return g_strdup (text + length + 1);
  }
  return NULL;
}

void
belfry_exchange_set_header (BelfryExchange *self, const char *name, const char *value)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->msg);

  if (g_ascii_strcasecmp (name, "Set-Cookie") == 0)
    soup_message_headers_append (headers, name, value);
  else
    soup_message_headers_replace (headers, name, value);
}

gboolean
belfry_exchange_wants_json (BelfryExchange *self)
{
  const char *accept = belfry_exchange_get_header (self, "Accept");
  const char *path = belfry_request_get_path (self->request);

  return g_str_has_prefix (path, "/json") || g_str_has_prefix (path, "/api/") ||
         (accept != NULL && g_str_has_prefix (accept, "application/json"));
}

/* From here on the client has to take what it gets. */
static void
go (BelfryExchange *self)
{
  if (self->connection != NULL)
    belfry_connection_expect (self->connection, 4 * self->site->keys->request_timeout);
  soup_server_message_unpause (self->msg);
}

void
belfry_exchange_send (BelfryExchange *self, guint status, const char *content_type, GBytes *body)
{
  SoupMessageHeaders *headers = NULL;

  if (!belfry_exchange_is_live (self))
    return;
  self->is_done = TRUE;
  headers = soup_server_message_get_response_headers (self->msg);
  if (content_type != NULL)
    soup_message_headers_replace (headers, "Content-Type", content_type);
  belfry_headers_add_security (headers);
  soup_server_message_set_status (self->msg, status, NULL);
  if (body != NULL && g_bytes_get_size (body) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (self->msg), body);
  go (self);
}

void
belfry_exchange_send_text (BelfryExchange *self, guint status, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  belfry_exchange_send (self, status, "text/plain; charset=utf-8", body);
}

void
belfry_exchange_send_not_modified (BelfryExchange *self, const char *etag)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->msg);

  soup_message_headers_set_encoding (headers, SOUP_ENCODING_NONE);
  belfry_exchange_set_header (self, "ETag", etag);
  belfry_exchange_send (self, 304, NULL, NULL);
}

char *
belfry_path_dup_base (const char *path)
{
  g_autoptr (GString) base = g_string_new (NULL);

  for (const char *at = *path == '/' ? path + 1 : path; *at != '\0'; at++) {
    if (*at == '/')
      g_string_append (base, "../");
  }
  return base->len > 0 ? g_string_free (g_steal_pointer (&base), FALSE) : g_strdup ("./");
}

void
belfry_exchange_redirect (BelfryExchange *self, const char *path)
{
  g_autofree char *base = belfry_path_dup_base (belfry_request_get_path (self->request));
  g_autofree char *location = g_strconcat (base, *path == '/' ? path + 1 : path, NULL);

  belfry_exchange_set_header (self, "Location", location);
  belfry_exchange_set_header (self, "Cache-Control", "no-store");
  belfry_exchange_send (self, 303, NULL, NULL);
}

static const struct {
  const char *prefix;
} plain_paths[] = { { "/change_hook" }, { "/png" }, { "/badge/" }, { "/plugins/" }, { "/events" } };

static gboolean
wants_plain (BelfryExchange *self)
{
  const char *path = belfry_request_get_path (self->request);
  g_autofree char *trimmed = g_strdup (path);

  if (g_str_has_suffix (trimmed, "/"))
    trimmed[strlen (trimmed) - 1] = '\0';
  for (gsize i = 0; i < G_N_ELEMENTS (plain_paths); i++) {
    if (g_str_has_prefix (path, plain_paths[i].prefix))
      return TRUE;
  }
  return strstr (path, "/logs/") != NULL && g_str_has_suffix (trimmed, "/text");
}

static void
send_json_error (BelfryExchange *self, guint status, const char *what)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "error", what);
  json_node_take_object (node, object);
  text = belfry_json_to_text (node);
  body = g_bytes_new (text, strlen (text));
  belfry_exchange_send (self, status, "application/json", body);
}

static void
fail (BelfryExchange *self, guint status, const char *what, const char *reference)
{
  gboolean is_get = !g_str_equal (belfry_request_get_method (self->request), "POST");

  if (!belfry_exchange_is_live (self))
    return;
  belfry_exchange_set_header (self, "Cache-Control", "no-store");
  if (status == 503 || status == 429)
    belfry_exchange_set_header (self, "Retry-After", "5");
  if (belfry_exchange_wants_json (self)) {
    send_json_error (self, status, what);
  } else if (wants_plain (self) || (!is_get && status != 403) || status == 503) {
    g_autofree char *line = g_strconcat (what, "\n", NULL);

    belfry_exchange_send_text (self, status, line);
  } else {
    belfry_pages_draw_error (self, status, what, reference);
  }
}

void
belfry_exchange_fail (BelfryExchange *self, guint status, const char *what)
{
  fail (self, status, what, NULL);
}

static const struct {
  BelfryError code;
  guint status;
} statuses[] = {
  { BELFRY_ERROR_NOT_FOUND, 404 },   { BELFRY_ERROR_DENIED, 403 }, { BELFRY_ERROR_MALFORMED, 400 },
  { BELFRY_ERROR_TOO_LARGE, 400 },   { BELFRY_ERROR_RETRY, 503 },  { BELFRY_ERROR_CONFLICT, 409 },
  { BELFRY_ERROR_UNSUPPORTED, 501 },
};

void
belfry_exchange_fail_with (BelfryExchange *self, const GError *error)
{
  g_autofree char *reference = NULL;
  g_autofree char *words = NULL;

  for (gsize i = 0; error->domain == BELFRY_ERROR && i < G_N_ELEMENTS (statuses); i++) {
    if (error->code == (int)statuses[i].code) {
      belfry_exchange_fail (self, statuses[i].status, error->message);
      return;
    }
  }
  if (!belfry_exchange_is_live (self))
    return;
  reference = g_strdup_printf ("%08x", g_random_int ());
  words = g_strdup_printf ("something went wrong here; the journal has more under %s", reference);
  g_warning ("request %s: %s", reference, error->message);
  fail (self, 500, words, reference);
}

void
belfry_exchange_begin (BelfryExchange *self, guint status, const char *content_type)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->msg);
  gboolean is_old = soup_server_message_get_http_version (self->msg) == SOUP_HTTP_1_0;

  soup_message_headers_replace (headers, "Content-Type", content_type);
  belfry_headers_add_security (headers);
  if (soup_message_headers_get_content_length (headers) == 0)
    soup_message_headers_set_encoding (headers, is_old ? SOUP_ENCODING_EOF : SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->msg), FALSE);
  soup_server_message_set_status (self->msg, status, NULL);
}

void
belfry_exchange_append (BelfryExchange *self, GBytes *bytes)
{
  if (!belfry_exchange_is_live (self))
    return;
  if (g_bytes_get_size (bytes) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (self->msg), bytes);
  soup_server_message_unpause (self->msg);
}

void
belfry_exchange_end (BelfryExchange *self)
{
  if (!belfry_exchange_is_live (self))
    return;
  self->is_done = TRUE;
  soup_message_body_complete (soup_server_message_get_response_body (self->msg));
  go (self);
}

void
belfry_exchange_abort (BelfryExchange *self)
{
  self->is_done = TRUE;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  if (self->connection != NULL)
    belfry_connection_close (self->connection);
}
