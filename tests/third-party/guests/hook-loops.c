/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translates a request for ever. */
#include <belfry-plugin.h>

static BelfryTranslation *
loops_translate (gconstpointer self, BelfryRequest *request)
{
  for (gboolean ended = FALSE; !ended;)
    g_usleep (1000);
  return NULL;
}

BELFRY_DEFINE_HOOK (
  .name          = "loops",
  .summary       = "Never gets to the end",
  .instance_size = 1,
  .translate     = loops_translate,
);
