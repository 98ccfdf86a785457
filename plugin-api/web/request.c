/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request as a value. Everything is copied but the body, which is shared. Arguments and JSON are
 * parsed once, at the first question, under a lock, because hooks and views ask on any thread; a
 * failure is kept as well, so that the second question costs nothing.
 */
#include "belfry-web.h"

#include "belfry-error.h"
#include "belfry-json.h"
#include "web/headers-private.h"

#include <string.h>

#define MAX_ARGUMENTS 1000

struct _BelfryRequest {
  gatomicrefcount refs;
  char *method;
  char *path;
  char *query;
  char *address;
  GBytes *body; /* never NULL */
  GPtrArray *headers;
  GPtrArray *parameters; /* (nullable) until the first */
  GMutex lock;           /* guards what follows */
  BelfryForm *arguments;
  JsonNode *json;
  GError *arguments_error;
  GError *json_error;
};

/**
 * belfry_request_new:
 * @fields: what the request is made of; strings are copied, the body is shared
 *
 * Makes a request. Headers and route parameters are added before anybody else sees it.
 *
 * Returns: (transfer full): a request
 * Since: 0.1
 */
BelfryRequest *
belfry_request_new (const BelfryRequestFields *fields)
{
  BelfryRequest *self = NULL;

  g_return_val_if_fail (fields != NULL, NULL);
  g_return_val_if_fail (fields->method != NULL && fields->path != NULL, NULL);
  self = g_new0 (BelfryRequest, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->method = g_strdup (fields->method);
  self->path = g_strdup (fields->path);
  self->query = g_strdup (fields->query);
  self->address = g_strdup (fields->address);
  self->body = fields->body != NULL ? g_bytes_ref (fields->body) : g_bytes_new (NULL, 0);
  self->headers = belfry_pairs_new ();
  return self;
}

/**
 * belfry_request_ref:
 * @self: a request
 *
 * Returns: (transfer full): the same request
 * Since: 0.1
 */
BelfryRequest *
belfry_request_ref (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_request_unref:
 * @self: (nullable) (transfer full): a request
 *
 * Since: 0.1
 */
void
belfry_request_unref (BelfryRequest *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->method);
  g_free (self->path);
  g_free (self->query);
  g_free (self->address);
  g_bytes_unref (self->body);
  g_ptr_array_unref (self->headers);
  g_clear_pointer (&self->parameters, g_ptr_array_unref);
  g_clear_pointer (&self->arguments, belfry_form_free);
  g_clear_pointer (&self->json, json_node_unref);
  g_clear_error (&self->arguments_error);
  g_clear_error (&self->json_error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * belfry_request_add_header:
 * @self: a request that nobody else has seen yet
 * @name: name of the header
 * @value: its value; a header sent twice is added twice
 *
 * Since: 0.1
 */
void
belfry_request_add_header (BelfryRequest *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  belfry_pairs_add (self->headers, name, value);
}

/**
 * belfry_request_set_parameter:
 * @self: a request that nobody else has seen yet
 * @name: name between the braces of the route's pattern
 * @value: the decoded segment
 *
 * Since: 0.1
 */
void
belfry_request_set_parameter (BelfryRequest *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  if (self->parameters == NULL)
    self->parameters = belfry_pairs_new ();
  belfry_pairs_set (self->parameters, name, value);
}

/**
 * belfry_request_get_method:
 * @self: a request
 *
 * Returns: (transfer none): the method in capitals
 * Since: 0.1
 */
const char *
belfry_request_get_method (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->method;
}

/**
 * belfry_request_get_path:
 * @self: a request
 *
 * Returns: (transfer none): the path as sent, still percent-encoded
 * Since: 0.1
 */
const char *
belfry_request_get_path (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->path;
}

/**
 * belfry_request_get_query:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): what followed the question mark, as sent
 * Since: 0.1
 */
const char *
belfry_request_get_query (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->query;
}

/**
 * belfry_request_get_address:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): address of who asks, after trusted proxies; %NULL on a Unix
 * socket
 *
 * Since: 0.1
 */
const char *
belfry_request_get_address (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->address;
}

/**
 * belfry_request_get_header:
 * @self: a request
 * @name: name of a header, in any case
 *
 * Returns: (transfer none) (nullable): value of the first header of that name
 * Since: 0.1
 */
const char *
belfry_request_get_header (BelfryRequest *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);
  return belfry_pairs_find (self->headers, name);
}

/**
 * belfry_request_count_header:
 * @self: a request
 * @name: name of a header, in any case
 *
 * Returns: how often it was sent
 * Since: 0.1
 */
guint
belfry_request_count_header (BelfryRequest *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, 0);
  return belfry_pairs_count (self->headers, name);
}

/**
 * belfry_request_list_headers:
 * @self: a request
 *
 * Returns: (transfer none) (element-type utf8): name, value, name, value… in the order sent
 * Since: 0.1
 */
GPtrArray *
belfry_request_list_headers (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->headers;
}

/**
 * belfry_request_get_body:
 * @self: a request
 *
 * Returns: (transfer none): the exact bytes received; empty where there was no body
 * Since: 0.1
 */
GBytes *
belfry_request_get_body (BelfryRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->body;
}

/**
 * belfry_request_dup_media_type:
 * @self: a request
 *
 * Returns: (transfer full) (nullable): type of the body in small letters, without parameters, such
 * as `application/json`
 *
 * Since: 0.1
 */
char *
belfry_request_dup_media_type (BelfryRequest *self)
{
  const char *value = NULL;
  g_autofree char *type = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  value = belfry_pairs_find (self->headers, "Content-Type");
  if (value == NULL)
    return NULL;
  type = g_strndup (value, strcspn (value, ";"));
  return g_ascii_strdown (g_strstrip (type), -1);
}

/**
 * belfry_request_get_parameter:
 * @self: a request
 * @name: name between the braces of the route's pattern
 *
 * Returns: (transfer none) (nullable): the segment of the path that stands there, decoded
 * Since: 0.1
 */
const char *
belfry_request_get_parameter (BelfryRequest *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);
  return self->parameters != NULL ? belfry_pairs_find (self->parameters, name) : NULL;
}

/* (transfer full) (nullable): the charset parameter where it is another than UTF-8 */
static char *
dup_foreign_charset (const char *content_type)
{
  g_auto (GStrv) parts = g_strsplit (content_type, ";", 16);

  for (char **part = parts[0] != NULL ? parts + 1 : parts; *part != NULL; part++) {
    char *text = g_strstrip (*part);
    g_autofree char *charset = NULL;

    if (g_ascii_strncasecmp (text, "charset=", 8) != 0)
      continue;
    charset = g_ascii_strdown (text + 8, -1);
    g_strdelimit (charset, "\"", ' ');
    g_strstrip (charset);
    if (g_str_equal (charset, "utf-8") || g_str_equal (charset, "utf8") || *charset == '\0')
      return NULL;
    return g_steal_pointer (&charset);
  }
  return NULL;
}

/*
 * Escapes above ASCII become bytes, the others stay, so that one conversion of the whole text gives
 * a form in UTF-8 whose separators are still the sender's.
 */
static char *
convert_form (
    const char *text, gsize length, const char *charset, gsize *converted_bytes, GError **error)
{
  g_autoptr (GString) raw = g_string_sized_new (length);
  char *converted = NULL;

  for (gsize i = 0; i < length; i++) {
    gboolean is_escape = text[i] == '%' && i + 2 < length && g_ascii_isxdigit (text[i + 1]) &&
                         g_ascii_isxdigit (text[i + 2]);
    int value = is_escape
                    ? g_ascii_xdigit_value (text[i + 1]) * 16 + g_ascii_xdigit_value (text[i + 2])
                    : 0;

    g_string_append_c (raw, value >= 0x80 ? (char)value : text[i]);
    i += value >= 0x80 ? 2 : 0;
  }
  converted = g_convert (raw->str, raw->len, "UTF-8", charset, NULL, converted_bytes, NULL);
  /* the name is a stranger's, and is not told back */
  if (converted == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "reading the form: it is not in its charset, or that is not known");
  return converted;
}

static gboolean
add_body_arguments (BelfryRequest *self, BelfryForm *form, GError **error)
{
  g_autofree char *type = belfry_request_dup_media_type (self);
  const char *content_type = belfry_pairs_find (self->headers, "Content-Type");
  gsize length = 0;
  const char *text = g_bytes_get_data (self->body, &length);

  if (type == NULL || length == 0)
    return TRUE;
  if (g_str_equal (type, "multipart/form-data"))
    return belfry_form_add_multipart (form, content_type, text, length, error);
  if (g_str_equal (type, "application/x-www-form-urlencoded")) {
    g_autofree char *charset = dup_foreign_charset (content_type);
    g_autofree char *converted = NULL;

    if (charset == NULL)
      return belfry_form_add_urlencoded (form, text, length, MAX_ARGUMENTS, error);
    converted = convert_form (text, length, charset, &length, error);
    return converted != NULL &&
           belfry_form_add_urlencoded (form, converted, length, MAX_ARGUMENTS, error);
  }
  return TRUE;
}

static BelfryForm *
parse_arguments (BelfryRequest *self, GError **error)
{
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_autoptr (BelfryForm) body = belfry_form_new ();

  if (self->query != NULL &&
      !belfry_form_add_urlencoded (form, self->query, -1, MAX_ARGUMENTS, error)) {
    g_prefix_error (error, "reading the query: ");
    return NULL;
  }
  if (!add_body_arguments (self, body, error))
    return NULL;
  belfry_form_replace_with (form, body);
  return g_steal_pointer (&form);
}

/**
 * belfry_request_get_arguments:
 * @self: a request
 * @error: return location: %BELFRY_ERROR_MALFORMED or %BELFRY_ERROR_TOO_LARGE, both of which a
 * client has to be told (400)
 *
 * Arguments of the query and of a form in the body (urlencoded or multipart); a name that the body
 * has hides those of the query. Parsed once.
 *
 * Returns: (transfer none) (nullable): the arguments, as long as the request lives
 * Since: 0.1
 */
BelfryForm *
belfry_request_get_arguments (BelfryRequest *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  locker = g_mutex_locker_new (&self->lock);
  if (self->arguments == NULL && self->arguments_error == NULL)
    self->arguments = parse_arguments (self, &self->arguments_error);
  if (self->arguments == NULL && error != NULL)
    *error = g_error_copy (self->arguments_error);
  return self->arguments;
}

/**
 * belfry_request_get_json:
 * @self: a request
 * @error: return location: %BELFRY_ERROR_MALFORMED or %BELFRY_ERROR_TOO_LARGE
 *
 * The body read as JSON, whatever its type says. Parsed once.
 *
 * Returns: (transfer none) (nullable): the document, as long as the request lives
 * Since: 0.1
 */
JsonNode *
belfry_request_get_json (BelfryRequest *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;
  BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits) };

  g_return_val_if_fail (self != NULL, NULL);
  locker = g_mutex_locker_new (&self->lock);
  if (self->json == NULL && self->json_error == NULL) {
    gsize length = 0;
    const char *text = g_bytes_get_data (self->body, &length);

    self->json = belfry_json_parse (text != NULL ? text : "", length, &limits, &self->json_error);
  }
  if (self->json == NULL && error != NULL)
    *error = g_error_copy (self->json_error);
  return self->json;
}

/**
 * belfry_request_get_argument:
 * @self: a request
 * @name: name of an argument
 *
 * Returns: (transfer none) (nullable): its first value; %NULL where it is absent or the arguments
 * cannot be read
 *
 * Since: 0.1
 */
const char *
belfry_request_get_argument (BelfryRequest *self, const char *name)
{
  BelfryForm *form = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  form = belfry_request_get_arguments (self, NULL);
  return form != NULL ? belfry_form_get (form, name) : NULL;
}

/**
 * belfry_request_to_json:
 * @self: a request
 *
 * The request as stored deliveries and isolated plugins see it: `method`, `path`, `query`,
 * `address`, `headers` (pairs), `parameters` (pairs) and `body` (text, or an object with `base64`).
 * Nothing is left out: who stores it removes secrets first.
 *
 * Returns: (transfer full): an object
 * Since: 0.1
 */
JsonObject *
belfry_request_to_json (BelfryRequest *self)
{
  JsonObject *object = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  object = json_object_new ();
  json_object_set_string_member (object, "method", self->method);
  json_object_set_string_member (object, "path", self->path);
  json_object_set_member (object, "query", belfry_json_new_text (self->query));
  json_object_set_member (object, "address", belfry_json_new_text (self->address));
  json_object_set_array_member (object, "headers", belfry_pairs_to_json (self->headers));
  if (self->parameters != NULL)
    json_object_set_array_member (object, "parameters", belfry_pairs_to_json (self->parameters));
  json_object_set_member (object, "body", belfry_body_to_json (self->body));
  return object;
}
