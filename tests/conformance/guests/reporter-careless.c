/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts every answer as a delivery.
 * fails: remotes/refusing remotes/failing */
#include "guest.h"

static BelfryOutcome *
guest_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  return belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL);
}

BELFRY_DEFINE_REPORTER (
  .name = "careless",
  .summary = "Is a guest",
  .family = BELFRY_FAMILY_PAINTER,
  .plan = guest_plan,
  .to_request = guest_to_request,
  .from_answer = guest_from_answer,
);
