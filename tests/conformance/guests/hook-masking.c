/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the mask of new files.
 * fails: manners/settings */
#include "guest.h"

#include <sys/stat.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  umask (0);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "masking",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
