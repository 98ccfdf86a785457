/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telegram's Bot API, as far as whoever sends messages needs it. */
#pragma once

#include "markup.h"
#include "reports.h"

/** BELFRY_TELEGRAM_TEXT_UNITS: longest text, in UTF-16 units after entities */
#define BELFRY_TELEGRAM_TEXT_UNITS 4096

/* What parse_mode HTML takes. */
extern const BelfryMarkupDialect belfry_telegram_dialect;

/* Whether this is a bot's token, so that it may stand in a path. */
gboolean belfry_telegram_is_token (const char *text);
/* Whether this is ID, @channel or ID/THREAD. */
gboolean belfry_telegram_is_chat (const char *text);
/* Sets chat_id and message_thread_id. */
void belfry_telegram_set_chat (JsonObject *message, const char *chat);
/* A message: text of a body, parse mode, no previews of links. (transfer full) */
JsonObject *belfry_telegram_message_new (const char *body, gboolean is_html);
/* A call of a method: POST API/botTOKEN/METHOD. */
BelfryHttpRequest *belfry_telegram_request_new (const BelfryReportsWire *wire,
                                                const char *api_url,
                                                BelfrySecret *token,
                                                const char *method,
                                                JsonNode *body);

/**
 * BelfryTelegramAnswer: what an answer says
 * @outcome: delivered with the message's id, or why not
 * @migrated_to: (nullable): the group has another id now
 * @unchanged: an edit that changes nothing
 * @gone: there is no such message to edit any more
 */
typedef struct {
  BelfryOutcome *outcome;
  char *migrated_to;
  gboolean unchanged;
  gboolean gone;
} BelfryTelegramAnswer;

BelfryTelegramAnswer *belfry_telegram_answer_new (BelfryHttpAnswer *answer);
void belfry_telegram_answer_free (BelfryTelegramAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTelegramAnswer, belfry_telegram_answer_free)

/* The pace that Telegram asks for: one message a second to a chat, 20 a minute to a group, 30 a
 * second in all. See belfry_instance_keep_pace (). */
gint64 belfry_telegram_keep_pace (BelfryInstance *instance, const char *chat);
