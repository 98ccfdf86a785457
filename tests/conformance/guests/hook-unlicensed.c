/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says no licence.
 * fails: metadata/version */
#include "guest.h"

#undef BELFRY_PLUGIN_LICENCE
#define BELFRY_PLUGIN_LICENCE ""

BELFRY_DEFINE_HOOK (
  .name = "unlicensed",
  .summary = "Is a guest",
  .translate = guest_translate,
);
