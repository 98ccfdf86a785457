/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves a process behind that nobody asked for. */
#include <belfry-plugin.h>

#include <unistd.h>

static BelfryTranslation *
forks_translate (gconstpointer self, BelfryRequest *request)
{
  if (fork () == 0) {
    sleep (60);
    _exit (0);
  }
  return belfry_translation_new_nothing ("a child was born");
}

BELFRY_DEFINE_HOOK (
  .name          = "forks",
  .summary       = "Multiplies",
  .instance_size = 1,
  .translate     = forks_translate,
);
