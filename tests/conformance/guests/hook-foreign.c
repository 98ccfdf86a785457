/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is of another ABI.
 * fails: metadata/opens */
#include "guest.h"

__attribute__ ((visibility ("default"))) const BelfryHook belfry_plugin = {
  .size = sizeof (BelfryHook),
  .abi = 7,
  .kind = BELFRY_KIND_HOOK,
  .name = "foreign",
  .summary = "Is a guest",
  .translate = guest_translate,
};
