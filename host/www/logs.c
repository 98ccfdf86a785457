/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs as plain text, streamed: pieces of a few hundred lines are read on the pool as the client
 * takes them. Lines of a log of type `s` begin with the letter of their channel, which is dropped;
 * header lines
 * (`h`) are left out unless they were asked for.
 *
 * `from=OFFSET` and Range count bytes of that text, so the log has to be measured first; how far
 * that got is remembered, so that a client that polls costs what is new.
 */
#include "www/pump.h"

#include <string.h>

#define PIECE_BYTES 262144
#define FIRST_LINES 500
#define MAX_LINES   4000
#define MAX_MARKS   256
#define POLL_MS     2000

typedef struct {
  gint64 line;  /* first line that was not counted */
  gint64 bytes; /* of the text before it */
} Mark;

typedef struct {
  BelfryExchange *exchange;
  BelfryPump *pump; /* (nullable) until it runs */
  BelfryGzip *gzip; /* (nullable) */
  gint64 logid;
  gboolean with_headers;
  gboolean follow;
  guint subscription;
  guint poll;
  GTask *task; /* (nullable): the piece that is being read */
  /* position */
  gint64 line;
  gint64 max_lines;
  gint64 skip; /* bytes to leave out first */
  gint64 left; /* bytes still to send; -1: all */
  gboolean is_ended;
  /* what a reading found */
  GBytes *piece;
  gboolean is_complete;
  gboolean is_gone;
  gboolean was_cut;
  Mark start; /* of what was asked for */
  Mark end;
  gint64 offset;
} LogStream;

static void
stream_free (LogStream *self)
{
  if (self->subscription != 0 && self->exchange->www != NULL)
    belfry_bus_unsubscribe (self->exchange->www->bus, self->subscription);
  g_clear_handle_id (&self->poll, g_source_remove);
  g_clear_pointer (&self->gzip, belfry_gzip_free);
  g_clear_pointer (&self->piece, g_bytes_unref);
  belfry_exchange_unref (self->exchange);
  g_free (self);
}

/* pool thread */

/* The text that a client gets of these lines. */
static GString *
filter (const char *text, gboolean has_channels, gboolean with_headers)
{
  GString *result = g_string_sized_new (strlen (text));
  const char *at = text;

  if (!has_channels)
    return g_string_append (result, text);
  while (*at != '\0') {
    const char *end = strchr (at, '\n');
    gsize length = end != NULL ? (gsize)(end - at) + 1 : strlen (at);

    if (length > 0 && *at != '\n' && (*at != 'h' || with_headers))
      g_string_append_len (result, at + 1, (gssize)length - 1);
    at += length;
  }
  return result;
}

static BelfryLog *
find_log (LogStream *self, BelfryReader *reader, GError **error)
{
  g_autoptr (GError) reason = NULL;
  BelfryLog *log = belfry_reader_find (reader, belfry_log_get_type (), self->logid, &reason);

  self->is_gone = log == NULL && (reason == NULL ||
                                  g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND));
  self->is_complete = log == NULL || log->complete;
  if (log == NULL && !self->is_gone)
    g_propagate_error (error, g_steal_pointer (&reason));
  return log;
}

/* So many lines that a piece is about its size. */
static void
learn (LogStream *self, gsize bytes, gint64 lines)
{
  gint64 average = lines > 0 ? MAX ((gint64)bytes / lines, 1) : 80;

  self->max_lines = CLAMP (PIECE_BYTES / average, 1, MAX_LINES);
}

static void
cut_piece (LogStream *self, GString *text)
{
  gint64 skipped = MIN (self->skip, (gint64)text->len);

  g_string_erase (text, 0, (gssize)skipped);
  self->skip -= skipped;
  if (self->left >= 0) {
    g_string_truncate (text, (gsize)MIN (self->left, (gint64)text->len));
    self->left -= (gint64)text->len;
  }
}

static gboolean
read_piece (BelfryReader *reader, gpointer data, GError **error)
{
  LogStream *self = data;
  g_autoptr (BelfryLog) log = find_log (self, reader, error);
  g_autofree char *lines = NULL;
  gint64 n_lines = 0;
  GString *text = NULL;

  g_clear_pointer (&self->piece, g_bytes_unref);
  if (log == NULL)
    return self->is_gone;
  lines =
      belfry_reader_read_log (reader, self->logid, self->line, self->max_lines, &n_lines, error);
  if (lines == NULL)
    return FALSE;
  learn (self, strlen (lines), n_lines);
  self->line += n_lines;
  text = filter (lines, g_strcmp0 (log->type, "s") == 0, self->with_headers);
  cut_piece (self, text);
  self->is_ended = n_lines == 0 || self->left == 0;
  self->piece = g_string_free_to_bytes (text);
  if (self->gzip != NULL && g_bytes_get_size (self->piece) > 0) {
    GBytes *compressed = belfry_gzip_feed (self->gzip, self->piece, FALSE);

    g_bytes_unref (self->piece);
    self->piece = compressed;
  }
  return TRUE;
}

/* Counts from the mark to the end, and finds the line of the offset on the way. */
static gboolean
measure (BelfryReader *reader, gpointer data, GError **error)
{
  LogStream *self = data;
  g_autoptr (BelfryLog) log = find_log (self, reader, error);
  gboolean has_channels = log != NULL && g_strcmp0 (log->type, "s") == 0;
  gint64 n_lines = 1;

  if (log == NULL)
    return self->is_gone;
  while (n_lines > 0) {
    g_autofree char *lines = belfry_reader_read_log (reader, self->logid, self->end.line,
                                                     self->max_lines, &n_lines, error);
    GString *text = NULL;

    if (lines == NULL)
      return FALSE;
    text = filter (lines, has_channels, self->with_headers);
    if (self->end.bytes + (gint64)text->len <= self->offset)
      self->start = (Mark){ self->end.line + n_lines, self->end.bytes + (gint64)text->len };
    self->end.line += n_lines;
    self->end.bytes += (gint64)text->len;
    learn (self, strlen (lines), n_lines);
    g_string_free (text, TRUE);
  }
  return TRUE;
}

/* main loop */

static void
return_piece (LogStream *self, GTask *task)
{
  gboolean is_over =
      self->is_gone || (self->is_ended && (self->is_complete || !self->follow || self->left == 0));

  if (is_over && self->gzip != NULL) {
    GBytes *rest = belfry_gzip_feed (self->gzip, NULL, TRUE);

    g_clear_pointer (&self->gzip, belfry_gzip_free);
    g_task_return_pointer (task, rest, (GDestroyNotify)g_bytes_unref);
  } else if (is_over && (self->piece == NULL || g_bytes_get_size (self->piece) == 0)) {
    g_task_return_pointer (task, NULL, NULL);
  } else {
    g_task_return_pointer (task, g_steal_pointer (&self->piece), (GDestroyNotify)g_bytes_unref);
  }
}

static void
on_piece (GObject *source, GAsyncResult *result, gpointer data)
{
  LogStream *self = data;
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  GError *error = NULL;

  (void)source;
  if (self->exchange->www == NULL)
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the server ends");
  else if (!belfry_store_read_finish (self->exchange->www->store, result, &error))
    g_task_return_error (task, error);
  else
    return_piece (self, task);
}

static void
next_piece (gpointer data, GTask *task)
{
  LogStream *self = data;

  if (self->exchange->www == NULL) {
    g_task_return_pointer (task, NULL, NULL);
    g_object_unref (task);
    return;
  }
  self->task = task;
  belfry_store_read_async (self->exchange->www->store, NULL, read_piece, self, NULL, on_piece,
                           self);
}

static void
on_ended (gpointer data)
{
  stream_free (data);
}

static const BelfryPumpOps pump_ops = { next_piece, on_ended };

static gboolean
on_poll (gpointer data)
{
  LogStream *self = data;

  belfry_pump_wake (self->pump);
  return G_SOURCE_CONTINUE;
}

static void
on_event (BelfryEvent *event, gpointer data)
{
  LogStream *self = data;

  if (event->subject == self->logid && g_str_has_prefix (event->name, "log-"))
    belfry_pump_wake (self->pump);
}

static void
begin (LogStream *self, guint status)
{
  BelfryExchange *exchange = self->exchange;

  belfry_exchange_begin (exchange, status, "text/plain; charset=utf-8");
  if (belfry_exchange_is_head (exchange)) {
    belfry_exchange_end (exchange);
    stream_free (self);
    return;
  }
  if (self->follow) {
    self->subscription = belfry_bus_subscribe (exchange->www->bus, on_event, self);
    self->poll = g_timeout_add (POLL_MS, on_poll, self);
  }
  self->pump = belfry_pump_start (exchange, &pump_ops, self);
}

static void
remember (LogStream *self)
{
  GHashTable *marks = self->exchange->www->log_marks;
  gint64 key = self->logid * 2 + (self->with_headers ? 1 : 0);

  if (g_hash_table_size (marks) >= MAX_MARKS)
    g_hash_table_remove_all (marks);
  g_hash_table_replace (marks, g_memdup2 (&key, sizeof key),
                        g_memdup2 (&self->end, sizeof self->end));
}

static void
set_number_header (BelfryExchange *exchange, const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  belfry_exchange_set_header (exchange, name, text);
}

/* FALSE: was answered */
static gboolean
apply_range (LogStream *self, guint *status)
{
  BelfryExchange *exchange = self->exchange;
  goffset first = 0;
  goffset last = 0;
  g_autofree char *header = NULL;

  if (!self->is_complete ||
      !belfry_headers_parse_range (exchange->range, self->end.bytes, &first, &last, status))
    return TRUE;
  if (*status == 416) {
    header = g_strdup_printf ("bytes */%" G_GINT64_FORMAT, self->end.bytes);
    belfry_exchange_set_header (exchange, "Content-Range", header);
    belfry_exchange_send_text (exchange, 416, "the log is shorter\n");
    return FALSE;
  }
  header = g_strdup_printf ("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                            (gint64)first, (gint64)last, self->end.bytes);
  belfry_exchange_set_header (exchange, "Content-Range", header);
  self->offset = first;
  self->left = last - first + 1;
  return TRUE;
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer data)
{
  LogStream *self = data;
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GError) error = NULL;
  guint status = 200;

  (void)source;
  if (exchange->www == NULL || !belfry_store_read_finish (exchange->www->store, result, &error) ||
      self->is_gone || !belfry_exchange_is_live (exchange)) {
    if (error != NULL)
      belfry_exchange_fail_with (exchange, error);
    else if (exchange->www != NULL)
      belfry_exchange_fail (exchange, 404, "there is no such log");
    stream_free (self);
    return;
  }
  remember (self);
  set_number_header (exchange, "X-Text-Size", self->end.bytes);
  if (!self->is_complete)
    belfry_exchange_set_header (exchange, "X-More-Data", "true");
  if (!apply_range (self, &status)) {
    stream_free (self);
    return;
  }
  /* a range begins wherever: from the start, where the mark is past it */
  if (self->start.bytes > self->offset)
    self->start = (Mark){ 0, 0 };
  self->line = self->start.line;
  self->skip = self->offset - self->start.bytes;
  begin (self, status);
}

static void
start_measuring (LogStream *self, gint64 offset)
{
  gint64 key = self->logid * 2 + (self->with_headers ? 1 : 0);
  const Mark *mark = g_hash_table_lookup (self->exchange->www->log_marks, &key);

  self->offset = offset;
  self->follow = FALSE;
  if (mark != NULL && mark->bytes <= offset) {
    self->start = *mark;
    self->end = *mark;
  } else if (mark != NULL) {
    self->end = *mark;
  }
  belfry_store_read_async (self->exchange->www->store, NULL, measure, self, NULL, on_measured,
                           self);
}

void
belfry_logs_stream (BelfryExchange *exchange, BelfryResponse *response)
{
  LogStream *self = g_new0 (LogStream, 1);
  GPtrArray *headers = belfry_response_list_headers (response);
  const char *from = belfry_request_get_argument (exchange->request, "from");
  gboolean is_final = belfry_response_is_final (response);
  gint64 offset = 0;

  self->exchange = belfry_exchange_ref (exchange);
  self->logid = belfry_response_get_logid (response);
  self->with_headers = belfry_response_get_with_headers (response);
  self->follow = belfry_response_get_follow (response);
  self->max_lines = FIRST_LINES;
  self->left = -1;
  for (guint i = 0; i + 1 < headers->len; i += 2)
    belfry_exchange_set_header (exchange, headers->pdata[i], headers->pdata[i + 1]);
  belfry_exchange_set_header (exchange, "Cache-Control",
                              is_final ? "private, max-age=604800" : "no-cache");
  belfry_exchange_set_header (exchange, "Accept-Ranges", "bytes");
  belfry_exchange_set_header (exchange, "X-Accel-Buffering", "no");
  belfry_exchange_set_header (exchange, "Vary", "Cookie, Accept-Encoding");
  if (from != NULL && !belfry_parse_integer (from, 0, G_MAXINT64, &offset, NULL)) {
    belfry_exchange_fail (exchange, 400, "from is no offset");
    stream_free (self);
    return;
  }
  if (from != NULL || exchange->range != NULL) {
    start_measuring (self, offset);
    return;
  }
  if (belfry_headers_accept_gzip (belfry_exchange_get_header (exchange, "Accept-Encoding"))) {
    belfry_exchange_set_header (exchange, "Content-Encoding", "gzip");
    self->gzip = belfry_gzip_new ();
  }
  begin (self, 200);
}
