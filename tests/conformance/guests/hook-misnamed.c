/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls itself otherwise than its file.
 * fails: metadata/name */
#include "guest.h"

BELFRY_DEFINE_HOOK (
  .name = "other",
  .summary = "Is a guest",
  .translate = guest_translate,
);
