/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds, written by the store's own functions, with their events, as an engine's transactions are.
 */
#include "test-fixture.h"

#define EPOCH_US (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC)

typedef struct {
  GPtrArray *records; /* inserted, or updated where they are stored */
  GPtrArray *events;  /* (element-type BelfryEvent) beside ... */
  GPtrArray *subjects;
  gboolean update;
} Writing;

static gboolean
run_writing (BelfryWriter *writer, gpointer data, GError **error)
{
  Writing *writing = data;

  for (guint i = 0; i < writing->records->len; i++) {
    gpointer record = g_ptr_array_index (writing->records, i);

    if (!(writing->update ? belfry_writer_update (writer, record, error)
                          : belfry_writer_insert (writer, record, error)))
      return FALSE;
  }
  for (guint i = 0; i < writing->events->len; i++)
    if (!belfry_writer_add_event (writer, g_ptr_array_index (writing->events, i),
                                  g_ptr_array_index (writing->subjects, i), error))
      return FALSE;
  return TRUE;
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *ended = user_data;
  g_autoptr (GError) error = NULL;

  belfry_store_write_finish (NULL, result, &error);
  g_assert_no_error (error);
  *ended = TRUE;
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *ended = user_data;

  *ended = TRUE;
}

static Writing *
writing_new (gboolean update)
{
  Writing *writing = g_new0 (Writing, 1);

  writing->update = update;
  writing->records = g_ptr_array_new_with_free_func (belfry_record_unref);
  writing->events = g_ptr_array_new_with_free_func (belfry_record_unref);
  writing->subjects = g_ptr_array_new_with_free_func (belfry_record_unref);
  return writing;
}

static void
writing_add_event (Writing *writing, const char *name, gpointer record)
{
  BelfryEvent *event = belfry_event_new ();
  const BelfryRecordType *type = ((BelfryRecord *)record)->type;
  g_autoptr (JsonObject) data = NULL;

  belfry_record_set_text (&event->name, name);
  event->subject = belfry_record_get_id (record);
  if (type == belfry_build_get_type ()) {
    event->buildid = ((BelfryBuild *)record)->buildid;
    event->builderid = ((BelfryBuild *)record)->builderid;
  }
  data = belfry_record_to_json (record, BELFRY_RECORD_JSON_PROPERTIES);
  event->data = belfry_json_object_to_text (data);
  g_ptr_array_add (writing->events, event);
  g_ptr_array_add (writing->subjects, belfry_record_ref (record));
}

static void
writing_run (Writing *writing, Fixture *self)
{
  gboolean ended = FALSE;

  belfry_store_write_async (self->store, run_writing, writing, NULL, NULL, on_written, &ended);
  test_turn_until (&ended);
  g_ptr_array_unref (writing->records);
  g_ptr_array_unref (writing->events);
  g_ptr_array_unref (writing->subjects);
  g_free (writing);
}

static gpointer
find (Fixture *self, const BelfryRecordType *type, gint64 id)
{
  g_autoptr (GPtrArray) found = fixture_list (self, type, type->fields[0].name, id);

  g_assert_cmpuint (found->len, ==, 1);
  return belfry_record_ref (g_ptr_array_index (found, 0));
}

static gint64
find_builder (Fixture *self, Writing *writing, const TestBuild *spec)
{
  g_autoptr (GPtrArray) builders = fixture_list (self, belfry_builder_get_type (), NULL, 0);
  const char *name = spec->builder != NULL ? spec->builder : "linux-x86";
  BelfryBuilder *builder = NULL;

  for (guint i = 0; i < builders->len; i++) {
    builder = g_ptr_array_index (builders, i);
    if (g_str_equal (builder->name, name))
      return builder->builderid;
  }
  builder = belfry_builder_new ();
  builder->builderid = self->next_id++;
  belfry_record_set_text (&builder->name, name);
  builder->tags = g_strsplit (spec->tag != NULL ? spec->tag : "c", ";", -1);
  g_ptr_array_add (writing->records, builder);
  return builder->builderid;
}

static JsonNode *
make_ids (gint64 id)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  json_array_add_int_element (array, id);
  json_node_take_array (node, array);
  return node;
}

static void
add_stamp (Fixture *self, Writing *writing, const TestBuild *spec, BelfryBuildset *set)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();
  BelfryChange *change = belfry_change_new ();

  stamp->ssid = self->next_id++;
  belfry_record_set_text (&stamp->branch, spec->branch != NULL ? spec->branch : "main");
  belfry_record_set_text (&stamp->revision, "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345");
  belfry_record_set_text (&stamp->repository, "https://example.org/anvil.git");
  belfry_record_set_text (&stamp->project, "acme/anvil");
  belfry_record_set_text (&stamp->codebase, spec->codebase != NULL ? spec->codebase : "");
  stamp->created_at = EPOCH_US;
  if (spec->patch != NULL) {
    BelfryPatch *patch = belfry_patch_new ();

    patch->patchid = stamp->patchid = self->next_id++;
    belfry_record_set_text (&patch->body, spec->patch);
    g_ptr_array_add (writing->records, patch);
  }
  g_ptr_array_add (writing->records, stamp);
  change->changeid = self->next_id++;
  belfry_record_set_text (&change->author,
                          spec->author != NULL ? spec->author : "Ada <ada@acme.example>");
  belfry_record_set_text (&change->comments,
                          spec->comments != NULL ? spec->comments : "hit harder");
  belfry_record_set_text (&change->revision, stamp->revision);
  belfry_record_set_text (&change->branch, stamp->branch);
  belfry_record_set_text (&change->repository, stamp->repository);
  belfry_record_set_text (&change->project, stamp->project);
  belfry_record_set_text (&change->codebase, stamp->codebase);
  g_strfreev (change->files);
  change->files = g_strsplit ("hammer.c;anvil.c", ";", -1);
  change->when_timestamp = EPOCH_US;
  change->ssid = stamp->ssid;
  g_ptr_array_add (writing->records, change);
  g_clear_pointer (&set->ssids, json_node_unref);
  set->ssids = make_ids (stamp->ssid);
  g_clear_pointer (&set->change_ids, json_node_unref);
  set->change_ids = make_ids (change->changeid);
}

static gint64
add_set (Fixture *self, Writing *writing, const TestBuild *spec)
{
  BelfryBuildset *set = NULL;

  if (spec->bsid != 0)
    return spec->bsid;
  set = belfry_buildset_new ();
  set->bsid = self->next_id++;
  belfry_record_set_text (&set->reason, "push to main");
  set->submitted_at = EPOCH_US;
  add_stamp (self, writing, spec, set);
  g_ptr_array_add (writing->records, set);
  return set->bsid;
}

static void
set_source (BelfryBuild *build, const TestBuild *spec)
{
  if (spec->unread)
    return;
  belfry_record_set_text (&build->branch, spec->branch != NULL ? spec->branch : "main");
  belfry_record_set_text (&build->revision, "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345");
  belfry_properties_set_text (build->properties, "branch", build->branch, "Build");
  belfry_properties_set_text (build->properties, "revision", build->revision, "Build");
}

static void
set_owners (BelfryProperties *properties, const char *owners)
{
  g_auto (GStrv) names = g_strsplit (owners, ";", -1);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *list = json_array_new ();

  for (char **name = names; *name != NULL; name++)
    json_array_add_string_element (list, *name);
  json_node_take_array (node, list);
  belfry_properties_set (properties, "owners", node, "Build");
  json_node_unref (node);
}

static void
set_properties (BelfryBuild *build, const TestBuild *spec)
{
  if (build->properties == NULL)
    build->properties = belfry_properties_new ();
  belfry_properties_set_text (build->properties, "workername", "box3", "Worker");
  set_source (build, spec);
  if (spec->scheduler != NULL)
    belfry_properties_set_text (build->properties, "scheduler", spec->scheduler, "Scheduler");
  if (spec->owners != NULL)
    set_owners (build->properties, spec->owners);
  if (spec->owner != NULL)
    belfry_properties_set_text (build->properties, "owner", spec->owner, "Scheduler");
}

gint64
fixture_start_build (Fixture *self, const TestBuild *spec)
{
  static const TestBuild plain = { NULL };
  Writing *writing = writing_new (FALSE);
  BelfryBuild *build = belfry_build_new ();
  gint64 buildid = self->next_id++;

  spec = spec != NULL ? spec : &plain;
  build->buildid = buildid;
  build->number = buildid;
  build->builderid = find_builder (self, writing, spec);
  build->bsid = add_set (self, writing, spec);
  build->buildrequestid = spec->buildrequestid;
  if (spec->buildrequestid == 0) {
    BelfryBuildRequest *request = belfry_build_request_new ();

    request->buildrequestid = build->buildrequestid = self->next_id++;
    request->buildsetid = build->bsid;
    request->builderid = build->builderid;
    request->submitted_at = EPOCH_US;
    g_ptr_array_add (writing->records, request);
  }
  build->workerid = 5;
  build->masterid = 1;
  build->started_at = belfry_clock_now_us ();
  belfry_record_set_text (&build->state_string, "building");
  belfry_record_set_text (&build->scheduler, spec->scheduler);
  set_properties (build, spec);
  g_ptr_array_add (writing->records, build);
  writing_add_event (writing, "build-started", build);
  writing_run (writing, self);
  return buildid;
}

static void
add_failed_step (Fixture *self, BelfryBuild *build)
{
  Writing *writing = writing_new (FALSE);
  BelfryStep *step = belfry_step_new ();

  step->stepid = self->next_id++;
  step->buildid = build->buildid;
  step->number = 1;
  belfry_record_set_text (&step->name, "make check");
  belfry_record_set_text (&step->state_string, "'make check' (failure)");
  step->complete = TRUE;
  step->started_at = step->complete_at = build->started_at;
  step->results = BELFRY_RESULT_FAILURE;
  g_ptr_array_add (writing->records, step);
  writing_run (writing, self);
}

void
fixture_add_log (Fixture *self, gint64 buildid, const TestLog *spec)
{
  Writing *writing = writing_new (FALSE);
  BelfryStep *step = belfry_step_new ();
  BelfryLog *log = belfry_log_new ();
  g_autoptr (GBytes) bytes = g_bytes_new (spec->text, strlen (spec->text));
  guint lines = 0;
  gint64 stored_lines = 0;
  gint64 stored_bytes = 0;
  gboolean ended = FALSE;

  for (const char *at = spec->text; *at != '\0'; at++)
    lines += *at == '\n';
  step->stepid = self->next_id++;
  step->buildid = buildid;
  step->number = step->stepid;
  belfry_record_set_text (&step->name, spec->step);
  step->complete = TRUE;
  step->started_at = step->complete_at = belfry_clock_now_us ();
  step->results = BELFRY_RESULT_SUCCESS;
  log->logid = self->next_id++;
  log->stepid = step->stepid;
  log->buildid = buildid;
  log->complete = TRUE;
  log->num_lines = lines;
  log->num_bytes = (gint64)strlen (spec->text);
  belfry_record_set_text (&log->name, spec->name);
  belfry_record_set_text (&log->slug, spec->name);
  belfry_record_set_text (&log->type, spec->type);
  belfry_store_log_append (self->store, log->logid, bytes, lines);
  belfry_store_log_finish (self->store, log->logid, &stored_lines, &stored_bytes);
  g_assert_cmpint (stored_lines, ==, lines);
  g_ptr_array_add (writing->records, step);
  g_ptr_array_add (writing->records, log);
  writing_run (writing, self);
  belfry_store_flush_async (self->store, on_flushed, &ended);
  test_turn_until (&ended);
}

void
fixture_finish_build (Fixture *self, gint64 buildid, gint64 result)
{
  g_autoptr (BelfryBuild) stored = find (self, belfry_build_get_type (), buildid);
  BelfryBuild *build = belfry_record_copy (stored);
  Writing *writing = writing_new (TRUE);

  if (result == BELFRY_RESULT_FAILURE)
    add_failed_step (self, build);
  build->complete = TRUE;
  build->complete_at = build->started_at + 247 * G_USEC_PER_SEC;
  build->results = result;
  belfry_record_set_text (&build->state_string, result == BELFRY_RESULT_FAILURE
                                                    ? "failed make check"
                                                    : "build successful");
  g_ptr_array_add (writing->records, build);
  writing_add_event (writing, "build-finished", build);
  writing_run (writing, self);
}

gint64
fixture_build (Fixture *self, const TestBuild *spec, gint64 result)
{
  gint64 buildid = fixture_start_build (self, spec);

  fixture_finish_build (self, buildid, result);
  return buildid;
}

void
fixture_finish_request (Fixture *self, gint64 buildid)
{
  g_autoptr (BelfryBuild) build = find (self, belfry_build_get_type (), buildid);
  g_autoptr (BelfryBuildRequest) stored =
      find (self, belfry_build_request_get_type (), build->buildrequestid);
  BelfryBuildRequest *request = belfry_record_copy (stored);
  Writing *writing = writing_new (TRUE);

  request->complete = TRUE;
  request->complete_at = belfry_clock_now_us ();
  request->results = build->results;
  g_ptr_array_add (writing->records, request);
  writing_add_event (writing, "request-finished", request);
  writing_run (writing, self);
}

gint64
fixture_get_set (Fixture *self, gint64 buildid)
{
  g_autoptr (BelfryBuild) build = find (self, belfry_build_get_type (), buildid);

  return build->bsid;
}

void
fixture_finish_set (Fixture *self, gint64 buildid, gint64 result)
{
  g_autoptr (BelfryBuildset) stored =
      find (self, belfry_buildset_get_type (), fixture_get_set (self, buildid));
  BelfryBuildset *set = belfry_record_copy (stored);
  Writing *writing = writing_new (TRUE);

  set->complete = TRUE;
  set->complete_at = belfry_clock_now_us ();
  set->results = result;
  g_ptr_array_add (writing->records, set);
  writing_add_event (writing, "buildset-finished", set);
  writing_run (writing, self);
}

void
fixture_lose_worker (Fixture *self, const char *name)
{
  Writing *writing = writing_new (FALSE);
  BelfryWorker *worker = belfry_worker_new ();
  g_autoptr (JsonObject) data = NULL;
  BelfryEvent *event = NULL;
  JsonArray *notify = json_array_new ();

  worker->workerid = self->next_id++;
  belfry_record_set_text (&worker->name, name);
  g_ptr_array_add (writing->records, worker);
  writing_add_event (writing, "worker-missing", worker);
  event = g_ptr_array_index (writing->events, 0);
  data = belfry_event_dup_data (event);
  json_object_set_string_member (data, "last_connection", "Mon Jun  3 07:33:20 2024");
  json_array_add_string_element (notify, "box@acme.example");
  json_object_set_array_member (data, "notify", notify);
  g_free (event->data);
  event->data = belfry_json_object_to_text (data);
  writing_run (writing, self);
}

void
fixture_say (Fixture *self, const char *event)
{
  Writing *writing = writing_new (FALSE);
  g_autoptr (BelfryWorker) nobody = belfry_worker_new ();

  writing_add_event (writing, event, nobody);
  writing_run (writing, self);
}

void
fixture_add_user (Fixture *self, const char *identifier, const char *type, const char *value)
{
  Writing *writing = writing_new (FALSE);
  BelfryUserRecord *user = belfry_user_record_new ();
  JsonObject *attributes = json_object_new ();

  user->uid = self->next_id++;
  belfry_record_set_text (&user->identifier, identifier);
  json_object_set_string_member (attributes, type, value);
  g_clear_pointer (&user->attributes, json_node_unref);
  user->attributes = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (user->attributes, attributes);
  g_ptr_array_add (writing->records, user);
  writing_run (writing, self);
}
