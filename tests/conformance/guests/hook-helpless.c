/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has an option without help.
 * fails: options/rows */
#include "guest.h"

typedef struct {
  gboolean loud;
} Guest;

static const BelfryOption guest_options[] = {
  BELFRY_BOOLEAN (Guest, loud, "loud"),
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name = "helpless",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
);
