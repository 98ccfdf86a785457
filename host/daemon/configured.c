/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Since when the configuration says what it says: a digest of it and the time at which it was first
 * seen, so that an explanation can tell whether it speaks of the configuration of then.
 */
#include "host-wiring.h"

static void
free_text (gpointer data)
{
  g_free (data);
}

static gboolean
note_digest (BelfryWriter *writer, gpointer data, GError **error)
{
  const char *digest = data;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) known =
      belfry_writer_state_get (writer, BELFRY_STATE_HOST, BELFRY_STATE_CONFIGURED, &local);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "digest", digest);
  json_object_set_int_member (object, "since_us", belfry_clock_now_us ());
  json_node_take_object (node, object);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (known != NULL && JSON_NODE_HOLDS_OBJECT (known) &&
      g_strcmp0 (belfry_json_get_text (json_node_get_object (known), "digest"), digest) == 0)
    return TRUE;
  return belfry_writer_state_put (writer, BELFRY_STATE_HOST, BELFRY_STATE_CONFIGURED, node, error);
}

void
belfry_host_note_configured (BelfryHost *self)
{
  belfry_store_write (self->store, note_digest, belfry_config_dup_digest (self->config), free_text);
}
