/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clean shutdown: engines start nothing more, and when the last build has ended the host does.
 * How many run is what engines answer to the same question again, which is harmless.
 */
#include "shutdown.h"

/* so that whoever asked hears the answer */
#define GRACE_MS 300

static gboolean
on_grace_over (gpointer data)
{
  BelfryHost *self = data;

  self->draining_source = 0;
  if (self->draining)
    belfry_host_stop (self);
  return G_SOURCE_REMOVE;
}

static void
end_if_idle (BelfryHost *self, const BelfryControlAnswer *answer)
{
  gint64 running = answer->data != NULL ? belfry_json_get_integer (answer->data, "running", 0) : 0;

  if (running == 0 && self->draining && self->draining_source == 0)
    self->draining_source = g_timeout_add (GRACE_MS, on_grace_over, self);
}

/* What an engine has answered to @action. */
void
belfry_shutdown_answered (BelfryHost *self, const char *action, const BelfryControlAnswer *answer)
{
  if (answer->outcome != BELFRY_CONTROL_DONE)
    return;
  if (g_str_equal (action, "cancel-shutdown")) {
    self->draining = FALSE;
    g_clear_handle_id (&self->draining_source, g_source_remove);
  } else if (g_str_equal (action, "shutdown")) {
    self->draining = TRUE;
    end_if_idle (self, answer);
  }
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), NULL);

  if (answer == NULL)
    g_warning ("a shutdown is under way, and no engine says what still runs");
}

/* A build has ended: perhaps the last one. */
void
belfry_shutdown_build_ended (BelfryHost *self)
{
  BelfryControl control = {
    .size = sizeof control, .action = "shutdown", .id = BELFRY_NONE, .who = "host"
  };

  if (self->draining && !self->stopping)
    belfry_host_control (self, &control, g_task_new (NULL, NULL, on_answered, NULL));
}
