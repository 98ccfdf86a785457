/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outbox as the host sees it. Filters run on the writer thread and leave what they inserted in
 * `arrivals`, so that the way from an event to its first attempt needs no query; whoever comes by
 * there checks first that the row was committed. Everything that is due later, or was left by an
 * earlier run, is found by a look at the store: at start, when the timer says so, and when a lane
 * or a queue runs dry.
 */
#include "outbox-private.h"

#include "filter.h"

#define MAX_ARRIVALS   1000
#define MAX_QUEUED     250
#define LONGEST_NAP_US (60 * G_USEC_PER_SEC)
#define GRACE_MS       5000

BelfryOutbox *
belfry_outbox_ref (BelfryOutbox *self)
{
  self->refs++;
  return self;
}

void
belfry_outbox_unref (BelfryOutbox *self)
{
  if (--self->refs > 0)
    return;
  g_clear_pointer (&self->filters, g_ptr_array_unref);
  g_clear_pointer (&self->arrivals, g_ptr_array_unref);
  g_hash_table_unref (self->outlets);
  g_hash_table_unref (self->active);
  g_hash_table_unref (self->lanes);
  g_hash_table_unref (self->deliveries);
  g_hash_table_unref (self->causes);
  g_hash_table_unref (self->credentials);
  g_hash_table_unref (self->resting);
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->trials);
  belfry_buckets_unref (self->buckets);
  g_clear_pointer (&self->counts, json_object_unref);
  g_clear_pointer (&self->max_ages, json_object_unref);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
finish_stop (BelfryOutbox *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->stop_task);

  if (self->grace != NULL) {
    g_source_destroy (self->grace);
    g_clear_pointer (&self->grace, g_source_unref);
  }
  g_task_return_boolean (task, TRUE);
}

void
belfry_outbox_begin (BelfryOutbox *self)
{
  belfry_outbox_ref (self);
  self->under_way++;
}

void
belfry_outbox_end (BelfryOutbox *self)
{
  self->under_way--;
  if (self->under_way == 0 && self->stop_task != NULL)
    finish_stop (self);
  belfry_outbox_unref (self);
}

char *
belfry_outbox_dup_lane (BelfryReportRow *row)
{
  return g_strdup_printf ("%s\n%s\n%s", row->instance, row->target, row->key);
}

void
belfry_outbox_expect (BelfryOutbox *self, gint64 at_us)
{
  gint64 wait_us = 0;

  if (self->stopping || at_us >= self->next_us)
    return;
  self->next_us = at_us;
  /* no longer than a minute at once: the wall clock may jump, the timer's does not */
  wait_us = CLAMP (at_us - belfry_clock_now_us (), 0, LONGEST_NAP_US);
  g_source_set_ready_time (self->timer, g_get_monotonic_time () + wait_us);
}

void
belfry_outbox_forget (BelfryOutbox *self, BelfryReportRow *row)
{
  g_hash_table_remove (self->active, &row->reportid);
}

/* whether its reporter may take it now; where that is later, the timer looks then */
static gboolean
is_its_time (BelfryOutbox *self, BelfryOutlet *outlet, const BelfryReportRow *row)
{
  gint64 until_us = row->next_at;

  if (!belfry_outlet_can_run (outlet) ||
      (belfry_outlet_is_paused (outlet) && row->reportid != outlet->credential->probe_id))
    return FALSE;
  if (until_us <= belfry_clock_now_us () && !belfry_outlet_is_quiet (outlet, row->phase, &until_us))
    until_us = belfry_outlet_get_hold (outlet);
  if (until_us <= belfry_clock_now_us ())
    return TRUE;
  belfry_outbox_expect (self, until_us);
  return FALSE;
}

void
belfry_outbox_adopt (BelfryOutbox *self, BelfryReportRow *row)
{
  BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, row->instance);

  if (outlet == NULL || !is_its_time (self, outlet, row) ||
      g_hash_table_contains (self->active, &row->reportid))
    return;
  /* what one reporter cannot get rid of keeps no other out of memory */
  if (outlet->waiting.length + outlet->ready.length >= MAX_QUEUED) {
    outlet->more = TRUE;
    return;
  }
  g_hash_table_add (self->active, g_memdup2 (&row->reportid, sizeof row->reportid));
  g_queue_push_tail (g_str_equal (row->state, "planned") ? &outlet->ready : &outlet->waiting,
                     belfry_record_ref (row));
}

void
belfry_outbox_take (BelfryOutbox *self, BelfryReportRow *row)
{
  BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, row->instance);

  belfry_outbox_adopt (self, row);
  if (outlet != NULL)
    belfry_outlet_run (outlet);
}

void
belfry_outbox_run_all (BelfryOutbox *self)
{
  GHashTableIter iter;
  gpointer outlet = NULL;
  g_autoptr (GPtrArray) outlets =
      g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_outlet_unref);

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &outlet))
    g_ptr_array_add (outlets, belfry_outlet_ref (outlet));
  for (guint i = 0; i < outlets->len; i++)
    belfry_outlet_run (g_ptr_array_index (outlets, i));
}

static gboolean
on_timer (gpointer user_data)
{
  BelfryOutbox *self = user_data;
  gint64 next_us = self->next_us;

  g_source_set_ready_time (self->timer, -1);
  self->next_us = G_MAXINT64;
  if (next_us > belfry_clock_now_us ())
    belfry_outbox_expect (self, next_us);
  else
    belfry_outbox_load (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_poke (gpointer user_data)
{
  BelfryOutbox *self = user_data;

  g_source_set_ready_time (self->poke, -1);
  belfry_outbox_load (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_source (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch_source };

static GSource *
new_source (BelfryOutbox *self, GSourceFunc func)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GSource));

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

/* it is asked again after six hours, but somebody should know */
static void
on_long_wait (const char *host, gint64 wait_us, gpointer data)
{
  g_autofree char *cause = g_strconcat ("wait/", host, NULL);
  g_autofree char *text = g_strdup_printf (
      "%s asks to be left alone for %" G_GINT64_FORMAT " hours", host, wait_us / G_TIME_SPAN_HOUR);

  g_warning ("%s; it is asked again in six hours", text);
  belfry_outbox_alert (data, cause, NULL, text);
}

BelfryBuckets *
belfry_outbox_get_buckets (BelfryOutbox *self)
{
  return self != NULL ? self->buckets : NULL;
}

void
belfry_outbox_set_denied_func (BelfryOutbox *self, BelfryOutboxDeniedFunc func, gpointer data)
{
  self->denied = func;
  self->denied_data = data;
}

void
belfry_outbox_set_masks (BelfryOutbox *self, BelfryMasks *masks)
{
  self->masks = masks;
}

BelfryOutbox *
belfry_outbox_new (BelfryStore *store)
{
  BelfryOutbox *self = g_new0 (BelfryOutbox, 1);

  self->refs = 1;
  self->store = store;
  g_mutex_init (&self->lock);
  self->filters = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_reporting_unref);
  self->arrivals = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->poke = new_source (self, on_poke);
  self->timer = new_source (self, on_timer);
  self->next_us = G_MAXINT64;
  self->outlets =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)belfry_outlet_unref);
  self->active = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->deliveries = g_hash_table_new (NULL, NULL);
  self->causes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->credentials = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, belfry_credential_free);
  self->resting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->streams = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, belfry_stream_retire);
  self->trials = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->buckets = belfry_buckets_new (store);
  belfry_buckets_set_long_wait_func (self->buckets, on_long_wait, self);
  return self;
}

void
belfry_outbox_free (BelfryOutbox *self)
{
  if (self == NULL)
    return;
  belfry_store_set_event_filter (self->store, NULL, NULL);
  self->stopping = TRUE;
  belfry_outbox_abandon (self);
  belfry_streams_abandon (self);
  g_hash_table_remove_all (self->streams);
  belfry_trial_fail_all (self, "the host is stopping");
  belfry_buckets_close (self->buckets);
  g_source_destroy (self->poke);
  g_source_unref (self->poke);
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  if (self->grace != NULL) {
    g_source_destroy (self->grace);
    g_clear_pointer (&self->grace, g_source_unref);
  }
  belfry_outbox_unref (self);
}

void
belfry_outbox_tell_streams (BelfryOutbox *self)
{
  GHashTableIter iter;
  gpointer stream = NULL;

  if (self->stopping || !self->knows_pauses)
    return;
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &stream))
    belfry_stream_wake (stream);
}

void
belfry_outbox_pass_event (BelfryOutbox *self, BelfryEvent *event)
{
  GHashTableIter iter;
  gpointer stream = NULL;

  if (self->stopping || !self->knows_pauses)
    return;
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &stream))
    belfry_stream_pass (stream, event);
}

GPtrArray *
belfry_outbox_ref_filters (BelfryOutbox *self)
{
  GPtrArray *filters = NULL;

  g_mutex_lock (&self->lock);
  filters = g_ptr_array_ref (self->filters);
  g_mutex_unlock (&self->lock);
  return filters;
}

gboolean
belfry_outbox_filter (
    BelfryWriter *writer, BelfryEvent *event, gpointer record, gpointer data, GError **error)
{
  BelfryOutbox *self = data;
  const BelfryEventKind *kind = belfry_event_kind_find (event->name);
  g_autoptr (GPtrArray) filters = belfry_outbox_ref_filters (self);
  g_autoptr (GPtrArray) inserted = g_ptr_array_new_with_free_func (belfry_record_unref);
  BelfryFiltering filtering = { writer, event, NULL, record, inserted, FALSE };

  if (kind == NULL)
    return TRUE;
  filtering.phase = kind->phase;
  for (guint i = 0; i < filters->len; i++)
    if (!belfry_filter_apply (g_ptr_array_index (filters, i), &filtering, error))
      return FALSE;
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < inserted->len && self->arrivals->len < MAX_ARRIVALS; i++)
    g_ptr_array_add (self->arrivals, belfry_record_ref (g_ptr_array_index (inserted, i)));
  g_mutex_unlock (&self->lock);
  if (filtering.released)
    g_source_set_ready_time (self->poke, 0);
  return TRUE;
}

static GPtrArray *
take_arrivals (BelfryOutbox *self)
{
  GPtrArray *empty = g_ptr_array_new_with_free_func (belfry_record_unref);
  GPtrArray *arrivals = NULL;

  g_mutex_lock (&self->lock);
  arrivals = self->arrivals;
  self->arrivals = empty;
  g_mutex_unlock (&self->lock);
  return arrivals;
}

/* a reporter that came up since the last look */
static gboolean
has_newcomer (BelfryOutbox *self)
{
  gboolean found = FALSE;
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    BelfryOutlet *outlet = value;

    if (outlet->hosted->state != BELFRY_HOSTED_RUNNING)
      outlet->looked = FALSE;
    else if (!outlet->looked && belfry_outlet_can_run (outlet))
      found = TRUE;
  }
  return found;
}

void
belfry_outbox_wake (BelfryOutbox *self)
{
  g_autoptr (GPtrArray) arrivals = NULL;

  if (self->stopping)
    return;
  if (!self->started) {
    self->started = TRUE;
    belfry_outbox_read_pauses (self);
    return;
  }
  if (!self->knows_pauses)
    return;
  belfry_outbox_tell_streams (self);
  arrivals = take_arrivals (self);
  if (arrivals->len >= MAX_ARRIVALS || self->next_us <= belfry_clock_now_us () ||
      has_newcomer (self))
    belfry_outbox_load (self);
  for (guint i = 0; i < arrivals->len; i++)
    belfry_outbox_adopt (self, g_ptr_array_index (arrivals, i));
  belfry_outbox_run_all (self);
}

static gboolean
on_grace_over (gpointer user_data)
{
  BelfryOutbox *self = user_data;

  belfry_streams_abandon (self);
  belfry_outbox_abandon (self);
  return G_SOURCE_CONTINUE;
}

void
belfry_outbox_stop_async (BelfryOutbox *self, GAsyncReadyCallback callback, gpointer user_data)
{
  self->stopping = TRUE;
  belfry_streams_end (self);
  self->stop_task = g_task_new (NULL, NULL, callback, user_data);
  g_source_set_ready_time (self->timer, -1);
  if (self->under_way == 0) {
    finish_stop (self);
    return;
  }
  self->grace = g_timeout_source_new (GRACE_MS);
  g_source_set_callback (self->grace, on_grace_over, self, NULL);
  g_source_attach (self->grace, g_main_context_get_thread_default ());
}

gboolean
belfry_outbox_resume (BelfryOutbox *self, const char *instance)
{
  BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, instance);

  if (outlet == NULL || !belfry_outlet_is_paused (outlet))
    return FALSE;
  return belfry_credential_resume (self, outlet->credential);
}

JsonObject *
belfry_outbox_describe (BelfryOutbox *self)
{
  static const char *const states[] = { "waiting", "planned", "dead" };
  JsonObject *object = json_object_new ();
  GHashTableIter iter;
  gpointer outlet = NULL;
  JsonArray *pauses = json_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    json_object_set_int_member (
        object, states[i],
        self->counts != NULL ? belfry_json_get_integer (self->counts, states[i], 0) : 0);
  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &outlet))
    if (belfry_outlet_is_paused (outlet))
      json_array_add_string_element (pauses, ((BelfryOutlet *)outlet)->reporting->name);
  json_object_set_int_member (object, "delivered", self->delivered);
  json_object_set_int_member (object, "paused", json_array_get_length (pauses));
  json_object_set_array_member (object, "pauses", pauses);
  json_object_set_object_member (object, "streams", belfry_streams_describe (self));
  return object;
}
