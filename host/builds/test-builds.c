/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs of engines: the rows they write, the events they tell, and what reports see of it. */
#include "builds/builds.h"
#include "builds/changes.h"
#include "store/store-fixture.h"

#include <string.h>

typedef struct {
  StoreFixture store; /* first: the fixture functions take it */
  BelfryTransaction *transaction;
  gint64 builder;
  gint64 worker;
} Fixture;

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return node;
}

static void
fixture_set_up (Fixture *self, gconstpointer data)
{
  store_fixture_set_up (&self->store, data);
  self->builder = belfry_store_builder_id (self->store.store, "linux-x86");
  self->worker = belfry_store_worker_id (self->store.store, "box3");
  self->transaction = belfry_engine_begin (NULL);
}

static void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->transaction, belfry_transaction_free);
  store_fixture_tear_down (&self->store, data);
}

static gboolean
apply (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_builds_apply (writer, "local", data, error);
}

/* Commits what was said and begins anew. */
static gboolean
commit (Fixture *self, GError **error)
{
  gboolean done = store_fixture_write (&self->store, apply, self->transaction, error);

  belfry_transaction_free (self->transaction);
  self->transaction = belfry_engine_begin (NULL);
  return done;
}

static void
commit_well (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  commit (self, &error);
  g_assert_no_error (error);
}

static char *
list_events (Fixture *self)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < self->store.events->len; i++) {
    const BelfryEvent *event = g_ptr_array_index (self->store.events, i);

    g_string_append_printf (names, "%s%s", i > 0 ? " " : "", event->name);
  }
  g_ptr_array_set_size (self->store.events, 0);
  return g_strdup (names->str);
}

static void
assert_events (Fixture *self, const char *wanted)
{
  g_autofree char *names = list_events (self);

  g_assert_cmpstr (names, ==, wanted);
}

static void
assert_event_text (Fixture *self, guint index, const char *key, const char *wanted)
{
  g_autoptr (JsonObject) data =
      belfry_event_dup_data (g_ptr_array_index (self->store.events, index));

  g_assert_cmpstr (belfry_json_get_text (data, key), ==, wanted);
}

static void
assert_event_number (Fixture *self, guint index, const char *key, gint64 wanted)
{
  g_autoptr (JsonObject) data =
      belfry_event_dup_data (g_ptr_array_index (self->store.events, index));

  g_assert_cmpint (belfry_json_get_integer (data, key, G_MININT64), ==, wanted);
}

static BelfrySourceStamp *
make_stamp (const char *revision)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();

  belfry_record_set_text (&stamp->branch, "main");
  belfry_record_set_text (&stamp->revision, revision);
  belfry_record_set_text (&stamp->repository, "https://git.example.org/a.git");
  belfry_record_set_text (&stamp->project, "");
  belfry_record_set_text (&stamp->codebase, "");
  return stamp;
}

static void
add_set (Fixture *self, gint64 bsid, BelfrySourceStamp *stamp)
{
  g_autoptr (BelfryBuildset) set = belfry_buildset_new ();

  set->bsid = bsid;
  belfry_record_set_text (&set->reason, "push to main");
  belfry_record_set_text (&set->scheduler, "on-push");
  set->sourcestamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (set->sourcestamps, stamp);
  belfry_transaction_add_buildset (self->transaction, set);
}

static void
add_request (Fixture *self, gint64 id, gint64 bsid)
{
  g_autoptr (BelfryBuildRequest) request = belfry_build_request_new ();

  request->buildrequestid = id;
  request->buildsetid = bsid;
  request->builderid = self->builder;
  belfry_transaction_add_request (self->transaction, request);
}

static BelfryBuild *
make_build (Fixture *self, gint64 id, gint64 request)
{
  BelfryBuild *build = belfry_build_new ();

  build->buildid = id;
  build->number = belfry_store_next_build_number (self->store.store, self->builder);
  build->builderid = self->builder;
  build->buildrequestid = request;
  build->workerid = self->worker;
  build->masterid = 1;
  belfry_record_set_text (&build->state_string, "starting");
  build->properties = belfry_properties_new ();
  belfry_properties_set_text (build->properties, "branch", "main", "Build");
  belfry_properties_set_text (build->properties, "scheduler", "on-push", "Scheduler");
  return build;
}

static void
finish (Fixture *self, BelfryBuild *build, gint64 results)
{
  build->results = results;
  belfry_record_set_text (&build->state_string, belfry_result_get_name (results));
  belfry_transaction_finish_build (self->transaction, build);
  belfry_transaction_complete_request (self->transaction, build->buildrequestid, results,
                                       BELFRY_NONE);
}

/* Set, request, build of one number, from beginning to end. */
static BelfryBuild *
run_build (Fixture *self, gint64 id, BelfrySourceStamp *stamp, gint64 results)
{
  BelfryBuild *build = NULL;

  add_set (self, id, stamp);
  add_request (self, id, id);
  belfry_transaction_claim (self->transaction, id, id);
  build = make_build (self, id, id);
  belfry_transaction_add_build (self->transaction, build);
  finish (self, build, results);
  commit_well (self);
  return build;
}

static void
configure_builder (Fixture *self, gboolean configured)
{
  g_autoptr (BelfryBuilder) builder = belfry_builder_new ();

  builder->builderid = self->builder;
  builder->configured = configured;
  belfry_record_set_text (&builder->name, "linux-x86");
  builder->tags = g_strsplit ("c;nightly", ";", -1);
  belfry_transaction_configure_builder (self->transaction, builder);
}

/* reading */

typedef struct {
  const BelfryRecordType *type;
  gint64 id;
  gpointer record;
} Wanted;

static gboolean
find (BelfryReader *reader, gpointer data, GError **error)
{
  Wanted *wanted = data;

  wanted->record = wanted->type == belfry_buildset_get_type ()
                       ? (gpointer)belfry_reader_find_buildset (reader, wanted->id, error)
                       : belfry_reader_find (reader, wanted->type, wanted->id, error);
  return wanted->record != NULL;
}

static gpointer
get (Fixture *self, const BelfryRecordType *type, gint64 id)
{
  Wanted wanted = { type, id, NULL };
  g_autoptr (GError) error = NULL;

  store_fixture_read (&self->store, NULL, find, &wanted, &error);
  g_assert_no_error (error);
  return wanted.record;
}

/* from set to end */

static void
test_life (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryBuild) build = NULL;
  g_autoptr (BelfryBuild) stored = NULL;
  g_autoptr (BelfryBuildset) set = NULL;

  configure_builder (self, TRUE);
  commit_well (self);
  assert_events (self, "builder-added");

  add_set (self, 10, make_stamp ("r1"));
  add_request (self, 20, 10);
  add_request (self, 21, 10);
  commit_well (self);
  assert_event_text (self, 0, "scheduler", "on-push");
  assert_event_text (self, 1, "buildername", "linux-x86");
  assert_events (self, "buildset-added request-submitted request-submitted");

  belfry_transaction_claim (self->transaction, 20, 30);
  build = make_build (self, 30, 20);
  belfry_transaction_add_build (self->transaction, build);
  commit_well (self);
  assert_event_number (self, 0, "buildid", 30);
  assert_event_number (self, 1, "number", 0);
  assert_event_text (self, 1, "buildername", "linux-x86");
  assert_events (self, "request-claimed build-started");

  belfry_properties_set_text (build->properties, "got_revision", "r1-full", "git");
  belfry_transaction_update_build (self->transaction, build);
  commit_well (self);
  assert_event_text (self, 0, "value", "r1-full");
  assert_events (self, "property-set");

  finish (self, build, BELFRY_RESULT_FAILURE);
  belfry_transaction_complete_request (self->transaction, 21, BELFRY_RESULT_WARNINGS, BELFRY_NONE);
  commit_well (self);
  assert_events (self, "build-finished request-finished request-finished buildset-finished");
  stored = get (self, belfry_build_get_type (), 30);
  g_assert_true (stored->complete);
  g_assert_cmpint (stored->complete_at, !=, BELFRY_NONE);
  g_assert_cmpint (stored->bsid, ==, 10);
  g_assert_cmpstr (stored->branch, ==, "main");
  g_assert_cmpstr (stored->revision, ==, "r1-full");
  g_assert_cmpstr (stored->scheduler, ==, "on-push");
  set = get (self, belfry_buildset_get_type (), 10);
  g_assert_true (set->complete);
  g_assert_cmpint (set->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (set->engine, ==, "local");

  /* an end that is said again is none */
  belfry_transaction_finish_build (self->transaction, build);
  commit_well (self);
  assert_events (self, "");
}

static void
test_claim_conflict (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryBuildRequest) request = NULL;

  add_set (self, 1, make_stamp ("r1"));
  add_request (self, 1, 1);
  belfry_transaction_claim (self->transaction, 1, 1);
  commit_well (self);
  g_ptr_array_set_size (self->store.events, 0);

  add_request (self, 2, 1);
  belfry_transaction_claim (self->transaction, 1, 2);
  g_assert_false (commit (self, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  assert_events (self, "");

  belfry_transaction_unclaim (self->transaction, 1, 1);
  belfry_transaction_claim (self->transaction, 1, 3);
  commit_well (self);
  assert_events (self, "request-unclaimed request-claimed");
  request = get (self, belfry_build_request_get_type (), 1);
  g_assert_true (request->claimed);
  g_assert_cmpint (request->retries, ==, 1);
}

static void
test_collapse_and_cancel (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryBuildset) set = NULL;
  g_autoptr (BelfryBuildRequest) request = NULL;

  add_set (self, 1, make_stamp ("r1"));
  add_request (self, 1, 1);
  add_request (self, 2, 1);
  commit_well (self);
  g_ptr_array_set_size (self->store.events, 0);
  belfry_transaction_complete_request (self->transaction, 1, BELFRY_RESULT_SKIPPED, 9);
  commit_well (self);
  assert_event_number (self, 0, "collapsed_into", 9);
  assert_events (self, "request-finished");
  belfry_transaction_complete_request (self->transaction, 2, BELFRY_RESULT_CANCELLED, BELFRY_NONE);
  commit_well (self);
  assert_events (self, "request-cancelled buildset-finished");
  request = get (self, belfry_build_request_get_type (), 1);
  g_assert_cmpint (request->collapsed_into, ==, 9);
  set = get (self, belfry_buildset_get_type (), 1);
  g_assert_cmpint (set->results, ==, BELFRY_RESULT_CANCELLED);
}

static void
test_equal_stamps (Fixture *self, gconstpointer data)
{
  BelfrySourceStamp *patched = make_stamp ("r1");
  BelfrySourceStamp *again = NULL;
  g_autoptr (BelfryBuildset) first = NULL;
  g_autoptr (BelfryBuildset) second = NULL;
  g_autoptr (BelfryBuildset) third = NULL;
  g_autoptr (BelfryBuildset) fourth = NULL;
  const BelfrySourceStamp *stamps[4] = { NULL };

  patched->patch = belfry_patch_new ();
  belfry_record_set_text (&patched->patch->body, "--- a\n+++ b\n");
  belfry_record_set_text (&patched->patch->author, "pat");
  again = belfry_record_copy (patched);
  add_set (self, 1, make_stamp ("r1"));
  add_set (self, 2, make_stamp ("r1"));
  add_set (self, 3, patched);
  add_set (self, 4, again);
  commit_well (self);
  first = get (self, belfry_buildset_get_type (), 1);
  second = get (self, belfry_buildset_get_type (), 2);
  third = get (self, belfry_buildset_get_type (), 3);
  fourth = get (self, belfry_buildset_get_type (), 4);
  stamps[0] = g_ptr_array_index (first->sourcestamps, 0);
  stamps[1] = g_ptr_array_index (second->sourcestamps, 0);
  stamps[2] = g_ptr_array_index (third->sourcestamps, 0);
  stamps[3] = g_ptr_array_index (fourth->sourcestamps, 0);
  g_assert_cmpint (stamps[0]->ssid, ==, stamps[1]->ssid);
  g_assert_cmpint (stamps[0]->ssid, !=, stamps[2]->ssid);
  g_assert_cmpint (stamps[2]->ssid, ==, stamps[3]->ssid);
  g_assert_cmpstr (stamps[2]->patch->author, ==, "pat");
  g_assert_null (stamps[0]->patch);
}

/* steps and logs */

static void
test_steps_and_logs (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryBuild) build = make_build (self, 1, BELFRY_NONE);
  g_autoptr (BelfryStep) step = belfry_step_new ();
  g_autoptr (BelfryLog) log = belfry_log_new ();
  g_autoptr (BelfryLog) stored = NULL;
  g_autoptr (GBytes) lines = g_bytes_new_static ("oa\nob\n", 6);

  step->stepid = 1;
  step->buildid = 1;
  belfry_record_set_text (&step->name, "make");
  log->logid = 1;
  log->stepid = 1;
  belfry_record_set_text (&log->name, "stdio");
  belfry_record_set_text (&log->slug, "stdio");
  belfry_record_set_text (&log->type, "s");
  belfry_transaction_add_build (self->transaction, build);
  belfry_transaction_add_step (self->transaction, step);
  belfry_transaction_add_log (self->transaction, log);
  commit_well (self);
  assert_event_number (self, 1, "buildnumber", 0);
  assert_events (self, "build-started step-started log-started");

  belfry_store_log_append (self->store.store, 1, lines, 2);
  belfry_record_set_text (&step->state_string, "running");
  belfry_transaction_update_step (self->transaction, step);
  step->urls = parse ("[{\"name\":\"a\",\"url\":\"b\"}]");
  belfry_transaction_update_step (self->transaction, step);
  belfry_transaction_update_step (self->transaction, step);
  belfry_transaction_finish_log (self->transaction, 1);
  step->results = BELFRY_RESULT_SUCCESS;
  belfry_transaction_finish_step (self->transaction, step);
  commit_well (self);
  assert_event_number (self, 2, "num_lines", 2);
  assert_events (self, "step-text step-url log-finished step-finished");
  stored = get (self, belfry_log_get_type (), 1);
  g_assert_true (stored->complete);
  g_assert_cmpint (stored->num_lines, ==, 2);
  g_assert_cmpint (stored->num_bytes, ==, 6);
  g_assert_cmpint (stored->buildid, ==, 1);
}

/* fleet */

static void
configure_worker (Fixture *self, const char *connected_to, gboolean paused)
{
  g_autoptr (BelfryWorker) worker = belfry_worker_new ();

  worker->workerid = self->worker;
  worker->paused = paused;
  worker->connected_to = parse (connected_to);
  belfry_record_set_text (&worker->name, "box3");
  belfry_transaction_configure_worker (self->transaction, worker);
}

static void
test_fleet (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfrySchedulerRecord) scheduler = belfry_scheduler_record_new ();
  g_autoptr (JsonObject) why = json_object_new ();

  configure_builder (self, TRUE);
  configure_builder (self, TRUE);
  configure_worker (self, "[{\"masterid\":1}]", FALSE);
  configure_worker (self, "[{\"masterid\":1}]", TRUE);
  configure_worker (self, "[]", FALSE);
  configure_builder (self, FALSE);
  commit_well (self);
  assert_events (self, "builder-added worker-connected worker-paused worker-disconnected "
                       "worker-unpaused builder-removed");

  /* who paused it is told once, by the engine */
  configure_worker (self, "[]", TRUE);
  json_object_set_int_member (why, "workerid", self->worker);
  json_object_set_string_member (why, "who", "ann");
  belfry_transaction_event (self->transaction, "worker-paused", BELFRY_NONE, BELFRY_NONE, why);
  commit_well (self);
  assert_event_text (self, 0, "name", "box3");
  assert_event_text (self, 0, "who", "ann");
  assert_events (self, "worker-paused");

  belfry_record_set_text (&scheduler->name, "nightly");
  scheduler->enabled = TRUE;
  belfry_transaction_configure_scheduler (self->transaction, scheduler);
  scheduler->enabled = FALSE;
  belfry_transaction_configure_scheduler (self->transaction, scheduler);
  commit_well (self);
  assert_events (self, "scheduler-state");
}

static void
test_builder_event (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = parse ("{\"text\":[\"config\",\"updated\"]}");
  g_autoptr (BelfryBuilderEvent) stored = NULL;

  belfry_transaction_event (self->transaction, "builder-event", self->builder, BELFRY_NONE,
                            json_node_get_object (node));
  commit_well (self);
  assert_events (self, "builder-event");
  stored = get (self, belfry_builder_event_get_type (), 1);
  g_assert_cmpstr (stored->text[1], ==, "updated");
  g_assert_cmpint (stored->builderid, ==, self->builder);
  g_assert_cmpint (stored->complete_at, ==, stored->started_at);
}

static void
test_numbers_have_no_gaps (Fixture *self, gconstpointer data)
{
  for (gint64 i = 0; i < 3; i++) {
    g_autoptr (BelfryBuild) build = make_build (self, i + 1, BELFRY_NONE);

    g_assert_cmpint (build->number, ==, i);
    belfry_transaction_add_build (self->transaction, build);
    configure_builder (self, TRUE);
    commit_well (self);
    store_fixture_close (&self->store);
    store_fixture_open (&self->store);
  }
}

/* keys */

static gboolean
read_keys (BelfryReader *reader, gpointer data, GError **error)
{
  g_autoptr (JsonNode) taken = belfry_reader_state_get (reader, BELFRY_BUILDS_TAKEN, error);
  g_autoptr (JsonNode) kept = belfry_reader_state_get (reader, "kept", error);
  g_autoptr (JsonNode) gone = belfry_reader_state_get (reader, "gone", error);

  g_assert_cmpint (json_node_get_int (taken), ==, 42);
  g_assert_cmpstr (json_node_get_string (kept), ==, "value");
  g_assert_null (gone);
  return TRUE;
}

static void
test_keys (Fixture *self, gconstpointer data)
{
  BelfryReaderView view = { .instance = "engine/local" };
  g_autoptr (JsonNode) value = belfry_json_new_text ("value");

  belfry_transaction_took_change (self->transaction, 42);
  belfry_transaction_put (self->transaction, "kept", value);
  belfry_transaction_put (self->transaction, "gone", value);
  belfry_transaction_delete (self->transaction, "gone");
  commit_well (self);
  g_assert_true (store_fixture_read (&self->store, &view, read_keys, NULL, NULL));
}

/* changes and people */

static gboolean
store_change (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_changes_store (writer, data, error);
}

static void
add_change (Fixture *self, const char *revision, const char *author, const char *branch)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();
  g_autoptr (GError) error = NULL;

  belfry_record_set_text (&change->author, author);
  belfry_record_set_text (&change->revision, revision);
  belfry_record_set_text (&change->branch, branch);
  belfry_record_set_text (&change->repository, "https://git.example.org/a.git");
  store_fixture_write (&self->store, store_change, change, &error);
  g_assert_no_error (error);
  g_assert_cmpint (change->changeid, >, 0);
  g_assert_cmpint (change->sourcestamp->ssid, ==, change->ssid);
}

typedef struct {
  BelfryBuild *build;
  char *changes;
  char *people;
  gint64 previous;
} About;

static gboolean
read_about (BelfryReader *reader, gpointer data, GError **error)
{
  About *about = data;
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (reader, belfry_build_get_type (), about->build->buildid, error);
  g_autoptr (GPtrArray) changes = belfry_reader_build_changes (reader, build, error);
  g_auto (GStrv) people = belfry_reader_responsible_users (reader, build, error);
  g_autoptr (BelfryBuild) previous = belfry_reader_previous_build (reader, build, FALSE, error);
  g_autoptr (GString) revisions = g_string_new (NULL);

  for (guint i = 0; i < changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (changes, i);

    g_assert_nonnull (change->sourcestamp);
    g_string_append_printf (revisions, "%s%s", i > 0 ? " " : "", change->revision);
  }
  about->changes = g_strdup (revisions->str);
  about->people = g_strjoinv (" ", people);
  about->previous = previous != NULL ? previous->buildid : BELFRY_NONE;
  return TRUE;
}

static void
assert_about (
    Fixture *self, BelfryBuild *build, const char *changes, const char *people, gint64 previous)
{
  About about = { .build = build };

  g_assert_true (store_fixture_read (&self->store, NULL, read_about, &about, NULL));
  g_assert_cmpstr (about.changes, ==, changes);
  g_assert_cmpstr (about.people, ==, people);
  g_assert_cmpint (about.previous, ==, previous);
  g_free (about.changes);
  g_free (about.people);
}

static void
test_changes_and_people (Fixture *self, gconstpointer data)
{
  static const char *const revisions[] = { "r1", "r2", "r3", "r4", "r5" };
  static const char *const authors[] = { "ann", "bob", "cid", "bob", "dot" };
  g_autoptr (BelfryBuild) first = NULL;
  g_autoptr (BelfryBuild) second = NULL;
  g_autoptr (BelfryBuild) lost = NULL;
  g_autoptr (BelfryBuild) third = NULL;
  g_autoptr (BelfryBuild) forced = NULL;
  g_autoptr (BelfryBuild) same = NULL;
  BelfrySourceStamp *patched = make_stamp ("r5");

  for (guint i = 0; i < G_N_ELEMENTS (revisions); i++)
    add_change (self, revisions[i], authors[i], i == 3 ? "other" : "main");
  assert_events (self, "change-added change-added change-added change-added change-added");
  first = run_build (self, 1, make_stamp ("r2"), BELFRY_RESULT_SUCCESS);
  second = run_build (self, 2, make_stamp ("r3"), BELFRY_RESULT_SUCCESS);
  lost = run_build (self, 3, make_stamp ("r5"), BELFRY_RESULT_RETRY);
  third = run_build (self, 4, make_stamp ("r5"), BELFRY_RESULT_FAILURE);
  same = run_build (self, 5, make_stamp ("r5"), BELFRY_RESULT_FAILURE);
  forced = run_build (self, 6, make_stamp (NULL), BELFRY_RESULT_SUCCESS);
  assert_about (self, first, "r2", "bob", BELFRY_NONE);
  assert_about (self, second, "r3", "cid", 1);
  assert_about (self, third, "r5", "dot", 2);
  assert_about (self, same, "", "", 4);
  assert_about (self, forced, "", "", 5);

  patched->patch = belfry_patch_new ();
  belfry_record_set_text (&patched->patch->author, "pat");
  {
    g_autoptr (BelfryBuild) tried = make_build (self, 7, 7);
    g_autoptr (JsonNode) owners = parse ("[\"zoe\",\"ann\",3]");

    add_set (self, 7, patched);
    add_request (self, 7, 7);
    belfry_properties_set_text (tried->properties, "owner", "own", "Force Build Form");
    belfry_properties_set (tried->properties, "owners", owners, "Scheduler");
    belfry_transaction_add_build (self->transaction, tried);
    commit_well (self);
    assert_about (self, tried, "", "ann own pat zoe", 6);
  }
}

/* what reports get */

typedef struct {
  gint64 buildid;
  guint wants;
  gint64 max_log_bytes;
  JsonObject *json;
} Description;

static gboolean
describe (BelfryReader *reader, gpointer data, GError **error)
{
  Description *description = data;
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (reader, belfry_build_get_type (), description->buildid, error);

  description->json =
      belfry_builds_describe (reader, build, description->wants, description->max_log_bytes, error);
  return description->json != NULL;
}

static JsonObject *
get_description (Fixture *self, gint64 buildid, guint wants, gint64 max_log_bytes)
{
  g_autoptr (JsonObject) info = json_object_new ();
  BelfryReaderView view = { .host_info = info };
  Description description = { buildid, wants, max_log_bytes, NULL };
  g_autoptr (GError) error = NULL;

  json_object_set_string_member (info, "url", "https://ci.example.org/");
  store_fixture_read (&self->store, &view, describe, &description, &error);
  g_assert_no_error (error);
  return description.json;
}

static void
test_describe_plain (Fixture *self, gconstpointer data)
{
  static const char *const keys[] = {
    "buildid",    "number",   "builderid",    "buildrequestid", "workerid",    "masterid",
    "started_at", "complete", "complete_at",  "state_string",   "results",     "url",
    "properties", "builder",  "buildrequest", "buildset",       "parentbuild", "parentbuilder",
  };
  g_autoptr (BelfryBuild) build = run_build (self, 1, make_stamp ("r1"), BELFRY_RESULT_SUCCESS);
  g_autoptr (JsonObject) json = get_description (self, 1, 0, 1000);

  g_assert_cmpuint (json_object_get_size (json), ==, G_N_ELEMENTS (keys));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_true (json_object_has_member (json, keys[i]));
  g_assert_cmpstr (belfry_json_get_text (json, "url"), ==,
                   "https://ci.example.org/builders/linux-x86/builds/0");
  g_assert_cmpuint (json_object_get_size (belfry_json_get_object (json, "properties")), ==, 0);
  g_assert_true (json_object_get_null_member (json, "parentbuild"));
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (
                        belfry_json_get_object (json, "buildset"), "sourcestamps")),
                    ==, 1);
}

static void
add_step_with_log (Fixture *self, gint64 buildid, guint n_lines)
{
  g_autoptr (BelfryStep) step = belfry_step_new ();
  g_autoptr (BelfryLog) log = belfry_log_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) lines = NULL;

  step->stepid = log->logid = log->stepid = 1;
  step->buildid = buildid;
  belfry_record_set_text (&step->name, "make check");
  belfry_record_set_text (&log->name, "stdio");
  belfry_record_set_text (&log->slug, "stdio");
  belfry_record_set_text (&log->type, "s");
  for (guint i = 0; i < n_lines; i++)
    g_string_append_printf (text, "oline %04u\n", i);
  lines = g_bytes_new (text->str, text->len);
  belfry_transaction_add_step (self->transaction, step);
  belfry_transaction_add_log (self->transaction, log);
  commit_well (self);
  belfry_store_log_append (self->store.store, 1, lines, n_lines);
  belfry_transaction_finish_log (self->transaction, 1);
  commit_well (self);
}

static JsonObject *
get_log (JsonObject *json)
{
  JsonObject *step = json_array_get_object_element (belfry_json_get_array (json, "steps"), 0);

  return json_array_get_object_element (belfry_json_get_array (step, "logs"), 0);
}

static void
test_describe_all (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryBuild) before = NULL;
  g_autoptr (BelfryBuild) build = NULL;
  g_autoptr (JsonObject) json = NULL;
  g_autoptr (JsonObject) cut = NULL;
  JsonObject *log = NULL;
  const char *content = NULL;

  add_change (self, "r1", "ann", "main");
  before = run_build (self, 1, make_stamp ("r0"), BELFRY_RESULT_SUCCESS);
  build = run_build (self, 2, make_stamp ("r1"), BELFRY_RESULT_FAILURE);
  add_step_with_log (self, 2, 1000);
  json = get_description (self, 2, 0xff, 1024 * 1024);
  g_assert_cmpstr (
      json_array_get_string_element (
          json_object_get_array_member (belfry_json_get_object (json, "properties"), "branch"), 0),
      ==, "main");
  g_assert_cmpint (
      belfry_json_get_integer (belfry_json_get_object (json, "prev_build"), "buildid", 0), ==, 1);
  g_assert_false (json_object_has_member (belfry_json_get_object (json, "prev_build"), "url"));
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (json, "changes")), ==, 1);
  log = get_log (json);
  g_assert_cmpstr (
      belfry_json_get_text (log, "url"), ==,
      "https://ci.example.org/builders/linux-x86/builds/1/steps/make%20check/logs/stdio");
  content = belfry_json_get_text (belfry_json_get_object (log, "content"), "content");
  g_assert_cmpuint (strlen (content), ==, 11000);
  g_assert_false (json_object_has_member (belfry_json_get_object (log, "content"), "truncated"));

  cut = get_description (self, 2, BELFRY_BUILD_WANTS_LOGS, 220);
  log = belfry_json_get_object (get_log (cut), "content");
  content = belfry_json_get_text (log, "content");
  g_assert_true (belfry_json_get_boolean (log, "truncated", FALSE));
  g_assert_true (g_str_has_prefix (content, "oline 0000\n"));
  g_assert_true (g_str_has_suffix (content, "oline 0999\n"));
  g_assert_nonnull (strstr (content, "oline 0009\nh[980 lines are missing here"));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/builds/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("life", test_life);
  ADD ("claim-conflict", test_claim_conflict);
  ADD ("collapse-and-cancel", test_collapse_and_cancel);
  ADD ("equal-stamps", test_equal_stamps);
  ADD ("steps-and-logs", test_steps_and_logs);
  ADD ("fleet", test_fleet);
  ADD ("builder-event", test_builder_event);
  ADD ("numbers-have-no-gaps", test_numbers_have_no_gaps);
  ADD ("keys", test_keys);
  ADD ("changes-and-people", test_changes_and_people);
  ADD ("describe/plain", test_describe_plain);
  ADD ("describe/all", test_describe_all);
  return g_test_run ();
}
