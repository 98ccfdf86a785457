/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * core.telegram.org/bots/api. Every answer is an object with `ok`; an error has `error_code`,
 * `description` and sometimes `parameters`. The token is a part of the address, so that no address
 * may ever be shown.
 */
#include "telegram-api.h"

#include <string.h>

#define MAX_TOKEN_BYTES 128

const BelfryMarkupDialect belfry_telegram_dialect = {
  .tags = {
    [BELFRY_MARKUP_BOLD] = { "<b>", "</b>" },
    [BELFRY_MARKUP_ITALIC] = { "<i>", "</i>" },
    [BELFRY_MARKUP_UNDERLINE] = { "<u>", "</u>" },
    [BELFRY_MARKUP_STRIKE] = { "<s>", "</s>" },
    [BELFRY_MARKUP_CODE] = { "<code>", "</code>" },
    [BELFRY_MARKUP_PRE] = { "<pre>", "</pre>" },
    [BELFRY_MARKUP_QUOTE] = { "<blockquote>", "</blockquote>" },
    [BELFRY_MARKUP_LINK] = { "<a href=\"", "</a>" },
  },
  .between = "\">",
  .escapes = belfry_markup_escapes_html,
};

gboolean
belfry_telegram_is_token (const char *text)
{
  const char *colon = strchr (text, ':');
  gboolean good =
      colon != NULL && colon > text && colon[1] != '\0' && strlen (text) <= MAX_TOKEN_BYTES;

  for (const char *at = text; good && *at != '\0'; at++)
    good = at == colon ||
           (at < colon ? g_ascii_isdigit (*at) : g_ascii_isalnum (*at) || *at == '_' || *at == '-');
  return good;
}

static gboolean
is_number (const char *text)
{
  gint64 number = 0;

  return belfry_parse_integer (text, G_MININT64, G_MAXINT64, &number, NULL);
}

static gboolean
is_channel (const char *text)
{
  gboolean good = text[0] == '@' && text[1] != '\0';

  for (const char *at = text + 1; good && *at != '\0'; at++)
    good = g_ascii_isalnum (*at) || *at == '_';
  return good;
}

gboolean
belfry_telegram_is_chat (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);
  guint count = g_strv_length (parts);

  if (count == 0 || count > 2 || (count == 2 && !is_number (parts[1])))
    return FALSE;
  return is_channel (parts[0]) || is_number (parts[0]);
}

static void
set_number_or_text (JsonObject *message, const char *name, const char *text)
{
  gint64 number = 0;

  if (belfry_parse_integer (text, G_MININT64, G_MAXINT64, &number, NULL))
    json_object_set_int_member (message, name, number);
  else
    json_object_set_string_member (message, name, text);
}

void
belfry_telegram_set_chat (JsonObject *message, const char *chat)
{
  g_auto (GStrv) parts = g_strsplit (chat, "/", 2);

  set_number_or_text (message, "chat_id", parts[0]);
  if (parts[1] != NULL)
    set_number_or_text (message, "message_thread_id", parts[1]);
}

JsonObject *
belfry_telegram_message_new (const char *body, gboolean is_html)
{
  JsonObject *message = json_object_new ();
  JsonObject *previews = json_object_new ();
  g_autofree char *text = belfry_markup_convert (body, is_html, &belfry_telegram_dialect,
                                                 BELFRY_MARKUP_SHOWN, BELFRY_TELEGRAM_TEXT_UNITS);

  json_object_set_string_member (message, "text", text);
  json_object_set_string_member (message, "parse_mode", "HTML");
  json_object_set_boolean_member (previews, "is_disabled", TRUE);
  json_object_set_object_member (message, "link_preview_options", previews);
  return message;
}

BelfryHttpRequest *
belfry_telegram_request_new (const BelfryReportsWire *wire,
                             const char *api_url,
                             BelfrySecret *token,
                             const char *method,
                             JsonNode *body)
{
  g_autofree char *url =
      g_strconcat (api_url, "/bot", belfry_secret_get_value (token), "/", method, NULL);
  BelfryHttpRequest *request = belfry_reports_request_new (wire, "POST", url);

  belfry_http_request_set_json (request, body);
  return request;
}

/* answers */

void
belfry_telegram_answer_free (BelfryTelegramAnswer *self)
{
  if (self == NULL)
    return;
  belfry_outcome_free (self->outcome);
  g_free (self->migrated_to);
  g_free (self);
}

static void
take_parameters (BelfryTelegramAnswer *self, JsonObject *body)
{
  JsonObject *parameters = belfry_json_get_object (body, "parameters");
  gint64 seconds = parameters != NULL ? belfry_json_get_integer (parameters, "retry_after", 0) : 0;
  gint64 moved =
      parameters != NULL ? belfry_json_get_integer (parameters, "migrate_to_chat_id", 0) : 0;

  if (self->outcome->kind == BELFRY_OUTCOME_WAIT && seconds > 0 && seconds < G_MAXINT32)
    self->outcome->wait_us = seconds * G_USEC_PER_SEC;
  if (moved != 0)
    self->migrated_to = g_strdup_printf ("%" G_GINT64_FORMAT, moved);
}

static void
take_description (BelfryTelegramAnswer *self, BelfryHttpAnswer *answer, JsonObject *body)
{
  const char *description = belfry_json_get_text (body, "description");
  g_autofree char *shown =
      description != NULL ? belfry_text_make_printable (description, -1, 1024) : NULL;

  if (shown == NULL)
    return;
  self->unchanged = strstr (description, "message is not modified") != NULL;
  self->gone = strstr (description, "message to edit not found") != NULL;
  g_free (self->outcome->excerpt);
  self->outcome->excerpt =
      g_strdup_printf ("%u: %s", belfry_http_answer_get_status (answer), shown);
}

/* of the message that was sent or edited */
static void
take_result (BelfryTelegramAnswer *self, JsonObject *body)
{
  JsonObject *result = belfry_json_get_object (body, "result");
  gint64 id = result != NULL ? belfry_json_get_integer (result, "message_id", 0) : 0;

  if (id != 0)
    self->outcome->remote_id = g_strdup_printf ("%" G_GINT64_FORMAT, id);
  g_free (self->outcome->excerpt);
  self->outcome->excerpt = g_strdup_printf ("200: message %" G_GINT64_FORMAT, id);
}

BelfryTelegramAnswer *
belfry_telegram_answer_new (BelfryHttpAnswer *answer)
{
  BelfryTelegramAnswer *self = g_new0 (BelfryTelegramAnswer, 1);
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;

  self->outcome = belfry_outcome_new_from_answer (answer);
  if (body == NULL || !json_object_has_member (body, "ok")) {
    if (self->outcome->kind == BELFRY_OUTCOME_DELIVERED) {
      belfry_outcome_free (self->outcome);
      self->outcome = belfry_reports_outcome_new_garbage (answer);
    }
    return self;
  }
  if (self->outcome->kind == BELFRY_OUTCOME_DELIVERED &&
      !belfry_json_get_boolean (body, "ok", FALSE))
    self->outcome->kind = BELFRY_OUTCOME_REFUSED;
  if (self->outcome->kind == BELFRY_OUTCOME_DELIVERED)
    take_result (self, body);
  else {
    take_parameters (self, body);
    take_description (self, answer, body);
  }
  if (self->unchanged)
    self->outcome->kind = BELFRY_OUTCOME_DELIVERED;
  return self;
}
