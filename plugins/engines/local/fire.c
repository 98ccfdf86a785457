/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a scheduler builds becomes sets: one for each group of its builders that can share stamps.
 * A codebase's stamp is, in this order: the one given, that of its newest change, the one last seen
 * (create-absolute-source-stamps), the configured default.
 */
#include "groups.h"
#include "local.h"
#include "properties.h"

static char *
make_reason (const LocalFiring *self, const LocalContext *context)
{
  static const char *const classes[LOCAL_N_SCHEDULERS] = {
    [LOCAL_SCHEDULER_ANY_BRANCH] = "AnyBranchScheduler",
    [LOCAL_SCHEDULER_SINGLE_BRANCH] = "SingleBranchScheduler",
    [LOCAL_SCHEDULER_PERIODIC] = "Periodic",
    [LOCAL_SCHEDULER_NIGHTLY] = "Nightly",
    [LOCAL_SCHEDULER_TRIGGERABLE] = "Triggerable",
  };
  const LocalScheduler *scheduler = self->scheduler;
  char *reason = NULL;

  if (self->reason != NULL)
    return g_strdup (self->reason);
  if (scheduler->keys->reason != NULL)
    reason = local_context_render (context, scheduler->keys->reason, NULL);
  if (reason != NULL)
    return reason;
  if (classes[scheduler->kind] == NULL)
    return g_strdup ("downstream");
  return g_strdup_printf ("The %s scheduler named '%s' triggered this build",
                          classes[scheduler->kind], scheduler->name);
}

/* stamps */

/* A builder's own codebase has no name, whatever the host calls the change's. */
static BelfrySourceStamp *
bear_name (BelfrySourceStamp *stamp, const LocalCodebase *codebase)
{
  if (g_strcmp0 (stamp->codebase, codebase->name) != 0) {
    belfry_record_set_text (&stamp->codebase, codebase->name);
    stamp->ssid = 0;
  }
  return stamp;
}

static BelfrySourceStamp *
stamp_from_change (const LocalCodebase *codebase, const BelfryChange *change)
{
  BelfrySourceStamp *stamp = change->sourcestamp != NULL ? belfry_record_copy (change->sourcestamp)
                                                         : belfry_source_stamp_new ();

  if (change->sourcestamp == NULL) {
    stamp->ssid = change->ssid;
    stamp->patchid = BELFRY_NONE;
    stamp->created_at = change->received_at;
    belfry_record_set_text (&stamp->branch, change->branch);
    belfry_record_set_text (&stamp->revision, change->revision);
    belfry_record_set_text (&stamp->repository, change->repository);
    belfry_record_set_text (&stamp->project, change->project);
    belfry_record_set_text (&stamp->codebase, codebase->name);
  }
  return *codebase->name == '\0' ? bear_name (stamp, codebase) : stamp;
}

/* @branch: (nullable): in place of the codebase's */
static BelfrySourceStamp *
stamp_from_defaults (const LocalCodebase *codebase, const char *branch)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();

  stamp->patchid = BELFRY_NONE;
  belfry_record_set_text (&stamp->branch, branch != NULL ? branch : codebase->branch);
  belfry_record_set_text (&stamp->revision, codebase->revision);
  belfry_record_set_text (&stamp->repository, codebase->repository);
  belfry_record_set_text (&stamp->project, "");
  belfry_record_set_text (&stamp->codebase, codebase->name);
  return stamp;
}

static BelfrySourceStamp *
stamp_from_seen (const LocalSchedulerState *state, const LocalCodebase *codebase)
{
  JsonObject *seen =
      state->seen != NULL ? belfry_json_get_object (state->seen, codebase->name) : NULL;
  BelfrySourceStamp *stamp = NULL;

  if (seen == NULL)
    return NULL;
  stamp = belfry_source_stamp_new ();
  stamp->patchid = BELFRY_NONE;
  belfry_record_set_text (&stamp->branch, belfry_json_get_text (seen, "branch"));
  belfry_record_set_text (&stamp->revision, belfry_json_get_text (seen, "revision"));
  belfry_record_set_text (&stamp->repository, belfry_json_get_text (seen, "repository"));
  belfry_record_set_text (&stamp->project, "");
  belfry_record_set_text (&stamp->codebase, codebase->name);
  return stamp;
}

/* Keeps what create-absolute-source-stamps needs. */
void
local_see (LocalSchedulerState *state, const LocalScheduler *scheduler, const BelfryChange *change)
{
  const LocalCodebase *codebase = local_codebase_of_change (scheduler->codebases, change);
  JsonObject *seen = json_object_new ();

  if (state->seen == NULL)
    state->seen = json_object_new ();
  if (change->branch != NULL)
    json_object_set_string_member (seen, "branch", change->branch);
  if (change->revision != NULL)
    json_object_set_string_member (seen, "revision", change->revision);
  json_object_set_string_member (seen, "repository", change->repository);
  json_object_set_object_member (state->seen, codebase != NULL ? codebase->name : "", seen);
}

static BelfrySourceStamp *
stamp_from_given (const LocalFiring *self, const LocalCodebase *codebase)
{
  for (guint i = 0; self->stamps != NULL && i < self->stamps->len; i++) {
    BelfrySourceStamp *stamp = g_ptr_array_index (self->stamps, i);

    if (g_strcmp0 (stamp->codebase, codebase->name) == 0)
      return belfry_record_copy (stamp);
  }
  for (guint i = 0; self->stamps != NULL && i < self->stamps->len; i++) {
    BelfrySourceStamp *stamp = g_ptr_array_index (self->stamps, i);
    g_autofree char *normalized = belfry_repository_normalize (stamp->repository);

    if (*normalized != '\0' && g_str_equal (normalized, codebase->normalized))
      return bear_name (belfry_record_copy (stamp), codebase);
  }
  return NULL;
}

/** Place: a change and the repository it is of, as repositories are compared */
typedef struct {
  BelfryChange *change; /* (unowned) */
  char *normalized;
} Place;

static void
clear_place (gpointer data)
{
  g_free (((Place *)data)->normalized);
}

static GArray *
place_changes (GPtrArray *changes)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));

  g_array_set_clear_func (places, clear_place);
  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);
    Place place = { change, belfry_repository_normalize (change->repository) };

    g_array_append_val (places, place);
  }
  return places;
}

static const BelfryChange *
find_newest (const LocalGroup *group, const LocalCodebase *codebase, GArray *places)
{
  for (guint i = places->len; i > 0; i--) {
    const Place *place = &g_array_index (places, Place, i - 1);

    if (local_codebase_of (group->codebases, place->change, place->normalized) == codebase)
      return place->change;
  }
  return NULL;
}

/* Whether anything of the firing is of one of the group's codebases. */
static gboolean
is_concerned (const LocalFiring *firing, const LocalGroup *group, GArray *places)
{
  for (guint i = 0; i < places->len; i++) {
    const Place *place = &g_array_index (places, Place, i);

    if (local_codebase_of (group->codebases, place->change, place->normalized) != NULL)
      return TRUE;
  }
  for (guint i = 0; firing->stamps != NULL && i < group->codebases->len; i++) {
    g_autoptr (BelfrySourceStamp) stamp =
        stamp_from_given (firing, g_ptr_array_index (group->codebases, i));

    if (stamp != NULL)
      return TRUE;
  }
  return FALSE;
}

static GPtrArray *
make_stamps (Local *self, const LocalFiring *firing, const LocalGroup *group, GArray *places)
{
  const LocalSchedulerState *state = local_scheduler_state (self, firing->scheduler);
  GPtrArray *stamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  gboolean timed = local_is_timed (firing->scheduler);
  char **branches = timed ? firing->scheduler->keys->filter.branch.any : NULL;

  for (guint i = 0; i < group->codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (group->codebases, i);
    BelfrySourceStamp *stamp = stamp_from_given (firing, codebase);
    const BelfryChange *newest = stamp == NULL ? find_newest (group, codebase, places) : NULL;

    if (newest != NULL)
      stamp = stamp_from_change (codebase, newest);
    if (stamp == NULL && firing->scheduler->keys->absolute)
      stamp = stamp_from_seen (state, codebase);
    if (stamp == NULL)
      stamp = stamp_from_defaults (codebase, branches != NULL ? branches[0] : NULL);
    g_ptr_array_add (stamps, stamp);
  }
  return stamps;
}

/* properties */

static JsonNode *
make_owners (const char *text)
{
  JsonNode *node = belfry_json_parse (text, -1, NULL, NULL);
  g_auto (GStrv) names = NULL;
  JsonArray *list = NULL;

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return node;
  g_clear_pointer (&node, json_node_unref);
  names = belfry_split_list (text);
  list = json_array_new ();
  for (guint i = 0; names[i] != NULL; i++)
    json_array_add_string_element (list, names[i]);
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, list);
  return node;
}

static JsonNode *
make_value (const char *name, const char *text)
{
  JsonNode *node = NULL;

  if (g_str_equal (name, "owners"))
    return make_owners (text);
  node = belfry_json_parse (text, -1, NULL, NULL);
  return node != NULL ? node : belfry_json_new_text (text);
}

static BelfryProperties *
make_properties (Local *self, const LocalFiring *firing, const LocalContext *context)
{
  BelfryProperties *properties = belfry_properties_new ();
  const BelfryMap *map = firing->scheduler->keys->properties;

  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    const char *name = belfry_map_get_name (map, i);
    g_autoptr (GError) error = NULL;
    g_autofree char *text =
        local_context_render (context, (BelfryRendered *)belfry_map_get_value (map, i), &error);

    if (text == NULL)
      local_log_error (self, "rendering a scheduler's property", error);
    else if (!local_property_is_reserved (name))
      belfry_properties_take (properties, name, make_value (name, text), "Scheduler");
  }
  for (guint i = 0; firing->more != NULL && i < belfry_properties_get_count (firing->more); i++) {
    const char *name = belfry_properties_get_name (firing->more, i);

    belfry_properties_take (properties, name,
                            belfry_json_copy (belfry_properties_get_value (firing->more, name)),
                            belfry_properties_get_source (firing->more, name));
  }
  belfry_properties_set_text (properties, "scheduler", firing->scheduler->name, "Scheduler");
  return properties;
}

/* sets */

static GPtrArray *
pick_changes (const LocalGroup *group, GArray *places)
{
  GPtrArray *picked = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; i < places->len; i++) {
    const Place *place = &g_array_index (places, Place, i);

    if (local_codebase_of (group->codebases, place->change, place->normalized) != NULL)
      g_ptr_array_add (picked, belfry_record_ref (place->change));
  }
  return picked;
}

static void
add_set (Local *self,
         BelfryTransaction *transaction,
         const LocalFiring *firing,
         const LocalGroup *group,
         GPtrArray *stamps,
         GPtrArray *changes)
{
  g_autoptr (BelfryProperties) none = belfry_properties_new ();
  const LocalContext context = {
    .config = self->config, .properties = none, .stamps = stamps, .changes = changes
  };
  g_autoptr (BelfryProperties) properties = make_properties (self, firing, &context);
  g_autofree char *reason = make_reason (firing, &context);
  const LocalNewSet order = { .scheduler = firing->scheduler->name,
                              .reason = reason,
                              .stamps = stamps,
                              .changes = changes,
                              .builders = group->builders,
                              .properties = properties,
                              .priority = firing->scheduler->keys->priority,
                              .fired = TRUE,
                              .from_fork = firing->from_fork,
                              .waited_for = firing->waited_for,
                              .parent_buildid = firing->parent_buildid,
                              .relationship = firing->relationship,
                              .depth = firing->depth };
  LocalSet *set = local_add_set (self, transaction, &order, NULL);

  if (firing->sets != NULL)
    g_ptr_array_add (firing->sets, set);
  else
    local_set_unref (set);
}

static guint
fire_groups (Local *self,
             BelfryTransaction *transaction,
             const LocalFiring *firing,
             GArray *places,
             gboolean everything)
{
  GPtrArray *groups = firing->scheduler->groups;
  guint fired = 0;

  for (guint i = 0; i < groups->len; i++) {
    const LocalGroup *group = g_ptr_array_index (groups, i);
    g_autoptr (GPtrArray) stamps = NULL;
    g_autoptr (GPtrArray) changes = NULL;

    if (!everything && !is_concerned (firing, group, places))
      continue;
    stamps = make_stamps (self, firing, group, places);
    changes = pick_changes (group, places);
    add_set (self, transaction, firing, group, stamps, changes);
    fired++;
  }
  return fired;
}

static void
tell_fired (Local *self, BelfryTransaction *transaction, const LocalFiring *firing)
{
  const LocalScheduler *scheduler = firing->scheduler;
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "name", scheduler->name);
  json_object_set_string_member (data, "kind", local_scheduler_kind_name (scheduler->kind));
  json_object_set_string_member (data, "engine", belfry_instance_get_name (self->instance));
  json_object_set_boolean_member (data, "enabled",
                                  local_scheduler_state (self, scheduler)->enabled);
  json_object_set_int_member (
      data, "due", belfry_time_to_seconds (firing->due > 0 ? firing->due : belfry_clock_now_us ()));
  belfry_transaction_event (transaction, "scheduler-fired", BELFRY_NONE, BELFRY_NONE, data);
}

/* A scheduler without builders makes a set without requests, which is complete at once. */
void
local_fire (Local *self, BelfryTransaction *transaction, const LocalFiring *firing)
{
  g_autoptr (GArray) places = place_changes (firing->changes);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr (GPtrArray) no_stamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  const LocalGroup empty = { nothing, nothing };
  guint fired = 0;

  tell_fired (self, transaction, firing);
  if (firing->scheduler->groups->len == 0) {
    add_set (self, transaction, firing, &empty, no_stamps, firing->changes);
    return;
  }
  fired = fire_groups (self, transaction, firing, places, firing->everything);
  if (fired == 0 && firing->stamps != NULL)
    fire_groups (self, transaction, firing, places, TRUE);
}
