/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Needs a function that nobody has.
 * fails: metadata/opens */
#include "guest.h"

extern void guest_missing (void);

static void
guest_clear (gpointer self)
{
  guest_missing ();
}

BELFRY_DEFINE_HOOK (
  .name = "unlinked",
  .summary = "Is a guest",
  .translate = guest_translate,
  .clear = guest_clear,
);
