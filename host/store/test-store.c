/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing and reading records: transactions, events, ids, schema. */
#include "store/store-fixture.h"
#include "store/store-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* text handed through a gpointer */
#define TEXT(text) ((gpointer)(text))

static gboolean
insert_change (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  belfry_record_set_text (&change->author, data);
  return belfry_writer_insert (writer, change, error);
}

static gboolean
insert_event (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryEvent) event = belfry_event_new ();

  belfry_record_set_text (&event->name, data);
  event->builderid = 1;
  return belfry_writer_add_event (writer, event, NULL, error);
}

typedef struct {
  const BelfryRecordType *type;
  BelfryQuery query;
  GPtrArray *records;
  gint64 count;
  gboolean cut;
} Listing;

static gboolean
list (BelfryReader *reader, gpointer data, GError **error)
{
  Listing *listing = data;

  g_clear_pointer (&listing->records, g_ptr_array_unref);
  listing->count = belfry_reader_count (reader, listing->type, &listing->query, error);
  if (listing->count < 0)
    return FALSE;
  listing->records =
      belfry_reader_list (reader, listing->type, &listing->query, &listing->cut, error);
  return listing->records != NULL;
}

static void
run_listing (StoreFixture *fixture, const BelfryReaderView *view, Listing *listing)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (store_fixture_read (fixture, view, list, listing, &error));
  g_assert_no_error (error);
}

static gint64
count (StoreFixture *fixture, const BelfryRecordType *type)
{
  Listing listing = { .type = type, .query = BELFRY_QUERY_INIT };

  run_listing (fixture, NULL, &listing);
  g_ptr_array_unref (listing.records);
  return listing.count;
}

/* the schema says what the field tables say */

static void
assert_columns (sqlite3 *handle, const BelfryRecordType *type)
{
  g_autofree char *sql =
      g_strdup_printf ("SELECT name, pk FROM pragma_table_info ('%s')", type->table);
  sqlite3_stmt *statement = NULL;
  guint n_columns = 0;
  guint n_stored = 0;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text (statement, 0);
    const BelfryField *field = belfry_record_type_find (type, name);

    g_assert_nonnull (field);
    g_assert_cmpuint (field->flags & BELFRY_FIELD_STORED, !=, 0);
    g_assert_cmpint (sqlite3_column_int (statement, 1), ==, field == &type->fields[0]);
    n_columns++;
  }
  sqlite3_finalize (statement);
  for (guint i = 0; i < type->n_fields; i++)
    n_stored += (type->fields[i].flags & BELFRY_FIELD_STORED) != 0 ? 1 : 0;
  g_assert_cmpuint (n_columns, ==, n_stored);
}

static void
test_columns (StoreFixture *fixture, gconstpointer data)
{
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  for (guint i = 0; i < n_types; i++)
    assert_columns (fixture->store->writer->database->handle, types[i]);
}

/* every field of every type survives the way there and back */

static void
fill_field (const BelfryField *field, gpointer record)
{
  gpointer member = G_STRUCT_MEMBER_P (record, field->offset);
  g_autofree char *text = g_strdup_printf ("%s 'quoted' \xc3\xa4", field->name);

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    *(gint64 *)member = G_GINT64_CONSTANT (1717400000123456) + (gint64)field->offset;
    break;
  case BELFRY_FIELD_BOOLEAN:
    *(gboolean *)member = TRUE;
    break;
  case BELFRY_FIELD_TEXT:
    belfry_record_set_text (member, text);
    break;
  case BELFRY_FIELD_JSON_TEXT:
    *(char **)member = g_strdup ("{\"a\":1}");
    break;
  case BELFRY_FIELD_TEXT_LIST:
    *(char ***)member = g_strsplit ("one;two", ";", -1);
    break;
  case BELFRY_FIELD_JSON:
    *(JsonNode **)member = belfry_json_new_text (text);
    break;
  case BELFRY_FIELD_PROPERTIES:
    *(BelfryProperties **)member = belfry_properties_new ();
    belfry_properties_set_text (*(BelfryProperties **)member, "a", text, "Build");
    break;
  case BELFRY_FIELD_RECORD:
  case BELFRY_FIELD_RECORDS:
  case BELFRY_FIELD_LENT:
    g_assert_not_reached ();
  }
}

typedef struct {
  gpointer record;
  gpointer found;
} RoundTrip;

static gboolean
insert_record (BelfryWriter *writer, gpointer data, GError **error)
{
  RoundTrip *trip = data;

  if (!belfry_writer_insert (writer, trip->record, error))
    return FALSE;
  trip->found = belfry_writer_find (writer, ((BelfryRecord *)trip->record)->type,
                                    belfry_record_get_id (trip->record), error);
  return trip->found != NULL && belfry_writer_update (writer, trip->found, error);
}

static char *
print_stored (gconstpointer record)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;
  g_autofree BelfryField *shown = g_memdup2 (type->fields, type->n_fields * sizeof (BelfryField));
  BelfryRecordType open = *type;
  g_autoptr (BelfryRecord) copy = belfry_record_copy (record);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; i < type->n_fields; i++)
    shown[i].flags &= ~(guint)BELFRY_FIELD_HIDDEN;
  open.fields = shown;
  copy->type = &open;
  json_node_take_object (node, belfry_record_to_json (copy, BELFRY_RECORD_JSON_PROPERTIES));
  copy->type = type;
  return json_to_string (node, FALSE);
}

static void
test_round_trip (StoreFixture *fixture, gconstpointer data)
{
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  for (guint i = 0; i < n_types; i++) {
    g_autoptr (BelfryRecord) record = belfry_record_new (types[i]);
    RoundTrip trip = { record, NULL };
    g_autoptr (GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    for (guint j = 1; j < types[i]->n_fields; j++)
      if ((types[i]->fields[j].flags & BELFRY_FIELD_STORED) != 0)
        fill_field (&types[i]->fields[j], record);
    store_fixture_write (fixture, insert_record, &trip, &error);
    g_assert_no_error (error);
    before = print_stored (record);
    after = print_stored (trip.found);
    g_assert_cmpstr (before, ==, after);
    belfry_record_unref (trip.found);
  }
}

/* a write that fails takes no neighbour along */

static gboolean
insert_and_fail (BelfryWriter *writer, gpointer data, GError **error)
{
  if (!insert_change (writer, data, error) || !insert_event (writer, TEXT ("host-started"), error))
    return FALSE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT, "on purpose");
  return FALSE;
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GPtrArray *answers = user_data;
  GError *error = NULL;

  belfry_store_write_finish (NULL, result, &error);
  g_ptr_array_add (answers, error);
}

static gboolean
has_three (gpointer data)
{
  return ((GPtrArray *)data)->len == 3;
}

static void
test_savepoints (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) answers = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  belfry_store_write_async (fixture->store, insert_change, TEXT ("a"), NULL, NULL, on_written,
                            answers);
  belfry_store_write_async (fixture->store, insert_and_fail, TEXT ("b"), NULL, NULL, on_written,
                            answers);
  belfry_store_write_async (fixture->store, insert_change, TEXT ("c"), NULL, NULL, on_written,
                            answers);
  store_fixture_wait (has_three, answers);
  g_assert_null (g_ptr_array_index (answers, 0));
  error = g_ptr_array_index (answers, 1);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  g_assert_null (g_ptr_array_index (answers, 2));
  g_assert_cmpint (count (fixture, belfry_change_get_type ()), ==, 2);
  g_assert_cmpuint (fixture->events->len, ==, 0);
}

/* events: after the answer, in order, with what the filter adds */

static gboolean
add_row_for_event (
    BelfryWriter *writer, BelfryEvent *event, gpointer record, gpointer data, GError **error)
{
  g_autoptr (BelfryReportRow) row = belfry_report_row_new ();

  row->eventid = event->eventid;
  belfry_record_set_text (&row->state, "waiting");
  return belfry_writer_insert (writer, row, error);
}

static void
test_events (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  belfry_store_set_event_filter (fixture->store, add_row_for_event, NULL);
  for (guint i = 0; i < 5; i++)
    belfry_store_write (fixture->store, insert_event, TEXT ("host-started"), NULL);
  store_fixture_flush (fixture);
  store_fixture_write (fixture, insert_event, TEXT ("eta"), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->events->len, ==, 6);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (belfry_record_get_id (g_ptr_array_index (fixture->events, i)), ==, i + 1);
  g_assert_cmpint (belfry_record_get_id (g_ptr_array_index (fixture->events, 5)), ==, 0);
  g_assert_cmpint (count (fixture, belfry_report_row_get_type ()), ==, 5);
  g_assert_cmpint (count (fixture, belfry_event_get_type ()), ==, 5);
  g_assert_cmpint (belfry_store_last_event_id (fixture->store, BELFRY_NONE), ==, 5);
  g_assert_false (store_fixture_write (fixture, insert_event, TEXT ("no-such-event"), &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

/* group commit: what is queued while the disk works goes out together */

static gboolean
wait_for_gate (BelfryWriter *writer, gpointer data, GError **error)
{
  g_mutex_lock (data);
  g_mutex_unlock (data);
  return TRUE;
}

static void
test_group_commit (StoreFixture *fixture, gconstpointer data)
{
  GMutex gate;
  BelfryStoreStatus before;
  BelfryStoreStatus after;

  g_mutex_init (&gate);
  belfry_store_get_status (fixture->store, &before);
  g_mutex_lock (&gate);
  belfry_store_write (fixture->store, wait_for_gate, &gate, NULL);
  for (guint i = 0; i < 200; i++)
    belfry_store_write (fixture->store, insert_change, TEXT ("a"), NULL);
  g_mutex_unlock (&gate);
  store_fixture_flush (fixture);
  belfry_store_get_status (fixture->store, &after);
  g_assert_true (after.writable);
  g_assert_cmpint (after.commits - before.commits, <=, 4);
  g_assert_cmpint (count (fixture, belfry_change_get_type ()), ==, 200);
  belfry_store_status_clear (&before);
  belfry_store_status_clear (&after);
  g_mutex_clear (&gate);
}

/* thirty-two who each wait for their commit */

typedef struct {
  StoreFixture *fixture;
  guint started;
  guint done;
  guint wanted;
} Crew;

static void write_again (Crew *crew);

static void
on_crew_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Crew *crew = user_data;

  g_assert_true (belfry_store_write_finish (crew->fixture->store, result, NULL));
  crew->done++;
  write_again (crew);
}

static void
write_again (Crew *crew)
{
  if (crew->started == crew->wanted)
    return;
  crew->started++;
  belfry_store_write_async (crew->fixture->store, insert_change, TEXT ("a"), NULL, NULL,
                            on_crew_written, crew);
}

static gboolean
is_crew_done (gpointer data)
{
  return ((Crew *)data)->done == ((Crew *)data)->wanted;
}

static void
test_throughput (StoreFixture *fixture, gconstpointer data)
{
  Crew crew = { .fixture = fixture, .wanted = g_test_perf () ? 100000 : 1000 };
  BelfryStoreStatus status;
  gint64 started_us = g_get_monotonic_time ();
  double rate = 0;

  for (guint i = 0; i < 32; i++)
    write_again (&crew);
  store_fixture_wait (is_crew_done, &crew);
  rate = crew.wanted / ((double)(g_get_monotonic_time () - started_us) / G_USEC_PER_SEC);
  belfry_store_get_status (fixture->store, &status);
  g_assert_cmpint (status.commits, <, crew.wanted / 2);
  g_assert_cmpint (count (fixture, belfry_change_get_type ()), ==, crew.wanted);
  if (g_test_perf ())
    g_test_maximized_result (rate, "%.0f inserts/s, %.1f a commit", rate,
                             (double)crew.wanted / (double)status.commits);
  belfry_store_status_clear (&status);
}

/* ids */

static void
test_ids_after_restart (StoreFixture *fixture, gconstpointer data)
{
  gint64 builder = belfry_store_builder_id (fixture->store, "one");
  gint64 build = belfry_store_next_id (fixture->store, BELFRY_ID_BUILD);

  g_assert_cmpint (belfry_store_builder_id (fixture->store, "one"), ==, builder);
  g_assert_cmpint (belfry_store_next_id (fixture->store, BELFRY_ID_BUILD), ==, build + 1);
  belfry_store_write (fixture->store, insert_change, TEXT ("a"), NULL);
  g_assert_cmpint (belfry_store_worker_id (fixture->store, "one"), ==, 1);
  store_fixture_close (fixture);

  store_fixture_open (fixture);
  g_assert_cmpint (belfry_store_builder_id (fixture->store, "one"), ==, builder);
  g_assert_cmpstr (belfry_store_builder_name (fixture->store, builder), ==, "one");
  g_assert_cmpint (belfry_store_builder_id (fixture->store, "two"), ==, builder + 1);
  g_assert_cmpint (belfry_store_next_id (fixture->store, BELFRY_ID_BUILD), ==, build + 2);
  g_assert_cmpint (belfry_store_next_build_number (fixture->store, builder), ==, 0);
  g_assert_cmpint (belfry_store_next_build_number (fixture->store, builder), ==, 1);
}

static gboolean
delete_changes (BelfryWriter *writer, gpointer data, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, "DELETE FROM changes", error);

  return statement != NULL && belfry_writer_step (writer, statement, NULL, error);
}

static void
test_ids_are_not_given_again (StoreFixture *fixture, gconstpointer data)
{
  Listing listing = { .type = belfry_change_get_type (), .query = BELFRY_QUERY_INIT };

  belfry_store_write (fixture->store, insert_change, TEXT ("a"), NULL);
  belfry_store_write (fixture->store, insert_change, TEXT ("b"), NULL);
  belfry_store_write (fixture->store, delete_changes, NULL, NULL);
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  belfry_store_write (fixture->store, insert_change, TEXT ("c"), NULL);
  store_fixture_flush (fixture);
  run_listing (fixture, NULL, &listing);
  g_assert_cmpint (belfry_record_get_id (g_ptr_array_index (listing.records, 0)), ==, 3);
  g_ptr_array_unref (listing.records);
}

/* queries */

static gboolean
insert_builds (BelfryWriter *writer, gpointer data, GError **error)
{
  for (gint64 i = 0; i < 30; i++) {
    g_autoptr (BelfryBuild) build = belfry_build_new ();

    build->builderid = 1 + i % 2;
    build->number = i / 2;
    build->results = i % 3 == 0 ? BELFRY_NONE : i % 3;
    belfry_record_set_text (&build->branch, i % 5 == 0 ? NULL : "main");
    if (!belfry_writer_insert (writer, build, error))
      return FALSE;
  }
  return TRUE;
}

static void
assert_count (StoreFixture *fixture, const BelfryFilter *filter, gint64 wanted)
{
  Listing listing = { .type = belfry_build_get_type (), .query = BELFRY_QUERY_INIT };

  listing.query.filters[0] = *filter;
  run_listing (fixture, NULL, &listing);
  g_assert_cmpint (listing.count, ==, wanted);
  g_assert_cmpint (listing.records->len, ==, wanted);
  g_ptr_array_unref (listing.records);
}

static void
test_queries (StoreFixture *fixture, gconstpointer data)
{
  static const struct {
    BelfryFilter filter;
    gint64 count;
  } cases[] = {
    { { "builderid", BELFRY_COMPARE_EQUAL, 2, NULL }, 15 },
    { { "builderid", BELFRY_COMPARE_NOT_EQUAL, 2, NULL }, 15 },
    { { "number", BELFRY_COMPARE_LESS, 3, NULL }, 6 },
    { { "number", BELFRY_COMPARE_LESS_EQUAL, 3, NULL }, 8 },
    { { "number", BELFRY_COMPARE_GREATER, 13, NULL }, 2 },
    { { "number", BELFRY_COMPARE_GREATER_EQUAL, 13, NULL }, 4 },
    { { "results", BELFRY_COMPARE_IS_NULL, 0, NULL }, 10 },
    { { "results", BELFRY_COMPARE_NOT_NULL, 0, NULL }, 20 },
    { { "results", BELFRY_COMPARE_EQUAL, BELFRY_NONE, NULL }, 10 },
    { { "branch", BELFRY_COMPARE_EQUAL, 0, "main" }, 24 },
    { { "branch", BELFRY_COMPARE_EQUAL, 0, NULL }, 6 },
    { { "branch", BELFRY_COMPARE_NOT_EQUAL, 0, "main" }, 6 },
    { { "branch", BELFRY_COMPARE_EQUAL, 0, "' OR 1 --" }, 0 },
  };
  Listing listing = { .type = belfry_build_get_type (), .query = BELFRY_QUERY_INIT };
  const BelfryBuild *build = NULL;

  store_fixture_write (fixture, insert_builds, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_count (fixture, &cases[i].filter, cases[i].count);
  listing.query.order = "number";
  listing.query.descending = TRUE;
  listing.query.limit = 4;
  listing.query.offset = 1;
  run_listing (fixture, NULL, &listing);
  g_assert_true (listing.cut);
  g_assert_cmpuint (listing.records->len, ==, 4);
  build = g_ptr_array_index (listing.records, 0);
  g_assert_cmpint (build->buildid, ==, 29);
  g_ptr_array_unref (listing.records);
}

static void
test_chosen_fields (StoreFixture *fixture, gconstpointer data)
{
  static const char *const fields[] = { "branch", "buildid", "number", NULL };
  Listing listing = { .type = belfry_build_get_type (), .query = BELFRY_QUERY_INIT };
  const BelfryBuild *build = NULL;

  store_fixture_write (fixture, insert_builds, NULL, NULL);
  listing.query.order = "number";
  listing.query.descending = TRUE;
  listing.query.limit = 1;
  listing.query.fields = fields;
  run_listing (fixture, NULL, &listing);
  build = g_ptr_array_index (listing.records, 0);
  g_assert_cmpint (build->buildid, ==, 30);
  g_assert_cmpint (build->number, ==, 14);
  g_assert_cmpstr (build->branch, ==, "main");
  g_assert_cmpint (build->builderid, ==, 0);
  g_assert_null (build->state_string);
  g_ptr_array_unref (listing.records);
}

static void
test_unknown_fields (StoreFixture *fixture, gconstpointer data)
{
  static const char *const not_stored[] = { "number", "steps", NULL };
  static const char *const injected[] = { "number FROM builds --", NULL };
  static const BelfryQuery queries[] = {
    { .size = sizeof (BelfryQuery), .fields = not_stored },
    { .size = sizeof (BelfryQuery), .fields = injected },
    { .size = sizeof (BelfryQuery), .filters = { { "1; DROP TABLE builds", 0, 1, NULL } } },
    { .size = sizeof (BelfryQuery), .filters = { { "steps", 0, 1, NULL } } },
    { .size = sizeof (BelfryQuery), .filters = { { "properties", 0, 1, NULL } } },
    { .size = sizeof (BelfryQuery), .order = "builder" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
    Listing listing = { .type = belfry_build_get_type (), .query = queries[i] };
    g_autoptr (GError) error = NULL;

    g_assert_false (store_fixture_read (fixture, NULL, list, &listing, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  }
}

static void
test_visible_builders (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GHashTable) visible = g_hash_table_new (g_str_hash, g_str_equal);
  BelfryReaderView view = { .visible_builders = visible };
  Listing listing = { .type = belfry_build_get_type (), .query = BELFRY_QUERY_INIT };

  belfry_store_builder_id (fixture->store, "hidden");
  belfry_store_builder_id (fixture->store, "shown");
  store_fixture_write (fixture, insert_builds, NULL, NULL);
  belfry_store_write (fixture->store, insert_event, TEXT ("host-started"), NULL);
  store_fixture_flush (fixture);
  g_hash_table_add (visible, TEXT ("shown"));
  run_listing (fixture, &view, &listing);
  g_assert_cmpint (listing.count, ==, 15);
  listing.query.filters[0].field = "builderid";
  listing.query.filters[0].number = 1;
  run_listing (fixture, &view, &listing);
  g_assert_cmpint (listing.count, ==, 0);
  listing.type = belfry_event_get_type ();
  run_listing (fixture, &view, &listing);
  g_assert_cmpint (listing.count, ==, 0);
  run_listing (fixture, NULL, &listing);
  g_assert_cmpint (listing.count, ==, 1);
  g_ptr_array_unref (listing.records);
}

/* a reader sees one moment */

typedef struct {
  StoreFixture *fixture;
  GMutex lock;
  GCond cond;
  gboolean first_done;
  gboolean written;
  gint64 counts[2];
} Snapshot;

static gboolean
read_twice (BelfryReader *reader, gpointer data, GError **error)
{
  Snapshot *snapshot = data;

  snapshot->counts[0] = belfry_reader_count (reader, belfry_change_get_type (), NULL, error);
  g_mutex_lock (&snapshot->lock);
  snapshot->first_done = TRUE;
  g_main_context_wakeup (NULL);
  while (!snapshot->written)
    g_cond_wait (&snapshot->cond, &snapshot->lock);
  g_mutex_unlock (&snapshot->lock);
  snapshot->counts[1] = belfry_reader_count (reader, belfry_change_get_type (), NULL, error);
  return TRUE;
}

static gboolean
is_first_done (gpointer data)
{
  Snapshot *snapshot = data;
  gboolean done = FALSE;

  g_mutex_lock (&snapshot->lock);
  done = snapshot->first_done;
  g_mutex_unlock (&snapshot->lock);
  return done;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (belfry_store_read_finish (NULL, result, NULL));
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *)data;
}

static void
test_snapshot (StoreFixture *fixture, gconstpointer data)
{
  Snapshot snapshot = { .fixture = fixture };
  gboolean read = FALSE;

  g_mutex_init (&snapshot.lock);
  g_cond_init (&snapshot.cond);
  store_fixture_write (fixture, insert_change, TEXT ("a"), NULL);
  belfry_store_read_async (fixture->store, NULL, read_twice, &snapshot, NULL, on_read, &read);
  store_fixture_wait (is_first_done, &snapshot);
  store_fixture_write (fixture, insert_change, TEXT ("b"), NULL);
  g_mutex_lock (&snapshot.lock);
  snapshot.written = TRUE;
  g_cond_signal (&snapshot.cond);
  g_mutex_unlock (&snapshot.lock);
  store_fixture_wait (is_true, &read);
  g_assert_cmpint (snapshot.counts[0], ==, 1);
  g_assert_cmpint (snapshot.counts[1], ==, 1);
  g_assert_cmpint (count (fixture, belfry_change_get_type ()), ==, 2);
  g_mutex_clear (&snapshot.lock);
  g_cond_clear (&snapshot.cond);
}

/* people who wait are bounded */

typedef struct {
  guint answered;
  guint refused;
} Crowd;

static void
on_crowd_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Crowd *crowd = user_data;
  g_autoptr (GError) error = NULL;

  crowd->answered++;
  if (!belfry_store_read_finish (NULL, result, &error)) {
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
    crowd->refused++;
  }
}

static gboolean
read_behind_gate (BelfryReader *reader, gpointer data, GError **error)
{
  g_mutex_lock (data);
  g_mutex_unlock (data);
  return TRUE;
}

static gboolean
is_crowd_gone (gpointer data)
{
  return ((Crowd *)data)->answered == 100;
}

static void
test_crowd (StoreFixture *fixture, gconstpointer data)
{
  BelfryReaderView view = { .interactive = TRUE };
  Crowd crowd = { 0 };
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  for (guint i = 0; i < 100; i++)
    belfry_store_read_async (fixture->store, &view, read_behind_gate, &gate, NULL, on_crowd_read,
                             &crowd);
  g_mutex_unlock (&gate);
  store_fixture_wait (is_crowd_gone, &crowd);
  /* three are being read, sixty-four wait */
  g_assert_cmpuint (crowd.refused, >=, 33);
  g_assert_cmpuint (crowd.refused, <=, 36);
  g_mutex_clear (&gate);
}

/* state */

static gboolean
put_states (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (JsonNode) value = belfry_json_new_integer (7);

  return belfry_writer_state_put (writer, "engine/a", "x/1", value, error) &&
         belfry_writer_state_put (writer, "engine/a", "x/2", value, error) &&
         belfry_writer_state_put (writer, "engine/a", "y", value, error) &&
         belfry_writer_state_put (writer, "engine/b", "x/3", value, error) &&
         belfry_writer_state_put (writer, "engine/a", "x/2", NULL, error);
}

static gboolean
scan_states (BelfryReader *reader, gpointer data, GError **error)
{
  g_autoptr (GHashTable) values = belfry_reader_state_scan (reader, "x/", error);
  g_autoptr (JsonNode) one = belfry_reader_state_get (reader, "x/1", error);
  g_autoptr (JsonNode) none = belfry_reader_state_get (reader, "x/3", error);

  g_assert_cmpuint (g_hash_table_size (values), ==, 1);
  g_assert_cmpint (json_node_get_int (one), ==, 7);
  g_assert_null (none);
  return TRUE;
}

static void
test_state (StoreFixture *fixture, gconstpointer data)
{
  BelfryReaderView view = { .instance = "engine/a" };
  g_autoptr (GError) error = NULL;

  store_fixture_write (fixture, put_states, NULL, &error);
  g_assert_no_error (error);
  store_fixture_read (fixture, &view, scan_states, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
is_told_off (gpointer data)
{
  return ((GPtrArray *)data)->len == 1;
}

static void
test_cancelled (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) answers = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  belfry_store_write (fixture->store, wait_for_gate, &gate, NULL);
  belfry_store_write_async (fixture->store, insert_change, TEXT ("a"), NULL, cancellable,
                            on_written, answers);
  belfry_store_write (fixture->store, insert_change, TEXT ("b"), NULL);
  g_cancellable_cancel (cancellable);
  g_mutex_unlock (&gate);
  store_fixture_wait (is_told_off, answers);
  error = g_ptr_array_index (answers, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  store_fixture_flush (fixture);
  g_assert_cmpint (count (fixture, belfry_change_get_type ()), ==, 1);
  g_mutex_clear (&gate);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/" name, StoreFixture, NULL, store_fixture_set_up, func,                      \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("schema/columns", test_columns);
  ADD ("records/round-trip", test_round_trip);
  ADD ("write/savepoints", test_savepoints);
  ADD ("write/group-commit", test_group_commit);
  ADD ("write/throughput", test_throughput);
  ADD ("write/cancelled", test_cancelled);
  ADD ("events", test_events);
  ADD ("ids/after-restart", test_ids_after_restart);
  ADD ("ids/not-given-again", test_ids_are_not_given_again);
  ADD ("read/queries", test_queries);
  ADD ("read/chosen-fields", test_chosen_fields);
  ADD ("read/unknown-fields", test_unknown_fields);
  ADD ("read/visible-builders", test_visible_builders);
  ADD ("read/snapshot", test_snapshot);
  ADD ("read/crowd", test_crowd);
  ADD ("state", test_state);
  return g_test_run ();
}
