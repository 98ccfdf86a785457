/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader whose snapshot is the host's: each question is a frame, and waits for its answer. */
#include "plugin-host-private.h"

typedef struct {
  BelfryReader reader; /* first */
  BelfryChild *child;
  gint64 session;
  JsonObject *host_info;
} ChildReader;

static JsonObject *
question_new (const char *what)
{
  JsonObject *head = json_object_new ();

  json_object_set_string_member (head, "what", what);
  return head;
}

/* (transfer full): its `result` is there; NULL: @error says why not. takes @head */
static BelfryFrame *
ask (BelfryReader *reader, JsonObject *head, GError **error)
{
  ChildReader *self = (ChildReader *)reader;
  BelfryFrame *frame = NULL;
  GError *failure = NULL;

  json_object_set_int_member (head, "session", self->session);
  frame = belfry_child_ask (self->child, head, NULL);
  failure = belfry_wire_get_error (frame->head);
  if (failure == NULL && belfry_json_get_object (frame->head, "result") == NULL)
    failure = g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "the host said nothing");
  if (failure == NULL)
    return frame;
  g_propagate_error (error, failure);
  belfry_frame_free (frame);
  return NULL;
}

static JsonObject *
write_query (const BelfryQuery *query)
{
  JsonObject *object = json_object_new ();
  JsonArray *filters = json_array_new ();

  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++) {
    JsonObject *row = json_object_new ();

    json_object_set_string_member (row, "field", query->filters[i].field);
    json_object_set_int_member (row, "compare", query->filters[i].compare);
    json_object_set_int_member (row, "number", query->filters[i].number);
    if (query->filters[i].text != NULL)
      json_object_set_string_member (row, "text", query->filters[i].text);
    json_array_add_object_element (filters, row);
  }
  json_object_set_array_member (object, "filters", filters);
  if (query->order != NULL)
    json_object_set_string_member (object, "order", query->order);
  json_object_set_boolean_member (object, "descending", query->descending);
  json_object_set_int_member (object, "limit", query->limit);
  json_object_set_int_member (object, "offset", query->offset);
  return object;
}

static GPtrArray *
read_records (const BelfryRecordType *type, JsonObject *result, GError **error)
{
  JsonArray *array = belfry_json_get_array (result, "records");
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    gpointer record =
        belfry_wire_read_record (type, json_array_get_object_element (array, i), error);

    if (record == NULL)
      return NULL;
    g_ptr_array_add (records, record);
  }
  return g_steal_pointer (&records);
}

static GPtrArray *
reader_list (BelfryReader *self,
             const BelfryRecordType *type,
             const BelfryQuery *query,
             gboolean *cut,
             GError **error)
{
  JsonObject *head = question_new ("read-list");
  g_autoptr (BelfryFrame) frame = NULL;
  JsonObject *result = NULL;

  json_object_set_string_member (head, "type", type->name);
  json_object_set_object_member (head, "query", write_query (query));
  frame = ask (self, head, error);
  if (frame == NULL)
    return NULL;
  result = belfry_json_get_object (frame->head, "result");
  if (cut != NULL)
    *cut = belfry_json_get_boolean (result, "cut", FALSE);
  return read_records (type, result, error);
}

static gint64
reader_count (BelfryReader *self,
              const BelfryRecordType *type,
              const BelfryQuery *query,
              GError **error)
{
  JsonObject *head = question_new ("read-count");
  g_autoptr (BelfryFrame) frame = NULL;

  json_object_set_string_member (head, "type", type->name);
  json_object_set_object_member (head, "query", write_query (query));
  frame = ask (self, head, error);
  return frame != NULL
             ? belfry_json_get_integer (belfry_json_get_object (frame->head, "result"), "count", 0)
             : -1;
}

static char *
reader_read_log (BelfryReader *self,
                 gint64 logid,
                 gint64 first_line,
                 gint64 max_lines,
                 gint64 *n_lines,
                 GError **error)
{
  JsonObject *head = question_new ("read-log");
  g_autoptr (BelfryFrame) frame = NULL;
  JsonObject *result = NULL;

  json_object_set_int_member (head, "logid", logid);
  json_object_set_int_member (head, "first", first_line);
  json_object_set_int_member (head, "max", max_lines);
  frame = ask (self, head, error);
  if (frame == NULL)
    return NULL;
  result = belfry_json_get_object (frame->head, "result");
  if (n_lines != NULL)
    *n_lines = belfry_json_get_integer (result, "n_lines", 0);
  return frame->body != NULL
             ? g_strndup (g_bytes_get_data (frame->body, NULL), g_bytes_get_size (frame->body))
             : g_strdup ("");
}

static JsonObject *
question_of_build (const char *what, BelfryBuild *build)
{
  JsonObject *head = question_new (what);

  json_object_set_object_member (head, "build", belfry_wire_write_record (build));
  return head;
}

static GPtrArray *
reader_build_changes (BelfryReader *self, BelfryBuild *build, GError **error)
{
  g_autoptr (BelfryFrame) frame = ask (self, question_of_build ("read-changes", build), error);

  return frame != NULL ? read_records (belfry_change_get_type (),
                                       belfry_json_get_object (frame->head, "result"), error)
                       : NULL;
}

static char **
reader_responsible_users (BelfryReader *self, BelfryBuild *build, GError **error)
{
  g_autoptr (BelfryFrame) frame = ask (self, question_of_build ("read-users", build), error);

  return frame != NULL ? belfry_wire_read_texts (belfry_json_get_array (
                             belfry_json_get_object (frame->head, "result"), "users"))
                       : NULL;
}

static JsonObject *
reader_host_info (BelfryReader *self)
{
  ChildReader *reader = (ChildReader *)self;
  g_autoptr (BelfryFrame) frame = NULL;

  if (reader->host_info != NULL)
    return reader->host_info;
  frame = ask (self, question_new ("read-host"), NULL);
  reader->host_info = frame != NULL
                          ? json_object_ref (belfry_json_get_object (frame->head, "result"))
                          : json_object_new ();
  return reader->host_info;
}

BelfryReader *
belfry_child_reader_new (BelfryChild *child, gint64 session)
{
  static const BelfryReaderOps ops = {
    .size = sizeof ops,
    .list = reader_list,
    .count = reader_count,
    .read_log = reader_read_log,
    .build_changes = reader_build_changes,
    .responsible_users = reader_responsible_users,
    .host_info = reader_host_info,
  };
  ChildReader *self = g_new0 (ChildReader, 1);

  self->reader.ops = &ops;
  self->child = child;
  self->session = session;
  return &self->reader;
}

void
belfry_child_reader_free (BelfryReader *reader)
{
  ChildReader *self = (ChildReader *)reader;

  g_clear_pointer (&self->host_info, json_object_unref);
  g_free (self);
}
