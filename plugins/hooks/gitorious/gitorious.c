/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gitorious dialect: web hooks of Gitorious' own installations, a form with a payload. What a
 * change holds as Buildbot's Gitorious hook has it.
 */
#include "gitorious-translate.h"

static BelfryTranslation *
gitorious_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_gitorious_translate (request);
}

static const BelfryOption gitorious_options[] = {
  { NULL },
};

static const BelfrySignature gitorious_signatures[] = {
  { "Authorization", BELFRY_SIGNATURE_BEARER, 1 },
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name          = "gitorious",
  .summary       = N_("Takes pushes from Gitorious"),
  .options       = gitorious_options,
  .instance_size = 1,
  .signatures    = gitorious_signatures,
  .translate     = gitorious_translate,
);
