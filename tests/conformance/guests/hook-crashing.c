/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crashes whoever opens it.
 * fails: metadata/opens */
#include "guest.h"

#include <signal.h>

static void __attribute__ ((constructor)) crash (void)
{
  signal (SIGABRT, SIG_DFL);
  raise (SIGABRT);
}

BELFRY_DEFINE_HOOK (
  .name = "crashing",
  .summary = "Is a guest",
  .translate = guest_translate,
);
