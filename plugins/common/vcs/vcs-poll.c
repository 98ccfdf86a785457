/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What polls of all programs have in common: how one begins, what it has found, and its ends. The
 * state that is kept from one poll to the next is an object of heads, name to revision.
 */
#include "vcs.h"

gpointer
vcs_poll_new (
    gsize size, BelfryInstance *instance, JsonNode *state, GTask *task, GDestroyNotify clear)
{
  VcsPoll *self = g_malloc0 (size);
  JsonObject *object =
      state != NULL && JSON_NODE_HOLDS_OBJECT (state) ? json_node_get_object (state) : NULL;
  JsonObject *seen = object != NULL ? belfry_json_get_object (object, "heads") : NULL;
  gint64 most = 0;

  self->instance = instance;
  self->task = task;
  self->clear = clear;
  self->seen = seen != NULL ? json_object_ref (seen) : NULL;
  self->changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  belfry_parse_integer (belfry_instance_get_host_value (instance, "max-changes"), 1, G_MAXINT32 - 1,
                        &most, NULL);
  self->most = (guint)most;
  return self;
}

gboolean
vcs_poll_open (VcsPoll *self, const VcsKeys *keys, GError **error)
{
  self->access = vcs_access_new (self->instance, keys, g_task_get_cancellable (self->task), error);
  if (self->access != NULL)
    self->clone = vcs_access_dup_clone (self->access);
  return self->access != NULL;
}

static void
poll_free (VcsPoll *self)
{
  self->clear (self);
  g_object_unref (self->task);
  vcs_access_free (self->access);
  g_free (self->clone);
  g_clear_pointer (&self->seen, json_object_unref);
  g_ptr_array_unref (self->changes);
  g_free (self);
}

void
vcs_poll_fail (VcsPoll *self, GError *error)
{
  g_task_return_error (self->task, error);
  poll_free (self);
}

void
vcs_poll_finish (VcsPoll *self)
{
  g_task_return_boolean (self->task, TRUE);
  poll_free (self);
}

gboolean
vcs_poll_clone_anew (VcsPoll *self, GError *error, const char *const *damage)
{
  g_autoptr (GError) reason = error;
  g_autoptr (GError) local = NULL;

  if (self->set_aside || !vcs_error_says (reason, damage)) {
    vcs_poll_fail (self, g_steal_pointer (&reason));
    return FALSE;
  }
  if (!vcs_access_set_aside (self->access, self->clone, &local)) {
    vcs_poll_fail (self, g_steal_pointer (&local));
    return FALSE;
  }
  belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                       "its clone is damaged (%s) and was moved to '%s-damaged'; cloning again",
                       reason->message, self->clone);
  self->set_aside = TRUE;
  /* all of it is read again */
  g_ptr_array_set_size (self->changes, 0);
  self->left_out = 0;
  return TRUE;
}

static void
on_told (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VcsPoll *self = user_data;
  g_autoptr (GError) local = NULL;

  if (belfry_poller_found_finish (self->instance, result, &local))
    vcs_poll_finish (self);
  else
    vcs_poll_fail (self, g_steal_pointer (&local));
}

void
vcs_poll_drop_oldest (VcsPoll *self)
{
  guint drop = self->changes->len > self->most ? self->changes->len - self->most : 0;

  if (drop > 0)
    g_ptr_array_remove_range (self->changes, 0, drop);
  self->left_out += drop;
}

void
vcs_poll_tell (VcsPoll *self, JsonObject *heads)
{
  g_autoptr (JsonNode) state = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  if (self->left_out > 0)
    belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                         "more than %u changes in one poll: the %u oldest are left out", self->most,
                         self->left_out);
  json_object_set_object_member (object, "heads", json_object_ref (heads));
  json_node_take_object (state, object);
  belfry_poller_found_async (self->instance, self->changes, state, self->access->cancellable,
                             on_told, self);
}
