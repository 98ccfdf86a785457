/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries: one row in flight for each lane, a few lanes at once for each reporter. The plugin's
 * task has two minutes; then the row waits as if nobody had answered, and whatever the task still
 * says is logged and forgotten. Only when the outcome is written down does the next row of the lane
 * follow.
 */
#include "outbox-private.h"

#define WATCHDOG_MS   (120 * 1000)
#define MAX_IN_FLIGHT 16

typedef struct {
  BelfryOutbox *outbox;
  BelfryOutlet *outlet;
  BelfryReportRow *row;
  char *lane;
  BelfryItem item;
  GCancellable *cancellable;
  guint64 attempt;
  GSource *watchdog;
  BelfrySettlement *settlement; /* once there is an outcome */
  gboolean abandoned;
  guint refs; /* task, watchdog and write */
} Delivery;

static void
delivery_unref (Delivery *self)
{
  if (--self->refs > 0)
    return;
  if (self->watchdog != NULL) {
    g_source_destroy (self->watchdog);
    g_source_unref (self->watchdog);
  }
  belfry_settlement_free (self->settlement);
  belfry_record_unref (self->row);
  belfry_outlet_unref (self->outlet);
  g_object_unref (self->cancellable);
  g_free (self->lane);
  g_free (self);
}

/* the lane is free, and who waited in it comes next */
static void
leave_lane (Delivery *self)
{
  gboolean others = GPOINTER_TO_INT (g_hash_table_lookup (self->outbox->lanes, self->lane)) > 1;
  BelfryReportRow *next = self->settlement != NULL ? self->settlement->next : NULL;

  g_hash_table_remove (self->outbox->lanes, self->lane);
  g_hash_table_remove (self->outbox->deliveries, self);
  belfry_outbox_forget (self->outbox, self->row);
  self->outlet->delivering--;
  if (next != NULL)
    belfry_outbox_adopt (self->outbox, next);
  else if (others)
    belfry_outbox_load (self->outbox);
}

static void
end_delivery (Delivery *self)
{
  BelfryOutbox *outbox = belfry_outbox_ref (self->outbox);
  BelfryOutlet *outlet = belfry_outlet_ref (self->outlet);

  leave_lane (self);
  delivery_unref (self);
  belfry_outlet_run (outlet);
  belfry_outlet_unref (outlet);
  belfry_outbox_end (outbox);
  belfry_outbox_unref (outbox);
}

static void
on_settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Delivery *self = user_data;
  BelfrySettlement *settlement = self->settlement;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_write_finish (self->outbox->store, result, &local)) {
    g_warning ("reporter '%s': writing down what became of report %" G_GINT64_FORMAT
               ": %s; it may be delivered again",
               self->row->instance, self->row->reportid, local->message);
    belfry_outbox_expect (self->outbox, belfry_clock_now_us () + 10 * G_USEC_PER_SEC);
  } else if (settlement->state == NULL)
    belfry_outbox_expect (self->outbox, self->row->next_at);
  else if (settlement->fallback != NULL)
    belfry_outbox_take (self->outbox, settlement->fallback);
  end_delivery (self);
}

static gboolean
write_settlement (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_settlement_write (data, writer, error);
}

static void
settle (Delivery *self, BelfryOutcome *outcome)
{
  BelfryTrial *trial = NULL;

  if (self->abandoned)
    return;
  if (self->settlement != NULL) {
    g_warning ("reporter '%s': report %" G_GINT64_FORMAT
               " was told to have ended a second time, or too late; that is ignored",
               self->row->instance, self->row->reportid);
    return;
  }
  if (self->watchdog != NULL) {
    g_source_destroy (self->watchdog);
    g_clear_pointer (&self->watchdog, g_source_unref);
  }
  belfry_outbox_mask (self->outbox, outcome);
  trial = belfry_trial_of_row (self->outbox, self->row);
  if (trial != NULL)
    belfry_trial_saw (trial, self->outlet, self->row, outcome);
  belfry_outlet_count_attempt (self->outlet, self->row, outcome);
  belfry_outlet_saw (self->outlet, self->row, self->attempt, outcome);
  self->settlement = belfry_settlement_new (self->outlet, self->row, outcome);
  belfry_store_write_async (self->outbox->store, write_settlement, self->settlement, NULL, NULL,
                            on_settled, self);
}

static gboolean
on_watchdog (gpointer user_data)
{
  Delivery *self = user_data;
  g_autoptr (BelfryOutcome) outcome =
      belfry_outcome_new_wait (0, FALSE, "the reporter did not end within two minutes");

  g_cancellable_cancel (self->cancellable);
  settle (self, outcome);
  return G_SOURCE_REMOVE;
}

/* an error instead of an outcome: what did not reach the service does not age the report */
static BelfryOutcome *
judge_error (const GError *error)
{
  if (g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_DENIED))
    return belfry_outcome_new (BELFRY_OUTCOME_DENIED, error->message);
  return belfry_outcome_new_wait (
      0, error->domain == BELFRY_ERROR && error->code != BELFRY_ERROR_RETRY, error->message);
}

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Delivery *self = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryOutcome) outcome = g_task_propagate_pointer (G_TASK (result), &local);

  if (outcome == NULL && local == NULL)
    g_set_error (&local, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                 "the reporter ended without an outcome");
  if (outcome == NULL)
    outcome = judge_error (local);
  settle (self, outcome);
  delivery_unref (self);
}

static BelfryOutcome *
judge_answer (Delivery *self, BelfryHttpAnswer *answer)
{
  const BelfryReporter *plugin = self->outlet->reporting->plugin;
  BelfryOutcome *said = NULL;

  if (plugin->from_answer != NULL) {
    g_auto (BelfryCallback) call = belfry_hosted_call (self->outlet->hosted, "from_answer");

    said = plugin->from_answer (self->outlet->reporting->state, &self->item, answer);
  }
  return belfry_answer_judge (answer, said);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Delivery *self = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (self->outlet->hosted->instance, result, &local);
  g_autoptr (BelfryOutcome) outcome = NULL;

  if (answer == NULL)
    outcome = judge_error (local);
  else
    outcome = judge_answer (self, answer);
  settle (self, outcome);
  delivery_unref (self);
}

/* pure work that failed would fail again */
static void
refuse (Delivery *self, const char *reason)
{
  g_autoptr (BelfryOutcome) outcome = belfry_outcome_new (BELFRY_OUTCOME_REFUSED, reason);

  settle (self, outcome);
  delivery_unref (self);
}

static void
send (Delivery *self)
{
  const BelfryReporter *plugin = self->outlet->reporting->plugin;
  gpointer state = belfry_hosted_get_state (self->outlet->hosted);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request = NULL;

  self->refs++;
  if (plugin->deliver != NULL) {
    g_auto (BelfryCallback) call = belfry_hosted_call (self->outlet->hosted, "deliver");

    plugin->deliver (state, &self->item, g_task_new (NULL, self->cancellable, on_delivered, self));
    return;
  }
  if (plugin->to_request != NULL) {
    g_auto (BelfryCallback) call = belfry_hosted_call (self->outlet->hosted, "to_request");

    request = plugin->to_request (state, &self->item, &local);
  }
  if (request == NULL) {
    refuse (self, local != NULL ? local->message : "the reporter has no way to deliver");
    return;
  }
  belfry_http_send_async (self->outlet->hosted->instance, request, self->cancellable, on_answered,
                          self);
}

static void
start_watchdog (Delivery *self)
{
  self->watchdog = g_timeout_source_new (WATCHDOG_MS);
  g_source_set_callback (self->watchdog, on_watchdog, self, NULL);
  g_source_attach (self->watchdog, g_main_context_get_thread_default ());
}

static void
deliver (BelfryOutlet *outlet, BelfryReportRow *row, char *lane)
{
  Delivery *self = g_new0 (Delivery, 1);

  self->refs = 1;
  self->outbox = outlet->outbox;
  self->outlet = belfry_outlet_ref (outlet);
  self->row = belfry_record_ref (row);
  self->lane = lane;
  self->cancellable = g_cancellable_new ();
  self->item = (BelfryItem){
    .size = sizeof (BelfryItem),
    .reportid = row->reportid,
    .target = row->target != NULL ? row->target : "",
    .key = row->key != NULL ? row->key : "",
    .phase = row->phase,
    .tries = (guint)row->tries,
    .remote_id = row->remote_id,
    .payload = row->payload,
  };
  outlet->delivering++;
  self->attempt = ++self->outbox->attempts;
  if (outlet->trial != NULL)
    belfry_trial_begin (outlet->trial, outlet);
  g_hash_table_insert (self->outbox->lanes, g_strdup (lane), GINT_TO_POINTER (1));
  g_hash_table_add (self->outbox->deliveries, self);
  belfry_outbox_begin (self->outbox);
  start_watchdog (self);
  send (self);
}

typedef struct {
  BelfryOutbox *outbox;
  BelfrySettlement settlement;
} Rest;

static void
on_rested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Rest *rest = user_data;

  belfry_store_write_finish (rest->outbox->store, result, NULL);
  belfry_outbox_expect (rest->outbox, rest->settlement.row->next_at);
  belfry_outbox_forget (rest->outbox, rest->settlement.row);
  belfry_record_unref (rest->settlement.row);
  belfry_outbox_end (rest->outbox);
  g_free (rest);
}

/* its target is left alone for now */
static void
put_off (BelfryOutlet *outlet, BelfryReportRow *row, gint64 until_us)
{
  Rest *rest = g_new0 (Rest, 1);

  row->next_at = until_us;
  rest->outbox = outlet->outbox;
  rest->settlement.row = belfry_record_ref (row);
  belfry_outbox_begin (outlet->outbox);
  belfry_store_write_async (outlet->outbox->store, write_settlement, &rest->settlement, NULL, NULL,
                            on_rested, rest);
}

/* while a reporter is tested, what it asks of its service is the test's alone */
static BelfryReportRow *
take_ready (BelfryOutlet *self)
{
  if (self->delivering >= MAX_IN_FLIGHT || !belfry_outlet_can_run (self))
    return NULL;
  if (self->trial == NULL)
    return g_queue_pop_head (&self->ready);
  for (GList *link = self->ready.head; link != NULL && self->delivering == 0; link = link->next)
    if (belfry_trial_of_row (self->outbox, link->data) == self->trial) {
      BelfryReportRow *row = link->data;

      g_queue_delete_link (&self->ready, link);
      return row;
    }
  return NULL;
}

void
belfry_outlet_deliver (BelfryOutlet *self)
{
  BelfryReportRow *taken = NULL;

  while ((taken = take_ready (self)) != NULL) {
    g_autoptr (BelfryReportRow) row = taken;
    g_autofree char *lane = belfry_outbox_dup_lane (row);
    gint64 until_us = 0;

    if (g_hash_table_contains (self->outbox->lanes, lane)) {
      /* who is in flight there finds this one in the store when he is done */
      g_hash_table_insert (self->outbox->lanes, g_steal_pointer (&lane), GINT_TO_POINTER (2));
      belfry_outbox_forget (self->outbox, row);
    } else if (belfry_outlet_is_resting (self, row->target, &until_us))
      put_off (self, row, until_us);
    else
      deliver (self, row, g_steal_pointer (&lane));
  }
}

void
belfry_outbox_abandon (BelfryOutbox *self)
{
  g_autoptr (GList) deliveries = g_hash_table_get_keys (self->deliveries);

  for (GList *link = deliveries; link != NULL; link = link->next) {
    Delivery *delivery = link->data;

    if (delivery->settlement != NULL)
      continue;
    delivery->abandoned = TRUE;
    g_source_destroy (delivery->watchdog);
    g_clear_pointer (&delivery->watchdog, g_source_unref);
    g_cancellable_cancel (delivery->cancellable);
    end_delivery (delivery);
  }
}
