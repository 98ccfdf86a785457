/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Items: the envelope, and for each event by its old name what its payload holds. An event without
 * an old name has no item; the start of the host tells of each builder first.
 */
#include "payload.h"

#include <string.h>

#define MAX_BUILDERS 10000
#define MAX_BUILDS   100

typedef struct {
  const BelfryPushContext *context;
  const BelfryEvent *event;
  BelfryReader *reader;
  JsonObject *data;
  JsonArray *items;
} Making;

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

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

static guint
count_requests (gint64 builderid, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ "builderid", BELFRY_COMPARE_EQUAL, builderid, NULL };
  query.filters[1] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, FALSE, NULL };
  query.filters[2] = (BelfryFilter){ "claimed", BELFRY_COMPARE_EQUAL, FALSE, NULL };
  return (guint)MAX (belfry_reader_count (reader, belfry_build_request_get_type (), &query, NULL),
                     0);
}

static JsonArray *
list_running (gint64 builderid, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *numbers = json_array_new ();
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ "builderid", BELFRY_COMPARE_EQUAL, builderid, NULL };
  query.filters[1] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, FALSE, NULL };
  query.limit = MAX_BUILDS;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = 0; builds != NULL && i < builds->len; i++)
    json_array_add_int_element (numbers, ((BelfryBuild *)g_ptr_array_index (builds, i))->number);
  return numbers;
}

const char *
belfry_push_builder_state (gint64 builderid, BelfryReader *reader)
{
  g_autoptr (JsonArray) running = list_running (builderid, reader);

  return json_array_get_length (running) > 0 ? "building" : "idle";
}

JsonObject *
belfry_push_builder (const BelfryBuilder *builder, BelfryReader *reader)
{
  JsonObject *object = json_object_new ();
  JsonArray *tags = json_array_new ();

  for (char **tag = builder->tags; tag != NULL && *tag != NULL; tag++)
    json_array_add_string_element (tags, *tag);
  json_object_set_string_member (object, "basedir", builder->name);
  json_object_set_array_member (object, "tags", tags);
  json_object_set_array_member (object, "slaves", json_array_new ());
  json_object_set_array_member (object, "schedulers", json_array_new ());
  json_object_set_array_member (object, "cachedBuilds", json_array_new ());
  json_object_set_array_member (object, "currentBuilds", list_running (builder->builderid, reader));
  json_object_set_string_member (object, "state",
                                 belfry_push_builder_state (builder->builderid, reader));
  json_object_set_int_member (object, "pendingBuilds", count_requests (builder->builderid, reader));
  return object;
}

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
  set_text (status, "titleURL", context->title_url);
  set_text (status, "buildbotURL", context->url);
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
  set_text (payload, "builderName", builder);
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
  JsonObject *request = belfry_push_request (making->data, making->reader);

  if (strcmp (name, "requestCancelled") == 0)
    set_text (payload, "builder", belfry_json_get_text (request, "builderName"));
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
    set_text (object, same[i], belfry_json_get_text (data, same[i]));
  set_text (object, "who", belfry_json_get_text (data, "author"));
  set_text (object, "rev", belfry_json_get_text (data, "revision"));
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
      payload, "build", belfry_push_build (making->data, making->event->buildid, making->reader));
  add_item (making, name, payload);
}

static JsonObject *
find_step (Making *making, JsonObject *properties)
{
  gint64 stepid = belfry_json_get_integer (making->data, "stepid", 0);
  g_autoptr (BelfryStep) step = NULL;
  g_autoptr (JsonObject) data = NULL;

  if (json_object_has_member (making->data, "state_string"))
    return belfry_push_step (making->data,
                             belfry_push_logs (making->data, properties, making->reader));
  step = belfry_reader_find (making->reader, belfry_step_get_type (), stepid, NULL);
  if (step == NULL)
    return json_object_new ();
  data = belfry_record_to_json (step, BELFRY_RECORD_JSON_NONE);
  return belfry_push_step (data, belfry_push_logs (data, properties, making->reader));
}

/* an event about a step or its log bears the build's properties */
static void
make_step (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (making->reader, belfry_build_get_type (), making->event->buildid, NULL);
  g_autoptr (JsonNode) properties = build != NULL && build->properties != NULL
                                        ? belfry_properties_to_json (build->properties)
                                        : NULL;
  JsonObject *values = properties != NULL ? json_node_get_object (properties) : NULL;
  JsonObject *step = find_step (making, values);

  json_object_set_array_member (payload, "properties", belfry_push_properties (values));
  json_object_set_object_member (payload, "step", step);
  if (strcmp (name, "stepTextChanged") == 0)
    json_object_set_array_member (
        payload, "text", belfry_push_words (belfry_json_get_text (making->data, "state_string")));
  add_item (making, name, payload);
}

/* workers */

static void
make_slave (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();
  JsonObject *slave = json_object_new ();
  JsonObject *info = belfry_json_get_object (making->data, "workerinfo");

  set_text (slave, "name", belfry_json_get_text (making->data, "name"));
  json_object_set_null_member (slave, "access_uri");
  set_text (slave, "host", info != NULL ? belfry_json_get_text (info, "host") : NULL);
  set_text (slave, "admin", info != NULL ? belfry_json_get_text (info, "admin") : NULL);
  set_text (slave, "version", info != NULL ? belfry_json_get_text (info, "version") : NULL);
  json_object_set_boolean_member (slave, "connected", TRUE);
  json_object_set_array_member (slave, "runningBuilds", json_array_new ());
  json_object_set_object_member (slave, "info",
                                 info != NULL ? json_object_ref (info) : json_object_new ());
  json_object_set_object_member (payload, "slave", slave);
  add_item (making, name, payload);
}

static void
make_slave_name (Making *making, const char *name)
{
  JsonObject *payload = json_object_new ();

  set_text (payload, "slavename", belfry_json_get_text (making->data, "name"));
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
