/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests and what becomes of them. A refused login pauses the credential, a rate limit waits for
 * as long as the service says, by Retry-After or by the x-ratelimit headers that GitHub and those
 * after it send; what a service may answer better to later is tried again, all else is final.
 */
#include "forge-status.h"

#include <string.h>

#define EXCERPT_BYTES    1024
#define SMALLEST_WAIT_US G_TIME_SPAN_MINUTE
#define LONGEST_STEP_US  G_TIME_SPAN_HOUR

void
belfry_forge_start (BelfryForgeHttp *self, BelfryInstance *instance, GTask *task)
{
  self->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

void
belfry_forge_log (const BelfryForgeHttp *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *shown = NULL;
  va_list arguments;

  if (self->instance == NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  shown = belfry_text_make_printable (text, -1, 2 * EXCERPT_BYTES);
  belfry_instance_log (self->instance, G_LOG_LEVEL_MESSAGE, "%s", shown);
}

JsonNode *
belfry_forge_payload_new (const char *path, JsonObject *body, const char *what)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (object, "body", body);
  json_object_set_string_member (object, "what", what);
  json_node_take_object (node, object);
  return node;
}

void
belfry_forge_payload_set_program (JsonNode *self,
                                  const char *program,
                                  const BelfryForgeBuild *build)
{
  JsonObject *object = json_node_get_object (self);

  json_object_set_string_member (object, "program", program);
  json_object_set_object_member (object, "build", json_object_ref (build->build));
}

static JsonObject *
get_payload (const BelfryItem *item)
{
  return item->payload != NULL && JSON_NODE_HOLDS_OBJECT (item->payload)
             ? json_node_get_object (item->payload)
             : NULL;
}

const char *
belfry_forge_item_get_what (const BelfryItem *item)
{
  const char *what = belfry_forge_get_text (get_payload (item), "what");

  return what != NULL ? what : item->target;
}

BelfryHttpRequest *
belfry_forge_request_new (const BelfryForgeHttp *http,
                          const char *base,
                          const BelfryItem *item,
                          GError **error)
{
  JsonObject *payload = get_payload (item);
  const char *path = belfry_forge_get_text (payload, "path");
  JsonObject *body = payload != NULL ? belfry_json_get_object (payload, "body") : NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *url = NULL;
  BelfryHttpRequest *request = NULL;

  if (path == NULL || body == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                 "report %" G_GINT64_FORMAT " holds no request", item->reportid);
    return NULL;
  }
  url = g_strconcat (base, path, NULL);
  request = belfry_reports_request_new (&http->wire, "POST", url);
  node = json_node_init_object (json_node_alloc (), body);
  belfry_http_request_set_json (request, node);
  return request;
}

void
belfry_forge_split_login (const char *login, char **user, char **password)
{
  gsize length = strcspn (login, ":");

  *user = g_strndup (login, length);
  *password = g_strdup (login[length] == ':' ? login + length + 1 : "");
}

void
belfry_forge_set_basic (BelfryHttpRequest *request, const char *login)
{
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;

  belfry_forge_split_login (login, &user, &password);
  belfry_http_request_set_basic (request, user, password);
}

gboolean
belfry_forge_is_success (const BelfryForgeService *service, guint status)
{
  if (service->success[0] == 0)
    return status >= 200 && status < 300;
  for (gsize i = 0; i < G_N_ELEMENTS (service->success); i++)
    if (service->success[i] == status)
      return TRUE;
  return FALSE;
}

char *
belfry_forge_dup_excerpt (BelfryHttpAnswer *answer)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (belfry_http_answer_get_body (answer), &length);

  return belfry_text_make_printable (text != NULL ? text : "", (gssize)length, EXCERPT_BYTES);
}

static gboolean
mentions_limit (BelfryHttpAnswer *answer)
{
  g_autofree char *excerpt = belfry_forge_dup_excerpt (answer);
  g_autofree char *text = g_ascii_strdown (excerpt, -1);

  return strstr (text, "rate limit") != NULL || strstr (text, "abuse detection") != NULL;
}

/* Whether an answer is that of a limit, and how long it asks to wait. One that names no time waits
 * a minute at least, and twice as long each time. */
static gboolean
read_limit (guint tries, BelfryHttpAnswer *answer, gint64 *wait_us)
{
  guint status = belfry_http_answer_get_status (answer);

  *wait_us = belfry_http_answer_get_wait_us (answer);
  if (status != 429 && !(status == 403 && (*wait_us > 0 || mentions_limit (answer))))
    return FALSE;
  if (*wait_us == 0)
    *wait_us = MIN (SMALLEST_WAIT_US << MIN (tries, 10), LONGEST_STEP_US);
  return TRUE;
}

static char *
fill (const char *format, const char *what, guint status, const char *answer)
{
  g_autofree char *code = g_strdup_printf ("%u", status);
  const char *const names[] = { "{what}", "{code}", "{answer}" };
  const char *const values[] = { what, code, answer };
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = format; *at != '\0';) {
    gsize length = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (names) && length == 0; i++)
      if (g_str_has_prefix (at, names[i])) {
        g_string_append (text, values[i]);
        length = strlen (names[i]);
      }
    if (length == 0)
      g_string_append_c (text, *at++);
    at += length;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
add_needs (const BelfryForgeService *service, guint status, const char *failure)
{
  if (service->needs == NULL || (status != 401 && status != 403 && status != 404))
    return g_strdup (failure);
  return g_strconcat (failure, "; it needs ", service->needs, NULL);
}

static BelfryOutcome *
judge_failure (guint status, gboolean is_limit, gint64 wait_us, const char *failure)
{
  if (is_limit || status == 408 || status == 423 || status == 425 || status >= 500)
    return belfry_outcome_new_wait (wait_us, TRUE, failure);
  return belfry_outcome_new (status == 401 ? BELFRY_OUTCOME_DENIED : BELFRY_OUTCOME_REFUSED,
                             failure);
}

BelfryOutcome *
belfry_forge_judge_about (const BelfryForgeService *service,
                          const BelfryForgeHttp *http,
                          const char *what,
                          guint tries,
                          BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  gint64 wait_us = 0;
  gboolean is_limit = read_limit (tries, answer, &wait_us);
  BelfryOutcome *outcome = NULL;

  if (belfry_forge_is_success (service, status)) {
    g_autofree char *sent = fill (service->sent, what, status, "");

    if (http->verbose)
      belfry_forge_log (http, "%s", sent);
    outcome = belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, sent);
  } else {
    g_autofree char *excerpt = service->dup_answer != NULL ? service->dup_answer (answer)
                                                           : belfry_forge_dup_excerpt (answer);
    g_autofree char *failure = fill (service->failure, what, status, excerpt);
    g_autofree char *told = is_limit ? g_strdup (failure) : add_needs (service, status, failure);

    outcome = judge_failure (status, is_limit, wait_us, told);
  }
  outcome->http_status = status;
  return outcome;
}

BelfryOutcome *
belfry_forge_judge (const BelfryForgeService *service,
                    const BelfryForgeHttp *http,
                    const BelfryItem *item,
                    BelfryHttpAnswer *answer)
{
  return belfry_forge_judge_about (service, http, belfry_forge_item_get_what (item), item->tries,
                                   answer);
}
