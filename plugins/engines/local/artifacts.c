/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's retention removes rows: of artifacts that have expired, of builds that go. Files
 * follow here: each folder that was published has a note in the engine's key space, and a folder of
 * whose step no row is left goes with its note. That is looked at when the engine starts and then
 * now and again, a bounded number at a time.
 */
#include "artifacts.h"
#include <glib/gstdio.h>
#include <string.h>

#define PREFIX       "artifact/"
#define LOOK_SECONDS 600
#define REMOVALS_MAX 200

typedef struct {
  Local *local;
  GPtrArray *keys;  /* (element-type utf8) notes of what is to go */
  GPtrArray *paths; /* (element-type utf8) below the artifacts' folder */
} Look;

static void
look_free (Look *self)
{
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->paths);
  g_free (self);
}

void
local_artifacts_note (LocalBuild *build, gint64 stepid, const char *destination)
{
  g_autofree char *key = g_strdup_printf (PREFIX "%" G_GINT64_FORMAT, stepid);
  g_autoptr (JsonNode) value = belfry_json_new_text (destination);

  belfry_transaction_put (local_build_say (build), key, value);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer data)
{
  Local *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!local_tree_remove_finish (result, &error))
    local_log_error (self, "removing artifacts", error);
  self->n_pending--;
  local_stop_step (self);
}

void
local_artifacts_discard (Local *self, const char *path)
{
  self->n_pending++;
  local_tree_remove_async (path, NULL, on_removed, self);
}

/* pool thread */

static gboolean
has_rows (BelfryReader *reader, gint64 stepid, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) rows = NULL;
  gboolean cut = FALSE;

  query.filters[0] = (BelfryFilter){ .field = "stepid", .number = stepid };
  query.limit = 1;
  rows = belfry_reader_list (reader, belfry_artifact_get_type (), &query, &cut, error);
  return rows == NULL || rows->len > 0;
}

static gboolean
look (BelfryReader *reader, gpointer data, GError **error)
{
  Look *self = data;
  g_autoptr (GHashTable) notes = belfry_reader_state_scan (reader, PREFIX, error);
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  if (notes == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, notes);
  while (g_hash_table_iter_next (&iter, &key, &value) && self->keys->len < REMOVALS_MAX) {
    gint64 stepid = 0;
    g_autoptr (GError) reason = NULL;

    if (!g_ascii_string_to_signed ((char *)key + strlen (PREFIX), 10, 0, G_MAXINT64, &stepid,
                                   NULL) ||
        !JSON_NODE_HOLDS_VALUE ((JsonNode *)value) || has_rows (reader, stepid, &reason))
      continue;
    g_ptr_array_add (self->keys, g_strdup (key));
    g_ptr_array_add (self->paths, g_strdup (json_node_get_string (value)));
  }
  return TRUE;
}

/* main loop */

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  Look *self = data;
  Local *local = self->local;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!belfry_instance_read_finish (local->instance, result, &error))
    local_log_error (local, "looking for old artifacts", error);
  for (guint i = 0; error == NULL && i < self->keys->len && !local->stopping; i++) {
    BelfryTransaction *transaction = belfry_engine_begin (local->instance);
    g_autofree char *path =
        g_build_filename (local->config->artifacts, g_ptr_array_index (self->paths, i), NULL);

    local_artifacts_discard (local, path);
    belfry_transaction_delete (transaction, g_ptr_array_index (self->keys, i));
    belfry_engine_submit (local->instance, transaction);
  }
  local->n_pending--;
  look_free (self);
  local_stop_step (local);
}

static gboolean
on_time (gpointer data)
{
  Local *local = data;
  Look *self = g_new0 (Look, 1);

  self->local = local;
  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->paths = g_ptr_array_new_with_free_func (g_free);
  local->n_pending++;
  belfry_instance_read_async (local->instance, look, self, NULL, on_looked, self);
  return G_SOURCE_CONTINUE;
}

/* What a stopped step or a crash left half goes first. */
void
local_artifacts_start (Local *self)
{
  g_autofree char *incoming = g_build_filename (self->config->artifacts, LOCAL_INCOMING, NULL);
  g_autofree char *aside = g_strdup_printf ("%s-%s", incoming, self->token);

  if (g_rename (incoming, aside) == 0)
    local_artifacts_discard (self, aside);
  on_time (self);
  self->artifacts_id = g_timeout_add_seconds (LOOK_SECONDS, on_time, self);
}

void
local_artifacts_stop (Local *self)
{
  g_clear_handle_id (&self->artifacts_id, g_source_remove);
}
