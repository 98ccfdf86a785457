/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long builds are expected to run: the mean of the builder's last ten good ones, asked of the
 * store once, kept up to date from then on, told once a minute for what runs.
 */
#include "local.h"

#define GOOD_BUILDS  10
#define BUILDS_ASKED 40

/** Asking: the builds of one builder, read on a pool thread */
typedef struct {
  Local *local;
  char *builder; /* name */
  gint64 builderid;
  GArray *durations; /* (element-type gint64) newest first */
} Asking;

static gboolean
is_good (const BelfryBuild *build)
{
  return build->complete && build->complete_at != BELFRY_NONE &&
         (build->results == BELFRY_RESULT_SUCCESS || build->results == BELFRY_RESULT_WARNINGS);
}

static gboolean
read_durations (BelfryReader *reader, gpointer data, GError **error)
{
  Asking *self = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "builderid",
                                     .compare = BELFRY_COMPARE_EQUAL,
                                     .number = self->builderid };
  query.descending = TRUE;
  query.limit = BUILDS_ASKED;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, &cut, error);
  for (guint i = 0; builds != NULL && i < builds->len && self->durations->len < GOOD_BUILDS; i++) {
    const BelfryBuild *build = g_ptr_array_index (builds, i);
    gint64 duration = build->complete_at - build->started_at;

    if (is_good (build))
      g_array_append_val (self->durations, duration);
  }
  return builds != NULL;
}

static void
add_duration (LocalBuilderState *state, gint64 duration)
{
  if (state->durations == NULL)
    state->durations = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_prepend_val (state->durations, duration);
  if (state->durations->len > GOOD_BUILDS)
    g_array_set_size (state->durations, GOOD_BUILDS);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Asking *self = data;
  Local *local = self->local;
  LocalBuilderState *state = local_builder_state (local, self->builder);
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!belfry_instance_read_finish (local->instance, result, &error))
    local_log_error (local, "reading how long builds took", error);
  if (state->durations == NULL)
    state->durations = g_array_ref (self->durations);
  g_array_unref (self->durations);
  g_free (self->builder);
  g_free (self);
  local->n_pending--;
  local_stop_step (local);
}

/* A build has begun: its builder's past is asked for when it is not known. */
void
local_eta_begin (Local *local, LocalBuilderState *state)
{
  Asking *self = NULL;

  if (state->durations_asked)
    return;
  state->durations_asked = TRUE;
  self = g_new0 (Asking, 1);
  self->local = local;
  self->builder = g_strdup (state->name);
  self->builderid = state->builderid;
  self->durations = g_array_new (FALSE, FALSE, sizeof (gint64));
  local->n_pending++;
  belfry_instance_read_async (local->instance, read_durations, self, NULL, on_read, self);
}

void
local_eta_end (LocalBuilderState *state, const BelfryBuild *build)
{
  if (is_good (build))
    add_duration (state, build->complete_at - build->started_at);
}

static void
tell (Local *self, const LocalBuild *build, const LocalBuilderState *state)
{
  g_autoptr (JsonObject) data = json_object_new ();
  gint64 elapsed = belfry_clock_now_us () - build->record->started_at;
  gint64 mean = 0;

  for (guint i = 0; i < state->durations->len; i++)
    mean += g_array_index (state->durations, gint64, i) / state->durations->len;
  json_object_set_int_member (data, "buildid", build->record->buildid);
  json_object_set_int_member (data, "expected", mean / G_USEC_PER_SEC);
  json_object_set_int_member (data, "eta", MAX (mean - elapsed, 0) / G_USEC_PER_SEC);
  belfry_engine_tell (self->instance, "eta", build->record->builderid, build->record->buildid,
                      data);
}

/* Called once a minute. */
void
local_eta_tell (Local *self)
{
  for (guint i = 0; i < self->builds->len; i++) {
    const LocalBuild *build = g_ptr_array_index (self->builds, i);
    const LocalBuilderState *state = local_builder_state (self, build->builder->name);

    if (state->durations != NULL && state->durations->len > 0 && !build->record->complete)
      tell (self, build, state);
  }
}
