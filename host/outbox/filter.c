/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters. They run on the writer thread, inside the transaction of the event that they look at, so
 * that event and rows are stored together or not at all. No plugin code and no template runs here.
 *
 * A build passes where builders (or tags), schedulers and branches all let it through and, once it
 * has ended, one of the modes takes its result. Workers pass by name alone.
 */
#include "filter.h"

#include "rows.h"

#define MAX_BUILDS_OF_A_SET 1000

static gboolean
has_any (char **list, char **items)
{
  for (char **item = items; item != NULL && *item != NULL; item++)
    if (g_strv_contains ((const char *const *)list, *item))
      return TRUE;
  return FALSE;
}

static gboolean
is_listed (char **list, const char *item)
{
  return list == NULL || (item != NULL && g_strv_contains ((const char *const *)list, item));
}

static const char *
get_property (const BelfryBuild *build, const char *name, const char *field)
{
  const char *value =
      build->properties != NULL ? belfry_properties_get_text (build->properties, name) : NULL;

  return value != NULL ? value : field;
}

static const char *
refuse_builder (const BelfryReporting *self, BelfryReader *reader, gint64 builderid, GError **error)
{
  const BelfryReporterKeys *keys = self->keys;
  g_autoptr (BelfryBuilder) builder = NULL;

  if (keys->builders == NULL && keys->tags == NULL)
    return NULL;
  builder = belfry_reader_find (reader, belfry_builder_get_type (), builderid, error);
  if (builder == NULL)
    return "its builder is not known";
  if (!is_listed (keys->builders, builder->name))
    return "builders does not list its builder";
  if (keys->tags != NULL && !has_any (keys->tags, builder->tags))
    return "its builder carries none of the tags";
  return NULL;
}

gboolean
belfry_filter_find_previous (const BelfryReporting *self,
                             BelfryReader *reader,
                             BelfryBuild *build,
                             BelfryBuild **previous,
                             GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean same_branch = self->keys->previous_build == BELFRY_PREVIOUS_SAME_BRANCH;

  *previous = NULL;
  if (self->keys->previous_build == BELFRY_PREVIOUS_NONE)
    return TRUE;
  *previous = belfry_reader_previous_build (reader, build, same_branch, &local);
  if (local == NULL || g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static const char *
refuse_result (const BelfryReporting *self,
               BelfryReader *reader,
               BelfryBuild *build,
               GError **error)
{
  g_autoptr (BelfryBuild) previous = NULL;

  if (belfry_modes_match (self->modes, build->results, FALSE, BELFRY_NONE))
    return NULL;
  if (!belfry_modes_compare (self->modes))
    return "mode does not take its result";
  if (!belfry_filter_find_previous (self, reader, build, &previous, error))
    return "its previous build could not be read";
  if (previous != NULL && belfry_modes_match (self->modes, build->results, TRUE, previous->results))
    return NULL;
  return "mode does not take its result after the previous one";
}

const char *
belfry_filter_refuse_build (const BelfryReporting *self,
                            BelfryReader *reader,
                            BelfryBuild *build,
                            GError **error)
{
  const BelfryReporterKeys *keys = self->keys;
  const char *reason = refuse_builder (self, reader, build->builderid, error);

  if (reason != NULL)
    return reason;
  if (!is_listed (keys->schedulers, get_property (build, "scheduler", build->scheduler)))
    return "schedulers does not list its scheduler";
  if (!is_listed (keys->branches, get_property (build, "branch", build->branch)))
    return "branches does not list its branch";
  /* a start has no result yet; a feed that names results wants those only */
  if (!build->complete)
    return self->plugin->family == BELFRY_FAMILY_FEED && keys->mode != NULL
               ? "mode names results, and it has none yet"
               : NULL;
  return refuse_result (self, reader, build, error);
}

const char *
belfry_filter_find_key (const BelfryReporting *self, const char *reason)
{
  /* reasons begin with, or name, what decided */
  static const char *const keys[] = { "builders", "tags", "schedulers", "branches", "mode" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_has_prefix (reason, keys[i]) || g_str_has_suffix (reason, keys[i]))
      return keys[i];
  return self->keys->builders != NULL ? "builders" : NULL;
}

static int
compare_requests (gconstpointer a, gconstpointer b)
{
  const BelfryBuild *left = *(BelfryBuild *const *)a;
  const BelfryBuild *right = *(BelfryBuild *const *)b;

  if (left->buildrequestid != right->buildrequestid)
    return left->buildrequestid < right->buildrequestid ? -1 : 1;
  return left->buildid < right->buildid ? -1 : left->buildid > right->buildid;
}

GPtrArray *
belfry_filter_list_set (const BelfryReporting *self,
                        BelfryReader *reader,
                        gint64 bsid,
                        GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (belfry_record_unref);

  query.filters[0] = (BelfryFilter){ "bsid", BELFRY_COMPARE_EQUAL, bsid, NULL };
  query.limit = MAX_BUILDS_OF_A_SET;
  all = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error);
  if (all == NULL)
    return NULL;
  for (guint i = 0; i < all->len; i++) {
    BelfryBuild *build = g_ptr_array_index (all, i);
    g_autoptr (GError) local = NULL;

    if (build->complete && belfry_filter_refuse_build (self, reader, build, &local) == NULL)
      g_ptr_array_add (kept, belfry_record_ref (build));
    if (local != NULL && !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  }
  g_ptr_array_sort (kept, compare_requests);
  return g_steal_pointer (&kept);
}

static gboolean
insert_row (const BelfryReporting *self,
            BelfryFiltering *filtering,
            gint64 buildid,
            gint64 bsid,
            JsonNode *data,
            GError **error)
{
  BelfryReportRow *row = belfry_report_row_new ();
  gint64 now_us = belfry_clock_now_us ();

  belfry_record_set_text (&row->instance, self->name);
  belfry_record_set_text (&row->phase, filtering->phase);
  belfry_record_set_text (&row->state, "waiting");
  row->buildid = buildid;
  row->bsid = bsid;
  row->created_at = now_us;
  row->next_at = belfry_reporting_get_due (self, filtering->phase, now_us);
  row->eventid = filtering->event->eventid;
  row->data = data != NULL ? belfry_json_copy (data) : NULL;
  g_ptr_array_add (filtering->inserted, row);
  return belfry_writer_insert (filtering->writer, row, error);
}

/* told long after it happened, as a mirror does that catches up */
static gboolean
is_late (const BelfryReporting *self, const BelfryFiltering *filtering, const BelfryBuild *build)
{
  g_autoptr (JsonObject) data = NULL;

  if (build->complete_at == BELFRY_NONE || self->late_us <= 0 ||
      build->complete_at >= belfry_clock_now_us () - self->late_us)
    return FALSE;
  data = belfry_event_dup_data (filtering->event);
  return belfry_json_get_boolean (data, "late", FALSE);
}

static gpointer
get_record (BelfryFiltering *filtering, const BelfryRecordType *type, gint64 id, GError **error)
{
  if (filtering->record != NULL && ((BelfryRecord *)filtering->record)->type == type)
    return belfry_record_ref (filtering->record);
  return belfry_reader_find (belfry_writer_get_reader (filtering->writer), type, id, error);
}

/* a reader's failure to find something is no failure of the event */
static gboolean
forgive_absent (GError **local, GError **error)
{
  if (*local == NULL || g_error_matches (*local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (local));
  return FALSE;
}

static gboolean
apply_build (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  g_autoptr (GError) local = NULL;
  BelfryReader *reader = belfry_writer_get_reader (filtering->writer);
  g_autoptr (BelfryBuild) build = NULL;
  guint phase =
      g_str_equal (filtering->phase, "started") ? BELFRY_PHASE_STARTED : BELFRY_PHASE_FINISHED;

  if ((self->phases & phase) == 0 || self->keys->build_set_summary)
    return TRUE;
  /* a digest speaks of what has ended */
  if (phase == BELFRY_PHASE_STARTED && self->keys->digest != NULL)
    return TRUE;
  build = get_record (filtering, belfry_build_get_type (), filtering->event->buildid, &local);
  if (build == NULL)
    return forgive_absent (&local, error);
  if (is_late (self, filtering, build))
    return TRUE;
  if (belfry_filter_refuse_build (self, reader, build, &local) != NULL || local != NULL)
    return forgive_absent (&local, error);
  /* what paints a state has no use for a start that waits beside its end */
  if (phase == BELFRY_PHASE_FINISHED && belfry_reporting_is_painter (self) &&
      !belfry_rows_supersede_starts (filtering->writer, self->name, build->buildid, error))
    return FALSE;
  return insert_row (self, filtering, build->buildid, build->bsid, NULL, error);
}

static gboolean
apply_buildset (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  BelfryReader *reader = belfry_writer_get_reader (filtering->writer);
  gint64 bsid = filtering->event->subject;
  g_autoptr (GPtrArray) builds = NULL;

  if ((self->phases & BELFRY_PHASE_BUILDSET) == 0 ||
      (belfry_reporting_is_message (self) && !self->keys->build_set_summary))
    return TRUE;
  if (filtering->record != NULL)
    bsid = belfry_record_get_id (filtering->record);
  builds = belfry_filter_list_set (self, reader, bsid, error);
  if (builds == NULL)
    return FALSE;
  if (builds->len == 0)
    return TRUE;
  return insert_row (self, filtering, BELFRY_NONE, bsid, NULL, error);
}

static gboolean
is_watched (const BelfryReporterKeys *keys, const char *name)
{
  char **list = keys->watched_workers;

  if (list == NULL || name == NULL)
    return FALSE;
  if (g_strv_length (list) == 1 && g_str_equal (list[0], "none"))
    return FALSE;
  if (g_strv_length (list) == 1 && g_str_equal (list[0], "all"))
    return TRUE;
  return g_strv_contains ((const char *const *)list, name);
}

static gboolean
apply_worker (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryWorker) worker = NULL;
  g_autoptr (JsonNode) data = NULL;

  if ((self->phases & BELFRY_PHASE_WORKER) == 0)
    return TRUE;
  worker = get_record (filtering, belfry_worker_get_type (), filtering->event->subject, &local);
  if (worker == NULL)
    return forgive_absent (&local, error);
  if (!is_watched (self->keys, worker->name))
    return TRUE;
  data = json_node_init_object (json_node_alloc (), NULL);
  json_node_take_object (data, belfry_event_dup_data (filtering->event));
  return insert_row (self, filtering, BELFRY_NONE, BELFRY_NONE, data, error);
}

static gboolean
apply_request (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  g_autoptr (GError) local = NULL;
  BelfryReader *reader = belfry_writer_get_reader (filtering->writer);
  g_autoptr (BelfryBuildRequest) request = NULL;
  g_autoptr (JsonNode) data = NULL;
  JsonObject *object = NULL;

  if ((self->phases & BELFRY_PHASE_REQUEST) == 0)
    return TRUE;
  request =
      get_record (filtering, belfry_build_request_get_type (), filtering->event->subject, &local);
  if (request == NULL || refuse_builder (self, reader, request->builderid, &local) != NULL ||
      local != NULL)
    return forgive_absent (&local, error);
  object = json_object_new ();
  json_object_set_int_member (object, "buildrequestid", request->buildrequestid);
  data = json_node_init_object (json_node_alloc (), object);
  json_object_unref (object);
  return insert_row (self, filtering, BELFRY_NONE, request->buildsetid, data, error);
}

/* the request is complete: its last build is the one to speak of, those before it were retried */
static gboolean
release_held (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  BelfryReader *reader = belfry_writer_get_reader (filtering->writer);
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;
  gint64 due_us = belfry_reporting_leave_quiet (self, belfry_clock_now_us ());

  query.filters[0] = (BelfryFilter){
    "buildrequestid",
    BELFRY_COMPARE_EQUAL,
    filtering->event->subject,
    NULL,
  };
  if (filtering->record != NULL)
    query.filters[0].number = belfry_record_get_id (filtering->record);
  query.limit = MAX_BUILDS_OF_A_SET;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error);
  if (builds == NULL)
    return FALSE;
  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);
    gboolean last = i + 1 == builds->len;

    if (!(last ? belfry_rows_release (filtering->writer, self->name, build->buildid, due_us, error)
               : belfry_rows_supersede_held (filtering->writer, self->name, build->buildid, error)))
      return FALSE;
  }
  filtering->released |= builds->len > 0;
  return TRUE;
}

static const struct {
  const char *phase;
  gboolean (*apply) (const BelfryReporting *self, BelfryFiltering *filtering, GError **error);
} phases[] = {
  { "started", apply_build }, { "finished", apply_build },  { "buildset", apply_buildset },
  { "worker", apply_worker }, { "request", apply_request },
};

gboolean
belfry_filter_apply (const BelfryReporting *self, BelfryFiltering *filtering, GError **error)
{
  const char *name = filtering->event->name;

  if (belfry_reporting_is_held (self) &&
      (g_str_equal (name, "request-finished") || g_str_equal (name, "request-cancelled")) &&
      !release_held (self, filtering, error))
    return FALSE;
  for (gsize i = 0; filtering->phase != NULL && i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phases[i].phase, filtering->phase))
      return phases[i].apply (self, filtering, error);
  return TRUE;
}
