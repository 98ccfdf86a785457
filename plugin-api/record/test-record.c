/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records, properties, results, the table of events, and what readers make of list. */
#include <belfry-plugin.h>

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return node;
}

static char *
print (gconstpointer record, BelfryRecordJsonFlags flags)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, belfry_record_to_json (record, flags));
  return json_to_string (node, FALSE);
}

static void
assert_json (gconstpointer record, BelfryRecordJsonFlags flags, const char *wanted)
{
  g_autofree char *text = print (record, flags);
  g_autoptr (GString) appended = g_string_new (NULL);

  g_assert_cmpstr (text, ==, wanted);
  belfry_record_append_json (appended, record, flags);
  g_assert_cmpstr (appended->str, ==, wanted);
}

static void
test_build_json (void)
{
  g_autoptr (BelfryBuild) build = belfry_build_new ();

  build->buildid = 9031;
  build->number = 142;
  build->builderid = 7;
  build->masterid = 1;
  build->started_at = G_GINT64_CONSTANT (1717400000999999);
  belfry_record_set_text (&build->state_string, "building");
  build->properties = belfry_properties_new ();
  belfry_properties_set_text (build->properties, "branch", "main", "Build");
  assert_json (build, BELFRY_RECORD_JSON_NONE,
               "{\"buildid\":9031,\"number\":142,\"builderid\":7,\"buildrequestid\":null,"
               "\"workerid\":0,\"masterid\":1,\"started_at\":1717400000,\"complete\":false,"
               "\"complete_at\":null,\"state_string\":\"building\",\"results\":null,"
               "\"properties\":{}}");
  belfry_record_set_text (&build->url, "https://ci.example.org/builders/x/builds/142");
  build->results = BELFRY_RESULT_FAILURE;
  build->steps = g_ptr_array_new_with_free_func (belfry_record_unref);
  assert_json (build, BELFRY_RECORD_JSON_PROPERTIES,
               "{\"buildid\":9031,\"number\":142,\"builderid\":7,\"buildrequestid\":null,"
               "\"workerid\":0,\"masterid\":1,\"started_at\":1717400000,\"complete\":false,"
               "\"complete_at\":null,\"state_string\":\"building\",\"results\":2,"
               "\"properties\":{\"branch\":[\"main\",\"Build\"]},"
               "\"url\":\"https://ci.example.org/builders/x/builds/142\",\"steps\":[]}");
}

static void
test_request_json (void)
{
  g_autoptr (BelfryBuildRequest) request = belfry_build_request_new ();

  request->properties = belfry_properties_new ();
  assert_json (request, BELFRY_RECORD_JSON_NONE,
               "{\"buildrequestid\":0,\"buildsetid\":0,\"builderid\":0,\"priority\":0,"
               "\"claimed\":false,\"claimed_at\":null,\"claimed_by_masterid\":null,"
               "\"complete\":false,\"complete_at\":null,\"results\":-1,\"submitted_at\":0,"
               "\"waited_for\":false,\"properties\":null}");
}

static void
test_buildset_json (void)
{
  g_autoptr (BelfryBuildset) set = belfry_buildset_new ();
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();

  belfry_record_set_text (&set->scheduler, "hidden");
  set->sourcestamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (set->sourcestamps, stamp);
  stamp->created_at = -1;
  assert_json (set, BELFRY_RECORD_JSON_NONE,
               "{\"bsid\":0,\"external_idstring\":null,\"reason\":\"\",\"submitted_at\":0,"
               "\"complete\":false,\"complete_at\":null,\"results\":null,\"sourcestamps\":["
               "{\"ssid\":0,\"branch\":null,\"revision\":null,\"repository\":\"\",\"project\":\"\","
               "\"codebase\":\"\",\"created_at\":-1,\"patch\":null}],"
               "\"parent_buildid\":null,\"parent_relationship\":null}");
}

static void
test_empty_json_values (void)
{
  g_autoptr (BelfryWorker) worker = belfry_worker_new ();
  g_autoptr (BelfryChange) change = belfry_change_new ();
  g_autoptr (JsonObject) object = belfry_record_to_json (worker, BELFRY_RECORD_JSON_NONE);
  g_autoptr (JsonObject) change_object = belfry_record_to_json (change, BELFRY_RECORD_JSON_NONE);

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "connected_to")),
                    ==, 0);
  g_assert_cmpuint (json_object_get_size (json_object_get_object_member (object, "workerinfo")), ==,
                    0);
  g_assert_false (json_object_has_member (object, "engine"));
  g_assert_true (json_object_get_null_member (change_object, "sourcestamp"));
  g_assert_false (json_object_has_member (change_object, "src"));
  g_assert_nonnull (json_object_get_object_member (change_object, "properties"));
}

static void
test_change_round_trip (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = parse (
      "{\"changeid\":5,\"parent_changeids\":[4],\"author\":\"ann\",\"committer\":null,"
      "\"files\":[\"a\",\"b\"],\"files_unknown\":false,\"comments\":\"one\",\"revision\":\"r1\","
      "\"when_timestamp\":1717400000,\"branch\":null,\"category\":null,\"revlink\":null,"
      "\"properties\":{\"x\":[1,\"Change\"]},\"repository\":\"r\",\"project\":\"\","
      "\"codebase\":\"\",\"sourcestamp\":{\"ssid\":3,\"branch\":null,\"revision\":\"r1\","
      "\"repository\":\"r\",\"project\":\"\",\"codebase\":\"\",\"created_at\":7,"
      "\"patch\":null}}");
  g_autoptr (BelfryChange) change =
      belfry_record_from_json (belfry_change_get_type (), json_node_get_object (node), &error);
  g_autofree char *wanted = json_to_string (node, FALSE);

  g_assert_no_error (error);
  g_assert_cmpint (change->when_timestamp, ==, G_GINT64_CONSTANT (1717400000000000));
  g_assert_cmpstr (change->files[1], ==, "b");
  g_assert_cmpint (change->sourcestamp->ssid, ==, 3);
  assert_json (change, BELFRY_RECORD_JSON_NONE, wanted);
}

static void
test_malformed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = parse (data);
  g_autoptr (BelfryChange) change =
      belfry_record_from_json (belfry_change_get_type (), json_node_get_object (node), &error);

  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_null (change);
}

static void
test_hidden_is_not_read (void)
{
  g_autoptr (JsonNode) node = parse ("{\"origin\":\"hook/evil\",\"nonsense\":1}");
  g_autoptr (BelfryChange) change =
      belfry_record_from_json (belfry_change_get_type (), json_node_get_object (node), NULL);

  g_assert_nonnull (change);
  g_assert_null (change->origin);
}

static void
test_copy (void)
{
  g_autoptr (BelfryStep) step = belfry_step_new ();
  g_autoptr (BelfryStep) copy = NULL;

  belfry_record_set_text (&step->name, "make\xff");
  step->urls = parse ("[{\"name\":\"a\",\"url\":\"b\"}]");
  step->logs = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (step->logs, belfry_log_new ());
  copy = belfry_record_copy (step);
  g_assert_cmpstr (copy->name, ==, "make\xef\xbf\xbd");
  g_assert_true (copy->name != step->name);
  g_assert_true (copy->logs != step->logs);
  g_assert_true (g_ptr_array_index (copy->logs, 0) == g_ptr_array_index (step->logs, 0));
  g_assert_cmpint (copy->started_at, ==, BELFRY_NONE);
  g_assert_null (belfry_record_copy (NULL));
}

static void
test_types (void)
{
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  g_assert_cmpuint (n_types, ==, 19);
  for (guint i = 0; i < n_types; i++) {
    const BelfryField *key = &types[i]->fields[0];
    g_autoptr (BelfryRecord) record = belfry_record_new (types[i]);
    g_autoptr (BelfryRecord) copy = belfry_record_copy (record);
    g_autofree char *text = print (copy, BELFRY_RECORD_JSON_PROPERTIES);

    g_assert_cmpint (key->type, ==, BELFRY_FIELD_INTEGER);
    g_assert_cmpuint (key->flags, ==, BELFRY_FIELD_STORED);
    g_assert_cmpint (belfry_record_get_id (record), ==, 0);
    assert_json (record, BELFRY_RECORD_JSON_PROPERTIES, text);
    g_assert_true (belfry_record_type_find (types[i], key->name) == key);
    g_assert_null (belfry_record_type_find (types[i], "no such field"));
  }
}

static void
test_properties (void)
{
  g_autoptr (BelfryProperties) properties = belfry_properties_new ();
  g_autoptr (BelfryProperties) copy = NULL;
  g_autoptr (BelfryProperties) back = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  belfry_properties_set_text (properties, "b", "old", "Change");
  belfry_properties_set_integer (properties, "c", 7, "Build");
  belfry_properties_set_boolean (properties, "a", TRUE, "Build");
  copy = belfry_properties_copy (properties);
  belfry_properties_set_text (copy, "b", "new", "Scheduler");
  belfry_properties_set_text (copy, "gone", NULL, "Build");
  belfry_properties_remove (copy, "gone");
  belfry_properties_remove (copy, "never");
  g_assert_cmpuint (belfry_properties_get_count (copy), ==, 3);
  g_assert_cmpstr (belfry_properties_get_name (copy, 0), ==, "a");
  g_assert_null (belfry_properties_get_name (copy, 3));
  g_assert_cmpstr (belfry_properties_get_text (copy, "b"), ==, "new");
  g_assert_cmpstr (belfry_properties_get_text (properties, "b"), ==, "old");
  g_assert_null (belfry_properties_get_text (copy, "c"));
  g_assert_cmpstr (belfry_properties_get_source (copy, "c"), ==, "Build");
  node = belfry_properties_to_json (copy);
  text = json_to_string (node, FALSE);
  g_assert_cmpstr (text, ==,
                   "{\"a\":[true,\"Build\"],\"b\":[\"new\",\"Scheduler\"],\"c\":[7,\"Build\"]}");
  back = belfry_properties_from_json (node, NULL);
  belfry_properties_merge (properties, back);
  g_assert_cmpstr (belfry_properties_get_text (properties, "b"), ==, "new");
  g_assert_null (belfry_properties_get_value (NULL, "b"));
}

static void
test_properties_malformed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = parse (data);

  g_assert_null (belfry_properties_from_json (node, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static void
test_results (void)
{
  for (gint64 i = 0; i <= BELFRY_RESULT_CANCELLED; i++) {
    g_assert_cmpint (belfry_result_from_name (belfry_result_get_name (i)), ==, i);
    g_assert_cmpint (belfry_result_worst (i, BELFRY_NONE), ==, i);
    g_assert_cmpint (belfry_result_worst (BELFRY_NONE, i), ==, i);
  }
  g_assert_cmpstr (belfry_result_get_name (BELFRY_NONE), ==, "not finished");
  g_assert_cmpstr (belfry_result_get_name (7), ==, "Invalid status");
  g_assert_cmpint (belfry_result_from_name ("nothing"), ==, BELFRY_NONE);
  g_assert_cmpint (belfry_result_worst (BELFRY_RESULT_SKIPPED, BELFRY_RESULT_SUCCESS), ==, 0);
  g_assert_cmpint (belfry_result_worst (BELFRY_RESULT_WARNINGS, BELFRY_RESULT_FAILURE), ==, 2);
  g_assert_cmpint (belfry_result_worst (BELFRY_RESULT_CANCELLED, BELFRY_RESULT_RETRY), ==, 6);
  g_assert_cmpint (belfry_result_worst (BELFRY_RESULT_FAILURE, BELFRY_RESULT_EXCEPTION), ==, 4);
}

static gboolean
is_a_type (const char *name)
{
  guint n_types = 0;
  const BelfryRecordType *const *types = belfry_record_list_types (&n_types);

  for (guint i = 0; i < n_types; i++)
    if (g_str_equal (types[i]->name, name))
      return TRUE;
  return FALSE;
}

static void
test_events (void)
{
  static const char *const topics[] = { "builds",  "steps",    "logs", "requests", "workers",
                                        "changes", "builders", "host", NULL };
  guint n_kinds = 0;
  const BelfryEventKind *kinds = belfry_event_kinds (&n_kinds);

  for (guint i = 0; i < n_kinds; i++) {
    g_assert_true (g_strv_contains (topics, kinds[i].topic));
    g_assert_true (belfry_event_kind_find (kinds[i].name) == &kinds[i]);
    if (kinds[i].record_type != NULL)
      g_assert_true (is_a_type (kinds[i].record_type));
  }
  g_assert_cmpstr (belfry_event_kind_find ("build-finished")->phase, ==, "finished");
  g_assert_cmpstr (belfry_event_kind_find ("build-started")->old_name, ==, "buildStarted");
  g_assert_cmpuint (belfry_event_kind_find ("log-appended")->flags & BELFRY_EVENT_PASSING, !=, 0);
  g_assert_null (belfry_event_kind_find ("build_finished"));
}

/* a reader over one set with two stamps, the second with a patch */

static gpointer
make_row (const BelfryRecordType *type, gint64 id)
{
  gpointer record = belfry_record_new (type);

  G_STRUCT_MEMBER (gint64, record, type->fields[0].offset) = id;
  if (type == belfry_source_stamp_get_type () && id == 2)
    ((BelfrySourceStamp *)record)->patchid = 9;
  if (type == belfry_buildset_get_type ())
    ((BelfryBuildset *)record)->ssids = parse ("[1,2]");
  return record;
}

static GPtrArray *
fake_list (BelfryReader *self,
           const BelfryRecordType *type,
           const BelfryQuery *query,
           gboolean *cut,
           GError **error)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (belfry_record_unref);

  g_assert_cmpuint (query->size, ==, sizeof (BelfryQuery));
  if (query->filters[0].number < 100)
    g_ptr_array_add (rows, make_row (type, query->filters[0].number));
  *cut = FALSE;
  return rows;
}

static void
test_reader (void)
{
  const BelfryReaderOps ops = { .size = G_STRUCT_OFFSET (BelfryReaderOps, count),
                                .list = fake_list };
  BelfryReader reader = { &ops };
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryBuildset) set = belfry_reader_find_buildset (&reader, 5, &error);
  const BelfrySourceStamp *stamp = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (set->sourcestamps->len, ==, 2);
  stamp = g_ptr_array_index (set->sourcestamps, 1);
  g_assert_cmpint (stamp->patch->patchid, ==, 9);
  stamp = g_ptr_array_index (set->sourcestamps, 0);
  g_assert_null (stamp->patch);

  g_assert_null (belfry_reader_find (&reader, belfry_build_get_type (), 100, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (belfry_reader_count (&reader, belfry_build_get_type (), NULL, &error), ==, -1);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_false (belfry_reader_may (&reader, "force", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/json/build", test_build_json);
  g_test_add_func ("/record/json/request-hides-properties", test_request_json);
  g_test_add_func ("/record/json/buildset-open", test_buildset_json);
  g_test_add_func ("/record/json/empty-values", test_empty_json_values);
  g_test_add_func ("/record/json/change-round-trip", test_change_round_trip);
  g_test_add_func ("/record/json/hidden-is-not-read", test_hidden_is_not_read);
  g_test_add_data_func ("/record/json/text-for-number", "{\"changeid\":\"5\"}", test_malformed);
  g_test_add_data_func ("/record/json/number-for-text", "{\"author\":5}", test_malformed);
  g_test_add_data_func ("/record/json/list-of-numbers", "{\"files\":[5]}", test_malformed);
  g_test_add_data_func ("/record/json/number-for-boolean", "{\"files_unknown\":0}", test_malformed);
  g_test_add_data_func ("/record/json/list-for-record", "{\"sourcestamp\":[]}", test_malformed);
  g_test_add_data_func ("/record/json/time-beyond-range",
                        "{\"when_timestamp\":9223372036854775807}", test_malformed);
  g_test_add_func ("/record/copy", test_copy);
  g_test_add_func ("/record/types", test_types);
  g_test_add_func ("/record/properties/set-merge-remove", test_properties);
  g_test_add_data_func ("/record/properties/no-object", "[]", test_properties_malformed);
  g_test_add_data_func ("/record/properties/no-pair", "{\"a\":1}", test_properties_malformed);
  g_test_add_data_func ("/record/properties/source-is-no-text", "{\"a\":[1,2]}",
                        test_properties_malformed);
  g_test_add_func ("/record/results", test_results);
  g_test_add_func ("/record/events", test_events);
  g_test_add_func ("/record/reader", test_reader);
  return g_test_run ();
}
