/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to its event: content, then the table of events. */
#include "github.h"

#include "payload.h"

typedef BelfryTranslation *(*EventFunc) (const BelfryGithub *self,
                                         JsonNode *payload,
                                         GError **error);

static BelfryTranslation *
translate_quietly (const BelfryGithub *self, JsonNode *payload, GError **error)
{
  return belfry_translation_new_nothing ("this event asks for nothing");
}

static const struct {
  const char *event;
  EventFunc translate;
} events[] = {
  { "ping", translate_quietly },
  { "pull_request", belfry_github_translate_pull_request },
  { "push", belfry_github_translate_push },
  { "workflow_run", translate_quietly },
};

gboolean
belfry_github_skips (const BelfryGithub *self, const char *message)
{
  return belfry_payload_matches (self->skips, message);
}

/* all names that the events read, at whatever depth */
static const char *const members[] = {
  "_links",   "action",       "added",     "author",      "base",     "body",
  "commits",  "committer",    "created",   "created_at",  "deleted",  "distinct",
  "email",    "full_name",    "head",      "head_commit", "href",     "html",
  "html_url", "id",           "login",     "message",     "modified", "name",
  "number",   "pull_request", "ref",       "removed",     "repo",     "repository",
  "sender",   "sha",          "timestamp", "title",       "url",      NULL,
};

/* A template and a whitelist may ask for anything. */
static const char *const *
get_members (const BelfryGithub *self)
{
  gboolean all = self->codebase_format != NULL ||
                 (self->property_whitelist != NULL && self->property_whitelist[0] != NULL);

  return all ? NULL : members;
}

/* the project that the URL names, where the payload named none */
static gboolean
fill_project (BelfryRequest *request, BelfryTranslation *translation, GError **error)
{
  g_autofree char *project = NULL;
  JsonObject *change = NULL;
  const char *known = NULL;

  if (translation->pending == NULL)
    return belfry_payload_fill_project (request, translation, error);
  if (!belfry_payload_get_url_argument (request, "project", &project, error))
    return FALSE;
  change = belfry_json_get_object (json_node_get_object (translation->pending), "change");
  known = belfry_json_get_text (change, "project");
  if (project != NULL && (known == NULL || known[0] == '\0'))
    json_object_set_string_member (change, "project", project);
  return TRUE;
}

static BelfryTranslation *
translate_event (const BelfryGithub *self,
                 BelfryRequest *request,
                 JsonNode *payload,
                 GError **error)
{
  const char *event = belfry_request_get_header (request, "X-GitHub-Event");

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (events[i].event, event) == 0) {
      g_autoptr (BelfryTranslation) translation = events[i].translate (self, payload, error);

      return translation != NULL && fill_project (request, translation, error)
                 ? g_steal_pointer (&translation)
                 : NULL;
    }
  return belfry_translation_new_nothing ("this event is not handled");
}

BelfryTranslation *
belfry_github_translate (const BelfryGithub *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = NULL;
  BelfryTranslation *translation = NULL;
  gboolean unsupported = FALSE;

  payload = belfry_payload_read_members (request, get_members (self), &unsupported, &local);
  if (unsupported)
    return belfry_translation_new_unsupported_type (
        "application/json or application/x-www-form-urlencoded is wanted here");
  if (payload != NULL)
    translation = translate_event (self, request, payload, &local);
  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
