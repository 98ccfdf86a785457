/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls under way. Each ends once: answered, over its deadline, or with its process. While there
 * are any the process must show that its loop turns: a ping has to be answered before the next.
 */
#include "isolated-private.h"

#define MAX_CALLS 1000

typedef struct {
  BelfryIsolated *isolated;
  gint64 id;
  char *what;
  JsonObject *head;
  GBytes *body; /* (nullable) */
  gint64 timeout_us;
  gboolean is_pure;
  guint tries;
  GSource *deadline;
  GCancellable *cancellable; /* (nullable) */
  gulong cancelled;
  BelfryCallDone done;
  gpointer data;
} BelfryCall;

static void
call_free (BelfryCall *call)
{
  if (call->deadline != NULL) {
    g_source_destroy (call->deadline);
    g_source_unref (call->deadline);
  }
  g_clear_pointer (&call->head, json_object_unref);
  g_clear_pointer (&call->body, g_bytes_unref);
  g_clear_object (&call->cancellable);
  g_free (call->what);
  g_free (call);
}

static void
forget_pulse (BelfryIsolated *self)
{
  if (self->pulse == NULL || g_hash_table_size (self->calls) > 0)
    return;
  g_source_destroy (self->pulse);
  g_clear_pointer (&self->pulse, g_source_unref);
}

/* takes the call out of wherever it is, tells of its end, and frees it */
static void
finish (BelfryCall *call, JsonObject *result, GBytes *body, const GError *error)
{
  BelfryIsolated *self = call->isolated;

  g_hash_table_remove (self->calls, &call->id);
  g_queue_remove (&self->waiting, call);
  forget_pulse (self);
  if (call->cancelled != 0)
    g_signal_handler_disconnect (call->cancellable, call->cancelled);
  call->done (result, body, error, call->data);
  call_free (call);
}

static void finish_failed (BelfryCall *call, int code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
finish_failed (BelfryCall *call, int code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (BELFRY_ERROR, code, format, arguments);
  va_end (arguments);
  finish (call, NULL, NULL, error);
}

void
belfry_isolated_answered (BelfryIsolated *self, gint64 id, BelfryFrame *frame)
{
  BelfryCall *call = g_hash_table_lookup (self->calls, &id);
  g_autoptr (GError) error = NULL;
  JsonObject *result = belfry_json_get_object (frame->head, "result");

  /* an answer that nobody waits for, or a second one */
  if (call == NULL)
    return;
  error = belfry_wire_get_error (frame->head);
  if (error == NULL && result == NULL)
    error = g_error_new_literal (BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "its answer is empty");
  finish (call, error == NULL ? result : NULL, frame->body, error);
}

static gboolean
on_pulse (gpointer data)
{
  BelfryIsolated *self = data;
  JsonObject *head = NULL;

  if (self->pulse_seen < self->pulse_sent) {
    belfry_isolated_end (self, "did nothing for %" G_GINT64_FORMAT " s",
                         self->patience_us / G_USEC_PER_SEC);
    return G_SOURCE_CONTINUE;
  }
  head = json_object_new ();
  json_object_set_int_member (head, "ping", ++self->pulse_sent);
  belfry_isolated_send (self, head, NULL);
  return G_SOURCE_CONTINUE;
}

static void
feel_pulse (BelfryIsolated *self)
{
  if (self->pulse != NULL)
    return;
  self->pulse_seen = self->pulse_sent;
  self->pulse = g_timeout_source_new ((guint)(self->patience_us / 1000));
  g_source_set_callback (self->pulse, on_pulse, self, NULL);
  g_source_attach (self->pulse, NULL);
}

static gboolean
on_deadline (gpointer data)
{
  BelfryCall *call = data;
  BelfryIsolated *self = belfry_isolated_ref (call->isolated);
  gboolean is_sent = g_hash_table_contains (self->calls, &call->id);
  g_autofree char *what = g_strdup (call->what);

  if (is_sent)
    belfry_isolated_end (self, "did not answer %s in %" G_GINT64_FORMAT " ms", what,
                         call->timeout_us / 1000);
  finish_failed (call, BELFRY_ERROR_RETRY, "%s in a process of its own: it did not answer in time",
                 what);
  belfry_isolated_unref (self);
  return G_SOURCE_REMOVE;
}

static void
send_call (BelfryCall *call)
{
  JsonObject *head = json_object_ref (call->head);

  call->tries++;
  g_hash_table_insert (call->isolated->calls, &call->id, call);
  feel_pulse (call->isolated);
  belfry_isolated_send (call->isolated, head, call->body);
}

/* the answer comes all the same, and then nobody minds */
static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  BelfryCall *call = data;
  JsonObject *head = NULL;

  if (!g_hash_table_contains (call->isolated->calls, &call->id))
    return;
  head = json_object_new ();
  json_object_set_int_member (head, "cancel", call->id);
  belfry_isolated_send (call->isolated, head, NULL);
}

static BelfryCall *
call_new (BelfryIsolated *self, const BelfryCallSpec *spec, BelfryCallDone done, gpointer data)
{
  BelfryCall *call = g_new0 (BelfryCall, 1);

  call->isolated = self;
  call->id = ++self->last_call;
  call->what = g_strdup (spec->what);
  call->head = spec->head;
  call->body = spec->body != NULL ? g_bytes_ref (spec->body) : NULL;
  call->timeout_us = spec->timeout_us > 0 ? spec->timeout_us : self->patience_us;
  call->is_pure = spec->is_pure;
  call->done = done;
  call->data = data;
  json_object_set_string_member (call->head, "what", spec->what);
  json_object_set_int_member (call->head, "call", call->id);
  call->deadline = g_timeout_source_new ((guint)(call->timeout_us / 1000));
  g_source_set_callback (call->deadline, on_deadline, call, NULL);
  g_source_attach (call->deadline, NULL);
  if (spec->cancellable != NULL && !g_cancellable_is_cancelled (spec->cancellable)) {
    call->cancellable = g_object_ref (spec->cancellable);
    call->cancelled =
        g_signal_connect (call->cancellable, "cancelled", G_CALLBACK (on_cancelled), call);
  }
  return call;
}

void
belfry_isolated_call (BelfryIsolated *self,
                      const BelfryCallSpec *spec,
                      BelfryCallDone done,
                      gpointer data)
{
  BelfryCall *call = call_new (self, spec, done, data);
  guint count = g_hash_table_size (self->calls) + g_queue_get_length (&self->waiting);

  if (self->state == BELFRY_ISOLATED_RUNNING || spec->is_first) {
    if (count < MAX_CALLS)
      send_call (call);
    else
      finish_failed (call, BELFRY_ERROR_RETRY, "%s in a process of its own: too many wait",
                     call->what);
  } else if ((self->state == BELFRY_ISOLATED_STARTING || self->state == BELFRY_ISOLATED_ENDING) &&
             count < MAX_CALLS)
    g_queue_push_tail (&self->waiting, call);
  else
    finish_failed (call, BELFRY_ERROR_RETRY, "%s in a process of its own: %s", call->what,
                   self->trouble != NULL ? self->trouble : "it does not run");
}

void
belfry_isolated_send_waiting (BelfryIsolated *self)
{
  while (self->state == BELFRY_ISOLATED_RUNNING && g_queue_get_length (&self->waiting) > 0)
    send_call (g_queue_pop_head (&self->waiting));
}

static BelfryCall *
find_oldest (BelfryIsolated *self)
{
  GHashTableIter iter;
  gpointer value = NULL;
  BelfryCall *oldest = NULL;

  g_hash_table_iter_init (&iter, self->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (oldest == NULL || ((BelfryCall *)value)->id < oldest->id)
      oldest = value;
  return oldest;
}

const char *
belfry_isolated_get_guilty (BelfryIsolated *self)
{
  BelfryCall *oldest = find_oldest (self);

  return oldest != NULL ? oldest->what : NULL;
}

static void
wait_again (BelfryIsolated *self, BelfryCall *call)
{
  g_hash_table_remove (self->calls, &call->id);
  g_queue_push_tail (&self->waiting, call);
}

void
belfry_isolated_drop_calls (BelfryIsolated *self, gboolean again, const char *why)
{
  BelfryCall *call = NULL;
  BelfryCall *last = find_oldest (self);

  /* the one that it was in goes last, so that it does not take the others along once more */
  if (last != NULL && again && last->is_pure && last->tries < 2)
    g_hash_table_steal (self->calls, &last->id);
  else
    last = NULL;
  while ((call = find_oldest (self)) != NULL)
    if (again && call->is_pure && call->tries < 2)
      wait_again (self, call);
    else
      finish_failed (call, BELFRY_ERROR_RETRY, "%s in a process of its own: %s", call->what, why);
  if (last != NULL)
    g_queue_push_tail (&self->waiting, last);
  while (!again && g_queue_get_length (&self->waiting) > 0) {
    call = g_queue_peek_head (&self->waiting);
    finish_failed (call, BELFRY_ERROR_RETRY, "%s in a process of its own: %s", call->what, why);
  }
  forget_pulse (self);
}

/* waiting on another thread */

typedef struct {
  gatomicrefcount refs;
  GMutex lock;
  GCond changed;
  BelfryIsolated *isolated;
  BelfryCallSpec spec;
  BelfrySession *session; /* (nullable) */
  BelfryFrame *frame;
  GError *error;
  gboolean is_done;
} Waiter;

static void
waiter_unref (Waiter *waiter)
{
  if (!g_atomic_ref_count_dec (&waiter->refs))
    return;
  g_mutex_clear (&waiter->lock);
  g_cond_clear (&waiter->changed);
  belfry_isolated_unref (waiter->isolated);
  g_clear_pointer (&waiter->session, belfry_session_unref);
  g_clear_pointer (&waiter->spec.body, g_bytes_unref);
  belfry_frame_free (waiter->frame);
  g_clear_error (&waiter->error);
  g_free (waiter);
}

static void
on_waited (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  Waiter *waiter = data;

  g_mutex_lock (&waiter->lock);
  waiter->is_done = TRUE;
  if (error != NULL)
    waiter->error = g_error_copy (error);
  else {
    waiter->frame = g_new0 (BelfryFrame, 1);
    waiter->frame->node = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (waiter->frame->node, belfry_wire_copy (result));
    waiter->frame->head = json_node_get_object (waiter->frame->node);
  }
  g_cond_signal (&waiter->changed);
  g_mutex_unlock (&waiter->lock);
  if (waiter->session != NULL)
    belfry_session_end (waiter->session);
  waiter_unref (waiter);
}

static gboolean
on_wanted (gpointer data)
{
  Waiter *waiter = data;
  BelfryIsolated *self = waiter->isolated;

  /* sessions that it asked for have the positive numbers */
  if (waiter->session != NULL) {
    gint64 id = -(self->last_call + 1);

    json_object_set_int_member (waiter->spec.head, "session", id);
    belfry_session_begin (waiter->session, id);
  }
  g_atomic_ref_count_inc (&waiter->refs);
  belfry_isolated_call (self, &waiter->spec, on_waited, waiter);
  return G_SOURCE_REMOVE;
}

static void
ask_main_loop (Waiter *waiter)
{
  GSource *source = g_idle_source_new ();

  g_atomic_ref_count_inc (&waiter->refs);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_wanted, waiter, (GDestroyNotify)waiter_unref);
  g_source_attach (source, NULL);
  g_source_unref (source);
}

BelfryFrame *
belfry_isolated_call_and_wait (BelfryIsolated *self,
                               const BelfryCallSpec *spec,
                               BelfryReader *reader,
                               GError **error)
{
  Waiter *waiter = NULL;
  /* the call ends by itself; only a main loop that turns no more would leave us here */
  gint64 deadline_us =
      g_get_monotonic_time () + 3 * (spec->timeout_us > 0 ? spec->timeout_us : self->patience_us);
  BelfryFrame *frame = NULL;

  if (g_main_context_is_owner (NULL)) {
    json_object_unref (spec->head);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                 "%s in a process of its own: the main loop cannot wait for it", spec->what);
    return NULL;
  }
  waiter = g_new0 (Waiter, 1);
  g_atomic_ref_count_init (&waiter->refs);
  g_mutex_init (&waiter->lock);
  g_cond_init (&waiter->changed);
  waiter->isolated = belfry_isolated_ref (self);
  waiter->spec = *spec;
  waiter->spec.body = spec->body != NULL ? g_bytes_ref (spec->body) : NULL;
  waiter->session = reader != NULL ? belfry_session_new (self) : NULL;
  ask_main_loop (waiter);
  if (reader != NULL)
    belfry_session_run (waiter->session, reader, deadline_us);
  g_mutex_lock (&waiter->lock);
  while (!waiter->is_done && g_cond_wait_until (&waiter->changed, &waiter->lock, deadline_us))
    ;
  frame = g_steal_pointer (&waiter->frame);
  if (frame == NULL && waiter->error == NULL)
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the host ends");
  else if (frame == NULL)
    g_propagate_error (error, g_steal_pointer (&waiter->error));
  g_mutex_unlock (&waiter->lock);
  waiter_unref (waiter);
  return frame;
}
