/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names and numbers of a form become ids here, through a reader that shows what the visitor may
 * see; what is not there is named. Of several, those that are unknown are passed over: the rest is
 * done.
 */
#include "www/action-plan.h"

#define MAX_TARGETS 1000

static void
target_free (BelfryPlanTarget *self)
{
  g_free (self->builder);
  g_free (self->worker);
  g_free (self);
}

static void
add_target (BelfryPlan *self, gint64 id, const char *builder, const char *worker)
{
  BelfryPlanTarget *target = g_new0 (BelfryPlanTarget, 1);

  target->id = id;
  target->builder = g_strdup (builder);
  target->worker = g_strdup (worker);
  g_ptr_array_add (self->targets, target);
}

BelfryPlan *
belfry_plan_new (BelfryPlanKind kind, BelfryRequest *request)
{
  BelfryPlan *self = g_new0 (BelfryPlan, 1);

  self->kind = kind;
  self->request = belfry_request_ref (request);
  self->targets = g_ptr_array_new_with_free_func ((GDestroyNotify)target_free);
  return self;
}

void
belfry_plan_free (BelfryPlan *self)
{
  if (self == NULL)
    return;
  belfry_request_unref (self->request);
  g_ptr_array_unref (self->targets);
  g_free (self->missing);
  g_free (self);
}

/* Not there is an answer, not a failure. */
static gboolean
miss (BelfryPlan *self, GError *reason, GError **error, const char *what, const char *name)
{
  if (reason != NULL && !g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, reason);
    return FALSE;
  }
  g_clear_error (&reason);
  self->missing = g_strdup_printf ("%s '%s'", what, name != NULL ? name : "");
  return TRUE;
}

static const char *
parameter (BelfryPlan *self, const char *name)
{
  const char *value = belfry_request_get_parameter (self->request, name);

  return value != NULL ? value : "";
}

static gint64
read_number (const char *text)
{
  gint64 number = BELFRY_NONE;

  return text != NULL && belfry_parse_integer (text, 0, G_MAXINT64, &number, NULL) ? number
                                                                                   : BELFRY_NONE;
}

static gboolean
find_host (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  (void)reader;
  (void)error;
  add_target (self, BELFRY_NONE, NULL, NULL);
  return TRUE;
}

static gboolean
find_builder (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  GError *reason = NULL;
  const char *name = parameter (self, "builder");
  g_autoptr (BelfryBuilder) builder = belfry_reader_find_builder (reader, name, &reason);

  if (builder == NULL)
    return miss (self, reason, error, "builder", name);
  add_target (self, BELFRY_NONE, builder->name, NULL);
  return TRUE;
}

static gboolean
find_worker (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  const char *name = parameter (self, "worker");
  g_autoptr (GPtrArray) found = NULL;

  query.filters[0] = (BelfryFilter){ .field = "name", .text = name };
  found = belfry_reader_list (reader, belfry_worker_get_type (), &query, NULL, error);
  if (found == NULL)
    return FALSE;
  if (found->len == 0)
    return miss (self, NULL, error, "worker", name);
  add_target (self, ((BelfryWorker *)found->pdata[0])->workerid, NULL, name);
  return TRUE;
}

static gboolean
find_build (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  GError *reason = NULL;
  const char *name = parameter (self, "builder");
  const char *number = parameter (self, "number");
  g_autoptr (BelfryBuilder) builder = belfry_reader_find_builder (reader, name, &reason);
  g_autoptr (BelfryBuild) build = NULL;

  if (builder == NULL)
    return miss (self, reason, error, "builder", name);
  build = belfry_reader_find_build (reader, builder->builderid, read_number (number), &reason);
  if (build == NULL)
    return miss (self, reason, error, "build", number);
  add_target (self, build->buildid, builder->name, NULL);
  return TRUE;
}

static GHashTable *
list_names (BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GHashTable) names =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_autoptr (GPtrArray) builders = NULL;

  query.limit = 10000;
  builders = belfry_reader_list (reader, belfry_builder_get_type (), &query, NULL, error);
  if (builders == NULL)
    return NULL;
  for (guint i = 0; i < builders->len; i++) {
    const BelfryBuilder *builder = builders->pdata[i];

    g_hash_table_insert (names, g_memdup2 (&builder->builderid, sizeof builder->builderid),
                         g_strdup (builder->name));
  }
  return g_steal_pointer (&names);
}

static gboolean
is_selected (char **selected, const char *name)
{
  return selected == NULL || g_strv_contains ((const char *const *)selected, name);
}

static gboolean
find_builders (BelfryPlan *self, BelfryReader *reader, char **selected, GError **error)
{
  g_autoptr (GHashTable) names = list_names (reader, error);
  GHashTableIter iter;
  const char *name = NULL;

  if (names == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&name)) {
    if (is_selected (selected, name) && self->targets->len < MAX_TARGETS)
      add_target (self, BELFRY_NONE, name, NULL);
  }
  return TRUE;
}

static gboolean
find_running (BelfryPlan *self, BelfryReader *reader, char **selected, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GHashTable) names = list_names (reader, error);
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "complete", .number = FALSE };
  query.limit = MAX_TARGETS;
  builds = names != NULL
               ? belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error)
               : NULL;
  if (builds == NULL)
    return FALSE;
  for (guint i = 0; i < builds->len; i++) {
    const BelfryBuild *build = builds->pdata[i];
    const char *name = g_hash_table_lookup (names, &build->builderid);

    if (name != NULL && is_selected (selected, name))
      add_target (self, build->buildid, name, NULL);
  }
  return TRUE;
}

static gboolean
find_waiting (BelfryPlan *self, BelfryReader *reader, char **selected, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GHashTable) names = list_names (reader, error);
  g_autoptr (GPtrArray) requests = NULL;

  query.filters[0] = (BelfryFilter){ .field = "complete", .number = FALSE };
  query.filters[1] = (BelfryFilter){ .field = "claimed", .number = FALSE };
  query.limit = MAX_TARGETS;
  requests = names != NULL ? belfry_reader_list (reader, belfry_build_request_get_type (), &query,
                                                 NULL, error)
                           : NULL;
  if (requests == NULL)
    return FALSE;
  for (guint i = 0; i < requests->len; i++) {
    const BelfryBuildRequest *request = requests->pdata[i];
    const char *name = g_hash_table_lookup (names, &request->builderid);

    if (name != NULL && is_selected (selected, name))
      add_target (self, request->buildrequestid, name, NULL);
  }
  return TRUE;
}

static gboolean
find_request (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  const char *id = belfry_request_get_argument (self->request, "id");
  const char *builder = parameter (self, "builder");
  char *only[] = { (char *)builder, NULL };
  g_autoptr (BelfryBuildRequest) request = NULL;
  GError *reason = NULL;
  g_autoptr (BelfryPlan) named = belfry_plan_new (BELFRY_PLAN_BUILDER, self->request);

  if (!find_builder (named, reader, error))
    return FALSE;
  if (named->missing != NULL) {
    self->missing = g_steal_pointer (&named->missing);
    return TRUE;
  }
  if (g_strcmp0 (id, "all") == 0)
    return find_waiting (self, reader, only, error);
  request =
      belfry_reader_find (reader, belfry_build_request_get_type (), read_number (id), &reason);
  if (request == NULL)
    return miss (self, reason, error, "request", id);
  add_target (self, request->buildrequestid, builder, NULL);
  return TRUE;
}

static gboolean
find_change (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  const char *id = belfry_request_get_argument (self->request, "change");
  const char *builder = belfry_request_get_parameter (self->request, "builder");
  GError *reason = NULL;
  g_autoptr (BelfryChange) change =
      belfry_reader_find (reader, belfry_change_get_type (), read_number (id), &reason);

  if (change == NULL)
    return miss (self, reason, error, "change", id);
  add_target (self, change->changeid, builder, NULL);
  return TRUE;
}

static gboolean
find_delivery (BelfryPlan *self, BelfryReader *reader, GError **error)
{
  const char *id = parameter (self, "delivery");
  GError *reason = NULL;
  g_autoptr (BelfryDelivery) delivery =
      belfry_reader_find (reader, belfry_delivery_get_type (), read_number (id), &reason);

  if (delivery == NULL)
    return miss (self, reason, error, "delivery", id);
  add_target (self, delivery->deliveryid, NULL, NULL);
  return TRUE;
}

static char **
dup_selected (BelfryPlan *self)
{
  BelfryForm *form = belfry_request_get_arguments (self->request, NULL);

  return form != NULL ? belfry_form_dup_all (form, "selected") : g_new0 (char *, 1);
}

gboolean
belfry_plan_find (BelfryReader *reader, gpointer data, GError **error)
{
  BelfryPlan *self = data;
  g_auto (GStrv) selected = dup_selected (self);

  switch (self->kind) {
  case BELFRY_PLAN_HOST:
    return find_host (self, reader, error);
  case BELFRY_PLAN_BUILDER:
    return find_builder (self, reader, error);
  case BELFRY_PLAN_WORKER:
    return find_worker (self, reader, error);
  case BELFRY_PLAN_BUILD:
    return find_build (self, reader, error);
  case BELFRY_PLAN_REQUEST:
    return find_request (self, reader, error);
  case BELFRY_PLAN_CHANGE:
    return find_change (self, reader, error);
  case BELFRY_PLAN_DELIVERY:
    return find_delivery (self, reader, error);
  case BELFRY_PLAN_ALL_BUILDERS:
    return find_builders (self, reader, NULL, error);
  case BELFRY_PLAN_SOME_BUILDERS:
    return find_builders (self, reader, selected, error);
  case BELFRY_PLAN_ALL_RUNNING:
    return find_running (self, reader, NULL, error);
  case BELFRY_PLAN_SOME_RUNNING:
    return find_running (self, reader, selected, error);
  case BELFRY_PLAN_ALL_WAITING:
    return find_waiting (self, reader, NULL, error);
  case BELFRY_PLAN_SOME_WAITING:
    return find_waiting (self, reader, selected, error);
  }
  g_return_val_if_reached (FALSE);
}
