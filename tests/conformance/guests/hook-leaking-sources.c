/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves a source on the loop at each start.
 * fails: life/a-hundred-times life/still-when-stopped */
#include "guest.h"

static gboolean
on_timer (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_timeout_add_seconds (3600, on_timer, NULL);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "leaking-sources",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
