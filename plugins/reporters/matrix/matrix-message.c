/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One event for each room, with the body as text and as the HTML that the specification lists. An
 * empty m.mentions says that nobody is meant, whatever the text contains.
 */
#include "matrix.h"

#include "markup.h"

#include <string.h>

#define API_PATH        "/_matrix/client/v3/"
#define MAX_EVENT_BYTES 60000 /* of 65,536, of which signatures and ids take some */
#define MAX_TEXT_BYTES  40000

static const BelfryMarkupDialect dialect = {
  .tags = {
    [BELFRY_MARKUP_BOLD] = { "<strong>", "</strong>" },
    [BELFRY_MARKUP_ITALIC] = { "<em>", "</em>" },
    [BELFRY_MARKUP_UNDERLINE] = { "<u>", "</u>" },
    [BELFRY_MARKUP_STRIKE] = { "<del>", "</del>" },
    [BELFRY_MARKUP_CODE] = { "<code>", "</code>" },
    [BELFRY_MARKUP_PRE] = { "<pre>", "</pre>" },
    [BELFRY_MARKUP_QUOTE] = { "<blockquote>", "</blockquote>" },
    [BELFRY_MARKUP_LINK] = { "<a href=\"", "</a>" },
  },
  .between = "\">",
  .newline = "<br>",
  .escapes = belfry_markup_escapes_html,
};

/* what a configuration may say */

gboolean
belfry_matrix_is_domain (const char *homeserver)
{
  return strstr (homeserver, "://") == NULL;
}

static gboolean
is_server (const char *homeserver)
{
  g_autofree char *url = belfry_matrix_is_domain (homeserver)
                             ? g_strconcat ("https://", homeserver, NULL)
                             : g_strdup (homeserver);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' &&
         g_uri_get_userinfo (uri) == NULL && g_uri_get_query (uri) == NULL &&
         (g_str_has_prefix (url, "https://") || g_str_has_prefix (url, "http://"));
}

void
belfry_matrix_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryMatrix *matrix = self;

  if (!is_server (matrix->homeserver))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "homeserver",
                         "'%s' is neither an address of a server nor a domain", matrix->homeserver);
  if (matrix->rooms == NULL || matrix->rooms[0] == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "rooms",
                         "at least one room is wanted");
  for (guint i = 0; matrix->rooms != NULL && matrix->rooms[i] != NULL; i++)
    if ((matrix->rooms[i][0] != '!' && matrix->rooms[i][0] != '#') || matrix->rooms[i][1] == '\0')
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "rooms",
                           "'%s' is no room; write !ID:server or #alias:server", matrix->rooms[i]);
  belfry_reports_check_series (&matrix->series, check);
  belfry_reports_check_wire (&matrix->wire, check, "homeserver", matrix->homeserver);
}

/* report to event */

gboolean
belfry_matrix_plan (gconstpointer self,
                    const BelfryReport *report,
                    BelfryTargets *targets,
                    GError **error)
{
  const BelfryMatrix *matrix = self;
  const char *body = belfry_report_get_body (report);
  gboolean is_empty = body == NULL || *body == '\0';
  gboolean is_html = !is_empty && belfry_report_is_html (report);
  g_autoptr (BelfryMarkup) markup =
      belfry_markup_new (is_empty ? belfry_report_get_subject (report) : body, is_html);
  g_autofree char *text = belfry_markup_write_fitting (markup, &belfry_markup_plain,
                                                       BELFRY_MARKUP_BYTES, MAX_TEXT_BYTES);
  g_autofree char *html = belfry_markup_write (markup, &dialect);
  g_autofree char *key = belfry_reports_series_dup_key (&matrix->series, report);
  JsonObject *event = json_object_new ();
  g_autoptr (JsonNode) payload = belfry_reports_wrap (event);

  json_object_set_string_member (event, "msgtype", matrix->notice ? "m.notice" : "m.text");
  json_object_set_string_member (event, "body", text);
  if (is_html && strlen (html) < MAX_EVENT_BYTES) {
    json_object_set_string_member (event, "format", "org.matrix.custom.html");
    json_object_set_string_member (event, "formatted_body", html);
  }
  json_object_set_object_member (event, "m.mentions", json_object_new ());
  for (guint i = 0; matrix->rooms[i] != NULL; i++)
    belfry_targets_add (targets, matrix->rooms[i], key, payload);
  return TRUE;
}

static JsonObject *
make_relation (const BelfryMatrix *self, const char *remote_id)
{
  JsonObject *relation = json_object_new ();
  JsonObject *reply = NULL;

  json_object_set_string_member (relation, "rel_type",
                                 self->series.edit ? "m.replace" : "m.thread");
  json_object_set_string_member (relation, "event_id", remote_id);
  if (self->series.edit)
    return relation;
  /* for clients that know no threads */
  reply = json_object_new ();
  json_object_set_string_member (reply, "event_id", remote_id);
  json_object_set_object_member (relation, "m.in_reply_to", reply);
  json_object_set_boolean_member (relation, "is_falling_back", TRUE);
  return relation;
}

static JsonNode *
relate (const BelfryMatrix *self, JsonNode *payload, const char *remote_id)
{
  g_autofree char *text = belfry_json_to_text (payload);
  JsonNode *node = belfry_json_parse (text, -1, NULL, NULL);
  JsonObject *event = json_node_get_object (node);

  if (remote_id == NULL)
    return node;
  if (self->series.edit) {
    JsonObject *content = json_node_get_object (payload);
    g_autofree char *marked = g_strconcat ("* ", belfry_json_get_text (content, "body"), NULL);

    json_object_set_object_member (event, "m.new_content", json_object_ref (content));
    json_object_set_string_member (event, "body", marked);
    if (json_object_has_member (content, "formatted_body")) {
      g_autofree char *html =
          g_strconcat ("* ", belfry_json_get_text (content, "formatted_body"), NULL);

      json_object_set_string_member (event, "formatted_body", html);
    }
  }
  json_object_set_object_member (event, "m.relates_to", make_relation (self, remote_id));
  return node;
}

static gsize
get_size (JsonNode *node)
{
  g_autofree char *text = belfry_json_to_text (node);

  return strlen (text);
}

/* the HTML goes first, then half of the text, again and again */
JsonNode *
belfry_matrix_make_event (const BelfryMatrix *self, JsonNode *payload, const char *remote_id)
{
  JsonNode *event = relate (self, payload, remote_id);
  g_autofree char *text = belfry_json_to_text (payload);
  g_autoptr (JsonNode) smaller = belfry_json_parse (text, -1, NULL, NULL);
  JsonObject *content = json_node_get_object (smaller);

  json_object_remove_member (content, "format");
  json_object_remove_member (content, "formatted_body");
  for (gsize max = MAX_TEXT_BYTES; get_size (event) > MAX_EVENT_BYTES && max > 4; max /= 2) {
    g_autofree char *cut = belfry_text_cut (belfry_json_get_text (content, "body"), max);

    json_object_set_string_member (content, "body", cut);
    json_node_unref (event);
    event = relate (self, smaller, remote_id);
  }
  return event;
}

/* requests */

char *
belfry_matrix_dup_transaction (gint64 reportid, const char *target)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, target, -1);

  return g_strdup_printf ("belfry.%" G_GINT64_FORMAT ".%.16s", reportid, hash);
}

BelfryHttpRequest *
belfry_matrix_request_new (const BelfryMatrix *self,
                           const char *base,
                           const char *method,
                           const char *path,
                           JsonNode *body)
{
  gboolean is_api = !belfry_matrix_is_domain (base);
  gsize length = strlen (base);
  g_autofree char *url = NULL;
  BelfryHttpRequest *request = NULL;

  while (length > 0 && base[length - 1] == '/')
    length--;
  url = g_strdup_printf ("%s%.*s%s%s", is_api ? "" : "https://", (int)length, base,
                         is_api ? API_PATH : "/", path);
  request = belfry_reports_request_new (&self->wire, method, url);
  /* a domain only says where its server is; the token is the server's */
  if (is_api)
    belfry_http_request_set_bearer (request, NULL, belfry_secret_get_value (self->access_token));
  if (body != NULL)
    belfry_http_request_set_json (request, body);
  return request;
}
