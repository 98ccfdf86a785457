/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quotes an answer as it came.
 * fails: remotes/garbage */
#include "guest.h"

static BelfryOutcome *
guest_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  GBytes *body = belfry_http_answer_get_body (answer);
  g_autofree char *text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  BelfryOutcome *outcome = belfry_outcome_new_from_answer (answer);

  g_free (outcome->excerpt);
  outcome->excerpt = g_steal_pointer (&text);
  return outcome;
}

BELFRY_DEFINE_REPORTER (
  .name = "parroting",
  .summary = "Is a guest",
  .family = BELFRY_FAMILY_PAINTER,
  .plan = guest_plan,
  .to_request = guest_to_request,
  .from_answer = guest_from_answer,
);
