/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The subject is the message's text, which is what a lock screen shows and a screen reader reads;
 * the body stands below it, beside a coloured bar or in a block. & < and > of strangers are
 * entities, so that <!channel>, <@U1> and hidden links stay text; only the map of mentions
 * mentions.
 */
#include "slack.h"

#include "markup.h"

#include <string.h>

#define API_URL      "https://slack.com/api/"
#define JSON_TYPE    "application/json; charset=utf-8"
#define TEXT_CHARS   4000
#define BLOCK_CHARS  3000
#define MAX_MENTIONS 20
#define GREY         "#9e9e9e"

static const char *const escapes[] = { "&", "&amp;", "<", "&lt;", ">", "&gt;", NULL };

static const BelfryMarkupDialect dialect = {
  .tags = {
    [BELFRY_MARKUP_BOLD] = { "*", "*" },
    [BELFRY_MARKUP_ITALIC] = { "_", "_" },
    [BELFRY_MARKUP_STRIKE] = { "~", "~" },
    [BELFRY_MARKUP_CODE] = { "`", "`" },
    [BELFRY_MARKUP_PRE] = { "```", "```" },
    [BELFRY_MARKUP_LINK] = { "<", ">" },
  },
  .between = "|",
  .escapes = escapes,
};

static const struct {
  gint64 result;
  const char *color;
} colors[] = {
  { BELFRY_RESULT_SUCCESS, "good" },
  { BELFRY_RESULT_WARNINGS, "warning" },
  { BELFRY_RESULT_FAILURE, "danger" },
  { BELFRY_RESULT_EXCEPTION, "danger" },
};

/* what a configuration may say */

static void
check_way (const BelfrySlack *self, const BelfryCheck *check)
{
  if ((self->webhook_url != NULL) == (self->token != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "webhook-url",
                         "exactly one of webhook-url and token is wanted");
  if ((self->token != NULL) != (self->channel != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "channel",
                         "token and channel go together; a webhook has its own channel");
  if (self->token == NULL && self->series.thread != BELFRY_REPORTS_THREAD_NONE)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "thread",
                         "a webhook does not say which message it made; write token and channel");
  if (self->token == NULL && self->series.edit)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "edit",
                         "a webhook cannot edit; write token and channel");
  belfry_reports_check_series (&self->series, check);
}

static gboolean
is_user_id (const char *text)
{
  gboolean good = (*text == 'U' || *text == 'W') && text[1] != '\0';

  for (const char *at = text; *at != '\0'; at++)
    good = good && (g_ascii_isupper (*at) || g_ascii_isdigit (*at));
  return good;
}

void
belfry_slack_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfrySlack *slack = self;

  check_way (slack, check);
  for (guint i = 0; slack->mention != NULL && i < belfry_map_get_count (slack->mention); i++) {
    const char *id = belfry_map_get_value (slack->mention, i);
    g_autofree char *key = g_strconcat ("mention.", belfry_map_get_name (slack->mention, i), NULL);

    if (!is_user_id (id))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "'%s' is no member's id, which begins with U or W", id);
  }
  belfry_reports_check_wire (&slack->wire, check, NULL, NULL);
}

gboolean
belfry_slack_check_secrets (const BelfrySlack *self, GError **error)
{
  const char *url = self->webhook_url != NULL ? belfry_secret_get_value (self->webhook_url) : NULL;

  if (url == NULL || g_str_has_prefix (url, "https://") || g_str_has_prefix (url, "http://"))
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                       "webhook-url: an address that begins with https:// is wanted");
  return FALSE;
}

/* report to message */

static const char *
get_color (const BelfryReport *report)
{
  gint64 result = belfry_reports_get_result (report);

  for (gsize i = 0; i < G_N_ELEMENTS (colors); i++)
    if (colors[i].result == result)
      return colors[i].color;
  return GREY;
}

static void
append_mentions (const BelfrySlack *self, const BelfryReport *report, GString *text)
{
  JsonArray *users = belfry_json_get_array (belfry_report_get_data (report), "users");
  guint count = 0;

  for (guint i = 0; users != NULL && self->mention != NULL && i < json_array_get_length (users) &&
                    count < MAX_MENTIONS;
       i++) {
    JsonNode *user = json_array_get_element (users, i);
    const char *name = JSON_NODE_HOLDS_OBJECT (user)
                           ? belfry_json_get_text (json_node_get_object (user), "name")
                           : NULL;
    const char *id = name != NULL ? belfry_map_lookup (self->mention, name) : NULL;

    if (id != NULL)
      g_string_append_printf (text, " <@%s>", id);
    count += id != NULL;
  }
}

static char *
make_text (const BelfrySlack *self, const BelfryReport *report)
{
  GString *text = g_string_new (NULL);
  g_autofree char *subject =
      belfry_markup_convert (belfry_report_get_subject (report), FALSE, &dialect,
                             BELFRY_MARKUP_CHARS, BLOCK_CHARS - MAX_MENTIONS * 32);

  g_string_append (text, subject);
  append_mentions (self, report, text);
  return g_string_free (text, FALSE);
}

static void
add_block (JsonArray *blocks, const char *text)
{
  JsonObject *block = NULL;
  JsonObject *inner = NULL;

  if (*text == '\0')
    return;
  block = json_object_new ();
  inner = json_object_new ();
  json_object_set_string_member (inner, "type", "mrkdwn");
  json_object_set_string_member (inner, "text", text);
  json_object_set_string_member (block, "type", "section");
  json_object_set_object_member (block, "text", inner);
  json_array_add_object_element (blocks, block);
}

static void
add_attachment (const BelfryReport *report, JsonObject *message)
{
  g_autofree char *body =
      belfry_markup_convert (belfry_report_get_body (report), belfry_report_is_html (report),
                             &dialect, BELFRY_MARKUP_CHARS, TEXT_CHARS);
  JsonArray *attachments = json_array_new ();
  JsonObject *attachment = json_object_new ();
  JsonArray *marked = json_array_new ();

  json_array_add_string_element (marked, "text");
  json_object_set_string_member (attachment, "color", get_color (report));
  json_object_set_string_member (attachment, "text", body);
  json_object_set_string_member (attachment, "fallback", belfry_json_get_text (message, "text"));
  json_object_set_array_member (attachment, "mrkdwn_in", marked);
  json_array_add_object_element (attachments, attachment);
  json_object_set_array_member (message, "attachments", attachments);
}

static void
add_blocks (const BelfryReport *report, JsonObject *message)
{
  g_autofree char *body =
      belfry_markup_convert (belfry_report_get_body (report), belfry_report_is_html (report),
                             &dialect, BELFRY_MARKUP_CHARS, BLOCK_CHARS);
  JsonArray *blocks = json_array_new ();

  add_block (blocks, belfry_json_get_text (message, "text"));
  add_block (blocks, body);
  json_object_set_array_member (message, "blocks", blocks);
}

gboolean
belfry_slack_plan (gconstpointer self,
                   const BelfryReport *report,
                   BelfryTargets *targets,
                   GError **error)
{
  const BelfrySlack *slack = self;
  JsonObject *message = json_object_new ();
  g_autoptr (JsonNode) payload = belfry_reports_wrap (message);
  g_autofree char *text = make_text (slack, report);
  g_autofree char *key = belfry_reports_series_dup_key (&slack->series, report);

  json_object_set_string_member (message, "text", text);
  if (slack->attachment)
    add_attachment (report, message);
  else
    add_blocks (report, message);
  json_object_set_boolean_member (message, "unfurl_links", FALSE);
  json_object_set_boolean_member (message, "unfurl_media", FALSE);
  belfry_targets_add (targets, slack->token != NULL ? slack->channel : "webhook", key, payload);
  return TRUE;
}

/* message to request */

static const char *
add_place (const BelfrySlack *self, JsonObject *message, const char *remote_id)
{
  g_auto (GStrv) parts = remote_id != NULL ? g_strsplit (remote_id, "/", 2) : NULL;
  gboolean knows = parts != NULL && parts[0] != NULL && parts[1] != NULL;

  if (self->series.edit && knows) {
    /* an edit takes the channel's id only, and makes no previews */
    json_object_set_string_member (message, "channel", parts[0]);
    json_object_set_string_member (message, "ts", parts[1]);
    json_object_remove_member (message, "unfurl_links");
    json_object_remove_member (message, "unfurl_media");
    return "chat.update";
  }
  json_object_set_string_member (message, "channel", self->channel);
  if (self->series.thread != BELFRY_REPORTS_THREAD_NONE && knows)
    json_object_set_string_member (message, "thread_ts", parts[1]);
  return "chat.postMessage";
}

BelfryHttpRequest *
belfry_slack_make_request (const BelfrySlack *self, JsonNode *payload, const char *remote_id)
{
  JsonObject *message = belfry_reports_dup_object (payload);
  g_autoptr (JsonNode) body = belfry_reports_wrap (message);
  g_autofree char *url = NULL;
  g_autofree char *text = NULL;
  BelfryHttpRequest *request = NULL;

  if (self->token != NULL)
    url = g_strconcat (API_URL, add_place (self, message, remote_id), NULL);
  else
    url = g_strdup (belfry_secret_get_value (self->webhook_url));
  request = belfry_reports_request_new (&self->wire, "POST", url);
  if (self->token != NULL)
    belfry_http_request_set_bearer (request, NULL, belfry_secret_get_value (self->token));
  text = belfry_json_to_text (body);
  belfry_http_request_set_body (request, JSON_TYPE, text);
  return request;
}
