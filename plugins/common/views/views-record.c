/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records into page data. What a template needs is worked out here once, so that templates only
 * place it: paths, revisions with their links, people, durations in seconds.
 */
#include "views.h"

#define VIEWS_LONG_VALUE 500

/* a string, or an object from codebase to revision */
char *
views_dup_got_revision (const BelfryProperties *properties, const char *codebase)
{
  JsonNode *value =
      properties != NULL ? belfry_properties_get_value (properties, "got_revision") : NULL;
  JsonObject *map = NULL;

  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (value))
    return views_value_to_text (value);
  map = json_node_get_object (value);
  if (codebase != NULL)
    return g_strdup (belfry_json_get_text (map, codebase));
  return NULL;
}

static void
views_build_put_revision (JsonObject *object, BelfryReader *reader, BelfryBuild *build)
{
  const char *repository = build->properties != NULL
                               ? belfry_properties_get_text (build->properties, "repository")
                               : NULL;

  json_object_set_object_member (
      object, "revision", views_revision_to_json (reader, build->revision, repository, NULL));
}

static JsonArray *
views_build_owners (BelfryBuild *build)
{
  JsonArray *people = json_array_new ();
  JsonNode *value =
      build->properties != NULL ? belfry_properties_get_value (build->properties, "owners") : NULL;
  JsonArray *owners = NULL;

  if (value == NULL || !JSON_NODE_HOLDS_ARRAY (value))
    return people;
  owners = json_node_get_array (value);
  for (guint i = 0; i < json_array_get_length (owners); i++) {
    g_autofree char *name = views_value_to_text (json_array_get_element (owners, i));

    json_array_add_object_element (people, views_person_to_json (name));
  }
  return people;
}

JsonObject *
views_build_to_json (ViewsFleet *fleet, BelfryBuild *build, const char *builder)
{
  JsonObject *object = json_object_new ();
  BelfryBuildset *set = views_fleet_get_set (fleet, build->bsid);
  g_autofree char *path = views_dup_build_path (builder, build->number);
  g_autofree char *builder_path = views_dup_builder_path (builder);
  gint64 end_us = build->complete ? build->complete_at : fleet->now_us;

  views_put_outcome (object, build->results, build->complete);
  json_object_set_int_member (object, "number", build->number);
  json_object_set_int_member (object, "buildid", build->buildid);
  json_object_set_string_member (object, "builder", builder);
  json_object_set_string_member (object, "builder_path", builder_path);
  json_object_set_string_member (object, "path", path);
  views_put_text (object, "text", build->state_string);
  views_put_time (object, "started_at", build->started_at);
  views_put_time (object, "complete_at", build->complete_at);
  views_put_time (object, "duration", MAX (end_us - build->started_at, 0));
  views_put_text (object, "reason", set != NULL ? set->reason : NULL);
  views_put_text (object, "branch", build->branch);
  views_build_put_revision (object, fleet->reader, build);
  views_take_array (object, "owners", views_build_owners (build));
  return object;
}

static JsonArray *
views_change_files (BelfryChange *change)
{
  JsonArray *files = json_array_new ();

  for (guint i = 0; change->files != NULL && change->files[i] != NULL; i++)
    json_array_add_string_element (files, change->files[i]);
  return files;
}

JsonObject *
views_change_to_json (BelfryReader *reader, BelfryChange *change)
{
  JsonObject *object = json_object_new ();
  g_autofree char *summary = views_first_line (change->comments);
  g_autofree char *path = g_strdup_printf ("changes/%" G_GINT64_FORMAT, change->changeid);

  json_object_set_int_member (object, "changeid", change->changeid);
  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (object, "author", views_person_to_json (change->author));
  views_put_text (object, "committer", change->committer);
  views_put_text (object, "comments", change->comments);
  views_take_array (object, "comment_parts",
                    belfry_reader_link_text (reader, change->comments, change->project));
  json_object_set_string_member (object, "summary", summary);
  views_put_time (object, "when", change->when_timestamp);
  views_put_text (object, "branch", change->branch);
  views_put_text (object, "category", change->category);
  views_put_text (object, "repository", change->repository);
  views_put_name_link (object, "repository_link", reader, BELFRY_LINK_REPOSITORY,
                       change->repository);
  views_put_text (object, "project", change->project);
  views_put_name_link (object, "project_link", reader, BELFRY_LINK_PROJECT, change->project);
  views_put_text (object, "codebase", change->codebase);
  json_object_set_object_member (
      object, "revision",
      views_revision_to_json (reader, change->revision, change->repository, change->revlink));
  json_object_set_boolean_member (object, "files_unknown", change->files_unknown);
  views_take_array (object, "files", views_change_files (change));
  views_take_array (object, "properties", views_properties_to_json (change->properties, TRUE));
  return object;
}

JsonArray *
views_changes_to_json (BelfryReader *reader, GPtrArray *changes)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; changes != NULL && i < changes->len; i++)
    json_array_add_object_element (array, views_change_to_json (reader, changes->pdata[i]));
  return array;
}

/* @given: what a step says: pairs of name and url; only safe ones stay links */
JsonArray *
views_urls_to_json (JsonArray *given)
{
  JsonArray *urls = json_array_new ();

  for (guint i = 0; given != NULL && i < json_array_get_length (given); i++) {
    JsonNode *node = json_array_get_element (given, i);
    JsonObject *item = json_object_new ();
    JsonObject *pair = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    const char *url = pair != NULL ? belfry_json_get_text (pair, "url") : NULL;

    views_put_text (item, "name", pair != NULL ? belfry_json_get_text (pair, "name") : NULL);
    views_put_text (item, "url", views_link_is_safe (url) ? url : NULL);
    json_array_add_object_element (urls, item);
  }
  return urls;
}

static void
views_step_put_logs (JsonObject *object, const char *step_path, BelfryStep *step, GPtrArray *logs)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; logs != NULL && i < logs->len; i++) {
    BelfryLog *log = logs->pdata[i];
    JsonObject *item = NULL;
    g_autofree char *encoded = NULL;
    g_autofree char *path = NULL;

    if (log->stepid != step->stepid)
      continue;
    encoded = belfry_text_percent_encode (log->slug != NULL ? log->slug : log->name);
    path = g_strconcat (step_path, "/logs/", encoded, NULL);
    item = json_object_new ();
    json_object_set_int_member (item, "logid", log->logid);
    views_put_text (item, "name", log->name);
    json_object_set_string_member (item, "path", path);
    json_object_set_int_member (item, "num_lines", log->num_lines);
    json_object_set_boolean_member (item, "complete", log->complete);
    json_object_set_boolean_member (item, "empty", log->num_lines <= 0 && log->complete);
    json_object_set_boolean_member (item, "removed", g_strcmp0 (log->type, "d") == 0);
    json_array_add_object_element (array, item);
  }
  views_take_array (object, "logs", array);
}

static gint64
views_step_count_warnings (const BelfryStep *step)
{
  if (step->statistics == NULL || !JSON_NODE_HOLDS_OBJECT (step->statistics))
    return 0;
  return belfry_json_get_integer (json_node_get_object (step->statistics), "warnings", 0);
}

/* @logs: (element-type BelfryLog): of the whole build; those of the step are taken */
JsonObject *
views_step_to_json (BelfryStep *step, const char *build_path, GPtrArray *logs)
{
  JsonObject *object = json_object_new ();
  g_autofree char *encoded = belfry_text_percent_encode (step->name);
  g_autofree char *path = g_strconcat (build_path, "/steps/", encoded, NULL);
  gboolean started = step->started_at != BELFRY_NONE;

  views_put_outcome (object, step->results, step->complete);
  if (!started) {
    json_object_set_string_member (object, "class", "not_started");
    json_object_set_string_member (object, "word", N_ ("not started"));
    json_object_set_string_member (object, "mark", "·");
  }
  json_object_set_int_member (object, "stepid", step->stepid);
  json_object_set_int_member (object, "number", step->number);
  json_object_set_string_member (object, "name", step->name);
  json_object_set_string_member (object, "path", path);
  views_put_text (object, "text", step->state_string);
  json_object_set_boolean_member (object, "started", started);
  json_object_set_int_member (object, "n_warnings", views_step_count_warnings (step));
  json_object_set_boolean_member (object, "hidden", step->hidden && step->complete);
  views_put_time (object, "started_at", step->started_at);
  views_put_time (object, "complete_at", step->complete_at);
  if (started && step->complete && step->complete_at != BELFRY_NONE)
    views_put_time (object, "duration", MAX (step->complete_at - step->started_at, 0));
  else
    json_object_set_null_member (object, "duration");
  views_take_array (object, "urls",
                    views_urls_to_json (step->urls != NULL && JSON_NODE_HOLDS_ARRAY (step->urls)
                                            ? json_node_get_array (step->urls)
                                            : NULL));
  views_step_put_logs (object, path, step, logs);
  return object;
}

JsonObject *
views_stamp_to_json (BelfryReader *reader,
                     BelfrySourceStamp *stamp,
                     const BelfryProperties *properties)
{
  JsonObject *object = json_object_new ();
  g_autofree char *map_revision = views_dup_got_revision (properties, stamp->codebase);
  BelfryPatch *patch = stamp->patch;

  views_put_text (object, "codebase", stamp->codebase);
  views_put_text (object, "project", stamp->project);
  views_put_text (object, "repository", stamp->repository);
  views_put_name_link (object, "repository_link", reader, BELFRY_LINK_REPOSITORY,
                       stamp->repository);
  views_put_name_link (object, "project_link", reader, BELFRY_LINK_PROJECT, stamp->project);
  views_put_text (object, "branch", stamp->branch);
  json_object_set_object_member (
      object, "revision",
      views_revision_to_json (reader, stamp->revision, stamp->repository, NULL));
  json_object_set_object_member (
      object, "got_revision",
      views_revision_to_json (reader, map_revision, stamp->repository, NULL));
  json_object_set_boolean_member (object, "has_patch", patch != NULL);
  if (patch != NULL) {
    json_object_set_int_member (object, "patch_level", patch->level);
    views_put_text (object, "patch_author", patch->author);
    views_put_text (object, "patch_comment", patch->comment);
  }
  return object;
}

static JsonArray *
views_map_to_json (JsonObject *map)
{
  JsonArray *rows = json_array_new ();
  g_autoptr (GList) names = json_object_get_members (map);

  for (GList *l = names; l != NULL; l = l->next) {
    JsonObject *row = json_object_new ();
    g_autofree char *value = views_value_to_text (json_object_get_member (map, l->data));

    json_object_set_string_member (row, "name", l->data);
    json_object_set_string_member (row, "value", value);
    json_array_add_object_element (rows, row);
  }
  return rows;
}

/* One row per property; long values are cut unless @all. */
JsonArray *
views_properties_to_json (const BelfryProperties *properties, gboolean all)
{
  JsonArray *rows = json_array_new ();

  for (guint i = 0; properties != NULL && i < belfry_properties_get_count (properties); i++) {
    const char *name = belfry_properties_get_name (properties, i);
    JsonNode *value = belfry_properties_get_value (properties, name);
    g_autofree char *text = views_value_to_text (value);
    g_autofree char *cut = all ? NULL : belfry_text_cut (text, VIEWS_LONG_VALUE);
    JsonObject *row = json_object_new ();

    json_object_set_string_member (row, "name", name);
    views_put_text (row, "source", belfry_properties_get_source (properties, name));
    json_object_set_string_member (row, "value", cut != NULL ? cut : text);
    json_object_set_boolean_member (row, "cut", cut != NULL && strlen (text) > VIEWS_LONG_VALUE);
    if (value != NULL && JSON_NODE_HOLDS_OBJECT (value))
      views_take_array (row, "map", views_map_to_json (json_node_get_object (value)));
    else
      json_object_set_null_member (row, "map");
    json_array_add_object_element (rows, row);
  }
  return rows;
}
