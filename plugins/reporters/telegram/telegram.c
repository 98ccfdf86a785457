/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends reports to Telegram chats. A delivery is one request, and a second one where the first says
 * that the group has another id now, or that the message to edit is gone.
 */
#include "telegram.h"

static const BelfryChoice results[] = {
  { "success", 1 << BELFRY_RESULT_SUCCESS, N_ ("builds that succeeded") },
  { "warnings", 1 << BELFRY_RESULT_WARNINGS, N_ ("builds with warnings") },
  { "failure", 1 << BELFRY_RESULT_FAILURE, N_ ("builds that failed") },
  { "skipped", 1 << BELFRY_RESULT_SKIPPED, N_ ("builds that were skipped") },
  { "exception", 1 << BELFRY_RESULT_EXCEPTION, N_ ("builds that met an exception") },
  { "retry", 1 << BELFRY_RESULT_RETRY, N_ ("builds that are tried again") },
  { "cancelled", 1 << BELFRY_RESULT_CANCELLED, N_ ("builds that were cancelled") },
  { NULL },
};

static const BelfryOption telegram_options[] = {
  BELFRY_SECRET (BelfryTelegram,
                 bot_token,
                 "bot-token",
                 .required = TRUE,
                 .sample = "123456789:",
                 .help = N_ ("token of the bot, from @BotFather")),
  BELFRY_LIST (BelfryTelegram,
               chat_ids,
               "chat-ids",
               .required = TRUE,
               .sample = "-1001234567890/42;@acme_ci",
               .help = N_ ("chats: a number, @channel, or NUMBER/THREAD for a topic of a forum")),
  BELFRY_FLAGS (BelfryTelegram,
                silent,
                "silent",
                .choices = results,
                .default_text = "success",
                .help = N_ ("results that make no sound")),
  BELFRY_BOOLEAN (BelfryTelegram,
                  series.edit,
                  "edit",
                  .default_text = "false",
                  .help = N_ ("tell of the start as well, and edit that message at the end")),
  BELFRY_URL (BelfryTelegram,
              api_url,
              "api-url",
              .default_text = "https://api.telegram.org",
              .help = N_ ("address of the Bot API's server")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryTelegram, wire),
  { NULL },
};

static guint
telegram_choose_phases (gconstpointer self)
{
  const BelfryTelegram *telegram = self;

  return belfry_reports_series_choose_phases (&telegram->series);
}

static void
telegram_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryTelegram *telegram = self;

  telegram->instance = instance;
  if (belfry_telegram_is_token (belfry_secret_get_value (telegram->bot_token)))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                             "bot-token: a token as @BotFather gives it is wanted, NUMBER:LETTERS");
  g_object_unref (task);
}

/* delivering */

typedef struct {
  BelfryTelegram *telegram;
  JsonNode *payload;
  char *target;
  char *chat;      /* (nullable): where it moved to */
  char *remote_id; /* (nullable): the message to edit */
  guint requests;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  json_node_unref (delivery->payload);
  g_free (delivery->target);
  g_free (delivery->chat);
  g_free (delivery->remote_id);
  g_free (delivery);
}

static char *
dup_move_key (const char *target)
{
  g_auto (GStrv) parts = g_strsplit (target, "/", 2);

  return g_strconcat ("moved/", parts[0], NULL);
}

/* a topic stays what it is; the group has another number */
static char *
dup_moved_chat (const char *target, const char *to)
{
  const char *slash = strchr (target, '/');

  return g_strconcat (to, slash, NULL);
}

static char *
dup_known_move (BelfryTelegram *telegram, const char *target)
{
  g_autofree char *key = dup_move_key (target);
  g_autoptr (JsonNode) known = belfry_reporter_cache_get (telegram->instance, key);

  if (known == NULL || !JSON_NODE_HOLDS_VALUE (known) ||
      json_node_get_value_type (known) != G_TYPE_STRING)
    return NULL;
  return dup_moved_chat (target, json_node_get_string (known));
}

static void
remember_move (Delivery *delivery, const char *to)
{
  g_autofree char *key = dup_move_key (delivery->target);
  g_autoptr (JsonNode) value = belfry_json_new_text (to);

  g_free (delivery->chat);
  delivery->chat = dup_moved_chat (delivery->target, to);
  belfry_reporter_cache_put (delivery->telegram->instance, key, value, G_MAXINT64);
  belfry_instance_log (delivery->telegram->instance, G_LOG_LEVEL_MESSAGE,
                       "chat %s has become %s; write that in chat-ids", delivery->target,
                       delivery->chat);
}

static void send_message (GTask *task);

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  GError *local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (delivery->telegram->instance, result, &local);
  g_autoptr (BelfryTelegramAnswer) told = NULL;

  if (answer == NULL) {
    g_task_return_error (task, local);
    return;
  }
  told = belfry_telegram_answer_new (answer);
  if (delivery->requests == 1 && told->migrated_to != NULL) {
    remember_move (delivery, told->migrated_to);
    send_message (g_steal_pointer (&task));
    return;
  }
  if (told->gone && delivery->remote_id != NULL) {
    g_clear_pointer (&delivery->remote_id, g_free);
    send_message (g_steal_pointer (&task));
    return;
  }
  if (told->unchanged && told->outcome->remote_id == NULL)
    told->outcome->remote_id = g_strdup (delivery->remote_id);
  g_task_return_pointer (task, g_steal_pointer (&told->outcome),
                         (GDestroyNotify)belfry_outcome_free);
}

static void
send_message (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpRequest) request = belfry_telegram_make_request (
      delivery->telegram, delivery->payload, delivery->remote_id, delivery->chat);

  delivery->requests++;
  belfry_http_send_async (delivery->telegram->instance, request, g_task_get_cancellable (task),
                          on_answered, task);
}

static void
telegram_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfryTelegram *telegram = self;
  gint64 wait_us = belfry_telegram_keep_pace (telegram->instance, item->target);
  Delivery *delivery = NULL;

  if (belfry_reports_keep_pace (task, wait_us, "Telegram"))
    return;
  delivery = g_new0 (Delivery, 1);
  delivery->telegram = telegram;
  delivery->payload = json_node_ref (item->payload);
  delivery->target = g_strdup (item->target);
  delivery->chat = dup_known_move (telegram, item->target);
  delivery->remote_id = belfry_reports_series_dup_remote_id (&telegram->series, item);
  g_task_set_task_data (task, delivery, delivery_free);
  send_message (task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "telegram",
  .summary       = N_("Sends messages to Telegram chats"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET |
                   BELFRY_PHASE_WORKER,
  .options       = telegram_options,
  .instance_size = sizeof (BelfryTelegram),
  .permission    = N_("leave to post in each chat"),
  .is_html       = TRUE,
  .check         = belfry_telegram_check,
  .start         = telegram_start,
  .plan          = belfry_telegram_plan,
  .deliver       = telegram_deliver,
  .choose_phases = telegram_choose_phases,
);
