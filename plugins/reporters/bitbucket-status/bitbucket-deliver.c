/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A delivery to Bitbucket Cloud. An access token is had once for the consumer's credentials (OAuth
 * 2, RFC 6749 §4.4) and kept until a minute before it ends; when a status is answered by 401 it is
 * had anew, once. Only a second 401, or a consumer that is not known, is the credential's fault.
 */
#include "bitbucket-status.h"

#include <string.h>

#define DEFAULT_LIFE_S 7200
#define MARGIN_S       60
#define LONGEST_LIFE_S (30 * 24 * 3600)

static const BelfryForgeService status_service = {
  .success = { 200, 201 },
  .sent = "Status {what}",
  .failure = "{code}: unable to upload Bitbucket status {answer}",
  .needs = "a consumer with 'Repositories: Write'",
};

static const BelfryForgeService token_service = {
  .success = { 200 },
  .sent = "{what}",
  .failure = "{code}: unable to authenticate to Bitbucket {answer}",
  .needs = "a consumer with 'Repositories: Write'",
};

static void ask_token (GTask *task);

/* another consumer after a reload must not get the old one's token */
static char *
dup_cache_key (const BitbucketStatus *status)
{
  g_autofree char *pair = g_strconcat (belfry_secret_get_value (status->oauth_key), ":",
                                       belfry_secret_get_value (status->oauth_secret), NULL);
  g_autofree char *digest = belfry_digest_hex (G_CHECKSUM_SHA256, pair, strlen (pair));

  return g_strconcat ("token/", digest, NULL);
}

/* the status */

static void
on_status_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const BitbucketStatus *status = delivery->reporter;
  g_autoptr (BelfryHttpAnswer) answer = belfry_forge_deliver_receive (task, result);

  if (answer == NULL)
    return;
  if (belfry_http_answer_get_status (answer) == 401 && status->auth == NULL && !delivery->renewed)
    ask_token (task);
  else
    belfry_forge_deliver_end (
        task, belfry_forge_judge (&status_service, delivery->http, delivery->item, answer));
}

/* @token: (nullable): none with a login of its own */
static void
send_status (GTask *task, const char *token)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const BitbucketStatus *status = delivery->reporter;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request =
      belfry_forge_request_new (&status->http, status->base_url, delivery->item, &local);

  if (request == NULL) {
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, local->message));
    return;
  }
  if (token != NULL)
    belfry_http_request_set_bearer (request, NULL, token);
  else
    belfry_forge_set_basic (request, belfry_secret_get_value (status->auth));
  belfry_forge_deliver_send (task, request, on_status_answered);
}

/* the token */

static char *
read_token (BelfryHttpAnswer *answer, gint64 *life_s)
{
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  gint64 asked_s =
      object != NULL ? belfry_json_get_integer (object, "expires_in", DEFAULT_LIFE_S) : 0;

  *life_s = CLAMP (asked_s, 0, LONGEST_LIFE_S);
  return g_strdup (belfry_forge_get_text (object, "access_token"));
}

static void
take_token (GTask *task, BelfryHttpAnswer *answer)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  gint64 life_s = 0;
  g_autofree char *token = read_token (answer, &life_s);
  g_autofree char *key = dup_cache_key (delivery->reporter);
  g_autoptr (JsonNode) node = NULL;

  if (token == NULL) {
    belfry_forge_deliver_end (
        task, belfry_outcome_new_wait (0, TRUE, "Bitbucket's answer holds no access token"));
    return;
  }
  node = belfry_json_new_text (token);
  belfry_reporter_cache_put (delivery->http->instance, key, node,
                             belfry_clock_now_us () + (life_s - MARGIN_S) * G_USEC_PER_SEC);
  delivery->renewed = TRUE;
  send_status (task, token);
}

static BelfryOutcome *
judge_token (const BelfryForgeDelivery *delivery, BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);
  BelfryOutcome *outcome = belfry_forge_judge_about (&token_service, delivery->http,
                                                     belfry_forge_item_get_what (delivery->item),
                                                     delivery->item->tries, answer);

  /* `invalid_client` and its like come as 400 (RFC 6749 §5.2) */
  if (status == 400 || (status == 403 && outcome->kind == BELFRY_OUTCOME_REFUSED))
    outcome->kind = BELFRY_OUTCOME_DENIED;
  return outcome;
}

static void
on_token_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = belfry_forge_deliver_receive (task, result);

  if (answer == NULL)
    return;
  if (belfry_forge_is_success (&token_service, belfry_http_answer_get_status (answer)))
    take_token (task, answer);
  else
    belfry_forge_deliver_end (task, judge_token (delivery, answer));
}

static void
ask_token (GTask *task)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const BitbucketStatus *status = delivery->reporter;
  g_autoptr (BelfryHttpRequest) request = belfry_http_request_new ("POST", status->oauth_url);

  /* never logged whole: the answer is a secret */
  belfry_http_request_set_verify (request, status->http.wire.verify);
  if (status->http.wire.debug)
    belfry_forge_log (&status->http, "asking %s for an access token", status->oauth_url);
  belfry_http_request_set_basic (request, belfry_secret_get_value (status->oauth_key),
                                 belfry_secret_get_value (status->oauth_secret));
  belfry_http_request_add_form (request, "grant_type", "client_credentials");
  belfry_forge_deliver_send (task, request, on_token_answered);
}

static void
start (GTask *task)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  const BitbucketStatus *status = delivery->reporter;
  g_autofree char *key = status->auth == NULL ? dup_cache_key (status) : NULL;
  g_autoptr (JsonNode) known = NULL;

  if (status->auth != NULL) {
    send_status (task, NULL);
    return;
  }
  known = belfry_reporter_cache_get (status->http.instance, key);
  if (known != NULL)
    send_status (task, json_node_get_string (known));
  else
    ask_token (task);
}

static const BelfryForgePost post = { .next = start };

void
bitbucket_status_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BitbucketStatus *status = self;

  belfry_forge_deliver (&post, self, &status->http, NULL, item, task);
}
