/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of reporters that are gone from the configuration. They wait as long as their max-age said,
 * in case it comes back, then they die. How long that is outlives the section: it is kept in the
 * store for whoever is configured, and for whoever is gone as long as rows of its are there.
 */
#include "outbox-private.h"

#define KEY_SPACE      "host/outbox"
#define KEY            "max-ages"
#define DEFAULT_AGE_US G_TIME_SPAN_DAY

void
belfry_orphans_name (BelfryOutbox *self, GPtrArray *reporters)
{
  g_clear_pointer (&self->max_ages, json_object_unref);
  self->max_ages = json_object_new ();
  self->bury_at_us = 0;
  for (guint i = 0; i < reporters->len; i++) {
    const BelfryBlueprint *blueprint =
        ((BelfryHosted *)g_ptr_array_index (reporters, i))->blueprint;
    const BelfryReporterKeys *keys = blueprint->plugin != NULL ? blueprint->host_state : NULL;

    json_object_set_int_member (self->max_ages, blueprint->name,
                                keys != NULL ? keys->max_age : DEFAULT_AGE_US);
  }
}

static char *
dup_cause (const char *instance)
{
  return g_strconcat ("gone/", instance, NULL);
}

void
belfry_orphans_settle (BelfryOutbox *self, const BelfryHosted *hosted)
{
  g_autofree char *cause = dup_cause (hosted->blueprint->name);

  belfry_outbox_settle (self, cause);
}

/* writer thread */

/* (transfer full): what was kept by those who were configured before */
static JsonObject *
read_ages (BelfryWriter *writer, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = belfry_writer_state_get (writer, KEY_SPACE, KEY, &local);

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node)
                                                       : json_object_new ();
}

static GArray *
list_live (BelfryWriter *writer, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (BelfryLiveRows));

  g_array_set_clear_func (found, belfry_live_rows_clear);
  return belfry_rows_list_live (writer, found, error) ? g_steal_pointer (&found) : NULL;
}

static gint64
get_end (const BelfryLiveRows *live, JsonObject *ages)
{
  return live->oldest_us + belfry_json_get_integer (ages, live->instance, DEFAULT_AGE_US);
}

static gboolean
bury_all (BelfryWriter *writer,
          JsonObject *max_ages,
          JsonObject *ages,
          gint64 now_us,
          GHashTable *buried,
          GError **error)
{
  g_autoptr (GArray) live = list_live (writer, error);

  for (guint i = 0; live != NULL && i < live->len; i++) {
    const BelfryLiveRows *rows = &g_array_index (live, BelfryLiveRows, i);
    gint64 age_us = belfry_json_get_integer (ages, rows->instance, DEFAULT_AGE_US);
    int count = 0;

    if (json_object_has_member (max_ages, rows->instance) || get_end (rows, ages) > now_us)
      continue;
    if (!belfry_rows_bury (writer, rows->instance, now_us - age_us, &count, error))
      return FALSE;
    g_hash_table_replace (buried, g_strdup (rows->instance), GINT_TO_POINTER (count));
  }
  return live != NULL;
}

static gboolean
keep_ages (BelfryWriter *writer, JsonObject *old, JsonObject *ages, GError **error)
{
  g_autoptr (JsonNode) before = json_node_init_object (json_node_alloc (), old);
  g_autoptr (JsonNode) after = json_node_init_object (json_node_alloc (), ages);

  return json_node_equal (before, after) ||
         belfry_writer_state_put (writer, KEY_SPACE, KEY, after, error);
}

gboolean
belfry_orphans_bury (BelfryWriter *writer,
                     JsonObject *max_ages,
                     gint64 now_us,
                     GHashTable *buried,
                     gint64 *next_us,
                     GError **error)
{
  g_autoptr (JsonObject) old = read_ages (writer, error);
  g_autoptr (JsonObject) ages = json_object_new ();
  g_autoptr (GArray) left = NULL;
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *age = NULL;

  *next_us = G_MAXINT64;
  if (old == NULL || !bury_all (writer, max_ages, old, now_us, buried, error))
    return FALSE;
  left = list_live (writer, error);
  if (left == NULL)
    return FALSE;
  json_object_iter_init (&iter, max_ages);
  while (json_object_iter_next (&iter, &name, &age))
    json_object_set_member (ages, name, json_node_copy (age));
  for (guint i = 0; i < left->len; i++) {
    const BelfryLiveRows *rows = &g_array_index (left, BelfryLiveRows, i);

    if (json_object_has_member (max_ages, rows->instance))
      continue;
    json_object_set_int_member (ages, rows->instance,
                                belfry_json_get_integer (old, rows->instance, DEFAULT_AGE_US));
    *next_us = MIN (*next_us, get_end (rows, old));
  }
  return keep_ages (writer, old, ages, error);
}

/* main loop */

void
belfry_orphans_tell (BelfryOutbox *self, GHashTable *buried)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer count = NULL;

  g_hash_table_iter_init (&iter, buried);
  while (g_hash_table_iter_next (&iter, &name, &count)) {
    g_autofree char *cause = dup_cause (name);
    g_autofree char *text = g_strdup_printf (
        "%d reports of reporter '%s' were given up: it is gone from the configuration",
        GPOINTER_TO_INT (count), (const char *)name);

    g_warning ("reporter '%s': instance gone; %d reports of its are given up", (const char *)name,
               GPOINTER_TO_INT (count));
    belfry_outbox_alert (self, cause, name, text);
  }
}

/* asking */

typedef struct {
  BelfryOutbox *outbox;
  JsonObject *names;
  JsonArray *lines;
} Asking;

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  json_object_unref (asking->names);
  g_clear_pointer (&asking->lines, json_array_unref);
  g_free (asking);
}

static char *
dup_line (const BelfryLiveRows *rows, JsonObject *ages)
{
  g_autofree char *end = belfry_time_format_rfc3339 (get_end (rows, ages));

  return g_strdup_printf ("reporter '%s' is not configured any more: %" G_GINT64_FORMAT
                          " reports of its wait; from %s on they die as 'instance gone'",
                          rows->instance, rows->count, end);
}

static gboolean
look_for_orphans (BelfryWriter *writer, gpointer data, GError **error)
{
  Asking *asking = data;
  g_autoptr (JsonObject) ages = read_ages (writer, error);
  g_autoptr (GArray) live = ages != NULL ? list_live (writer, error) : NULL;

  g_clear_pointer (&asking->lines, json_array_unref);
  asking->lines = json_array_new ();
  for (guint i = 0; live != NULL && i < live->len; i++) {
    const BelfryLiveRows *rows = &g_array_index (live, BelfryLiveRows, i);
    g_autofree char *line = dup_line (rows, ages);

    if (!json_object_has_member (asking->names, rows->instance))
      json_array_add_string_element (asking->lines, line);
  }
  return live != NULL;
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Asking *asking = g_task_get_task_data (task);
  BelfryOutbox *outbox = asking->outbox;
  GError *local = NULL;

  if (belfry_store_write_finish (outbox->store, result, &local))
    g_task_return_pointer (task, g_steal_pointer (&asking->lines),
                           (GDestroyNotify)json_array_unref);
  else
    g_task_return_error (task, local);
  belfry_outbox_end (outbox);
}

void
belfry_outbox_list_orphans_async (BelfryOutbox *self,
                                  JsonArray *names,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Asking *asking = g_new0 (Asking, 1);

  asking->outbox = self;
  asking->names = names == NULL && self->max_ages != NULL ? json_object_ref (self->max_ages)
                                                          : json_object_new ();
  for (guint i = 0; names != NULL && i < json_array_get_length (names); i++)
    json_object_set_null_member (asking->names, json_array_get_string_element (names, i));
  g_task_set_task_data (task, asking, asking_free);
  belfry_outbox_begin (self);
  belfry_store_write_async (self->store, look_for_orphans, asking, NULL, NULL, on_asked, task);
}

JsonArray *
belfry_outbox_list_orphans_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
