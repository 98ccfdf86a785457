/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused ones wait for their answers when there are many of them; all are answered in the end. */
#include "tarpit.h"

#define MANY 400

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BelfryResponse) response = g_task_propagate_pointer (G_TASK (result), NULL);

  g_assert_cmpuint (belfry_response_get_status (response), ==, 401);
  ++*(guint *)data;
}

static void
refuse (BelfryTarpit *tarpit, guint *n_answered, gsize bytes)
{
  belfry_tarpit_answer (tarpit, g_task_new (NULL, NULL, on_answered, n_answered),
                        belfry_response_new_text (401, NULL, "no\n"), bytes);
}

static void
turn (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_few_at_once (void)
{
  g_autoptr (BelfryTarpit) tarpit = belfry_tarpit_new ();
  guint n_answered = 0;

  for (guint i = 0; i < 50; i++)
    refuse (tarpit, &n_answered, 100);
  g_assert_cmpuint (belfry_tarpit_get_length (tarpit), ==, 0);
  turn ();
  g_assert_cmpuint (n_answered, ==, 50);
}

static void
test_many_wait (void)
{
  g_autoptr (BelfryTarpit) tarpit = belfry_tarpit_new ();
  guint n_answered = 0;
  guint n_waiting = 0;

  for (guint i = 0; i < MANY; i++)
    refuse (tarpit, &n_answered, 100);
  n_waiting = belfry_tarpit_get_length (tarpit);
  g_assert_cmpuint (n_waiting, >, 0);
  /* what holds much memory is let go */
  refuse (tarpit, &n_answered, 1024 * 1024);
  g_assert_cmpuint (belfry_tarpit_get_length (tarpit), ==, n_waiting);
  while (n_answered < MANY + 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (belfry_tarpit_get_length (tarpit), ==, 0);
}

static void
test_none_is_forgotten (void)
{
  BelfryTarpit *tarpit = belfry_tarpit_new ();
  guint n_answered = 0;

  for (guint i = 0; i < MANY; i++)
    refuse (tarpit, &n_answered, 100);
  belfry_tarpit_free (tarpit);
  turn ();
  g_assert_cmpuint (n_answered, ==, MANY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hooks/tarpit/few-at-once", test_few_at_once);
  g_test_add_func ("/hooks/tarpit/many-wait", test_many_wait);
  g_test_add_func ("/hooks/tarpit/none-is-forgotten", test_none_is_forgotten);
  return g_test_run ();
}
