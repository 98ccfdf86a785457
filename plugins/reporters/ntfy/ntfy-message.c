/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One JSON object to the server's root. A topic's name is its password, so it is added only to the
 * request and stands in no row of the outbox.
 */
#include "ntfy.h"

#include "markup.h"

#include <string.h>

#define MESSAGE_BYTES    4096 /* a longer one becomes an attachment */
#define TITLE_CHARS      250
#define TOPIC_CHARS      64
#define PRIORITY_FAILING 4
#define PRIORITY_DEFAULT 3
#define LIMIT_WAIT_US    (60 * G_USEC_PER_SEC)

/* emoji by their short names */
static const struct {
  gint64 result;
  const char *tag;
} default_tags[] = {
  { BELFRY_RESULT_SUCCESS, "white_check_mark" },
  { BELFRY_RESULT_WARNINGS, "warning" },
  { BELFRY_RESULT_FAILURE, "x" },
  { BELFRY_RESULT_SKIPPED, "fast_forward" },
  { BELFRY_RESULT_EXCEPTION, "boom" },
  { BELFRY_RESULT_RETRY, "repeat" },
  { BELFRY_RESULT_CANCELLED, "no_entry_sign" },
};

void
belfry_ntfy_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryNtfy *ntfy = self;

  belfry_reports_check_modes (ntfy->priorities, "priorities", check);
  belfry_reports_check_modes (ntfy->tags, "ntfy-tags", check);
  if ((ntfy->user != NULL) != (ntfy->password != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         ntfy->user != NULL ? "user" : "password", "user and password go together");
  if (ntfy->token != NULL && ntfy->user != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "token",
                         "only one of token and user can be given");
  belfry_reports_check_wire (&ntfy->wire, check, "server", ntfy->server);
}

gboolean
belfry_ntfy_check_topic (const BelfryNtfy *self, GError **error)
{
  const char *topic = belfry_secret_get_value (self->topic);
  gboolean good = *topic != '\0' && strlen (topic) <= TOPIC_CHARS;

  for (const char *at = topic; *at != '\0'; at++)
    good = good && (g_ascii_isalnum (*at) || *at == '_' || *at == '-');
  if (!good)
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         "topic: letters, digits, '_' and '-' are wanted, at most 64");
  return good;
}

static JsonArray *
make_tags (const BelfryNtfy *self, const BelfryReport *report)
{
  const char *list = belfry_reports_look_up_mode (self->tags, report);
  gint64 result = belfry_reports_get_result (report);
  JsonArray *tags = json_array_new ();
  g_auto (GStrv) words = list != NULL ? belfry_split_list (list) : NULL;

  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    json_array_add_string_element (tags, words[i]);
  for (gsize i = 0; list == NULL && i < G_N_ELEMENTS (default_tags); i++)
    if (default_tags[i].result == result)
      json_array_add_string_element (tags, default_tags[i].tag);
  return tags;
}

/* page of the first failed step's log */
static char *
dup_log_url (const BelfryReport *report)
{
  JsonObject *variables = belfry_report_get_variables (report, 0);
  JsonArray *steps = variables != NULL ? belfry_json_get_array (variables, "failed_steps") : NULL;
  const char *url = variables != NULL ? belfry_json_get_text (variables, "build_url") : NULL;
  JsonNode *step =
      steps != NULL && json_array_get_length (steps) > 0 ? json_array_get_element (steps, 0) : NULL;
  const char *name = step != NULL && JSON_NODE_HOLDS_OBJECT (step)
                         ? belfry_json_get_text (json_node_get_object (step), "name")
                         : NULL;
  g_autofree char *encoded = name != NULL ? belfry_text_percent_encode (name) : NULL;

  if (url == NULL || *url == '\0' || encoded == NULL)
    return NULL;
  return g_strdup_printf ("%s/steps/%s/logs/stdio", url, encoded);
}

static void
add_action (const BelfryReport *report, JsonObject *message)
{
  g_autofree char *url = dup_log_url (report);
  JsonArray *actions = NULL;
  JsonObject *action = NULL;

  if (url == NULL)
    return;
  actions = json_array_new ();
  action = json_object_new ();
  json_object_set_string_member (action, "action", "view");
  json_object_set_string_member (action, "label", "Log");
  json_object_set_string_member (action, "url", url);
  json_array_add_object_element (actions, action);
  json_object_set_array_member (message, "actions", actions);
}

gboolean
belfry_ntfy_plan (gconstpointer self,
                  const BelfryReport *report,
                  BelfryTargets *targets,
                  GError **error)
{
  const BelfryNtfy *ntfy = self;
  const gint64 *priority = belfry_reports_look_up_mode (ntfy->priorities, report);
  gint64 default_priority = belfry_reports_get_result (report) == BELFRY_RESULT_FAILURE
                                ? PRIORITY_FAILING
                                : PRIORITY_DEFAULT;
  const char *url = belfry_reports_get_url (report);
  g_autofree char *text =
      belfry_markup_convert (belfry_report_get_body (report), belfry_report_is_html (report),
                             &belfry_markup_plain, BELFRY_MARKUP_BYTES, MESSAGE_BYTES);
  g_autofree char *title = belfry_reports_cut (belfry_report_get_subject (report), TITLE_CHARS);
  g_autofree char *key = belfry_reports_dup_key (report);
  JsonObject *message = json_object_new ();
  g_autoptr (JsonNode) payload = belfry_reports_wrap (message);

  json_object_set_string_member (message, "title", title);
  json_object_set_string_member (message, "message", text);
  json_object_set_int_member (message, "priority", priority != NULL ? *priority : default_priority);
  json_object_set_array_member (message, "tags", make_tags (ntfy, report));
  if (url != NULL)
    json_object_set_string_member (message, "click", url);
  add_action (report, message);
  belfry_targets_add (targets, ntfy->server, key, payload);
  return TRUE;
}

BelfryHttpRequest *
belfry_ntfy_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BelfryNtfy *ntfy = self;
  g_autofree char *url = g_strconcat (ntfy->server, "/", NULL);
  BelfryHttpRequest *request = belfry_reports_request_new (&ntfy->wire, "POST", url);
  g_autoptr (JsonNode) body = json_node_copy (item->payload);
  JsonObject *message = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;
  g_autoptr (JsonNode) whole = belfry_reports_wrap (message);

  json_object_set_string_member (message, "topic", belfry_secret_get_value (ntfy->topic));
  json_object_iter_init (&iter, json_node_get_object (body));
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (message, name, json_node_copy (value));
  belfry_http_request_set_json (request, whole);
  if (ntfy->token != NULL)
    belfry_http_request_set_bearer (request, NULL, belfry_secret_get_value (ntfy->token));
  else if (ntfy->user != NULL)
    belfry_http_request_set_basic (request, belfry_secret_get_value (ntfy->user),
                                   belfry_secret_get_value (ntfy->password));
  return request;
}

/* its JSON repeats the topic, so that only some words of an answer are quoted */
static void
quote (BelfryOutcome *outcome, BelfryHttpAnswer *answer, JsonObject *body, const char *member)
{
  const char *text = body != NULL ? belfry_json_get_text (body, member) : NULL;
  g_autofree char *shown = belfry_text_make_printable (text != NULL ? text : "", -1, 1024);

  g_free (outcome->excerpt);
  outcome->excerpt = g_strdup_printf ("%u: %s", belfry_http_answer_get_status (answer), shown);
}

BelfryOutcome *
belfry_ntfy_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;
  const char *id = body != NULL ? belfry_json_get_text (body, "id") : NULL;
  g_autoptr (BelfryOutcome) outcome = belfry_outcome_new_from_answer (answer);

  if (outcome->kind == BELFRY_OUTCOME_DELIVERED && id == NULL)
    return belfry_reports_outcome_new_garbage (answer);
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED)
    outcome->remote_id = g_strdup (id);
  if (belfry_http_answer_get_status (answer) == 429 && outcome->wait_us == 0)
    outcome->wait_us = LIMIT_WAIT_US;
  if (body != NULL)
    quote (outcome, answer, body, id != NULL ? "id" : "error");
  return g_steal_pointer (&outcome);
}
