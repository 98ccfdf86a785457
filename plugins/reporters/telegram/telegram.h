/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as Telegram messages. */
#pragma once

#include "telegram-api.h"

typedef struct {
  BelfrySecret *bot_token;
  char **chat_ids;
  guint silent;               /* of results, by their numbers as bits */
  BelfryReportsSeries series; /* edits only */
  char *api_url;
  BelfryReportsWire wire;
  BelfryInstance *instance;
} BelfryTelegram;

void belfry_telegram_check (gconstpointer self, const BelfryCheck *check);
gboolean belfry_telegram_plan (gconstpointer self,
                               const BelfryReport *report,
                               BelfryTargets *targets,
                               GError **error);
/* Sends a planned message, or edits the one of @remote_id. @chat: (nullable): instead of its own */
BelfryHttpRequest *belfry_telegram_make_request (const BelfryTelegram *self,
                                                 JsonNode *payload,
                                                 const char *remote_id,
                                                 const char *chat);
