/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One running reporter of the outbox: what waits for it in memory, and whether it may go on. */
#include "outbox-private.h"

BelfryOutlet *
belfry_outlet_new (BelfryOutbox *outbox, BelfryHosted *hosted, BelfryReporting *reporting)
{
  BelfryOutlet *self = g_new0 (BelfryOutlet, 1);

  self->refs = 1;
  self->outbox = outbox;
  self->hosted = belfry_hosted_ref (hosted);
  self->reporting = belfry_reporting_ref (reporting);
  g_queue_init (&self->waiting);
  g_queue_init (&self->ready);
  self->planned_builds = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

BelfryOutlet *
belfry_outlet_ref (BelfryOutlet *self)
{
  self->refs++;
  return self;
}

void
belfry_outlet_unref (BelfryOutlet *self)
{
  if (self == NULL || --self->refs > 0)
    return;
  g_queue_clear_full (&self->waiting, belfry_record_unref);
  g_queue_clear_full (&self->ready, belfry_record_unref);
  g_hash_table_unref (self->planned_builds);
  belfry_reporting_unref (self->reporting);
  belfry_hosted_unref (self->hosted);
  g_free (self);
}

gboolean
belfry_outlet_can_run (const BelfryOutlet *self)
{
  const BelfryCredential *credential = self->credential;

  return !self->is_gone && !self->outbox->stopping && self->hosted->instance != NULL &&
         self->hosted->state == BELFRY_HOSTED_RUNNING &&
         (credential == NULL || credential->paused_until_us == 0 || credential->prober == self);
}

gint64
belfry_outlet_get_hold (const BelfryOutlet *self)
{
  return belfry_buckets_get_hold (self->outbox->buckets, self->hosted);
}

gboolean
belfry_outlet_is_quiet (const BelfryOutlet *self, const char *phase, gint64 *until_us)
{
  gint64 now_us = 0;

  if (self->reporting->keys->quiet_hours == NULL || g_str_equal (phase, "alert") ||
      g_str_equal (phase, "test"))
    return FALSE;
  now_us = belfry_clock_now_us ();
  *until_us = belfry_reporting_leave_quiet (self->reporting, now_us);
  return *until_us > now_us;
}

/* what waits for the service goes back to the store, so that it keeps nobody else out of memory */
static gboolean
stand_still (BelfryOutlet *self)
{
  gint64 until_us = belfry_outlet_get_hold (self);

  if (until_us == 0)
    return FALSE;
  belfry_outlet_drop (self);
  self->more = FALSE;
  belfry_outbox_expect (self->outbox, until_us);
  return TRUE;
}

void
belfry_outlet_run (BelfryOutlet *self)
{
  belfry_outlet_get_credential (self);
  belfry_outlet_end_probe (self);
  if (!belfry_outlet_can_run (self) || stand_still (self))
    return;
  belfry_outlet_plan (self);
  belfry_outlet_deliver (self);
  if (self->more && self->waiting.length == 0 && self->ready.length == 0) {
    self->more = FALSE;
    belfry_outbox_load (self->outbox);
  }
}

static void
drop_queue (BelfryOutlet *self, GQueue *queue)
{
  BelfryReportRow *row = NULL;

  while ((row = g_queue_pop_head (queue)) != NULL) {
    belfry_outbox_forget (self->outbox, row);
    belfry_record_unref (row);
  }
}

void
belfry_outlet_drop (BelfryOutlet *self)
{
  drop_queue (self, &self->waiting);
  drop_queue (self, &self->ready);
}
