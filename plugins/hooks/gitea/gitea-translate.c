/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to its event: content, codebase, then the table of events. */
#include "gitea.h"

#include "payload.h"

static const char *const event_headers[] = { "X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event" };

static const struct {
  const char *event;
  BelfryTranslation *(*translate) (const BelfryGiteaRequest *request, GError **error);
} events[] = {
  { "pull_request", belfry_gitea_translate_pull_request },
  { "pull_request_sync", belfry_gitea_translate_pull_request },
  { "push", belfry_gitea_translate_push },
};

const char *
belfry_gitea_get_url_key (const BelfryGitea *self)
{
  return self->repository_url == BELFRY_GITEA_URL_SSH ? "ssh_url" : "clone_url";
}

gboolean
belfry_gitea_set_properties (const BelfryGiteaRequest *request,
                             const char *event,
                             BelfryChange *change,
                             GError **error)
{
  const BelfryPayloadProperty rows[] = {
    { "repository_name", "repository.name" },
    { "owner", belfry_payload_choose (request->payload, "repository.owner.username",
                                      "repository.owner.login") },
    { NULL },
  };

  belfry_properties_set_text (change->properties, "event", event, "Change");
  return belfry_payload_set_properties (request->payload, rows, change, error);
}

/* what the URL says wins over the section */
static gboolean
read_codebase (BelfryGiteaRequest *own, BelfryRequest *request, GError **error)
{
  if (!belfry_payload_get_url_argument (request, "codebase", &own->codebase, error))
    return FALSE;
  return own->codebase != NULL ||
         belfry_payload_get_codebase (own->self->codebase, own->self->codebase_format, own->payload,
                                      &own->codebase, error);
}

static BelfryTranslation *
translate_event (BelfryGiteaRequest *own, BelfryRequest *request, GError **error)
{
  const char *event = NULL;

  for (guint i = 0; event == NULL && i < G_N_ELEMENTS (event_headers); i++)
    event = belfry_request_get_header (request, event_headers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (events[i].event, event) == 0)
      return read_codebase (own, request, error) ? events[i].translate (own, error) : NULL;
  return belfry_translation_new_nothing ("this event is not handled");
}

BelfryTranslation *
belfry_gitea_translate (const BelfryGitea *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = NULL;
  g_autofree char *codebase = NULL;
  BelfryTranslation *translation = NULL;
  BelfryGiteaRequest own = { .self = self };
  gboolean unsupported = FALSE;

  payload = belfry_payload_read (request, &unsupported, &local);
  if (unsupported)
    return belfry_translation_new_unsupported_type (
        "application/json or application/x-www-form-urlencoded is wanted here");
  own.payload = payload;
  if (payload != NULL)
    translation = translate_event (&own, request, &local);
  codebase = own.codebase;
  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
