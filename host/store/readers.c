/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool of readers: threads with connections of their own, first come first served. Each read is
 * one snapshot of the records. Requests of people who wait are bounded; those of rooms of the host
 * are not.
 */
#include "store/store-private.h"

#define MAX_INTERACTIVE 64
#define GET_STATE       "SELECT value FROM state WHERE instance = ?1 AND key = ?2"
/* keys that begin so; substr () needs no escaping of what LIKE and GLOB would take for patterns */
#define SCAN_STATE                                                                                 \
  "SELECT key, value FROM state"                                                                   \
  " WHERE instance = ?1 AND key >= ?2 AND substr (key, 1, length (?2)) = ?2 ORDER BY key"
#define LIST_BUILDERS "SELECT builderid, name FROM builders"

struct _BelfryReaders {
  BelfryStore *store;
  GPtrArray *readers; /* (element-type BelfryStoreReader) one for each thread */
  GPtrArray *threads; /* (element-type GThread) */
  GMutex lock;        /* of what follows */
  GCond cond;
  GQueue waiting; /* GTask with Read */
  guint interactive;
  gboolean stopping;
};

typedef struct {
  BelfryReaderView view;
  char *instance;
  BelfryReadFunc func;
  gpointer data;
} Read;

static void
read_free (gpointer data)
{
  Read *self = data;

  if (self->view.destroy != NULL)
    self->view.destroy (self->view.data);
  g_clear_pointer (&self->view.visible_builders, g_hash_table_unref);
  g_clear_pointer (&self->view.host_info, json_object_unref);
  g_free (self->instance);
  g_free (self);
}

/* one reader */

static char *
store_reader_read_log (BelfryReader *reader,
                       gint64 logid,
                       gint64 first_line,
                       gint64 max_lines,
                       gint64 *n_lines,
                       GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  g_autoptr (BelfryLog) log = NULL;

  if (self->logs == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "reading a log: a single file of the database has none");
    return NULL;
  }
  /* whether it is visible is said by its build */
  log = belfry_reader_find (reader, belfry_log_get_type (), logid, error);
  if (log == NULL)
    return NULL;
  return belfry_logs_read (self->store->logs, self->logs, logid, first_line, max_lines, n_lines,
                           error);
}

static JsonNode *
read_value (sqlite3_stmt *row, int column, GError **error)
{
  return belfry_json_parse ((const char *)sqlite3_column_text (row, column),
                            sqlite3_column_bytes (row, column), NULL, error);
}

static sqlite3_stmt *
prepare_state (BelfryStoreReader *self, const char *sql, const char *key, GError **error)
{
  sqlite3_stmt *statement = NULL;

  if (self->view == NULL || self->view->instance == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "reading state '%s': nobody's state can be read here", key);
    return NULL;
  }
  statement = belfry_database_prepare (self->database, sql, error);
  if (statement != NULL) {
    belfry_database_bind_text (statement, 1, self->view->instance);
    belfry_database_bind_text (statement, 2, key);
  }
  return statement;
}

static JsonNode *
store_reader_state_get (BelfryReader *reader, const char *key, GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  sqlite3_stmt *statement = prepare_state (self, GET_STATE, key, error);
  gboolean row = FALSE;
  JsonNode *value = NULL;

  if (statement == NULL || !belfry_database_step (self->database, statement, &row, error) || !row)
    return NULL;
  value = read_value (statement, 0, error);
  sqlite3_reset (statement);
  return value;
}

static GHashTable *
store_reader_state_scan (BelfryReader *reader, const char *prefix, GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  sqlite3_stmt *statement = prepare_state (self, SCAN_STATE, prefix, error);
  g_autoptr (GHashTable) values =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  gboolean row = statement != NULL;

  while (row) {
    JsonNode *value = NULL;

    if (!belfry_database_step (self->database, statement, &row, error))
      return NULL;
    if (!row)
      break;
    value = read_value (statement, 1, error);
    if (value == NULL)
      return NULL;
    g_hash_table_insert (values, g_strdup ((const char *)sqlite3_column_text (statement, 0)),
                         value);
  }
  return statement != NULL ? g_steal_pointer (&values) : NULL;
}

static JsonObject *
store_reader_host_info (BelfryReader *reader)
{
  const BelfryReaderView *view = ((BelfryStoreReader *)reader)->view;

  return view != NULL ? view->host_info : NULL;
}

static gboolean
store_reader_may (BelfryReader *reader, const char *action, gconstpointer record)
{
  const BelfryReaderView *view = ((BelfryStoreReader *)reader)->view;

  return view != NULL && view->may != NULL && view->may (action, record, view->data);
}

static JsonArray *
store_reader_list_forms (BelfryReader *reader, const char *builder_name)
{
  const BelfryReaderView *view = ((BelfryStoreReader *)reader)->view;

  return view != NULL && view->list_forms != NULL ? view->list_forms (builder_name, view->data)
                                                  : NULL;
}

static char *
store_reader_dup_link (BelfryReader *reader,
                       BelfryLinkKind kind,
                       const char *name,
                       const char *revision)
{
  const BelfryReaderView *view = ((BelfryStoreReader *)reader)->view;

  return view != NULL && view->dup_link != NULL ? view->dup_link (kind, name, revision, view->data)
                                                : NULL;
}

static JsonArray *
store_reader_link_text (BelfryReader *reader, const char *text, const char *project)
{
  const BelfryReaderView *view = ((BelfryStoreReader *)reader)->view;
  JsonArray *parts = NULL;
  JsonObject *part = NULL;

  if (view != NULL && view->link_text != NULL)
    return view->link_text (text, project, view->data);
  parts = json_array_new ();
  part = json_object_new ();
  json_object_set_string_member (part, "text", text != NULL ? text : "");
  json_array_add_object_element (parts, part);
  return parts;
}

static BelfryRequest *
store_reader_read_request (BelfryReader *reader, BelfryDelivery *delivery, GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  const BelfryReaderView *view = self->view;

  if (belfry_store_reader_is_shut (self, belfry_delivery_get_type ())) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "reading the request of delivery %" G_GINT64_FORMAT ": not found",
                 delivery->deliveryid);
    return NULL;
  }
  if (view != NULL && view->read_request != NULL)
    return view->read_request (reader, delivery, error);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                       "reading a stored request: not from here");
  return NULL;
}

static const BelfryReaderOps reader_ops = {
  .size = sizeof (BelfryReaderOps),
  .list = belfry_store_reader_list,
  .count = belfry_store_reader_count,
  .read_log = store_reader_read_log,
  .previous_build = belfry_store_reader_previous_build,
  .build_changes = belfry_store_reader_build_changes,
  .responsible_users = belfry_store_reader_responsible_users,
  .state_get = store_reader_state_get,
  .state_scan = store_reader_state_scan,
  .host_info = store_reader_host_info,
  .may = store_reader_may,
  .list_forms = store_reader_list_forms,
  .dup_link = store_reader_dup_link,
  .link_text = store_reader_link_text,
  .read_request = store_reader_read_request,
};

BelfryStoreReader *
belfry_store_reader_new (BelfryStore *store, BelfryDatabase *database, GError **error)
{
  g_autoptr (BelfryStoreReader) self = g_new0 (BelfryStoreReader, 1);

  self->reader.ops = &reader_ops;
  self->store = store;
  self->database = database;
  self->logs = belfry_database_open (store->logs_path, BELFRY_DATABASE_READER, error);
  return self->logs != NULL ? g_steal_pointer (&self) : NULL;
}

BelfryStoreReader *
belfry_store_reader_new_for_file (BelfryDatabase *database)
{
  BelfryStoreReader *self = g_new0 (BelfryStoreReader, 1);

  self->reader.ops = &reader_ops;
  self->database = database;
  return self;
}

sqlite3_stmt *
belfry_reader_prepare (BelfryReader *reader, const char *sql, GError **error)
{
  return belfry_database_prepare (((BelfryStoreReader *)reader)->database, sql, error);
}

gboolean
belfry_reader_step (BelfryReader *reader, sqlite3_stmt *statement, gboolean *row, GError **error)
{
  return belfry_database_step (((BelfryStoreReader *)reader)->database, statement, row, error);
}

void
belfry_store_reader_free (BelfryStoreReader *self)
{
  if (self == NULL)
    return;
  belfry_database_close (self->logs);
  g_free (self->visible);
  g_free (self);
}

/* the pool */

static gboolean
list_visible (BelfryStoreReader *self, GError **error)
{
  sqlite3_stmt *statement = belfry_database_prepare (self->database, LIST_BUILDERS, error);
  g_autoptr (GString) ids = g_string_new ("[");
  gboolean row = statement != NULL;

  while (row) {
    const char *name = NULL;

    if (!belfry_database_step (self->database, statement, &row, error))
      return FALSE;
    if (row)
      name = (const char *)sqlite3_column_text (statement, 1);
    if (name != NULL && g_hash_table_contains (self->view->visible_builders, name))
      g_string_append_printf (ids, "%s%" G_GINT64_FORMAT, ids->len > 1 ? "," : "",
                              (gint64)sqlite3_column_int64 (statement, 0));
  }
  self->visible = g_strconcat (ids->str, "]", NULL);
  return statement != NULL;
}

static gboolean
run_in_snapshot (BelfryStoreReader *self, const Read *read, GError **error)
{
  gboolean done = FALSE;

  if (!belfry_database_execute (self->database, "BEGIN DEFERRED", error))
    return FALSE;
  done = (read->view.visible_builders == NULL || list_visible (self, error)) &&
         read->func (&self->reader, read->data, error);
  belfry_database_settle (self->database);
  belfry_database_settle (self->logs);
  belfry_database_execute (self->database, "COMMIT", NULL);
  return done;
}

static void
run_read (BelfryStoreReader *self, GTask *task)
{
  Read *read = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;
  self->view = &read->view;
  self->cancellable = g_task_get_cancellable (task);
  if (run_in_snapshot (self, read, &error)) {
    g_task_return_boolean (task, TRUE);
  } else {
    if (error == NULL)
      g_set_error (&error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "reading the store failed");
    g_task_return_error (task, g_steal_pointer (&error));
  }
  self->view = NULL;
  self->cancellable = NULL;
  g_clear_pointer (&self->visible, g_free);
}

static GTask *
take_task (BelfryReaders *self)
{
  GTask *task = NULL;

  g_mutex_lock (&self->lock);
  while (self->waiting.length == 0 && !self->stopping)
    g_cond_wait (&self->cond, &self->lock);
  task = g_queue_pop_head (&self->waiting);
  if (task != NULL && ((Read *)g_task_get_task_data (task))->view.interactive)
    self->interactive--;
  g_mutex_unlock (&self->lock);
  return task;
}

typedef struct {
  BelfryReaders *readers;
  BelfryStoreReader *reader;
} Runner;

static gpointer
readers_run (gpointer data)
{
  g_autofree Runner *runner = data;
  GTask *task = NULL;

  while ((task = take_task (runner->readers)) != NULL) {
    run_read (runner->reader, task);
    g_object_unref (task);
  }
  return NULL;
}

static gboolean
add_thread (BelfryReaders *self, GError **error)
{
  BelfryDatabase *database =
      belfry_database_open (self->store->path, BELFRY_DATABASE_READER, error);
  BelfryStoreReader *reader = NULL;
  Runner *runner = NULL;

  if (database == NULL)
    return FALSE;
  reader = belfry_store_reader_new (self->store, database, error);
  if (reader == NULL) {
    belfry_database_close (database);
    return FALSE;
  }
  g_ptr_array_add (self->readers, reader);
  runner = g_new0 (Runner, 1);
  runner->readers = self;
  runner->reader = reader;
  g_ptr_array_add (self->threads, g_thread_new ("belfry-reader", readers_run, runner));
  return TRUE;
}

BelfryReaders *
belfry_readers_new (BelfryStore *store, guint n_threads, GError **error)
{
  g_autoptr (BelfryReaders) self = g_new0 (BelfryReaders, 1);

  self->store = store;
  self->readers = g_ptr_array_new ();
  self->threads = g_ptr_array_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  for (guint i = 0; i < n_threads; i++)
    if (!add_thread (self, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
belfry_readers_free (BelfryReaders *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (g_ptr_array_index (self->threads, i));
  for (guint i = 0; i < self->readers->len; i++) {
    BelfryStoreReader *reader = g_ptr_array_index (self->readers, i);

    belfry_database_close (reader->database);
    belfry_store_reader_free (reader);
  }
  g_ptr_array_unref (self->readers);
  g_ptr_array_unref (self->threads);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

static Read *
read_new (const BelfryReaderView *view, BelfryReadFunc func, gpointer data)
{
  Read *read = g_new0 (Read, 1);

  if (view != NULL)
    read->view = *view;
  read->instance = g_strdup (read->view.instance);
  read->view.instance = read->instance;
  if (read->view.visible_builders != NULL)
    g_hash_table_ref (read->view.visible_builders);
  if (read->view.host_info != NULL)
    json_object_ref (read->view.host_info);
  read->func = func;
  read->data = data;
  return read;
}

/* Takes the task unless too many wait. */
static gboolean
push_task (BelfryReaders *self, GTask *task, gboolean interactive)
{
  gboolean taken = FALSE;

  g_mutex_lock (&self->lock);
  taken = !interactive || self->interactive < MAX_INTERACTIVE;
  if (taken) {
    g_queue_push_tail (&self->waiting, g_object_ref (task));
    self->interactive += interactive ? 1 : 0;
    g_cond_signal (&self->cond);
  }
  g_mutex_unlock (&self->lock);
  return taken;
}

void
belfry_store_read_async (BelfryStore *self, /* lint: as GIO would have it */
                         const BelfryReaderView *view,
                         BelfryReadFunc func,
                         gpointer data,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Read *read = read_new (view, func, data);

  g_task_set_source_tag (task, belfry_store_read_async);
  g_task_set_task_data (task, read, read_free);
  if (!push_task (self->readers, task, read->view.interactive))
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                             "reading the store: too many are waiting");
}

gboolean
belfry_store_read_finish (BelfryStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
