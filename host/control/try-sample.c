/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "try-sample.h"

#include <string.h>

#define BUILDER_ID 1
#define BUILD_ID   2
#define SET_ID     1
#define REQUEST_ID 1
#define STAMP_ID   1
#define CHANGE_ID  1
#define DURATION_S 247

static const char sample_build[] =
    "{\"number\": 142, \"state_string\": \"failed make check\","
    " \"properties\": {\"branch\": [\"main\", \"Build\"], \"workername\": [\"box3\", \"Worker\"],"
    "  \"scheduler\": [\"on-push\", \"Scheduler\"], \"owners\": [[\"you@example.org\"], "
    "\"Scheduler\"],"
    "  \"got_revision\": [\"4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\", \"git\"],"
    "  \"revision\": [\"4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\", \"Build\"]},"
    " \"builder\": {\"name\": \"linux-x86\", \"tags\": [\"c\", \"nightly\"]},"
    " \"buildset\": {\"reason\": \"push to main\", \"sourcestamps\": [{\"branch\": \"main\","
    "  \"revision\": \"4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\", \"project\": \"acme/anvil\","
    "  \"repository\": \"https://github.com/acme/anvil.git\", \"codebase\": \"\"}]},"
    " \"steps\": [{\"number\": 0, \"name\": \"git\", \"state_string\": \"update\", \"results\": 0},"
    "  {\"number\": 1, \"name\": \"make check\", \"state_string\": \"'make check' (failure)\","
    "   \"results\": 2}]}";

static gint64
get_result (const char *event)
{
  const char *dash = strchr (event, '-');

  return dash != NULL ? belfry_result_from_name (dash + 1) : BELFRY_NONE;
}

static gboolean
write_builder (BelfryWriter *writer, JsonObject *json, GError **error)
{
  JsonObject *object = belfry_json_get_object (json, "builder");
  g_autoptr (BelfryBuilder) builder =
      object != NULL ? belfry_record_from_json (belfry_builder_get_type (), object, error)
                     : belfry_builder_new ();

  if (builder == NULL)
    return FALSE;
  builder->builderid = BUILDER_ID;
  if (builder->name == NULL)
    belfry_record_set_text (&builder->name, "linux-x86");
  return belfry_writer_insert (writer, builder, error);
}

static JsonNode *
make_ids (gint64 first, guint count)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < count; i++)
    json_array_add_int_element (array, first + i);
  json_node_take_array (node, array);
  return node;
}

static gboolean
write_change (BelfryWriter *writer, const BelfrySourceStamp *stamp, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  change->changeid = CHANGE_ID;
  change->ssid = stamp->ssid;
  change->when_timestamp = stamp->created_at;
  belfry_record_set_text (&change->author, "Ada Example <ada@example.org>");
  belfry_record_set_text (&change->comments, "Hit harder");
  belfry_record_set_text (&change->revision, stamp->revision);
  belfry_record_set_text (&change->branch, stamp->branch);
  belfry_record_set_text (&change->repository, stamp->repository);
  belfry_record_set_text (&change->project, stamp->project);
  belfry_record_set_text (&change->codebase, stamp->codebase);
  return belfry_writer_insert (writer, change, error);
}

/* @json: of a source stamp */
static gboolean
write_patch (BelfryWriter *writer, JsonObject *json, BelfrySourceStamp *stamp, GError **error)
{
  JsonObject *object = belfry_json_get_object (json, "patch");
  g_autoptr (BelfryPatch) patch = NULL;

  stamp->patchid = BELFRY_NONE;
  if (object == NULL)
    return TRUE;
  patch = belfry_record_from_json (belfry_patch_get_type (), object, error);
  if (patch == NULL)
    return FALSE;
  patch->patchid = stamp->patchid = stamp->ssid;
  return belfry_writer_insert (writer, patch, error);
}

static gboolean
write_set (BelfryWriter *writer, JsonObject *json, gint64 now_us, gint64 result, GError **error)
{
  g_autoptr (BelfryBuildset) set = belfry_buildset_new ();
  g_autoptr (BelfryBuildRequest) request = belfry_build_request_new ();
  JsonObject *object = belfry_json_get_object (json, "buildset");
  JsonArray *stamps = object != NULL ? belfry_json_get_array (object, "sourcestamps") : NULL;
  guint count = stamps != NULL ? json_array_get_length (stamps) : 0;

  for (guint i = 0; i < count; i++) {
    JsonObject *stamp_json = json_array_get_object_element (stamps, i);
    g_autoptr (BelfrySourceStamp) stamp =
        belfry_record_from_json (belfry_source_stamp_get_type (), stamp_json, error);

    if (stamp == NULL)
      return FALSE;
    stamp->ssid = STAMP_ID + i;
    stamp->created_at = now_us;
    if (!write_patch (writer, stamp_json, stamp, error) ||
        !belfry_writer_insert (writer, stamp, error) ||
        (i == 0 && !write_change (writer, stamp, error)))
      return FALSE;
  }
  set->bsid = SET_ID;
  set->submitted_at = now_us;
  set->results = result;
  set->complete = result != BELFRY_NONE;
  belfry_record_set_text (&set->reason,
                          object != NULL ? belfry_json_get_text (object, "reason") : "a trial");
  g_clear_pointer (&set->ssids, json_node_unref);
  set->ssids = make_ids (STAMP_ID, count);
  g_clear_pointer (&set->change_ids, json_node_unref);
  set->change_ids = make_ids (CHANGE_ID, count > 0 ? 1 : 0);
  request->buildrequestid = REQUEST_ID;
  request->buildsetid = SET_ID;
  request->builderid = BUILDER_ID;
  request->submitted_at = now_us;
  return belfry_writer_insert (writer, set, error) && belfry_writer_insert (writer, request, error);
}

static gboolean
write_steps (BelfryWriter *writer, JsonObject *json, gint64 now_us, gint64 result, GError **error)
{
  JsonArray *steps = belfry_json_get_array (json, "steps");

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++) {
    g_autoptr (BelfryStep) step = belfry_record_from_json (
        belfry_step_get_type (), json_array_get_object_element (steps, i), error);

    if (step == NULL)
      return FALSE;
    step->stepid = 1 + i;
    step->buildid = BUILD_ID;
    step->complete = TRUE;
    step->started_at = step->complete_at = now_us;
    /* the sample's failed step is none where the build went well */
    if (result == BELFRY_RESULT_SUCCESS)
      step->results = BELFRY_RESULT_SUCCESS;
    if (!belfry_writer_insert (writer, step, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_build (BelfryWriter *writer, JsonObject *json, gint64 now_us, gint64 result, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_build_new ();
  JsonNode *properties = json_object_get_member (json, "properties");
  const char *state = belfry_json_get_text (json, "state_string");

  build->buildid = BUILD_ID;
  build->number = belfry_json_get_integer (json, "number", 0);
  build->builderid = BUILDER_ID;
  build->buildrequestid = REQUEST_ID;
  build->bsid = SET_ID;
  build->workerid = BELFRY_NONE;
  build->masterid = 1;
  build->started_at = now_us - DURATION_S * G_USEC_PER_SEC;
  build->complete = result != BELFRY_NONE;
  build->complete_at = build->complete ? now_us : BELFRY_NONE;
  build->results = result;
  if (result == BELFRY_NONE || result == BELFRY_RESULT_SUCCESS)
    state = result == BELFRY_NONE ? "starting" : "build successful";
  else if (state == NULL)
    state = belfry_result_get_name (result);
  belfry_record_set_text (&build->state_string, state);
  if (properties != NULL && JSON_NODE_HOLDS_OBJECT (properties)) {
    g_clear_pointer (&build->properties, belfry_properties_free);
    build->properties = belfry_properties_from_json (properties, error);
    if (build->properties == NULL)
      return FALSE;
  }
  return belfry_writer_insert (writer, build, error);
}

static BelfryReportRow *
make_row (const BelfryTrySample *sample, const char *phase)
{
  BelfryReportRow *row = belfry_report_row_new ();

  belfry_record_set_text (&row->instance, sample->reporter);
  belfry_record_set_text (&row->phase, phase);
  belfry_record_set_text (&row->state, "waiting");
  row->buildid =
      strcmp (phase, "started") == 0 || strcmp (phase, "finished") == 0 ? BUILD_ID : BELFRY_NONE;
  row->bsid = strcmp (phase, "buildset") == 0 ? SET_ID : BELFRY_NONE;
  row->created_at = row->next_at = belfry_clock_now_us ();
  row->eventid = 1;
  if (strcmp (phase, "worker") == 0)
    row->data = belfry_json_parse ("{\"name\": \"box3\", \"notify\": [\"you@example.org\"],"
                                   " \"workerinfo\": {\"admin\": \"Ada Example\"},"
                                   " \"last_connection\": \"Mon Jun  3 07:33:20 2024\"}",
                                   -1, NULL, NULL);
  return row;
}

static const char *
find_phase (const char *event)
{
  static const struct {
    const char *prefix;
    const char *phase;
    gboolean has_result;
  } events[] = {
    { "started", "started", FALSE },
    { "finished-", "finished", TRUE },
    { "buildset-", "buildset", TRUE },
    { "worker-missing", "worker", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    if (events[i].has_result
            ? g_str_has_prefix (event, events[i].prefix) && get_result (event) != BELFRY_NONE
            : strcmp (event, events[i].prefix) == 0)
      return events[i].phase;
  return NULL;
}

gboolean
belfry_try_sample_write (BelfryWriter *writer, gpointer data, GError **error)
{
  BelfryTrySample *sample = data;
  const char *phase = find_phase (sample->event);
  g_autoptr (JsonNode) node = belfry_json_parse (sample_build, -1, NULL, error);
  JsonObject *json = sample->build;
  gint64 now_us = belfry_clock_now_us ();
  gint64 result = BELFRY_NONE;

  if (phase == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "'%s' is no event: they are started, finished-RESULT, buildset-RESULT and "
                 "worker-missing",
                 sample->event);
    return FALSE;
  }
  if (node == NULL)
    return FALSE;
  json = json != NULL ? json : json_node_get_object (node);
  result = strcmp (phase, "worker") == 0 ? BELFRY_NONE : get_result (sample->event);
  sample->row = make_row (sample, phase);
  return write_builder (writer, json, error) && write_set (writer, json, now_us, result, error) &&
         write_build (writer, json, now_us, result, error) &&
         write_steps (writer, json, now_us, result, error) &&
         belfry_writer_insert (writer, sample->row, error);
}
