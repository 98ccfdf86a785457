/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A poller of the first release of its ABI: finds one change, once. */
#include <belfry-plugin.h>

typedef struct {
  BelfryInstance *instance;
} First;

static void
first_start (gpointer state, BelfryInstance *instance, GTask *task)
{
  First *self = state;

  self->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_first_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  First *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (belfry_poller_found_finish (self->instance, result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
first_poll (gpointer state, JsonNode *seen, GTask *task)
{
  First *self = state;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (JsonNode) now = json_node_new (JSON_NODE_OBJECT);
  BelfryChange *change = belfry_change_new ();

  json_node_take_object (now, json_object_new ());
  belfry_record_set_text (&change->author, "first");
  belfry_record_set_text (&change->comments, "seen from far");
  belfry_record_set_text (&change->revision, "77");
  g_ptr_array_add (changes, change);
  if (seen != NULL && JSON_NODE_HOLDS_OBJECT (seen))
    g_ptr_array_set_size (changes, 0);
  g_task_set_task_data (task, self, NULL);
  belfry_poller_found_async (self->instance, changes, now, g_task_get_cancellable (task),
                             on_first_stored, task);
}

BELFRY_DEFINE_POLLER (
  .name          = "first",
  .summary       = "Finds one change",
  .instance_size = sizeof (First),
  .start         = first_start,
  .poll          = first_poll,
);
