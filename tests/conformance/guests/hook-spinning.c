/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds up the main loop, and the processor.
 * fails: manners/loop */
#include "guest.h"

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  gint64 end = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    continue;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "spinning",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
