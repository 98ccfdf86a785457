/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where builds happen, as Buildbot 0.8 showed it: builders and the workers that it called slaves.
 */
#include "payload.h"

#include <string.h>

#define MAX_BUILDS    100
#define MAX_WORKERS   1000
#define CACHED_BUILDS 15 /* Buildbot's buildCacheSize */

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

/* (nullable) (element-type BelfryBuild): those that run, of a builder or on a worker */
static GPtrArray *
find_running (const char *field, gint64 id, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ field, BELFRY_COMPARE_EQUAL, id, NULL };
  query.filters[1] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, FALSE, NULL };
  query.limit = MAX_BUILDS;
  return belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, NULL);
}

static JsonArray *
list_running (gint64 builderid, BelfryReader *reader)
{
  g_autoptr (GPtrArray) builds = find_running ("builderid", builderid, reader);
  JsonArray *numbers = json_array_new ();

  for (guint i = 0; builds != NULL && i < builds->len; i++)
    json_array_add_int_element (numbers, ((BelfryBuild *)g_ptr_array_index (builds, i))->number);
  return numbers;
}

static gboolean
has_builder (const BelfryWorker *worker, gint64 builderid)
{
  JsonArray *places = worker->configured_on != NULL && JSON_NODE_HOLDS_ARRAY (worker->configured_on)
                          ? json_node_get_array (worker->configured_on)
                          : NULL;

  for (guint i = 0; places != NULL && i < json_array_get_length (places); i++) {
    JsonNode *place = json_array_get_element (places, i);

    if (JSON_NODE_HOLDS_OBJECT (place) &&
        belfry_json_get_integer (json_node_get_object (place), "builderid", 0) == builderid)
      return TRUE;
  }
  return FALSE;
}

static JsonArray *
list_workers (gint64 builderid, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *names = json_array_new ();
  g_autoptr (GPtrArray) workers = NULL;

  query.limit = MAX_WORKERS;
  workers = belfry_reader_list (reader, belfry_worker_get_type (), &query, NULL, NULL);
  for (guint i = 0; workers != NULL && i < workers->len; i++) {
    const BelfryWorker *worker = g_ptr_array_index (workers, i);

    if (has_builder (worker, builderid))
      json_array_add_string_element (names, worker->name);
  }
  return names;
}

/* the last builds: their numbers, rising, and the schedulers that asked for them */
static void
add_last_builds (JsonObject *object, gint64 builderid, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *numbers = json_array_new ();
  JsonArray *schedulers = json_array_new ();
  g_autoptr (GPtrArray) builds = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  query.filters[0] = (BelfryFilter){ "builderid", BELFRY_COMPARE_EQUAL, builderid, NULL };
  query.descending = TRUE;
  query.limit = MAX_BUILDS;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = builds != NULL ? builds->len : 0; i > 0; i--) {
    const BelfryBuild *build = g_ptr_array_index (builds, i - 1);

    if (i <= CACHED_BUILDS)
      json_array_add_int_element (numbers, build->number);
    if (build->scheduler != NULL && g_hash_table_add (seen, build->scheduler))
      json_array_add_string_element (schedulers, build->scheduler);
  }
  json_object_set_array_member (object, "schedulers", schedulers);
  json_object_set_array_member (object, "cachedBuilds", numbers);
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
  json_object_set_array_member (object, "slaves", list_workers (builder->builderid, reader));
  add_last_builds (object, builder->builderid, reader);
  json_object_set_array_member (object, "currentBuilds", list_running (builder->builderid, reader));
  json_object_set_string_member (object, "state",
                                 belfry_push_builder_state (builder->builderid, reader));
  json_object_set_int_member (object, "pendingBuilds", count_requests (builder->builderid, reader));
  return object;
}

static JsonArray *
list_builds_on (gint64 workerid, gint64 now_us, BelfryReader *reader)
{
  g_autoptr (GPtrArray) builds = find_running ("workerid", workerid, reader);
  JsonArray *list = json_array_new ();

  for (guint i = 0; builds != NULL && i < builds->len; i++)
    json_array_add_object_element (
        list, belfry_push_build_of (g_ptr_array_index (builds, i), now_us, reader));
  return list;
}

JsonObject *
belfry_push_slave (JsonObject *data, gint64 now_us, BelfryReader *reader)
{
  static const char *const told[] = { "access_uri", "host", "admin", "version" };
  JsonObject *slave = json_object_new ();
  JsonObject *info = belfry_json_get_object (data, "workerinfo");
  gint64 workerid = belfry_json_get_integer (data, "workerid", BELFRY_NONE);

  belfry_push_set_text (slave, "name", belfry_json_get_text (data, "name"));
  for (gsize i = 0; i < G_N_ELEMENTS (told); i++)
    belfry_push_set_text (slave, told[i],
                          info != NULL ? belfry_json_get_text (info, told[i]) : NULL);
  json_object_set_boolean_member (slave, "connected", TRUE);
  json_object_set_array_member (slave, "runningBuilds", list_builds_on (workerid, now_us, reader));
  json_object_set_object_member (slave, "info",
                                 info != NULL ? json_object_ref (info) : json_object_new ());
  return slave;
}
