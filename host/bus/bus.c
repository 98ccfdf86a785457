/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bus: listeners in the order of their coming. One that comes while an event is told hears the
 * next one; one that goes hears nothing any more, also when it goes in the middle.
 */
#include "bus/bus.h"

typedef struct {
  guint id;
  BelfryBusFunc func; /* NULL: gone, to be removed when nothing is being told */
  gpointer data;
} Listener;

struct _BelfryBus {
  GArray *listeners; /* (element-type Listener) */
  guint last_id;
  guint telling; /* depth */
};

BelfryBus *
belfry_bus_new (void)
{
  BelfryBus *self = g_new0 (BelfryBus, 1);

  self->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  return self;
}

void
belfry_bus_free (BelfryBus *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->listeners);
  g_free (self);
}

guint
belfry_bus_subscribe (BelfryBus *self, BelfryBusFunc func, gpointer data)
{
  Listener listener = { ++self->last_id, func, data };

  g_array_append_val (self->listeners, listener);
  return listener.id;
}

static void
remove_gone (BelfryBus *self)
{
  for (guint i = self->listeners->len; i > 0; i--)
    if (g_array_index (self->listeners, Listener, i - 1).func == NULL)
      g_array_remove_index (self->listeners, i - 1);
}

void
belfry_bus_unsubscribe (BelfryBus *self, guint subscription)
{
  for (guint i = 0; i < self->listeners->len; i++) {
    Listener *listener = &g_array_index (self->listeners, Listener, i);

    if (listener->id == subscription)
      listener->func = NULL;
  }
  if (self->telling == 0)
    remove_gone (self);
}

void
belfry_bus_tell (BelfryBus *self, BelfryEvent *event)
{
  guint n_listeners = self->listeners->len;

  self->telling++;
  for (guint i = 0; i < n_listeners; i++) {
    /* a copy: the array may move while a listener listens */
    Listener listener = g_array_index (self->listeners, Listener, i);

    if (listener.func != NULL)
      listener.func (event, listener.data);
  }
  self->telling--;
  if (self->telling == 0)
    remove_gone (self);
}
