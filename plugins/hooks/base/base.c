/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The base dialect: a plain form, one change a request, always. What posts to it is `curl`, scripts
 * and Mercurial's hook, so it is forgiving about order and unknown names. Buildbot's manual,
 * "Change Hooks".
 */
#include "base-translate.h"

static BelfryTranslation *
base_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_base_translate (request);
}

static const BelfrySignature base_signatures[] = {
  { "Authorization", BELFRY_SIGNATURE_BEARER, 1 },
  { NULL },
};

static const BelfryOption base_options[] = {
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name          = "base",
  .summary       = N_("Takes changes as plain forms, from scripts and version control hooks"),
  .options       = base_options,
  .instance_size = 1,
  .signatures    = base_signatures,
  .no_digest     = TRUE,
  .translate     = base_translate,
);
