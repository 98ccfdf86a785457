/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Live events for browsers (server-sent events, WHATWG HTML §9.2). A stream hears the bus from its
 * first moment; what it missed before that is read from the stored events, and what comes meanwhile
 * waits. A stored event has its id, so a dropped stream goes on where it was; where that is too
 * long ago it gets `reset` and loads its page again. A reader that does not keep up is cut off, and
 * resumes the same way.
 */
#include "www/www-private.h"

#include <string.h>

#define HEARTBEAT_SECONDS 15
#define MAX_QUEUED_BYTES  ((gsize)256 * 1024)
#define MAX_RESUMED       1000
#define MAX_PENDING       1000
#define MAX_PER_ADDRESS   5
#define MAX_WORDS         64
#define RESET             "event: reset\ndata: {}\n\n"

typedef struct {
  gint64 id;
  GBytes *text;
} Message;

typedef struct {
  BelfryStreams *streams; /* NULL: all are closed */
  BelfryExchange *exchange;
  GList link;
  char **topics;   /* (nullable): all */
  char **builders; /* (nullable): all */
  char **build;    /* (nullable) builder, number */
  char **log;      /* (nullable) builder, number, step, log */
  gint64 buildid;
  gint64 logid;
  gint64 last_id;      /* of the client; BELFRY_NONE: begins now */
  gint64 newest_id;    /* when it came */
  GPtrArray *stored;   /* (nullable) (element-type BelfryEvent) */
  gboolean is_reset;   /* too much was missed */
  gboolean is_unknown; /* what it asks for does not exist */
  GHashTable *visible; /* (nullable) */
  GQueue pending;      /* of Message, until it is ready */
  gboolean is_ready;
  gsize queued_bytes;
  gboolean is_stuck; /* nothing was taken since the last heartbeat */
  gulong wrote_handler;
  gulong finished_handler;
} Stream;

struct _BelfryStreams {
  BelfryWww *www;
  GQueue streams; /* of Stream */
  guint subscription;
  guint heartbeat;
};

static void
message_free (Message *self)
{
  g_bytes_unref (self->text);
  g_free (self);
}

static void
stream_free (Stream *self)
{
  if (self->streams != NULL)
    g_queue_unlink (&self->streams->streams, &self->link);
  if (self->wrote_handler != 0)
    g_signal_handler_disconnect (self->exchange->msg, self->wrote_handler);
  if (self->finished_handler != 0)
    g_signal_handler_disconnect (self->exchange->msg, self->finished_handler);
  g_queue_clear_full (&self->pending, (GDestroyNotify)message_free);
  g_clear_pointer (&self->stored, g_ptr_array_unref);
  g_clear_pointer (&self->visible, g_hash_table_unref);
  g_strfreev (self->topics);
  g_strfreev (self->builders);
  g_strfreev (self->build);
  g_strfreev (self->log);
  belfry_exchange_unref (self->exchange);
  g_free (self);
}

/* what an event is to a stream */

static gboolean
is_of_log (const BelfryEvent *event, gint64 logid)
{
  g_autoptr (JsonObject) data = NULL;

  if (!g_str_has_prefix (event->name, "log-"))
    return FALSE;
  if (event->subject == logid)
    return TRUE;
  data = belfry_event_dup_data (event);
  return belfry_json_get_integer (data, "logid", -1) == logid;
}

static gboolean
is_of_builders (Stream *self, const BelfryEvent *event)
{
  for (char **name = self->builders; *name != NULL; name++) {
    if (belfry_fleet_find (self->streams->www->fleet, *name) == event->builderid)
      return TRUE;
  }
  return FALSE;
}

static gboolean
wants (Stream *self, const BelfryEvent *event)
{
  const BelfryEventKind *kind = belfry_event_kind_find (event->name);

  if (kind == NULL || (kind->flags & BELFRY_EVENT_BROWSERS) == 0)
    return FALSE;
  if (self->topics != NULL && !g_strv_contains ((const char *const *)self->topics, kind->topic))
    return FALSE;
  if (self->builders != NULL && (event->builderid == BELFRY_NONE || !is_of_builders (self, event)))
    return FALSE;
  if (self->build != NULL && event->buildid != self->buildid)
    return FALSE;
  if (self->log != NULL && !is_of_log (event, self->logid))
    return FALSE;
  return belfry_fleet_is_visible (self->streams->www->fleet, self->exchange->site->authz,
                                  event->builderid);
}

static GBytes *
event_to_text (const BelfryEvent *event)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *data = g_strdup (event->data != NULL ? event->data : "{}");

  g_strdelimit (data, "\r\n", ' ');
  if (event->eventid > 0)
    g_string_append_printf (text, "id: %" G_GINT64_FORMAT "\n", event->eventid);
  g_string_append_printf (text, "event: %s\ndata: %s\n\n", event->name, data);
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
send (Stream *self, GBytes *text)
{
  self->queued_bytes += g_bytes_get_size (text);
  if (self->queued_bytes > MAX_QUEUED_BYTES)
    belfry_exchange_abort (self->exchange);
  else
    belfry_exchange_append (self->exchange, text);
}

static void
send_literal (Stream *self, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  send (self, bytes);
}

static void
hold (Stream *self, gint64 id, GBytes *text)
{
  Message *message = NULL;

  if (self->pending.length >= MAX_PENDING) {
    self->is_reset = TRUE;
    return;
  }
  message = g_new0 (Message, 1);
  message->id = id;
  message->text = g_bytes_ref (text);
  g_queue_push_tail (&self->pending, message);
}

static void
on_event (BelfryEvent *event, gpointer data)
{
  BelfryStreams *self = data;
  g_autoptr (GBytes) text = NULL;
  GList *next = NULL;

  for (GList *link = self->streams.head; link != NULL; link = next) {
    Stream *stream = link->data;

    next = link->next;
    /* what it wants may not be known before it is ready */
    if (stream->is_ready && !wants (stream, event))
      continue;
    if (text == NULL)
      text = event_to_text (event);
    if (stream->is_ready)
      send (stream, text);
    else if (stream->build == NULL && stream->log == NULL ? wants (stream, event) : TRUE)
      hold (stream, event->eventid, text);
  }
}

/* opening */

/* pool thread */
static gboolean
resolve (Stream *self, BelfryReader *reader, GError **error)
{
  char **path = self->log != NULL ? self->log : self->build;
  g_autoptr (BelfryBuilder) builder = NULL;
  g_autoptr (BelfryBuild) build = NULL;
  g_autoptr (BelfryStep) step = NULL;
  g_autoptr (BelfryLog) log = NULL;
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;
  gint64 number = 0;

  if (path == NULL)
    return TRUE;
  builder = belfry_reader_find_builder (reader, path[0], error);
  if (builder == NULL || !belfry_parse_integer (path[1], 0, G_MAXINT64, &number, error))
    return FALSE;
  build = belfry_reader_find_build (reader, builder->builderid, number, error);
  if (build == NULL)
    return FALSE;
  self->buildid = build->buildid;
  if (self->log == NULL)
    return TRUE;
  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = build->buildid };
  query.filters[1] = (BelfryFilter){ .field = "name", .text = path[2] };
  found = belfry_reader_list (reader, belfry_step_get_type (), &query, NULL, error);
  if (found == NULL || found->len == 0)
    return FALSE;
  step = belfry_record_ref (found->pdata[0]);
  g_clear_pointer (&found, g_ptr_array_unref);
  query.filters[0] = (BelfryFilter){ .field = "stepid", .number = step->stepid };
  query.filters[1] = (BelfryFilter){ .field = "name", .text = path[3] };
  found = belfry_reader_list (reader, belfry_log_get_type (), &query, NULL, error);
  if (found == NULL || found->len == 0)
    return FALSE;
  self->logid = ((BelfryLog *)found->pdata[0])->logid;
  return TRUE;
}

static gboolean
read_missed (Stream *self, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) oldest = NULL;

  if (self->last_id == BELFRY_NONE)
    return TRUE;
  query.limit = 1;
  oldest = belfry_reader_list (reader, belfry_event_get_type (), &query, NULL, error);
  if (oldest == NULL)
    return FALSE;
  self->is_reset =
      self->last_id > self->newest_id ||
      (oldest->len > 0 && ((BelfryEvent *)oldest->pdata[0])->eventid > self->last_id + 1);
  if (self->is_reset)
    return TRUE;
  query.limit = MAX_RESUMED + 1;
  query.filters[0] = (BelfryFilter){
    .field = "eventid",
    .compare = BELFRY_COMPARE_GREATER,
    .number = self->last_id,
  };
  self->stored = belfry_reader_list (reader, belfry_event_get_type (), &query, NULL, error);
  self->is_reset = self->stored != NULL && self->stored->len > MAX_RESUMED;
  return self->stored != NULL;
}

static gboolean
prepare (BelfryReader *reader, gpointer data, GError **error)
{
  Stream *self = data;
  g_autoptr (GError) reason = NULL;

  if (!resolve (self, reader, &reason)) {
    self->is_unknown = reason == NULL ||
                       g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND) ||
                       g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
    if (self->is_unknown)
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  return read_missed (self, reader, error);
}

/* main loop */

static void
on_wrote (SoupServerMessage *msg, guint bytes, Stream *self)
{
  (void)msg;
  self->queued_bytes -= MIN (bytes, self->queued_bytes);
  self->is_stuck = FALSE;
}

static void
on_finished (SoupServerMessage *msg, Stream *self)
{
  (void)msg;
  if (self->is_ready)
    stream_free (self);
}

static void
send_stored (Stream *self)
{
  gint64 sent = 0;

  for (guint i = 0; self->stored != NULL && i < self->stored->len; i++) {
    BelfryEvent *event = self->stored->pdata[i];

    sent = event->eventid;
    if (wants (self, event)) {
      g_autoptr (GBytes) text = event_to_text (event);

      send (self, text);
    }
  }
  while (self->pending.length > 0) {
    Message *message = g_queue_pop_head (&self->pending);

    if (message->id <= 0 || message->id > sent)
      send (self, message->text);
    message_free (message);
  }
}

static void
go_live (Stream *self)
{
  BelfryExchange *exchange = self->exchange;
  g_autofree char *newest = NULL;

  belfry_exchange_set_header (exchange, "Cache-Control", "no-cache, no-transform");
  belfry_exchange_set_header (exchange, "X-Accel-Buffering", "no");
  belfry_headers_allow_origin (exchange);
  belfry_exchange_begin (exchange, 200, "text/event-stream; charset=utf-8");
  if (belfry_exchange_is_head (exchange)) {
    belfry_exchange_end (exchange);
    stream_free (self);
    return;
  }
  self->wrote_handler =
      g_signal_connect (exchange->msg, "wrote-body-data", G_CALLBACK (on_wrote), self);
  self->finished_handler =
      g_signal_connect (exchange->msg, "finished", G_CALLBACK (on_finished), self);
  self->is_ready = TRUE;
  send_literal (self, "retry: 3000\n\n");
  if (self->is_reset) {
    /* the id tells the client where it is from now on */
    newest = g_strdup_printf ("id: %" G_GINT64_FORMAT "\n" RESET, self->newest_id);
    g_queue_clear_full (&self->pending, (GDestroyNotify)message_free);
    g_autoptr (GBytes) text = g_bytes_new (newest, strlen (newest));
    send (self, text);
  } else {
    send_stored (self);
  }
  g_clear_pointer (&self->stored, g_ptr_array_unref);
}

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer data)
{
  Stream *self = data;
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (self->streams == NULL || exchange->www == NULL) {
    stream_free (self);
    return;
  }
  if (!belfry_store_read_finish (exchange->www->store, result, &error))
    belfry_exchange_fail_with (exchange, error);
  else if (self->is_unknown)
    belfry_exchange_fail (exchange, 404, "there is nothing of that name to follow");
  if (belfry_exchange_is_live (exchange))
    go_live (self);
  else
    stream_free (self);
}

static gboolean
has_room (BelfryStreams *self, BelfryExchange *exchange)
{
  guint count = 0;

  if (self->streams.length >= exchange->site->keys->max_streams) {
    belfry_exchange_fail (exchange, 503, "too many streams");
    return FALSE;
  }
  for (GList *link = self->streams.head; exchange->client != NULL && link != NULL;
       link = link->next)
    count += g_strcmp0 (((Stream *)link->data)->exchange->client, exchange->client) == 0;
  if (count >= MAX_PER_ADDRESS) {
    belfry_exchange_fail (exchange, 429, "too many streams from your address");
    return FALSE;
  }
  return TRUE;
}

/* `B/N/S/L`: parts are decoded after they are split */
static char **
split_parts (const char *text, guint count)
{
  g_auto (GStrv) parts = text != NULL ? g_strsplit (text, "/", 8) : NULL;

  if (parts == NULL || g_strv_length (parts) != count)
    return NULL;
  for (guint i = 0; i < count; i++) {
    char *decoded = belfry_text_percent_decode (parts[i], -1, FALSE, NULL);

    if (decoded == NULL)
      return NULL;
    g_free (parts[i]);
    parts[i] = decoded;
  }
  return g_steal_pointer (&parts);
}

static gboolean
read_filters (Stream *self, BelfryForm *form)
{
  const char *topics = belfry_form_get (form, "topics");
  const char *build = belfry_form_get (form, "build");
  const char *log = belfry_form_get (form, "log");
  g_auto (GStrv) builders = belfry_form_dup_all (form, "builder");

  self->topics = topics != NULL && *topics != '\0' ? g_strsplit (topics, ",", MAX_WORDS) : NULL;
  self->build = split_parts (build, 2);
  self->log = split_parts (log, 4);
  if (builders != NULL && builders[0] != NULL && g_strv_length (builders) <= MAX_WORDS)
    self->builders = g_steal_pointer (&builders);
  return (build == NULL || self->build != NULL) && (log == NULL || self->log != NULL);
}

static void
read_position (Stream *self, BelfryForm *form)
{
  const char *text = belfry_exchange_get_header (self->exchange, "Last-Event-ID");
  gint64 id = 0;

  if (text == NULL)
    text = belfry_form_get (form, "last-event-id");
  self->last_id =
      text != NULL && belfry_parse_integer (text, 0, G_MAXINT64, &id, NULL) ? id : BELFRY_NONE;
  self->newest_id = MAX (belfry_store_last_event_id (self->streams->www->store, BELFRY_NONE), 0);
}

void
belfry_streams_open (BelfryExchange *exchange)
{
  BelfryStreams *streams = exchange->www->streams;
  BelfryForm *form = belfry_request_get_arguments (exchange->request, NULL);
  BelfryReaderView view = { .interactive = TRUE };
  Stream *self = NULL;

  if (!belfry_authz_may_allow (exchange->site->authz, belfry_actions)) {
    belfry_exchange_fail (exchange, 401, "you may not see the pages");
    return;
  }
  if (!has_room (streams, exchange))
    return;
  self = g_new0 (Stream, 1);
  self->exchange = belfry_exchange_ref (exchange);
  self->streams = streams;
  self->link.data = self;
  g_queue_push_tail_link (&streams->streams, &self->link);
  if (form == NULL || !read_filters (self, form)) {
    belfry_exchange_fail (exchange, 400, "build is B/N, log is B/N/S/L");
    stream_free (self);
    return;
  }
  read_position (self, form);
  self->visible = belfry_fleet_dup_visible (exchange->www->fleet, exchange->site->authz, NULL);
  view.visible_builders = self->visible;
  belfry_store_read_async (exchange->www->store, &view, prepare, self, NULL, on_prepared, self);
}

static gboolean
on_heartbeat (gpointer data)
{
  BelfryStreams *self = data;
  GList *next = NULL;

  for (GList *link = self->streams.head; link != NULL; link = next) {
    Stream *stream = link->data;

    next = link->next;
    if (!stream->is_ready)
      continue;
    if (stream->is_stuck && stream->queued_bytes > 0) {
      belfry_exchange_abort (stream->exchange);
      continue;
    }
    stream->is_stuck = TRUE;
    send_literal (stream, ":\n\n");
  }
  return G_SOURCE_CONTINUE;
}

BelfryStreams *
belfry_streams_new (BelfryWww *www)
{
  BelfryStreams *self = g_new0 (BelfryStreams, 1);

  self->www = www;
  g_queue_init (&self->streams);
  self->subscription = belfry_bus_subscribe (www->bus, on_event, self);
  self->heartbeat = g_timeout_add_seconds (HEARTBEAT_SECONDS, on_heartbeat, self);
  return self;
}

guint
belfry_streams_get_count (const BelfryStreams *self)
{
  return self->streams.length;
}

void
belfry_streams_close_all (BelfryStreams *self)
{
  for (GList *link = self->streams.head; link != NULL; link = link->next) {
    Stream *stream = link->data;

    if (stream->is_ready)
      belfry_exchange_end (stream->exchange);
  }
}

void
belfry_streams_free (BelfryStreams *self)
{
  while (self->streams.length > 0) {
    Stream *stream = self->streams.head->data;

    g_queue_unlink (&self->streams, &stream->link);
    stream->streams = NULL;
    if (stream->is_ready)
      stream_free (stream);
  }
  belfry_bus_unsubscribe (self->www->bus, self->subscription);
  g_source_remove (self->heartbeat);
  g_free (self);
}
