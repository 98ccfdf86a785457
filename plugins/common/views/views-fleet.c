/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all builders are doing: five queries for a whole page, whatever its length. Each is capped;
 * a cap that cut something is remembered, so that the page can say so.
 */
#include "views.h"

#define VIEWS_MAX_BUILDERS 10000
#define VIEWS_MAX_RUNNING  1000
#define VIEWS_MAX_PENDING  5000
#define VIEWS_GOOD_BUILDS  10

static int
views_compare_builders (gconstpointer a, gconstpointer b)
{
  const BelfryBuilder *const *left = a;
  const BelfryBuilder *const *right = b;

  return views_compare_names ((*left)->name, (*right)->name);
}

static gboolean
views_fleet_list (ViewsFleet *self,
                  GPtrArray **to,
                  const BelfryRecordType *type,
                  const BelfryQuery *query,
                  GError **error)
{
  gboolean cut = FALSE;

  *to = belfry_reader_list (self->reader, type, query, &cut, error);
  self->cut = self->cut || cut;
  return *to != NULL;
}

static gboolean
views_fleet_read (ViewsFleet *self, GError **error)
{
  BelfryQuery builders = BELFRY_QUERY_INIT;
  BelfryQuery workers = BELFRY_QUERY_INIT;
  BelfryQuery running = BELFRY_QUERY_INIT;
  BelfryQuery pending = BELFRY_QUERY_INIT;

  builders.filters[0] = (BelfryFilter){ .field = "configured", .number = TRUE };
  builders.limit = VIEWS_MAX_BUILDERS;
  workers.limit = VIEWS_MAX_BUILDERS;
  running.filters[0] = (BelfryFilter){ .field = "complete", .number = FALSE };
  running.limit = VIEWS_MAX_RUNNING;
  pending.filters[0] = (BelfryFilter){ .field = "complete", .number = FALSE };
  pending.filters[1] = (BelfryFilter){ .field = "claimed", .number = FALSE };
  pending.limit = VIEWS_MAX_PENDING;
  return views_fleet_list (self, &self->builders, belfry_builder_get_type (), &builders, error) &&
         views_fleet_list (self, &self->workers, belfry_worker_get_type (), &workers, error) &&
         views_fleet_list (self, &self->running, belfry_build_get_type (), &running, error) &&
         views_fleet_list (self, &self->pending, belfry_build_request_get_type (), &pending, error);
}

ViewsFleet *
views_fleet_new (BelfryReader *reader, GError **error)
{
  g_autoptr (ViewsFleet) self = g_new0 (ViewsFleet, 1);

  self->reader = reader;
  self->now_us = belfry_clock_now_us ();
  self->sets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, belfry_record_unref);
  self->paths = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  if (!views_fleet_read (self, error))
    return NULL;
  g_ptr_array_sort (self->builders, views_compare_builders);
  return g_steal_pointer (&self);
}

void
views_fleet_free (ViewsFleet *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->builders, g_ptr_array_unref);
  g_clear_pointer (&self->workers, g_ptr_array_unref);
  g_clear_pointer (&self->running, g_ptr_array_unref);
  g_clear_pointer (&self->pending, g_ptr_array_unref);
  g_clear_pointer (&self->sets, g_hash_table_unref);
  g_clear_pointer (&self->paths, g_hash_table_unref);
  g_free (self);
}

BelfryBuilder *
views_fleet_find_builder (ViewsFleet *self, gint64 builderid)
{
  for (guint i = 0; i < self->builders->len; i++) {
    BelfryBuilder *builder = self->builders->pdata[i];

    if (builder->builderid == builderid)
      return builder;
  }
  return NULL;
}

const char *
views_fleet_get_builder_name (ViewsFleet *self, gint64 builderid)
{
  BelfryBuilder *builder = views_fleet_find_builder (self, builderid);

  return builder != NULL ? builder->name : NULL;
}

/* Several builders build one set, so a page asks for each set once. */
/* a page of a thousand builds asks for every builder's path a hundred times */
static const char *
views_fleet_get_builds_path (ViewsFleet *self, gint64 builderid)
{
  char *path = g_hash_table_lookup (self->paths, &builderid);

  if (path == NULL) {
    const char *name = views_fleet_get_builder_name (self, builderid);
    g_autofree char *builder = views_dup_builder_path (name != NULL ? name : "");

    path = g_strconcat (builder, "/builds/", NULL);
    g_hash_table_insert (self->paths, g_memdup2 (&builderid, sizeof builderid), path);
  }
  return path;
}

char *
views_fleet_dup_build_path (ViewsFleet *self, BelfryBuild *build)
{
  return g_strdup_printf ("%s%" G_GINT64_FORMAT,
                          views_fleet_get_builds_path (self, build->builderid), build->number);
}

BelfryBuildset *
views_fleet_get_set (ViewsFleet *self, gint64 bsid)
{
  BelfryBuildset *set = NULL;

  if (bsid == BELFRY_NONE)
    return NULL;
  set = g_hash_table_lookup (self->sets, &bsid);
  if (set != NULL)
    return set;
  set = belfry_reader_find (self->reader, belfry_buildset_get_type (), bsid, NULL);
  if (set != NULL)
    g_hash_table_insert (self->sets, g_memdup2 (&bsid, sizeof bsid), set);
  return set;
}

gboolean
views_worker_is_connected (BelfryWorker *worker)
{
  return worker->connected_to != NULL && JSON_NODE_HOLDS_ARRAY (worker->connected_to) &&
         json_array_get_length (json_node_get_array (worker->connected_to)) > 0;
}

gboolean
views_worker_serves (BelfryWorker *worker, gint64 builderid)
{
  JsonArray *places = NULL;

  if (worker->configured_on == NULL || !JSON_NODE_HOLDS_ARRAY (worker->configured_on))
    return FALSE;
  places = json_node_get_array (worker->configured_on);
  for (guint i = 0; i < json_array_get_length (places); i++) {
    JsonNode *place = json_array_get_element (places, i);

    if (JSON_NODE_HOLDS_OBJECT (place) &&
        belfry_json_get_integer (json_node_get_object (place), "builderid", -1) == builderid)
      return TRUE;
  }
  return FALSE;
}

gboolean
views_fleet_is_online (ViewsFleet *self, gint64 builderid)
{
  for (guint i = 0; i < self->workers->len; i++) {
    BelfryWorker *worker = self->workers->pdata[i];

    if (views_worker_is_connected (worker) && views_worker_serves (worker, builderid))
      return TRUE;
  }
  return FALSE;
}

gboolean
views_fleet_is_building (ViewsFleet *self, gint64 builderid)
{
  for (guint i = 0; i < self->running->len; i++) {
    if (((BelfryBuild *)self->running->pdata[i])->builderid == builderid)
      return TRUE;
  }
  return FALSE;
}

guint
views_fleet_count_pending (ViewsFleet *self, gint64 builderid)
{
  guint n = 0;

  for (guint i = 0; i < self->pending->len; i++) {
    if (((BelfryBuildRequest *)self->pending->pdata[i])->builderid == builderid)
      n++;
  }
  return n;
}

static gboolean
views_fleet_has_failed_step (ViewsFleet *self, BelfryBuild *build)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = build->buildid };
  query.filters[1] = (BelfryFilter){ .field = "results", .number = BELFRY_RESULT_FAILURE };
  return belfry_reader_count (self->reader, belfry_step_get_type (), &query, NULL) > 0;
}

/* offline; the last result is not success (warnings are none); a running build has a failed step */
gboolean
views_fleet_is_failing (ViewsFleet *self, gint64 builderid, BelfryBuild *last)
{
  if (!views_fleet_is_online (self, builderid))
    return TRUE;
  if (last != NULL && last->results != BELFRY_RESULT_SUCCESS)
    return TRUE;
  for (guint i = 0; i < self->running->len; i++) {
    BelfryBuild *build = self->running->pdata[i];

    if (build->builderid == builderid && views_fleet_has_failed_step (self, build))
      return TRUE;
  }
  return FALSE;
}

/* µs that are left by the mean of the last good builds; BELFRY_NONE: nobody knows */
gint64
views_fleet_estimate (ViewsFleet *self, BelfryBuild *build)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;
  gint64 sum_us = 0;
  gint64 left_us = 0;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = build->builderid };
  query.filters[1] = (BelfryFilter){ .field = "complete", .number = TRUE };
  query.filters[2] = (BelfryFilter){ .field = "results", .number = BELFRY_RESULT_SUCCESS };
  query.order = "number";
  query.descending = TRUE;
  query.limit = VIEWS_GOOD_BUILDS;
  builds = belfry_reader_list (self->reader, belfry_build_get_type (), &query, NULL, NULL);
  if (builds == NULL || builds->len == 0 || build->started_at == BELFRY_NONE)
    return BELFRY_NONE;
  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *good = builds->pdata[i];

    sum_us += MAX (good->complete_at - good->started_at, 0);
  }
  left_us = build->started_at + sum_us / builds->len - self->now_us;
  return MAX (left_us, 0);
}

/* state, then what runs and what waits */
JsonObject *
views_fleet_activity_to_json (ViewsFleet *self, gint64 builderid)
{
  JsonObject *object = json_object_new ();
  JsonArray *running = json_array_new ();
  const char *state = views_fleet_is_online (self, builderid) ? N_ ("idle") : N_ ("offline");

  for (guint i = 0; i < self->running->len; i++) {
    BelfryBuild *build = self->running->pdata[i];
    JsonObject *item = NULL;
    gint64 left_us = 0;

    if (build->builderid != builderid)
      continue;
    state = N_ ("building");
    left_us = views_fleet_estimate (self, build);
    item = json_object_new ();
    json_object_set_int_member (item, "number", build->number);
    views_put_time (item, "left", left_us);
    views_put_time (item, "at", left_us == BELFRY_NONE ? BELFRY_NONE : self->now_us + left_us);
    json_array_add_object_element (running, item);
  }
  json_object_set_string_member (object, "state", state);
  views_take_array (object, "running", running);
  json_object_set_int_member (object, "pending", views_fleet_count_pending (self, builderid));
  return object;
}

static gboolean
views_has_tag (BelfryBuilder *builder, GPtrArray *tags)
{
  for (guint i = 0; builder->tags != NULL && builder->tags[i] != NULL; i++) {
    if (views_list_has (tags, builder->tags[i]))
      return TRUE;
  }
  return FALSE;
}

/* `tag=` where there is one, else `category=`; `builder=` and its old name `show=` */
GPtrArray *
views_fleet_filter (ViewsFleet *self, BelfryForm *form)
{
  g_autoptr (GPtrArray) names = views_argument_list (form, "builder");
  g_autoptr (GPtrArray) shown = views_argument_list (form, "show");
  g_autoptr (GPtrArray) tags = views_argument_list (form, "tag");
  GPtrArray *chosen = g_ptr_array_new_with_free_func (belfry_record_unref);

  if (tags->len == 0) {
    g_ptr_array_unref (tags);
    tags = views_argument_list (form, "category");
  }
  for (guint i = 0; i < self->builders->len; i++) {
    BelfryBuilder *builder = self->builders->pdata[i];
    gboolean named = names->len + shown->len == 0 || views_list_has (names, builder->name) ||
                     views_list_has (shown, builder->name);

    if (named && (tags->len == 0 || views_has_tag (builder, tags)))
      g_ptr_array_add (chosen, belfry_record_ref (builder));
  }
  return chosen;
}

static int
views_compare_texts (gconstpointer a, gconstpointer b)
{
  return views_compare_names (*(const char *const *)a, *(const char *const *)b);
}

/* every tag there is, in order, and whether it is chosen */
JsonArray *
views_fleet_tags_to_json (ViewsFleet *self, GPtrArray *chosen)
{
  g_autoptr (GPtrArray) tags = g_ptr_array_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->builders->len; i++) {
    BelfryBuilder *builder = self->builders->pdata[i];

    for (guint k = 0; builder->tags != NULL && builder->tags[k] != NULL; k++) {
      if (!views_list_has (tags, builder->tags[k]))
        g_ptr_array_add (tags, builder->tags[k]);
    }
  }
  g_ptr_array_sort (tags, views_compare_texts);
  for (guint i = 0; i < tags->len; i++) {
    JsonObject *tag = json_object_new ();
    g_autofree char *encoded = belfry_text_percent_encode (tags->pdata[i]);

    json_object_set_string_member (tag, "name", tags->pdata[i]);
    json_object_set_string_member (tag, "encoded", encoded);
    json_object_set_boolean_member (tag, "chosen", views_list_has (chosen, tags->pdata[i]));
    json_array_add_object_element (array, tag);
  }
  return array;
}

/* `trunk` means the default branch too; no branches: all of them */
gboolean
views_branch_matches (GPtrArray *branches, const char *branch)
{
  if (branches == NULL || branches->len == 0)
    return TRUE;
  if (branch == NULL || *branch == '\0')
    return views_list_has (branches, "trunk");
  return views_list_has (branches, branch);
}

static BelfryBuild *
views_newest_on (BelfryReader *reader, gint64 builderid, const BelfryFilter *branch, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = builderid };
  query.filters[1] = (BelfryFilter){ .field = "complete", .number = TRUE };
  if (branch != NULL)
    query.filters[2] = *branch;
  query.order = "number";
  query.descending = TRUE;
  query.limit = 1;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error);
  return builds != NULL && builds->len > 0 ? belfry_record_ref (builds->pdata[0]) : NULL;
}

static void
views_keep_newer (BelfryBuild **best, BelfryBuild *build)
{
  if (build == NULL)
    return;
  if (*best != NULL && (*best)->number > build->number) {
    belfry_record_unref (build);
    return;
  }
  if (*best != NULL)
    belfry_record_unref (*best);
  *best = build;
}

/* the latest finished build, however old; (nullable) where there is none */
BelfryBuild *
views_last_build (BelfryReader *reader, gint64 builderid, GPtrArray *branches, GError **error)
{
  BelfryBuild *best = NULL;

  if (branches == NULL || branches->len == 0)
    return views_newest_on (reader, builderid, NULL, error);
  for (guint i = 0; i < branches->len; i++) {
    BelfryFilter on = { .field = "branch", .text = branches->pdata[i] };
    BelfryFilter none = { .field = "branch", .compare = BELFRY_COMPARE_IS_NULL };

    views_keep_newer (&best, views_newest_on (reader, builderid, &on, error));
    if (g_str_equal (branches->pdata[i], "trunk"))
      views_keep_newer (&best, views_newest_on (reader, builderid, &none, error));
  }
  return best;
}
