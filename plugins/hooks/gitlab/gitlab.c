/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gitlab dialect: pushes, tags, merge requests and comments on them. Payloads and signatures:
 * docs.gitlab.com, "Webhook events" and "Webhooks"; what a change holds as Buildbot's GitLab hook
 * has it.
 */
#include "gitlab-translate.h"

static BelfryTranslation *
gitlab_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_gitlab_translate (request);
}

static const BelfryOption gitlab_options[] = {
  { NULL },
};

static const BelfrySignature gitlab_signatures[] = {
  { "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 1 },
  { "X-Gitlab-Token", BELFRY_SIGNATURE_TOKEN, 2 },
  { NULL },
};
/* X-Gitlab-Event-UUID is shared by hooks that trigger each other, so it names no delivery */
static const char *const gitlab_delivery_headers[] = { "webhook-id", "Idempotency-Key", NULL };

BELFRY_DEFINE_HOOK (
  .name                = "gitlab",
  .summary             = N_("Takes pushes, merge requests and comments on them from GitLab"),
  .options             = gitlab_options,
  .instance_size       = 1,
  .signatures          = gitlab_signatures,
  .delivery_id_headers = gitlab_delivery_headers,
  .event_header        = "X-Gitlab-Event",
  .translate           = gitlab_translate,
);
