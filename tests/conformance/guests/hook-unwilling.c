/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Never starts.
 * fails: life/start-use-stop */
#include "guest.h"

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "not today");
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "unwilling",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
