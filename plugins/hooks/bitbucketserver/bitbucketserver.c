/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bitbucketserver dialect: pushes and pull requests from Bitbucket Server and Data Center, in
 * the layout of the plug-in bitbucket-webhooks or the product's own. Payloads and signatures:
 * confluence.atlassian.com, "Event payload" and "Manage webhooks"; what a change holds as
 * Buildbot's Bitbucket Server hook has it.
 */
#include "bitbucketserver-product.h"

static BelfryTranslation *
bitbucketserver_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_bitbucket_translate (&belfry_bitbucketserver, self, request);
}

static const BelfrySignature bitbucketserver_signatures[] = {
  { "X-Hub-Signature", BELFRY_SIGNATURE_SHA256_PREFIXED, 1 },
  { NULL },
};
static const char *const bitbucketserver_delivery_headers[] = { "X-Request-Id", NULL };

BELFRY_DEFINE_HOOK (
  .name                = "bitbucketserver",
  .summary             = N_("Takes pushes and pull requests from Bitbucket Server and Data Center"),
  .options             = belfry_bitbucket_options,
  .instance_size       = sizeof (BelfryBitbucket),
  .check               = belfry_bitbucket_check,
  .signatures          = bitbucketserver_signatures,
  .delivery_id_headers = bitbucketserver_delivery_headers,
  .event_header        = "X-Event-Key",
  .translate           = bitbucketserver_translate,
);
