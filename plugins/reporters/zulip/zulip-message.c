/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Zulip knows builds by itself: its integration gets a few facts and writes the message. Errors are
 * JSON with `result`, `msg` and `code`; a rate limit names its wait in the body.
 */
#include "zulip.h"

#include <string.h>

char *
belfry_zulip_dup_server (const char *endpoint)
{
  const char *at = strchr (endpoint, '@');
  g_autofree char *text = NULL;
  g_autoptr (GUri) uri = NULL;
  gsize length = 0;

  if (strstr (endpoint, "://") != NULL)
    text = g_strdup (endpoint);
  else if (at != NULL)
    text = g_strdup_printf ("https://%.*s.%s", (int)(at - endpoint), endpoint, at + 1);
  else
    text = g_strconcat ("https://", endpoint, NULL);
  for (length = strlen (text); length > 0 && text[length - 1] == '/'; length--)
    text[length - 1] = '\0';
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' ||
      (strcmp (g_uri_get_scheme (uri), "https") != 0 &&
       strcmp (g_uri_get_scheme (uri), "http") != 0))
    return NULL;
  return g_steal_pointer (&text);
}

gboolean
belfry_zulip_plan (gconstpointer self,
                   const BelfryReport *report,
                   BelfryTargets *targets,
                   GError **error)
{
  const BelfryZulip *zulip = self;
  JsonObject *build = belfry_report_get_build (report, 0);
  gboolean finished = strcmp (belfry_report_get_phase (report), "started") != 0;
  const char *project = belfry_reports_get_property (build, "project");
  const char *builder = belfry_reports_get_builder (build);
  const char *url = build != NULL ? belfry_json_get_text (build, "url") : NULL;
  g_autofree char *key = belfry_reports_dup_key (report);
  g_autoptr (JsonNode) payload = NULL;
  JsonObject *body = NULL;

  if (build == NULL)
    return TRUE;
  body = json_object_new ();
  json_object_set_string_member (body, "event", finished ? "finished" : "new");
  json_object_set_int_member (body, "buildid", belfry_json_get_integer (build, "buildid", 0));
  json_object_set_string_member (body, "buildername", builder != NULL ? builder : "");
  json_object_set_string_member (body, "url", url != NULL ? url : "");
  json_object_set_string_member (body, "project", project != NULL ? project : "");
  json_object_set_int_member (
      body, "timestamp",
      belfry_json_get_integer (build, finished ? "complete_at" : "started_at", 0));
  if (finished)
    json_object_set_int_member (body, "results", belfry_json_get_integer (build, "results", 0));
  payload = belfry_reports_wrap (body);
  belfry_targets_add (targets, zulip->stream != NULL ? zulip->stream : "owner", key, payload);
  return TRUE;
}

BelfryHttpRequest *
belfry_zulip_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BelfryZulip *zulip = self;
  g_autofree char *server = belfry_zulip_dup_server (zulip->endpoint);
  g_autofree char *token = belfry_text_percent_encode (belfry_secret_get_value (zulip->token));
  g_autofree char *stream =
      zulip->stream != NULL ? belfry_text_percent_encode (zulip->stream) : NULL;
  g_autofree char *url = g_strconcat (server, "/api/v1/external/buildbot?api_key=", token,
                                      stream != NULL ? "&stream=" : NULL, stream, NULL);
  BelfryHttpRequest *request = belfry_reports_request_new (&zulip->wire, "POST", url);

  belfry_http_request_set_json (request, item->payload);
  return request;
}

/* `{"code": "RATE_LIMIT_HIT", "retry-after": 28.7}` */
static gint64
get_wait_us (JsonObject *body)
{
  JsonNode *node = json_object_get_member (body, "retry-after");
  double seconds = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : 0;

  return seconds > 0 && seconds < G_MAXINT32 ? (gint64)(seconds * G_USEC_PER_SEC) : 0;
}

BelfryOutcome *
belfry_zulip_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;
  BelfryOutcome *outcome = belfry_reports_judge (answer, "Error pushing build status to Zulip");

  if (outcome->kind == BELFRY_OUTCOME_WAIT && outcome->wait_us == 0 && body != NULL)
    outcome->wait_us = get_wait_us (body);
  /* an error may come with a status of success */
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED &&
      (belfry_http_answer_get_status (answer) != 200 ||
       (body != NULL && g_strcmp0 (belfry_json_get_text (body, "result"), "error") == 0)))
    outcome->kind = BELFRY_OUTCOME_REFUSED;
  return outcome;
}
