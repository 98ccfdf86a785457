/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stopping (§17.2 of the engine's page): no more claims; running builds as `on-stop` says; then the
 * supervisors. The task returns when nothing of the instance is left on the loop.
 */
#include "alarm.h"
#include "local.h"

/* Debian's units are given 90 s; the engine must be through before. */
#define WAIT_SECONDS 75

static void
end_builds (Local *self)
{
  for (guint i = self->builds->len; i > 0; i--) {
    LocalBuild *build = g_ptr_array_index (self->builds, i - 1);

    local_build_stop (build, LOCAL_CAUSE_HOST_STOPPED, "host stopped", NULL);
  }
}

static gboolean
on_waited (gpointer data)
{
  Local *self = data;

  self->stop_wait_id = 0;
  end_builds (self);
  return G_SOURCE_REMOVE;
}

/* Called whenever something has ended: goes on with the stop as far as it can. */
void
local_stop_step (Local *self)
{
  GTask *task = NULL;

  if (self->stop_task == NULL || self->builds->len > 0)
    return;
  g_clear_handle_id (&self->stop_wait_id, g_source_remove);
  local_supervisors_trim (self);
  if (self->supervisors->len > 0 || self->n_pending > 0)
    return;
  task = g_steal_pointer (&self->stop_task);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

void
local_stop (gpointer data, GTask *task)
{
  Local *self = data;

  self->stopping = TRUE;
  self->stop_task = task;
  g_clear_handle_id (&self->round_id, g_source_remove);
  g_clear_handle_id (&self->minute_id, g_source_remove);
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_clear_pointer (&self->alarm, local_alarm_free);
  if (self->config != NULL && self->config->keys->on_stop == LOCAL_ON_STOP_WAIT &&
      self->builds->len > 0)
    self->stop_wait_id = g_timeout_add_seconds (WAIT_SECONDS, on_waited, self);
  else
    end_builds (self);
  local_stop_step (self);
}
