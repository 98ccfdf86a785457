/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Believes that a program always ends well.
 * fails: remotes/programs */
#include "guest.h"

typedef struct {
  BelfryInstance *instance;
} Guest;

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  ((Guest *)self)->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_ran (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (BelfryProcessResult) ran =
      belfry_process_run_finish (g_task_get_task_data (task), result, NULL);

  g_task_return_boolean (task, g_bytes_get_size (ran->output) > 0);
}

static void
guest_poll (gpointer self, JsonNode *state, GTask *task)
{
  static const char *const argv[] = { "true", NULL };
  const BelfryProcess process = { .size = sizeof process, .argv = argv };
  Guest *guest = self;

  g_task_set_task_data (task, guest->instance, NULL);
  belfry_process_run_async (guest->instance, &process, g_task_get_cancellable (task), on_ran, task);
}

BELFRY_DEFINE_POLLER (
  .name = "credulous",
  .summary = "Is a guest",
  .instance_size = sizeof (Guest),
  .start = guest_start,
  .poll = guest_poll,
);
