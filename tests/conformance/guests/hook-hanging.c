/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Never says that it has started.
 * fails: life/start-use-stop */
#include "guest.h"

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
}

BELFRY_DEFINE_HOOK (
  .name = "hanging",
  .summary = "Is a guest",
  .translate = guest_translate,
  .start = guest_start,
);
