/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is put into the store in memory: records by tests, transactions by engines. An engine that
 * says what cannot be true (a step that ends twice, a build that ends before its steps, a request
 * that nobody added) ends the program.
 */
#include "store-private.h"

#include <string.h>

/**
 * belfry_test_store_add:
 * @self: a store
 * @record: (transfer full): a record; in the place of one of the same type and id
 *
 * Returns: (transfer none): @record
 * Since: 0.1
 */
gpointer
belfry_test_store_add (BelfryTestStore *self, gpointer record)
{
  gint64 id = belfry_record_get_id (record);

  for (guint i = 0; i < self->records->len; i++) {
    BelfryRecord *other = g_ptr_array_index (self->records, i);

    if (other->type == ((BelfryRecord *)record)->type && belfry_record_get_id (other) == id) {
      g_ptr_array_remove_index (self->records, i);
      break;
    }
  }
  g_ptr_array_add (self->records, record);
  self->next_id = MAX (self->next_id, id + 1);
  return record;
}

static const BelfryRecordType *
find_type (const char *name)
{
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  for (guint i = 0; i < n_types; i++)
    if (g_str_equal (types[i]->name, name))
      return types[i];
  return NULL;
}

static gboolean
read_type (BelfryTestStore *self, const char *name, JsonNode *value, GError **error)
{
  const BelfryRecordType *type = find_type (name);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;

  if (type == NULL || array == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "reading records: '%s' is no type of record with an array of them", name);
    return FALSE;
  }
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);
    gpointer record = NULL;

    if (!JSON_NODE_HOLDS_OBJECT (element)) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                   "reading records: a %s that is no object", name);
      return FALSE;
    }
    record = belfry_record_from_json (type, json_node_get_object (element), error);
    if (record == NULL)
      return FALSE;
    belfry_test_store_add (self, record);
  }
  return TRUE;
}

/**
 * belfry_test_store_read:
 * @self: a store
 * @json: an object of arrays of records, by type: `{"builder": [{"builderid": 1, …}], "build":
 * […]}`
 * @error: %BELFRY_ERROR_MALFORMED
 *
 * Adds records.
 *
 * Returns: whether all could be read
 * Since: 0.1
 */
gboolean
belfry_test_store_read (BelfryTestStore *self, JsonNode *json, GError **error)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (json)) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                         "reading records: they are no object of arrays");
    return FALSE;
  }
  json_object_iter_init (&iter, json_node_get_object (json));
  while (json_object_iter_next (&iter, &name, &value))
    if (!read_type (self, name, value, error))
      return FALSE;
  return TRUE;
}

/* logs */

static GString *
get_log (BelfryTestStore *self, gint64 logid)
{
  GString *log = g_hash_table_lookup (self->logs, &logid);

  if (log == NULL) {
    log = g_string_new (NULL);
    g_hash_table_insert (self->logs, g_memdup2 (&logid, sizeof logid), log);
  }
  return log;
}

/**
 * belfry_test_store_set_log:
 * @self: a store
 * @logid: of a log
 * @text: its lines
 *
 * Since: 0.1
 */
void
belfry_test_store_set_log (BelfryTestStore *self, gint64 logid, const char *text)
{
  g_string_assign (get_log (self, logid), text);
}

void
belfry_test_store_append_log (BelfryTestStore *self, gint64 logid, GBytes *lines)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (lines, &length);

  g_string_append_len (get_log (self, logid), bytes, (gssize)length);
}

gint64
belfry_test_store_count_lines (BelfryTestStore *self, gint64 logid)
{
  GString *log = get_log (self, logid);
  gint64 lines = 0;

  for (gsize i = 0; i < log->len; i++)
    lines += log->str[i] == '\n' ? 1 : 0;
  return lines;
}

/* ids */

gint64
belfry_test_store_next_id (BelfryTestStore *self)
{
  return self->next_id++;
}

/* a builder or worker that has no record yet gets one */
gint64
belfry_test_store_name_id (BelfryTestStore *self, const BelfryRecordType *type, const char *name)
{
  const BelfryField *field = belfry_record_type_find (type, "name");
  gpointer record = NULL;

  for (guint i = 0; i < self->records->len; i++) {
    BelfryRecord *other = g_ptr_array_index (self->records, i);

    if (other->type == type &&
        g_strcmp0 (G_STRUCT_MEMBER (char *, other, field->offset), name) == 0)
      return belfry_record_get_id (other);
  }
  record = belfry_record_new (type);
  belfry_record_set_text (&G_STRUCT_MEMBER (char *, record, field->offset), name);
  G_STRUCT_MEMBER (gint64, record, type->fields[0].offset) = belfry_test_store_next_id (self);
  return belfry_record_get_id (belfry_test_store_add (self, record));
}

gint64
belfry_test_store_next_number (BelfryTestStore *self, gint64 builderid)
{
  int number = GPOINTER_TO_INT (g_hash_table_lookup (self->numbers, &builderid));

  g_hash_table_replace (self->numbers, g_memdup2 (&builderid, sizeof builderid),
                        GINT_TO_POINTER (number + 1));
  return number;
}

/* transactions */

gpointer
belfry_test_store_find (BelfryTestStore *self, const BelfryRecordType *type, gint64 id)
{
  for (guint i = 0; i < self->records->len; i++) {
    BelfryRecord *record = g_ptr_array_index (self->records, i);

    if (record->type == type && belfry_record_get_id (record) == id)
      return record;
  }
  return NULL;
}

static BelfryBuildRequest *
get_open_request (BelfryTestStore *self, gint64 id)
{
  BelfryBuildRequest *request = belfry_test_store_find (self, belfry_build_request_get_type (), id);

  if (request == NULL || request->complete)
    g_error ("request %" G_GINT64_FORMAT " was never added, or is complete", id);
  return request;
}

static gboolean
claim (BelfryTestStore *self, const BelfryOperation *operation, GError **error)
{
  BelfryBuildRequest *request =
      belfry_test_store_find (self, belfry_build_request_get_type (), operation->id);

  if (request == NULL || request->claimed || request->complete) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT, "the request is taken");
    return FALSE;
  }
  request->claimed = TRUE;
  return TRUE;
}

static void
check_step_end (BelfryTestStore *self, const BelfryStep *step)
{
  const BelfryStep *old = belfry_test_store_find (self, belfry_step_get_type (), step->stepid);

  if (old == NULL || old->complete)
    g_error ("step '%s' ends and was never begun, or ended before", step->name);
}

static void
check_build_end (BelfryTestStore *self, const BelfryBuild *build)
{
  g_autoptr (GPtrArray) steps = belfry_test_store_list (self, belfry_step_get_type ());

  for (guint i = 0; i < steps->len; i++) {
    const BelfryStep *step = g_ptr_array_index (steps, i);

    if (step->buildid == build->buildid && !step->complete)
      g_error ("build %" G_GINT64_FORMAT " ends before its step '%s'", build->buildid, step->name);
  }
}

static void
put_stamps (BelfryTestStore *self, const BelfryBuildset *set)
{
  for (guint i = 0; set->sourcestamps != NULL && i < set->sourcestamps->len; i++)
    belfry_test_store_add (self, belfry_record_ref (g_ptr_array_index (set->sourcestamps, i)));
}

static void
change_request (BelfryTestStore *self, const BelfryOperation *operation)
{
  BelfryBuildRequest *request = get_open_request (self, operation->id);

  if (operation->verb == BELFRY_VERB_UNCLAIM) {
    request->claimed = FALSE;
    request->retries = operation->number;
  } else {
    request->complete = TRUE;
    request->results = operation->number;
  }
}

static void
finish_log (BelfryTestStore *self, gint64 id)
{
  BelfryLog *log = belfry_test_store_find (self, belfry_log_get_type (), id);

  if (log == NULL)
    g_error ("log %" G_GINT64_FORMAT " ends and was never added", id);
  log->complete = TRUE;
}

static gboolean
apply (BelfryTestStore *self, const BelfryOperation *operation, GError **error)
{
  switch (operation->verb) {
  case BELFRY_VERB_CLAIM:
    return claim (self, operation, error);
  case BELFRY_VERB_UNCLAIM:
  case BELFRY_VERB_COMPLETE_REQUEST:
    change_request (self, operation);
    return TRUE;
  case BELFRY_VERB_FINISH_LOG:
    finish_log (self, operation->id);
    return TRUE;
  case BELFRY_VERB_PUT:
    g_hash_table_replace (self->state, g_strdup (operation->text),
                          json_node_copy (operation->json));
    return TRUE;
  case BELFRY_VERB_DELETE:
    g_hash_table_remove (self->state, operation->text);
    return TRUE;
  case BELFRY_VERB_EVENT:
  case BELFRY_VERB_TOOK_CHANGE:
    return TRUE;
  case BELFRY_VERB_ADD_BUILDSET:
    put_stamps (self, operation->record);
    break;
  case BELFRY_VERB_FINISH_STEP:
    check_step_end (self, operation->record);
    break;
  case BELFRY_VERB_FINISH_BUILD:
    check_build_end (self, operation->record);
    break;
  case BELFRY_VERB_ADD_REQUEST:
  case BELFRY_VERB_ADD_BUILD:
  case BELFRY_VERB_UPDATE_BUILD:
  case BELFRY_VERB_ADD_STEP:
  case BELFRY_VERB_UPDATE_STEP:
  case BELFRY_VERB_ADD_LOG:
  case BELFRY_VERB_CONFIGURE_BUILDER:
  case BELFRY_VERB_CONFIGURE_WORKER:
  case BELFRY_VERB_CONFIGURE_SCHEDULER:
  case BELFRY_VERB_ADD_TEST:
  case BELFRY_VERB_ADD_ARTIFACT:
    break;
  }
  belfry_test_store_add (self, belfry_record_copy (operation->record));
  return TRUE;
}

static char *
describe (const BelfryOperation *operation)
{
  static const char *const verbs[] = {
    [BELFRY_VERB_ADD_BUILDSET] = "add-buildset",
    [BELFRY_VERB_ADD_REQUEST] = "add-request",
    [BELFRY_VERB_CLAIM] = "claim",
    [BELFRY_VERB_UNCLAIM] = "unclaim",
    [BELFRY_VERB_COMPLETE_REQUEST] = "complete-request",
    [BELFRY_VERB_ADD_BUILD] = "add-build",
    [BELFRY_VERB_UPDATE_BUILD] = "update-build",
    [BELFRY_VERB_FINISH_BUILD] = "finish-build",
    [BELFRY_VERB_ADD_STEP] = "add-step",
    [BELFRY_VERB_UPDATE_STEP] = "update-step",
    [BELFRY_VERB_FINISH_STEP] = "finish-step",
    [BELFRY_VERB_ADD_LOG] = "add-log",
    [BELFRY_VERB_FINISH_LOG] = "finish-log",
    [BELFRY_VERB_CONFIGURE_BUILDER] = "configure-builder",
    [BELFRY_VERB_CONFIGURE_WORKER] = "configure-worker",
    [BELFRY_VERB_CONFIGURE_SCHEDULER] = "configure-scheduler",
    [BELFRY_VERB_ADD_TEST] = "add-test",
    [BELFRY_VERB_ADD_ARTIFACT] = "add-artifact",
    [BELFRY_VERB_EVENT] = "event",
    [BELFRY_VERB_TOOK_CHANGE] = "took-change",
    [BELFRY_VERB_PUT] = "put",
    [BELFRY_VERB_DELETE] = "delete",
  };
  g_autoptr (GString) text = g_string_new (verbs[operation->verb]);

  g_string_append_c (text, ' ');
  if (operation->record != NULL)
    belfry_record_append_json (text, operation->record, BELFRY_RECORD_JSON_PROPERTIES);
  else if (operation->text != NULL)
    g_string_append (text, operation->text);
  else
    g_string_append_printf (text, "%" G_GINT64_FORMAT, operation->id);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
belfry_test_store_apply (BelfryTestStore *self,
                         BelfryTransaction *transaction,
                         GPtrArray *said,
                         GError **error)
{
  for (guint i = 0; i < belfry_transaction_get_length (transaction); i++) {
    const BelfryOperation *operation = belfry_transaction_get (transaction, i);

    g_ptr_array_add (said, describe (operation));
    if (!apply (self, operation, error))
      return FALSE;
  }
  return TRUE;
}
