/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a hook or a view answers: a value that the host turns into HTTP. The host adds what every
 * answer has (caching, compression, security); a plugin says only what it alone knows.
 */
#include "belfry-web.h"

#include "web/headers-private.h"

#include <string.h>

struct _BelfryResponse {
  gatomicrefcount refs;
  BelfryResponseKind kind;
  guint status;
  char *content_type;  /* (nullable) */
  GBytes *body;        /* (nullable) */
  char *template_name; /* (nullable) */
  JsonObject *data;    /* (nullable) */
  char *records_name;  /* (nullable) */
  BelfryTemplateRecords records;
  gint64 logid;
  gboolean with_headers;
  gboolean follow;
  gboolean is_final;
  GPtrArray *headers;
};

static BelfryResponse *
response_new (BelfryResponseKind kind, guint status, const char *content_type)
{
  BelfryResponse *self = g_new0 (BelfryResponse, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = kind;
  self->status = status;
  self->content_type = g_strdup (content_type);
  self->headers = belfry_pairs_new ();
  return self;
}

/**
 * belfry_response_new_text:
 * @status: status of HTTP
 * @content_type: (nullable): type of the text; %NULL: `text/plain; charset=utf-8`
 * @text: the body, in UTF-8
 *
 * Returns: (transfer full): an answer
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_text (guint status, const char *content_type, const char *text)
{
  BelfryResponse *self = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  self = response_new (BELFRY_RESPONSE_BYTES, status,
                       content_type != NULL ? content_type : "text/plain; charset=utf-8");
  self->body = g_bytes_new (text, strlen (text));
  return self;
}

/**
 * belfry_response_new_bytes:
 * @status: status of HTTP
 * @content_type: (nullable): type of the body; %NULL: `application/octet-stream`
 * @body: (nullable): the body, shared; %NULL: none
 *
 * Returns: (transfer full): an answer
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_bytes (guint status, const char *content_type, GBytes *body)
{
  BelfryResponse *self =
      response_new (BELFRY_RESPONSE_BYTES, status,
                    content_type != NULL ? content_type : "application/octet-stream");

  self->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  return self;
}

/**
 * belfry_response_new_template:
 * @status: status of HTTP
 * @template_name: name of a template such as `builder.html`
 * @data: (transfer full) (nullable): its variables, to which the host adds those of the frame
 *
 * Returns: (transfer full): an answer that the host draws from a template
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_template (guint status, const char *template_name, JsonObject *data)
{
  BelfryResponse *self = NULL;

  g_return_val_if_fail (template_name != NULL, NULL);
  self = response_new (BELFRY_RESPONSE_TEMPLATE, status, NULL);
  self->template_name = g_strdup (template_name);
  self->data = data != NULL ? data : json_object_new ();
  return self;
}

/**
 * belfry_response_take_records:
 * @self: an answer made by belfry_response_new_template ()
 * @name: name of a variable
 * @records: (transfer full) (element-type BelfryRecord): its value
 *
 * Gives the template one variable more, a list of records.
 *
 * Since: 0.1
 */
void
belfry_response_take_records (BelfryResponse *self, const char *name, GPtrArray *records)
{
  g_return_if_fail (self != NULL && self->kind == BELFRY_RESPONSE_TEMPLATE);
  g_return_if_fail (name != NULL);
  g_return_if_fail (records != NULL);
  g_return_if_fail (self->records_name == NULL);

  self->records_name = g_strdup (name);
  self->records = (BelfryTemplateRecords){ self->records_name, records };
}

/**
 * belfry_response_new_log:
 * @logid: which log
 * @with_headers: whether header lines are sent as well
 * @follow: whether the answer goes on as long as the log grows
 *
 * Returns: (transfer full): an answer that the host streams as plain text
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_log (gint64 logid, gboolean with_headers, gboolean follow)
{
  BelfryResponse *self = response_new (BELFRY_RESPONSE_LOG, 200, "text/plain; charset=utf-8");

  self->logid = logid;
  self->with_headers = with_headers;
  self->follow = follow;
  return self;
}

/**
 * belfry_response_new_redirect:
 * @status: 301, 302, 303, 307 or 308
 * @location: where to; relative to the request, so that it works below any prefix
 *
 * Returns: (transfer full): an answer without body
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_redirect (guint status, const char *location)
{
  BelfryResponse *self = NULL;

  g_return_val_if_fail (location != NULL, NULL);
  self = response_new (BELFRY_RESPONSE_BYTES, status, "text/plain; charset=utf-8");
  self->body = g_bytes_new (NULL, 0);
  belfry_response_set_header (self, "Location", location);
  return self;
}

/**
 * belfry_response_new_not_found:
 * @what: what there is none of, for people: `builder 'nightly'`
 * @up: (nullable): relative link one level up
 *
 * Returns: (transfer full): a 404 page, drawn from the template `error.html` with `status`, `what`
 * and `up`
 *
 * Since: 0.1
 */
BelfryResponse *
belfry_response_new_not_found (const char *what, const char *up)
{
  JsonObject *data = NULL;

  g_return_val_if_fail (what != NULL, NULL);
  data = json_object_new ();
  json_object_set_int_member (data, "status", 404);
  json_object_set_string_member (data, "what", what);
  if (up != NULL)
    json_object_set_string_member (data, "up", up);
  else
    json_object_set_null_member (data, "up");
  return belfry_response_new_template (404, "error.html", data);
}

/**
 * belfry_response_ref:
 * @self: an answer
 *
 * Returns: (transfer full): the same answer
 * Since: 0.1
 */
BelfryResponse *
belfry_response_ref (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_response_unref:
 * @self: (nullable) (transfer full): an answer
 *
 * Since: 0.1
 */
void
belfry_response_unref (BelfryResponse *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->content_type);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->template_name);
  g_clear_pointer (&self->data, json_object_unref);
  g_free (self->records_name);
  g_clear_pointer (&self->records.records, g_ptr_array_unref);
  g_ptr_array_unref (self->headers);
  g_free (self);
}

/**
 * belfry_response_get_kind:
 * @self: an answer
 *
 * Returns: what kind of answer it is
 * Since: 0.1
 */
BelfryResponseKind
belfry_response_get_kind (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, BELFRY_RESPONSE_BYTES);
  return self->kind;
}

/**
 * belfry_response_get_status:
 * @self: an answer
 *
 * Returns: status of HTTP
 * Since: 0.1
 */
guint
belfry_response_get_status (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, 500);
  return self->status;
}

/**
 * belfry_response_get_content_type:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): its type; %NULL: the template's name decides
 * Since: 0.1
 */
const char *
belfry_response_get_content_type (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->content_type;
}

/**
 * belfry_response_get_body:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the body of %BELFRY_RESPONSE_BYTES
 * Since: 0.1
 */
GBytes *
belfry_response_get_body (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->body;
}

/**
 * belfry_response_get_template_name:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the template of %BELFRY_RESPONSE_TEMPLATE
 * Since: 0.1
 */
const char *
belfry_response_get_template_name (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->template_name;
}

/**
 * belfry_response_get_data:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the variables of %BELFRY_RESPONSE_TEMPLATE
 * Since: 0.1
 */
JsonObject *
belfry_response_get_data (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->data;
}

/**
 * belfry_response_get_records:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the records of %BELFRY_RESPONSE_TEMPLATE
 * Since: 0.1
 */
const BelfryTemplateRecords *
belfry_response_get_records (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->records_name != NULL ? &self->records : NULL;
}

/**
 * belfry_response_get_logid:
 * @self: an answer
 *
 * Returns: the log of %BELFRY_RESPONSE_LOG
 * Since: 0.1
 */
gint64
belfry_response_get_logid (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->logid;
}

/**
 * belfry_response_get_with_headers:
 * @self: an answer
 *
 * Returns: whether header lines of the log are sent
 * Since: 0.1
 */
gboolean
belfry_response_get_with_headers (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->with_headers;
}

/**
 * belfry_response_get_follow:
 * @self: an answer
 *
 * Returns: whether the answer goes on as long as the log grows
 * Since: 0.1
 */
gboolean
belfry_response_get_follow (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->follow;
}

/**
 * belfry_response_set_header:
 * @self: an answer that nobody else has seen yet
 * @name: name of a header
 * @value: its value; control characters are percent-encoded, so that it stays one line
 *
 * Sets a header, replacing one of that name; `Set-Cookie` may stand more than once.
 *
 * Since: 0.1
 */
void
belfry_response_set_header (BelfryResponse *self, const char *name, const char *value)
{
  g_autofree char *safe = NULL;

  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  safe = belfry_header_dup_safe (value);
  if (g_ascii_strcasecmp (name, "Set-Cookie") == 0)
    belfry_pairs_add (self->headers, name, safe);
  else
    belfry_pairs_set (self->headers, name, safe);
}

/**
 * belfry_response_list_headers:
 * @self: an answer
 *
 * Returns: (transfer none) (element-type utf8): name, value, name, value…
 * Since: 0.1
 */
GPtrArray *
belfry_response_list_headers (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->headers;
}

/**
 * belfry_response_set_final:
 * @self: an answer that nobody else has seen yet
 * @is_final: whether what it shows will never change again, such as a finished log
 *
 * Lets browsers keep the answer.
 *
 * Since: 0.1
 */
void
belfry_response_set_final (BelfryResponse *self, gboolean is_final)
{
  g_return_if_fail (self != NULL);
  self->is_final = is_final;
}

/**
 * belfry_response_is_final:
 * @self: an answer
 *
 * Returns: whether what it shows will never change again
 * Since: 0.1
 */
gboolean
belfry_response_is_final (BelfryResponse *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->is_final;
}
