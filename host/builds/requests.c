/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets and requests. A request is claimed by one build at a time; when the last request of a set is
 * complete, so is the set, with the worst of success and all their results, in the same
 * transaction.
 */
#include "builds/builds-private.h"
#include "builds/changes.h"

#define CLAIM                                                                                      \
  "UPDATE requests SET claimed = 1, claimed_at = ?2, claimed_by_masterid = 1"                      \
  " WHERE buildrequestid = ?1 AND claimed = 0 AND complete = 0"
#define UNCLAIM                                                                                    \
  "UPDATE requests SET claimed = 0, claimed_at = NULL, claimed_by_masterid = NULL, retries = ?2"   \
  " WHERE buildrequestid = ?1 AND complete = 0"
#define COMPLETE                                                                                   \
  "UPDATE requests SET complete = 1, complete_at = ?2, results = ?3, collapsed_into = ?4"          \
  " WHERE buildrequestid = ?1 AND complete = 0"
/* the plus sign: by the set's few requests, never by all that are open */
#define COUNT_OPEN "SELECT count (*) FROM requests WHERE buildsetid = ?1 AND +complete = 0"
#define RESULTS    "SELECT DISTINCT results FROM requests WHERE buildsetid = ?1"
#define COMPLETE_SET                                                                               \
  "UPDATE buildsets SET complete = 1, complete_at = ?2, results = ?3"                              \
  " WHERE bsid = ?1 AND complete = 0"

static JsonNode *
store_stamps (BelfryApplying *self, BelfryBuildset *set, GError **error)
{
  g_autoptr (GPtrArray) stamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (JsonArray) ids = json_array_new ();
  JsonNode *node = NULL;

  for (guint i = 0; set->sourcestamps != NULL && i < set->sourcestamps->len; i++) {
    BelfrySourceStamp *stamp =
        belfry_stamps_store (self->writer, g_ptr_array_index (set->sourcestamps, i), error);

    if (stamp == NULL)
      return NULL;
    g_ptr_array_add (stamps, stamp);
    json_array_add_int_element (ids, stamp->ssid);
  }
  g_clear_pointer (&set->sourcestamps, g_ptr_array_unref);
  set->sourcestamps = g_steal_pointer (&stamps);
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_set_array (node, ids);
  return node;
}

static gboolean
say_set (BelfryApplying *self, const char *event, BelfryBuildset *set, GError **error)
{
  g_autoptr (JsonObject) more = json_object_new ();
  BelfryEventSaid said = { .name = event, .record = set, .more = more };

  json_object_set_string_member (more, "scheduler", set->scheduler != NULL ? set->scheduler : "");
  if (set->change_ids != NULL)
    json_object_set_member (more, "changes", belfry_json_copy (set->change_ids));
  else
    json_object_set_array_member (more, "changes", json_array_new ());
  return belfry_builds_say (self->writer, &said, error);
}

gboolean
belfry_apply_add_buildset (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryBuildset) set = belfry_record_copy (operation->record);

  g_clear_pointer (&set->ssids, json_node_unref);
  set->ssids = store_stamps (self, set, error);
  if (set->ssids == NULL)
    return FALSE;
  belfry_record_set_text (&set->engine, self->engine);
  if (set->submitted_at == 0)
    set->submitted_at = self->now_us;
  if (set->complete && set->complete_at == BELFRY_NONE)
    set->complete_at = self->now_us;
  if (!belfry_writer_insert (self->writer, set, error) ||
      !say_set (self, "buildset-added", set, error))
    return FALSE;
  return !set->complete || say_set (self, "buildset-finished", set, error);
}

static gboolean
say_request (BelfryApplying *self,
             const char *event,
             BelfryBuildRequest *request,
             JsonObject *more,
             GError **error)
{
  BelfryEventSaid said = {
    .name = event, .record = request, .builderid = request->builderid, .more = more
  };

  return belfry_builds_say (self->writer, &said, error);
}

gboolean
belfry_apply_add_request (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (BelfryBuildRequest) request = belfry_record_copy (operation->record);

  if (request->submitted_at == 0)
    request->submitted_at = self->now_us;
  return belfry_writer_insert (self->writer, request, error) &&
         say_request (self, "request-submitted", request, NULL, error);
}

/* Runs a change that must touch its request; the request as it is then. */
static BelfryBuildRequest *
change_request (
    BelfryApplying *self, const char *sql, const gint64 *values, guint n_values, GError **error)
{
  gint64 changed = 0;

  if (!belfry_applying_run (self, sql, values, n_values, &changed, error))
    return NULL;
  if (changed == 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                 "request %" G_GINT64_FORMAT " is not there, taken or complete", values[0]);
    return NULL;
  }
  return belfry_writer_find (self->writer, belfry_build_request_get_type (), values[0], error);
}

gboolean
belfry_apply_claim (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  const gint64 values[] = { operation->id, self->now_us };
  g_autoptr (BelfryBuildRequest) request =
      change_request (self, CLAIM, values, G_N_ELEMENTS (values), error);
  g_autoptr (JsonObject) more = json_object_new ();

  if (request == NULL)
    return FALSE;
  json_object_set_int_member (more, "buildid", operation->number);
  return say_request (self, "request-claimed", request, more, error);
}

gboolean
belfry_apply_unclaim (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  const gint64 values[] = { operation->id, operation->number };
  g_autoptr (BelfryBuildRequest) request =
      change_request (self, UNCLAIM, values, G_N_ELEMENTS (values), error);

  return request != NULL && say_request (self, "request-unclaimed", request, NULL, error);
}

static gboolean
find_worst (BelfryApplying *self, gint64 bsid, gint64 *worst, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (self->writer, RESULTS, error);
  gboolean row = statement != NULL;

  *worst = BELFRY_RESULT_SUCCESS;
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, bsid);
  while (row) {
    if (!belfry_writer_step (self->writer, statement, &row, error))
      return FALSE;
    if (row)
      *worst = belfry_result_worst (*worst, sqlite3_column_int64 (statement, 0));
  }
  return TRUE;
}

static gboolean
complete_set (BelfryApplying *self, gint64 bsid, GError **error)
{
  gint64 values[] = { bsid, self->now_us, BELFRY_NONE };
  gint64 open = 0;
  gint64 changed = 0;
  g_autoptr (BelfryBuildset) set = NULL;

  if (!belfry_applying_ask (self, COUNT_OPEN, bsid, &open, error))
    return FALSE;
  if (open > 0)
    return TRUE;
  if (!find_worst (self, bsid, &values[2], error) ||
      !belfry_applying_run (self, COMPLETE_SET, values, G_N_ELEMENTS (values), &changed, error))
    return FALSE;
  if (changed == 0)
    return TRUE;
  set = belfry_reader_find_buildset (belfry_writer_get_reader (self->writer), bsid, error);
  return set != NULL && say_set (self, "buildset-finished", set, error);
}

gboolean
belfry_apply_complete_request (BelfryApplying *self,
                               const BelfryOperation *operation,
                               GError **error)
{
  gint64 values[] = { operation->id, self->now_us, operation->number, BELFRY_NONE };
  g_autoptr (BelfryBuildRequest) request = NULL;
  g_autoptr (JsonObject) more = json_object_new ();
  gboolean cancelled = FALSE;

  if (operation->json != NULL && JSON_NODE_HOLDS_OBJECT (operation->json))
    values[3] = belfry_json_get_integer (json_node_get_object (operation->json), "collapsed_into",
                                         BELFRY_NONE);
  request = change_request (self, COMPLETE, values, G_N_ELEMENTS (values), error);
  if (request == NULL)
    return FALSE;
  if (values[3] != BELFRY_NONE)
    json_object_set_int_member (more, "collapsed_into", values[3]);
  cancelled = request->results == BELFRY_RESULT_CANCELLED && !request->claimed;
  return say_request (self, cancelled ? "request-cancelled" : "request-finished", request, more,
                      error) &&
         complete_set (self, request->buildsetid, error);
}
