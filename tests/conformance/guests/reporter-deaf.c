/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes on where it is cancelled.
 * fails: life/cancelled-at-every-step life/completes-once */
#include "guest.h"

static void
guest_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
}

BELFRY_DEFINE_REPORTER (
  .name = "deaf",
  .summary = "Is a guest",
  .family = BELFRY_FAMILY_PAINTER,
  .plan = guest_plan,
  .deliver = guest_deliver,
);
