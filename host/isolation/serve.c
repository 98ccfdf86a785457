/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the process asks for, done with the rights of its instance and no others: each row is one of
 * the host's functions. Whatever it sends is a stranger's: checked, bounded, and its answers only
 * go to the process that asked.
 */
#include "isolated-private.h"

#define MAX_SERVED       64
#define MAX_TIMEOUT_US   (600 * G_TIME_SPAN_SECOND)
#define MAX_ANSWER_BYTES (32 * 1024 * 1024)
#define MAX_OUTPUT_BYTES (16 * 1024 * 1024)
#define MAX_KEY_BYTES    1024
#define MAX_PACES        16
#define LOG_SPAN_US      (10 * G_TIME_SPAN_SECOND)
#define LOG_LINES        200

typedef struct {
  BelfryIsolated *isolated;
  guint generation;
  gint64 id;
  GCancellable *cancellable;
  BelfrySession *session; /* (nullable) */
} Served;

static void
reply (BelfryIsolated *self, gint64 id, JsonObject *result, GBytes *body)
{
  JsonObject *head = json_object_new ();

  json_object_set_int_member (head, "reply", id);
  json_object_set_object_member (head, "result", result);
  belfry_isolated_send (self, head, body);
}

static void
reply_error (BelfryIsolated *self, gint64 id, const GError *error)
{
  JsonObject *head = json_object_new ();

  json_object_set_int_member (head, "reply", id);
  belfry_wire_set_error (head, error);
  belfry_isolated_send (self, head, NULL);
}

static void
refuse (BelfryIsolated *self, gint64 id, int code, const char *why)
{
  g_autoptr (GError) error = g_error_new_literal (BELFRY_ERROR, code, why);

  if (id > 0)
    reply_error (self, id, error);
}

static Served *
served_new (BelfryIsolated *self, gint64 id)
{
  Served *served = g_new0 (Served, 1);

  served->isolated = belfry_isolated_ref (self);
  served->generation = self->generation;
  served->id = id;
  served->cancellable = g_cancellable_new ();
  g_hash_table_replace (self->served, g_memdup2 (&id, sizeof id),
                        g_object_ref (served->cancellable));
  return served;
}

/* whether the process that asked is still there */
static gboolean
served_is_wanted (Served *served)
{
  return served->generation == served->isolated->generation && served->isolated->socket >= 0;
}

static void
served_free (Served *served)
{
  if (served->generation == served->isolated->generation)
    g_hash_table_remove (served->isolated->served, &served->id);
  g_clear_pointer (&served->session, belfry_session_unref);
  g_object_unref (served->cancellable);
  belfry_isolated_unref (served->isolated);
  g_free (served);
}

void
belfry_isolated_drop_served (BelfryIsolated *self)
{
  g_autoptr (GHashTable) served = g_steal_pointer (&self->served);
  g_autoptr (GList) cancellables = g_hash_table_get_values (served);
  g_autoptr (GList) sessions = g_hash_table_get_values (self->sessions);

  self->served = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  for (GList *link = cancellables; link != NULL; link = link->next)
    g_cancellable_cancel (link->data);
  for (GList *link = sessions; link != NULL; link = link->next)
    belfry_session_end (link->data);
}

/* HTTP */

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  Served *served = data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (served->isolated->instance, result, &local);

  if (!served_is_wanted (served))
    g_debug ("an answer came for a process that is gone");
  else if (answer != NULL)
    reply (served->isolated, served->id, belfry_wire_write_answer (answer),
           belfry_http_answer_get_body (answer));
  else
    reply_error (served->isolated, served->id, local);
  served_free (served);
}

static void
serve_http (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  JsonNode *node = json_object_get_member (frame->head, "request");
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request =
      node != NULL ? belfry_http_request_from_json (node, &local) : NULL;
  Served *served = NULL;

  if (request == NULL) {
    refuse (self, id, BELFRY_ERROR_MALFORMED, "sending a request: it cannot be read");
    return;
  }
  belfry_http_request_set_limits (
      request, MIN (belfry_http_request_get_timeout_us (request), MAX_TIMEOUT_US),
      MIN (belfry_http_request_get_max_answer_bytes (request), MAX_ANSWER_BYTES));
  belfry_http_request_set_debug (request, FALSE); /* its own side has logged it */
  served = served_new (self, id);
  belfry_http_send_async (self->instance, request, served->cancellable, on_answered, served);
}

/* programs */

static void
on_ran (GObject *source, GAsyncResult *result, gpointer data)
{
  Served *served = data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended =
      belfry_process_run_finish (served->isolated->instance, result, &local);

  if (served_is_wanted (served) && ended != NULL) {
    JsonObject *told = json_object_new ();
    g_autoptr (GByteArray) all = g_byte_array_new ();
    g_autoptr (GBytes) body = NULL;

    json_object_set_int_member (told, "exit_status", ended->exit_status);
    json_object_set_int_member (told, "signal", ended->signal);
    json_object_set_int_member (told, "output_bytes", (gint64)g_bytes_get_size (ended->output));
    g_byte_array_append (all, g_bytes_get_data (ended->output, NULL),
                         (guint)g_bytes_get_size (ended->output));
    g_byte_array_append (all, g_bytes_get_data (ended->errors, NULL),
                         (guint)g_bytes_get_size (ended->errors));
    body = g_byte_array_free_to_bytes (g_steal_pointer (&all));
    reply (served->isolated, served->id, told, body);
  } else if (served_is_wanted (served))
    reply_error (served->isolated, served->id, local);
  served_free (served);
}

static void
serve_process (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  g_auto (GStrv) argv = belfry_wire_read_texts (belfry_json_get_array (frame->head, "argv"));
  g_auto (GStrv) environment =
      belfry_wire_read_texts (belfry_json_get_array (frame->head, "environment"));
  BelfryProcess process = {
    .size = sizeof process,
    .argv = (const char *const *)argv,
    .environment = (const char *const *)environment,
    .folder = belfry_json_get_text (frame->head, "folder"),
    .input = frame->body,
    .timeout_us = CLAMP (belfry_json_get_integer (frame->head, "timeout_us", 0), 1, MAX_TIMEOUT_US),
    .max_output_bytes = (gsize)CLAMP (belfry_json_get_integer (frame->head, "max_output_bytes", 0),
                                      0, MAX_OUTPUT_BYTES),
  };
  Served *served = NULL;

  if ((self->blueprint->plugin->needs & BELFRY_NEEDS_EXEC) == 0) {
    refuse (self, id, BELFRY_ERROR_DENIED,
            "running a program: the plugin does not say that it needs exec");
    return;
  }
  if (argv == NULL || argv[0] == NULL) {
    refuse (self, id, BELFRY_ERROR_MALFORMED, "running a program: it has no name");
    return;
  }
  served = served_new (self, id);
  belfry_process_run_async (self->instance, &process, served->cancellable, on_ran, served);
}

/* the store */

static gboolean
run_session (BelfryReader *reader, gpointer data, GError **error)
{
  Served *served = data;
  BelfryIsolated *self = served->isolated;

  belfry_session_run (served->session, reader, g_get_monotonic_time () + self->patience_us);
  return TRUE;
}

static void read_next (BelfryIsolated *self);

static void
on_session_over (GObject *source, GAsyncResult *result, gpointer data)
{
  Served *served = data;
  BelfryIsolated *self = belfry_isolated_ref (served->isolated);

  belfry_instance_read_finish (self->instance, result, NULL);
  belfry_session_end (served->session);
  served_free (served);
  self->is_reading = FALSE;
  read_next (self);
  belfry_isolated_unref (self);
}

/* one at a time: a process does one thing after the other, and readers are few */
static void
read_next (BelfryIsolated *self)
{
  Served *served = self->is_reading ? NULL : g_queue_pop_head (&self->reads);

  if (served == NULL)
    return;
  self->is_reading = TRUE;
  belfry_instance_read_async (self->instance, run_session, served, NULL, on_session_over, served);
}

/* it may ask at once: questions wait until there is a reader */
static void
serve_read (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  Served *served = served_new (self, id);

  served->session = belfry_session_new (self);
  belfry_session_begin (served->session, id);
  g_queue_push_tail (&self->reads, served);
  read_next (self);
  reply (self, id, json_object_new (), NULL);
}

static void
serve_read_end (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  gint64 session = belfry_json_get_integer (frame->head, "session", 0);
  BelfrySession *found = g_hash_table_lookup (self->sessions, &session);

  if (found != NULL)
    belfry_session_end (found);
}

/* at once */

static gboolean
log_is_over_measure (BelfryIsolated *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us - self->log_since_us > LOG_SPAN_US) {
    self->log_since_us = now_us;
    self->log_lines = 0;
  }
  self->log_lines++;
  if (self->log_lines == LOG_LINES + 1)
    belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                         "it says more than %d lines in ten seconds; the rest is left out",
                         LOG_LINES);
  return self->log_lines > LOG_LINES;
}

static void
serve_log (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  const char *text = belfry_json_get_text (frame->head, "text");
  gint64 level = belfry_json_get_integer (frame->head, "level", 0);

  /* what is fatal there is not fatal here */
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    level = G_LOG_LEVEL_WARNING;
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO)) == 0)
    level = G_LOG_LEVEL_DEBUG;
  if (text != NULL && !log_is_over_measure (self))
    belfry_instance_log (self->instance, (GLogLevelFlags)(level & G_LOG_LEVEL_MASK), "%s", text);
}

static const char *
get_key (BelfryFrame *frame)
{
  const char *key = belfry_json_get_text (frame->head, "key");

  return key != NULL && strlen (key) <= MAX_KEY_BYTES ? key : NULL;
}

static void
serve_cache_put (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  JsonNode *value = json_object_get_member (frame->head, "value");

  if (get_key (frame) != NULL && value != NULL)
    belfry_reporter_cache_put (self->instance, get_key (frame), value,
                               belfry_json_get_integer (frame->head, "expires_us", 0));
}

static void
serve_cache_get (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  JsonObject *result = json_object_new ();
  g_autoptr (JsonNode) value =
      get_key (frame) != NULL ? belfry_reporter_cache_get (self->instance, get_key (frame)) : NULL;

  if (value != NULL)
    json_object_set_member (result, "value", json_node_copy (value));
  reply (self, id, result, NULL);
}

static void
serve_pace (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  JsonArray *array = belfry_json_get_array (frame->head, "paces");
  guint count = array != NULL ? MIN (json_array_get_length (array), MAX_PACES) : 0;
  BelfryPace paces[MAX_PACES];
  JsonObject *result = NULL;

  for (guint i = 0; i < count; i++) {
    JsonNode *node = json_array_get_element (array, i);
    JsonObject *row = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

    if (row == NULL || belfry_json_get_text (row, "lane") == NULL) {
      refuse (self, id, BELFRY_ERROR_MALFORMED, "keeping pace: a pace has no lane");
      return;
    }
    paces[i] = (BelfryPace){
      .lane = belfry_json_get_text (row, "lane"),
      .count = (guint)CLAMP (belfry_json_get_integer (row, "count", 1), 1, 1000),
      .span_us = CLAMP (belfry_json_get_integer (row, "span_us", 1), 1, G_TIME_SPAN_DAY),
    };
  }
  result = json_object_new ();
  json_object_set_int_member (result, "wait_us",
                              belfry_instance_keep_pace (self->instance, paces, count));
  reply (self, id, result, NULL);
}

static const struct {
  const char *what;
  gboolean is_answered; /* needs a number to be answered by */
  void (*run) (BelfryIsolated *self, gint64 id, BelfryFrame *frame);
} rows[] = {
  { "http", TRUE, serve_http },
  { "process", TRUE, serve_process },
  { "read", TRUE, serve_read },
  { "read-end", FALSE, serve_read_end },
  { "log", FALSE, serve_log },
  { "cache-put", FALSE, serve_cache_put },
  { "cache-get", TRUE, serve_cache_get },
  { "pace", TRUE, serve_pace },
};

static void
serve_question (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  gint64 session = belfry_json_get_integer (frame->head, "session", 0);

  json_object_set_int_member (frame->head, "generation", self->generation);
  if (!belfry_session_take (self, session, frame))
    refuse (self, id, BELFRY_ERROR_DENIED, "reading the store: its time is over");
}

/* NULL: it may be done. A number that is used twice would not be counted twice. */
static const char *
find_excess (BelfryIsolated *self, gint64 id)
{
  if (g_hash_table_contains (self->served, &id))
    return "it asks for two things by one number";
  return g_hash_table_size (self->served) >= MAX_SERVED ? "it asks for too much at once" : NULL;
}

void
belfry_isolated_serve (BelfryIsolated *self, BelfryFrame *frame)
{
  const char *what = belfry_json_get_text (frame->head, "what");
  gint64 id = belfry_json_get_integer (frame->head, "op", 0);
  gint64 cancel = belfry_json_get_integer (frame->head, "cancel", 0);
  GCancellable *cancellable = cancel > 0 ? g_hash_table_lookup (self->served, &cancel) : NULL;

  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
  for (guint i = 0; what != NULL && i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].what, what) && (id > 0 || !rows[i].is_answered)) {
      const char *excess = rows[i].is_answered ? find_excess (self, id) : NULL;

      if (excess != NULL)
        refuse (self, id, BELFRY_ERROR_RETRY, excess);
      else
        rows[i].run (self, id, frame);
      return;
    }
  if (what != NULL && g_str_has_prefix (what, "read-") && id > 0)
    serve_question (self, id, frame);
}
