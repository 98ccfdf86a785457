/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a poller polls. Beats are an interval apart, counted from the first, so that neither slow
 * polls nor those that somebody asked for shift them; a beat that falls into a poll is skipped.
 * Whoever asks while a poll runs gets exactly one more after it, because what runs may have looked
 * already. After three failures in a row the waits double, up to an hour.
 */
#include "pollers-private.h"

#define PATIENT_FAILURES 3
#define MAX_WAIT_US      (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static void poll_now (BelfryPollerRun *self);

gint64
belfry_poller_next_beat (gint64 beat_us, gint64 wait_us, gint64 now_us)
{
  gint64 next = beat_us + wait_us;

  /* it was asked between two beats; a wait that failures had made longer ends */
  if (beat_us > now_us)
    return MIN (beat_us, now_us + wait_us);
  if (next <= now_us)
    next += (now_us - next) / wait_us * wait_us + wait_us;
  return next;
}

gint64
belfry_poller_wait (gint64 interval_us, guint failures)
{
  gint64 wait_us = interval_us;

  for (guint i = PATIENT_FAILURES; i <= failures && wait_us < MAX_WAIT_US; i++)
    wait_us *= 2;
  return MAX (interval_us, MIN (wait_us, MAX_WAIT_US));
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
belfry_poller_unschedule (BelfryPollerRun *self)
{
  clear_source (&self->timer);
  self->due_us = 0;
}

static gboolean
on_beat (gpointer user_data)
{
  BelfryPollerRun *self = user_data;

  belfry_poller_unschedule (self);
  poll_now (self);
  return G_SOURCE_REMOVE;
}

static gint64
random_delay (const BelfryPollerKeys *keys)
{
  gint64 span = keys->random_max - keys->random_min;

  return keys->random_min + (gint64)(g_random_double () * (double)span);
}

static void
schedule (BelfryPollerRun *self)
{
  const BelfryPollerKeys *keys = belfry_poller_get_keys (self);
  gint64 now_us = g_get_monotonic_time ();

  belfry_poller_unschedule (self);
  if (keys->interval == 0 || self->room->stopping != NULL)
    return;
  if (self->beat_us == 0)
    self->beat_us = now_us;
  self->beat_us = belfry_poller_next_beat (
      self->beat_us, belfry_poller_wait (keys->interval, self->failures), now_us);
  self->due_us = self->beat_us + random_delay (keys);
  self->timer =
      g_timeout_source_new ((guint)MIN ((self->due_us - now_us + 999) / 1000, G_MAXINT32));
  g_source_set_callback (self->timer, on_beat, self, NULL);
  g_source_attach (self->timer, NULL);
}

static void
raise_alert (BelfryPollerRun *self)
{
  g_autofree char *cause = g_strconcat ("poller/", self->name, NULL);
  g_autofree char *text = NULL;

  if (self->room->alert == NULL)
    return;
  if (self->failures >= PATIENT_FAILURES)
    text = g_strdup_printf ("The poller %s failed %u times in a row: %s", self->name,
                            self->failures, self->error);
  if (self->failures == 0 || text != NULL)
    self->room->alert (cause, text, self->room->alert_data);
}

static char *
dup_shown (BelfryPollerRun *self, const char *message)
{
  BelfryMasks *masks = self->room->masks;
  g_autofree char *masked =
      masks != NULL ? belfry_masks_apply_text (masks, message) : g_strdup (message);

  return belfry_text_make_printable (masked, -1, 1000);
}

static void
note_result (BelfryPollerRun *self, const GError *failure)
{
  g_clear_pointer (&self->error, g_free);
  if (failure == NULL) {
    if (self->failures > 0)
      g_message ("poller '%s' works again", self->name);
    self->failures = 0;
    self->succeeded_at = belfry_clock_now_us ();
  } else {
    self->failures++;
    self->error =
        dup_shown (self, self->late ? "it took too long and was ended" : failure->message);
    g_warning ("poller '%s': %s; it keeps its state and tries again", self->name, self->error);
  }
  raise_alert (self);
}

static void
end_run (BelfryPollerRun *self, const GError *failure)
{
  gboolean was_cancelled = g_cancellable_is_cancelled (self->run) && !self->late;

  clear_source (&self->deadline);
  g_clear_object (&self->run);
  if (!was_cancelled)
    note_result (self, failure);
  self->late = FALSE;
  if (belfry_poller_ended (self))
    return;
  if (self->asked)
    poll_now (self);
  else
    schedule (self);
}

static void
on_polled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &local) && local == NULL)
    g_set_error_literal (&local, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "its poll said no");
  end_run (user_data, local);
}

typedef struct {
  BelfryPollerRun *poller;
  JsonNode *state;      /* (nullable) */
  JsonNode *repository; /* (nullable) of which the state is */
} Recall;

static void
recall_free (Recall *recall)
{
  g_clear_pointer (&recall->state, json_node_unref);
  g_clear_pointer (&recall->repository, json_node_unref);
  g_free (recall);
}

static gboolean
read_state (BelfryReader *reader, gpointer data, GError **error)
{
  Recall *recall = data;
  g_autoptr (GError) local = NULL;

  recall->state = belfry_reader_state_get (reader, "state", &local);
  if (local == NULL)
    recall->repository = belfry_reader_state_get (reader, "repository", &local);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* what was seen of another repository means nothing here */
static gboolean
is_of_repository (const BelfryPollerRun *self, JsonNode *repository)
{
  const BelfryPollerKeys *keys = belfry_poller_get_keys (self);
  g_autofree char *address = NULL;

  if (keys->repository == NULL)
    return TRUE;
  address = belfry_repository_split (keys->repository, NULL, NULL);
  return repository != NULL && JSON_NODE_HOLDS_VALUE (repository) &&
         g_strcmp0 (json_node_get_string (repository), address) == 0;
}

static void
on_state_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Recall *recall = user_data;
  BelfryPollerRun *self = recall->poller;
  const BelfryPoller *plugin = belfry_hosted_get_plugin (self->hosted);
  g_autoptr (GError) local = NULL;

  if (!belfry_store_read_finish (self->room->store, result, &local)) {
    recall_free (recall);
    end_run (self, local);
    return;
  }
  if (!is_of_repository (self, recall->repository))
    g_clear_pointer (&recall->state, json_node_unref);
  g_clear_pointer (&self->state, json_node_unref);
  self->state = g_steal_pointer (&recall->state);
  recall_free (recall);
  plugin->poll (belfry_hosted_get_state (self->hosted), self->state,
                g_task_new (NULL, self->run, on_polled, self));
}

static gboolean
on_deadline (gpointer user_data)
{
  BelfryPollerRun *self = user_data;

  self->late = TRUE;
  g_cancellable_cancel (self->run);
  return G_SOURCE_REMOVE;
}

static void
poll_now (BelfryPollerRun *self)
{
  const BelfryPoller *plugin = belfry_hosted_get_plugin (self->hosted);
  g_autofree char *key_space = g_strconcat ("poller/", self->name, NULL);
  BelfryReaderView view = { .instance = key_space };
  Recall *recall = NULL;

  self->asked = FALSE;
  belfry_poller_unschedule (self);
  if (plugin->poll == NULL || self->hosted->state != BELFRY_HOSTED_RUNNING)
    return;
  recall = g_new0 (Recall, 1);
  recall->poller = self;
  self->room->running++;
  self->run = g_cancellable_new ();
  self->polled_at = belfry_clock_now_us ();
  self->deadline =
      g_timeout_source_new ((guint)MIN (belfry_poller_get_keys (self)->timeout / 1000, G_MAXINT32));
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, NULL);
  belfry_store_read_async (self->room->store, &view, read_state, recall, NULL, on_state_read,
                           recall);
}

void
belfry_poller_begin (BelfryPollerRun *self)
{
  if (self->begun || self->hosted->state != BELFRY_HOSTED_RUNNING)
    return;
  self->begun = TRUE;
  self->beat_us = g_get_monotonic_time ();
  if (self->asked || belfry_poller_get_keys (self)->at_launch)
    poll_now (self);
  else
    schedule (self);
}

void
belfry_poller_ask (BelfryPollerRun *self)
{
  self->asked = TRUE;
  if (self->begun && self->run == NULL)
    poll_now (self);
}

void
belfry_poller_cancel (BelfryPollerRun *self)
{
  belfry_poller_unschedule (self);
  if (self->run != NULL)
    g_cancellable_cancel (self->run);
}
