/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds, steps and logs while they run. Each begins once and ends once: an end that is said again
 * (by an engine that recovers) changes nothing and tells nothing.
 */
#include "builds/builds-private.h"

#define USE_NUMBER                                                                                 \
  "UPDATE builders SET next_number = max (next_number, ?2 + 1) WHERE builderid = ?1"
#define SET_OF_REQUEST "SELECT buildsetid FROM requests WHERE buildrequestid = ?1"
#define BUILD_OF_STEP  "SELECT buildid FROM steps WHERE stepid = ?1"

/* builds */

static void
fill_text (char **field, const BelfryBuild *build, const char *property)
{
  const char *text = belfry_properties_get_text (build->properties, property);

  if (text != NULL)
    belfry_record_set_text (field, text);
}

/* What filters and links need, taken from where engines put it. */
static gboolean
fill_build (BelfryApplying *self, BelfryBuild *build, GError **error)
{
  fill_text (&build->branch, build, "branch");
  fill_text (&build->revision, build, "revision");
  fill_text (&build->revision, build, "got_revision");
  fill_text (&build->scheduler, build, "scheduler");
  if (build->bsid == 0)
    build->bsid = BELFRY_NONE;
  if (build->bsid != BELFRY_NONE || build->buildrequestid == BELFRY_NONE)
    return TRUE;
  return belfry_applying_ask (self, SET_OF_REQUEST, build->buildrequestid, &build->bsid, error);
}

static gboolean
say_build (BelfryApplying *self, const char *event, BelfryBuild *build, GError **error)
{
  BelfryEventSaid said = { .name = event,
                           .record = build,
                           .builderid = build->builderid,
                           .buildid = build->buildid,
                           .properties = TRUE };

  return belfry_builds_say (self->writer, &said, error);
}

gboolean
belfry_apply_add_build (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_record_copy (operation->record);
  const gint64 values[] = { build->builderid, build->number };

  if (build->started_at == 0)
    build->started_at = self->now_us;
  return fill_build (self, build, error) && belfry_writer_insert (self->writer, build, error) &&
         belfry_applying_run (self, USE_NUMBER, values, G_N_ELEMENTS (values), NULL, error) &&
         say_build (self, "build-started", build, error);
}

static gboolean
say_property (BelfryApplying *self, const BelfryBuild *build, const char *name, GError **error)
{
  g_autoptr (JsonObject) more = json_object_new ();
  BelfryEventSaid said = {
    .name = "property-set", .builderid = build->builderid, .buildid = build->buildid, .more = more
  };

  json_object_set_int_member (more, "buildid", build->buildid);
  json_object_set_string_member (more, "name", name);
  json_object_set_member (more, "value",
                          belfry_json_copy (belfry_properties_get_value (build->properties, name)));
  json_object_set_string_member (more, "source",
                                 belfry_properties_get_source (build->properties, name));
  return belfry_builds_say (self->writer, &said, error);
}

static gboolean
say_properties (BelfryApplying *self,
                const BelfryBuild *old,
                const BelfryBuild *build,
                GError **error)
{
  for (guint i = 0; i < belfry_properties_get_count (build->properties); i++) {
    const char *name = belfry_properties_get_name (build->properties, i);
    JsonNode *before = belfry_properties_get_value (old->properties, name);
    JsonNode *now = belfry_properties_get_value (build->properties, name);

    if ((before == NULL || !json_node_equal (before, now)) &&
        !say_property (self, build, name, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
change_build (BelfryApplying *self, BelfryBuild *build, const BelfryBuild *old, GError **error)
{
  if (build->properties == NULL)
    build->properties = belfry_properties_copy (old->properties);
  if (build->bsid == BELFRY_NONE || build->bsid == 0)
    build->bsid = old->bsid;
  if (build->started_at == 0)
    build->started_at = old->started_at;
  if (build->url == NULL)
    belfry_record_set_text (&build->url, old->url);
  return fill_build (self, build, error) && belfry_writer_update (self->writer, build, error) &&
         say_properties (self, old, build, error);
}

gboolean
belfry_apply_update_build (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_record_copy (operation->record);
  g_autoptr (BelfryBuild) old =
      belfry_writer_find (self->writer, belfry_build_get_type (), build->buildid, error);

  return old != NULL && (old->complete || change_build (self, build, old, error));
}

gboolean
belfry_apply_finish_build (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_record_copy (operation->record);
  g_autoptr (BelfryBuild) old =
      belfry_writer_find (self->writer, belfry_build_get_type (), build->buildid, error);

  if (old == NULL || old->complete)
    return old != NULL;
  build->complete = TRUE;
  if (build->complete_at == BELFRY_NONE)
    build->complete_at = self->now_us;
  return change_build (self, build, old, error) && say_build (self, "build-finished", build, error);
}

/* steps */

static gboolean
say_step (BelfryApplying *self, const char *event, BelfryStep *step, GError **error)
{
  g_autoptr (JsonObject) more = json_object_new ();
  BelfryEventSaid said = { .name = event, .record = step, .buildid = step->buildid, .more = more };

  if (step->statistics != NULL)
    json_object_set_member (more, "statistics", belfry_json_copy (step->statistics));
  return belfry_builds_say (self->writer, &said, error);
}

gboolean
belfry_apply_add_step (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryStep) step = belfry_record_copy (operation->record);

  if (step->started_at == BELFRY_NONE)
    step->started_at = self->now_us;
  return belfry_writer_insert (self->writer, step, error) &&
         say_step (self, "step-started", step, error);
}

static BelfryStep *
find_step (BelfryApplying *self, BelfryStep *step, GError **error)
{
  BelfryStep *old = belfry_writer_find (self->writer, belfry_step_get_type (), step->stepid, error);

  if (old != NULL && step->started_at == BELFRY_NONE)
    step->started_at = old->started_at;
  return old;
}

static gboolean
is_same_json (JsonNode *a, JsonNode *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return json_node_equal (a, b);
}

gboolean
belfry_apply_update_step (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryStep) step = belfry_record_copy (operation->record);
  g_autoptr (BelfryStep) old = find_step (self, step, error);

  if (old == NULL || old->complete)
    return old != NULL;
  if (!belfry_writer_update (self->writer, step, error))
    return FALSE;
  if (g_strcmp0 (old->state_string, step->state_string) != 0 &&
      !say_step (self, "step-text", step, error))
    return FALSE;
  return is_same_json (old->urls, step->urls) || say_step (self, "step-url", step, error);
}

gboolean
belfry_apply_finish_step (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryStep) step = belfry_record_copy (operation->record);
  g_autoptr (BelfryStep) old = find_step (self, step, error);

  if (old == NULL || old->complete)
    return old != NULL;
  step->complete = TRUE;
  if (step->complete_at == BELFRY_NONE)
    step->complete_at = self->now_us;
  return belfry_writer_update (self->writer, step, error) &&
         say_step (self, "step-finished", step, error);
}

/* logs */

static gboolean
say_log (BelfryApplying *self, const char *event, BelfryLog *log, GError **error)
{
  BelfryEventSaid said = { .name = event, .record = log, .buildid = log->buildid };

  return belfry_builds_say (self->writer, &said, error);
}

gboolean
belfry_apply_add_log (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryLog) log = belfry_record_copy (operation->record);

  if (log->buildid == 0 &&
      !belfry_applying_ask (self, BUILD_OF_STEP, log->stepid, &log->buildid, error))
    return FALSE;
  return belfry_writer_insert (self->writer, log, error) &&
         say_log (self, "log-started", log, error);
}

gboolean
belfry_apply_finish_log (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryLog) log =
      belfry_writer_find (self->writer, belfry_log_get_type (), operation->id, error);
  gint64 lines = BELFRY_NONE;
  gint64 bytes = BELFRY_NONE;

  if (log == NULL || log->complete)
    return log != NULL;
  belfry_store_log_finish (belfry_writer_get_store (self->writer), log->logid, &lines, &bytes);
  log->complete = TRUE;
  if (lines != BELFRY_NONE)
    log->num_lines = MAX (log->num_lines, lines);
  if (bytes != BELFRY_NONE)
    log->num_bytes = MAX (log->num_bytes, bytes);
  return belfry_writer_update (self->writer, log, error) &&
         say_log (self, "log-finished", log, error);
}
