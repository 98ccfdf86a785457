/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service answered: a stranger's data, already within the request's limits. */
#include "belfry-http.h"

#include "belfry-json.h"
#include "belfry-text.h"
#include "web/headers-private.h"

#define EXCERPT_BYTES 1024

struct _BelfryHttpAnswer {
  gatomicrefcount refs;
  guint status;
  GBytes *body; /* never NULL */
  GPtrArray *headers;
};

/**
 * belfry_http_answer_new:
 * @status: status of HTTP
 * @body: (nullable): the body, shared
 *
 * Returns: (transfer full): an answer
 * Since: 0.1
 */
BelfryHttpAnswer *
belfry_http_answer_new (guint status, GBytes *body)
{
  BelfryHttpAnswer *self = g_new0 (BelfryHttpAnswer, 1);

  g_atomic_ref_count_init (&self->refs);
  self->status = status;
  self->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  self->headers = belfry_pairs_new ();
  return self;
}

/**
 * belfry_http_answer_ref:
 * @self: an answer
 *
 * Returns: (transfer full): the same answer
 * Since: 0.1
 */
BelfryHttpAnswer *
belfry_http_answer_ref (BelfryHttpAnswer *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_http_answer_unref:
 * @self: (nullable) (transfer full): an answer
 *
 * Since: 0.1
 */
void
belfry_http_answer_unref (BelfryHttpAnswer *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_bytes_unref (self->body);
  g_ptr_array_unref (self->headers);
  g_free (self);
}

/**
 * belfry_http_answer_add_header:
 * @self: an answer that nobody else has seen yet
 * @name: name of a header
 * @value: its value
 *
 * Since: 0.1
 */
void
belfry_http_answer_add_header (BelfryHttpAnswer *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  belfry_pairs_add (self->headers, name, value);
}

/**
 * belfry_http_answer_get_status:
 * @self: an answer
 *
 * Returns: status of HTTP
 * Since: 0.1
 */
guint
belfry_http_answer_get_status (BelfryHttpAnswer *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->status;
}

/**
 * belfry_http_answer_get_header:
 * @self: an answer
 * @name: name of a header, in any case
 *
 * Returns: (transfer none) (nullable): value of the first of that name
 * Since: 0.1
 */
const char *
belfry_http_answer_get_header (BelfryHttpAnswer *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);
  return belfry_pairs_find (self->headers, name);
}

/**
 * belfry_http_answer_list_headers:
 * @self: an answer
 *
 * Returns: (transfer none) (element-type utf8): name, value, name, value…
 * Since: 0.1
 */
GPtrArray *
belfry_http_answer_list_headers (BelfryHttpAnswer *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->headers;
}

static gint64
get_moment_wait (gint64 moment_us)
{
  return MAX (moment_us - belfry_clock_now_us (), 1);
}

/**
 * belfry_http_answer_get_wait_us:
 * @self: an answer
 *
 * Says how long the service asks to be left alone: by `Retry-After`, in seconds or as a date, or by
 * `x-ratelimit-remaining: 0` with the moment in `x-ratelimit-reset`, in seconds since 1970. A
 * moment that is over is a wait of the least length, so that it still counts as a sign.
 *
 * Returns: the wait in µs; 0 where it asks for none
 * Since: 0.1
 */
gint64
belfry_http_answer_get_wait_us (BelfryHttpAnswer *self)
{
  const char *after = NULL;
  const char *remaining = NULL;
  const char *reset = NULL;
  gint64 number = 0;

  g_return_val_if_fail (self != NULL, 0);
  after = belfry_http_answer_get_header (self, "Retry-After");
  if (after != NULL && belfry_parse_integer (after, 0, G_MAXINT32, &number, NULL))
    return MAX (number * G_USEC_PER_SEC, 1);
  if (after != NULL && belfry_time_parse (after, &number, NULL))
    return get_moment_wait (number);
  remaining = belfry_http_answer_get_header (self, "x-ratelimit-remaining");
  reset = belfry_http_answer_get_header (self, "x-ratelimit-reset");
  if (g_strcmp0 (remaining, "0") == 0 && reset != NULL &&
      belfry_parse_integer (reset, 0, G_MAXINT64 / G_USEC_PER_SEC, &number, NULL))
    return get_moment_wait (number * G_USEC_PER_SEC);
  return 0;
}

/**
 * belfry_http_answer_dup_excerpt:
 * @self: an answer
 *
 * Makes what people and logs see of an answer: `CODE: ` and the first KiB of its body as one
 * printable line.
 *
 * Returns: (transfer full): one line without control characters
 * Since: 0.1
 */
char *
belfry_http_answer_dup_excerpt (BelfryHttpAnswer *self)
{
  gsize bytes = 0;
  const char *text = NULL;
  g_autofree char *shown = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  text = g_bytes_get_data (self->body, &bytes);
  shown = belfry_text_make_printable (text != NULL ? text : "", (gssize)bytes, EXCERPT_BYTES);
  return g_strdup_printf ("%u: %s", self->status, shown);
}

/**
 * belfry_http_answer_get_body:
 * @self: an answer
 *
 * Returns: (transfer none): the body
 * Since: 0.1
 */
GBytes *
belfry_http_answer_get_body (BelfryHttpAnswer *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->body;
}

/**
 * belfry_http_answer_parse_json:
 * @self: an answer
 * @error: return location: %BELFRY_ERROR_MALFORMED or %BELFRY_ERROR_TOO_LARGE
 *
 * Returns: (transfer full) (nullable): the body read as JSON
 * Since: 0.1
 */
JsonNode *
belfry_http_answer_parse_json (BelfryHttpAnswer *self, GError **error)
{
  BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits) };
  gsize length = 0;
  const char *text = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  text = g_bytes_get_data (self->body, &length);
  return belfry_json_parse (text != NULL ? text : "", length, &limits, error);
}
