/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bitbucket dialect: the POST service that bitbucket.org had before its webhooks, a form with a
 * payload. What a change holds as Buildbot's BitBucket hook has it.
 */
#include "bitbucket-translate.h"

static BelfryTranslation *
bitbucket_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_bitbucket_translate (request);
}

static const BelfryOption bitbucket_options[] = {
  { NULL },
};

static const BelfrySignature bitbucket_signatures[] = {
  { "Authorization", BELFRY_SIGNATURE_BEARER, 1 },
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name          = "bitbucket",
  .summary       = N_("Takes pushes from the POST service that Bitbucket once had"),
  .options       = bitbucket_options,
  .instance_size = 1,
  .signatures    = bitbucket_signatures,
  .event_header  = "X-Event-Key",
  .translate     = bitbucket_translate,
);
