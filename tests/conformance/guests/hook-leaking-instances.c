/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves memory behind at each look at a section.
 * fails: life/instances */
#include "guest.h"

static gpointer left = NULL;

static void
guest_check (gconstpointer self, const BelfryCheck *check)
{
  left = g_malloc0 (1000);
}

BELFRY_DEFINE_HOOK (
  .name = "leaking-instances",
  .summary = "Is a guest",
  .translate = guest_translate,
  .check = guest_check,
);
