/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One message for each chat: a row of its own, so that one chat's trouble is not another's. */
#include "telegram.h"

#include <string.h>

void
belfry_telegram_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryTelegram *telegram = self;

  for (guint i = 0; telegram->chat_ids != NULL && telegram->chat_ids[i] != NULL; i++)
    if (!belfry_telegram_is_chat (telegram->chat_ids[i]))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "chat-ids",
                           "'%s' is no chat; write a number, @channel, or NUMBER/THREAD",
                           telegram->chat_ids[i]);
  if (telegram->chat_ids == NULL || telegram->chat_ids[0] == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "chat-ids",
                         "at least one chat is wanted");
  belfry_reports_check_series (&telegram->series, check);
  belfry_reports_check_wire (&telegram->wire, check, "api-url", telegram->api_url);
}

/* a start needs nobody's attention */
static gboolean
is_silent (const BelfryTelegram *self, const BelfryReport *report)
{
  gint64 result = belfry_reports_get_result (report);

  if (g_str_equal (belfry_report_get_phase (report), "started"))
    return TRUE;
  return result != BELFRY_NONE && (self->silent & (1u << result)) != 0;
}

gboolean
belfry_telegram_plan (gconstpointer self,
                      const BelfryReport *report,
                      BelfryTargets *targets,
                      GError **error)
{
  const BelfryTelegram *telegram = self;
  const char *body = belfry_report_get_body (report);
  gboolean is_empty = body == NULL || *body == '\0';
  g_autofree char *key = belfry_reports_dup_key (report);

  for (guint i = 0; telegram->chat_ids[i] != NULL; i++) {
    JsonObject *message =
        belfry_telegram_message_new (is_empty ? belfry_report_get_subject (report) : body,
                                     !is_empty && belfry_report_is_html (report));
    g_autoptr (JsonNode) payload = belfry_reports_wrap (message);

    belfry_telegram_set_chat (message, telegram->chat_ids[i]);
    json_object_set_boolean_member (message, "disable_notification", is_silent (telegram, report));
    belfry_targets_add (targets, telegram->chat_ids[i], key, payload);
  }
  return TRUE;
}

/* what an edit does not take */
static void
make_edit (JsonObject *message, const char *remote_id)
{
  gint64 id = 0;

  json_object_remove_member (message, "disable_notification");
  json_object_remove_member (message, "message_thread_id");
  if (belfry_parse_integer (remote_id, 0, G_MAXINT64, &id, NULL))
    json_object_set_int_member (message, "message_id", id);
}

BelfryHttpRequest *
belfry_telegram_make_request (const BelfryTelegram *self,
                              JsonNode *payload,
                              const char *remote_id,
                              const char *chat)
{
  JsonObject *message = belfry_reports_dup_object (payload);
  g_autoptr (JsonNode) body = belfry_reports_wrap (message);

  if (chat != NULL)
    belfry_telegram_set_chat (message, chat);
  if (remote_id != NULL)
    make_edit (message, remote_id);
  return belfry_telegram_request_new (&self->wire, self->api_url, self->bot_token,
                                      remote_id != NULL ? "editMessageText" : "sendMessage", body);
}
