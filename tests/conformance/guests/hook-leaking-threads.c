/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves a thread behind at each start.
 * fails: life/a-hundred-times */
#include "guest.h"

#include <unistd.h>

static gpointer
idle (gpointer unused)
{
  pause ();
  return NULL;
}

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_thread_unref (g_thread_new ("idle", idle, NULL));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "leaking-threads",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
