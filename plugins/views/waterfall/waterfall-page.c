/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The waterfall from a query: which columns, which span, the table's lines with their cells, the
 * header rows, the links to older and newer pages; and the same builds as a list for who cannot
 * read a table.
 */
#include "waterfall-page.h"

#include "cells.h"

#define WATERFALL_MAX_EVENTS  2000
#define WATERFALL_MAX_COLUMNS 200
#define WATERFALL_ONE_DAY     86400

typedef struct {
  const WaterfallOptions *options;
  BelfryForm *form;
  ViewsFleet *fleet;
  GPtrArray *builders; /* (element-type BelfryBuilder) */
  GPtrArray *streams;  /* (element-type WaterfallStream) changes, then one a builder */
  WaterfallParts *parts;
  WaterfallWish wish;
  gint64 now;
} WaterfallPage;

static void
waterfall_page_clear (WaterfallPage *self)
{
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  g_clear_pointer (&self->parts, waterfall_parts_free);
  g_clear_pointer (&self->builders, g_ptr_array_unref);
  g_clear_pointer (&self->fleet, views_fleet_free);
  g_clear_pointer (&self->wish.branches, g_ptr_array_unref);
  g_clear_pointer (&self->wish.categories, g_ptr_array_unref);
  g_clear_pointer (&self->wish.committers, g_ptr_array_unref);
  g_clear_pointer (&self->wish.projects, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WaterfallPage, waterfall_page_clear)

/* of the host's zone, now: where one day ends for people */
static gint64
waterfall_get_offset (BelfryReader *reader, gint64 now)
{
  JsonObject *info = belfry_reader_host_info (reader);
  g_autoptr (GTimeZone) zone = NULL;

  if (info != NULL && json_object_has_member (info, "utc_offset"))
    return belfry_json_get_integer (info, "utc_offset", 0);
  zone = g_time_zone_new_local ();
  return g_time_zone_get_offset (zone,
                                 g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, now));
}

static gint64
waterfall_time_argument (BelfryForm *form, const char *name, gint64 fallback)
{
  const char *text = belfry_form_get (form, name);
  gint64 value = 0;

  if (text == NULL ||
      !g_ascii_string_to_signed (text, 10, 0, G_MAXINT64 / G_USEC_PER_SEC - 1, &value, NULL))
    return fallback;
  return value;
}

static void
waterfall_read_span (WaterfallPage *self)
{
  WaterfallWish *wish = &self->wish;
  gboolean filtered = wish->branches->len > 0 || wish->committers->len > 0;
  gint64 span = 0;

  wish->last_time = waterfall_time_argument (self->form, "last_time", self->now);
  wish->first_time = waterfall_time_argument (
      self->form, "first_time", filtered ? MAX (wish->last_time - WATERFALL_ONE_DAY, 0) : 0);
  span = waterfall_time_argument (self->form, "show_time", -1);
  if (span >= 0)
    wish->first_time = MAX (wish->last_time - span, 0);
}

static void
waterfall_read_wish (WaterfallPage *self)
{
  const WaterfallOptions *options = self->options;
  WaterfallWish *wish = &self->wish;
  gint64 cap = options->num_events_max > 0 ? options->num_events_max : WATERFALL_MAX_EVENTS;

  wish->branches = views_argument_list (self->form, "branch");
  wish->committers = views_argument_list (self->form, "committer");
  wish->projects = views_argument_list (self->form, "project");
  wish->categories = views_argument_list (self->form, "tag");
  if (wish->categories->len == 0) {
    g_ptr_array_unref (wish->categories);
    wish->categories = views_argument_list (self->form, "category");
  }
  wish->as_list = g_strcmp0 (belfry_form_get (self->form, "view"), "list") == 0;
  wish->show_events = views_argument_boolean (self->form, "show_events", options->show_events);
  wish->max_rows =
      (guint)views_argument_integer (self->form, "num_events", options->num_events, cap);
  waterfall_read_span (self);
}

static gboolean
waterfall_choose_builders (WaterfallPage *self)
{
  g_autoptr (GPtrArray) chosen = views_fleet_filter (self->fleet, self->form);
  gboolean failing = views_argument_boolean (self->form, "failures_only", FALSE);
  gboolean cut = FALSE;

  self->builders = g_ptr_array_new_with_free_func (belfry_record_unref);
  for (guint i = 0; i < chosen->len; i++) {
    BelfryBuilder *builder = chosen->pdata[i];
    g_autoptr (BelfryBuild) last = NULL;

    if (failing)
      last = views_last_build (self->fleet->reader, builder->builderid, NULL, NULL);
    if (failing && !views_fleet_is_failing (self->fleet, builder->builderid, last))
      continue;
    cut = self->builders->len >= WATERFALL_MAX_COLUMNS;
    if (cut)
      break;
    g_ptr_array_add (self->builders, belfry_record_ref (builder));
  }
  return cut;
}

/* the list form: every build that has a box, with those of its steps that have one */

static JsonObject *
waterfall_list_entry (WaterfallPage *self, JsonArray *list, GHashTable *seen, BelfryBuild *build)
{
  JsonObject *entry = g_hash_table_lookup (seen, &build->buildid);
  const char *builder = views_fleet_get_builder_name (self->fleet, build->builderid);

  if (entry != NULL)
    return entry;
  entry = views_build_to_json (self->fleet, build, builder != NULL ? builder : "");
  views_take_array (entry, "steps", json_array_new ());
  json_array_add_object_element (list, entry);
  g_hash_table_insert (seen, &build->buildid, entry);
  return entry;
}

static JsonArray *
waterfall_table_to_list (WaterfallPage *self, WaterfallTable *table)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_int64_hash, g_int64_equal);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);
    WaterfallItem *item = box->kind == WATERFALL_BOX_EVENT ? box->data : NULL;
    JsonObject *entry = NULL;

    if (item == NULL || (item->kind != WATERFALL_ITEM_BUILD && item->kind != WATERFALL_ITEM_STEP))
      continue;
    entry = waterfall_list_entry (self, list, seen,
                                  item->kind == WATERFALL_ITEM_BUILD ? item->record : item->build);
    if (item->kind == WATERFALL_ITEM_STEP) {
      g_autoptr (BelfryRecord) cell = waterfall_step_to_cell (self->fleet, item);

      json_array_add_object_element (json_object_get_array_member (entry, "steps"),
                                     belfry_record_to_json (cell, BELFRY_RECORD_JSON_NONE));
    }
  }
  return list;
}

/* header rows */

static gint64
waterfall_count_failed_tests (BelfryReader *reader, BelfryBuild *build)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) steps = NULL;
  gint64 failed = 0;

  if (build->results == BELFRY_RESULT_SUCCESS)
    return 0;
  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = build->buildid };
  steps = belfry_reader_list (reader, belfry_step_get_type (), &query, NULL, NULL);
  for (guint i = 0; steps != NULL && i < steps->len; i++) {
    JsonNode *statistics = ((BelfryStep *)steps->pdata[i])->statistics;

    if (statistics != NULL && JSON_NODE_HOLDS_OBJECT (statistics))
      failed += belfry_json_get_integer (json_node_get_object (statistics), "tests-failed", 0) +
                belfry_json_get_integer (json_node_get_object (statistics), "tests-errors", 0);
  }
  return failed;
}

static JsonObject *
waterfall_builder_to_json (WaterfallPage *self, BelfryBuilder *builder)
{
  JsonObject *object = json_object_new ();
  BelfryReader *reader = self->fleet->reader;
  g_autofree char *path = views_dup_builder_path (builder->name);
  g_autoptr (BelfryBuild) last =
      views_last_build (reader, builder->builderid, self->wish.branches, NULL);

  json_object_set_string_member (object, "name", builder->name);
  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (object, "activity",
                                 views_fleet_activity_to_json (self->fleet, builder->builderid));
  if (last != NULL) {
    JsonObject *shown = views_build_to_json (self->fleet, last, builder->name);

    json_object_set_int_member (shown, "failed_tests", waterfall_count_failed_tests (reader, last));
    json_object_set_object_member (object, "last", shown);
  } else {
    json_object_set_null_member (object, "last");
  }
  return object;
}

static JsonArray *
waterfall_builders_to_json (WaterfallPage *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->builders->len; i++)
    json_array_add_object_element (array,
                                   waterfall_builder_to_json (self, self->builders->pdata[i]));
  return array;
}

/* links */

/* The oldest stamp, or what lies above it and is not shown yet; always earlier than this page. */
static gint64
waterfall_next_time (WaterfallPage *self, WaterfallTable *table)
{
  gint64 next = MAX (table->oldest, table->newest_left);

  return MIN (next, self->wish.last_time - 1);
}

static void
waterfall_put_links (WaterfallPage *self, WaterfallTable *table, JsonObject *data)
{
  g_autofree char *query = views_form_to_query (self->form);
  g_autofree char *steady = views_query_with (self->form, "reload", NULL);
  g_autofree char *latest = views_query_with (self->form, "last_time", NULL);
  g_autofree char *as_list = views_query_with (self->form, "view", "list");
  g_autofree char *as_table = views_query_with (self->form, "view", NULL);

  json_object_set_string_member (data, "query", query);
  json_object_set_string_member (data, "steady", steady);
  json_object_set_string_member (data, "latest", latest);
  json_object_set_string_member (data, "as_list", as_list);
  json_object_set_string_member (data, "as_table", as_table);
  json_object_set_null_member (data, "older");
  if (table->more && table->n_rows > 0) {
    g_autofree char *time =
        g_strdup_printf ("%" G_GINT64_FORMAT, waterfall_next_time (self, table));
    g_autofree char *older = views_query_with (self->form, "last_time", time);

    json_object_set_string_member (data, "older", older);
  }
  json_object_set_boolean_member (data, "is_past", self->wish.last_time < self->now);
  json_object_set_int_member (data, "reload", views_reload_seconds (self->form));
}

/* whether nearly every build of the span is on the page */
static gboolean
waterfall_shows_all (WaterfallPage *self)
{
  const WaterfallWish *wish = &self->wish;

  return self->builders->len * 2 > self->fleet->builders->len &&
         wish->branches->len + wish->committers->len + wish->projects->len == 0;
}

static WaterfallTable *
waterfall_page_lay_out (WaterfallPage *self)
{
  guint n_columns = self->builders->len + 1;
  g_autofree WaterfallColumn *columns = g_new0 (WaterfallColumn, n_columns);
  WaterfallLimits limits = {
    .first_time = self->wish.first_time,
    .last_time = self->wish.last_time,
    .max_rows = self->wish.max_rows,
    .bubble = !views_argument_boolean (self->form, "nobubble", FALSE),
  };

  self->parts = waterfall_parts_new (self->fleet->reader, waterfall_shows_all (self));
  self->streams = g_ptr_array_new_with_free_func ((GDestroyNotify)waterfall_stream_free);
  g_ptr_array_add (self->streams,
                   waterfall_stream_new_changes (self->fleet->reader, &self->wish, self->now));
  for (guint i = 0; i < self->builders->len; i++) {
    BelfryBuilder *builder = self->builders->pdata[i];

    g_ptr_array_add (self->streams,
                     waterfall_stream_new_builder (self->fleet->reader, &self->wish, self->parts,
                                                   builder->builderid, self->now));
  }
  for (guint i = 0; i < n_columns; i++) {
    columns[i].next = waterfall_stream_next;
    columns[i].stream = self->streams->pdata[i];
    columns[i].stretches = i > 0;
    columns[i].above = waterfall_stream_get_above (self->streams->pdata[i]);
  }
  return waterfall_lay_out (columns, n_columns, &limits);
}

static gboolean
waterfall_was_cut (WaterfallPage *self)
{
  for (guint i = 0; i < self->streams->len; i++) {
    if (waterfall_stream_was_cut (self->streams->pdata[i]))
      return TRUE;
  }
  return self->fleet->cut || waterfall_parts_was_cut (self->parts);
}

static gboolean
waterfall_page_open (WaterfallPage *self, BelfryReader *reader, GError **error)
{
  self->fleet = views_fleet_new (reader, error);
  if (self->fleet == NULL)
    return FALSE;
  self->now = belfry_time_to_seconds (self->fleet->now_us);
  waterfall_read_wish (self);
  return TRUE;
}

BelfryResponse *
waterfall_draw_page (const WaterfallOptions *options,
                     BelfryForm *form,
                     BelfryReader *reader,
                     GError **error)
{
  g_auto (WaterfallPage) page = { .options = options, .form = form };
  g_autoptr (WaterfallTable) table = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  BelfryResponse *response = NULL;
  JsonObject *data = NULL;
  gboolean cut = FALSE;

  if (!waterfall_page_open (&page, reader, error))
    return NULL;
  cut = waterfall_choose_builders (&page);
  table = waterfall_page_lay_out (&page);
  data = json_object_new ();
  if (page.wish.as_list)
    views_take_array (data, "builds", waterfall_table_to_list (&page, table));
  else
    lines = waterfall_table_to_lines (table, page.fleet, page.now,
                                      waterfall_get_offset (reader, page.now));
  json_object_set_int_member (data, "rows", table->n_rows);
  json_object_set_int_member (data, "columns", page.builders->len + 2);
  json_object_set_int_member (data, "now", page.now);
  views_take_array (data, "builders", waterfall_builders_to_json (&page));
  views_take_array (data, "tags", views_fleet_tags_to_json (page.fleet, page.wish.categories));
  json_object_set_boolean_member (data, "has_builders", page.fleet->builders->len > 0);
  json_object_set_boolean_member (data, "cut", cut || waterfall_was_cut (&page));
  waterfall_put_links (&page, table, data);
  response = views_page ("waterfall.html", data);
  if (lines != NULL)
    belfry_response_take_records (response, "lines", g_steal_pointer (&lines));
  return response;
}

/* the help page: every argument of the query in a form */

static JsonArray *
waterfall_builder_choices (WaterfallPage *self)
{
  g_autoptr (GPtrArray) named = views_argument_list (self->form, "builder");
  g_autoptr (GPtrArray) shown = views_argument_list (self->form, "show");
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->fleet->builders->len; i++) {
    BelfryBuilder *builder = self->fleet->builders->pdata[i];
    JsonObject *choice = NULL;

    choice = json_object_new ();
    json_object_set_string_member (choice, "name", builder->name);
    json_object_set_boolean_member (choice, "chosen",
                                    views_list_has (named, builder->name) ||
                                        views_list_has (shown, builder->name));
    json_array_add_object_element (array, choice);
  }
  return array;
}

BelfryResponse *
waterfall_draw_help (const WaterfallOptions *options,
                     BelfryForm *form,
                     BelfryReader *reader,
                     GError **error)
{
  static const char *const intervals[] = { "first_time", "last_time", "show_time", "num_events" };
  g_auto (WaterfallPage) page = { .options = options, .form = form };
  JsonObject *data = NULL;

  if (!waterfall_page_open (&page, reader, error))
    return NULL;
  data = json_object_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (intervals); i++)
    views_put_text (data, intervals[i], belfry_form_get (form, intervals[i]));
  views_take_array (data, "branches", views_list_to_json (page.wish.branches));
  views_take_array (data, "committers", views_list_to_json (page.wish.committers));
  views_take_array (data, "projects", views_list_to_json (page.wish.projects));
  views_take_array (data, "builders", waterfall_builder_choices (&page));
  views_take_array (data, "tags", views_fleet_tags_to_json (page.fleet, page.wish.categories));
  json_object_set_boolean_member (data, "show_events", page.wish.show_events);
  json_object_set_boolean_member (data, "failures_only",
                                  views_argument_boolean (form, "failures_only", FALSE));
  json_object_set_int_member (data, "reload", views_reload_seconds (form));
  return views_page ("waterfallhelp.html", data);
}
