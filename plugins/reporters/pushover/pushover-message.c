/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One form to one address. Keys and token go into the body, never into the query, which ends up in
 * the logs of others. Limits and parameters are those of pushover.net/api.
 */
#include "pushover.h"

#include "markup.h"

#define API_URL       "https://api.pushover.net/1/messages.json"
#define MESSAGE_CHARS 1024
#define TITLE_CHARS   250
#define EMERGENCY     2
#define MIN_RETRY_S   30
#define MAX_EXPIRE_S  10800
#define PAUSE_US      (5 * G_USEC_PER_SEC)

static const BelfryMarkupDialect dialect = {
  .tags = {
    [BELFRY_MARKUP_BOLD] = { "<b>", "</b>" },
    [BELFRY_MARKUP_ITALIC] = { "<i>", "</i>" },
    [BELFRY_MARKUP_UNDERLINE] = { "<u>", "</u>" },
    [BELFRY_MARKUP_LINK] = { "<a href=\"", "</a>" },
  },
  .between = "\">",
  .escapes = belfry_markup_escapes_html,
};

/* further parameters that the API takes, and how long they may be */
static const struct {
  const char *name;
  gsize max_chars; /* 0: short by nature */
} parameters[] = {
  { "callback", 0 },  { "device", 0 }, { "expire", 0 }, { "html", 0 },
  { "monospace", 0 }, { "retry", 0 },  { "sound", 0 },  { "tags", 0 },
  { "timestamp", 0 }, { "ttl", 0 },    { "url", 512 },  { "url_title", 100 },
};

/* keys of a section are written with dashes, the API's with underscores */
static char *
dup_parameter (const char *name)
{
  return g_strdelimit (g_strdup (name), "-", '_');
}

static const char *
get_parameter (const BelfryPushover *self, const char *name)
{
  for (guint i = 0; self->other_params != NULL && i < belfry_map_get_count (self->other_params);
       i++) {
    g_autofree char *written = dup_parameter (belfry_map_get_name (self->other_params, i));

    if (g_str_equal (written, name))
      return belfry_map_get_value (self->other_params, i);
  }
  return NULL;
}

static int
find_parameter (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parameters); i++)
    if (g_str_equal (parameters[i].name, name))
      return (int)i;
  return -1;
}

/* what a configuration may say */

static void
check_parameters (const BelfryPushover *self, const BelfryCheck *check)
{
  for (guint i = 0; self->other_params != NULL && i < belfry_map_get_count (self->other_params);
       i++) {
    const char *name = belfry_map_get_name (self->other_params, i);
    g_autofree char *written = dup_parameter (name);
    g_autofree char *key = g_strconcat ("other-params.", name, NULL);

    if (find_parameter (written) < 0)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "'%s' is no parameter that may be set here; these are: callback, "
                           "device, expire, html, monospace, retry, sound, tags, timestamp, ttl, "
                           "url, url_title",
                           name);
  }
}

static void
check_emergency (const BelfryPushover *self, const BelfryCheck *check)
{
  const char *retry = get_parameter (self, "retry");
  const char *expire = get_parameter (self, "expire");
  gboolean used = FALSE;
  gint64 seconds = 0;

  for (guint i = 0; self->priorities != NULL && i < belfry_map_get_count (self->priorities); i++)
    used = used || *(const gint64 *)belfry_map_get_value (self->priorities, i) == EMERGENCY;
  if (!used)
    return;
  if (retry == NULL || !belfry_parse_integer (retry, MIN_RETRY_S, G_MAXINT32, &seconds, NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "priorities",
                         "priority 2 is repeated until somebody confirms it: write "
                         "other-params.retry with at least 30 seconds");
  if (expire == NULL || !belfry_parse_integer (expire, 1, MAX_EXPIRE_S, &seconds, NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "priorities",
                         "priority 2 is repeated until it expires: write other-params.expire with "
                         "at most 10800 seconds");
}

static void
check_monospace (const BelfryPushover *self, const BelfryCheck *check)
{
  const BelfryEntry *type = belfry_section_find (check->section, "template-type");
  const char *html = get_parameter (self, "html");
  gboolean is_html =
      html != NULL ? !g_str_equal (html, "0") : type == NULL || !g_str_equal (type->value, "plain");

  if (is_html && g_strcmp0 (get_parameter (self, "monospace"), "1") == 0)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         "other-params.monospace",
                         "HTML is never shown in monospace; write template-type=plain as well");
}

void
belfry_pushover_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryPushover *pushover = self;

  belfry_reports_check_modes (pushover->priorities, "priorities", check);
  check_parameters (pushover, check);
  check_emergency (pushover, check);
  check_monospace (pushover, check);
  belfry_reports_check_wire (&pushover->wire, check, NULL, NULL);
}

/* report to request */

static void
set_parameters (const BelfryPushover *self, JsonObject *form)
{
  for (guint i = 0; self->other_params != NULL && i < belfry_map_get_count (self->other_params);
       i++) {
    g_autofree char *name = dup_parameter (belfry_map_get_name (self->other_params, i));
    const char *value = belfry_map_get_value (self->other_params, i);
    int index = find_parameter (name);
    gsize max_chars = index >= 0 ? parameters[index].max_chars : 0;
    g_autofree char *cut = max_chars > 0 ? belfry_reports_cut (value, max_chars) : NULL;

    json_object_set_string_member (form, name, cut != NULL ? cut : value);
  }
}

gboolean
belfry_pushover_plan (gconstpointer self,
                      const BelfryReport *report,
                      BelfryTargets *targets,
                      GError **error)
{
  const BelfryPushover *pushover = self;
  gboolean is_html = belfry_report_is_html (report);
  const gint64 *priority = belfry_reports_look_up_mode (pushover->priorities, report);
  g_autofree char *message = belfry_markup_convert (belfry_report_get_body (report), is_html,
                                                    is_html ? &dialect : &belfry_markup_plain,
                                                    BELFRY_MARKUP_CHARS, MESSAGE_CHARS);
  g_autofree char *title = belfry_reports_cut (belfry_report_get_subject (report), TITLE_CHARS);
  g_autofree char *key = belfry_reports_dup_key (report);
  JsonObject *form = json_object_new ();
  g_autoptr (JsonNode) payload = belfry_reports_wrap (form);

  json_object_set_string_member (form, "message", message);
  json_object_set_string_member (form, "title", title);
  if (is_html)
    json_object_set_string_member (form, "html", "1");
  if (priority != NULL) {
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, *priority);

    json_object_set_string_member (form, "priority", text);
  }
  set_parameters (pushover, form);
  belfry_targets_add (targets, "pushover", key, payload);
  return TRUE;
}

BelfryHttpRequest *
belfry_pushover_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BelfryPushover *pushover = self;
  JsonObject *form = json_node_get_object (item->payload);
  BelfryHttpRequest *request = belfry_reports_request_new (&pushover->wire, "POST", API_URL);
  g_autoptr (GList) names = json_object_get_members (form);

  belfry_http_request_add_form (request, "token", belfry_secret_get_value (pushover->api_token));
  belfry_http_request_add_form (request, "user", belfry_secret_get_value (pushover->user_key));
  for (GList *link = names; link != NULL; link = link->next)
    belfry_http_request_add_form (request, link->data, belfry_json_get_text (form, link->data));
  return request;
}

/* answer to outcome */

/* `errors` says why, in sentences */
static void
quote_errors (BelfryOutcome *outcome, BelfryHttpAnswer *answer, JsonObject *body)
{
  JsonArray *errors = belfry_json_get_array (body, "errors");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *shown = NULL;

  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++) {
    JsonNode *node = json_array_get_element (errors, i);

    if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", json_node_get_string (node));
  }
  if (text->len == 0)
    return;
  shown = belfry_text_make_printable (text->str, -1, 1024);
  g_free (outcome->excerpt);
  outcome->excerpt = g_strdup_printf ("%u: %s", belfry_http_answer_get_status (answer), shown);
}

/* the month's quota is spent: the header says when the next begins */
static gint64
get_quota_wait_us (BelfryHttpAnswer *answer)
{
  const char *reset = belfry_http_answer_get_header (answer, "X-Limit-App-Reset");
  gint64 seconds = 0;

  if (reset == NULL ||
      !belfry_parse_integer (reset, 0, G_MAXINT64 / G_USEC_PER_SEC, &seconds, NULL))
    return 0;
  return MAX (seconds * G_USEC_PER_SEC - belfry_clock_now_us (), 0);
}

static BelfryOutcome *
take_success (BelfryHttpAnswer *answer, JsonObject *body)
{
  const char *request = body != NULL ? belfry_json_get_text (body, "request") : NULL;
  BelfryOutcome *outcome = NULL;

  if (body == NULL || !json_object_has_member (body, "status"))
    return belfry_reports_outcome_new_garbage (answer);
  outcome = belfry_outcome_new_from_answer (answer);
  if (belfry_json_get_integer (body, "status", 0) == 1)
    outcome->remote_id = g_strdup (request);
  else
    outcome->kind = BELFRY_OUTCOME_REFUSED;
  return outcome;
}

BelfryOutcome *
belfry_pushover_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;
  BelfryOutcome *outcome = status >= 200 && status < 300 ? take_success (answer, body)
                                                         : belfry_outcome_new_from_answer (answer);

  if (body != NULL && outcome->kind != BELFRY_OUTCOME_DELIVERED)
    quote_errors (outcome, answer, body);
  if (status == 429 && outcome->wait_us == 0)
    outcome->wait_us = get_quota_wait_us (answer);
  if (status >= 500)
    outcome->wait_us = MAX (outcome->wait_us, PAUSE_US);
  return outcome;
}
