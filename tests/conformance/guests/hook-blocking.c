/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds up the main loop.
 * fails: manners/loop */
#include "guest.h"

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_usleep (600 * G_TIME_SPAN_MILLISECOND);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "blocking",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
