/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves a file open at each start.
 * fails: life/a-hundred-times */
#include "guest.h"

#include <fcntl.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  if (open ("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
    g_warning ("no file");
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "leaking-files",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
