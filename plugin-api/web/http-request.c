/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request that leaves this machine, as data: reporters make it, the outbox keeps it as JSON, the
 * host sends it. A header cannot break its line, whatever text it was made from.
 */
#include "belfry-http.h"

#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-text.h"
#include "web/headers-private.h"

#include <string.h>

#define DEFAULT_TIMEOUT_US   (30 * G_USEC_PER_SEC)
#define DEFAULT_ANSWER_BYTES ((gsize)1024 * 1024)
#define FORM_TYPE            "application/x-www-form-urlencoded"

struct _BelfryHttpRequest {
  gatomicrefcount refs;
  char *method;
  char *url;
  GPtrArray *headers;
  GBytes *body;          /* (nullable) */
  GString *form;         /* (nullable) */
  char *digest_user;     /* (nullable) */
  char *digest_password; /* with it */
  gboolean verify;
  gboolean debug;
  gint64 timeout_us;
  gsize max_answer_bytes;
};

/**
 * belfry_http_request_new:
 * @method: `GET`, `POST`…
 * @url: where to, http or https
 *
 * Makes a request with a verified certificate, 30 seconds and an answer of at most 1 MiB.
 *
 * Returns: (transfer full): a request
 * Since: 0.1
 */
BelfryHttpRequest *
belfry_http_request_new (const char *method, const char *url)
{
  BelfryHttpRequest *self = NULL;

  g_return_val_if_fail (method != NULL && url != NULL, NULL);
  self = g_new0 (BelfryHttpRequest, 1);
  g_atomic_ref_count_init (&self->refs);
  self->method = g_strdup (method);
  self->url = belfry_header_dup_safe (url);
  self->headers = belfry_pairs_new ();
  self->verify = TRUE;
  self->timeout_us = DEFAULT_TIMEOUT_US;
  self->max_answer_bytes = DEFAULT_ANSWER_BYTES;
  return self;
}

/**
 * belfry_http_request_ref:
 * @self: a request
 *
 * Returns: (transfer full): the same request
 * Since: 0.1
 */
BelfryHttpRequest *
belfry_http_request_ref (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_http_request_unref:
 * @self: (nullable) (transfer full): a request
 *
 * Since: 0.1
 */
void
belfry_http_request_unref (BelfryHttpRequest *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->method);
  g_free (self->url);
  g_free (self->digest_user);
  g_free (self->digest_password);
  g_ptr_array_unref (self->headers);
  g_clear_pointer (&self->body, g_bytes_unref);
  if (self->form != NULL)
    g_string_free (self->form, TRUE);
  g_free (self);
}

/**
 * belfry_http_request_set_header:
 * @self: a request
 * @name: name of a header
 * @value: its value; control characters are percent-encoded
 *
 * Sets a header, replacing one of that name.
 *
 * Since: 0.1
 */
void
belfry_http_request_set_header (BelfryHttpRequest *self, const char *name, const char *value)
{
  g_autofree char *safe = NULL;

  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  safe = belfry_header_dup_safe (value);
  belfry_pairs_set (self->headers, name, safe);
}

static void
take_body (BelfryHttpRequest *self, const char *content_type, GBytes *body)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  if (self->form != NULL)
    g_string_free (g_steal_pointer (&self->form), TRUE);
  self->body = body;
  if (content_type != NULL)
    belfry_http_request_set_header (self, "Content-Type", content_type);
}

/**
 * belfry_http_request_set_body:
 * @self: a request
 * @content_type: (nullable): type of the body; %NULL: as set by a header
 * @text: the body
 *
 * Replaces what body or form there was.
 *
 * Since: 0.1
 */
void
belfry_http_request_set_body (BelfryHttpRequest *self, const char *content_type, const char *text)
{
  g_return_if_fail (self != NULL && text != NULL);
  take_body (self, content_type, g_bytes_new (text, strlen (text)));
}

/**
 * belfry_http_request_set_json:
 * @self: a request
 * @node: (transfer none): the body
 *
 * Sets a body of type `application/json`, keys in their order.
 *
 * Since: 0.1
 */
void
belfry_http_request_set_json (BelfryHttpRequest *self, JsonNode *node)
{
  char *text = NULL;

  g_return_if_fail (self != NULL && node != NULL);
  text = belfry_json_to_text (node);
  take_body (self, "application/json", g_bytes_new_take (text, strlen (text)));
}

/**
 * belfry_http_request_add_form:
 * @self: a request
 * @name: name of a field
 * @value: (nullable): its value; %NULL: nothing is added
 *
 * Adds a field to a body of type `application/x-www-form-urlencoded`.
 *
 * Since: 0.1
 */
void
belfry_http_request_add_form (BelfryHttpRequest *self, const char *name, const char *value)
{
  g_autofree char *encoded_name = NULL;
  g_autofree char *encoded_value = NULL;

  g_return_if_fail (self != NULL && name != NULL);
  if (value == NULL)
    return;
  if (self->form == NULL) {
    take_body (self, FORM_TYPE, NULL);
    self->form = g_string_new (NULL);
  }
  encoded_name = belfry_text_percent_encode (name);
  encoded_value = belfry_text_percent_encode (value);
  g_string_append_printf (self->form, "%s%s=%s", self->form->len > 0 ? "&" : "", encoded_name,
                          encoded_value);
}

/**
 * belfry_http_request_set_basic:
 * @self: a request
 * @user: name of the user
 * @password: password
 *
 * Sets `Authorization: Basic` (RFC 7617).
 *
 * Since: 0.1
 */
void
belfry_http_request_set_basic (BelfryHttpRequest *self, const char *user, const char *password)
{
  g_autofree char *pair = NULL;
  g_autofree char *encoded = NULL;
  g_autofree char *value = NULL;

  g_return_if_fail (self != NULL && user != NULL && password != NULL);
  pair = g_strdup_printf ("%s:%s", user, password);
  encoded = g_base64_encode ((const guchar *)pair, strlen (pair));
  value = g_strdup_printf ("Basic %s", encoded);
  belfry_http_request_set_header (self, "Authorization", value);
}

/**
 * belfry_http_request_set_bearer:
 * @self: a request
 * @scheme: (nullable): `Bearer`, `token`…; %NULL: `Bearer`
 * @token: the token
 *
 * Sets `Authorization` to a scheme and a token (RFC 6750).
 *
 * Since: 0.1
 */
void
belfry_http_request_set_bearer (BelfryHttpRequest *self, const char *scheme, const char *token)
{
  g_autofree char *value = NULL;

  g_return_if_fail (self != NULL && token != NULL);
  value = g_strdup_printf ("%s %s", scheme != NULL ? scheme : "Bearer", token);
  belfry_http_request_set_header (self, "Authorization", value);
}

/**
 * belfry_http_request_set_digest:
 * @self: a request
 * @user: name of the user
 * @password: password
 *
 * Answers a challenge of the scheme Digest (RFC 7616) with these; nothing is sent before one.
 *
 * Since: 0.1
 */
void
belfry_http_request_set_digest (BelfryHttpRequest *self, const char *user, const char *password)
{
  g_return_if_fail (self != NULL && user != NULL && password != NULL);
  g_free (self->digest_user);
  g_free (self->digest_password);
  self->digest_user = g_strdup (user);
  self->digest_password = g_strdup (password);
}

/**
 * belfry_http_request_get_digest:
 * @self: a request
 * @user: (out) (transfer none): who answers a challenge
 * @password: (out) (transfer none): with which password
 *
 * Returns: whether a Digest challenge is to be answered
 * Since: 0.1
 */
gboolean
belfry_http_request_get_digest (BelfryHttpRequest *self, const char **user, const char **password)
{
  g_return_val_if_fail (self != NULL && user != NULL && password != NULL, FALSE);
  *user = self->digest_user;
  *password = self->digest_password;
  return self->digest_user != NULL;
}

/**
 * belfry_http_request_set_debug:
 * @self: a request
 * @debug: whether request and answer are to be logged whole, secrets masked
 *
 * Since: 0.1
 */
void
belfry_http_request_set_debug (BelfryHttpRequest *self, gboolean debug)
{
  g_return_if_fail (self != NULL);
  self->debug = debug;
}

/**
 * belfry_http_request_get_debug:
 * @self: a request
 *
 * Returns: whether request and answer are to be logged
 * Since: 0.1
 */
gboolean
belfry_http_request_get_debug (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->debug;
}

/**
 * belfry_http_request_set_verify:
 * @self: a request
 * @verify: whether the certificate of the other side must be good
 *
 * Since: 0.1
 */
void
belfry_http_request_set_verify (BelfryHttpRequest *self, gboolean verify)
{
  g_return_if_fail (self != NULL);
  self->verify = verify;
}

/**
 * belfry_http_request_set_limits:
 * @self: a request
 * @timeout_us: longest time in µs until the answer is whole; 0: as it is
 * @max_answer_bytes: longest body of the answer; 0: as it is
 *
 * Since: 0.1
 */
void
belfry_http_request_set_limits (BelfryHttpRequest *self, gint64 timeout_us, gsize max_answer_bytes)
{
  g_return_if_fail (self != NULL);
  if (timeout_us > 0)
    self->timeout_us = timeout_us;
  if (max_answer_bytes > 0)
    self->max_answer_bytes = max_answer_bytes;
}

/**
 * belfry_http_request_get_method:
 * @self: a request
 *
 * Returns: (transfer none): the method
 * Since: 0.1
 */
const char *
belfry_http_request_get_method (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->method;
}

/**
 * belfry_http_request_get_url:
 * @self: a request
 *
 * Returns: (transfer none): where to
 * Since: 0.1
 */
const char *
belfry_http_request_get_url (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->url;
}

/**
 * belfry_http_request_list_headers:
 * @self: a request
 *
 * Returns: (transfer none) (element-type utf8): name, value, name, value…
 * Since: 0.1
 */
GPtrArray *
belfry_http_request_list_headers (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->headers;
}

/**
 * belfry_http_request_dup_body:
 * @self: a request
 *
 * Returns: (transfer full) (nullable): body or form; %NULL: none
 * Since: 0.1
 */
GBytes *
belfry_http_request_dup_body (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  if (self->form != NULL)
    return g_bytes_new (self->form->str, self->form->len);
  return self->body != NULL ? g_bytes_ref (self->body) : NULL;
}

/**
 * belfry_http_request_get_verify:
 * @self: a request
 *
 * Returns: whether the certificate of the other side must be good
 * Since: 0.1
 */
gboolean
belfry_http_request_get_verify (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, TRUE);
  return self->verify;
}

/**
 * belfry_http_request_get_timeout_us:
 * @self: a request
 *
 * Returns: longest time in µs
 * Since: 0.1
 */
gint64
belfry_http_request_get_timeout_us (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->timeout_us;
}

/**
 * belfry_http_request_get_max_answer_bytes:
 * @self: a request
 *
 * Returns: longest body of the answer
 * Since: 0.1
 */
gsize
belfry_http_request_get_max_answer_bytes (BelfryHttpRequest *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->max_answer_bytes;
}

/**
 * belfry_http_request_to_json:
 * @self: a request
 *
 * Writes the request down, credentials and all: `method`, `url`, `headers` (pairs), `body`,
 * `verify`, `debug`, `timeout_us`, `max_answer_bytes`, and `digest` (a pair) where there is one.
 *
 * Returns: (transfer full): an object, which belfry_http_request_from_json () reads
 * Since: 0.1
 */
JsonNode *
belfry_http_request_to_json (BelfryHttpRequest *self)
{
  JsonNode *node = NULL;
  JsonObject *object = NULL;
  g_autoptr (GBytes) body = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  object = json_object_new ();
  body = belfry_http_request_dup_body (self);
  json_object_set_string_member (object, "method", self->method);
  json_object_set_string_member (object, "url", self->url);
  json_object_set_array_member (object, "headers", belfry_pairs_to_json (self->headers));
  json_object_set_member (object, "body", belfry_body_to_json (body));
  json_object_set_boolean_member (object, "verify", self->verify);
  json_object_set_boolean_member (object, "debug", self->debug);
  if (self->digest_user != NULL) {
    JsonArray *pair = json_array_new ();

    json_array_add_string_element (pair, self->digest_user);
    json_array_add_string_element (pair, self->digest_password);
    json_object_set_array_member (object, "digest", pair);
  }
  json_object_set_int_member (object, "timeout_us", self->timeout_us);
  json_object_set_int_member (object, "max_answer_bytes", (gint64)self->max_answer_bytes);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static gboolean
is_text_pair (JsonArray *pair)
{
  return pair != NULL && json_array_get_length (pair) == 2 &&
         JSON_NODE_HOLDS_VALUE (json_array_get_element (pair, 0)) &&
         JSON_NODE_HOLDS_VALUE (json_array_get_element (pair, 1)) &&
         json_node_get_value_type (json_array_get_element (pair, 0)) == G_TYPE_STRING &&
         json_node_get_value_type (json_array_get_element (pair, 1)) == G_TYPE_STRING;
}

static gboolean
read_headers (BelfryHttpRequest *self, JsonArray *headers, GError **error)
{
  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++) {
    JsonNode *node = json_array_get_element (headers, i);
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

    if (!is_text_pair (pair)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                   "reading a stored request: header %u is no pair of texts", i);
      return FALSE;
    }
    belfry_http_request_set_header (self, json_array_get_string_element (pair, 0),
                                    json_array_get_string_element (pair, 1));
  }
  return TRUE;
}

static void
read_digest (BelfryHttpRequest *self, JsonArray *pair)
{
  if (is_text_pair (pair))
    belfry_http_request_set_digest (self, json_array_get_string_element (pair, 0),
                                    json_array_get_string_element (pair, 1));
}

/**
 * belfry_http_request_from_json:
 * @node: what belfry_http_request_to_json () wrote
 * @error: return location: %BELFRY_ERROR_MALFORMED
 *
 * Returns: (transfer full): the request
 * Since: 0.1
 */
BelfryHttpRequest *
belfry_http_request_from_json (JsonNode *node, GError **error)
{
  g_autoptr (BelfryHttpRequest) self = NULL;
  JsonObject *object = NULL;
  const char *method = NULL;
  const char *url = NULL;

  g_return_val_if_fail (node != NULL, NULL);
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  method = object != NULL ? belfry_json_get_text (object, "method") : NULL;
  url = object != NULL ? belfry_json_get_text (object, "url") : NULL;
  if (method == NULL || url == NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                         "reading a stored request: no method or no url");
    return NULL;
  }
  self = belfry_http_request_new (method, url);
  if (!read_headers (self, belfry_json_get_array (object, "headers"), error))
    return NULL;
  self->body = belfry_body_from_json (json_object_get_member (object, "body"));
  self->verify = belfry_json_get_boolean (object, "verify", TRUE);
  self->debug = belfry_json_get_boolean (object, "debug", FALSE);
  read_digest (self, belfry_json_get_array (object, "digest"));
  belfry_http_request_set_limits (
      self, belfry_json_get_integer (object, "timeout_us", 0),
      (gsize)MAX (belfry_json_get_integer (object, "max_answer_bytes", 0), 0));
  return g_steal_pointer (&self);
}
