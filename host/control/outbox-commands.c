/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outbox-commands.h"

#define ROWS_AT_ONCE 500
#define MAX_RANGES   1000

static void
return_object (GTask *task, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
  g_object_unref (task);
}

static void
return_error (GTask *task, GError *error)
{
  g_task_return_error (task, error);
  g_object_unref (task);
}

static JsonObject *
answer_new (gboolean ok)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", ok);
  return object;
}

/* listing */

typedef struct {
  BelfryHost *host;
  char *state;
  gint64 since;
  JsonArray *reports;
  gboolean more;
} Listing;

static void
listing_free (gpointer data)
{
  Listing *listing = data;

  g_clear_pointer (&listing->reports, json_array_unref);
  g_free (listing->state);
  g_free (listing);
}

static gboolean
read_reports (BelfryReader *reader, gpointer data, GError **error)
{
  Listing *listing = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;

  query.filters[0] = (BelfryFilter){ "reportid", BELFRY_COMPARE_GREATER, listing->since, NULL };
  query.filters[1] = (BelfryFilter){ "state", BELFRY_COMPARE_EQUAL, 0, listing->state };
  query.limit = ROWS_AT_ONCE;
  found = belfry_reader_list (reader, belfry_report_row_get_type (), &query, &listing->more, error);
  if (found == NULL)
    return FALSE;
  listing->reports = json_array_new ();
  for (guint i = 0; i < found->len; i++)
    json_array_add_object_element (
        listing->reports,
        belfry_record_to_json (g_ptr_array_index (found, i), BELFRY_RECORD_JSON_NONE));
  return TRUE;
}

static void
on_reports_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Listing *listing = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  JsonObject *object = NULL;

  if (!belfry_store_read_finish (listing->host->store, result, &local)) {
    return_error (task, g_steal_pointer (&local));
    return;
  }
  object = answer_new (TRUE);
  json_object_set_boolean_member (object, "more", listing->more);
  json_object_set_array_member (object, "reports", g_steal_pointer (&listing->reports));
  return_object (task, object);
}

void
belfry_command_outbox (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *state = belfry_json_get_text (arguments, "state");
  Listing *listing = g_new0 (Listing, 1);
  BelfryReaderView view = { .instance = NULL };

  listing->host = host;
  listing->state = g_strdup (state != NULL ? state : "waiting");
  listing->since = belfry_json_get_integer (arguments, "since", 0);
  g_task_set_task_data (task, listing, listing_free);
  belfry_store_read_async (host->store, &view, read_reports, listing, NULL, on_reports_read, task);
}

/* redeliver and discard: one range after the other, what cannot be is told and passed over */

typedef void (*ChangeFunc) (BelfryOutbox *outbox,
                            BelfryReportRange range,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

typedef struct {
  BelfryHost *host;
  ChangeFunc change;
  GArray *ranges; /* (element-type BelfryReportRange) */
  guint next;
  gint64 done;
  JsonArray *errors;
} Changing;

static void change_next (GTask *task);

static void
changing_free (gpointer data)
{
  Changing *changing = data;

  g_array_unref (changing->ranges);
  json_array_unref (changing->errors);
  g_free (changing);
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Changing *changing = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  gint64 count = belfry_outbox_change_finish (changing->host->outbox, result, &local);

  if (local != NULL)
    json_array_add_string_element (changing->errors, local->message);
  else
    changing->done += count;
  change_next (task);
}

static void
change_next (GTask *task)
{
  Changing *changing = g_task_get_task_data (task);
  JsonObject *object = NULL;

  if (changing->next < changing->ranges->len) {
    changing->change (changing->host->outbox,
                      g_array_index (changing->ranges, BelfryReportRange, changing->next++),
                      on_changed, task);
    return;
  }
  object = answer_new (TRUE);
  json_object_set_int_member (object, "done", changing->done);
  json_object_set_array_member (object, "errors", json_array_ref (changing->errors));
  return_object (task, object);
}

static gboolean
read_range (JsonNode *node, BelfryReportRange *range)
{
  JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (pair == NULL || json_array_get_length (pair) != 2)
    return FALSE;
  range->first = json_array_get_int_element (pair, 0);
  range->last = json_array_get_int_element (pair, 1);
  return range->first > 0 && range->first <= range->last;
}

static void
run_change (BelfryHost *host, JsonObject *arguments, ChangeFunc change, GTask *task)
{
  JsonArray *ids = belfry_json_get_array (arguments, "ids");
  Changing *changing = g_new0 (Changing, 1);

  changing->host = host;
  changing->change = change;
  changing->ranges = g_array_new (FALSE, FALSE, sizeof (BelfryReportRange));
  changing->errors = json_array_new ();
  g_task_set_task_data (task, changing, changing_free);
  for (guint i = 0; ids != NULL && i < json_array_get_length (ids) && i < MAX_RANGES; i++) {
    BelfryReportRange range;

    if (read_range (json_array_get_element (ids, i), &range))
      g_array_append_val (changing->ranges, range);
  }
  if (changing->ranges->len == 0) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                             "it needs the numbers of reports");
    g_object_unref (task);
    return;
  }
  change_next (task);
}

void
belfry_command_redeliver (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  run_change (host, arguments, belfry_outbox_redeliver_async, task);
}

void
belfry_command_discard (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  run_change (host, arguments, belfry_outbox_discard_async, task);
}

static void
on_orphans_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *local = NULL;
  JsonArray *lines = belfry_outbox_list_orphans_finish (result, &local);
  JsonObject *object = NULL;

  if (lines == NULL) {
    return_error (task, local);
    return;
  }
  object = answer_new (TRUE);
  json_object_set_array_member (object, "lines", lines);
  return_object (task, object);
}

void
belfry_command_orphans (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  g_autoptr (JsonArray) none = json_array_new ();
  JsonArray *names = belfry_json_get_array (arguments, "names");

  belfry_outbox_list_orphans_async (host->outbox, names != NULL ? names : none, on_orphans_listed,
                                    task);
}

/* one reporter */

/* FALSE: answered */
static gboolean
find_reporter (BelfryHost *host, JsonObject *arguments, const char **name, GTask *task)
{
  const char *kind = belfry_json_get_text (arguments, "kind");

  *name = belfry_json_get_text (arguments, "name");
  if (g_strcmp0 (kind, "reporter") == 0 && *name != NULL &&
      belfry_host_find (host, BELFRY_KIND_REPORTER, *name) != NULL)
    return TRUE;
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                           "there is no reporter '%s' in the running configuration",
                           *name != NULL ? *name : "");
  g_object_unref (task);
  return FALSE;
}

void
belfry_command_resume (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *name = NULL;
  gboolean resumed = FALSE;
  JsonObject *object = NULL;
  g_autofree char *message = NULL;

  if (!find_reporter (host, arguments, &name, task))
    return;
  resumed = belfry_outbox_resume (host->outbox, name);
  message =
      g_strdup_printf (resumed ? "reporter '%s' goes on" : "reporter '%s' does not pause", name);
  object = answer_new (TRUE);
  json_object_set_boolean_member (object, "resumed", resumed);
  json_object_set_string_member (object, "message", message);
  return_object (task, object);
}

static void
on_tested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) local = NULL;
  JsonObject *object = belfry_outbox_test_finish (result, &local);

  if (object == NULL) {
    return_error (task, g_steal_pointer (&local));
    return;
  }
  json_object_set_boolean_member (object, "ok", TRUE);
  return_object (task, object);
}

void
belfry_command_test (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task)
{
  const char *name = NULL;

  if (!find_reporter (host, arguments, &name, task))
    return;
  belfry_outbox_test_async (host->outbox, name, on_tested, task);
}
