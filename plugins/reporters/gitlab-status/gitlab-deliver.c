/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A delivery to GitLab: the project's number, asked once and kept, then the status. GitLab refuses
 * to go from a state to the same one; that is what a repeated delivery looks like, and counts as
 * delivered.
 */
#include "gitlab-status.h"

#include <string.h>

#define KEEP_NUMBER_US G_TIME_SPAN_DAY

/* `message` is a text, or an object of lists of texts by field */
static char *
dup_message (BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *message = object != NULL ? json_object_get_member (object, "message") : NULL;
  const char *text = belfry_forge_get_text (object, "message");
  g_autofree char *json = NULL;

  if (text == NULL)
    text = belfry_forge_get_text (object, "error");
  if (text == NULL && message != NULL && JSON_NODE_HOLDS_OBJECT (message))
    text = json = belfry_json_to_text (message);
  return belfry_text_make_printable (text != NULL ? text : "unspecified error", -1, 1024);
}

static const BelfryForgeService status_service = {
  .success = { 200, 201, 204 },
  .sent = "Status {what}",
  .failure = "Could not send status {what}: {answer}",
  .needs = "a token with the scope 'api' of a developer in the project",
  .dup_answer = dup_message,
};

static const BelfryForgeService project_service = {
  .success = { 200 },
  .sent = "{what}",
  .failure = "Unknown (or hidden) gitlab project {what}: {answer}",
  .needs = "a token with the scope 'api' of a developer in the project",
  .dup_answer = dup_message,
};

static void
send_async (GTask *task, BelfryHttpRequest *request, GAsyncReadyCallback callback)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const GitlabStatus *status = delivery->reporter;

  belfry_http_request_set_header (request, "PRIVATE-TOKEN",
                                  belfry_secret_get_value (status->commits.token));
  belfry_forge_deliver_send (task, request, callback);
}

static char *
dup_cache_key (const char *project)
{
  g_autofree char *digest = belfry_digest_hex (G_CHECKSUM_SHA256, project, strlen (project));

  return g_strconcat ("project/", digest, NULL);
}

/* the status itself */

static gboolean
is_repeated (BelfryHttpAnswer *answer)
{
  g_autofree char *message = NULL;

  if (belfry_http_answer_get_status (answer) != 400)
    return FALSE;
  message = dup_message (answer);
  return strstr (message, "Cannot transition status") != NULL;
}

static BelfryOutcome *
judge_status (const BelfryForgeDelivery *delivery, BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  BelfryOutcome *outcome = NULL;

  if (is_repeated (answer)) {
    outcome = belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, "GitLab shows that state already");
    outcome->http_status = status;
    return outcome;
  }
  outcome = belfry_forge_judge (&status_service, delivery->http, delivery->item, answer);
  /* another status of the same pipeline is being written */
  if (status == 409)
    outcome->kind = BELFRY_OUTCOME_WAIT;
  return outcome;
}

static void
on_status_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = belfry_forge_deliver_receive (task, result);

  if (answer != NULL)
    belfry_forge_deliver_end (task, judge_status (delivery, answer));
}

static void
send_status (GTask *task, const char *project)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const GitlabStatus *status = delivery->reporter;
  g_autofree char *base =
      g_strconcat (status->commits.base_url, "/api/v4/projects/", project, NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request =
      belfry_forge_request_new (&status->commits.http, base, delivery->item, &local);

  if (request != NULL)
    send_async (task, request, on_status_answered);
  else
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, local->message));
}

/* the project's number */

static char *
read_number (BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);
  gint64 id = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                  ? belfry_json_get_integer (json_node_get_object (node), "id", 0)
                  : 0;

  return id > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, id) : NULL;
}

static void
take_project (GTask *task, BelfryHttpAnswer *answer)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autofree char *number = read_number (answer);
  g_autofree char *key = dup_cache_key (delivery->item->target);
  g_autoptr (JsonNode) node = NULL;

  if (number == NULL) {
    belfry_forge_deliver_end (
        task, belfry_outcome_new_wait (0, TRUE, "GitLab's answer about the project holds no id"));
    return;
  }
  node = belfry_json_new_text (number);
  belfry_reporter_cache_put (delivery->http->instance, key, node,
                             belfry_clock_now_us () + KEEP_NUMBER_US);
  send_status (task, number);
}

static void
on_project_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = belfry_forge_deliver_receive (task, result);
  g_autofree char *project = NULL;

  if (answer == NULL)
    return;
  if (belfry_forge_is_success (&project_service, belfry_http_answer_get_status (answer))) {
    take_project (task, answer);
    return;
  }
  project = belfry_text_percent_encode (delivery->item->target);
  belfry_forge_deliver_end (task,
                            belfry_forge_judge_about (&project_service, delivery->http, project,
                                                      delivery->item->tries, answer));
}

static void
ask_project (GTask *task)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const GitlabStatus *status = delivery->reporter;
  g_autofree char *project = belfry_text_percent_encode (delivery->item->target);
  g_autofree char *url = g_strconcat (status->commits.base_url, "/api/v4/projects/", project, NULL);
  g_autoptr (BelfryHttpRequest) request =
      belfry_reports_request_new (&status->commits.http.wire, "GET", url);

  send_async (task, request, on_project_answered);
}

static void
start (GTask *task)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const char *target = delivery->item->target;
  g_autofree char *key = dup_cache_key (target);
  g_autoptr (JsonNode) known = NULL;

  if (strchr (target, '/') == NULL) {
    send_status (task, target);
    return;
  }
  known = belfry_reporter_cache_get (delivery->http->instance, key);
  if (known != NULL)
    send_status (task, json_node_get_string (known));
  else
    ask_project (task);
}

static const BelfryForgePost post = {
  .member = "description",
  .fit = gitlab_status_fit,
  .next = start,
};

void
gitlab_status_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  GitlabStatus *status = self;

  belfry_forge_deliver (&post, self, &status->commits.http, &status->commits.words, item, task);
}
