/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at an answer that never came.
 * fails: remotes/silent remotes/endless remotes/closed */
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
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (g_task_get_task_data (task), result, NULL);

  g_task_return_pointer (task,
                         belfry_outcome_new (belfry_http_answer_get_status (answer) < 400
                                                 ? BELFRY_OUTCOME_DELIVERED
                                                 : BELFRY_OUTCOME_REFUSED,
                                             NULL),
                         (GDestroyNotify)belfry_outcome_free);
}

static void
guest_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  Guest *guest = self;
  g_autoptr (BelfryHttpRequest) request = guest_to_request (self, item, NULL);

  g_task_set_task_data (task, guest->instance, NULL);
  belfry_http_send_async (guest->instance, request, g_task_get_cancellable (task), on_answered,
                          task);
}

BELFRY_DEFINE_REPORTER (
  .name = "trusting",
  .summary = "Is a guest",
  .family = BELFRY_FAMILY_PAINTER,
  .plan = guest_plan,
  .instance_size = sizeof (Guest),
  .start = guest_start,
  .deliver = guest_deliver,
);
