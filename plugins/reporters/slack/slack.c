/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Posts reports to a Slack channel. A delivery is one request, and a second one where the message
 * to edit is gone.
 */
#include "slack.h"

static const BelfryOption slack_options[] = {
  BELFRY_SECRET (BelfrySlack,
                 webhook_url,
                 "webhook-url",
                 .sample = "https://hooks.slack.com/services/",
                 .help = N_ ("address of an incoming webhook")),
  BELFRY_SECRET (BelfrySlack,
                 token,
                 "token",
                 .help = N_ ("instead of a webhook: token of a bot with the scope chat:write")),
  BELFRY_STRING (
      BelfrySlack, channel, "channel", .help = N_ ("with token: a channel's id or #name")),
  BELFRY_BOOLEAN (BelfrySlack,
                  attachment,
                  "attachment",
                  .default_text = "true",
                  .help = N_ ("a coloured bar beside the text")),
  BELFRY_REPORTS_SERIES_OPTIONS (BelfrySlack, series),
  BELFRY_MAP (BelfrySlack,
              mention,
              "mention",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("member's id of each user who is mentioned where interested")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfrySlack, wire),
  { NULL },
};

static guint
slack_choose_phases (gconstpointer self)
{
  const BelfrySlack *slack = self;

  return belfry_reports_series_choose_phases (&slack->series);
}

static void
slack_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfrySlack *slack = self;
  GError *local = NULL;

  slack->instance = instance;
  if (belfry_slack_check_secrets (slack, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, local);
  g_object_unref (task);
}

typedef struct {
  BelfrySlack *slack;
  JsonNode *payload;
  char *remote_id; /* (nullable) */
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  json_node_unref (delivery->payload);
  g_free (delivery->remote_id);
  g_free (delivery);
}

static void send_message (GTask *task);

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  GError *local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (delivery->slack->instance, result, &local);
  g_autoptr (BelfryOutcome) outcome = NULL;
  gboolean gone = FALSE;

  if (answer == NULL) {
    g_task_return_error (task, local);
    return;
  }
  outcome = belfry_slack_judge (delivery->slack, answer, &gone);
  if (gone && delivery->remote_id != NULL) {
    g_clear_pointer (&delivery->remote_id, g_free);
    send_message (g_steal_pointer (&task));
    return;
  }
  belfry_reports_series_keep_first (outcome, delivery->remote_id);
  g_task_return_pointer (task, g_steal_pointer (&outcome), (GDestroyNotify)belfry_outcome_free);
}

static void
send_message (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpRequest) request =
      belfry_slack_make_request (delivery->slack, delivery->payload, delivery->remote_id);

  belfry_http_send_async (delivery->slack->instance, request, g_task_get_cancellable (task),
                          on_answered, task);
}

static void
slack_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfrySlack *slack = self;
  const BelfryPace pace = { item->target, 1, G_USEC_PER_SEC };
  gint64 wait_us = belfry_instance_keep_pace (slack->instance, &pace, 1);
  Delivery *delivery = NULL;

  if (belfry_reports_keep_pace (task, wait_us, "Slack"))
    return;
  delivery = g_new0 (Delivery, 1);
  delivery->slack = slack;
  delivery->payload = json_node_ref (item->payload);
  delivery->remote_id = belfry_reports_series_dup_remote_id (&slack->series, item);
  g_task_set_task_data (task, delivery, delivery_free);
  send_message (task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "slack",
  .summary       = N_("Posts messages to a Slack channel"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET |
                   BELFRY_PHASE_WORKER,
  .options       = slack_options,
  .instance_size = sizeof (BelfrySlack),
  .permission    = N_("the scope chat:write, and the bot in the channel"),
  .wants_users   = TRUE,
  .is_html       = TRUE,
  .check         = belfry_slack_check,
  .start         = slack_start,
  .plan          = belfry_slack_plan,
  .deliver       = slack_deliver,
  .choose_phases = slack_choose_phases,
);
