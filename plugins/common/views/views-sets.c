/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds of the sets that name a change: sets are looked for from the change's arrival on.
 */
#include "views.h"

#define SETS_MAX        50
#define SETS_MAX_SEARCH 1000

static gboolean
sets_has_change (BelfryBuildset *set, gint64 changeid)
{
  JsonArray *ids = set->change_ids != NULL && JSON_NODE_HOLDS_ARRAY (set->change_ids)
                       ? json_node_get_array (set->change_ids)
                       : NULL;

  for (guint i = 0; ids != NULL && i < json_array_get_length (ids); i++) {
    if (json_array_get_int_element (ids, i) == changeid)
      return TRUE;
  }
  return FALSE;
}

/* the set with the lowest id that is not below @bsid, or the one with the highest of all */
static BelfryBuildset *
sets_find (BelfryReader *reader, gint64 bsid, gboolean last)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) sets = NULL;

  query.filters[0] =
      (BelfryFilter){ .field = "bsid", .compare = BELFRY_COMPARE_GREATER_EQUAL, .number = bsid };
  query.descending = last;
  query.limit = 1;
  sets = belfry_reader_list (reader, belfry_buildset_get_type (), &query, NULL, NULL);
  return sets != NULL && sets->len > 0 ? belfry_record_ref (sets->pdata[0]) : NULL;
}

/* Ids rise with time, so the first set since @time_us is found by halving instead of reading all.
 */
static gint64
sets_find_first (BelfryReader *reader, gint64 time_us)
{
  g_autoptr (BelfryBuildset) newest = sets_find (reader, 0, TRUE);
  gint64 low = 0;
  gint64 high = newest != NULL ? newest->bsid + 1 : 0;

  while (low < high) {
    gint64 middle = low + (high - low) / 2;
    g_autoptr (BelfryBuildset) set = sets_find (reader, middle, FALSE);

    if (set == NULL || set->submitted_at >= time_us)
      high = middle;
    else
      low = set->bsid + 1;
  }
  return low;
}

GPtrArray *
views_list_sets (BelfryReader *reader, BelfryChange *oldest)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  GPtrArray *sets = NULL;
  gint64 first = oldest != NULL ? sets_find_first (reader, oldest->received_at) : 0;

  query.filters[0] =
      (BelfryFilter){ .field = "bsid", .compare = BELFRY_COMPARE_GREATER_EQUAL, .number = first };
  query.limit = SETS_MAX_SEARCH;
  sets = oldest != NULL
             ? belfry_reader_list (reader, belfry_buildset_get_type (), &query, NULL, NULL)
             : NULL;
  return sets != NULL ? sets : g_ptr_array_new_with_free_func (belfry_record_unref);
}

static void
sets_add_builds (JsonArray *array, ViewsFleet *fleet, BelfryBuildset *set)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "bsid", .number = set->bsid };
  builds = belfry_reader_list (fleet->reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = 0; builds != NULL && i < builds->len; i++) {
    BelfryBuild *build = builds->pdata[i];
    const char *name = views_fleet_get_builder_name (fleet, build->builderid);

    if (name != NULL)
      json_array_add_object_element (array, views_build_to_json (fleet, build, name));
  }
}

JsonArray *
views_change_builds_to_json (ViewsFleet *fleet, GPtrArray *sets, gint64 changeid)
{
  JsonArray *array = json_array_new ();
  guint n_sets = 0;

  for (guint i = 0; i < sets->len && n_sets < SETS_MAX; i++) {
    if (!sets_has_change (sets->pdata[i], changeid))
      continue;
    n_sets++;
    sets_add_builds (array, fleet, sets->pdata[i]);
  }
  return array;
}
