/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes any word for a choice.
 * fails: options/refusals */
#include "guest.h"

typedef struct {
  int mood;
} Guest;

static const BelfryChoice guest_moods[] = {
  { "good", 0, "as it should be" },
  { "no such choice", 1, "as it should not be" },
  { NULL, 0, NULL },
};

static const BelfryOption guest_options[] = {
  BELFRY_ENUM (Guest, mood, "mood", .choices = guest_moods, .help = "how it feels"),
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name = "agreeable",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
);
