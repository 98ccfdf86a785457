/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The in-memory store of the tests' host: records by type and id, and verbs applied to them. */
#include "test-store.h"
#include <string.h>

static char *
dup_id (gint64 id)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, id);
}

static void
free_string (gpointer string)
{
  g_string_free (string, TRUE);
}

FakeStore *
fake_store_new (void)
{
  FakeStore *self = g_new0 (FakeStore, 1);

  self->tables =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
  self->state =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  self->logs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_string);
  self->events = g_ptr_array_new_with_free_func (g_free);
  self->event_data = g_ptr_array_new_with_free_func (g_free);
  self->story = g_ptr_array_new_with_free_func (g_free);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->next_id = 1;
  return self;
}

void
fake_store_free (FakeStore *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->tables);
  g_hash_table_unref (self->state);
  g_hash_table_unref (self->logs);
  g_ptr_array_unref (self->events);
  g_ptr_array_unref (self->event_data);
  g_ptr_array_unref (self->story);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->numbers);
  g_free (self);
}

static GHashTable *
get_table (FakeStore *self, const BelfryRecordType *type)
{
  GHashTable *table = g_hash_table_lookup (self->tables, type->name);

  if (table != NULL)
    return table;
  table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, belfry_record_unref);
  g_hash_table_insert (self->tables, (gpointer)type->name, table);
  return table;
}

/* (transfer none) (nullable) */
gpointer
fake_store_find (FakeStore *self, const BelfryRecordType *type, gint64 id)
{
  g_autofree char *key = dup_id (id);

  return g_hash_table_lookup (get_table (self, type), key);
}

/* Takes the record. */
void
fake_store_put (FakeStore *self, gpointer record)
{
  const BelfryRecord *head = record;

  g_hash_table_replace (get_table (self, head->type), dup_id (belfry_record_get_id (record)),
                        record);
}

void
fake_store_remove (FakeStore *self, const BelfryRecordType *type, gint64 id)
{
  g_autofree char *key = dup_id (id);

  g_assert_true (g_hash_table_remove (get_table (self, type), key));
}

static int
compare_records (gconstpointer a, gconstpointer b)
{
  gint64 one = belfry_record_get_id (*(gconstpointer const *)a);
  gint64 two = belfry_record_get_id (*(gconstpointer const *)b);

  return (one > two) - (one < two);
}

/* (transfer full): in the order of ids */
GPtrArray *
fake_store_list (FakeStore *self, const BelfryRecordType *type)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (belfry_record_unref);
  GHashTableIter iter;
  gpointer record = NULL;

  g_hash_table_iter_init (&iter, get_table (self, type));
  while (g_hash_table_iter_next (&iter, NULL, &record))
    g_ptr_array_add (list, belfry_record_ref (record));
  g_ptr_array_sort (list, compare_records);
  return list;
}

const char *
fake_store_log (FakeStore *self, gint64 logid)
{
  g_autofree char *key = dup_id (logid);
  GString *text = g_hash_table_lookup (self->logs, key);

  return text != NULL ? text->str : "";
}

void
fake_store_append_log (FakeStore *self, gint64 logid, GBytes *lines)
{
  g_autofree char *key = dup_id (logid);
  GString *text = g_hash_table_lookup (self->logs, key);
  gsize length = 0;
  const char *bytes = g_bytes_get_data (lines, &length);

  if (text == NULL) {
    text = g_string_new (NULL);
    g_hash_table_insert (self->logs, g_strdup (key), text);
  }
  g_string_append_len (text, bytes, (gssize)length);
}

/* All logs of the newest step of that name. */
char *
fake_store_step_log (FakeStore *self, const char *step)
{
  g_autoptr (GPtrArray) steps = fake_store_list (self, belfry_step_get_type ());
  g_autoptr (GPtrArray) logs = fake_store_list (self, belfry_log_get_type ());
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 id = -1;

  for (guint i = 0; i < steps->len; i++) {
    const BelfryStep *found = g_ptr_array_index (steps, i);

    if (g_strcmp0 (found->name, step) == 0)
      id = found->stepid;
  }
  for (guint i = 0; i < logs->len; i++) {
    const BelfryLog *log = g_ptr_array_index (logs, i);

    if (log->stepid == id)
      g_string_append (text, fake_store_log (self, log->logid));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

BelfryChange *
fake_store_add_change (FakeStore *self,
                       const char *repository,
                       const char *branch,
                       const char *revision)
{
  BelfryChange *change = belfry_change_new ();

  change->changeid = self->next_id++;
  belfry_record_set_text (&change->author, "Ann <ann@example.org>");
  belfry_record_set_text (&change->comments, "a change");
  belfry_record_set_text (&change->repository, repository);
  belfry_record_set_text (&change->branch, branch);
  belfry_record_set_text (&change->revision, revision);
  belfry_record_set_text (&change->project, "");
  belfry_record_set_text (&change->codebase, "");
  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  fake_store_put (self, belfry_record_ref (change));
  return change;
}

/* verbs */

static gboolean
claim (FakeStore *self, const BelfryOperation *operation, GError **error)
{
  BelfryBuildRequest *request =
      fake_store_find (self, belfry_build_request_get_type (), operation->id);

  if (request == NULL || request->claimed || request->complete) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT, "the request is taken");
    return FALSE;
  }
  request->claimed = TRUE;
  return TRUE;
}

static void
unclaim (FakeStore *self, const BelfryOperation *operation)
{
  BelfryBuildRequest *request =
      fake_store_find (self, belfry_build_request_get_type (), operation->id);

  g_assert_nonnull (request);
  g_assert_false (request->complete);
  request->claimed = FALSE;
  request->retries = operation->number;
}

static void
complete_request (FakeStore *self, const BelfryOperation *operation)
{
  BelfryBuildRequest *request =
      fake_store_find (self, belfry_build_request_get_type (), operation->id);

  g_assert_nonnull (request);
  g_assert_false (request->complete);
  request->complete = TRUE;
  request->results = operation->number;
}

static void
put_stamps (FakeStore *self, BelfryBuildset *set)
{
  for (guint i = 0; set->sourcestamps != NULL && i < set->sourcestamps->len; i++)
    fake_store_put (self, belfry_record_ref (g_ptr_array_index (set->sourcestamps, i)));
}

static void
finish_log (FakeStore *self, gint64 id)
{
  BelfryLog *log = fake_store_find (self, belfry_log_get_type (), id);

  g_assert_nonnull (log);
  log->complete = TRUE;
}

static void
write_down (FakeStore *self, const BelfryOperation *operation)
{
  static const char *const verbs[] = {
    [BELFRY_VERB_ADD_BUILDSET] = "add-buildset",
    [BELFRY_VERB_ADD_REQUEST] = "add-request",
    [BELFRY_VERB_CLAIM] = "claim",
    [BELFRY_VERB_UNCLAIM] = "unclaim",
    [BELFRY_VERB_COMPLETE_REQUEST] = "complete-request",
    [BELFRY_VERB_ADD_BUILD] = "add-build",
    [BELFRY_VERB_FINISH_BUILD] = "finish-build",
    [BELFRY_VERB_ADD_STEP] = "add-step",
    [BELFRY_VERB_FINISH_STEP] = "finish-step",
  };

  if (operation->verb == BELFRY_VERB_EVENT)
    g_ptr_array_add (self->story, g_strdup_printf ("event %s", operation->text));
  else if (operation->verb < G_N_ELEMENTS (verbs) && verbs[operation->verb] != NULL)
    g_ptr_array_add (self->story, g_strdup (verbs[operation->verb]));
}

static gboolean
apply (FakeStore *self, const BelfryOperation *operation, GError **error)
{
  write_down (self, operation);
  fake_grammar_check (self, operation);
  switch (operation->verb) {
  case BELFRY_VERB_CLAIM:
    return claim (self, operation, error);
  case BELFRY_VERB_UNCLAIM:
    unclaim (self, operation);
    break;
  case BELFRY_VERB_COMPLETE_REQUEST:
    complete_request (self, operation);
    break;
  case BELFRY_VERB_FINISH_LOG:
    finish_log (self, operation->id);
    break;
  case BELFRY_VERB_EVENT:
    g_ptr_array_add (self->events, g_strdup (operation->text));
    g_ptr_array_add (self->event_data, operation->json != NULL
                                           ? belfry_json_to_text (operation->json)
                                           : g_strdup (""));
    break;
  case BELFRY_VERB_PUT:
    g_hash_table_replace (self->state, g_strdup (operation->text),
                          json_node_copy (operation->json));
    break;
  case BELFRY_VERB_DELETE:
    g_hash_table_remove (self->state, operation->text);
    break;
  case BELFRY_VERB_TOOK_CHANGE:
    self->taken = MAX (self->taken, operation->id);
    break;
  case BELFRY_VERB_CONFIGURE_SCHEDULER:
    break;
  case BELFRY_VERB_ADD_BUILDSET:
    put_stamps (self, operation->record);
    fake_store_put (self, belfry_record_copy (operation->record));
    break;
  case BELFRY_VERB_FINISH_STEP:
  case BELFRY_VERB_FINISH_BUILD:
    fake_store_put (self, belfry_record_copy (operation->record));
    break;
  case BELFRY_VERB_ADD_REQUEST:
  case BELFRY_VERB_ADD_BUILD:
  case BELFRY_VERB_UPDATE_BUILD:
  case BELFRY_VERB_ADD_STEP:
  case BELFRY_VERB_UPDATE_STEP:
  case BELFRY_VERB_ADD_LOG:
  case BELFRY_VERB_CONFIGURE_BUILDER:
  case BELFRY_VERB_CONFIGURE_WORKER:
  case BELFRY_VERB_ADD_TEST:
  case BELFRY_VERB_ADD_ARTIFACT:
    fake_store_put (self, belfry_record_copy (operation->record));
    break;
  }
  return TRUE;
}

gboolean
fake_store_apply (FakeStore *self, BelfryTransaction *transaction, GError **error)
{
  for (guint i = 0; i < belfry_transaction_get_length (transaction); i++) {
    if (!apply (self, belfry_transaction_get (transaction, i), error))
      return FALSE;
  }
  fake_grammar_check_requests (self, transaction);
  return TRUE;
}

/* reading */

static gint64
get_number (gconstpointer record, const BelfryField *field)
{
  if (field->type == BELFRY_FIELD_BOOLEAN)
    return G_STRUCT_MEMBER (gboolean, record, field->offset);
  return G_STRUCT_MEMBER (gint64, record, field->offset);
}

static gboolean
matches (gconstpointer record, const BelfryRecordType *type, const BelfryQuery *query)
{
  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++) {
    const BelfryFilter *filter = &query->filters[i];
    const BelfryField *field = belfry_record_type_find (type, filter->field);

    g_assert_nonnull (field);
    g_assert_cmpint (filter->compare, ==, BELFRY_COMPARE_EQUAL);
    if (field->type == BELFRY_FIELD_TEXT) {
      if (g_strcmp0 (G_STRUCT_MEMBER (char *, record, field->offset), filter->text) != 0)
        return FALSE;
    } else if (get_number (record, field) != filter->number)
      return FALSE;
  }
  return TRUE;
}

static GPtrArray *
reader_list (BelfryReader *reader,
             const BelfryRecordType *type,
             const BelfryQuery *query,
             gboolean *cut,
             GError **error)
{
  FakeReader *self = (FakeReader *)reader;
  g_autoptr (GPtrArray) all = fake_store_list (self->store, type);
  GPtrArray *result = g_ptr_array_new_with_free_func (belfry_record_unref);

  (void)error;
  *cut = FALSE;
  for (guint i = 0; i < all->len; i++) {
    gpointer record = g_ptr_array_index (all, query->descending ? all->len - 1 - i : i);

    if (matches (record, type, query) && result->len < (query->limit > 0 ? query->limit : 100))
      g_ptr_array_add (result, belfry_record_copy (record));
  }
  return result;
}

static JsonNode *
reader_state_get (BelfryReader *reader, const char *key, GError **error)
{
  JsonNode *node = g_hash_table_lookup (((FakeReader *)reader)->store->state, key);

  (void)error;
  return node != NULL ? json_node_copy (node) : NULL;
}

static GHashTable *
reader_state_scan (BelfryReader *reader, const char *prefix, GError **error)
{
  GHashTable *found =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  (void)error;
  g_hash_table_iter_init (&iter, ((FakeReader *)reader)->store->state);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    if (g_str_has_prefix (key, prefix))
      g_hash_table_insert (found, g_strdup (key), json_node_copy (value));
  }
  return found;
}

const BelfryReaderOps fake_reader_ops = {
  .size = sizeof (BelfryReaderOps),
  .list = reader_list,
  .state_get = reader_state_get,
  .state_scan = reader_state_scan,
};
