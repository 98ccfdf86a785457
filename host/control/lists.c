/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line lists: builds, waiting requests, workers and schedulers, read from the
 * store, each row the record as JSON with the names that its ids stand for. */
#include "lists.h"

#define ROWS_MAX 1000

/** List: one question, answered on a pool thread */
typedef struct {
  BelfryHost *host;
  char *kind;
  char *builder; /* (nullable) */
  gint64 number; /* BELFRY_NONE: any */
  gint64 limit;
  gboolean running;
  JsonArray *rows;
} List;

static void
list_free (gpointer data)
{
  List *self = data;

  g_free (self->kind);
  g_free (self->builder);
  g_clear_pointer (&self->rows, json_array_unref);
  g_free (self);
}

static void
set_filter (BelfryQuery *query, guint *count, const char *field, gint64 number)
{
  query->filters[*count] =
      (BelfryFilter){ .field = field, .compare = BELFRY_COMPARE_EQUAL, .number = number };
  (*count)++;
}

static gboolean
find_builder (
    const List *self, BelfryReader *reader, BelfryQuery *query, guint *count, GError **error)
{
  g_autoptr (BelfryBuilder) builder = NULL;

  if (self->builder == NULL)
    return TRUE;
  builder = belfry_reader_find_builder (reader, self->builder, error);
  if (builder == NULL)
    return FALSE;
  set_filter (query, count, "builderid", builder->builderid);
  return TRUE;
}

static void
add_builder_name (BelfryReader *reader, gint64 builderid, JsonObject *row)
{
  g_autoptr (BelfryBuilder) builder =
      belfry_reader_find (reader, belfry_builder_get_type (), builderid, NULL);

  if (builder != NULL)
    json_object_set_string_member (row, "buildername", builder->name);
}

static gint64
count_running (BelfryReader *reader, gint64 workerid)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  guint count = 0;

  set_filter (&query, &count, "workerid", workerid);
  set_filter (&query, &count, "complete", FALSE);
  return MAX (belfry_reader_count (reader, belfry_build_get_type (), &query, NULL), 0);
}

static void
add_row (const List *self, BelfryReader *reader, gpointer record)
{
  JsonObject *row = belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE);
  const BelfryRecord *head = record;

  if (head->type == belfry_build_get_type ())
    add_builder_name (reader, ((BelfryBuild *)record)->builderid, row);
  else if (head->type == belfry_build_request_get_type ())
    add_builder_name (reader, ((BelfryBuildRequest *)record)->builderid, row);
  else if (head->type == belfry_worker_get_type ())
    json_object_set_int_member (row, "running",
                                count_running (reader, ((BelfryWorker *)record)->workerid));
  json_array_add_object_element (self->rows, row);
}

static gboolean
read_rows (BelfryReader *reader, gpointer data, GError **error)
{
  static const struct {
    const char *kind;
    const BelfryRecordType *(*type) (void);
  } kinds[] = {
    { "builds", belfry_build_get_type },
    { "requests", belfry_build_request_get_type },
    { "schedulers", belfry_scheduler_record_get_type },
    { "workers", belfry_worker_get_type },
  };
  List *self = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  const BelfryRecordType *type = NULL;
  gboolean cut = FALSE;
  guint count = 0;
  g_autoptr (GPtrArray) found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    type = g_str_equal (kinds[i].kind, self->kind) ? kinds[i].type () : type;
  if (!find_builder (self, reader, &query, &count, error))
    return FALSE;
  if (self->number != BELFRY_NONE)
    set_filter (&query, &count, "number", self->number);
  if (self->running || type == belfry_build_request_get_type ())
    set_filter (&query, &count, "complete", FALSE);
  if (type == belfry_build_request_get_type ())
    set_filter (&query, &count, "claimed", FALSE);
  query.descending = type == belfry_build_get_type ();
  query.limit = (guint)CLAMP (self->limit, 1, ROWS_MAX);
  found = belfry_reader_list (reader, type, &query, &cut, error);
  for (guint i = 0; found != NULL && i < found->len; i++)
    add_row (self, reader, g_ptr_array_index (found, i));
  return found != NULL;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  List *self = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  JsonNode *node = NULL;
  JsonObject *object = NULL;

  if (!belfry_store_read_finish (self->host->store, result, &local)) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
    return;
  }
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  json_object_set_array_member (object, "rows", g_steal_pointer (&self->rows));
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
  g_object_unref (task);
}

void
belfry_lists_run (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  List *self = g_new0 (List, 1);
  BelfryReaderView view = { .instance = NULL };

  self->host = host;
  self->kind = g_strdup (belfry_json_get_text (arguments, "command"));
  self->builder = g_strdup (belfry_json_get_text (arguments, "builder"));
  self->number = belfry_json_get_integer (arguments, "number", BELFRY_NONE);
  self->limit = belfry_json_get_integer (arguments, "limit", ROWS_MAX);
  self->running = belfry_json_get_boolean (arguments, "running", FALSE);
  self->rows = json_array_new ();
  g_task_set_task_data (task, self, list_free);
  belfry_store_read_async (host->store, &view, read_rows, self, NULL, on_read, task);
}
