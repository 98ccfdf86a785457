/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fake service: an HTTP server on loopback that knows the requests to come, in their order, and
 * what it answers each time; any other request fails the test.
 */
#include "test-private.h"

#include <libsoup/soup.h>
#include <string.h>

#define ENDLESS_CHUNK 65536

struct _BelfryTestService {
  SoupServer *server; /* (nullable) */
  char *url;
  GQueue expected;               /* (element-type BelfryTestExchange) */
  GHashTable *answers;           /* target → BelfryTestExchange, owned */
  BelfryTestExchange *otherwise; /* (nullable) */
  GPtrArray *asked;              /* METHOD TARGET AUTHORIZATION */
  GPtrArray *kept;               /* (element-type SoupServerMessage) left without an answer */
};

/* what every client sends of itself */
static const char *const usual_headers[] = {
  "Accept-Encoding", "Accept-Language", "Connection", "Content-Length", "Host", "User-Agent",
};

static gboolean
is_usual (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (usual_headers); i++)
    if (g_ascii_strcasecmp (usual_headers[i], name) == 0)
      return TRUE;
  return FALSE;
}

static void
add_header (const char *name, const char *value, gpointer lines)
{
  if (!is_usual (name))
    g_ptr_array_add (lines, g_strdup_printf ("%s: %s", name, value));
}

static char *
dup_target (SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);

  return g_strconcat (g_uri_get_path (uri), query != NULL ? "?" : "", query, NULL);
}

static char *
dup_request (SoupServerMessage *message, const char *target)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) bytes =
      soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autofree char *body = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  soup_message_headers_foreach (soup_server_message_get_request_headers (message), add_header,
                                headers);
  return belfry_test_lines_make (soup_server_message_get_method (message), target, headers, body);
}

static char *
dup_wanted (const BelfryTestExchange *exchange)
{
  const char *text =
      exchange->headers != NULL ? exchange->headers : "Content-Type: application/json";
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) headers = g_ptr_array_new_with_free_func (g_free);
  gboolean is_json = strstr (text, "Content-Type: application/json") != NULL;
  g_autofree char *json =
      exchange->body != NULL && is_json ? belfry_test_dup_json (exchange->body) : NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (headers, g_strdup (lines[i]));
  return belfry_test_lines_make (exchange->method != NULL ? exchange->method : "POST",
                                 exchange->target, headers, json != NULL ? json : exchange->body);
}

static void
answer (SoupServerMessage *message, const BelfryTestExchange *exchange)
{
  const char *text = exchange->answer != NULL ? exchange->answer : "";
  gboolean is_json = *text == '{' || *text == '[';
  gboolean is_short = is_json && strchr (text, '"') == NULL;
  g_autofree char *body = is_short ? belfry_test_dup_json (text) : g_strdup (text);
  g_auto (GStrv) lines =
      g_strsplit (exchange->answer_headers != NULL ? exchange->answer_headers : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strstr (lines[i], ": ");

    if (colon == NULL)
      continue;
    *colon = '\0';
    soup_message_headers_append (soup_server_message_get_response_headers (message), lines[i],
                                 colon + strlen (": "));
  }
  soup_server_message_set_status (message, exchange->status != 0 ? exchange->status : 200, NULL);
  soup_server_message_set_response (message, is_json ? "application/json" : "text/plain",
                                    SOUP_MEMORY_COPY, body, strlen (body));
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  g_autofree char *chunk = g_strnfill (ENDLESS_CHUNK, ' ');

  soup_message_body_append (body, SOUP_MEMORY_COPY, chunk, ENDLESS_CHUNK);
  soup_server_message_unpause (message);
}

static void
answer_endlessly (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message),
                                     SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (body, FALSE);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_wrote_chunk), NULL);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), NULL);
}

typedef struct {
  SoupServerMessage *message;
  gboolean says_something;
} Breaking;

/* a connection can be taken from libsoup only when its handler is over */
static gboolean
break_connection (gpointer data)
{
  static const char begun[] = "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n{\"begun\":";
  g_autofree Breaking *breaking = data;
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (breaking->message);

  if (breaking->says_something)
    g_output_stream_write_all (g_io_stream_get_output_stream (stream), begun, strlen (begun), NULL,
                               NULL, NULL);
  g_io_stream_close (stream, NULL, NULL);
  g_object_unref (breaking->message);
  return G_SOURCE_REMOVE;
}

static void
misbehave (BelfryTestService *self, SoupServerMessage *message, BelfryTestFault fault)
{
  Breaking *breaking = NULL;

  switch (fault) {
  case BELFRY_TEST_FAULT_NONE:
    break;
  case BELFRY_TEST_FAULT_SILENT:
    soup_server_message_pause (message);
    g_ptr_array_add (self->kept, g_object_ref (message));
    break;
  case BELFRY_TEST_FAULT_ENDLESS:
    answer_endlessly (message);
    break;
  case BELFRY_TEST_FAULT_CLOSED:
  case BELFRY_TEST_FAULT_CUT:
    breaking = g_new0 (Breaking, 1);
    breaking->message = g_object_ref (message);
    breaking->says_something = fault == BELFRY_TEST_FAULT_CUT;
    soup_server_message_pause (message);
    g_idle_add (break_connection, breaking);
    break;
  }
}

static void
note_request (BelfryTestService *self, SoupServerMessage *message, const char *target)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *authorization = soup_message_headers_get_one (headers, "Authorization");

  g_ptr_array_add (self->asked,
                   g_strdup_printf ("%s %s %s", soup_server_message_get_method (message), target,
                                    authorization != NULL ? authorization : ""));
}

/* what it answers each time, whatever else the request says */
static const BelfryTestExchange *
find_answer (BelfryTestService *self, const char *target)
{
  const BelfryTestExchange *known = g_hash_table_lookup (self->answers, target);

  return known != NULL ? known : self->otherwise;
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  BelfryTestService *self = user_data;
  const BelfryTestExchange *exchange = g_queue_pop_head (&self->expected);
  g_autofree char *target = dup_target (message);
  g_autofree char *got = dup_request (message, target);

  note_request (self, message, target);
  if (exchange != NULL) {
    g_autofree char *wanted = dup_wanted (exchange);

    belfry_test_lines_compare (wanted, got);
  } else
    exchange = find_answer (self, target);
  if (exchange == NULL)
    g_error ("a request that nobody expected:\n%s", got);
  if (exchange->fault == BELFRY_TEST_FAULT_NONE)
    answer (message, exchange);
  else
    misbehave (self, message, exchange->fault);
}

static void
exchange_free (gpointer data)
{
  BelfryTestExchange *exchange = data;

  if (exchange == NULL)
    return;
  g_free ((char *)exchange->target);
  g_free ((char *)exchange->answer_headers);
  g_free ((char *)exchange->answer);
  g_free (exchange);
}

/* what an answer needs of it */
static BelfryTestExchange *
exchange_copy (const BelfryTestExchange *exchange)
{
  BelfryTestExchange *copy = g_new0 (BelfryTestExchange, 1);

  copy->target = g_strdup (exchange->target);
  copy->status = exchange->status;
  copy->answer_headers = g_strdup (exchange->answer_headers);
  copy->answer = g_strdup (exchange->answer);
  copy->fault = exchange->fault;
  return copy;
}

BelfryTestService *
belfry_test_service_new (void)
{
  BelfryTestService *self = g_new0 (BelfryTestService, 1);

  self->kept = g_ptr_array_new_with_free_func (g_object_unref);
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, exchange_free);
  self->asked = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&self->expected);
  return self;
}

/* only who is spoken to listens */
static void
listen_on_loopback (BelfryTestService *self)
{
  g_autoptr (GError) local = NULL;
  GSList *uris = NULL;

  /* targets are compared as they were sent */
  self->server = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &local);
  g_assert_no_error (local);
  uris = soup_server_get_uris (self->server);
  self->url = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
}

void
belfry_test_service_free (BelfryTestService *self)
{
  if (self == NULL)
    return;
  if (self->expected.length > 0)
    g_error ("%u expected requests never came", self->expected.length);
  g_ptr_array_unref (self->kept);
  g_ptr_array_unref (self->asked);
  g_hash_table_unref (self->answers);
  exchange_free (self->otherwise);
  if (self->server != NULL)
    soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_free (self->url);
  g_free (self);
}

const char *
belfry_test_service_get_url (BelfryTestService *self)
{
  if (self->server == NULL)
    listen_on_loopback (self);
  return self->url;
}

void
belfry_test_service_expect (BelfryTestService *self, const BelfryTestExchange *exchange)
{
  g_queue_push_tail (&self->expected, (gpointer)exchange);
}

void
belfry_test_service_answer (BelfryTestService *self, const BelfryTestExchange *exchange)
{
  BelfryTestExchange *copy = exchange_copy (exchange);

  if (copy->target != NULL) {
    g_hash_table_replace (self->answers, (gpointer)copy->target, copy);
    return;
  }
  exchange_free (self->otherwise);
  self->otherwise = copy;
}

GPtrArray *
belfry_test_service_get_asked (BelfryTestService *self)
{
  return self->asked;
}

guint
belfry_test_service_get_waiting (BelfryTestService *self)
{
  return self->expected.length;
}

BelfryTestFault
belfry_test_service_get_fault (BelfryTestService *self)
{
  const BelfryTestExchange *next = g_queue_peek_head (&self->expected);

  next = next != NULL ? next : self->otherwise;
  return next != NULL ? next->fault : BELFRY_TEST_FAULT_NONE;
}
