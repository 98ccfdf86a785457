/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many waiting requests, many builders, many schedulers: that all is done right, and, as messages,
 * how long it took. BELFRY_BENCH_SCALE=10 makes everything ten times as many.
 */
#include "test-fixture.h"
#include <string.h>

static guint
get_scale (void)
{
  gint64 scale = 1;
  const char *text = g_getenv ("BELFRY_BENCH_SCALE");

  if (text != NULL)
    g_assert_true (belfry_parse_integer (text, 1, 100, &scale, NULL));
  return (guint)scale;
}

static void
control (Fixture *self, const char *action, const char *worker)
{
  BelfryControl what = { .action = action, .worker = worker, .id = BELFRY_NONE, .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &what);

  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
}

/* Forces so many, each with its round; returns µs for one. */
static double
force_some (Fixture *self, guint count)
{
  gint64 started = g_get_monotonic_time ();

  for (guint i = 0; i < count; i++)
    fixture_force (self, "b");
  return (double)(g_get_monotonic_time () - started) / count;
}

static gboolean
is_built (FakeHost *host, gpointer data)
{
  return host->n_finished >= GPOINTER_TO_UINT (data);
}

static void
test_waiting (Fixture *self, gconstpointer data)
{
  const guint some = 100 * get_scale ();
  double first = 0;
  double last = 0;
  gint64 started = 0;

  (void)data;
  fixture_begin (self, "[engine local]\n[worker w]\n[worker other]\n[builder a]\nworkers=other\n"
                       "steps=command:true\n[builder b]\nworkers=w\nsteps=command:true\n");
  control (self, "pause", "w");
  first = force_some (self, some);
  force_some (self, 8 * some);
  last = force_some (self, some);
  g_test_message ("%u waiting: a request more costs %.1f µs, at the start %.1f µs", 10 * some, last,
                  first);
  /* another builder's builds start past all that waits */
  started = g_get_monotonic_time ();
  for (guint i = 0; i < 20; i++) {
    fixture_force (self, "a");
    fake_host_wait (self->host, is_built, GUINT_TO_POINTER (i + 1));
  }
  g_test_message ("%u waiting: a build of another builder takes %.1f µs", 10 * some,
                  (double)(g_get_monotonic_time () - started) / 20);
  /* what waited is built in its order */
  control (self, "unpause", "w");
  started = g_get_monotonic_time ();
  fake_host_wait (self->host, is_built, GUINT_TO_POINTER (20 + some));
  g_test_message ("%u waiting: a build of theirs takes %.1f µs", 10 * some,
                  (double)(g_get_monotonic_time () - started) / some);
  control (self, "pause", "w");
}

/* Requests by changes, which could be collapsed if their branches were the same. */
static void
test_branches (Fixture *self, gconstpointer data)
{
  const guint count = 1000 * get_scale ();
  gint64 started = 0;
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[worker w]\npaused=true\n[builder b]\nrepository=/srv/x\n"
                       "steps=command:true\n[scheduler s]\ntype=any-branch\nbuilders=b\n");
  for (guint i = 0; i < count; i++) {
    g_autofree char *branch = g_strdup_printf ("branch-%u", i);
    g_autoptr (BelfryChange) change = fake_store_add_change (self->store, "/srv/x", branch, "abc");

    if (i == count - count / 10)
      started = g_get_monotonic_time ();
    fake_host_give_change (self->host, change);
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  g_test_message ("%u branches wait: a push costs %.1f µs", count,
                  (double)(g_get_monotonic_time () - started) / (count / 10));
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpuint (requests->len, ==, count);
}

/* So many builders, each of its own repository, and a tenth as many schedulers over all of them. */
static char *
make_wide (guint builders)
{
  g_autoptr (GString) text =
      g_string_new ("[engine local]\nstart-implicit=false\n[worker w]\npaused=true\n");

  for (guint i = 0; i < builders; i++)
    g_string_append_printf (
        text, "[builder b%u]\nrepository=https://example.org/r%u.git\nsteps=command:true\n", i, i);
  for (guint i = 0; i < builders / 10; i++)
    g_string_append_printf (
        text,
        "[scheduler s%u]\ntype=any-branch\nbuilders=*\nbranch=b%u;release-%u/*\n"
        "branch-not-re=wip-.*\nunimportant-files=doc/**;*.md\n",
        i, i, i);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_wide (Fixture *self, gconstpointer data)
{
  const guint builders = 100 * get_scale ();
  const guint pushes = 200;
  g_autofree char *configuration = make_wide (builders);
  g_autoptr (GPtrArray) requests = NULL;
  gint64 taken = 0;
  gint64 longest = 0;

  (void)data;
  fixture_begin (self, configuration);
  for (guint i = 0; i < pushes; i++) {
    g_autofree char *branch = g_strdup_printf ("b%u", i % (builders / 10));
    g_autofree char *repository = g_strdup_printf ("https://example.org/r%u.git", i * 7 % builders);
    g_autoptr (BelfryChange) change =
        fake_store_add_change (self->store, repository, branch, "abc");
    gint64 started = g_get_monotonic_time ();

    change->files_unknown = TRUE;
    fake_host_give_change (self->host, change);
    longest = MAX (longest, g_get_monotonic_time () - started);
    taken += g_get_monotonic_time () - started;
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  g_test_message (
      "%u builders, %u schedulers over all: a push takes %.1f µs, at most %" G_GINT64_FORMAT " µs",
      builders, builders / 10, (double)taken / pushes, longest);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpuint (requests->len, ==, pushes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("scale/waiting-requests", NULL, test_waiting);
  FIXTURE_ADD ("scale/waiting-branches", NULL, test_branches);
  FIXTURE_ADD ("scale/builders-and-schedulers", NULL, test_wide);
  return g_test_run ();
}
