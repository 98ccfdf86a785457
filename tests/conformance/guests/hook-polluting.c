/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the environment.
 * fails: manners/settings */
#include "guest.h"

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_setenv ("GUEST", "was here", TRUE);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "polluting",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
