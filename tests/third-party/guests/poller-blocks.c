/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the main loop to itself for a while. */
#include <belfry-plugin.h>

static void
blocks_poll (gpointer self, JsonNode *state, GTask *task)
{
  g_usleep (1500 * 1000);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_POLLER (
  .name          = "blocks",
  .summary       = "Takes its time",
  .instance_size = 1,
  .poll          = blocks_poll,
);
