/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declares a key that is the host's.
 * fails: metadata/reserved-keys */
#include "guest.h"

typedef struct {
  gboolean enabled;
} Guest;

static const BelfryOption guest_options[] = {
  BELFRY_BOOLEAN (Guest, enabled, "enabled", .help = "whether it is"),
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name = "greedy",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
);
