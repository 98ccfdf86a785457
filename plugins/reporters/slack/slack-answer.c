/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A webhook answers with a status and a word. The Web API answers nearly always with 200, and says
 * in `ok` and `error` what it means: a table of its words, with what people can do about them.
 */
#include "slack.h"

#include <string.h>

#define LIMIT_WAIT_US (60 * G_USEC_PER_SEC)

static const struct {
  const char *error;
  BelfryOutcomeKind kind;
  const char *advice; /* (nullable) */
} errors[] = {
  { "ratelimited", BELFRY_OUTCOME_WAIT, NULL },
  { "rate_limited", BELFRY_OUTCOME_WAIT, NULL },
  { "internal_error", BELFRY_OUTCOME_WAIT, NULL },
  { "fatal_error", BELFRY_OUTCOME_WAIT, NULL },
  { "service_unavailable", BELFRY_OUTCOME_WAIT, NULL },
  { "request_timeout", BELFRY_OUTCOME_WAIT, NULL },
  { "not_authed", BELFRY_OUTCOME_DENIED, "the token did not arrive" },
  { "invalid_auth", BELFRY_OUTCOME_DENIED, "the token is no valid one" },
  { "token_revoked", BELFRY_OUTCOME_DENIED, "install the app anew and take its new token" },
  { "token_expired", BELFRY_OUTCOME_DENIED, "install the app anew and take its new token" },
  { "account_inactive", BELFRY_OUTCOME_DENIED, "the bot or its workspace has been deleted" },
  { "missing_scope", BELFRY_OUTCOME_DENIED, "give the app the scope chat:write" },
  { "not_in_channel", BELFRY_OUTCOME_REFUSED, "invite the bot to the channel" },
  { "is_archived", BELFRY_OUTCOME_REFUSED, "the channel is archived: name another" },
  { "channel_not_found", BELFRY_OUTCOME_REFUSED,
    "there is no such channel, or it is private and the bot not in it" },
  { "msg_too_long", BELFRY_OUTCOME_REFUSED, "shorten the template" },
  { "msg_blocks_too_long", BELFRY_OUTCOME_REFUSED, "shorten the template" },
  { "restricted_action", BELFRY_OUTCOME_REFUSED, "the workspace lets only some post there" },
};

/* why a message cannot be edited any more */
static const char *const gone_errors[] = {
  "message_not_found",
  "cant_update_message",
  "edit_window_closed",
  NULL,
};

static void
set_excerpt (BelfryOutcome *outcome, const char *error, const char *advice)
{
  g_autofree char *shown = belfry_text_make_printable (error, -1, 200);

  g_free (outcome->excerpt);
  outcome->excerpt = advice != NULL ? g_strdup_printf ("%s: %s", shown, advice) : g_strdup (shown);
}

static BelfryOutcome *
take_error (BelfryHttpAnswer *answer, const char *error)
{
  BelfryOutcome *outcome = belfry_outcome_new (BELFRY_OUTCOME_REFUSED, NULL);
  const char *advice = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    if (g_str_equal (errors[i].error, error)) {
      outcome->kind = errors[i].kind;
      advice = errors[i].advice;
    }
  set_excerpt (outcome, error, advice);
  if (outcome->kind == BELFRY_OUTCOME_WAIT)
    outcome->wait_us = belfry_http_answer_get_wait_us (answer);
  if (strstr (error, "limited") != NULL && outcome->wait_us == 0)
    outcome->wait_us = LIMIT_WAIT_US;
  return outcome;
}

static BelfryOutcome *
judge_api (BelfryHttpAnswer *answer, gboolean *gone)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;
  const char *error = body != NULL ? belfry_json_get_text (body, "error") : NULL;
  const char *channel = body != NULL ? belfry_json_get_text (body, "channel") : NULL;
  const char *ts = body != NULL ? belfry_json_get_text (body, "ts") : NULL;
  BelfryOutcome *outcome = NULL;

  if (error != NULL && !belfry_json_get_boolean (body, "ok", FALSE) &&
      belfry_http_answer_get_status (answer) < 500) {
    *gone = g_strv_contains (gone_errors, error);
    return take_error (answer, error);
  }
  outcome = belfry_outcome_new_from_answer (answer);
  if (outcome->kind != BELFRY_OUTCOME_DELIVERED)
    return outcome;
  if (body == NULL || !belfry_json_get_boolean (body, "ok", FALSE)) {
    belfry_outcome_free (outcome);
    return belfry_reports_outcome_new_garbage (answer);
  }
  set_excerpt (outcome, "200: ok", NULL);
  if (channel != NULL && ts != NULL)
    outcome->remote_id = g_strconcat (channel, "/", ts, NULL);
  return outcome;
}

/* Rocket.Chat says it in JSON */
static gboolean
is_ok (BelfryHttpAnswer *answer)
{
  gsize bytes = 0;
  const char *text = g_bytes_get_data (belfry_http_answer_get_body (answer), &bytes);
  g_autofree char *word = g_strndup (text != NULL ? text : "", MIN (bytes, 16));
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);

  return g_str_equal (g_strstrip (word), "ok") ||
         (node != NULL && belfry_json_get_boolean (json_node_get_object (node), "success", FALSE));
}

/* the address is the credential: one that leads nowhere is a credential refused */
static BelfryOutcome *
judge_webhook (BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  BelfryOutcome *outcome = belfry_outcome_new_from_answer (answer);

  if (status == 404 || status == 410)
    outcome->kind = BELFRY_OUTCOME_DENIED;
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED && !is_ok (answer)) {
    belfry_outcome_free (outcome);
    return belfry_reports_outcome_new_garbage (answer);
  }
  return outcome;
}

BelfryOutcome *
belfry_slack_judge (const BelfrySlack *self, BelfryHttpAnswer *answer, gboolean *gone)
{
  *gone = FALSE;
  return self->token != NULL ? judge_api (answer, gone) : judge_webhook (answer);
}
