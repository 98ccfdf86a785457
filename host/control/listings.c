/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listings.h"

#define CHANGES_AT_ONCE 500

static gboolean
list_changes (BelfryReader *reader, JsonObject *arguments, JsonObject *answer, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;
  JsonArray *changes = json_array_new ();
  gboolean cut = FALSE;

  json_object_set_array_member (answer, "changes", changes);
  query.filters[0] = (BelfryFilter){ "changeid", BELFRY_COMPARE_GREATER,
                                     belfry_json_get_integer (arguments, "since", 0), NULL };
  query.limit = CHANGES_AT_ONCE;
  found = belfry_reader_list (reader, belfry_change_get_type (), &query, &cut, error);
  if (found == NULL)
    return FALSE;
  for (guint i = 0; i < found->len; i++)
    json_array_add_object_element (changes, belfry_record_to_json (g_ptr_array_index (found, i),
                                                                   BELFRY_RECORD_JSON_PROPERTIES));
  json_object_set_boolean_member (answer, "more", cut);
  return TRUE;
}

static const struct {
  const char *command;
  BelfryListingFunc func;
} listings[] = {
  { "changes", list_changes },
  { "deliveries", belfry_list_deliveries },
  { "request", belfry_show_request },
};

BelfryListingFunc
belfry_listing_find (const char *command)
{
  for (guint i = 0; i < G_N_ELEMENTS (listings); i++)
    if (g_strcmp0 (listings[i].command, command) == 0)
      return listings[i].func;
  return NULL;
}

typedef struct {
  BelfryStore *store; /* (nullable) */
  BelfryListingFunc func;
  JsonObject *arguments;
  JsonObject *answer;
} Listing;

static Listing *
listing_new (BelfryStore *store, BelfryListingFunc func, JsonObject *arguments)
{
  Listing *self = g_new0 (Listing, 1);

  self->store = store;
  self->func = func;
  self->arguments = json_object_ref (arguments);
  self->answer = json_object_new ();
  json_object_set_boolean_member (self->answer, "ok", TRUE);
  return self;
}

static void
listing_free (gpointer data)
{
  Listing *self = data;

  json_object_unref (self->arguments);
  json_object_unref (self->answer);
  g_free (self);
}

static gboolean
run_listing (BelfryReader *reader, gpointer data, GError **error)
{
  Listing *self = data;

  return self->func (reader, self->arguments, self->answer, error);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Listing *self = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  JsonNode *node = NULL;

  if (!belfry_store_read_finish (self->store, result, &local)) {
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, self->answer);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
}

void
belfry_listing_run (BelfryStore *store, BelfryListingFunc func, JsonObject *arguments, GTask *task)
{
  const BelfryReaderView view = { .instance = NULL };
  Listing *self = listing_new (store, func, arguments);

  g_task_set_task_data (task, self, listing_free);
  belfry_store_read_async (store, &view, run_listing, self, NULL, on_listed, task);
}

JsonObject *
belfry_listing_ask_file (const char *path, JsonObject *question, GError **error)
{
  const char *command = belfry_json_get_text (question, "command");
  BelfryListingFunc func = belfry_listing_find (command);
  Listing *self = NULL;
  JsonObject *answer = NULL;

  if (func == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "'%s' needs the daemon, not a file of its database", command);
    return NULL;
  }
  self = listing_new (NULL, func, question);
  if (belfry_store_read_file (path, run_listing, self, error))
    answer = json_object_ref (self->answer);
  listing_free (self);
  return answer;
}
