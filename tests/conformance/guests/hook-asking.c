/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers twice what was pending.
 * fails: life/completes-once */
#include "guest.h"

static void
guest_complete (gpointer self, JsonNode *pending, GTask *task)
{
  for (guint i = 0; i < 2; i++)
    g_task_return_pointer (task, belfry_translation_new_nothing ("it is a guest"),
                           (GDestroyNotify)belfry_translation_free);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "asking",
  .summary = "Is a guest",
  .translate = guest_translate,
  .complete = guest_complete,
);
