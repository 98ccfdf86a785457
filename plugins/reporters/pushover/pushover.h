/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pushover's message API: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  BelfrySecret *user_key;
  BelfrySecret *api_token;
  BelfryMap *priorities;   /* (nullable) mode → gint64 * */
  BelfryMap *other_params; /* (nullable) name → text */
  BelfryReportsWire wire;
} BelfryPushover;

void belfry_pushover_check (gconstpointer self, const BelfryCheck *check);
gboolean belfry_pushover_plan (gconstpointer self,
                               const BelfryReport *report,
                               BelfryTargets *targets,
                               GError **error);
BelfryHttpRequest *
belfry_pushover_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
belfry_pushover_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
