/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * http.log: a line for each request that was answered, in the combined format that analysers of
 * logs know. Lines are made on the main loop and written by a thread of their own, so that a slow
 * disk holds nobody up; what waits is bounded, and what cannot be written is told of once. A file
 * that has its length becomes `.1`, the older ones go up by one.
 *
 * Whatever a client sent is escaped: no line can be forged, no terminal be told anything.
 */
#include "www/access-log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BATCHES  64
#define BATCH_BYTES  65536
#define GATHER_MS    200
#define MAX_FIELD    4096
#define HIDDEN       "***"
#define SENT         "belfry-access-log-sent"
#define JOURNAL      "journal"
#define MODE         0640
#define MAX_NUMBERED 1000000

/** Item: what the thread is to do: write @lines, or begin with another file, or end */
typedef struct {
  char *lines;
  char *path; /* (nullable): no lines: the file from now on; NULL: the end */
  gint64 rotate_length;
  gint64 max_files;
} Item;

struct _BelfryAccessLog {
  GAsyncQueue *items;
  GThread *thread; /* (nullable) until there is a file */
  GString *lines;  /* that are gathered: a thread woken for each costs more than its line */
  guint flush_id;
  gboolean is_on;
  gboolean is_journal;
  gboolean quotes_address;
  gboolean has_overrun;
};

/** Sent: what went out of one message; the library forgets its status where the client leaves */
typedef struct {
  guint status;
  guint64 n_bytes;
} Sent;

/* of the thread */
typedef struct {
  GAsyncQueue *items;
  char *path; /* (nullable) */
  int fd;
  gint64 size;
  gint64 rotate_length;
  gint64 max_files;
  gboolean has_failed;
} Writer;

static void
item_free (gpointer data)
{
  Item *self = data;

  g_free (self->lines);
  g_free (self->path);
  g_free (self);
}

/* thread */

static void
tell_failure (Writer *self, const char *what)
{
  int code = errno;

  if (!self->has_failed)
    g_warning ("%s '%s': %s; requests go on without it", what, self->path, g_strerror (code));
  self->has_failed = TRUE;
}

static void
open_file (Writer *self)
{
  struct stat info = { 0 };

  if (self->fd >= 0)
    close (self->fd);
  self->size = 0;
  self->fd = open (self->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, MODE);
  if (self->fd < 0)
    tell_failure (self, "opening");
  else if (fstat (self->fd, &info) == 0)
    self->size = info.st_size;
  /* a new one, whatever the umask is */
  if (self->fd >= 0 && self->size == 0 && S_ISREG (info.st_mode) && fchmod (self->fd, MODE) != 0)
    tell_failure (self, "setting the mode of");
}

static char *
dup_numbered (const Writer *self, gint64 number)
{
  return g_strdup_printf ("%s.%" G_GINT64_FORMAT, self->path, number);
}

static gint64
find_highest (const Writer *self)
{
  for (gint64 i = 1; i < MAX_NUMBERED; i++) {
    g_autofree char *path = dup_numbered (self, i);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      return i - 1;
  }
  return MAX_NUMBERED;
}

static void
turn_over (Writer *self)
{
  g_autofree char *first = dup_numbered (self, 1);

  for (gint64 i = find_highest (self); i > 0; i--) {
    g_autofree char *old = dup_numbered (self, i);
    g_autofree char *new = dup_numbered (self, i + 1);

    if (self->max_files > 0 && i >= self->max_files)
      g_unlink (old);
    else if (g_rename (old, new) != 0)
      tell_failure (self, "turning over");
  }
  if (g_rename (self->path, first) != 0)
    tell_failure (self, "turning over");
  open_file (self);
}

/* how much of the lines goes into this file: the line that fills it is its last */
static gsize
count_fitting (const Writer *self, const char *lines)
{
  gsize length = strlen (lines);
  gint64 room = self->rotate_length - self->size;
  const char *end = NULL;

  if (self->rotate_length <= 0 || room > (gint64)length)
    return length;
  end = strchr (lines + MAX (room - 1, 0), '\n');
  return end != NULL ? (gsize)(end + 1 - lines) : length;
}

static gsize
write_fitting (Writer *self, const char *lines)
{
  gsize length = 0;
  gssize n_written = 0;

  if (self->fd < 0)
    open_file (self);
  else if (self->rotate_length > 0 && self->size >= self->rotate_length)
    turn_over (self);
  length = count_fitting (self, lines);
  if (self->fd < 0)
    return length;
  n_written = write (self->fd, lines, length);
  if (n_written > 0)
    self->size += n_written;
  if (n_written != (gssize)length)
    tell_failure (self, "writing");
  else
    self->has_failed = FALSE;
  return length;
}

static gpointer
run_writer (gpointer data)
{
  Writer *self = data;
  gboolean goes_on = TRUE;

  while (goes_on) {
    Item *item = g_async_queue_pop (self->items);

    if (item->lines != NULL) {
      for (const char *at = item->lines; *at != '\0';)
        at += write_fitting (self, at);
    } else if (item->path != NULL) {
      g_free (self->path);
      self->path = g_steal_pointer (&item->path);
      self->rotate_length = item->rotate_length;
      self->max_files = item->max_files;
      open_file (self);
    } else {
      goes_on = FALSE;
    }
    item_free (item);
  }
  if (self->fd >= 0)
    close (self->fd);
  g_async_queue_unref (self->items);
  g_free (self->path);
  g_free (self);
  return NULL;
}

/* main loop */

BelfryAccessLog *
belfry_access_log_new (void)
{
  BelfryAccessLog *self = g_new0 (BelfryAccessLog, 1);

  self->items = g_async_queue_new_full (item_free);
  self->lines = g_string_new (NULL);
  return self;
}

static void
flush (BelfryAccessLog *self)
{
  Item *item = NULL;

  g_clear_handle_id (&self->flush_id, g_source_remove);
  if (self->lines->len == 0)
    return;
  item = g_new0 (Item, 1);
  item->lines = g_string_free (self->lines, FALSE);
  self->lines = g_string_new (NULL);
  g_async_queue_push (self->items, item);
}

static gboolean
on_gathered (gpointer data)
{
  BelfryAccessLog *self = data;

  self->flush_id = 0;
  flush (self);
  return G_SOURCE_REMOVE;
}

void
belfry_access_log_free (BelfryAccessLog *self)
{
  if (self == NULL)
    return;
  flush (self);
  if (self->thread != NULL) {
    g_async_queue_push (self->items, g_new0 (Item, 1));
    g_thread_join (self->thread);
  }
  g_async_queue_unref (self->items);
  g_string_free (self->lines, TRUE);
  g_free (self);
}

static void
start_thread (BelfryAccessLog *self)
{
  Writer *writer = NULL;

  if (self->thread != NULL)
    return;
  writer = g_new0 (Writer, 1);
  writer->items = g_async_queue_ref (self->items);
  writer->fd = -1;
  self->thread = g_thread_new ("http.log", run_writer, writer);
}

void
belfry_access_log_configure (BelfryAccessLog *self,
                             const BelfryWwwKeys *keys,
                             const char *state_directory)
{
  const char *name = keys != NULL ? keys->log_file : NULL;
  Item *item = NULL;

  self->is_journal = g_strcmp0 (name, JOURNAL) == 0;
  self->is_on = name != NULL && name[0] != '\0' && (self->is_journal || state_directory != NULL);
  if (!self->is_on)
    return;
  self->quotes_address = keys->log_quote_address;
  if (self->is_journal)
    return;
  item = g_new0 (Item, 1);
  item->path = g_canonicalize_filename (name, state_directory);
  item->rotate_length = keys->rotate_length;
  item->max_files = keys->max_rotated_files;
  start_thread (self);
  flush (self);
  g_async_queue_push (self->items, item);
}

static void
on_wrote_headers (SoupServerMessage *msg, Sent *sent)
{
  sent->status = soup_server_message_get_status (msg);
}

static void
on_wrote_body (SoupServerMessage *msg, guint n_bytes, Sent *sent)
{
  (void)msg;
  sent->n_bytes += n_bytes;
}

void
belfry_access_log_watch (BelfryAccessLog *self, SoupServerMessage *msg)
{
  Sent *sent = NULL;

  if (!self->is_on)
    return;
  sent = g_new0 (Sent, 1);
  g_object_set_data_full (G_OBJECT (msg), SENT, sent, g_free);
  g_signal_connect (msg, "wrote-headers", G_CALLBACK (on_wrote_headers), sent);
  g_signal_connect (msg, "wrote-body-data", G_CALLBACK (on_wrote_body), sent);
}

/* what is secret */

static gboolean
is_secret (const char *pair)
{
  static const char *const names[] = { "passwd", "password", "token", "secret", "csrf" };
  g_autofree char *name = g_strndup (pair, strcspn (pair, "="));
  g_autofree char *decoded = g_uri_unescape_string (name, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_ascii_strcasecmp (decoded != NULL ? decoded : name, names[i]) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
append_query (GString *result, const char *query, gsize length)
{
  g_autofree char *text = g_strndup (query, length);
  g_auto (GStrv) pairs = g_strsplit (text, "&", -1);

  for (char **pair = pairs; *pair != NULL; pair++) {
    gsize n_name = strcspn (*pair, "=");

    if (pair != pairs)
      g_string_append_c (result, '&');
    if ((*pair)[n_name] == '=' && is_secret (*pair))
      g_string_append_printf (result, "%.*s=" HIDDEN, (int)n_name, *pair);
    else
      g_string_append (result, *pair);
  }
}

char *
belfry_access_log_censor (const char *text)
{
  GString *result = g_string_new (NULL);
  const char *scheme = strstr (text, "://");
  gsize n_path = strcspn (text, "?");
  gsize n_query = 0;

  if (scheme != NULL && scheme < text + n_path) {
    const char *host = scheme + strlen ("://");
    g_autofree char *authority = g_strndup (host, strcspn (host, "/?#"));
    const char *at = strrchr (authority, '@');

    if (at != NULL) {
      g_string_append_len (result, text, host - text);
      g_string_append (result, HIDDEN);
      n_path -= (gsize)(host - text) + (gsize)(at - authority);
      text = host + (at - authority);
    }
  }
  g_string_append_len (result, text, (gssize)n_path);
  text += n_path;
  if (*text == '?') {
    g_string_append_c (result, *text++);
    n_query = strcspn (text, "#");
    append_query (result, text, n_query);
    g_string_append (result, text + n_query);
  }
  return g_string_free (result, FALSE);
}

/* the line */

static void
append_escaped (GString *line, const char *text)
{
  gsize n_bytes = 0;

  for (const char *at = text; *at != '\0' && n_bytes < MAX_FIELD; at++, n_bytes++) {
    guchar byte = (guchar)*at;

    if (byte == '"' || byte == '\\')
      g_string_append_printf (line, "\\%c", byte);
    else if (byte < 0x20 || byte >= 0x7f)
      g_string_append_printf (line, "\\x%02x", byte);
    else
      g_string_append_c (line, (char)byte);
  }
}

static void
append_quoted (GString *line, const char *text)
{
  g_autofree char *censored = text != NULL ? belfry_access_log_censor (text) : NULL;

  g_string_append (line, " \"");
  append_escaped (line, censored != NULL ? censored : "-");
  g_string_append_c (line, '"');
}

/* months in English, whatever the locale */
static void
append_time (GString *line)
{
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) now =
      g_date_time_new_from_unix_utc (belfry_clock_now_us () / G_USEC_PER_SEC);

  g_string_append_printf (
      line, " [%02d/%s/%04d:%02d:%02d:%02d +0000]", g_date_time_get_day_of_month (now),
      months[g_date_time_get_month (now) - 1], g_date_time_get_year (now),
      g_date_time_get_hour (now), g_date_time_get_minute (now), g_date_time_get_second (now));
}

static void
append_request (GString *line, SoupServerMessage *msg)
{
  GUri *uri = soup_server_message_get_uri (msg);
  const char *query = uri != NULL ? g_uri_get_query (uri) : NULL;
  gboolean is_old = soup_server_message_get_http_version (msg) == SOUP_HTTP_1_0;
  g_autofree char *target =
      g_strconcat (uri != NULL ? g_uri_get_path (uri) : "", query != NULL ? "?" : "", query, NULL);
  g_autofree char *censored = belfry_access_log_censor (target);

  g_string_append (line, " \"");
  append_escaped (line, soup_server_message_get_method (msg));
  g_string_append_c (line, ' ');
  append_escaped (line, censored);
  g_string_append (line, is_old ? " HTTP/1.0\"" : " HTTP/1.1\"");
}

static char *
dup_line (BelfryAccessLog *self, SoupServerMessage *msg, const char *client, const char *user)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const Sent *sent = g_object_get_data (G_OBJECT (msg), SENT);
  GString *line = g_string_new (self->quotes_address ? "\"" : NULL);

  append_escaped (line, client != NULL ? client : "-");
  g_string_append (line, self->quotes_address ? "\" - " : " - ");
  append_escaped (line, user != NULL ? user : "-");
  append_time (line);
  append_request (line, msg);
  g_string_append_printf (line, " %u ", sent->status);
  if (sent->n_bytes > 0)
    g_string_append_printf (line, "%" G_GUINT64_FORMAT, sent->n_bytes);
  else
    g_string_append_c (line, '-');
  append_quoted (line, soup_message_headers_get_one (headers, "Referer"));
  append_quoted (line, soup_message_headers_get_one (headers, "User-Agent"));
  return g_string_free (line, FALSE);
}

void
belfry_access_log_note (BelfryAccessLog *self,
                        SoupServerMessage *msg,
                        const char *client,
                        const char *user)
{
  const Sent *sent = g_object_get_data (G_OBJECT (msg), SENT);
  g_autofree char *line = NULL;

  /* nothing went out: nobody was answered */
  if (!self->is_on || sent == NULL || sent->status == 0)
    return;
  line = dup_line (self, msg, client, user);
  if (self->is_journal) {
    g_message ("%s", line);
    return;
  }
  if (g_async_queue_length (self->items) > MAX_BATCHES) {
    if (!self->has_overrun)
      g_warning ("http.log: lines come faster than they can be written, leaving some out");
    self->has_overrun = TRUE;
    return;
  }
  self->has_overrun = FALSE;
  g_string_append (self->lines, line);
  g_string_append_c (self->lines, '\n');
  if (self->lines->len >= BATCH_BYTES)
    flush (self);
  else if (self->flush_id == 0)
    self->flush_id = g_timeout_add (GATHER_MS, on_gathered, self);
}
