/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes, newest first, filtered by what they say of themselves; and one change with all that it
 * carries and every build that has it. Pages go by id (`before=`), so that new changes do not move
 * what an older page shows.
 */
#include "changes-page.h"

#define CHANGES_MAX_SETS   50
#define CHANGES_MAX_SEARCH 1000

/* filters: arguments and the fields that they mean */
static const struct {
  const char *argument;
  const char *field;
} changes_filters[] = {
  { "branch", "branch" },     { "project", "project" }, { "repository", "repository" },
  { "category", "category" }, { "author", "author" },   { "revision", "revision" },
};

static void
changes_add_filters (BelfryForm *form, BelfryQuery *query, guint n)
{
  for (gsize i = 0; i < G_N_ELEMENTS (changes_filters); i++) {
    const char *wanted = belfry_form_get (form, changes_filters[i].argument);
    gboolean trunk = g_strcmp0 (wanted, "trunk") == 0 && i == 0;

    if (wanted == NULL || *wanted == '\0')
      continue;
    query->filters[n++] =
        (BelfryFilter){ .field = changes_filters[i].field,
                        .compare = trunk ? BELFRY_COMPARE_IS_NULL : BELFRY_COMPARE_EQUAL,
                        .text = trunk ? NULL : wanted };
  }
}

static GPtrArray *
changes_list (const ChangesOptions *options, BelfryForm *form, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gint64 before = views_argument_integer (form, "before", G_MAXINT64, G_MAXINT64);

  query.filters[0] =
      (BelfryFilter){ .field = "changeid", .compare = BELFRY_COMPARE_LESS, .number = before };
  changes_add_filters (form, &query, 1);
  query.descending = TRUE;
  query.limit = (guint)options->per_page + 1;
  return belfry_reader_list (reader, belfry_change_get_type (), &query, NULL, error);
}

/* builds of the sets that name a change: sets are looked for from the change's arrival on */

static gboolean
changes_set_has (BelfryBuildset *set, gint64 changeid)
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
changes_find_set (BelfryReader *reader, gint64 bsid, gboolean last)
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
changes_find_first_set (BelfryReader *reader, gint64 time_us)
{
  g_autoptr (BelfryBuildset) newest = changes_find_set (reader, 0, TRUE);
  gint64 low = 0;
  gint64 high = newest != NULL ? newest->bsid + 1 : 0;

  while (low < high) {
    gint64 middle = low + (high - low) / 2;
    g_autoptr (BelfryBuildset) set = changes_find_set (reader, middle, FALSE);

    if (set == NULL || set->submitted_at >= time_us)
      high = middle;
    else
      low = set->bsid + 1;
  }
  return low;
}

static GPtrArray *
changes_list_sets (BelfryReader *reader, BelfryChange *oldest)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  GPtrArray *sets = NULL;
  gint64 first = oldest != NULL ? changes_find_first_set (reader, oldest->received_at) : 0;

  query.filters[0] =
      (BelfryFilter){ .field = "bsid", .compare = BELFRY_COMPARE_GREATER_EQUAL, .number = first };
  query.limit = CHANGES_MAX_SEARCH;
  sets = oldest != NULL
             ? belfry_reader_list (reader, belfry_buildset_get_type (), &query, NULL, NULL)
             : NULL;
  return sets != NULL ? sets : g_ptr_array_new_with_free_func (belfry_record_unref);
}

static void
changes_add_builds (JsonArray *array, ViewsFleet *fleet, BelfryBuildset *set)
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

static JsonArray *
changes_builds_to_json (ViewsFleet *fleet, GPtrArray *sets, gint64 changeid)
{
  JsonArray *array = json_array_new ();
  guint n_sets = 0;

  for (guint i = 0; i < sets->len && n_sets < CHANGES_MAX_SETS; i++) {
    if (!changes_set_has (sets->pdata[i], changeid))
      continue;
    n_sets++;
    changes_add_builds (array, fleet, sets->pdata[i]);
  }
  return array;
}

/* every filter with its value, for the form that changes them */
static JsonObject *
changes_filters_to_json (BelfryForm *form)
{
  JsonObject *object = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (changes_filters); i++)
    views_put_text (object, changes_filters[i].argument,
                    belfry_form_get (form, changes_filters[i].argument));
  return object;
}

static gboolean
changes_is_filtered (BelfryForm *form)
{
  for (gsize i = 0; i < G_N_ELEMENTS (changes_filters); i++) {
    const char *value = belfry_form_get (form, changes_filters[i].argument);

    if (value != NULL && *value != '\0')
      return TRUE;
  }
  return FALSE;
}

/* where changes come from, as the host tells it */
static JsonArray *
changes_sources_to_json (BelfryReader *reader)
{
  JsonObject *info = belfry_reader_host_info (reader);
  JsonArray *sources = info != NULL ? belfry_json_get_array (info, "change_sources") : NULL;

  return sources != NULL ? json_array_ref (sources) : json_array_new ();
}

JsonObject *
changes_list_to_json (const ChangesOptions *options,
                      BelfryForm *form,
                      BelfryReader *reader,
                      GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (reader, error);
  g_autoptr (GPtrArray) changes =
      fleet != NULL ? changes_list (options, form, reader, error) : NULL;
  g_autoptr (GPtrArray) sets = NULL;
  g_autofree char *newest = views_query_with (form, "before", NULL);
  JsonArray *array = NULL;
  JsonObject *data = NULL;
  guint shown = 0;

  if (changes == NULL)
    return NULL;
  shown = MIN (changes->len, (guint)options->per_page);
  sets = changes_list_sets (reader, shown > 0 ? changes->pdata[shown - 1] : NULL);
  array = json_array_new ();
  for (guint i = 0; i < shown; i++) {
    BelfryChange *change = changes->pdata[i];
    JsonObject *object = views_change_to_json (reader, change);

    views_take_array (object, "builds", changes_builds_to_json (fleet, sets, change->changeid));
    json_array_add_object_element (array, object);
  }
  data = json_object_new ();
  views_take_array (data, "changes", array);
  views_take_array (data, "sources", changes_sources_to_json (reader));
  json_object_set_object_member (data, "filters", changes_filters_to_json (form));
  json_object_set_boolean_member (data, "filtered", changes_is_filtered (form));
  views_put_link (data, "newest", belfry_form_get (form, "before") != NULL ? newest : NULL);
  json_object_set_null_member (data, "older");
  if (changes->len > shown) {
    BelfryChange *last = changes->pdata[shown - 1];
    g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, last->changeid);
    g_autofree char *older = views_query_with (form, "before", id);

    json_object_set_string_member (data, "older", older);
  }
  return data;
}

JsonObject *
changes_change_to_json (BelfryChange *change, BelfryReader *reader, GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (reader, error);
  g_autoptr (GPtrArray) sets = NULL;
  JsonObject *data = NULL;

  if (fleet == NULL)
    return NULL;
  sets = changes_list_sets (reader, change);
  data = json_object_new ();
  json_object_set_object_member (data, "change", views_change_to_json (reader, change));
  views_take_array (data, "builds", changes_builds_to_json (fleet, sets, change->changeid));
  json_object_set_boolean_member (data, "may_stop",
                                  belfry_reader_may (reader, VIEWS_MAY_STOP_CHANGE, NULL));
  return data;
}
