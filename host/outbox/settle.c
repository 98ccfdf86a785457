/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an outcome means for a row. It ends, or it is tried again: after the time that the service
 * asked for, else after a backoff. Only failures that the service answered age a report; one that
 * could not be reached is given up after fourteen days whatever max-age says. What dies is told to
 * the fallback once.
 */
#include "outbox-private.h"

#define LONGEST_WAIT_US    (6 * G_TIME_SPAN_HOUR)
#define LONGEST_SILENCE_US (14 * G_TIME_SPAN_DAY)
#define MAX_ANSWER_BYTES   1024

static BelfryReportRow *
make_fallback (BelfryOutlet *outlet, BelfryReportRow *row)
{
  const char *name = outlet->reporting->keys->fallback;
  JsonObject *data = row->data != NULL && JSON_NODE_HOLDS_OBJECT (row->data)
                         ? json_node_get_object (row->data)
                         : NULL;
  g_autofree char *text = row->data != NULL ? belfry_json_to_text (row->data) : NULL;
  BelfryReportRow *copy = NULL;
  JsonObject *object = NULL;

  if (name == NULL || (data != NULL && json_object_has_member (data, "fallback_of")))
    return NULL;
  copy = belfry_report_row_new ();
  belfry_record_set_text (&copy->instance, name);
  belfry_record_set_text (&copy->phase, row->phase);
  belfry_record_set_text (&copy->state, "waiting");
  copy->buildid = row->buildid;
  copy->bsid = row->bsid;
  copy->eventid = row->eventid;
  copy->created_at = copy->next_at = belfry_clock_now_us ();
  copy->data = text != NULL ? belfry_json_parse (text, -1, NULL, NULL) : NULL;
  if (copy->data == NULL || !JSON_NODE_HOLDS_OBJECT (copy->data)) {
    g_clear_pointer (&copy->data, json_node_unref);
    copy->data = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (copy->data, json_object_new ());
  }
  object = json_node_get_object (copy->data);
  json_object_set_string_member (object, "fallback_of", row->instance);
  json_object_set_string_member (object, "error", row->answer != NULL ? row->answer : "");
  return copy;
}

/* TRUE: it is given up */
static gboolean
wait_for_next (BelfryOutlet *outlet, BelfryReportRow *row, const BelfryOutcome *outcome)
{
  gint64 now_us = belfry_clock_now_us ();
  gint64 wait_us = outcome->wait_us > 0 ? MIN (outcome->wait_us, LONGEST_WAIT_US)
                                        : belfry_backoff_us ((guint)row->tries, g_random_double ());

  if (outcome->answered)
    row->aged_us += wait_us;
  row->next_at = MAX (now_us + wait_us, belfry_outlet_get_hold (outlet));
  row->next_at = belfry_reporting_leave_quiet (outlet->reporting, row->next_at);
  return row->aged_us >= outlet->reporting->keys->max_age ||
         now_us - row->created_at >= LONGEST_SILENCE_US;
}

static const char *
decide (BelfryOutlet *outlet, BelfryReportRow *row, const BelfryOutcome *outcome)
{
  switch (outcome->kind) {
  case BELFRY_OUTCOME_DELIVERED:
    return "delivered";
  case BELFRY_OUTCOME_SUPERSEDED:
    return "superseded";
  case BELFRY_OUTCOME_REFUSED:
    return "dead";
  case BELFRY_OUTCOME_WAIT:
    return wait_for_next (outlet, row, outcome) ? "dead" : NULL;
  case BELFRY_OUTCOME_DENIED:
    /* a pause holds the whole instance; the row is due as soon as that ends */
    row->next_at = belfry_clock_now_us ();
    return NULL;
  }
  return NULL;
}

static void
tell_death (BelfryOutlet *outlet, BelfryReportRow *row)
{
  g_autofree char *cause = g_strconcat ("dead/", row->instance, NULL);
  g_autofree char *text =
      g_strdup_printf ("Reporter '%s' gave up report %" G_GINT64_FORMAT
                       " to '%s' after %" G_GINT64_FORMAT " attempts: %s",
                       row->instance, row->reportid, row->target != NULL ? row->target : "",
                       row->tries, row->answer != NULL ? row->answer : "no answer");

  g_warning ("reporter '%s': delivering report %" G_GINT64_FORMAT ": %s; it is given up",
             row->instance, row->reportid, row->answer != NULL ? row->answer : "no answer");
  belfry_outlet_count_death (outlet);
  belfry_outbox_alert (outlet->outbox, cause, row->instance, text);
}

void
belfry_outbox_mask (const BelfryOutbox *self, BelfryOutcome *outcome)
{
  char *masked = NULL;

  if (self->masks == NULL || outcome->excerpt == NULL)
    return;
  /* whoever made it may have cut it within a secret */
  masked = belfry_masks_apply_cut (self->masks, outcome->excerpt);
  g_free (outcome->excerpt);
  outcome->excerpt = masked;
}

BelfrySettlement *
belfry_settlement_new (BelfryOutlet *outlet, BelfryReportRow *row, const BelfryOutcome *outcome)
{
  BelfrySettlement *self = g_new0 (BelfrySettlement, 1);
  g_autofree char *answer =
      outcome->excerpt != NULL ? belfry_text_make_printable (outcome->excerpt, -1, MAX_ANSWER_BYTES)
                               : NULL;

  self->row = belfry_record_ref (row);
  row->tries++;
  belfry_record_set_text (&row->answer, answer);
  if (outcome->remote_id != NULL)
    belfry_record_set_text (&row->remote_id, outcome->remote_id);
  self->state = decide (outlet, row, outcome);
  if (g_strcmp0 (self->state, "dead") == 0) {
    self->fallback = make_fallback (outlet, row);
    tell_death (outlet, row);
  } else if (g_strcmp0 (self->state, "delivered") == 0) {
    g_autofree char *cause = g_strconcat ("dead/", row->instance, NULL);

    outlet->outbox->delivered++;
    belfry_outbox_settle (outlet->outbox, cause);
  }
  return self;
}

void
belfry_settlement_free (BelfrySettlement *self)
{
  if (self == NULL)
    return;
  belfry_record_unref (self->row);
  belfry_record_unref (self->fallback);
  belfry_record_unref (self->next);
  g_free (self);
}

gboolean
belfry_settlement_write (BelfrySettlement *self, BelfryWriter *writer, GError **error)
{
  g_clear_pointer (&self->next, belfry_report_row_unref);
  if (self->state == NULL)
    return belfry_rows_postpone (writer, self->row, error);
  if (!belfry_rows_finish (writer, self->row, self->state, error))
    return FALSE;
  if (self->fallback != NULL && !belfry_writer_insert (writer, self->fallback, error))
    return FALSE;
  if (!belfry_rows_find_next_of_lane (writer, self->row, &self->next, error))
    return FALSE;
  if (self->next == NULL || self->next->remote_id != NULL)
    return TRUE;
  return belfry_rows_find_remote_id (writer, self->next, &self->next->remote_id, error);
}
