/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cannot translate.
 * fails: metadata/functions */
#include "guest.h"

BELFRY_DEFINE_HOOK (
  .name = "hollow",
  .summary = "Is a guest",
);
