/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs when it has stopped.
 * fails: life/still-when-stopped */
#include "guest.h"

static gboolean
on_timer (gpointer instance)
{
  belfry_instance_log (instance, G_LOG_LEVEL_MESSAGE, "still there");
  return G_SOURCE_REMOVE;
}

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_timeout_add_full (G_PRIORITY_DEFAULT, 20, on_timer, belfry_instance_ref (instance),
                      (GDestroyNotify)belfry_instance_unref);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "restless",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
