/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What does not come from an event: the host's own alerts, test reports, and an administrator's
 * second thoughts about single rows.
 */
#include "outbox-private.h"

#include "outbox/reporter-keys.h"

typedef struct {
  gboolean (*change) (BelfryWriter *writer, gint64 reportid, GError **error);
  gboolean (*change_range) (
      BelfryWriter *writer, gint64 first, gint64 last, int *changes, GError **error);
  BelfryReportRange range;
  BelfryReportRow *row; /* (nullable) to be inserted */
  gint64 answer;        /* number of the row, or how many */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  belfry_record_unref (change->row);
  g_free (change);
}

BelfryReportRow *
belfry_outbox_new_notice (const char *instance,
                          const char *phase,
                          const char *subject,
                          const char *body)
{
  BelfryReportRow *row = belfry_report_row_new ();
  JsonObject *object = json_object_new ();

  belfry_record_set_text (&row->instance, instance);
  belfry_record_set_text (&row->phase, phase);
  belfry_record_set_text (&row->state, "waiting");
  row->created_at = row->next_at = belfry_clock_now_us ();
  json_object_set_string_member (object, "subject", subject);
  json_object_set_string_member (object, "body", body);
  row->data = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (row->data, object);
  return row;
}

static gboolean
write_change (BelfryWriter *writer, gpointer data, GError **error)
{
  Change *change = data;

  int changes = 1;

  if (change->row != NULL) {
    if (!belfry_writer_insert (writer, change->row, error))
      return FALSE;
    change->answer = change->row->reportid;
    return TRUE;
  }
  if (change->range.first == change->range.last) {
    if (!change->change (writer, change->range.first, error))
      return FALSE;
  } else if (!change->change_range (writer, change->range.first, change->range.last, &changes,
                                    error))
    return FALSE;
  change->answer = changes;
  return TRUE;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryOutbox *self = g_object_get_data (G_OBJECT (task), "outbox");
  g_autoptr (GError) local = NULL;

  if (belfry_store_write_finish (self->store, result, &local)) {
    belfry_outbox_load (self);
    g_task_return_boolean (task, TRUE);
  } else
    g_task_return_error (task, g_steal_pointer (&local));
  belfry_outbox_end (self);
}

static void
write_async (BelfryOutbox *self, Change *change, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, write_async);
  g_task_set_task_data (task, change, change_free);
  g_object_set_data (G_OBJECT (task), "outbox", self);
  belfry_outbox_begin (self);
  belfry_store_write_async (self->store, write_change, change, NULL, NULL, on_changed, task);
}

static gboolean
reopen (BelfryWriter *writer, gint64 reportid, GError **error)
{
  return belfry_rows_reopen (writer, reportid, belfry_clock_now_us (), error);
}

void
belfry_outbox_redeliver_async (BelfryOutbox *self,
                               BelfryReportRange range,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->change = reopen;
  change->change_range = belfry_rows_reopen_range;
  change->range = range;
  write_async (self, change, callback, user_data);
}

void
belfry_outbox_discard_async (BelfryOutbox *self,
                             BelfryReportRange range,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->change = belfry_rows_discard;
  change->change_range = belfry_rows_discard_range;
  change->range = range;
  write_async (self, change, callback, user_data);
}

gint64
belfry_outbox_change_finish (BelfryOutbox *self, GAsyncResult *result, GError **error)
{
  Change *change = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error) ? change->answer : -1;
}

static void
on_alert_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryOutbox *self = user_data;
  g_autoptr (GError) local = NULL;

  if (belfry_store_write_finish (self->store, result, &local))
    belfry_outbox_load (self);
  else
    g_warning ("raising an alert: %s; it is lost", local->message);
  belfry_outbox_end (self);
}

void
belfry_outbox_alert (BelfryOutbox *self, const char *cause, const char *except, const char *text)
{
  char **names = self->config != NULL ? self->config->host.alert : NULL;

  if (self->stopping || !g_hash_table_add (self->causes, g_strdup (cause)))
    return;
  for (char **name = names; name != NULL && *name != NULL; name++) {
    BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, *name);
    Change *change = NULL;

    if (outlet == NULL || g_strcmp0 (*name, except) == 0 ||
        !belfry_reporter_takes_notices (outlet->reporting->plugin))
      continue;
    change = g_new0 (Change, 1);
    change->row = belfry_outbox_new_notice (*name, "alert", text, text);
    belfry_outbox_begin (self);
    belfry_store_write_async (self->store, write_change, change, change_free, NULL,
                              on_alert_written, self);
  }
}

void
belfry_outbox_settle (BelfryOutbox *self, const char *cause)
{
  g_hash_table_remove (self->causes, cause);
}
