/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the process that it is in. */
#include <belfry-plugin.h>

#include <signal.h>

static void
crashes_poll (gpointer self, JsonNode *state, GTask *task)
{
  raise (SIGSEGV);
}

BELFRY_DEFINE_POLLER (
  .name          = "crashes",
  .summary       = "Falls over",
  .instance_size = 1,
  .poll          = crashes_poll,
);
