/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries of one record type: conditions on stored fields only, checked against the field table
 * before they become SQL, values always bound. What belongs to a builder is narrowed to the visible
 * ones.
 */
#include "store/store-private.h"

#define DEFAULT_LIMIT 100
#define MAX_LIMIT     10000

#define OF_BUILDS                                                                                  \
  "buildid IN (SELECT buildid FROM builds WHERE builderid IN (SELECT value FROM json_each (?)))"
#define OF_BUILDERS "builderid IN (SELECT value FROM json_each (?))"

/**
 * Narrowing: how a type is narrowed to visible builders; types without a row belong to no builder
 */
typedef struct {
  const char *table;
  const char *condition;
} Narrowing;

static const Narrowing narrowings[] = {
  { "builders", OF_BUILDERS },
  { "builds", OF_BUILDERS },
  { "requests", OF_BUILDERS },
  { "builder_events", OF_BUILDERS },
  { "events", "(builderid IS NULL OR builderid IN (SELECT value FROM json_each (?)))" },
  { "buildsets", "bsid IN (SELECT buildsetid FROM requests WHERE builderid IN (SELECT value FROM "
                 "json_each (?)))" },
  { "steps", OF_BUILDS },
  { "logs", OF_BUILDS },
  { "tests", OF_BUILDS },
  { "artifacts", OF_BUILDS },
  { "reports", "(buildid IS NULL OR buildid IN (SELECT buildid FROM builds WHERE builderid IN "
               "(SELECT value FROM json_each (?))))" },
};

/* What a visitor needs a right of its own for; readers of the host's rooms ask nobody. */
static const struct {
  const char *table;
  const char *action;
} gates[] = {
  { "deliveries", "showDeliveries" },
};

static const char *const comparisons[] = {
  [BELFRY_COMPARE_EQUAL] = "IS ?",      [BELFRY_COMPARE_NOT_EQUAL] = "IS NOT ?",
  [BELFRY_COMPARE_LESS] = "< ?",        [BELFRY_COMPARE_LESS_EQUAL] = "<= ?",
  [BELFRY_COMPARE_GREATER] = "> ?",     [BELFRY_COMPARE_GREATER_EQUAL] = ">= ?",
  [BELFRY_COMPARE_IS_NULL] = "IS NULL", [BELFRY_COMPARE_NOT_NULL] = "IS NOT NULL",
};

static gboolean
takes_value (const BelfryFilter *filter)
{
  return filter->compare != BELFRY_COMPARE_IS_NULL && filter->compare != BELFRY_COMPARE_NOT_NULL;
}

static const BelfryField *
find_stored (const BelfryRecordType *type, const char *name, GError **error)
{
  const BelfryField *field = belfry_record_type_find (type, name);

  if (field != NULL && (field->flags & BELFRY_FIELD_STORED) != 0)
    return field;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "listing %s: no stored field '%s'",
               type->name, name);
  return NULL;
}

static void
add_words (GString *sql, const char *before, const char *name, const char *after)
{
  g_string_append (sql, before);
  g_string_append_c (sql, '"');
  g_string_append (sql, name);
  g_string_append_c (sql, '"');
  g_string_append (sql, after);
}

static gboolean
add_filter (GString *sql, const BelfryRecordType *type, const BelfryFilter *filter, GError **error)
{
  const BelfryField *field = find_stored (type, filter->field, error);

  if (field == NULL)
    return FALSE;
  if (filter->compare >= G_N_ELEMENTS (comparisons) ||
      (field->type > BELFRY_FIELD_TEXT && takes_value (filter))) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "listing %s: field '%s' cannot be compared so", type->name, filter->field);
    return FALSE;
  }
  add_words (sql, " AND ", field->name, " ");
  g_string_append (sql, comparisons[filter->compare]);
  return TRUE;
}

static const char *
find_narrowing (BelfryStoreReader *self, const BelfryRecordType *type)
{
  for (guint i = 0; self->visible != NULL && i < G_N_ELEMENTS (narrowings); i++)
    if (g_str_equal (narrowings[i].table, type->table))
      return narrowings[i].condition;
  return NULL;
}

gboolean
belfry_store_reader_is_shut (BelfryStoreReader *self, const BelfryRecordType *type)
{
  if (self->view == NULL || self->view->may == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (gates); i++)
    if (g_str_equal (gates[i].table, type->table))
      return !self->view->may (gates[i].action, NULL, self->view->data);
  return FALSE;
}

static gboolean
add_conditions (BelfryStoreReader *self,
                GString *sql,
                const BelfryRecordType *type,
                const BelfryQuery *query,
                GError **error)
{
  const char *narrowing = find_narrowing (self, type);

  add_words (sql, " FROM ", type->table,
             belfry_store_reader_is_shut (self, type) ? " WHERE 0" : " WHERE 1");
  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++)
    if (!add_filter (sql, type, &query->filters[i], error))
      return FALSE;
  if (narrowing != NULL) {
    g_string_append (sql, " AND ");
    g_string_append (sql, narrowing);
  }
  return TRUE;
}

static int
bind_filters (BelfryStoreReader *self,
              sqlite3_stmt *statement,
              const BelfryRecordType *type,
              const BelfryQuery *query)
{
  int index = 0;

  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++) {
    const BelfryFilter *filter = &query->filters[i];

    if (!takes_value (filter))
      continue;
    if (belfry_record_type_find (type, filter->field)->type == BELFRY_FIELD_TEXT)
      belfry_database_bind_text (statement, ++index, filter->text);
    else
      belfry_database_bind_integer (statement, ++index, filter->number);
  }
  if (find_narrowing (self, type) != NULL)
    belfry_database_bind_text (statement, ++index, self->visible);
  return index;
}

static gboolean
add_order (GString *sql, const BelfryRecordType *type, const BelfryQuery *query, GError **error)
{
  const BelfryField *key = &type->fields[0];
  const BelfryField *order = query->order != NULL ? find_stored (type, query->order, error) : key;
  const char *direction = query->descending ? " DESC" : " ASC";

  if (order == NULL)
    return FALSE;
  add_words (sql, " ORDER BY ", order->name, direction);
  if (order != key)
    add_words (sql, ", ", key->name, direction);
  g_string_append (sql, " LIMIT ? OFFSET ?");
  return TRUE;
}

/* The columns of a query that names its fields, the id first; NULL with @error where one of them is
 * not stored. */
static const BelfryField **
choose_fields (const BelfryRecordType *type, const char *const *names, GError **error)
{
  g_autofree const BelfryField **fields =
      g_new0 (const BelfryField *, g_strv_length ((char **)names) + 2);
  guint n = 0;

  fields[n++] = &type->fields[0];
  for (guint i = 0; names[i] != NULL; i++) {
    const BelfryField *field = find_stored (type, names[i], error);

    if (field == NULL)
      return NULL;
    if (field != fields[0])
      fields[n++] = field;
  }
  return g_steal_pointer (&fields);
}

static void
add_columns (GString *sql, const BelfryField *const *fields)
{
  for (guint i = 0; fields[i] != NULL; i++)
    add_words (sql, i > 0 ? ", " : "", fields[i]->name, "");
}

/* what a record of some types has beside its own row */

static BelfrySourceStamp *
find_stamp (BelfryStoreReader *self, gint64 ssid, GError **error)
{
  g_autoptr (BelfrySourceStamp) stamp =
      belfry_database_find (self->database, belfry_source_stamp_get_type (), ssid, error);

  if (stamp == NULL || stamp->patchid == BELFRY_NONE)
    return g_steal_pointer (&stamp);
  stamp->patch =
      belfry_database_find (self->database, belfry_patch_get_type (), stamp->patchid, error);
  return stamp->patch != NULL ? g_steal_pointer (&stamp) : NULL;
}

static gboolean
complete_change (BelfryStoreReader *self, gpointer record, GError **error)
{
  BelfryChange *change = record;

  if (change->ssid != BELFRY_NONE)
    change->sourcestamp = find_stamp (self, change->ssid, error);
  return change->ssid == BELFRY_NONE || change->sourcestamp != NULL;
}

static gboolean
complete_stamp (BelfryStoreReader *self, gpointer record, GError **error)
{
  BelfrySourceStamp *stamp = record;

  if (stamp->patchid != BELFRY_NONE)
    stamp->patch =
        belfry_database_find (self->database, belfry_patch_get_type (), stamp->patchid, error);
  return stamp->patchid == BELFRY_NONE || stamp->patch != NULL;
}

static gboolean
complete_buildset (BelfryStoreReader *self, gpointer record, GError **error)
{
  BelfryBuildset *set = record;
  JsonArray *ssids = NULL;

  if (set->ssids != NULL && JSON_NODE_HOLDS_ARRAY (set->ssids))
    ssids = json_node_get_array (set->ssids);
  set->sourcestamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  for (guint i = 0; ssids != NULL && i < json_array_get_length (ssids); i++) {
    BelfrySourceStamp *stamp = find_stamp (self, json_array_get_int_element (ssids, i), error);

    if (stamp == NULL)
      return FALSE;
    g_ptr_array_add (set->sourcestamps, stamp);
  }
  return TRUE;
}

typedef struct {
  const BelfryRecordType *(*type) (void);
  gboolean (*complete) (BelfryStoreReader *self, gpointer record, GError **error);
} Completion;

static const Completion completions[] = {
  { belfry_change_get_type, complete_change },
  { belfry_source_stamp_get_type, complete_stamp },
  { belfry_buildset_get_type, complete_buildset },
};

static gboolean
complete_records (BelfryStoreReader *self,
                  const BelfryRecordType *type,
                  GPtrArray *records,
                  GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (completions); i++) {
    if (completions[i].type () != type)
      continue;
    for (guint j = 0; j < records->len; j++)
      if (!completions[i].complete (self, g_ptr_array_index (records, j), error))
        return FALSE;
  }
  return TRUE;
}

GPtrArray *
belfry_store_reader_list (BelfryReader *reader,
                          const BelfryRecordType *type,
                          const BelfryQuery *query,
                          gboolean *cut,
                          GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  guint limit = CLAMP (query->limit > 0 ? query->limit : DEFAULT_LIMIT, 1, MAX_LIMIT);
  g_autoptr (GString) sql = g_string_new (NULL);
  g_autofree const BelfryField **fields = NULL;
  g_autoptr (GPtrArray) records = NULL;
  sqlite3_stmt *statement = NULL;
  int index = 0;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return NULL;
  if (query->fields != NULL) {
    fields = choose_fields (type, query->fields, error);
    if (fields == NULL)
      return NULL;
  }
  g_string_append (sql, "SELECT ");
  if (fields != NULL)
    add_columns (sql, fields);
  else
    g_string_append (sql, belfry_database_columns (self->database, type));
  if (!add_conditions (self, sql, type, query, error) || !add_order (sql, type, query, error))
    return NULL;
  statement = belfry_database_prepare (self->database, sql->str, error);
  if (statement == NULL)
    return NULL;
  index = bind_filters (self, statement, type, query);
  sqlite3_bind_int64 (statement, index + 1, (gint64)limit + 1);
  sqlite3_bind_int64 (statement, index + 2, query->offset);
  records = belfry_database_read_all (self->database, type, fields, statement, error);
  if (records == NULL)
    return NULL;
  *cut = records->len > limit;
  if (*cut)
    g_ptr_array_set_size (records, (int)limit);
  return complete_records (self, type, records, error) ? g_steal_pointer (&records) : NULL;
}

gint64
belfry_store_reader_count (BelfryReader *reader,
                           const BelfryRecordType *type,
                           const BelfryQuery *query,
                           GError **error)
{
  BelfryStoreReader *self = (BelfryStoreReader *)reader;
  g_autoptr (GString) sql = g_string_new ("SELECT count(*)");
  sqlite3_stmt *statement = NULL;
  gboolean row = FALSE;
  gint64 count = 0;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
      !add_conditions (self, sql, type, query, error))
    return -1;
  statement = belfry_database_prepare (self->database, sql->str, error);
  if (statement == NULL)
    return -1;
  bind_filters (self, statement, type, query);
  if (!belfry_database_step (self->database, statement, &row, error))
    return -1;
  count = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return count;
}
