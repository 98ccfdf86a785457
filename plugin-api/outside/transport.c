/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request is one exchange with one host. Redirects are followed only where method and body stay
 * as they are (307, 308) and only within the same scheme, host and port, so that no credential ever
 * goes to another host. Answers are read up to the request's limit, headers and body within its
 * deadline.
 */
#include "outside/transport.h"

#include <libsoup/soup.h>

#define MAX_REDIRECTS        5
#define CONNECTIONS_PER_HOST 8
#define READ_BYTES           16384

struct _BelfryTransport {
  SoupSession *session;
  char *user_agent;
};

typedef struct {
  BelfryTransport *transport;
  BelfryHttpRequest *request;
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  GCancellable *cancellable;
  GSource *deadline;
  gboolean timed_out;
  guint redirects;
} Exchange;

static void send_message (GTask *task);
static SoupMessage *
make_message (BelfryTransport *self, BelfryHttpRequest *request, const char *url);

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  if (exchange->deadline != NULL) {
    g_source_destroy (exchange->deadline);
    g_source_unref (exchange->deadline);
  }
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->stream);
  g_clear_object (&exchange->cancellable);
  g_clear_pointer (&exchange->body, g_byte_array_unref);
  belfry_http_request_unref (exchange->request);
  g_free (exchange);
}

BelfryTransport *
belfry_transport_new (const char *user_agent)
{
  BelfryTransport *self = g_new0 (BelfryTransport, 1);

  self->user_agent = g_strdup (user_agent);
  return self;
}

void
belfry_transport_free (BelfryTransport *self)
{
  if (self == NULL)
    return;
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
  g_free (self->user_agent);
  g_free (self);
}

/* made with the first request: a host that sends nothing pays nothing */
static SoupSession *
get_session (BelfryTransport *self)
{
  if (self->session == NULL)
    self->session =
        soup_session_new_with_options ("max-conns-per-host", CONNECTIONS_PER_HOST, NULL);
  return self->session;
}

static void
fail (GTask *task, const GError *cause)
{
  Exchange *exchange = g_task_get_task_data (task);
  const char *host = g_uri_get_host (soup_message_get_uri (exchange->message));

  if (exchange->timed_out)
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                             "asking %s: no answer within %" G_GINT64_FORMAT " s", host,
                             belfry_http_request_get_timeout_us (exchange->request) /
                                 G_USEC_PER_SEC);
  else
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "asking %s: %s", host,
                             cause->message);
}

static gboolean
is_same_origin (GUri *a, GUri *b)
{
  return g_strcmp0 (g_uri_get_scheme (a), g_uri_get_scheme (b)) == 0 &&
         g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0 &&
         g_uri_get_port (a) == g_uri_get_port (b);
}

/* whether the answer sends us on to a place where we may go; then the request is on its way again
 */
static gboolean
follow_redirect (GTask *task)
{
  Exchange *exchange = g_task_get_task_data (task);
  guint status = soup_message_get_status (exchange->message);
  GUri *uri = soup_message_get_uri (exchange->message);
  const char *location = soup_message_headers_get_one (
      soup_message_get_response_headers (exchange->message), "Location");
  g_autoptr (GUri) target = NULL;
  g_autofree char *url = NULL;

  if ((status != 307 && status != 308) || location == NULL || exchange->redirects >= MAX_REDIRECTS)
    return FALSE;
  target = g_uri_parse_relative (uri, location, SOUP_HTTP_URI_FLAGS, NULL);
  if (target == NULL || g_uri_get_host (target) == NULL || !is_same_origin (uri, target))
    return FALSE;
  exchange->redirects++;
  /* the first message belongs to its session until its answer has been read, which nobody will */
  url = g_uri_to_string (target);
  g_clear_object (&exchange->stream);
  g_object_unref (exchange->message);
  exchange->message = make_message (exchange->transport, exchange->request, url);
  send_message (task);
  return TRUE;
}

static void
add_header (const char *name, const char *value, gpointer user_data)
{
  belfry_http_answer_add_header (user_data, name, value);
}

static void
finish (GTask *task)
{
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GBytes) body = g_byte_array_free_to_bytes (g_steal_pointer (&exchange->body));
  BelfryHttpAnswer *answer =
      belfry_http_answer_new (soup_message_get_status (exchange->message), body);

  soup_message_headers_foreach (soup_message_get_response_headers (exchange->message), add_header,
                                answer);
  g_task_return_pointer (task, answer, (GDestroyNotify)belfry_http_answer_unref);
}

static void on_read (GObject *source, GAsyncResult *result, gpointer user_data);

static void
read_more (GTask *task)
{
  Exchange *exchange = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (exchange->stream, READ_BYTES, G_PRIORITY_DEFAULT,
                                   exchange->cancellable, on_read, task);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Exchange *exchange = g_task_get_task_data (task);
  gsize limit = belfry_http_request_get_max_answer_bytes (exchange->request);
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &local);

  if (bytes == NULL) {
    fail (task, local);
    return;
  }
  if (g_bytes_get_size (bytes) == 0) {
    finish (task);
    return;
  }
  if (exchange->body->len + g_bytes_get_size (bytes) > limit) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                             "asking %s: the answer is over %" G_GSIZE_FORMAT " bytes",
                             g_uri_get_host (soup_message_get_uri (exchange->message)), limit);
    return;
  }
  g_byte_array_append (exchange->body, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  read_more (g_steal_pointer (&task));
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &local);
  if (exchange->stream == NULL) {
    fail (task, local);
    return;
  }
  if (follow_redirect (task)) {
    g_steal_pointer (&task);
    return;
  }
  read_more (g_steal_pointer (&task));
}

static void
send_message (GTask *task)
{
  Exchange *exchange = g_task_get_task_data (task);

  soup_session_send_async (get_session (exchange->transport), exchange->message, G_PRIORITY_DEFAULT,
                           exchange->cancellable, on_sent, task);
}

static gboolean
on_deadline (gpointer user_data)
{
  Exchange *exchange = user_data;

  exchange->timed_out = TRUE;
  g_cancellable_cancel (exchange->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static gboolean
accept_any_certificate (SoupMessage *message,
                        GTlsCertificate *certificate,
                        GTlsCertificateFlags errors,
                        gpointer user_data)
{
  return TRUE;
}

static void
unref_request (gpointer request, GClosure *closure)
{
  belfry_http_request_unref (request);
}

/* by libsoup's own means; a challenge of another scheme, or a second one, is the answer */
static gboolean
on_challenged (SoupMessage *message, SoupAuth *auth, gboolean retrying, gpointer user_data)
{
  const char *user = NULL;
  const char *password = NULL;

  if (retrying || !belfry_http_request_get_digest (user_data, &user, &password) ||
      g_ascii_strcasecmp (soup_auth_get_scheme_name (auth), "Digest") != 0)
    return FALSE;
  soup_auth_authenticate (auth, user, password);
  return TRUE;
}

/* a second time where a challenge is answered or a connection broke: the first used it up */
static void
set_body (SoupMessage *message, BelfryHttpRequest *request)
{
  GPtrArray *headers = belfry_http_request_list_headers (request);
  g_autoptr (GBytes) body = belfry_http_request_dup_body (request);
  const char *content_type = NULL;

  for (guint i = 0; i + 1 < headers->len; i += 2)
    if (g_ascii_strcasecmp (g_ptr_array_index (headers, i), "Content-Type") == 0)
      content_type = g_ptr_array_index (headers, i + 1);
  if (body != NULL)
    soup_message_set_request_body_from_bytes (message, content_type, body);
}

static SoupMessage *
make_message (BelfryTransport *self, BelfryHttpRequest *request, const char *url)
{
  SoupMessage *message = soup_message_new (belfry_http_request_get_method (request), url);
  GPtrArray *headers = belfry_http_request_list_headers (request);

  if (message == NULL)
    return NULL;
  /* a credential is one request's own: none is kept for the next to the same host. Idempotent: else
   * each POST has a connection of its own; what may be sent again after a broken connection is sent
   * again by whoever asked, too */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE |
                                       SOUP_MESSAGE_IDEMPOTENT);
  /* a session's own name would replace that of a request */
  soup_message_headers_replace (soup_message_get_request_headers (message), "User-Agent",
                                self->user_agent);
  for (guint i = 0; i + 1 < headers->len; i += 2) {
    const char *name = g_ptr_array_index (headers, i);
    const char *value = g_ptr_array_index (headers, i + 1);

    if (g_ascii_strcasecmp (name, "Content-Type") != 0)
      soup_message_headers_replace (soup_message_get_request_headers (message), name, value);
  }
  set_body (message, request);
  g_signal_connect_data (message, "authenticate", G_CALLBACK (on_challenged),
                         belfry_http_request_ref (request), unref_request, 0);
  g_signal_connect_data (message, "restarted", G_CALLBACK (set_body),
                         belfry_http_request_ref (request), unref_request, 0);
  if (!belfry_http_request_get_verify (request))
    g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_any_certificate), NULL);
  return message;
}

void
belfry_transport_send (BelfryTransport *self, BelfryHttpRequest *request, GTask *task)
{
  Exchange *exchange = g_new0 (Exchange, 1);
  GCancellable *outer = g_task_get_cancellable (task);

  exchange->transport = self;
  exchange->request = belfry_http_request_ref (request);
  exchange->cancellable = g_cancellable_new ();
  exchange->body = g_byte_array_new ();
  exchange->message = make_message (self, request, belfry_http_request_get_url (request));
  g_task_set_task_data (task, exchange, exchange_free);
  if (exchange->message == NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                             "the address of a request is no http or https URL");
    g_object_unref (task);
    return;
  }
  if (outer != NULL)
    g_signal_connect_object (outer, "cancelled", G_CALLBACK (on_cancelled), exchange->cancellable,
                             0);
  exchange->deadline = g_timeout_source_new (belfry_http_request_get_timeout_us (request) / 1000);
  g_source_set_callback (exchange->deadline, on_deadline, exchange, NULL);
  g_source_attach (exchange->deadline, g_main_context_get_thread_default ());
  send_message (task);
}
