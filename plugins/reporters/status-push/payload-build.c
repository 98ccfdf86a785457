/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects of Buildbot 0.8. What the event itself tells (results, times, texts) is taken from it, so
 * that an object says what was true then; what stands around it is read.
 */
#include "payload.h"

#define MAX_STEPS 1000
#define MAX_LOGS  1000

JsonArray *
belfry_push_words (const char *text)
{
  JsonArray *words = json_array_new ();
  g_auto (GStrv) list = g_strsplit (text != NULL ? text : "", " ", -1);

  for (char **word = list; *word != NULL; word++)
    if (**word != '\0')
      json_array_add_string_element (words, *word);
  return words;
}

static void
add_time (JsonArray *times, JsonObject *data, const char *name)
{
  gint64 seconds = belfry_json_get_integer (data, name, 0);

  if (seconds > 0)
    json_array_add_double_element (times, (double)seconds);
  else
    json_array_add_null_element (times);
}

JsonArray *
belfry_push_times (JsonObject *data)
{
  JsonArray *times = json_array_new ();

  add_time (times, data, "started_at");
  add_time (times, data, "complete_at");
  return times;
}

void
belfry_push_set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

/* `[name, value, source]`, by name */
JsonArray *
belfry_push_properties (JsonObject *properties)
{
  JsonArray *list = json_array_new ();
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  names = g_list_sort (g_steal_pointer (&names), compare_names);
  for (GList *link = names; link != NULL; link = link->next) {
    JsonNode *node = json_object_get_member (properties, link->data);
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
    JsonArray *triple = NULL;

    if (pair == NULL || json_array_get_length (pair) != 2)
      continue;
    triple = json_array_new ();
    json_array_add_string_element (triple, link->data);
    json_array_add_element (triple, json_array_dup_element (pair, 0));
    json_array_add_element (triple, json_array_dup_element (pair, 1));
    json_array_add_array_element (list, triple);
  }
  return list;
}

static JsonArray *
list_changes (GPtrArray *changes, const char *codebase)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; changes != NULL && i < changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (changes, i);
    g_autoptr (JsonObject) data = NULL;

    if (g_strcmp0 (change->codebase, codebase) != 0)
      continue;
    data = belfry_record_to_json (change, BELFRY_RECORD_JSON_PROPERTIES);
    json_array_add_object_element (list, belfry_push_change (data));
  }
  return list;
}

static JsonObject *
make_stamp (const BelfrySourceStamp *stamp, GPtrArray *changes)
{
  JsonObject *object = json_object_new ();
  const BelfryPatch *patch = stamp->patch;

  belfry_push_set_text (object, "revision", stamp->revision);
  json_object_set_boolean_member (object, "hasPatch", patch != NULL);
  belfry_push_set_text (object, "branch", stamp->branch);
  json_object_set_array_member (object, "changes", list_changes (changes, stamp->codebase));
  belfry_push_set_text (object, "project", stamp->project);
  belfry_push_set_text (object, "repository", stamp->repository);
  belfry_push_set_text (object, "codebase", stamp->codebase);
  if (patch == NULL)
    return object;
  json_object_set_int_member (object, "patch_level", patch->level);
  belfry_push_set_text (object, "patch_body", patch->body);
  belfry_push_set_text (object, "patch_subdir", patch->subdir);
  belfry_push_set_text (object, "patch_author", patch->author);
  belfry_push_set_text (object, "patch_comment", patch->comment);
  return object;
}

static JsonArray *
list_stamps (const BelfryBuildset *set, GPtrArray *changes)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; set != NULL && set->sourcestamps != NULL && i < set->sourcestamps->len; i++)
    json_array_add_object_element (list,
                                   make_stamp (g_ptr_array_index (set->sourcestamps, i), changes));
  return list;
}

/* the value of a pair of value and source; NULL: none */
static JsonNode *
get_property (JsonObject *properties, const char *name)
{
  JsonArray *pair = properties != NULL ? belfry_json_get_array (properties, name) : NULL;

  return pair != NULL && json_array_get_length (pair) == 2 ? json_array_get_element (pair, 0)
                                                           : NULL;
}

static const char *
get_property_text (JsonObject *properties, const char *name)
{
  JsonNode *value = get_property (properties, name);

  return value != NULL && JSON_NODE_HOLDS_VALUE (value) ? json_node_get_string (value) : NULL;
}

/* (nullable): where a step's logs are shown */
static char *
dup_logs_url (JsonObject *step, JsonObject *properties, BelfryReader *reader)
{
  JsonObject *host = belfry_reader_host_info (reader);
  const char *url = host != NULL ? belfry_json_get_text (host, "url") : NULL;
  const char *builder_name = get_property_text (properties, "buildername");
  const char *step_name = belfry_json_get_text (step, "name");
  JsonNode *number = get_property (properties, "buildnumber");
  g_autofree char *builder = NULL;
  g_autofree char *name = NULL;

  if (url == NULL || builder_name == NULL || step_name == NULL || number == NULL ||
      !JSON_NODE_HOLDS_VALUE (number))
    return NULL;
  builder = g_uri_escape_string (builder_name, NULL, FALSE);
  name = g_uri_escape_string (step_name, NULL, FALSE);
  return g_strdup_printf ("%s%sbuilders/%s/builds/%" G_GINT64_FORMAT "/steps/%s/logs/", url,
                          g_str_has_suffix (url, "/") ? "" : "/", builder,
                          json_node_get_int (number), name);
}

/* pairs of name and address */
static JsonArray *
list_logs (JsonObject *step, const BelfryPushMoment *moment)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *logs = json_array_new ();
  g_autofree char *url = dup_logs_url (step, moment->properties, moment->reader);
  g_autoptr (GPtrArray) found = NULL;

  query.filters[0] = (BelfryFilter){ "stepid", BELFRY_COMPARE_EQUAL,
                                     belfry_json_get_integer (step, "stepid", 0), NULL };
  query.limit = MAX_LOGS;
  found = belfry_reader_list (moment->reader, belfry_log_get_type (), &query, NULL, NULL);
  for (guint i = 0; found != NULL && i < found->len; i++) {
    const BelfryLog *log = g_ptr_array_index (found, i);
    g_autofree char *slug = g_uri_escape_string (log->slug, NULL, FALSE);
    g_autofree char *place = url != NULL ? g_strconcat (url, slug, NULL) : NULL;
    JsonArray *pair = json_array_new ();

    json_array_add_string_element (pair, log->name);
    if (place != NULL)
      json_array_add_string_element (pair, place);
    else
      json_array_add_null_element (pair);
    json_array_add_array_element (logs, pair);
  }
  return logs;
}

static void
append_all (JsonArray *logs, JsonArray *more)
{
  for (guint i = 0; i < json_array_get_length (more); i++)
    json_array_add_element (logs, json_node_copy (json_array_get_element (more, i)));
}

GPtrArray *
belfry_push_list_steps (gint64 buildid, gboolean running, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  GPtrArray *steps = NULL;

  query.filters[0] = (BelfryFilter){ "buildid", BELFRY_COMPARE_EQUAL, buildid, NULL };
  if (running)
    query.filters[1] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, FALSE, NULL };
  query.order = "number";
  query.limit = MAX_STEPS;
  steps = belfry_reader_list (reader, belfry_step_get_type (), &query, NULL, NULL);
  return steps != NULL ? steps : g_ptr_array_new ();
}

/* steps of a build and their logs; of one that begins there are none yet */
static void
add_steps (JsonObject *object, gint64 buildid, gboolean begins, const BelfryPushMoment *moment)
{
  JsonArray *all_logs = json_array_new ();
  JsonArray *steps = json_array_new ();
  JsonObject *current = NULL;
  g_autoptr (GPtrArray) found =
      begins ? g_ptr_array_new () : belfry_push_list_steps (buildid, FALSE, moment->reader);

  for (guint i = 0; i < found->len; i++) {
    const BelfryStep *record = g_ptr_array_index (found, i);
    JsonObject *step = belfry_push_step_of (g_ptr_array_index (found, i), moment);

    append_all (all_logs, belfry_json_get_array (step, "logs"));
    json_array_add_object_element (steps, step);
    if (current == NULL && !record->complete)
      current = step;
  }
  json_object_set_array_member (object, "logs", all_logs);
  json_object_set_array_member (object, "steps", steps);
  if (current != NULL)
    json_object_set_object_member (object, "currentStep", json_object_ref (current));
  else
    json_object_set_null_member (object, "currentStep");
}

static JsonArray *
list_texts (char **texts)
{
  JsonArray *list = json_array_new ();

  for (char **text = texts; text != NULL && *text != NULL; text++)
    json_array_add_string_element (list, *text);
  return list;
}

static void
set_seconds (JsonObject *object, const char *name, gint64 time_us)
{
  if (time_us != BELFRY_NONE)
    json_object_set_int_member (object, name, MAX (time_us, 0) / G_USEC_PER_SEC);
  else
    json_object_set_null_member (object, name);
}

/* what is left of it at that moment; @data: of a build or a step */
static gint64
get_left (JsonObject *data, gint64 expected_us, gint64 now_us)
{
  gint64 started_us = belfry_json_get_integer (data, "started_at", 0) * G_USEC_PER_SEC;

  if (expected_us == BELFRY_NONE || started_us <= 0 ||
      belfry_json_get_boolean (data, "complete", FALSE))
    return BELFRY_NONE;
  return MAX (expected_us - (now_us - started_us), 0);
}

static void
add_result (JsonObject *object, JsonObject *data, const BelfryPushMoment *moment)
{
  gboolean complete = belfry_json_get_boolean (data, "complete", FALSE);
  gint64 expected_us =
      complete ? BELFRY_NONE : belfry_push_expect_build (moment->builderid, moment->reader);

  if (complete)
    json_object_set_int_member (object, "results", belfry_json_get_integer (data, "results", 0));
  else
    json_object_set_null_member (object, "results");
  belfry_push_set_text (object, "slave", get_property_text (moment->properties, "workername"));
  set_seconds (object, "eta", get_left (data, expected_us, moment->now_us));
}

static JsonObject *
make_build (JsonObject *data, BelfryBuild *build, gboolean begins, const BelfryPushMoment *moment)
{
  BelfryReader *reader = moment->reader;
  JsonObject *object = json_object_new ();
  g_autoptr (BelfryBuildset) set =
      build != NULL ? belfry_reader_find_buildset (reader, build->bsid, NULL) : NULL;
  g_autoptr (GPtrArray) changes =
      build != NULL ? belfry_reader_build_changes (reader, build, NULL) : NULL;
  g_auto (GStrv) blame =
      build != NULL ? belfry_reader_responsible_users (reader, build, NULL) : NULL;

  belfry_push_set_text (object, "builderName", belfry_json_get_text (data, "buildername"));
  json_object_set_int_member (object, "number", belfry_json_get_integer (data, "number", 0));
  json_object_set_array_member (object, "sourceStamps", list_stamps (set, changes));
  belfry_push_set_text (object, "reason", set != NULL ? set->reason : NULL);
  json_object_set_array_member (object, "blame", list_texts (blame));
  json_object_set_array_member (object, "properties", belfry_push_properties (moment->properties));
  json_object_set_array_member (object, "times", belfry_push_times (data));
  json_object_set_array_member (object, "text",
                                belfry_push_words (belfry_json_get_text (data, "state_string")));
  add_result (object, data, moment);
  add_steps (object, belfry_json_get_integer (data, "buildid", 0), begins, moment);
  return object;
}

JsonObject *
belfry_push_build (JsonObject *data, gint64 buildid, gint64 now_us, BelfryReader *reader)
{
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (reader, belfry_build_get_type (), buildid, NULL);
  const BelfryPushMoment moment = {
    .properties = belfry_json_get_object (data, "properties"),
    .builderid = belfry_json_get_integer (data, "builderid", BELFRY_NONE),
    .now_us = now_us,
    .reader = reader,
  };

  return make_build (data, build, !belfry_json_get_boolean (data, "complete", FALSE), &moment);
}

JsonObject *
belfry_push_build_of (BelfryBuild *build, gint64 now_us, BelfryReader *reader)
{
  g_autoptr (JsonObject) data = belfry_record_to_json (build, BELFRY_RECORD_JSON_PROPERTIES);
  g_autoptr (BelfryBuilder) builder =
      belfry_reader_find (reader, belfry_builder_get_type (), build->builderid, NULL);
  const BelfryPushMoment moment = {
    .properties = belfry_json_get_object (data, "properties"),
    .builderid = build->builderid,
    .now_us = now_us,
    .reader = reader,
  };

  belfry_push_set_text (data, "buildername", builder != NULL ? builder->name : NULL);
  return make_build (data, build, FALSE, &moment);
}

static JsonObject *
make_urls (JsonArray *urls)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; urls != NULL && i < json_array_get_length (urls); i++) {
    JsonObject *url = json_array_get_object_element (urls, i);

    belfry_push_set_text (object, belfry_json_get_text (url, "name"),
                          belfry_json_get_text (url, "url"));
  }
  return object;
}

JsonArray *
belfry_push_text2 (JsonObject *data)
{
  gint64 results = belfry_json_get_integer (data, "results", BELFRY_RESULT_SUCCESS);
  gboolean says = belfry_json_get_boolean (data, "complete", FALSE) &&
                  results != BELFRY_RESULT_SUCCESS && results != BELFRY_RESULT_SKIPPED;

  return belfry_push_words (says ? belfry_json_get_text (data, "name") : NULL);
}

static JsonArray *
make_results (JsonObject *data)
{
  JsonArray *results = json_array_new ();

  if (belfry_json_get_boolean (data, "complete", FALSE))
    json_array_add_int_element (results, belfry_json_get_integer (data, "results", 0));
  else
    json_array_add_null_element (results);
  json_array_add_array_element (results, belfry_push_text2 (data));
  return results;
}

/* how it gets on: the time it has run, of the time that it ran before */
static void
add_progress (JsonObject *object, JsonObject *data, const BelfryPushMoment *moment)
{
  gboolean complete = belfry_json_get_boolean (data, "complete", FALSE);
  gint64 expected_us =
      complete || moment->builderid == BELFRY_NONE
          ? BELFRY_NONE
          : belfry_push_expect_step (moment->builderid, belfry_json_get_text (data, "name"),
                                     moment->reader);
  gint64 left_us = get_left (data, expected_us, moment->now_us);
  JsonArray *expectations = json_array_new ();

  if (left_us != BELFRY_NONE) {
    gint64 started_us = belfry_json_get_integer (data, "started_at", 0) * G_USEC_PER_SEC;
    JsonArray *time = json_array_new ();

    json_array_add_string_element (time, "time");
    json_array_add_int_element (time, MAX (moment->now_us - started_us, 0) / G_USEC_PER_SEC);
    json_array_add_int_element (time, expected_us / G_USEC_PER_SEC);
    json_array_add_array_element (expectations, time);
  }
  json_object_set_array_member (object, "expectations", expectations);
  set_seconds (object, "eta", left_us);
}

JsonObject *
belfry_push_step (JsonObject *data, const BelfryPushMoment *moment)
{
  JsonObject *object = json_object_new ();
  JsonObject *statistics = belfry_json_get_object (data, "statistics");

  belfry_push_set_text (object, "name", belfry_json_get_text (data, "name"));
  json_object_set_array_member (object, "text",
                                belfry_push_words (belfry_json_get_text (data, "state_string")));
  json_object_set_array_member (object, "results", make_results (data));
  json_object_set_boolean_member (object, "isStarted",
                                  belfry_json_get_integer (data, "started_at", 0) > 0);
  json_object_set_boolean_member (object, "isFinished",
                                  belfry_json_get_boolean (data, "complete", FALSE));
  json_object_set_object_member (
      object, "statistics", statistics != NULL ? json_object_ref (statistics) : json_object_new ());
  json_object_set_array_member (object, "times", belfry_push_times (data));
  add_progress (object, data, moment);
  json_object_set_object_member (object, "urls", make_urls (belfry_json_get_array (data, "urls")));
  json_object_set_int_member (object, "step_number", belfry_json_get_integer (data, "number", 0));
  json_object_set_boolean_member (object, "hidden",
                                  belfry_json_get_boolean (data, "hidden", FALSE));
  json_object_set_array_member (object, "logs", list_logs (data, moment));
  return object;
}

JsonObject *
belfry_push_dup_step (BelfryStep *step)
{
  JsonObject *data = belfry_record_to_json (step, BELFRY_RECORD_JSON_NONE);

  if (step->statistics != NULL)
    json_object_set_member (data, "statistics", json_node_copy (step->statistics));
  return data;
}

JsonObject *
belfry_push_step_of (BelfryStep *step, const BelfryPushMoment *moment)
{
  g_autoptr (JsonObject) data = belfry_push_dup_step (step);

  return belfry_push_step (data, moment);
}

static JsonArray *
list_builds_of (gint64 buildrequestid, gint64 now_us, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *list = json_array_new ();
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ "buildrequestid", BELFRY_COMPARE_EQUAL, buildrequestid, NULL };
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = 0; builds != NULL && i < builds->len; i++)
    json_array_add_object_element (
        list, belfry_push_build_of (g_ptr_array_index (builds, i), now_us, reader));
  return list;
}

JsonObject *
belfry_push_request (JsonObject *data, gint64 now_us, BelfryReader *reader)
{
  JsonObject *object = json_object_new ();
  gint64 bsid = belfry_json_get_integer (data, "buildsetid", 0);
  gint64 builderid = belfry_json_get_integer (data, "builderid", 0);
  g_autoptr (BelfryBuildset) set = belfry_reader_find_buildset (reader, bsid, NULL);
  g_autoptr (BelfryBuilder) builder =
      belfry_reader_find (reader, belfry_builder_get_type (), builderid, NULL);

  if (set != NULL && set->sourcestamps != NULL && set->sourcestamps->len > 0)
    json_object_set_object_member (object, "source",
                                   make_stamp (g_ptr_array_index (set->sourcestamps, 0), NULL));
  else
    json_object_set_null_member (object, "source");
  belfry_push_set_text (object, "builderName", builder != NULL ? builder->name : NULL);
  json_object_set_double_member (object, "submittedAt",
                                 (double)belfry_json_get_integer (data, "submitted_at", 0));
  json_object_set_array_member (
      object, "builds",
      list_builds_of (belfry_json_get_integer (data, "buildrequestid", 0), now_us, reader));
  return object;
}
