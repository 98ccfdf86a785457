/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refuses the section that its table describes.
 * fails: options/section life/start-use-stop */
#include "guest.h"

static void
guest_check (gconstpointer self, const BelfryCheck *check)
{
  belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, NULL,
                       "more is wanted");
}

BELFRY_DEFINE_HOOK (
  .name = "demanding",
  .summary = "Is a guest",
  .translate = guest_translate,
  .check = guest_check,
);
