/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the process that it is in, once a request asks for it. */
#include <belfry-plugin.h>

#include <signal.h>

static BelfryTranslation *
crashes_translate (gconstpointer self, BelfryRequest *request)
{
  raise (SIGSEGV);
  return belfry_translation_new_nothing ("never said");
}

BELFRY_DEFINE_HOOK (
  .name          = "crashes",
  .summary       = "Falls over",
  .instance_size = 1,
  .translate     = crashes_translate,
);
