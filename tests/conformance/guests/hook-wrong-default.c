/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has a default that it refuses.
 * fails: options/defaults-and-samples */
#include "guest.h"

typedef struct {
  gint64 count;
} Guest;

static const BelfryOption guest_options[] = {
  BELFRY_INTEGER (
      Guest, count, "count", .default_text = "7", .minimum = 1, .maximum = 5, .help = "how many"),
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name = "wrong-default",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
);
