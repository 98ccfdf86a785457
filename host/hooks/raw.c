/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw.h"

#include <string.h>

/* a replay keeps nothing of its own: its request is that of what it repeats */
#define MAX_GENERATIONS 16

static const char read_sql[] = "SELECT request, body FROM raw_requests WHERE deliveryid = ?";

static const char *const always_proof[] = {
  "Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", NULL,
};

static gboolean
is_proof (const BelfryHook *hook, const char *name)
{
  const char *row = (const char *)hook->signatures;

  for (guint i = 0; always_proof[i] != NULL; i++)
    if (g_ascii_strcasecmp (name, always_proof[i]) == 0)
      return TRUE;
  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL; row += hook->signature_size)
    if (g_ascii_strcasecmp (name, ((const BelfrySignature *)row)->header) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
holds_secret (const char *text, const char *const *secrets)
{
  for (guint i = 0; secrets != NULL && secrets[i] != NULL; i++)
    if (secrets[i][0] != '\0' && strstr (text, secrets[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* of the same length, so that what surrounds it reads as before */
static void
put_stars (char *data, gsize bytes, const char *secret)
{
  gsize length = strlen (secret);
  char *at = data;

  while (length > 0 && (at = memmem (at, bytes - (gsize)(at - data), secret, length)) != NULL) {
    memset (at, '*', length);
    at += length;
  }
}

/* (transfer full) (nullable) */
static char *
mask_query (const char *query, const char *const *secrets)
{
  char *masked = g_strdup (query);

  for (guint i = 0; masked != NULL && secrets != NULL && secrets[i] != NULL; i++) {
    g_autofree char *escaped = g_uri_escape_string (secrets[i], NULL, FALSE);

    put_stars (masked, strlen (masked), secrets[i]);
    put_stars (masked, strlen (masked), escaped);
  }
  return masked;
}

/* one member of an object; NULL is null */
static void
append_member (GString *text, const char *name, const char *value)
{
  g_string_append_c (text, text->len == 0 ? '{' : ',');
  belfry_json_append_text (text, name);
  g_string_append_c (text, ':');
  if (value != NULL)
    belfry_json_append_text (text, value);
  else
    g_string_append (text, "null");
}

/* pairs, so that a header that came twice is kept twice, in the order in which they came */
static void
append_headers (GString *text,
                const BelfryHook *hook,
                BelfryRequest *request,
                const char *const *secrets)
{
  GPtrArray *headers = belfry_request_list_headers (request);
  const char *separator = "";

  g_string_append (text, ",\"headers\":[");
  for (guint i = 0; i + 1 < headers->len; i += 2) {
    const char *pair[] = { g_ptr_array_index (headers, i), g_ptr_array_index (headers, i + 1),
                           NULL };

    if (is_proof (hook, pair[0]) || holds_secret (pair[1], secrets))
      continue;
    g_string_append (text, separator);
    belfry_json_append_list (text, pair);
    separator = ",";
  }
  g_string_append_c (text, ']');
}

char *
belfry_raw_write (const BelfryHook *hook, BelfryRequest *request, const char *const *secrets)
{
  g_autofree char *query = mask_query (belfry_request_get_query (request), secrets);
  g_autoptr (GString) text = g_string_new (NULL);

  append_member (text, "method", belfry_request_get_method (request));
  append_member (text, "path", belfry_request_get_path (request));
  append_member (text, "query", query);
  append_headers (text, hook, request, secrets);
  g_string_append_c (text, '}');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
body_holds_secret (GBytes *body, const char *const *secrets)
{
  gsize bytes = 0;
  const char *data = g_bytes_get_data (body, &bytes);

  for (guint i = 0; secrets != NULL && secrets[i] != NULL; i++)
    if (secrets[i][0] != '\0' && bytes > 0 &&
        memmem (data, bytes, secrets[i], strlen (secrets[i])) != NULL)
      return TRUE;
  return FALSE;
}

GBytes *
belfry_raw_mask_body (GBytes *body, const char *const *secrets)
{
  gsize bytes = 0;
  char *copy = NULL;

  if (!body_holds_secret (body, secrets))
    return g_bytes_ref (body);
  copy = g_memdup2 (g_bytes_get_data (body, &bytes), g_bytes_get_size (body));
  for (guint i = 0; secrets[i] != NULL; i++)
    put_stars (copy, bytes, secrets[i]);
  return g_bytes_new_take (copy, bytes);
}

static void
add_headers (BelfryRequest *request, JsonArray *headers)
{
  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++) {
    JsonArray *pair = json_array_get_array_element (headers, i);

    if (pair != NULL && json_array_get_length (pair) == 2)
      belfry_request_add_header (request, json_array_get_string_element (pair, 0),
                                 json_array_get_string_element (pair, 1));
  }
}

static BelfryRequest *
make_request (JsonObject *object, const char *address, GBytes *body)
{
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = belfry_json_get_text (object, "method"),
    .path = belfry_json_get_text (object, "path"),
    .query = belfry_json_get_text (object, "query"),
    .address = address,
    .body = body,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  add_headers (request, belfry_json_get_array (object, "headers"));
  return request;
}

BelfryRequest *
belfry_raw_from_json (JsonObject *object, GError **error)
{
  JsonObject *packed = belfry_json_get_object (object, "body");
  const char *text = belfry_json_get_text (object, "body");
  const char *base64 = packed != NULL ? belfry_json_get_text (packed, "base64") : NULL;
  g_autoptr (GBytes) body = NULL;

  if (belfry_json_get_text (object, "method") == NULL ||
      belfry_json_get_text (object, "path") == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "reading a stored request: it has no method or no path");
    return NULL;
  }
  if (base64 != NULL) {
    gsize bytes = 0;
    guchar *data = g_base64_decode (base64, &bytes);

    body = g_bytes_new_take (data, bytes);
  } else
    body = g_bytes_new (text != NULL ? text : "", text != NULL ? strlen (text) : 0);
  return make_request (object, belfry_json_get_text (object, "address"), body);
}

/* NULL without @error: there is none */
static BelfryRequest *
read_one (BelfryReader *reader, gint64 id, const char *address, GError **error)
{
  sqlite3_stmt *statement = belfry_reader_prepare (reader, read_sql, error);
  gboolean row = FALSE;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GBytes) body = NULL;

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, id);
  if (!belfry_reader_step (reader, statement, &row, error) || !row)
    return NULL;
  node = belfry_json_parse ((const char *)sqlite3_column_text (statement, 0),
                            sqlite3_column_bytes (statement, 0), NULL, error);
  body =
      g_bytes_new (sqlite3_column_blob (statement, 1), (gsize)sqlite3_column_bytes (statement, 1));
  sqlite3_reset (statement);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node)
             ? make_request (json_node_get_object (node), address, body)
             : NULL;
}

BelfryRequest *
belfry_raw_read (BelfryReader *reader, BelfryDelivery *delivery, GError **error)
{
  g_autoptr (BelfryDelivery) at = belfry_record_ref (delivery);
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < MAX_GENERATIONS; i++) {
    BelfryRequest *request = read_one (reader, at->deliveryid, delivery->source, &local);
    gint64 before = at->replay_of;

    if (request != NULL)
      return request;
    if (local != NULL || before == BELFRY_NONE)
      break;
    g_clear_pointer (&at, belfry_record_unref);
    at = belfry_reader_find (reader, belfry_delivery_get_type (), before, &local);
    if (at == NULL)
      break;
  }
  if (local != NULL && !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  else
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "the request of delivery %" G_GINT64_FORMAT
                 " is not kept (keep-raw of its hook, keep-raw-requests of [store])",
                 delivery->deliveryid);
  return NULL;
}
