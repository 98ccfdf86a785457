/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes what a signal does.
 * fails: manners/settings */
#include "guest.h"

#include <signal.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  signal (SIGTERM, SIG_IGN);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "signalling",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
