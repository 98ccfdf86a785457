/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The step `trigger` (§14.9 of the engine's page): fires triggerable schedulers with the sources
 * and properties of its build, in one transaction, and may wait for what they start. While it waits
 * its build is parked: it keeps its locks and its folder, and gives its slot back, since the
 * children may need it. Sets know their depth, so that a chain of triggers ends; a child that could
 * only start when its waiting parent has ended is refused at once.
 */
#include "groups.h"
#include "local.h"
#include "properties.h"
#include "result.h"
#include <string.h>

#define DEPTH_MAX 16
#define SOURCE    "Trigger"

/** Child: one set that the step has made */
typedef struct {
  LocalSet *set;
  gboolean counts;
} Child;

/** Trigger: the state of one step */
typedef struct {
  LocalConfig *config;   /* of the schedulers */
  GPtrArray *schedulers; /* (element-type LocalScheduler) (unowned) */
  GPtrArray *children;   /* (element-type Child) */
  guint resume_id;
} Trigger;

static void
child_free (gpointer data)
{
  Child *self = data;

  self->set->waiter = NULL;
  local_set_unref (self->set);
  g_free (self);
}

static void
trigger_free (gpointer data)
{
  Trigger *self = data;

  g_clear_handle_id (&self->resume_id, g_source_remove);
  g_ptr_array_unref (self->schedulers);
  g_ptr_array_unref (self->children);
  local_config_unref (self->config);
  g_free (self);
}

/* what is fired */

static char *
render (const LocalRun *run, const char *text, GError **error)
{
  g_autoptr (BelfryRendered) rendered = belfry_rendered_new (text, error);

  return rendered != NULL ? local_context_render (&run->context, rendered, error) : NULL;
}

static gboolean
add_scheduler (LocalRun *run, const char *text, GError **error)
{
  Trigger *trigger = run->kind_state;
  Local *local = run->build->local;
  g_autofree char *name = render (run, text, error);
  LocalScheduler *scheduler = NULL;

  if (name == NULL)
    return FALSE;
  scheduler = local_config_find_scheduler (local->config, name);
  if (scheduler == NULL || scheduler->kind != LOCAL_SCHEDULER_TRIGGERABLE) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "there is no triggerable scheduler '%s'", name);
    return FALSE;
  }
  if (!local_scheduler_state (local, scheduler)->enabled) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "scheduler '%s' is disabled", name);
    return FALSE;
  }
  if (!g_ptr_array_find (trigger->schedulers, scheduler, NULL))
    g_ptr_array_add (trigger->schedulers, scheduler);
  return TRUE;
}

/* How many builds of @builder wait for this one, itself among them. */
static guint
count_waiting_above (const LocalBuild *build, const LocalBuilder *builder)
{
  guint count = 0;

  for (guint i = 0; build != NULL && i <= DEPTH_MAX; i++) {
    count += g_str_equal (build->builder->name, builder->name) ? 1 : 0;
    if (!build->request->record->waited_for)
      break;
    build = local_find_build (build->local, build->set->record->parent_buildid);
  }
  return count;
}

static gboolean
check_builder (const LocalRun *run, const LocalBuilder *builder, GError **error)
{
  gint64 most = builder->keys->max_running > 0
                    ? MIN (builder->keys->max_running, (gint64)builder->workers->len)
                    : (gint64)builder->workers->len;

  if (!run->step->keys->wait_for_finish || (gint64)count_waiting_above (run->build, builder) < most)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
               "builder '%s' would wait for itself: all its places are taken by builds that wait "
               "for this one",
               builder->name);
  return FALSE;
}

static gboolean
find_schedulers (LocalRun *run, GError **error)
{
  Trigger *trigger = run->kind_state;
  char **names = run->step->keys->schedulers;

  if (run->build->set->depth + 1 > DEPTH_MAX) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                 "more than %d triggers, one inside the other", DEPTH_MAX);
    return FALSE;
  }
  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    if (!add_scheduler (run, names[i], error))
      return FALSE;
  }
  for (guint i = 0; i < trigger->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (trigger->schedulers, i);

    for (guint j = 0; j < scheduler->builders->len; j++) {
      if (!check_builder (run, g_ptr_array_index (scheduler->builders, j), error))
        return FALSE;
    }
  }
  return TRUE;
}

/* sources */

static const char *
find_got_revision (const LocalBuild *build, const char *codebase)
{
  JsonNode *value = belfry_properties_get_value (build->record->properties, "got_revision");

  if (value == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (value))
    return belfry_json_get_text (json_node_get_object (value), codebase);
  return build->set->record->sourcestamps->len == 1 ? json_node_get_string (value) : NULL;
}

/* Those of the build, with the revisions that it has checked out. */
static GPtrArray *
copy_stamps (const LocalBuild *build, gboolean update)
{
  GPtrArray *stamps = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < build->set->record->sourcestamps->len; i++) {
    BelfrySourceStamp *stamp =
        belfry_record_copy (g_ptr_array_index (build->set->record->sourcestamps, i));
    const char *revision = update ? find_got_revision (build, stamp->codebase) : NULL;

    if (revision != NULL && g_strcmp0 (revision, stamp->revision) != 0) {
      belfry_record_set_text (&stamp->revision, revision);
      stamp->ssid = 0;
    }
    g_ptr_array_add (stamps, stamp);
  }
  return stamps;
}

static const LocalCodebase *
find_codebase (const LocalScheduler *scheduler, const char *name)
{
  for (guint i = 0; i < scheduler->codebases->len; i++) {
    const LocalCodebase *codebase = g_ptr_array_index (scheduler->codebases, i);

    if (g_str_equal (codebase->name, g_str_equal (name, "_") ? "" : name))
      return codebase;
  }
  return NULL;
}

static gboolean
set_part (BelfrySourceStamp *stamp, const char *part, GError **error)
{
  if (g_str_has_prefix (part, "branch="))
    belfry_record_set_text (&stamp->branch, part + strlen ("branch="));
  else if (g_str_has_prefix (part, "revision="))
    belfry_record_set_text (&stamp->revision, part + strlen ("revision="));
  else {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "source-stamp: '%s' is neither branch=… nor revision=…", part);
    return FALSE;
  }
  return TRUE;
}

static BelfrySourceStamp *
write_stamp (const LocalRun *run,
             const LocalCodebase *codebase,
             BelfryRendered *rendered,
             GError **error)
{
  g_autoptr (BelfrySourceStamp) stamp = belfry_source_stamp_new ();
  g_autofree char *text = local_context_render (&run->context, rendered, error);
  g_auto (GStrv) parts = text != NULL ? g_strsplit (text, ",", -1) : NULL;

  if (text == NULL)
    return NULL;
  stamp->patchid = BELFRY_NONE;
  belfry_record_set_text (&stamp->branch, codebase->branch);
  belfry_record_set_text (&stamp->revision, codebase->revision);
  belfry_record_set_text (&stamp->repository, codebase->repository);
  belfry_record_set_text (&stamp->project, "");
  belfry_record_set_text (&stamp->codebase, codebase->name);
  for (guint i = 0; parts[i] != NULL; i++) {
    if (!set_part (stamp, g_strstrip (parts[i]), error))
      return NULL;
  }
  return g_steal_pointer (&stamp);
}

static GPtrArray *
write_stamps (const LocalRun *run, const LocalScheduler *scheduler, GError **error)
{
  const BelfryMap *map = run->step->keys->source_stamps;
  g_autoptr (GPtrArray) stamps = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < belfry_map_get_count (map); i++) {
    const LocalCodebase *codebase = find_codebase (scheduler, belfry_map_get_name (map, i));
    BelfrySourceStamp *stamp = NULL;

    if (codebase == NULL)
      continue;
    stamp = write_stamp (run, codebase, (BelfryRendered *)belfry_map_get_value (map, i), error);
    if (stamp == NULL)
      return NULL;
    g_ptr_array_add (stamps, stamp);
  }
  return g_steal_pointer (&stamps);
}

static gboolean
has_written_stamps (const LocalStepKeys *keys)
{
  return keys->source_stamps != NULL && belfry_map_get_count (keys->source_stamps) > 0;
}

static GPtrArray *
make_stamps (const LocalRun *run, const LocalScheduler *scheduler, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;

  if (has_written_stamps (keys))
    return write_stamps (run, scheduler, error);
  if (keys->always_use_latest)
    return g_ptr_array_new_with_free_func (belfry_record_unref);
  return copy_stamps (run->build, keys->update_source_stamp != LOCAL_FALSE);
}

/* properties */

static BelfryProperties *
make_properties (const LocalRun *run, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  const BelfryProperties *own = run->build->record->properties;
  g_autoptr (BelfryProperties) properties = belfry_properties_new ();

  for (guint i = 0; keys->copy_properties != NULL && keys->copy_properties[i] != NULL; i++) {
    JsonNode *value = belfry_properties_get_value (own, keys->copy_properties[i]);

    if (value != NULL && !local_property_is_reserved (keys->copy_properties[i]))
      belfry_properties_take (properties, keys->copy_properties[i], belfry_json_copy (value),
                              SOURCE);
  }
  for (guint i = 0; keys->set_properties != NULL && i < belfry_map_get_count (keys->set_properties);
       i++) {
    const char *name = belfry_map_get_name (keys->set_properties, i);
    BelfryRendered *rendered = (BelfryRendered *)belfry_map_get_value (keys->set_properties, i);
    g_autofree char *text = local_context_render (&run->context, rendered, error);

    if (text == NULL) {
      g_prefix_error (error, "set-property.%s: ", name);
      return NULL;
    }
    if (!local_property_is_reserved (name))
      belfry_properties_take (properties, name, belfry_json_new_text (text), SOURCE);
  }
  return g_steal_pointer (&properties);
}

/* links */

static void
add_link (LocalRun *run, const char *name, const char *url)
{
  JsonObject *link = json_object_new ();

  if (run->urls == NULL)
    run->urls = json_array_new ();
  json_object_set_string_member (link, "name", name);
  json_object_set_string_member (link, "url", url);
  json_array_add_object_element (run->urls, link);
}

static char *
dup_builder_url (const LocalRun *run, const char *builder)
{
  g_autofree char *escaped = belfry_text_percent_encode (builder);

  return g_strdup_printf ("%sbuilders/%s", local_url (run->build->local), escaped);
}

/* A waiting request has no page of its own: its builder's lists it. */
static void
link_request (LocalRun *run, const LocalRequest *request)
{
  g_autofree char *name = g_strdup_printf ("%s request %" G_GINT64_FORMAT, request->builder,
                                           request->record->buildrequestid);
  g_autofree char *url = dup_builder_url (run, request->builder);

  add_link (run, name, url);
}

/* Its build, now that it has ended, takes the place of the request's link. */
void
local_trigger_build_ended (const LocalBuild *build)
{
  LocalRun *run = build->set->waiter;
  g_autofree char *old = NULL;
  g_autofree char *name = NULL;
  g_autofree char *page = NULL;
  g_autofree char *url = NULL;

  if (run == NULL || run->urls == NULL || build->record->results == BELFRY_RESULT_RETRY)
    return;
  old = g_strdup_printf ("%s request %" G_GINT64_FORMAT, build->builder->name,
                         build->record->buildrequestid);
  name =
      g_strdup_printf ("%s: %s #%" G_GINT64_FORMAT, belfry_result_get_name (build->record->results),
                       build->builder->name, build->record->number);
  page = dup_builder_url (run, build->builder->name);
  url = g_strdup_printf ("%s/builds/%" G_GINT64_FORMAT, page, build->record->number);
  for (guint i = 0; i < json_array_get_length (run->urls); i++) {
    JsonObject *link = json_array_get_object_element (run->urls, i);

    if (g_strcmp0 (belfry_json_get_text (link, "name"), old) != 0)
      continue;
    json_object_set_string_member (link, "name", name);
    json_object_set_string_member (link, "url", url);
  }
  local_run_tell_links (run);
}

/* firing */

static void
remember (LocalRun *run, const LocalScheduler *scheduler, LocalSet *set)
{
  Trigger *trigger = run->kind_state;
  char **unimportant = run->step->keys->unimportant_schedulers;
  Child *child = g_new0 (Child, 1);

  child->set = local_set_ref (set);
  child->counts =
      unimportant == NULL || !g_strv_contains ((const char *const *)unimportant, scheduler->name);
  set->waiter = run;
  g_ptr_array_add (trigger->children, child);
}

static gboolean
fire_one (LocalRun *run,
          BelfryTransaction *transaction,
          const LocalScheduler *scheduler,
          const BelfryProperties *properties,
          GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  LocalBuild *build = run->build;
  gboolean own = !keys->always_use_latest && !has_written_stamps (keys);
  g_autoptr (GPtrArray) stamps = make_stamps (run, scheduler, error);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GPtrArray) sets = g_ptr_array_new_with_free_func ((GDestroyNotify)local_set_unref);
  const LocalFiring firing = { .scheduler = scheduler,
                               .changes = own ? build->set->changes : nothing,
                               .stamps = stamps,
                               .everything = TRUE,
                               .reason = belfry_properties_get_text (properties, "reason"),
                               .more = properties,
                               .from_fork = own && local_is_from_fork (build->record->properties),
                               .waited_for = keys->wait_for_finish,
                               .parent_buildid = build->record->buildid,
                               .relationship = keys->parent_relationship,
                               .depth = build->set->depth + 1,
                               .sets = sets };

  if (stamps == NULL)
    return FALSE;
  local_fire (build->local, transaction, &firing);
  for (guint i = 0; i < sets->len; i++)
    remember (run, scheduler, g_ptr_array_index (sets, i));
  return TRUE;
}

static void
link_requests (LocalRun *run)
{
  const Trigger *trigger = run->kind_state;
  g_autoptr (GPtrArray) requests = local_list_requests (run->build->local);

  for (guint i = 0; i < requests->len; i++) {
    const LocalRequest *request = g_ptr_array_index (requests, i);

    for (guint j = 0; j < trigger->children->len; j++) {
      if (((const Child *)g_ptr_array_index (trigger->children, j))->set == request->set)
        link_request (run, request);
    }
  }
}

/* ending */

static gboolean
is_anything_open (const Trigger *trigger)
{
  for (guint i = 0; i < trigger->children->len; i++) {
    if (((const Child *)g_ptr_array_index (trigger->children, i))->set->n_open > 0)
      return TRUE;
  }
  return FALSE;
}

static void
append_counts (GString *text, const Trigger *trigger)
{
  guint counts[BELFRY_RESULT_CANCELLED + 1] = { 0 };

  for (guint i = 0; i < trigger->children->len; i++) {
    gint64 result = ((const Child *)g_ptr_array_index (trigger->children, i))->set->worst;

    if (result >= 0 && result <= BELFRY_RESULT_CANCELLED)
      counts[result]++;
  }
  for (int i = 0; i <= BELFRY_RESULT_CANCELLED; i++) {
    if (counts[i] > 0)
      g_string_append_printf (text, ", %u %s", counts[i], belfry_result_get_name (i));
  }
}

static char *
make_text (const LocalRun *run, gboolean ended)
{
  const Trigger *trigger = run->kind_state;
  g_autoptr (GString) text = g_string_new ("triggered");

  for (guint i = 0; i < trigger->schedulers->len; i++)
    g_string_append_printf (text, "%s %s", i > 0 ? "," : "",
                            ((LocalScheduler *)g_ptr_array_index (trigger->schedulers, i))->name);
  if (ended && run->step->keys->wait_for_finish)
    append_counts (text, trigger);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gint64
find_result (const LocalRun *run)
{
  const Trigger *trigger = run->kind_state;
  gint64 worst = BELFRY_RESULT_SUCCESS;

  for (guint i = 0; run->step->keys->wait_for_finish && i < trigger->children->len; i++) {
    const Child *child = g_ptr_array_index (trigger->children, i);

    if (child->counts)
      worst = belfry_result_worst (worst, child->set->worst);
  }
  return worst;
}

static void
finish (LocalRun *run)
{
  g_free (run->done_text);
  run->done_text = make_text (run, TRUE);
  local_run_finish (run, find_result (run), NULL);
}

/* The build has its slot again. */
void
local_step_trigger_resume (LocalRun *run)
{
  finish (run);
}

static gboolean
on_ended (gpointer data)
{
  LocalRun *run = data;
  Trigger *trigger = run->kind_state;
  LocalBuild *build = run->build;

  trigger->resume_id = 0;
  g_queue_push_tail (&build->slots->returning, build);
  local_round_soon (build->local);
  return G_SOURCE_REMOVE;
}

/* A set that it waits for is complete, in a transaction that is still being written: what follows
 * comes later. */
void
local_trigger_set_ended (LocalRun *run)
{
  Trigger *trigger = run->kind_state;

  if (run->build->parked && !is_anything_open (trigger) && trigger->resume_id == 0)
    trigger->resume_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_ended, run, NULL);
}

static void
wait (LocalRun *run)
{
  g_autofree char *text = make_text (run, FALSE);

  run->build->parked = TRUE;
  belfry_record_set_text (&run->record->state_string, text);
  local_run_tell_links (run);
  local_trigger_set_ended (run);
  local_round_soon (run->build->local);
}

/* Cancels what nobody has begun; with @running also stops what runs. */
static void
cancel_children (LocalBuild *build, gboolean running)
{
  Local *local = build->local;
  g_autoptr (GPtrArray) requests = local_list_requests (local);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  BelfryTransaction *transaction = belfry_engine_begin (local->instance);

  for (guint i = 0; i < requests->len; i++) {
    const LocalRequest *request = g_ptr_array_index (requests, i);

    if (request->set->record->parent_buildid == build->record->buildid)
      g_array_append_val (ids, request->record->buildrequestid);
  }
  for (guint i = 0; i < ids->len; i++) {
    LocalRequest *request = local_find_request (local, g_array_index (ids, gint64, i));

    if (request != NULL && request->build == NULL)
      local_complete_request (local, transaction, request, BELFRY_RESULT_CANCELLED);
    else if (request != NULL && running && request->record->waited_for)
      local_build_stop (request->build, LOCAL_CAUSE_STOPPED, "parent build was interrupted", NULL);
  }
  if (belfry_transaction_get_length (transaction) > 0)
    belfry_engine_submit (local->instance, transaction);
  else
    belfry_transaction_free (transaction);
}

/* Of a build that is being stopped, whatever step runs. */
void
local_trigger_cancel_unclaimed (LocalBuild *build)
{
  cancel_children (build, FALSE);
}

void
local_step_trigger_stop (LocalRun *run, LocalCause cause)
{
  LocalBuild *build = run->build;
  Trigger *trigger = run->kind_state;

  g_clear_handle_id (&trigger->resume_id, g_source_remove);
  g_queue_remove (&build->slots->returning, build);
  build->parked = FALSE;
  for (guint i = 0; i < trigger->children->len; i++)
    ((Child *)g_ptr_array_index (trigger->children, i))->set->waiter = NULL;
  if (cause != LOCAL_CAUSE_HOST_STOPPED)
    cancel_children (build, TRUE);
  g_free (run->done_text);
  run->done_text = make_text (run, FALSE);
  local_run_finish (
      run, cause == LOCAL_CAUSE_HOST_STOPPED ? BELFRY_RESULT_RETRY : BELFRY_RESULT_CANCELLED, NULL);
}

/* All that can go wrong is looked at before anything is fired. */
static gboolean
fire (LocalRun *run, GError **error)
{
  Trigger *trigger = run->kind_state;
  LocalBuild *build = run->build;
  g_autoptr (BelfryProperties) properties = NULL;

  if (!find_schedulers (run, error))
    return FALSE;
  properties = make_properties (run, error);
  for (guint i = 0; properties != NULL && i < trigger->schedulers->len; i++) {
    GPtrArray *stamps = make_stamps (run, g_ptr_array_index (trigger->schedulers, i), error);

    if (stamps == NULL)
      return FALSE;
    g_ptr_array_unref (stamps);
  }
  if (properties == NULL)
    return FALSE;
  for (guint i = 0; i < trigger->schedulers->len; i++) {
    if (!fire_one (run, local_build_say (build), g_ptr_array_index (trigger->schedulers, i),
                   properties, error))
      return FALSE;
  }
  return TRUE;
}

void
local_step_trigger_start (LocalRun *run)
{
  Trigger *trigger = g_new0 (Trigger, 1);
  g_autoptr (GError) error = NULL;

  trigger->config = local_config_ref (run->build->local->config);
  trigger->schedulers = g_ptr_array_new ();
  trigger->children = g_ptr_array_new_with_free_func (child_free);
  run->kind_state = trigger;
  run->kind_free = trigger_free;
  if (!fire (run, &error)) {
    local_run_fail (run, error);
    return;
  }
  /* a round may claim the requests as soon as the loop turns */
  local_build_flush (run->build);
  link_requests (run);
  if (run->step->keys->wait_for_finish)
    wait (run);
  else
    finish (run);
}
