/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Items: the envelope, and for each event by its old name what its payload holds. An event without
 * an old name has no item; the start of the host tells of each builder first.
 */
#include "payload.h"

#include <string.h>

#define MAX_BUILDERS 10000

typedef struct {
  const BelfryPushContext *context;
  const BelfryEvent *event;
  BelfryReader *reader;
  JsonObject *data;
  JsonArray *items;
} Making;

/* `2024-06-03 07:37:27.120318`, in UTC */
static char *
dup_moment (gint64 time_us)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (moment, "%Y-%m-%d %H:%M:%S");

  return g_strdup_printf ("%s.%06d", text, (int)(time_us % G_USEC_PER_SEC));
}

/* takes the payload */
static void
add_item (Making *making, const char *name, JsonObject *payload)
{
  g_autoptr (JsonObject) owned = payload;
  g_autofree char *timestamp = dup_moment (making->event->at);
  g_autofree char *started = dup_moment (making->context->started_us);
  char **black_list = making->context->black_list;
  JsonObject *item = NULL;

  if (black_list != NULL && g_strv_contains ((const char *const *)black_list, name))
    return;
  item = json_object_new ();
  json_object_set_string_member (item, "timestamp", timestamp);
  json_object_set_string_member (item, "project", making->context->title);
  json_object_set_string_member (item, "started", started);
  json_object_set_string_member (item, "event", name);
  json_object_set_object_member (item, "payload",
                                 making->context->filter ? belfry_push_filter (payload)
                                                         : json_object_ref (payload));
  json_array_add_object_element (making->items, item);
}

/* builders */

static void
add_builder (Making *making, const BelfryBuilder *builder)
{
  JsonObject *added = json_object_new ();
  JsonObject *state = json_object_new ();

  json_object_set_string_member (added, "builderName", builder->name);
  json_object_set_object_member (added, "builder", belfry_push_builder (builder, making->reader));
  add_item (making, "builderAdded", added);
  json_object_set_string_member (state, "builderName", builder->name);
  json_object_set_string_member (state, "state",
                                 belfry_push_builder_state (builder->builderid, making->reader));
  add_item (making, "builderChangedState", state);
}

static JsonObject *
make_status (const BelfryPushContext *context)
{
  JsonObject *payload = json_object_new ();
  JsonObject *status = json_object_new ();

  json_object_set_string_member (status, "title", context->title);
  belfry_push_set_text (status, "titleURL", context->title_url);
  belfry_push_set_text (status, "buildbotURL", context->url);
  json_object_set_object_member (payload, "status", status);
  return payload;
}

static void
make_start (Making *making, const char *name)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builders = NULL;

  query.limit = MAX_BUILDERS;
  builders = belfry_reader_list (making->reader, belfry_builder_get_type (), &query, NULL, NULL);
  for (guint i = 0; builders != NULL && i < builders->len; i++) {
    const BelfryBuilder *builder = g_ptr_array_index (builders, i);

    if (builder->configured)
      add_builder (making, builder);
  }
  add_item (making, name, make_status (making->context));
}

static void
make_shutdown (Making *making, const char *name)
{
  add_item (making, name, make_status (making->context));
}

static void
make_builder (Making *making, const char *name)
{
  g_autoptr (BelfryBuilder) builder = belfry_reader_find (
      making->reader, belfry_builder_get_type (), making->event->builderid, NULL);

  if (builder != NULL)
    add_builder (making, builder);
}

static void
make_builder_name (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();
  const char *builder = belfry_json_get_text (making->data, "buildername");

  if (builder == NULL)
    builder = belfry_json_get_text (making->data, "name");
  belfry_push_set_text (payload, "builderName", builder);
  if (strcmp (name, "builderChangedState") == 0)
    json_object_set_string_member (
        payload, "state", belfry_push_builder_state (making->event->builderid, making->reader));
  add_item (making, name, payload);
}

/* requests, sets, changes */

static void
make_request (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();
  JsonObject *request = belfry_push_request (making->data, making->event->at, making->reader);

  if (strcmp (name, "requestCancelled") == 0)
    belfry_push_set_text (payload, "builder", belfry_json_get_text (request, "builderName"));
  json_object_set_object_member (payload, "request", request);
  add_item (making, name, payload);
}

static void
make_buildset (Making *making, const char *name)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), making->data);
  g_autofree char *text = belfry_json_to_text (node);
  g_autoptr (JsonNode) copy = belfry_json_parse (text, -1, NULL, NULL);
  JsonObject *payload = json_object_new ();
  JsonObject *set = json_node_dup_object (copy);
  gint64 submitted = belfry_json_get_integer (set, "submitted_at", 0);
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_utc (submitted);
  g_autofree char *shown = g_date_time_format (moment, "%Y-%m-%d %H:%M:%S+00:00");

  json_object_set_string_member (set, "submitted_at", shown);
  json_object_set_object_member (payload, "buildset", set);
  add_item (making, name, payload);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static JsonArray *
list_files (JsonArray *files)
{
  JsonArray *list = json_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; files != NULL && i < json_array_get_length (files); i++)
    g_ptr_array_add (names, (gpointer)json_array_get_string_element (files, i));
  g_ptr_array_sort (names, compare_texts);
  for (guint i = 0; i < names->len; i++) {
    JsonObject *file = json_object_new ();

    json_object_set_string_member (file, "name", g_ptr_array_index (names, i));
    json_array_add_object_element (list, file);
  }
  return list;
}

JsonObject *
belfry_push_change (JsonObject *data)
{
  static const char *const same[] = { "branch",  "category",   "comments", "revision",
                                      "revlink", "repository", "codebase", "project" };
  JsonObject *object = json_object_new ();
  gint64 when = belfry_json_get_integer (data, "when_timestamp", 0);
  g_autoptr (GDateTime) local = g_date_time_new_from_unix_local (when);
  g_autofree char *at = g_date_time_format (local, "%a %d %b %Y %H:%M:%S");

  json_object_set_int_member (object, "number", belfry_json_get_integer (data, "changeid", 0));
  for (gsize i = 0; i < G_N_ELEMENTS (same); i++)
    belfry_push_set_text (object, same[i], belfry_json_get_text (data, same[i]));
  belfry_push_set_text (object, "who", belfry_json_get_text (data, "author"));
  belfry_push_set_text (object, "rev", belfry_json_get_text (data, "revision"));
  json_object_set_double_member (object, "when", (double)when);
  json_object_set_string_member (object, "at", at);
  json_object_set_array_member (object, "files",
                                list_files (belfry_json_get_array (data, "files")));
  json_object_set_array_member (
      object, "properties", belfry_push_properties (belfry_json_get_object (data, "properties")));
  return object;
}

static void
make_change (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();

  json_object_set_object_member (payload, "change", belfry_push_change (making->data));
  add_item (making, name, payload);
}

/* builds, steps, logs */

static void
make_build (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();

  json_object_set_object_member (
      payload, "build",
      belfry_push_build (making->data, making->event->buildid, making->event->at, making->reader));
  add_item (making, name, payload);
}

/* a log's event names its step */
static JsonObject *
dup_step_data (Making *making)
{
  gint64 stepid = belfry_json_get_integer (making->data, "stepid", 0);
  g_autoptr (BelfryStep) step = NULL;

  if (json_object_has_member (making->data, "state_string"))
    return json_object_ref (making->data);
  step = belfry_reader_find (making->reader, belfry_step_get_type (), stepid, NULL);
  return step != NULL ? belfry_push_dup_step (step) : json_object_new ();
}

/* an event about a step or its log bears the build's properties */
typedef struct {
  Making *making;
  JsonNode *properties; /* (nullable) */
  BelfryPushMoment moment;
} StepMaking;

static void
step_making_init (StepMaking *self, Making *making)
{
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (making->reader, belfry_build_get_type (), making->event->buildid, NULL);

  self->making = making;
  self->properties = build != NULL && build->properties != NULL
                         ? belfry_properties_to_json (build->properties)
                         : NULL;
  self->moment = (BelfryPushMoment){
    .properties = self->properties != NULL ? json_node_get_object (self->properties) : NULL,
    .builderid = build != NULL ? build->builderid : BELFRY_NONE,
    .now_us = making->event->at,
    .reader = making->reader,
  };
}

static void
step_making_clear (StepMaking *self)
{
  g_clear_pointer (&self->properties, json_node_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StepMaking, step_making_clear)

/* takes the step */
static JsonObject *
new_step_payload (const StepMaking *self, JsonObject *step)
{
  JsonObject *payload = json_object_new ();

  json_object_set_array_member (payload, "properties",
                                belfry_push_properties (self->moment.properties));
  json_object_set_object_member (payload, "step", step);
  return payload;
}

/* what a step adds to its build's text is known once it is over; 0.8 told of that first */
static void
add_text2 (const StepMaking *self, JsonObject *data)
{
  g_autoptr (JsonArray) words = belfry_push_text2 (data);
  JsonObject *payload = NULL;

  if (json_array_get_length (words) == 0)
    return;
  payload = new_step_payload (self, belfry_push_step (data, &self->moment));
  json_object_set_array_member (payload, "text2", g_steal_pointer (&words));
  add_item (self->making, "stepText2Changed", payload);
}

static void
make_step (Making *making, const char *name)
{
  g_auto (StepMaking) self = { NULL };
  g_autoptr (JsonObject) data = dup_step_data (making);
  JsonObject *payload = NULL;

  step_making_init (&self, making);
  if (strcmp (name, "stepFinished") == 0)
    add_text2 (&self, data);
  payload = new_step_payload (&self, belfry_push_step (data, &self.moment));
  if (strcmp (name, "stepTextChanged") == 0)
    json_object_set_array_member (payload, "text",
                                  belfry_push_words (belfry_json_get_text (data, "state_string")));
  add_item (making, name, payload);
}

/* the build's, as the engine says it, then that of each step that runs and ran before */
static void
make_eta (Making *making, const char *name)
{
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (making->reader, belfry_build_get_type (), making->event->buildid, NULL);
  g_auto (StepMaking) self = { NULL };
  JsonObject *payload = NULL;
  g_autoptr (GPtrArray) steps = NULL;

  if (build == NULL || build->complete)
    return;
  payload = json_object_new ();
  json_object_set_object_member (payload, "build",
                                 belfry_push_build_of (build, making->event->at, making->reader));
  json_object_set_int_member (payload, "ETA", belfry_json_get_integer (making->data, "eta", 0));
  add_item (making, name, payload);
  step_making_init (&self, making);
  steps = belfry_push_list_steps (build->buildid, TRUE, making->reader);
  for (guint i = 0; i < steps->len; i++) {
    JsonObject *step = belfry_push_step_of (g_ptr_array_index (steps, i), &self.moment);
    JsonNode *eta = json_object_get_member (step, "eta");
    JsonNode *expectations = json_object_get_member (step, "expectations");

    payload = new_step_payload (&self, step);
    json_object_set_member (payload, "ETA", json_node_copy (eta));
    json_object_set_member (payload, "expectations", json_node_copy (expectations));
    if (JSON_NODE_HOLDS_NULL (eta))
      json_object_unref (payload);
    else
      add_item (making, "stepETAUpdate", payload);
  }
}

/* workers */

static void
make_slave (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();

  json_object_set_object_member (
      payload, "slave", belfry_push_slave (making->data, making->event->at, making->reader));
  add_item (making, name, payload);
}

static void
make_slave_name (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();

  belfry_push_set_text (payload, "slavename", belfry_json_get_text (making->data, "name"));
  add_item (making, name, payload);
}

static const struct {
  const char *event;
  const char *name;
  void (*make) (Making *making, const char *name);
} kinds[] = {
  { "host-started", "start", make_start },
  { "host-stopped", "shutdown", make_shutdown },
  { "builder-added", "builderAdded", make_builder },
  { "builder-removed", "buildedRemoved", make_builder_name },
  { "builder-state", "builderChangedState", make_builder_name },
  { "request-submitted", "requestSubmitted", make_request },
  { "request-cancelled", "requestCancelled", make_request },
  { "buildset-added", "buildsetSubmitted", make_buildset },
  { "build-started", "buildStarted", make_build },
  { "build-finished", "buildFinished", make_build },
  { "eta", "buildETAUpdate", make_eta },
  { "step-started", "stepStarted", make_step },
  { "step-text", "stepTextChanged", make_step },
  { "step-finished", "stepFinished", make_step },
  { "log-started", "logStarted", make_step },
  { "log-finished", "logFinished", make_step },
  { "change-added", "changeAdded", make_change },
  { "worker-connected", "slaveConnected", make_slave },
  { "worker-disconnected", "slaveDisconnected", make_slave_name },
  { "worker-paused", "slavePaused", make_slave_name },
  { "worker-unpaused", "slaveUnpaused", make_slave_name },
};

gboolean
belfry_push_add_items (const BelfryPushContext *context,
                       BelfryEvent *event,
                       BelfryReader *reader,
                       JsonArray *items,
                       GError **error)
{
  g_autoptr (JsonObject) data = belfry_event_dup_data (event);
  Making making = { context, event, reader, data, items };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].event, event->name) == 0) {
      kinds[i].make (&making, kinds[i].name);
      break;
    }
  return TRUE;
}
