/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completes its start twice, and its poll once more after it was stopped. */
#include <belfry-plugin.h>

typedef struct {
  GTask *old;
} Twice;

static void
twice_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_task_return_boolean (task, TRUE);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
twice_poll (gpointer self, JsonNode *state, GTask *task)
{
  Twice *twice = self;

  g_clear_object (&twice->old);
  twice->old = g_object_ref (task);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
twice_stop (gpointer self, GTask *task)
{
  Twice *twice = self;

  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
  if (twice->old != NULL)
    g_task_return_boolean (twice->old, FALSE);
  g_clear_object (&twice->old);
}

BELFRY_DEFINE_POLLER (
  .name          = "twice",
  .summary       = "Says everything twice",
  .instance_size = sizeof (Twice),
  .start         = twice_start,
  .stop          = twice_stop,
  .poll          = twice_poll,
);
