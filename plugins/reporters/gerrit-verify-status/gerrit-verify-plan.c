/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifications for Gerrit's plugin verify-status: one for each change that the build's properties
 * name. Format: "verify-status - /changes/ REST API" of that plugin.
 */
#include "gerrit-verify-status.h"

#include <string.h>

static const BelfryForgeService service = {
  .sent = "Verification {what}",
  .failure = "{code}: Unable to send the verification {what}: {answer}",
  .needs = "a user with the capability to save verifications",
};

static int
choose_value (const BelfryForgeBuild *build)
{
  static const int values[] = {
    [BELFRY_RESULT_SUCCESS] = 1,   [BELFRY_RESULT_WARNINGS] = 1,  [BELFRY_RESULT_FAILURE] = -1,
    [BELFRY_RESULT_SKIPPED] = 0,   [BELFRY_RESULT_EXCEPTION] = 0, [BELFRY_RESULT_RETRY] = 0,
    [BELFRY_RESULT_CANCELLED] = 0,
  };

  if (build->moment != BELFRY_FORGE_ENDED)
    return 0;
  return build->results >= 0 && build->results < (gint64)G_N_ELEMENTS (values)
             ? values[build->results]
             : -1;
}

char *
gerrit_verify_dup_duration (gint64 seconds)
{
  gint64 days = MAX (seconds, 0) / 86400;
  gint64 hours = MAX (seconds, 0) / 3600 % 24;
  g_autoptr (GString) text = g_string_new (NULL);

  if (days > 0)
    g_string_append_printf (text, "%" G_GINT64_FORMAT " %s ", days, days == 1 ? "day" : "days");
  if (days > 0 || hours > 0)
    g_string_append_printf (text, "%" G_GINT64_FORMAT "h ", hours);
  g_string_append_printf (text, "%" G_GINT64_FORMAT "m %" G_GINT64_FORMAT "s",
                          MAX (seconds, 0) / 60 % 60, MAX (seconds, 0) % 60);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
dup_duration (const BelfryForgeBuild *build)
{
  gint64 from = belfry_json_get_integer (build->build, "started_at", 0);
  gint64 to = belfry_json_get_integer (build->build, "complete_at", from);

  return build->moment == BELFRY_FORGE_ENDED ? gerrit_verify_dup_duration (to - from)
                                             : g_strdup ("pending");
}

/* as Buildbot reads a rendered boolean */
static gboolean
is_true (const char *text)
{
  static const char *const words[] = { "true", "yes", "on", "1", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return g_strv_contains (words, lower);
}

static JsonObject *
make_body (const GerritVerify *verify, const BelfryForgeStatus *said, GError **error)
{
  const BelfryForgeBuild *build = said->build;
  g_autofree char *abstain = belfry_forge_render (verify->abstain, build, error);
  g_autofree char *reporter =
      abstain != NULL ? belfry_forge_render (verify->reporter, build, error) : NULL;
  g_autofree char *category =
      reporter != NULL ? belfry_forge_render (verify->category, build, error) : NULL;
  g_autofree char *duration = dup_duration (build);
  JsonObject *body = NULL;

  if (category == NULL)
    return NULL;
  body = json_object_new ();
  json_object_set_string_member (body, "name", said->context);
  json_object_set_int_member (body, "value", choose_value (build));
  json_object_set_boolean_member (body, "abstain", is_true (abstain));
  json_object_set_string_member (body, "comment", said->description);
  json_object_set_string_member (body, "url", build->url);
  json_object_set_string_member (body, "reporter", reporter);
  if (*category != '\0')
    json_object_set_string_member (body, "category", category);
  json_object_set_string_member (body, "duration", duration);
  return body;
}

/* changes and revisions are numbers or texts. (transfer full) (nullable) */
static char *
dup_id (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node) : NULL;
}

static void
add_change (const BelfryForgeStatus *said, JsonObject *body, JsonNode *change, JsonNode *revision)
{
  g_autofree char *change_id = dup_id (change);
  g_autofree char *revision_id = dup_id (revision);
  g_autofree char *path = NULL;

  if (change_id == NULL || revision_id == NULL) {
    belfry_forge_log (said->http, "Skipped a build of '%s': a change of it has no id or revision",
                      said->build->builder);
    return;
  }
  path = belfry_forge_dup_path ("a", "changes", change_id, "revisions", revision_id,
                                "verify-status~verifications", NULL);
  belfry_forge_status_add (said, change_id, revision_id, path, json_object_ref (body));
}

static void
add_changes (const BelfryForgeStatus *said, JsonObject *body)
{
  JsonNode *list = belfry_forge_build_get_value (said->build, "gerrit_changes");
  JsonNode *number = belfry_forge_build_get_value (said->build, "event.change.number");
  JsonNode *patch_set = belfry_forge_build_get_value (said->build, "event.patchSet.number");
  JsonArray *changes =
      list != NULL && JSON_NODE_HOLDS_ARRAY (list) ? json_node_get_array (list) : NULL;

  if (changes == NULL && number != NULL && patch_set != NULL)
    add_change (said, body, number, patch_set);
  for (guint i = 0; changes != NULL && i < json_array_get_length (changes); i++) {
    JsonNode *node = json_array_get_element (changes, i);
    JsonObject *change = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

    add_change (said, body, change != NULL ? json_object_get_member (change, "change_id") : NULL,
                change != NULL ? json_object_get_member (change, "revision_id") : NULL);
  }
}

gboolean
gerrit_verify_plan (gconstpointer self,
                    const BelfryReport *report,
                    BelfryTargets *targets,
                    GError **error)
{
  static const BelfryForgeStates states = { .started = "0", .other = "0" };
  const GerritVerify *verify = self;
  BelfryForgeBuild build;
  g_auto (BelfryForgeStatus) said = { .build = &build, .http = &verify->http, .targets = targets };
  g_autofree char *value = NULL;
  g_autoptr (JsonObject) body = NULL;

  if (!belfry_forge_build_init (&build, report, 0))
    return TRUE;
  if (!belfry_forge_status_say (&said, &states, &verify->words, verify->verification_name, error))
    return FALSE;
  said.state = value = g_strdup_printf ("%d", choose_value (&build));
  body = make_body (verify, &said, error);
  if (body == NULL)
    return FALSE;
  add_changes (&said, body);
  return TRUE;
}

static void
set_auth (const GerritVerify *verify, BelfryHttpRequest *request)
{
  const char *auth = belfry_secret_get_value (verify->auth);
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;

  belfry_forge_split_login (auth, &user, &password);
  switch ((GerritVerifyAuth)verify->auth_kind) {
  case GERRIT_VERIFY_AUTH_BASIC:
    belfry_http_request_set_basic (request, user, password);
    break;
  case GERRIT_VERIFY_AUTH_DIGEST:
    belfry_http_request_set_digest (request, user, password);
    break;
  case GERRIT_VERIFY_AUTH_BEARER:
    belfry_http_request_set_bearer (request, NULL, auth);
    break;
  }
}

BelfryHttpRequest *
gerrit_verify_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const GerritVerify *verify = self;
  BelfryHttpRequest *request =
      belfry_forge_request_new (&verify->http, verify->base_url, item, error);

  if (request == NULL)
    return NULL;
  if (verify->http.verbose)
    belfry_forge_log (&verify->http, "Sending verification %s", belfry_forge_item_get_what (item));
  set_auth (verify, request);
  return request;
}

static BelfryOutcome *
from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const GerritVerify *verify = self;

  return belfry_forge_judge (&service, &verify->http, item, answer);
}

const BelfryForgePost gerrit_verify_post = {
  .member = "comment",
  .to_request = gerrit_verify_to_request,
  .from_answer = from_answer,
};
