/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus: who hears what, also when listeners come and go while they are told. */
#include "bus/bus.h"

typedef struct {
  BelfryBus *bus;
  GString *heard;
  guint other;
  guint come;
} Fixture;

static void
on_first (BelfryEvent *event, gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->heard, "first:%s ", event->name);
}

static void
on_second (BelfryEvent *event, gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->heard, "second:%s ", event->name);
}

static void
on_change (BelfryEvent *event, gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->heard, "changing ");
  belfry_bus_unsubscribe (fixture->bus, fixture->other);
  if (fixture->come == 0)
    fixture->come = belfry_bus_subscribe (fixture->bus, on_second, fixture);
}

static BelfryEvent *
make_event (const char *name)
{
  BelfryEvent *event = belfry_event_new ();

  belfry_record_set_text (&event->name, name);
  return event;
}

static void
test_order (void)
{
  g_autoptr (BelfryBus) bus = belfry_bus_new ();
  g_autoptr (GString) heard = g_string_new (NULL);
  Fixture fixture = { bus, heard, 0, 0 };
  g_autoptr (BelfryEvent) event = make_event ("a");
  guint first = belfry_bus_subscribe (bus, on_first, &fixture);

  belfry_bus_subscribe (bus, on_second, &fixture);
  belfry_bus_tell (bus, event);
  belfry_bus_unsubscribe (bus, first);
  belfry_bus_unsubscribe (bus, 99);
  belfry_bus_tell (bus, event);
  g_assert_cmpstr (heard->str, ==, "first:a second:a second:a ");
}

static void
test_change_while_telling (void)
{
  g_autoptr (BelfryBus) bus = belfry_bus_new ();
  g_autoptr (GString) heard = g_string_new (NULL);
  Fixture fixture = { bus, heard, 0, 0 };
  g_autoptr (BelfryEvent) event = make_event ("a");

  belfry_bus_subscribe (bus, on_change, &fixture);
  fixture.other = belfry_bus_subscribe (bus, on_first, &fixture);
  belfry_bus_tell (bus, event);
  g_assert_cmpstr (heard->str, ==, "changing ");
  belfry_bus_tell (bus, event);
  g_assert_cmpstr (heard->str, ==, "changing changing second:a ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/order", test_order);
  g_test_add_func ("/bus/change-while-telling", test_change_while_telling);
  return g_test_run ();
}
