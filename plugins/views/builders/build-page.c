/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One build, and one step of it. Everything that the store knows about a build is on its page:
 * result, sources, steps with their logs, properties, people, times, changes, and what may be done
 * with it.
 */
#include "builders-page.h"

#define BUILDERS_PREVIEW_LINES 40
#define BUILDERS_FORM_SOURCE   "Force Build Form"

static JsonArray *
builders_stamps_to_json (BelfryReader *reader, BelfryBuildset *set, BelfryBuild *build)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; set != NULL && set->sourcestamps != NULL && i < set->sourcestamps->len; i++)
    json_array_add_object_element (
        array, views_stamp_to_json (reader, set->sourcestamps->pdata[i], build->properties));
  return array;
}

static JsonObject *
builders_step_row_to_json (BuildersPlace *place,
                           BelfryStep *step,
                           const char *path,
                           GPtrArray *logs)
{
  JsonObject *object = views_step_to_json (step, path, logs);

  builders_mark_gone (place, json_object_get_array_member (object, "urls"));
  return object;
}

static JsonArray *
builders_steps_to_json (BuildersPlace *place, gboolean show_hidden, guint *n_hidden)
{
  g_autoptr (GPtrArray) steps =
      builders_list_of_build (place->reader, belfry_step_get_type (), place->build->buildid);
  g_autoptr (GPtrArray) logs =
      builders_list_of_build (place->reader, belfry_log_get_type (), place->build->buildid);
  g_autofree char *path = views_dup_build_path (place->builder->name, place->build->number);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = steps->pdata[i];

    if (step->hidden && step->complete)
      (*n_hidden)++;
    if (step->hidden && step->complete && !show_hidden)
      continue;
    json_array_add_object_element (array, builders_step_row_to_json (place, step, path, logs));
  }
  return array;
}

/* properties, those of the force form apart */
static void
builders_put_properties (JsonObject *data, BelfryBuild *build, gboolean all)
{
  g_autoptr (JsonArray) rows = views_properties_to_json (build->properties, all);
  JsonArray *plain = json_array_new ();
  JsonArray *forced = json_array_new ();

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    gboolean is_forced =
        g_strcmp0 (belfry_json_get_text (row, "source"), BUILDERS_FORM_SOURCE) == 0;

    json_array_add_object_element (is_forced ? forced : plain, json_object_ref (row));
  }
  views_take_array (data, "properties", plain);
  views_take_array (data, "forced", forced);
}

static void
builders_put_people (JsonObject *data, BuildersPlace *place)
{
  g_auto (GStrv) users = belfry_reader_responsible_users (place->reader, place->build, NULL);
  JsonArray *people = json_array_new ();

  for (guint i = 0; users != NULL && users[i] != NULL; i++)
    json_array_add_object_element (people, views_person_to_json (users[i]));
  views_take_array (data, "people", people);
}

static void
builders_put_worker (JsonObject *data, BuildersPlace *place, ViewsFleet *fleet)
{
  json_object_set_null_member (data, "worker");
  for (guint i = 0; i < fleet->workers->len; i++) {
    BelfryWorker *worker = fleet->workers->pdata[i];
    JsonObject *object = NULL;
    g_autofree char *encoded = NULL;
    g_autofree char *path = NULL;

    if (worker->workerid != place->build->workerid)
      continue;
    object = json_object_new ();
    encoded = belfry_text_percent_encode (worker->name);
    path = g_strconcat ("workers/", encoded, NULL);
    json_object_set_string_member (object, "name", worker->name);
    json_object_set_string_member (object, "path", path);
    json_object_set_object_member (data, "worker", object);
  }
}

static BelfryBuild *
builders_find_neighbour (BuildersPlace *place, gboolean newer)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = place->builder->builderid };
  query.filters[1] =
      (BelfryFilter){ .field = "number",
                      .compare = newer ? BELFRY_COMPARE_GREATER : BELFRY_COMPARE_LESS,
                      .number = place->build->number };
  query.order = "number";
  query.descending = !newer;
  query.limit = 1;
  builds = belfry_reader_list (place->reader, belfry_build_get_type (), &query, NULL, NULL);
  return builds != NULL && builds->len > 0 ? belfry_record_ref (builds->pdata[0]) : NULL;
}

static void
builders_put_neighbour (JsonObject *data, const char *name, BuildersPlace *place, gboolean newer)
{
  g_autoptr (BelfryBuild) build = builders_find_neighbour (place, newer);
  JsonObject *object = NULL;
  g_autofree char *path = NULL;

  json_object_set_null_member (data, name);
  if (build == NULL)
    return;
  path = views_dup_build_path (place->builder->name, build->number);
  object = json_object_new ();
  json_object_set_int_member (object, "number", build->number);
  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (data, name, object);
}

static void
builders_put_build_actions (JsonObject *data, BuildersPlace *place)
{
  BelfryReader *reader = place->reader;
  gboolean complete = place->build->complete;

  json_object_set_boolean_member (
      data, "may_stop", !complete && belfry_reader_may (reader, VIEWS_MAY_STOP, place->build));
  json_object_set_boolean_member (
      data, "may_rebuild", complete && belfry_reader_may (reader, VIEWS_MAY_FORCE, place->builder));
}

static void
builders_put_sources (JsonObject *data, BuildersPlace *place)
{
  g_autoptr (BelfryBuildset) set =
      place->build->bsid != BELFRY_NONE
          ? belfry_reader_find_buildset (place->reader, place->build->bsid, NULL)
          : NULL;
  g_autoptr (GPtrArray) changes = belfry_reader_build_changes (place->reader, place->build, NULL);

  views_take_array (data, "stamps", builders_stamps_to_json (place->reader, set, place->build));
  views_take_array (data, "changes", views_changes_to_json (place->reader, changes));
}

JsonObject *
builders_build_to_json (const BuildersOptions *options G_GNUC_UNUSED,
                        BuildersPlace *place,
                        GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (place->reader, error);
  gboolean all = views_argument_boolean (place->form, "properties", FALSE);
  gboolean hidden = views_argument_boolean (place->form, "hidden", FALSE);
  JsonObject *data = NULL;
  JsonObject *build = NULL;
  gint64 left_us = BELFRY_NONE;
  guint n_hidden = 0;

  if (fleet == NULL)
    return NULL;
  if (!place->build->complete)
    left_us = views_fleet_estimate (fleet, place->build);
  data = json_object_new ();
  build = views_build_to_json (fleet, place->build, place->builder->name);
  views_put_time (build, "left", left_us);
  views_put_time (build, "eta", left_us == BELFRY_NONE ? BELFRY_NONE : fleet->now_us + left_us);
  json_object_set_object_member (data, "place", builders_place_to_json (place));
  json_object_set_object_member (data, "build", build);
  views_take_array (data, "steps", builders_steps_to_json (place, hidden, &n_hidden));
  builders_put_warnings (data, json_object_get_array_member (data, "steps"));
  builders_put_tests (data, place);
  builders_put_artifacts (data, place);
  json_object_set_int_member (data, "n_hidden", n_hidden);
  json_object_set_boolean_member (data, "show_hidden", hidden);
  builders_put_sources (data, place);
  builders_put_properties (data, place->build, all);
  builders_put_people (data, place);
  builders_put_worker (data, place, fleet);
  builders_put_neighbour (data, "newer", place, TRUE);
  builders_put_neighbour (data, "older", place, FALSE);
  builders_put_build_actions (data, place);
  return data;
}

static JsonArray *
builders_statistics_to_json (JsonNode *statistics)
{
  JsonArray *array = json_array_new ();
  g_autoptr (GList) names = NULL;

  if (statistics == NULL || !JSON_NODE_HOLDS_OBJECT (statistics))
    return array;
  names = g_list_sort (json_object_get_members (json_node_get_object (statistics)),
                       (GCompareFunc)views_compare_names);
  for (GList *l = names; l != NULL; l = l->next) {
    JsonObject *row = json_object_new ();
    g_autofree char *value =
        views_value_to_text (json_object_get_member (json_node_get_object (statistics), l->data));

    json_object_set_string_member (row, "name", l->data);
    json_object_set_string_member (row, "value", value);
    json_array_add_object_element (array, row);
  }
  return array;
}

/* the last lines of each text log, open where the step failed */
static JsonArray *
builders_previews_to_json (BuildersPlace *place, GPtrArray *logs)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < logs->len; i++) {
    BelfryLog *log = logs->pdata[i];
    JsonObject *preview = NULL;
    g_autofree char *slug = NULL;
    g_autofree char *step_path = NULL;
    g_autofree char *path = NULL;

    if (log->stepid != place->step->stepid || log->num_lines <= 0 ||
        (g_strcmp0 (log->type, "s") != 0 && g_strcmp0 (log->type, "t") != 0))
      continue;
    slug = belfry_text_percent_encode (log->slug != NULL ? log->slug : log->name);
    step_path = builders_place_dup_path (place);
    path = g_strconcat (step_path, "/logs/", slug, NULL);
    preview = json_object_new ();
    views_put_text (preview, "name", log->name);
    json_object_set_string_member (preview, "path", path);
    json_object_set_int_member (preview, "num_lines", log->num_lines);
    views_take_array (preview, "lines",
                      builders_log_preview (place->reader, log, BUILDERS_PREVIEW_LINES));
    json_array_add_object_element (array, preview);
  }
  return array;
}

JsonObject *
builders_step_to_json (const BuildersOptions *options G_GNUC_UNUSED,
                       BuildersPlace *place,
                       GError **error G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) logs =
      builders_list_of_build (place->reader, belfry_log_get_type (), place->build->buildid);
  g_autofree char *path = views_dup_build_path (place->builder->name, place->build->number);
  JsonObject *data = json_object_new ();
  JsonObject *step = builders_step_row_to_json (place, place->step, path, logs);
  gint64 started_us = place->step->started_at;
  gint64 end_us = place->step->complete ? place->step->complete_at : belfry_clock_now_us ();

  views_put_time (step, "elapsed",
                  started_us == BELFRY_NONE ? BELFRY_NONE : MAX (end_us - started_us, 0));
  json_object_set_object_member (data, "place", builders_place_to_json (place));
  json_object_set_object_member (data, "step", step);
  json_object_set_boolean_member (data, "failed",
                                  place->step->complete &&
                                      (place->step->results == BELFRY_RESULT_FAILURE ||
                                       place->step->results == BELFRY_RESULT_EXCEPTION));
  views_take_array (data, "statistics", builders_statistics_to_json (place->step->statistics));
  views_take_array (data, "previews", builders_previews_to_json (place, logs));
  builders_put_tests (data, place);
  builders_put_artifacts (data, place);
  return data;
}

/* `…/steps` and `…/steps/S/logs`: lists of what the pages above hold */
JsonObject *
builders_logs_to_json (const BuildersOptions *options G_GNUC_UNUSED,
                       BuildersPlace *place,
                       GError **error G_GNUC_UNUSED)
{
  JsonObject *data = json_object_new ();
  guint n_hidden = 0;

  json_object_set_object_member (data, "place", builders_place_to_json (place));
  if (place->step != NULL) {
    g_autoptr (GPtrArray) logs =
        builders_list_of_build (place->reader, belfry_log_get_type (), place->build->buildid);
    g_autofree char *path = views_dup_build_path (place->builder->name, place->build->number);

    json_object_set_object_member (data, "step", views_step_to_json (place->step, path, logs));
  } else {
    views_take_array (data, "steps", builders_steps_to_json (place, TRUE, &n_hidden));
  }
  return data;
}
