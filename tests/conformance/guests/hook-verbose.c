/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends its summary in a full stop.
 * fails: metadata/summary */
#include "guest.h"

BELFRY_DEFINE_HOOK (
  .name = "verbose",
  .summary = "Is a guest.",
  .translate = guest_translate,
);
