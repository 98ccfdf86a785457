/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls a function that no library has. */
#include <belfry-plugin.h>

BelfryTranslation *belfry_translation_new_from_nowhere (BelfryRequest *request);

static BelfryTranslation *
missing_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_from_nowhere (request);
}

BELFRY_DEFINE_HOOK (
  .name          = "missing-symbol",
  .summary       = "Was built against something else",
  .instance_size = 1,
  .translate     = missing_translate,
);
