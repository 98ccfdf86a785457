/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bitbucketcloud dialect: pushes and pull requests from bitbucket.org. Payloads and signatures:
 * support.atlassian.com, "Event payloads" and "Manage webhooks"; what a change holds as Buildbot's
 * Bitbucket Cloud hook has it.
 */
#include "bitbucketcloud-product.h"

static BelfryTranslation *
bitbucketcloud_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_bitbucket_translate (&belfry_bitbucketcloud, self, request);
}

static const BelfrySignature bitbucketcloud_signatures[] = {
  { "X-Hub-Signature", BELFRY_SIGNATURE_SHA256_PREFIXED, 1 },
  { NULL },
};
static const char *const bitbucketcloud_delivery_headers[] = { "X-Request-UUID", NULL };

BELFRY_DEFINE_HOOK (
  .name                = "bitbucketcloud",
  .summary             = N_("Takes pushes and pull requests from Bitbucket Cloud"),
  .options             = belfry_bitbucket_options,
  .instance_size       = sizeof (BelfryBitbucket),
  .check               = belfry_bitbucket_check,
  .signatures          = bitbucketcloud_signatures,
  .delivery_id_headers = bitbucketcloud_delivery_headers,
  .event_header        = "X-Event-Key",
  .translate           = bitbucketcloud_translate,
);
