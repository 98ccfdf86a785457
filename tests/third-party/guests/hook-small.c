/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its descriptor ends before it has begun. */
#include <belfry-plugin.h>

__attribute__ ((visibility ("default"))) const struct {
  gsize size;
  guint abi;
} belfry_plugin = { sizeof (BelfryHook), BELFRY_ABI_HOOK };
