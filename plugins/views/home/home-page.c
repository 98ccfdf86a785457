/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person wants to know first: what runs, what waits, what ended last, what is broken. */
#include "home-page.h"

#define HOME_MAX_RUNNING 50
#define HOME_MAX_CHECKED 500
#define HOME_MAX_FAILING 100

static JsonArray *
home_running_to_json (ViewsFleet *fleet)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < fleet->running->len && i < HOME_MAX_RUNNING; i++) {
    BelfryBuild *build = fleet->running->pdata[i];
    const char *name = views_fleet_get_builder_name (fleet, build->builderid);
    JsonObject *object = NULL;
    gint64 left_us = 0;

    if (name == NULL)
      continue;
    object = views_build_to_json (fleet, build, name);
    left_us = views_fleet_estimate (fleet, build);
    views_put_time (object, "left", left_us);
    views_put_time (object, "eta", left_us == BELFRY_NONE ? BELFRY_NONE : fleet->now_us + left_us);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonArray *
home_latest_to_json (ViewsFleet *fleet, gint64 n_builds, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;
  JsonArray *array = NULL;

  query.filters[0] = (BelfryFilter){ .field = "complete", .number = TRUE };
  query.order = "complete_at";
  query.descending = TRUE;
  query.limit = (guint)n_builds;
  builds = belfry_reader_list (fleet->reader, belfry_build_get_type (), &query, NULL, error);
  if (builds == NULL)
    return NULL;
  array = json_array_new ();
  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *build = builds->pdata[i];
    const char *name = views_fleet_get_builder_name (fleet, build->builderid);

    if (name != NULL)
      json_array_add_object_element (array, views_build_to_json (fleet, build, name));
  }
  return array;
}

/* builders that are failing, and how all of them stand */
static void
home_put_builders (JsonObject *data, ViewsFleet *fleet)
{
  JsonArray *failing = json_array_new ();
  gint64 n_good = 0;

  for (guint i = 0; i < fleet->builders->len && i < HOME_MAX_CHECKED; i++) {
    BelfryBuilder *builder = fleet->builders->pdata[i];
    g_autoptr (BelfryBuild) last = views_last_build (fleet->reader, builder->builderid, NULL, NULL);
    g_autofree char *path = views_dup_builder_path (builder->name);
    JsonObject *object = NULL;

    if (!views_fleet_is_failing (fleet, builder->builderid, last)) {
      n_good++;
      continue;
    }
    if (json_array_get_length (failing) >= HOME_MAX_FAILING)
      continue;
    object = json_object_new ();
    json_object_set_string_member (object, "name", builder->name);
    json_object_set_string_member (object, "path", path);
    json_object_set_boolean_member (object, "online",
                                    views_fleet_is_online (fleet, builder->builderid));
    json_object_set_null_member (object, "last");
    if (last != NULL)
      json_object_set_object_member (object, "last",
                                     views_build_to_json (fleet, last, builder->name));
    json_array_add_object_element (failing, object);
  }
  views_take_array (data, "failing", failing);
  json_object_set_int_member (data, "n_good", n_good);
  json_object_set_int_member (data, "n_builders", fleet->builders->len);
}

JsonObject *
home_page_to_json (gint64 n_builds, BelfryReader *reader, GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (reader, error);
  JsonArray *latest = fleet != NULL ? home_latest_to_json (fleet, n_builds, error) : NULL;
  JsonObject *info = belfry_reader_host_info (reader);
  JsonObject *data = NULL;

  if (latest == NULL)
    return NULL;
  data = json_object_new ();
  views_take_array (data, "latest", latest);
  views_take_array (data, "running", home_running_to_json (fleet));
  json_object_set_int_member (data, "n_running", fleet->running->len);
  json_object_set_int_member (data, "n_pending", fleet->pending->len);
  home_put_builders (data, fleet);
  json_object_set_boolean_member (data, "may_shut_down",
                                  belfry_reader_may (reader, VIEWS_MAY_SHUT_DOWN, NULL));
  json_object_set_boolean_member (data, "shutting_down",
                                  info != NULL &&
                                      belfry_json_get_boolean (info, "shutting_down", FALSE));
  return data;
}
