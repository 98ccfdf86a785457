/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree-stable timer. Stored is one record for each change, so that a change costs the same
 * however many were there before; the newest tells when the timer is due. That is wall-clock time,
 * so that the rest is waited for after a restart; while the host runs only the monotonic clock
 * counts, so that a jump changes nothing.
 */
#include "timer.h"

LocalTimer *
local_timer_new (const char *key)
{
  LocalTimer *self = g_new0 (LocalTimer, 1);

  self->key = g_strdup (key);
  self->changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->due = BELFRY_NONE;
  return self;
}

void
local_timer_free (LocalTimer *self)
{
  if (self == NULL)
    return;
  g_free (self->key);
  g_ptr_array_unref (self->changes);
  g_free (self);
}

/* One timer for all of a scheduler, or one per place that can change alone. */
char *
local_timer_key (const BelfryChange *change, gboolean by_branch)
{
  g_autofree char *text = NULL;

  if (!by_branch)
    return g_strdup ("all");
  text = g_strjoin ("\n", change->codebase, change->project, change->repository,
                    change->branch != NULL ? change->branch : "\r", NULL);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);
}

/* Records a change without running. */
void
local_timer_note (LocalTimer *self, BelfryChange *change, gboolean important)
{
  g_ptr_array_add (self->changes, belfry_record_ref (change));
  self->important = self->important || important;
}

void
local_timer_add (
    LocalTimer *self, BelfryChange *change, gboolean important, gint64 now, gint64 wait)
{
  local_timer_note (self, change, important);
  if (important || self->due != BELFRY_NONE)
    self->due = now + wait;
}

gboolean
local_timer_is_due (const LocalTimer *self, gint64 now)
{
  return self->due != BELFRY_NONE && self->due <= now;
}

/* What is stored of the change that was recorded last. */
JsonNode *
local_timer_describe_last (const LocalTimer *self, gboolean important, gint64 now, gint64 wall_now)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  if (important)
    json_object_set_boolean_member (object, "important", TRUE);
  if (self->due != BELFRY_NONE)
    json_object_set_int_member (object, "due", wall_now + (self->due - now));
  json_node_take_object (node, object);
  return node;
}

/* Never longer than a whole wait: a wall clock that was set back must not stop the timer for days.
 */
gint64
local_timer_restore_due (JsonObject *stored, gint64 now, gint64 wall_now, gint64 wait)
{
  gint64 due = belfry_json_get_integer (stored, "due", BELFRY_NONE);

  if (due == BELFRY_NONE)
    return BELFRY_NONE;
  return now + CLAMP (due - wall_now, 0, wait);
}
