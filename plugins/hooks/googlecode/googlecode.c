/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The googlecode dialect: web hooks of Google Code's project hosting, which is gone, and of what
 * imitates it. What a change holds as Buildbot's Google Code hook of 0.8 had it.
 */
#include "googlecode-translate.h"

static const BelfryOption googlecode_options[] = {
  BELFRY_STRING (BelfryGooglecode,
                 branch,
                 "branch",
                 .default_text = "default",
                 .help = N_ ("branch of revisions that name none")),
  { NULL },
};

static void
googlecode_check (gconstpointer self, const BelfryCheck *check)
{
  if (belfry_section_find (check->section, "secret") != NULL ||
      belfry_section_find (check->section, "secret-key") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "secret-key",
                         "it is checked by HMAC-MD5, which is weak; let sources= fence this hook");
}

static BelfryTranslation *
googlecode_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_googlecode_translate (self, request);
}

static const BelfrySignature googlecode_signatures[] = {
  { "Google-Code-Project-Hosting-Hook-Hmac", BELFRY_SIGNATURE_MD5_HEX, 1 },
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name          = "googlecode",
  .summary       = N_("Takes revisions from Google Code's project hosting"),
  .options       = googlecode_options,
  .instance_size = sizeof (BelfryGooglecode),
  .check         = googlecode_check,
  .signatures    = googlecode_signatures,
  .translate     = googlecode_translate,
);
