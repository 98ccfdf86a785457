/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pushjet's message API: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  BelfrySecret *secret;
  BelfryMap *levels; /* (nullable) mode → gint64 * */
  char *base_url;
  BelfryReportsWire wire;
} BelfryPushjet;

gboolean belfry_pushjet_plan (gconstpointer self,
                              const BelfryReport *report,
                              BelfryTargets *targets,
                              GError **error);
BelfryHttpRequest *
belfry_pushjet_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
belfry_pushjet_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
