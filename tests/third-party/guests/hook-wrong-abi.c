/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of an ABI that is yet to come. */
#include <belfry-plugin.h>

__attribute__ ((visibility ("default"))) const BelfryHook belfry_plugin = {
  .size = sizeof (BelfryHook),
  .abi = 99,
  .kind = BELFRY_KIND_HOOK,
  .name = "wrong-abi",
  .summary = "Comes from the future",
};
