/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the store in memory is read: as the real one is, but for links, which lead nowhere. */
#include "store-private.h"

#include <string.h>

#define DEFAULT_LIMIT 100
#define MAX_LIMIT     10000

static BelfryTestStore *
get_store (BelfryReader *reader)
{
  return (BelfryTestStore *)reader;
}

static gint64
read_number (gconstpointer record, const BelfryField *field)
{
  if (field->type == BELFRY_FIELD_BOOLEAN)
    return G_STRUCT_MEMBER (gboolean, record, field->offset);
  return G_STRUCT_MEMBER (gint64, record, field->offset);
}

static const char *
read_text (gconstpointer record, const BelfryField *field)
{
  return G_STRUCT_MEMBER (char *, record, field->offset);
}

static gboolean
is_text (const BelfryField *field)
{
  return field->type == BELFRY_FIELD_TEXT || field->type == BELFRY_FIELD_JSON_TEXT;
}

static int
compare (gconstpointer record, const BelfryField *field, gint64 number, const char *text)
{
  gint64 value = 0;

  if (is_text (field))
    return g_strcmp0 (read_text (record, field), text);
  value = read_number (record, field);
  return (value > number) - (value < number);
}

static gboolean
is_null (gconstpointer record, const BelfryField *field)
{
  return is_text (field) ? read_text (record, field) == NULL
                         : read_number (record, field) == BELFRY_NONE;
}

static gboolean
holds (gconstpointer record, const BelfryFilter *filter, const BelfryField *field)
{
  gboolean null = is_null (record, field);
  int order = null ? 0 : compare (record, field, filter->number, filter->text);

  switch (filter->compare) {
  case BELFRY_COMPARE_EQUAL:
    return !null && order == 0;
  case BELFRY_COMPARE_NOT_EQUAL:
    return !null && order != 0;
  case BELFRY_COMPARE_LESS:
    return !null && order < 0;
  case BELFRY_COMPARE_LESS_EQUAL:
    return !null && order <= 0;
  case BELFRY_COMPARE_GREATER:
    return !null && order > 0;
  case BELFRY_COMPARE_GREATER_EQUAL:
    return !null && order >= 0;
  case BELFRY_COMPARE_IS_NULL:
    return null;
  case BELFRY_COMPARE_NOT_NULL:
    return !null;
  }
  return FALSE;
}

static gboolean
matches (gconstpointer record, const BelfryRecordType *type, const BelfryQuery *query)
{
  if (((const BelfryRecord *)record)->type != type)
    return FALSE;
  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++) {
    const BelfryField *field = belfry_record_type_find (type, query->filters[i].field);

    if (field == NULL || (field->flags & BELFRY_FIELD_STORED) == 0)
      g_error ("a query by '%s', which is no stored field of a %s", query->filters[i].field,
               type->name);
    if (!holds (record, &query->filters[i], field))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  const BelfryField *field;
  gboolean descending;
} Order;

static int
compare_records (gconstpointer a, gconstpointer b, gpointer data)
{
  const Order *order = data;
  gconstpointer left = *(gconstpointer const *)a;
  gconstpointer right = *(gconstpointer const *)b;
  int result = is_text (order->field)
                   ? compare (left, order->field, 0, read_text (right, order->field))
                   : compare (left, order->field, read_number (right, order->field), NULL);

  return order->descending ? -result : result;
}

static GPtrArray *
list_records (BelfryReader *reader,
              const BelfryRecordType *type,
              const BelfryQuery *query,
              gboolean *cut,
              GError **error)
{
  BelfryTestStore *self = get_store (reader);
  GPtrArray *list = g_ptr_array_new_with_free_func (belfry_record_unref);
  Order order = { &type->fields[0], query->descending };
  guint limit = query->limit > 0 ? query->limit : DEFAULT_LIMIT;

  if (query->limit > MAX_LIMIT)
    g_error ("a query for %u records, %u is the most", query->limit, MAX_LIMIT);
  self->n_queries++;
  if (query->order != NULL)
    order.field = belfry_record_type_find (type, query->order);
  if (order.field == NULL)
    g_error ("a query in the order of '%s', which is no field", query->order);
  for (guint i = 0; i < self->records->len; i++)
    if (matches (g_ptr_array_index (self->records, i), type, query))
      g_ptr_array_add (list, belfry_record_ref (g_ptr_array_index (self->records, i)));
  g_ptr_array_sort_with_data (list, compare_records, &order);
  g_ptr_array_remove_range (list, 0, MIN (query->offset, list->len));
  *cut = list->len > limit;
  if (list->len > limit)
    g_ptr_array_remove_range (list, limit, list->len - limit);
  return list;
}

static gint64
count_records (BelfryReader *reader,
               const BelfryRecordType *type,
               const BelfryQuery *query,
               GError **error)
{
  BelfryQuery all = *query;
  gboolean cut = FALSE;
  g_autoptr (GPtrArray) list = NULL;

  all.limit = MAX_LIMIT;
  list = list_records (reader, type, &all, &cut, error);
  return list->len;
}

static char *
read_log (BelfryReader *reader,
          gint64 logid,
          gint64 first_line,
          gint64 max_lines,
          gint64 *n_lines,
          GError **error)
{
  GString *log = g_hash_table_lookup (get_store (reader)->logs, &logid);
  const char *text = log != NULL ? log->str : "";
  const char *end = NULL;
  gint64 n = 0;

  for (; first_line > 0 && *text != '\0'; first_line--)
    text += strcspn (text, "\n") + 1;
  for (end = text; *end != '\0' && (max_lines < 0 || n < max_lines); n++)
    end += strcspn (end, "\n") + 1;
  *n_lines = n;
  return g_strndup (text, end - text);
}

/* the newest complete build of the same builder with a lower number */
static gpointer
previous_build (BelfryReader *reader, BelfryBuild *build, gboolean same_branch, GError **error)
{
  BelfryTestStore *self = get_store (reader);
  BelfryBuild *found = NULL;

  for (guint i = 0; i < self->records->len; i++) {
    BelfryBuild *other = g_ptr_array_index (self->records, i);

    if (((BelfryRecord *)other)->type == belfry_build_get_type () && other->complete &&
        other->builderid == build->builderid && other->number < build->number &&
        (!same_branch || g_strcmp0 (other->branch, build->branch) == 0) &&
        (found == NULL || other->number > found->number))
      found = other;
  }
  return found != NULL ? belfry_record_ref (found) : NULL;
}

/* every change there is */
static GPtrArray *
build_changes (BelfryReader *reader, BelfryBuild *build, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;

  return list_records (reader, belfry_change_get_type (), &query, &cut, error);
}

static char **
responsible_users (BelfryReader *reader, BelfryBuild *build, GError **error)
{
  g_autoptr (GPtrArray) changes = build_changes (reader, build, error);
  GPtrArray *users = g_ptr_array_new ();

  for (guint i = 0; i < changes->len; i++)
    g_ptr_array_add (users, g_strdup (((BelfryChange *)g_ptr_array_index (changes, i))->author));
  g_ptr_array_add (users, NULL);
  return (char **)g_ptr_array_free (users, FALSE);
}

static JsonNode *
state_get (BelfryReader *reader, const char *key, GError **error)
{
  JsonNode *node = g_hash_table_lookup (get_store (reader)->state, key);

  return node != NULL ? json_node_copy (node) : NULL;
}

static GHashTable *
state_scan (BelfryReader *reader, const char *prefix, GError **error)
{
  GHashTable *found =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, get_store (reader)->state);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (g_str_has_prefix (key, prefix))
      g_hash_table_insert (found, g_strdup (key), json_node_copy (value));
  return found;
}

static JsonObject *
host_info (BelfryReader *reader)
{
  return get_store (reader)->info;
}

static gboolean
may (BelfryReader *reader, const char *action, gconstpointer record)
{
  return get_store (reader)->allowed;
}

static JsonArray *
list_forms (BelfryReader *reader, const char *builder_name)
{
  BelfryTestStore *self = get_store (reader);

  return self->forms != NULL ? json_array_ref (self->forms) : json_array_new ();
}

static const BelfryReaderOps ops = {
  .size = sizeof (BelfryReaderOps),
  .list = list_records,
  .count = count_records,
  .read_log = read_log,
  .previous_build = previous_build,
  .build_changes = build_changes,
  .responsible_users = responsible_users,
  .state_get = state_get,
  .state_scan = state_scan,
  .host_info = host_info,
  .may = may,
  .list_forms = list_forms,
};

static void
free_string (gpointer string)
{
  g_string_free (string, TRUE);
}

/**
 * belfry_test_store_new:
 *
 * Makes an empty store. A visitor may nothing there at first.
 *
 * Returns: (transfer full): a store
 * Since: 0.1
 */
BelfryTestStore *
belfry_test_store_new (void)
{
  BelfryTestStore *self = g_new0 (BelfryTestStore, 1);

  self->reader.ops = &ops;
  self->records = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->logs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_string);
  self->state =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  self->numbers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->info = json_object_new ();
  json_object_set_int_member (self->info, "utc_offset", 0);
  self->next_id = 1;
  return self;
}

/**
 * belfry_test_store_free:
 * @self: (nullable): a store
 *
 * Since: 0.1
 */
void
belfry_test_store_free (BelfryTestStore *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->records);
  g_hash_table_unref (self->logs);
  g_hash_table_unref (self->state);
  g_hash_table_unref (self->numbers);
  g_clear_pointer (&self->forms, json_array_unref);
  json_object_unref (self->info);
  g_free (self);
}

/**
 * belfry_test_store_get_reader:
 * @self: a store
 *
 * Returns: (transfer none): what views and engines read it by. A query that the real store would
 * refuse ends the program
 * Since: 0.1
 */
BelfryReader *
belfry_test_store_get_reader (BelfryTestStore *self)
{
  return &self->reader;
}

/**
 * belfry_test_store_list:
 * @self: a store
 * @type: a type of record
 *
 * Returns: (transfer full) (element-type BelfryRecord): all of that type, in order of their ids
 * Since: 0.1
 */
GPtrArray *
belfry_test_store_list (BelfryTestStore *self, const BelfryRecordType *type)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;

  query.limit = MAX_LIMIT;
  return list_records (&self->reader, type, &query, &cut, NULL);
}

/**
 * belfry_test_store_get_queries:
 * @self: a store
 *
 * Returns: how many lists were read
 * Since: 0.1
 */
guint
belfry_test_store_get_queries (BelfryTestStore *self)
{
  return self->n_queries;
}

/**
 * belfry_test_store_allow:
 * @self: a store
 * @allowed: what belfry_reader_may () says of everything
 *
 * Since: 0.1
 */
void
belfry_test_store_allow (BelfryTestStore *self, gboolean allowed)
{
  self->allowed = allowed;
}

/**
 * belfry_test_store_set_forms:
 * @self: a store
 * @forms: (transfer none): what belfry_reader_list_forms () gives
 *
 * Since: 0.1
 */
void
belfry_test_store_set_forms (BelfryTestStore *self, JsonArray *forms)
{
  g_clear_pointer (&self->forms, json_array_unref);
  self->forms = json_array_ref (forms);
}
