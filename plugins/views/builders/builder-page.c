/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One builder: what it builds, what waits, what it built lately, who works for it, and the forms.
 * And all its builds, in pages.
 */
#include "builders-page.h"

#define BUILDERS_BAD_NUMBUILDS  10
#define BUILDERS_DEFAULT_SEARCH 200
#define BUILDERS_MORE           5
#define BUILDERS_MAX_CHANGES    3
#define BUILDERS_MAX_PENDING    200

/* an unreadable number means ten, not the option's */
static gint64
builders_read_numbuilds (const BuildersOptions *options, BelfryForm *form)
{
  if (belfry_form_get (form, "numbuilds") == NULL)
    return options->builder_numbuilds;
  return views_argument_integer (form, "numbuilds", BUILDERS_BAD_NUMBUILDS, options->numbuilds_max);
}

static void
builders_put_current_step (JsonObject *object, BelfryReader *reader, BelfryBuild *build)
{
  g_autoptr (GPtrArray) steps =
      builders_list_of_build (reader, belfry_step_get_type (), build->buildid);

  json_object_set_null_member (object, "step");
  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = steps->pdata[i];

    if (!step->complete && step->started_at != BELFRY_NONE) {
      g_autofree char *path = g_strdup (json_object_get_string_member (object, "path"));

      json_object_set_object_member (object, "step", views_step_to_json (step, path, NULL));
      return;
    }
  }
}

static JsonArray *
builders_current_to_json (BuildersPlace *place, ViewsFleet *fleet)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < fleet->running->len; i++) {
    BelfryBuild *build = fleet->running->pdata[i];
    JsonObject *object = NULL;
    gint64 left_us = 0;

    if (build->builderid != place->builder->builderid ||
        !builders_properties_match (place->form, build->properties))
      continue;
    object = views_build_to_json (fleet, build, place->builder->name);
    left_us = views_fleet_estimate (fleet, build);
    views_put_time (object, "left", left_us);
    views_put_time (object, "eta", left_us == BELFRY_NONE ? BELFRY_NONE : fleet->now_us + left_us);
    builders_put_current_step (object, place->reader, build);
    json_object_set_boolean_member (object, "may_stop",
                                    belfry_reader_may (place->reader, VIEWS_MAY_STOP, build));
    json_array_add_object_element (array, object);
  }
  return array;
}

static void
builders_put_set_changes (JsonObject *object, BelfryReader *reader, BelfryBuildset *set)
{
  JsonArray *array = json_array_new ();
  JsonArray *ids = set != NULL && set->change_ids != NULL && JSON_NODE_HOLDS_ARRAY (set->change_ids)
                       ? json_node_get_array (set->change_ids)
                       : NULL;
  guint n_changes = ids != NULL ? json_array_get_length (ids) : 0;

  for (guint i = 0; n_changes <= BUILDERS_MAX_CHANGES && i < n_changes; i++) {
    g_autoptr (BelfryChange) change = belfry_reader_find (
        reader, belfry_change_get_type (), json_array_get_int_element (ids, i), NULL);

    if (change != NULL)
      json_array_add_object_element (array, views_change_to_json (reader, change));
  }
  views_take_array (object, "changes", array);
  json_object_set_int_member (object, "n_changes", n_changes);
}

static JsonObject *
builders_request_to_json (BuildersPlace *place, ViewsFleet *fleet, BelfryBuildRequest *request)
{
  JsonObject *object = json_object_new ();
  BelfryBuildset *set = views_fleet_get_set (fleet, request->buildsetid);
  const char *owner = set != NULL && set->properties != NULL
                          ? belfry_properties_get_text (set->properties, "owner")
                          : NULL;

  json_object_set_int_member (object, "id", request->buildrequestid);
  views_put_time (object, "submitted_at", request->submitted_at);
  views_put_time (object, "waiting", MAX (fleet->now_us - request->submitted_at, 0));
  views_put_text (object, "reason", set != NULL ? set->reason : NULL);
  json_object_set_null_member (object, "owner");
  if (owner != NULL)
    json_object_set_object_member (object, "owner", views_person_to_json (owner));
  builders_put_set_changes (object, place->reader, set);
  json_object_set_boolean_member (object, "may_cancel",
                                  belfry_reader_may (place->reader, VIEWS_MAY_CANCEL, request));
  return object;
}

static JsonArray *
builders_pending_to_json (BuildersPlace *place, ViewsFleet *fleet, gboolean *cut)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < fleet->pending->len; i++) {
    BelfryBuildRequest *request = fleet->pending->pdata[i];
    BelfryBuildset *set = NULL;

    if (request->builderid != place->builder->builderid)
      continue;
    set = views_fleet_get_set (fleet, request->buildsetid);
    if (!builders_properties_match (place->form, set != NULL ? set->properties : NULL))
      continue;
    if (json_array_get_length (array) >= BUILDERS_MAX_PENDING) {
      *cut = TRUE;
      break;
    }
    json_array_add_object_element (array, builders_request_to_json (place, fleet, request));
  }
  return array;
}

/* What the engine said last of why nothing of what waits starts; nothing where nothing waits. */
static void
builders_put_why (JsonObject *data, BuildersPlace *place)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (JsonObject) told = NULL;
  gboolean waits = json_array_get_length (json_object_get_array_member (data, "pending")) > 0;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = place->builder->builderid };
  query.filters[1] = (BelfryFilter){ .field = "name", .text = "builder-state" };
  query.order = "eventid";
  query.descending = TRUE;
  query.limit = 1;
  if (waits)
    events = belfry_reader_list (place->reader, belfry_event_get_type (), &query, NULL, NULL);
  if (events != NULL && events->len > 0)
    told = belfry_event_dup_data (events->pdata[0]);
  views_put_text (data, "why", told != NULL ? belfry_json_get_text (told, "why") : NULL);
}

static JsonArray *
builders_recent_to_json (BuildersPlace *place, ViewsFleet *fleet, gint64 wanted, gint64 search)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;
  JsonArray *array = json_array_new ();

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = place->builder->builderid };
  query.filters[1] = (BelfryFilter){ .field = "complete", .number = TRUE };
  query.order = "number";
  query.descending = TRUE;
  query.limit = (guint)(builders_has_property_filter (place->form) ? search : MIN (wanted, search));
  builds = belfry_reader_list (place->reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = 0; builds != NULL && i < builds->len; i++) {
    BelfryBuild *build = builds->pdata[i];

    if (json_array_get_length (array) >= wanted)
      break;
    if (builders_properties_match (place->form, build->properties))
      json_array_add_object_element (array,
                                     views_build_to_json (fleet, build, place->builder->name));
  }
  return array;
}

static JsonArray *
builders_workers_to_json (BuildersPlace *place, ViewsFleet *fleet)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < fleet->workers->len; i++) {
    BelfryWorker *worker = fleet->workers->pdata[i];
    JsonObject *object = NULL;
    JsonNode *admin = NULL;
    g_autofree char *encoded = NULL;
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;

    if (!views_worker_serves (worker, place->builder->builderid))
      continue;
    object = json_object_new ();
    encoded = belfry_text_percent_encode (worker->name);
    path = g_strconcat ("workers/", encoded, NULL);
    if (worker->workerinfo != NULL && JSON_NODE_HOLDS_OBJECT (worker->workerinfo))
      admin = json_object_get_member (json_node_get_object (worker->workerinfo), "admin");
    text = views_value_to_text (admin);
    json_object_set_string_member (object, "name", worker->name);
    json_object_set_string_member (object, "path", path);
    json_object_set_string_member (object, "admin", text);
    json_object_set_boolean_member (object, "may_pause",
                                    belfry_reader_may (place->reader, VIEWS_MAY_PAUSE, worker));
    if (!views_worker_is_connected (worker))
      json_object_set_string_member (object, "status", "offline");
    else
      json_object_set_string_member (object, "status",
                                     worker->paused ? N_ ("paused") : N_ ("connected"));
    json_array_add_object_element (array, object);
  }
  return array;
}

static void
builders_put_forms (JsonObject *data, BuildersPlace *place)
{
  g_autoptr (JsonArray) forms = NULL;

  if (belfry_reader_may (place->reader, VIEWS_MAY_FORCE, place->builder))
    forms = belfry_reader_list_forms (place->reader, place->builder->name);
  views_take_array (data, "forms", views_forms_to_json (forms, place->form));
  json_object_set_boolean_member (
      data, "may_ping", belfry_reader_may (place->reader, VIEWS_MAY_PING, place->builder));
}

JsonObject *
builders_builder_to_json (const BuildersOptions *options, BuildersPlace *place, GError **error)
{
  g_autoptr (ViewsFleet) fleet = views_fleet_new (place->reader, error);
  gint64 wanted = builders_read_numbuilds (options, place->form);
  gint64 search = views_argument_integer (place->form, "maxsearch", BUILDERS_DEFAULT_SEARCH,
                                          options->maxsearch_max);
  g_autofree char *number = NULL;
  g_autofree char *more = NULL;
  JsonObject *data = NULL;
  gboolean cut = FALSE;

  if (fleet == NULL)
    return NULL;
  cut = fleet->cut;
  number = g_strdup_printf ("%" G_GINT64_FORMAT, wanted + BUILDERS_MORE);
  more = views_query_with (place->form, "numbuilds", number);
  data = json_object_new ();
  json_object_set_object_member (data, "place", builders_place_to_json (place));
  json_object_set_object_member (data, "activity",
                                 views_fleet_activity_to_json (fleet, place->builder->builderid));
  views_take_array (data, "current", builders_current_to_json (place, fleet));
  views_take_array (data, "pending", builders_pending_to_json (place, fleet, &cut));
  builders_put_why (data, place);
  views_take_array (data, "builds", builders_recent_to_json (place, fleet, wanted, search));
  views_take_array (data, "workers", builders_workers_to_json (place, fleet));
  json_object_set_string_member (data, "more", more);
  json_object_set_boolean_member (data, "can_more", wanted < options->numbuilds_max);
  json_object_set_boolean_member (data, "filtered", builders_has_property_filter (place->form));
  json_object_set_boolean_member (data, "cut", cut);
  builders_put_forms (data, place);
  return data;
}

/* all builds */

typedef struct {
  BuildersPlace *place;
  ViewsFleet *fleet;
  GPtrArray *branches;
  gint64 results; /* BELFRY_NONE: any */
  gint64 searched;
  gint64 last_number;
  gboolean more;
} BuildersHistory;

static gboolean
builders_history_wants (BuildersHistory *self, BelfryBuild *build)
{
  if (!views_branch_matches (self->branches, build->branch))
    return FALSE;
  return builders_properties_match (self->place->form, build->properties);
}

static GPtrArray *
builders_history_read (BuildersHistory *self, gint64 before, guint limit, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  guint n = 1;

  query.filters[0] =
      (BelfryFilter){ .field = "builderid", .number = self->place->builder->builderid };
  if (before != BELFRY_NONE)
    query.filters[n++] =
        (BelfryFilter){ .field = "number", .compare = BELFRY_COMPARE_LESS, .number = before };
  if (self->results != BELFRY_NONE)
    query.filters[n++] = (BelfryFilter){ .field = "results", .number = self->results };
  query.order = "number";
  query.descending = TRUE;
  query.limit = limit;
  return belfry_reader_list (self->place->reader, belfry_build_get_type (), &query, NULL, error);
}

/* walks back until the page is full or enough was looked at */
static JsonArray *
builders_history_collect (BuildersHistory *self, gint64 before, const BuildersOptions *options)
{
  JsonArray *array = json_array_new ();

  while (self->searched < options->maxsearch_max) {
    g_autoptr (GPtrArray) builds =
        builders_history_read (self, before, (guint)options->per_page + 1, NULL);

    if (builds == NULL || builds->len == 0)
      return array;
    for (guint i = 0; i < builds->len; i++) {
      BelfryBuild *build = builds->pdata[i];

      before = build->number;
      self->searched++;
      if (!builders_history_wants (self, build))
        continue;
      if (json_array_get_length (array) >= options->per_page) {
        self->more = TRUE;
        return array;
      }
      self->last_number = build->number;
      json_array_add_object_element (
          array, views_build_to_json (self->fleet, build, self->place->builder->name));
    }
  }
  self->last_number = before;
  self->more = TRUE;
  return array;
}

/* `page=` counts builds by number, which is what they are in order of */
static gint64
builders_history_start (BuildersHistory *self, const BuildersOptions *options)
{
  gint64 before = views_argument_integer (self->place->form, "before", BELFRY_NONE, G_MAXINT64 / 2);
  gint64 page = views_argument_integer (self->place->form, "page", 1, G_MAXINT32);
  g_autoptr (GPtrArray) newest = NULL;

  if (before != BELFRY_NONE || page <= 1)
    return before;
  newest = builders_history_read (self, BELFRY_NONE, 1, NULL);
  if (newest == NULL || newest->len == 0)
    return BELFRY_NONE;
  return MAX (((BelfryBuild *)newest->pdata[0])->number + 1 - (page - 1) * options->per_page, 0);
}

JsonObject *
builders_history_to_json (const BuildersOptions *options, BuildersPlace *place, GError **error)
{
  static const char *const paging[] = { "before", "page", NULL };
  g_autoptr (ViewsFleet) fleet = views_fleet_new (place->reader, error);
  g_autoptr (GPtrArray) branches = views_argument_list (place->form, "branch");
  g_autoptr (BelfryForm) rest = views_form_copy (place->form, paging);
  const char *results = belfry_form_get (place->form, "results");
  BuildersHistory history = { place, fleet, branches, BELFRY_NONE, 0, 0, FALSE };
  g_autofree char *newest = views_form_to_query (rest);
  JsonObject *data = NULL;
  gint64 start = 0;

  if (fleet == NULL)
    return NULL;
  if (results != NULL && !g_ascii_string_to_signed (results, 10, 0, 6, &history.results, NULL))
    history.results =
        belfry_result_from_name (results) >= 0 ? belfry_result_from_name (results) : BELFRY_NONE;
  start = builders_history_start (&history, options);
  data = json_object_new ();
  json_object_set_object_member (data, "place", builders_place_to_json (place));
  views_take_array (data, "builds", builders_history_collect (&history, start, options));
  views_put_link (data, "newest", start != BELFRY_NONE ? newest : NULL);
  json_object_set_null_member (data, "older");
  if (history.more) {
    g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, history.last_number);
    g_autofree char *older = views_query_with (rest, "before", number);

    json_object_set_string_member (data, "older", older);
  }
  json_object_set_boolean_member (data, "cut", history.searched >= options->maxsearch_max);
  return data;
}
