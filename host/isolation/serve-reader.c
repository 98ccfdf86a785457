/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to the store. They come in on the main loop and are answered on the thread that has a
 * reader, one after the other, until the plugin says that it has read, or its time is over: readers
 * are few, and not to be held by a plugin that forgets them.
 */
#include "isolated-private.h"

#define MAX_QUESTIONS 100 /* that wait; a plugin waits for each of its own */
#define MAX_LINES     10000

struct _BelfrySession {
  gatomicrefcount refs;
  BelfryIsolated *isolated;
  gint64 id;
  GMutex lock;
  GCond changed;
  GQueue questions; /* (element-type BelfryFrame) */
  gboolean is_over;
};

typedef struct {
  BelfryIsolated *isolated;
  guint generation;
  JsonObject *head;
  GBytes *body; /* (nullable) */
} Reply;

BelfrySession *
belfry_session_new (BelfryIsolated *isolated)
{
  BelfrySession *self = g_new0 (BelfrySession, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->isolated = belfry_isolated_ref (isolated);
  return self;
}

BelfrySession *
belfry_session_ref (BelfrySession *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_session_unref (BelfrySession *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_queue_clear_full (&self->questions, (GDestroyNotify)belfry_frame_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  belfry_isolated_unref (self->isolated);
  g_free (self);
}

void
belfry_session_begin (BelfrySession *self, gint64 id)
{
  self->id = id;
  g_hash_table_replace (self->isolated->sessions, g_memdup2 (&id, sizeof id),
                        belfry_session_ref (self));
}

gboolean
belfry_session_take (BelfryIsolated *isolated, gint64 id, BelfryFrame *frame)
{
  BelfrySession *self = g_hash_table_lookup (isolated->sessions, &id);
  BelfryFrame *question = NULL;

  if (self == NULL)
    return FALSE;
  g_mutex_lock (&self->lock);
  if (g_queue_get_length (&self->questions) < MAX_QUESTIONS) {
    question = g_new0 (BelfryFrame, 1);
    question->node = json_node_ref (frame->node);
    question->head = frame->head;
    g_queue_push_tail (&self->questions, question);
    g_cond_signal (&self->changed);
  }
  g_mutex_unlock (&self->lock);
  return question != NULL;
}

void
belfry_session_end (BelfrySession *self)
{
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_hash_table_remove (self->isolated->sessions, &self->id);
}

/* questions */

static const BelfryRecordType *
find_type (JsonObject *head)
{
  const char *name = belfry_json_get_text (head, "type");
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  for (guint i = 0; i < n_types; i++)
    if (types[i]->table != NULL && g_strcmp0 (types[i]->name, name) == 0)
      return types[i];
  return NULL;
}

/* the names of fields are compared with the type's own by whoever reads */
static void
read_query (JsonObject *object, BelfryQuery *query)
{
  JsonArray *filters = object != NULL ? belfry_json_get_array (object, "filters") : NULL;
  guint count = filters != NULL ? json_array_get_length (filters) : 0;

  for (guint i = 0; i < MIN (count, BELFRY_QUERY_FILTERS); i++) {
    JsonNode *node = json_array_get_element (filters, i);
    JsonObject *row = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

    if (row == NULL)
      return;
    query->filters[i] = (BelfryFilter){
      .field = belfry_json_get_text (row, "field"),
      .compare = (BelfryCompare)CLAMP (belfry_json_get_integer (row, "compare", 0), 0,
                                       BELFRY_COMPARE_NOT_NULL),
      .number = belfry_json_get_integer (row, "number", 0),
      .text = belfry_json_get_text (row, "text"),
    };
  }
  if (object == NULL)
    return;
  query->order = belfry_json_get_text (object, "order");
  query->descending = belfry_json_get_boolean (object, "descending", FALSE);
  query->limit = (guint)CLAMP (belfry_json_get_integer (object, "limit", 0), 0, 10000);
  query->offset = (guint)CLAMP (belfry_json_get_integer (object, "offset", 0), 0, G_MAXINT32);
}

static gboolean
has_fields (const BelfryRecordType *type, const BelfryQuery *query)
{
  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++)
    if (belfry_record_type_find (type, query->filters[i].field) == NULL)
      return FALSE;
  return query->order == NULL || belfry_record_type_find (type, query->order) != NULL;
}

static JsonObject *
write_records (GPtrArray *records)
{
  JsonObject *result = json_object_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < records->len; i++)
    json_array_add_object_element (array,
                                   belfry_wire_write_record (g_ptr_array_index (records, i)));
  json_object_set_array_member (result, "records", array);
  return result;
}

static gboolean
prepare (JsonObject *head, const BelfryRecordType **type, BelfryQuery *query, GError **error)
{
  *type = find_type (head);
  read_query (belfry_json_get_object (head, "query"), query);
  if (*type != NULL && has_fields (*type, query))
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                       "there is nothing of that kind to read");
  return FALSE;
}

static JsonObject *
read_list (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  const BelfryRecordType *type = NULL;
  g_autoptr (GPtrArray) records = NULL;
  JsonObject *result = NULL;
  gboolean cut = FALSE;

  if (!prepare (head, &type, &query, error))
    return NULL;
  records = belfry_reader_list (reader, type, &query, &cut, error);
  if (records == NULL)
    return NULL;
  result = write_records (records);
  json_object_set_boolean_member (result, "cut", cut);
  return result;
}

static JsonObject *
read_count (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  const BelfryRecordType *type = NULL;
  JsonObject *result = NULL;
  gint64 count = 0;

  if (!prepare (head, &type, &query, error))
    return NULL;
  count = belfry_reader_count (reader, type, &query, error);
  if (count < 0)
    return NULL;
  result = json_object_new ();
  json_object_set_int_member (result, "count", count);
  return result;
}

static JsonObject *
read_log (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  gint64 n_lines = 0;
  char *text = belfry_reader_read_log (
      reader, belfry_json_get_integer (head, "logid", 0),
      MAX (belfry_json_get_integer (head, "first", 0), 0),
      CLAMP (belfry_json_get_integer (head, "max", 0), 1, MAX_LINES), &n_lines, error);
  JsonObject *result = NULL;

  if (text == NULL)
    return NULL;
  *body = g_bytes_new_take (text, strlen (text));
  result = json_object_new ();
  json_object_set_int_member (result, "n_lines", n_lines);
  return result;
}

static BelfryBuild *
get_build (JsonObject *head, GError **error)
{
  return belfry_wire_read_record (belfry_build_get_type (), belfry_json_get_object (head, "build"),
                                  error);
}

static JsonObject *
read_changes (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  g_autoptr (BelfryBuild) build = get_build (head, error);
  g_autoptr (GPtrArray) changes =
      build != NULL ? belfry_reader_build_changes (reader, build, error) : NULL;

  return changes != NULL ? write_records (changes) : NULL;
}

static JsonObject *
read_users (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  g_autoptr (BelfryBuild) build = get_build (head, error);
  g_auto (GStrv) users =
      build != NULL ? belfry_reader_responsible_users (reader, build, error) : NULL;
  JsonObject *result = NULL;

  if (users == NULL)
    return NULL;
  result = json_object_new ();
  json_object_set_member (result, "users", belfry_wire_write_texts ((const char *const *)users));
  return result;
}

static JsonObject *
read_host (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  JsonObject *info = belfry_reader_host_info (reader);

  return info != NULL ? belfry_wire_copy (info) : json_object_new ();
}

static const struct {
  const char *what;
  JsonObject *(*run) (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error);
} rows[] = {
  { "read-list", read_list },       { "read-count", read_count }, { "read-log", read_log },
  { "read-changes", read_changes }, { "read-users", read_users }, { "read-host", read_host },
};

static JsonObject *
run_question (BelfryReader *reader, JsonObject *head, GBytes **body, GError **error)
{
  const char *what = belfry_json_get_text (head, "what");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_strcmp0 (rows[i].what, what) == 0)
      return rows[i].run (reader, head, body, error);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                       "a plugin in a process of its own cannot read that");
  return NULL;
}

static gboolean
on_reply (gpointer data)
{
  Reply *reply = data;

  if (reply->generation == reply->isolated->generation)
    belfry_isolated_send (reply->isolated, json_object_ref (reply->head), reply->body);
  return G_SOURCE_REMOVE;
}

static void
reply_free (gpointer data)
{
  Reply *reply = data;

  json_object_unref (reply->head);
  g_clear_pointer (&reply->body, g_bytes_unref);
  belfry_isolated_unref (reply->isolated);
  g_free (reply);
}

static void
answer (BelfrySession *self, BelfryReader *reader, BelfryFrame *question)
{
  Reply *reply = g_new0 (Reply, 1);
  g_autoptr (GError) local = NULL;
  JsonObject *result = NULL;

  reply->isolated = belfry_isolated_ref (self->isolated);
  reply->generation = (guint)belfry_json_get_integer (question->head, "generation", 0);
  reply->head = json_object_new ();
  json_object_set_int_member (reply->head, "reply",
                              belfry_json_get_integer (question->head, "op", 0));
  result = run_question (reader, question->head, &reply->body, &local);
  if (result != NULL)
    json_object_set_object_member (reply->head, "result", result);
  else
    belfry_wire_set_error (reply->head, local);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, on_reply, reply, reply_free);
}

static BelfryFrame *
pop_question (BelfrySession *self, gint64 deadline_us)
{
  BelfryFrame *question = NULL;

  g_mutex_lock (&self->lock);
  while (!self->is_over && g_queue_is_empty (&self->questions))
    if (!g_cond_wait_until (&self->changed, &self->lock, deadline_us))
      break;
  if (!self->is_over && g_get_monotonic_time () < deadline_us)
    question = g_queue_pop_head (&self->questions);
  g_mutex_unlock (&self->lock);
  return question;
}

void
belfry_session_run (BelfrySession *self, BelfryReader *reader, gint64 deadline_us)
{
  BelfryFrame *next = NULL;

  while ((next = pop_question (self, deadline_us)) != NULL) {
    g_autoptr (BelfryFrame) question = next;

    answer (self, reader, question);
  }
}
