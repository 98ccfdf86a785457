/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HipChat's API v2: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  BelfrySecret *auth_token;
  char *endpoint;
  BelfryMap *rooms; /* (nullable) builder → room */
  BelfryMap *users; /* (nullable) builder → user */
  BelfryTemplate *room;
  BelfryTemplate *user;
  BelfryTemplate *message_new;
  BelfryTemplate *message_finished;
  BelfryMap *extra_new;      /* (nullable) name → BelfryTemplate ** */
  BelfryMap *extra_finished; /* (nullable) */
  BelfryMap *event_messages; /* (nullable) without effect, as in Buildbot */
  BelfryReportsWire wire;
} BelfryHipchat;

gboolean belfry_hipchat_plan (gconstpointer self,
                              const BelfryReport *report,
                              BelfryTargets *targets,
                              GError **error);
BelfryHttpRequest *
belfry_hipchat_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
belfry_hipchat_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
