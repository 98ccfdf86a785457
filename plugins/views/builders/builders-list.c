/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All builders, one row each with the latest finished build, however old. Filtered by name, tag and
 * branch, in pages; sorted by result or time only while the builders are few, since that needs the
 * latest build of every one of them.
 */
#include "builders-page.h"

#define BUILDERS_MAX_SORTED 500
#define BUILDERS_MAX_LABEL  20

typedef struct {
  BelfryBuilder *builder; /* (unowned) */
  BelfryBuild *last;      /* (nullable) (owned) */
  gboolean looked;
} BuildersRow;

static void
builders_row_clear (gpointer data)
{
  BuildersRow *row = data;

  g_clear_pointer (&row->last, belfry_record_unref);
}

static gboolean
builders_name_contains (const char *name, const char *wanted)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);
  g_autofree char *part = g_utf8_casefold (wanted, -1);

  return strstr (folded, part) != NULL;
}

static int
builders_compare_results (gconstpointer a, gconstpointer b)
{
  const BuildersRow *left = a;
  const BuildersRow *right = b;
  gint64 worst = 0;

  if (left->last == NULL || right->last == NULL)
    return (left->last == NULL) - (right->last == NULL);
  if (left->last->results == right->last->results)
    return views_compare_names (left->builder->name, right->builder->name);
  worst = belfry_result_worst (left->last->results, right->last->results);
  return worst == left->last->results ? -1 : 1;
}

static int
builders_compare_times (gconstpointer a, gconstpointer b)
{
  const BuildersRow *left = a;
  const BuildersRow *right = b;

  if (left->last == NULL || right->last == NULL)
    return (left->last == NULL) - (right->last == NULL);
  if (left->last->complete_at == right->last->complete_at)
    return 0;
  return left->last->complete_at > right->last->complete_at ? -1 : 1;
}

static const struct {
  const char *name;
  GCompareFunc compare;
} builders_orders[] = {
  { "result", builders_compare_results },
  { "time", builders_compare_times },
};

static void
builders_row_look (BuildersRow *row, BelfryReader *reader, GPtrArray *branches)
{
  if (!row->looked)
    row->last = views_last_build (reader, row->builder->builderid, branches, NULL);
  row->looked = TRUE;
}

static void
builders_sort_rows (GArray *rows, BelfryReader *reader, GPtrArray *branches, const char *order)
{
  for (gsize i = 0; i < G_N_ELEMENTS (builders_orders); i++) {
    if (g_strcmp0 (order, builders_orders[i].name) != 0 || rows->len > BUILDERS_MAX_SORTED)
      continue;
    for (guint k = 0; k < rows->len; k++)
      builders_row_look (&g_array_index (rows, BuildersRow, k), reader, branches);
    g_array_sort (rows, builders_orders[i].compare);
  }
}

/* the got revision where there is exactly one and it is short, else the number */
static char *
builders_dup_label (BelfryBuild *build)
{
  JsonNode *value = build->properties != NULL
                        ? belfry_properties_get_value (build->properties, "got_revision")
                        : NULL;
  g_autofree char *revision = NULL;

  if (value != NULL && JSON_NODE_HOLDS_OBJECT (value) &&
      json_object_get_size (json_node_get_object (value)) == 1) {
    g_autoptr (GList) values = json_object_get_values (json_node_get_object (value));

    revision = views_value_to_text (values->data);
  } else if (value != NULL && JSON_NODE_HOLDS_VALUE (value)) {
    revision = views_value_to_text (value);
  }
  if (revision != NULL && *revision != '\0' && g_utf8_strlen (revision, -1) <= BUILDERS_MAX_LABEL)
    return g_steal_pointer (&revision);
  return g_strdup_printf ("#%" G_GINT64_FORMAT, build->number);
}

static JsonObject *
builders_row_to_json (BuildersRow *row, ViewsFleet *fleet)
{
  JsonObject *object = json_object_new ();
  BelfryBuilder *builder = row->builder;
  g_autofree char *path = views_dup_builder_path (builder->name);
  JsonArray *tags = json_array_new ();

  for (guint i = 0; builder->tags != NULL && builder->tags[i] != NULL; i++)
    json_array_add_string_element (tags, builder->tags[i]);
  json_object_set_string_member (object, "name", builder->name);
  json_object_set_string_member (object, "path", path);
  views_put_text (object, "description", builder->description);
  views_take_array (object, "tags", tags);
  json_object_set_object_member (object, "activity",
                                 views_fleet_activity_to_json (fleet, builder->builderid));
  json_object_set_null_member (object, "last");
  if (row->last != NULL) {
    JsonObject *last = views_build_to_json (fleet, row->last, builder->name);
    g_autofree char *label = builders_dup_label (row->last);

    json_object_set_string_member (last, "label", label);
    json_object_set_object_member (object, "last", last);
  }
  return object;
}

static GArray *
builders_choose (GPtrArray *chosen, BelfryForm *form)
{
  const char *wanted = belfry_form_get (form, "q");
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (BuildersRow));

  g_array_set_clear_func (rows, builders_row_clear);
  for (guint i = 0; i < chosen->len; i++) {
    BuildersRow row = { .builder = chosen->pdata[i] };

    if (wanted == NULL || builders_name_contains (row.builder->name, wanted))
      g_array_append_val (rows, row);
  }
  return rows;
}

static void
builders_put_pages (JsonObject *data, BelfryForm *form, gint64 page, gint64 n_pages)
{
  json_object_set_int_member (data, "page", page);
  json_object_set_int_member (data, "pages", n_pages);
  json_object_set_null_member (data, "prev");
  json_object_set_null_member (data, "next");
  if (page > 1) {
    g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, page - 1);
    g_autofree char *query = views_query_with (form, "page", number);

    json_object_set_string_member (data, "prev", query);
  }
  if (page < n_pages) {
    g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, page + 1);
    g_autofree char *query = views_query_with (form, "page", number);

    json_object_set_string_member (data, "next", query);
  }
}

static void
builders_put_actions (JsonObject *data, ViewsFleet *fleet, GPtrArray *chosen, BelfryForm *form)
{
  BelfryReader *reader = fleet->reader;
  g_autoptr (JsonArray) forms = NULL;
  gboolean building = FALSE;
  gboolean online = FALSE;

  for (guint i = 0; i < chosen->len; i++) {
    gint64 builderid = ((BelfryBuilder *)chosen->pdata[i])->builderid;

    building = building || views_fleet_is_building (fleet, builderid);
    online = online || views_fleet_is_online (fleet, builderid);
  }
  json_object_set_boolean_member (data, "may_stop",
                                  building && belfry_reader_may (reader, VIEWS_MAY_STOP_ALL, NULL));
  json_object_set_boolean_member (data, "may_cancel",
                                  belfry_reader_may (reader, VIEWS_MAY_CANCEL_ALL, NULL));
  if (online && belfry_reader_may (reader, VIEWS_MAY_FORCE_ALL, NULL))
    forms = belfry_reader_list_forms (reader, NULL);
  views_take_array (data, "forms", views_forms_to_json (forms, form));
}

static void
builders_put_sorts (JsonObject *data, BelfryForm *form)
{
  static const char *const sorts[] = { "name", "result", "time" };
  JsonObject *links = json_object_new ();
  const char *chosen = belfry_form_get (form, "sort");

  for (gsize i = 0; i < G_N_ELEMENTS (sorts); i++) {
    g_autofree char *query = views_query_with (form, "sort", i == 0 ? NULL : sorts[i]);

    json_object_set_string_member (links, sorts[i], query);
  }
  json_object_set_object_member (data, "sorts", links);
  json_object_set_string_member (data, "sort", chosen != NULL ? chosen : "name");
}

JsonObject *
builders_list_to_json (const BuildersOptions *options,
                       BelfryForm *form,
                       BelfryReader *reader,
                       GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (reader, error);
  g_autoptr (GPtrArray) branches = views_argument_list (form, "branch");
  g_autoptr (GPtrArray) tags = views_argument_list (form, "tag");
  g_autoptr (GPtrArray) chosen = NULL;
  g_autoptr (GArray) rows = NULL;
  JsonArray *list = NULL;
  JsonObject *data = NULL;
  gint64 n_pages = 0;
  gint64 page = 0;

  if (fleet == NULL)
    return NULL;
  chosen = views_fleet_filter (fleet, form);
  rows = builders_choose (chosen, form);
  builders_sort_rows (rows, reader, branches, belfry_form_get (form, "sort"));
  n_pages = MAX ((rows->len + options->per_page - 1) / options->per_page, 1);
  page = views_argument_integer (form, "page", 1, n_pages);
  list = json_array_new ();
  for (gint64 i = (page - 1) * options->per_page; i < MIN (page * options->per_page, rows->len);
       i++) {
    BuildersRow *row = &g_array_index (rows, BuildersRow, i);

    builders_row_look (row, reader, branches);
    json_array_add_object_element (list, builders_row_to_json (row, fleet));
  }
  data = json_object_new ();
  views_take_array (data, "builders", list);
  json_object_set_int_member (data, "total", rows->len);
  json_object_set_boolean_member (data, "has_builders", fleet->builders->len > 0);
  json_object_set_boolean_member (data, "cut", fleet->cut);
  json_object_set_boolean_member (data, "too_many_to_sort", rows->len > BUILDERS_MAX_SORTED);
  views_take_array (data, "branches", views_list_to_json (branches));
  views_take_array (data, "tags", views_fleet_tags_to_json (fleet, tags));
  views_put_text (data, "q", belfry_form_get (form, "q"));
  builders_put_sorts (data, form);
  builders_put_pages (data, form, page, n_pages);
  builders_put_actions (data, fleet, chosen, form);
  return data;
}
