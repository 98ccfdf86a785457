/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked for by a number that is not in hand: finished already, or never there. */
#include "local.h"

/** Lookup: one question to the store */
typedef struct {
  Local *local;
  GTask *task;
  const BelfryRecordType *type;
  const char *what;
  gint64 id;
  gboolean found;
} Lookup;

static gboolean
read_it (BelfryReader *reader, gpointer data, GError **error)
{
  Lookup *self = data;
  g_autoptr (GError) local = NULL;
  gpointer record = belfry_reader_find (reader, self->type, self->id, &local);

  if (record == NULL && !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  self->found = record != NULL;
  g_clear_pointer (&record, belfry_record_unref);
  return TRUE;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Lookup *self = data;
  Local *local = self->local;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!belfry_instance_read_finish (local->instance, result, &error))
    local_answer (self->task,
                  belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "%s", error->message));
  else if (self->found)
    local_answer (self->task, belfry_control_answer_new (BELFRY_CONTROL_DONE, json_object_new (),
                                                         "already finished"));
  else
    local_answer (self->task, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL,
                                                         "there is no %s %" G_GINT64_FORMAT,
                                                         self->what, self->id));
  local->n_pending--;
  local_stop_step (local);
  g_free (self);
}

/* Takes @task. @what: how people call a record of @type */
void
local_answer_absent (
    Local *local, GTask *task, const BelfryRecordType *type, const char *what, gint64 id)
{
  Lookup *self = g_new0 (Lookup, 1);

  self->local = local;
  self->task = task;
  self->type = type;
  self->what = what;
  self->id = id;
  local->n_pending++;
  belfry_instance_read_async (local->instance, read_it, self, NULL, on_read, self);
}
