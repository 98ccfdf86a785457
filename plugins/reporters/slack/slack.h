/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slack's incoming webhooks and its method chat.postMessage. */
#pragma once

#include "reports.h"

typedef struct {
  BelfrySecret *webhook_url; /* (nullable) */
  BelfrySecret *token;       /* (nullable) */
  char *channel;             /* (nullable) */
  gboolean attachment;
  BelfryReportsSeries series;
  BelfryMap *mention; /* (nullable) user → id */
  BelfryReportsWire wire;
  BelfryInstance *instance;
} BelfrySlack;

void belfry_slack_check (gconstpointer self, const BelfryCheck *check);
gboolean belfry_slack_check_secrets (const BelfrySlack *self, GError **error);
gboolean belfry_slack_plan (gconstpointer self,
                            const BelfryReport *report,
                            BelfryTargets *targets,
                            GError **error);
/* @remote_id: (nullable): CHANNEL/TS of the message to edit, or that the thread begins with */
BelfryHttpRequest *
belfry_slack_make_request (const BelfrySlack *self, JsonNode *payload, const char *remote_id);
/* @gone: (out): the message to edit cannot be edited any more */
BelfryOutcome *
belfry_slack_judge (const BelfrySlack *self, BelfryHttpAnswer *answer, gboolean *gone);
