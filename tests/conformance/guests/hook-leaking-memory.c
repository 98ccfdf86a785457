/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves memory behind at each start.
 * fails: life/a-hundred-times */
#include "guest.h"

static gpointer left = NULL;

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  left = g_malloc0 (1000);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "leaking-memory",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
