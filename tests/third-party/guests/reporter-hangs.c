/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its start never comes to an end. */
#include <belfry-plugin.h>

static void
hangs_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_info ("waiting for what never comes");
}

BELFRY_DEFINE_REPORTER (
  .name          = "hangs",
  .summary       = "Is never ready",
  .family        = BELFRY_FAMILY_MESSAGE,
  .instance_size = 1,
  .start         = hangs_start,
);
