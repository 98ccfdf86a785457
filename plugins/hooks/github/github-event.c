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

BelfryTranslation *
belfry_github_translate (const BelfryGithub *self, BelfryRequest *request)
{
  const char *event = belfry_request_get_header (request, "X-GitHub-Event");
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = NULL;
  BelfryTranslation *translation = NULL;
  gboolean unsupported = FALSE;

  payload = belfry_payload_read_members (request, get_members (self), &unsupported, &local);
  if (unsupported)
    return belfry_translation_new_unsupported_type (
        "application/json or application/x-www-form-urlencoded is wanted here");
  if (payload == NULL)
    return belfry_translation_new_malformed ("%s", local->message);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (events[i].event, event) == 0) {
      translation = events[i].translate (self, payload, &local);
      return translation != NULL ? translation
                                 : belfry_translation_new_malformed ("%s", local->message);
    }
  return belfry_translation_new_nothing ("this event is not handled");
}
