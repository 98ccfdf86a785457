/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completes a delivery twice.
 * fails: life/completes-once */
#include "guest.h"

static gboolean
on_later (gpointer task)
{
  g_task_return_pointer (task, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL),
                         (GDestroyNotify)belfry_outcome_free);
  return G_SOURCE_REMOVE;
}

static void
guest_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  g_idle_add (on_later, task);
  g_timeout_add (20, on_later, task);
}

BELFRY_DEFINE_REPORTER (
  .name = "repeating",
  .summary = "Is a guest",
  .family = BELFRY_FAMILY_PAINTER,
  .plan = guest_plan,
  .deliver = guest_deliver,
);
