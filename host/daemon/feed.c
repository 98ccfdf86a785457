/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each engine is given each stored change once, in order of id. What it has dealt with is in the
 * store, written by the engine's own transaction (the key `changes/taken`); what it was given since
 * is known here. After a restart it is given again whatever it had not dealt with.
 */
#include "host.h"

#define BATCH 200

struct _BelfryFeed {
  BelfryHost *host;
  BelfryHosted *engine;
  GCancellable *cancellable;
  gint64 given;
  gboolean knows_given;
  gboolean reading;
  gboolean again;
};

typedef struct {
  BelfryFeed *feed; /* valid while the read is not cancelled */
  gint64 given;
  gboolean knows_given;
  GPtrArray *changes;
  gboolean cut;
} Batch;

BelfryFeed *
belfry_feed_new (BelfryHost *host, BelfryHosted *engine)
{
  BelfryFeed *self = g_new0 (BelfryFeed, 1);

  self->host = host;
  self->engine = belfry_hosted_ref (engine);
  self->cancellable = g_cancellable_new ();
  return self;
}

void
belfry_feed_free (BelfryFeed *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  belfry_hosted_unref (self->engine);
  g_free (self);
}

static void
batch_free (Batch *batch)
{
  g_clear_pointer (&batch->changes, g_ptr_array_unref);
  g_free (batch);
}

static gboolean
find_newest (BelfryReader *reader, gint64 *newest, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;

  query.descending = TRUE;
  query.limit = 1;
  found = belfry_reader_list (reader, belfry_change_get_type (), &query, NULL, error);
  if (found == NULL)
    return FALSE;
  *newest = found->len > 0 ? belfry_record_get_id (g_ptr_array_index (found, 0)) : 0;
  return TRUE;
}

static gboolean
read_batch (BelfryReader *reader, gpointer data, GError **error)
{
  Batch *batch = data;
  BelfryQuery query = BELFRY_QUERY_INIT;

  if (!batch->knows_given) {
    g_autoptr (JsonNode) taken = belfry_reader_state_get (reader, "changes/taken", error);

    if (taken == NULL && error != NULL && *error != NULL)
      return FALSE;
    /* an engine that is new here does not chew history */
    if (taken != NULL)
      batch->given = json_node_get_int (taken);
    else if (!find_newest (reader, &batch->given, error))
      return FALSE;
    batch->knows_given = TRUE;
  }
  query.filters[0] = (BelfryFilter){ "changeid", BELFRY_COMPARE_GREATER, batch->given, NULL };
  query.limit = BATCH;
  batch->changes =
      belfry_reader_list (reader, belfry_change_get_type (), &query, &batch->cut, error);
  return batch->changes != NULL;
}

static void
give (BelfryFeed *self, Batch *batch)
{
  const BelfryEngine *plugin = belfry_hosted_get_plugin (self->engine);

  self->given = batch->given;
  self->knows_given = TRUE;
  for (guint i = 0; i < batch->changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (batch->changes, i);

    self->given = change->changeid;
    if (self->engine->state == BELFRY_HOSTED_RUNNING && plugin->change_added != NULL) {
      g_auto (BelfryCallback) call = belfry_hosted_call (self->engine, "change_added");

      plugin->change_added (belfry_hosted_get_state (self->engine), change);
    }
  }
}

static void
on_batch_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Batch *batch = user_data;
  BelfryFeed *self = batch->feed;
  g_autoptr (GError) local = NULL;
  gboolean read = belfry_instance_read_finish (NULL, result, &local);
  gboolean more = FALSE;

  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    batch_free (batch);
    return;
  }
  self->reading = FALSE;
  if (read) {
    give (self, batch);
    more = batch->cut || self->again;
  } else
    g_warning ("engine '%s': reading new changes: %s; they are read with the next one",
               self->engine->blueprint->name, local->message);
  batch_free (batch);
  self->again = FALSE;
  if (more)
    belfry_feed_wake (self);
}

void
belfry_feed_wake (BelfryFeed *self)
{
  Batch *batch = NULL;

  if (self->engine->state != BELFRY_HOSTED_RUNNING)
    return;
  if (self->reading) {
    self->again = TRUE;
    return;
  }
  self->reading = TRUE;
  batch = g_new0 (Batch, 1);
  batch->feed = self;
  batch->given = self->given;
  batch->knows_given = self->knows_given;
  belfry_instance_read_async (self->engine->instance, read_batch, batch, self->cancellable,
                              on_batch_read, batch);
}
