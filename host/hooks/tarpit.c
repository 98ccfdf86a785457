/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bucket of answers that go out at once, filled steadily; when it is empty answers wait in a
 * queue, all equally long, so that one timer serves it. Connections are bounded elsewhere, and each
 * has one request at a time, so the queue is bounded too. Large bodies never wait: what they hold
 * in memory is taken from those that come after them.
 */
#include "tarpit.h"

#define AT_ONCE_PER_SECOND 50
#define AT_ONCE_AT_MOST    100
#define WAIT_US            G_USEC_PER_SEC
#define MAX_HELD_BYTES     65536

typedef struct {
  GTask *task;
  BelfryResponse *response;
  gint64 due_us; /* monotonic */
} Waiting;

struct _BelfryTarpit {
  GQueue waiting; /* of Waiting */
  GSource *timer; /* (nullable) */
  double at_once; /* answers that may go out now */
  gint64 filled_us;
};

static void wait_for_first (BelfryTarpit *self);

static void
answer (GTask *task, BelfryResponse *response)
{
  g_task_return_pointer (task, response, (GDestroyNotify)belfry_response_unref);
  g_object_unref (task);
}

static void
answer_first (BelfryTarpit *self)
{
  g_autofree Waiting *first = g_queue_pop_head (&self->waiting);

  answer (first->task, first->response);
}

static void
clear_timer (BelfryTarpit *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean
on_due (gpointer data)
{
  BelfryTarpit *self = data;
  gint64 now_us = g_get_monotonic_time ();

  clear_timer (self);
  while (self->waiting.head != NULL && ((Waiting *)self->waiting.head->data)->due_us <= now_us)
    answer_first (self);
  wait_for_first (self);
  return G_SOURCE_REMOVE;
}

static void
wait_for_first (BelfryTarpit *self)
{
  gint64 wait_us = 0;

  if (self->timer != NULL || self->waiting.head == NULL)
    return;
  wait_us = ((Waiting *)self->waiting.head->data)->due_us - g_get_monotonic_time ();
  self->timer = g_timeout_source_new ((guint)(MAX (wait_us, 0) / 1000 + 1));
  g_source_set_callback (self->timer, on_due, self, NULL);
  g_source_attach (self->timer, NULL);
}

static gboolean
may_go_at_once (BelfryTarpit *self)
{
  gint64 now_us = g_get_monotonic_time ();

  self->at_once += (double)(now_us - self->filled_us) * AT_ONCE_PER_SECOND / G_USEC_PER_SEC;
  self->at_once = MIN (self->at_once, AT_ONCE_AT_MOST);
  self->filled_us = now_us;
  if (self->at_once < 1)
    return FALSE;
  self->at_once -= 1;
  return TRUE;
}

BelfryTarpit *
belfry_tarpit_new (void)
{
  BelfryTarpit *self = g_new0 (BelfryTarpit, 1);

  g_queue_init (&self->waiting);
  self->at_once = AT_ONCE_AT_MOST;
  self->filled_us = g_get_monotonic_time ();
  return self;
}

void
belfry_tarpit_free (BelfryTarpit *self)
{
  if (self == NULL)
    return;
  clear_timer (self);
  while (self->waiting.head != NULL)
    answer_first (self);
  g_free (self);
}

void
belfry_tarpit_answer (BelfryTarpit *self, GTask *task, BelfryResponse *response, gsize bytes)
{
  Waiting *waiting = NULL;

  if (bytes > MAX_HELD_BYTES || may_go_at_once (self)) {
    answer (task, response);
    return;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->task = task;
  waiting->response = response;
  waiting->due_us = g_get_monotonic_time () + WAIT_US;
  g_queue_push_tail (&self->waiting, waiting);
  wait_for_first (self);
}

guint
belfry_tarpit_get_length (BelfryTarpit *self)
{
  return self->waiting.length;
}
