/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the main loop for ever, once it is to poll.
 * fails: manners/loop */
#include "guest.h"

static void
guest_poll (gpointer self, JsonNode *state, GTask *task)
{
  volatile gboolean ended = FALSE;

  while (!ended)
    g_usleep (1000);
}

BELFRY_DEFINE_POLLER (
  .name = "stalling",
  .summary = "Is a guest",
  .poll = guest_poll,
);
