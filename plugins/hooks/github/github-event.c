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

/* names that an event reads, at whatever depth */
static const char *const push_members[] = {
  "added", "author",    "commits",     "committer",  "created",   "deleted", "distinct",
  "email", "full_name", "head_commit", "html_url",   "id",        "message", "modified",
  "name",  "ref",       "removed",     "repository", "timestamp", "url",     NULL,
};
static const char *const pull_request_members[] = {
  "_links", "action", "base",       "body",     "commits", "created_at", "full_name",
  "head",   "href",   "html",       "html_url", "login",   "number",     "pull_request",
  "ref",    "repo",   "repository", "sender",   "sha",     "title",      NULL,
};
static const char *const no_members[] = { NULL };

typedef struct {
  const char *name;
  EventFunc translate;
  const char *const *members;
} Event;

static const Event events[] = {
  { "ping", translate_quietly, no_members },
  { "pull_request", belfry_github_translate_pull_request, pull_request_members },
  { "push", belfry_github_translate_push, push_members },
  { "workflow_run", translate_quietly, no_members },
};

/* (nullable) */
static const Event *
find_event (BelfryRequest *request)
{
  const char *name = belfry_request_get_header (request, "X-GitHub-Event");

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (events[i].name, name) == 0)
      return &events[i];
  return NULL;
}

gboolean
belfry_github_skips (const BelfryGithub *self, const char *message)
{
  return belfry_payload_matches (self->skips, message);
}

/* A template and a whitelist may ask for anything. */
static const char *const *
get_members (const BelfryGithub *self, const Event *event)
{
  gboolean all = self->codebase_format != NULL ||
                 (self->property_whitelist != NULL && self->property_whitelist[0] != NULL);

  if (all)
    return NULL;
  return event != NULL ? event->members : no_members;
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
                 const Event *event,
                 JsonNode *payload,
                 GError **error)
{
  g_autoptr (BelfryTranslation) translation = NULL;

  if (event == NULL)
    return belfry_translation_new_nothing ("this event is not handled");
  translation = event->translate (self, payload, error);
  return translation != NULL && fill_project (request, translation, error)
             ? g_steal_pointer (&translation)
             : NULL;
}

BelfryTranslation *
belfry_github_translate (const BelfryGithub *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = NULL;
  const Event *event = find_event (request);
  BelfryTranslation *translation = NULL;
  gboolean unsupported = FALSE;

  payload = belfry_payload_read_members (request, get_members (self, event), &unsupported, &local);
  if (unsupported)
    return belfry_translation_new_unsupported_type (
        "application/json or application/x-www-form-urlencoded is wanted here");
  if (payload != NULL)
    translation = translate_event (self, request, event, payload, &local);
  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
