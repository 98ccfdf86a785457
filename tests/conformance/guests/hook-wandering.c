/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the working folder.
 * fails: manners/settings */
#include "guest.h"

#include <unistd.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  if (chdir ("/") != 0)
    g_warning ("no root");
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "wandering",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
