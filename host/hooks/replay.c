/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stored delivery once more, on an administrator's word: its kept request goes the same way from
 * its translation on. Who may knock was asked when it came; that it is old, and known, is the
 * point.
 */
#include "deliveries-private.h"
#include "raw.h"

typedef struct {
  BelfryDeliveries *deliveries;
  gint64 id;
  BelfryDelivery *delivery; /* (nullable) */
  BelfryRequest *request;   /* (nullable) */
  GTask *task;
} Replay;

static void
replay_free (Replay *self)
{
  g_clear_pointer (&self->delivery, belfry_record_unref);
  g_clear_pointer (&self->request, belfry_request_unref);
  g_clear_object (&self->task);
  g_free (self);
}

static gboolean
read_request (BelfryReader *reader, gpointer data, GError **error)
{
  Replay *self = data;

  self->delivery = belfry_reader_find (reader, belfry_delivery_get_type (), self->id, error);
  if (self->delivery == NULL)
    return FALSE;
  self->request = belfry_raw_read (reader, self->delivery, error);
  return self->request != NULL;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Replay *self = data;
  BelfryDeliveries *deliveries = self->deliveries;
  g_autoptr (GError) local = NULL;
  BelfryHosted *hook = NULL;

  if (!belfry_store_read_finish (deliveries->store, result, &local)) {
    g_task_return_error (self->task, g_steal_pointer (&local));
    replay_free (self);
    return;
  }
  hook = g_hash_table_lookup (deliveries->hooks, self->delivery->hook);
  if (hook == NULL || hook->state != BELFRY_HOSTED_RUNNING)
    g_task_return_new_error (self->task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                             "replaying delivery %" G_GINT64_FORMAT ": hook '%s' %s", self->id,
                             self->delivery->hook,
                             hook == NULL ? "is not configured any more" : "does not run");
  else
    belfry_deliveries_repeat (deliveries, hook, self->delivery, self->request,
                              g_steal_pointer (&self->task));
  replay_free (self);
}

void
belfry_deliveries_replay (BelfryDeliveries *self, gint64 id, GTask *task)
{
  const BelfryReaderView view = { .instance = NULL };
  Replay *replay = NULL;

  if (self->stopping || belfry_store_is_pressed (self->store)) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                             "replaying delivery %" G_GINT64_FORMAT ": %s", id,
                             self->stopping ? "stopping" : "the store cannot take it now");
    g_object_unref (task);
    return;
  }
  replay = g_new0 (Replay, 1);
  replay->deliveries = self;
  replay->id = id;
  replay->task = task;
  belfry_store_read_async (self->store, &view, read_request, replay, NULL, on_read, replay);
}

static void
on_control_replayed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryResponse) response = g_task_propagate_pointer (G_TASK (result), &local);
  BelfryControlAnswer *answer = NULL;
  g_autofree char *text = NULL;
  guint status = 0;

  if (response != NULL) {
    GBytes *body = belfry_response_get_body (response);

    status = belfry_response_get_status (response);
    text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  }
  answer = belfry_control_answer_new (
      response != NULL && status < 400 ? BELFRY_CONTROL_DONE : BELFRY_CONTROL_REFUSED, NULL, "%s",
      text != NULL ? g_strchomp (text) : local->message);
  g_task_return_pointer (task, answer, (GDestroyNotify)belfry_control_answer_free);
}

void
belfry_deliveries_control_replay (BelfryDeliveries *self, gint64 id, GTask *task)
{
  belfry_deliveries_replay (self, id, g_task_new (NULL, NULL, on_control_replayed, task));
}
