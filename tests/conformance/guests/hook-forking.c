/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves a process behind.
 * fails: manners/processes */
#include "guest.h"

#include <unistd.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  if (fork () == 0) {
    pause ();
    _exit (0);
  }
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "forking",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
