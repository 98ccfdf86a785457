/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ntfy's publishing as JSON: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  char *server;
  BelfrySecret *topic;
  BelfrySecret *token;    /* (nullable) */
  BelfrySecret *user;     /* (nullable) */
  BelfrySecret *password; /* (nullable) */
  BelfryMap *priorities;  /* (nullable) mode → gint64 * */
  BelfryMap *tags;        /* (nullable) mode → list as text */
  BelfryReportsWire wire;
} BelfryNtfy;

void belfry_ntfy_check (gconstpointer self, const BelfryCheck *check);
/* Whether the topic is one, now that it is known. */
gboolean belfry_ntfy_check_topic (const BelfryNtfy *self, GError **error);
gboolean belfry_ntfy_plan (gconstpointer self,
                           const BelfryReport *report,
                           BelfryTargets *targets,
                           GError **error);
BelfryHttpRequest *
belfry_ntfy_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
belfry_ntfy_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
