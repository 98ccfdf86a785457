/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the locale.
 * fails: manners/settings */
#include "guest.h"

#include <locale.h>

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  setlocale (LC_ALL, "C");
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "translating",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
