/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes, newest first, filtered by what they say of themselves; and one change with all that it
 * carries and every build that has it. Pages go by id (`before=`), so that new changes do not move
 * what an older page shows.
 */
#include "changes-page.h"

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
  sets = views_list_sets (reader, shown > 0 ? changes->pdata[shown - 1] : NULL);
  array = json_array_new ();
  for (guint i = 0; i < shown; i++) {
    BelfryChange *change = changes->pdata[i];
    JsonObject *object = views_change_to_json (reader, change);

    views_take_array (object, "builds",
                      views_change_builds_to_json (fleet, sets, change->changeid));
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
  sets = views_list_sets (reader, change);
  data = json_object_new ();
  json_object_set_object_member (data, "change", views_change_to_json (reader, change));
  views_take_array (data, "builds", views_change_builds_to_json (fleet, sets, change->changeid));
  json_object_set_boolean_member (data, "may_stop",
                                  belfry_reader_may (reader, VIEWS_MAY_STOP_CHANGE, NULL));
  return data;
}
