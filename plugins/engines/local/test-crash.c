/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of the host at every boundary between two commits of a story with changes, a trigger that
 * is waited for and a dependent scheduler: what the store had then is what another engine begins
 * with. It must end as if nothing had happened: each change in one set of each scheduler, each
 * request done once, everything that began ended (test-grammar.c sees to the rest).
 */
#include "test-fixture.h"
#include "test-store.h"

#define N_CHANGES    2
#define BOUNDARY_MAX 200

static const char configuration[] =
    "[engine local]\nmax-builds=2\n"
    "[builder a]\nrepository=/srv/x\nsteps=one;children;command:true\nlocks=l:counting\n"
    "[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[builder c]\nrepository=/srv/x\nsteps=command:true\n"
    "[step one]\nscript=echo one\n"
    "[step children]\nschedulers=t\nwait-for-finish=true\n"
    "[lock l]\nmax-count=2\n"
    "[scheduler s]\ntype=any-branch\nbuilders=a\n"
    "[scheduler t]\ntype=triggerable\nbuilders=b\n"
    "[scheduler after]\ntype=dependent\nupstream=s\nbuilders=c\n";

static guint
count_sets (FakeStore *store, const char *scheduler)
{
  g_autoptr (GPtrArray) sets = fake_store_list (store, belfry_buildset_get_type ());
  guint count = 0;

  for (guint i = 0; i < sets->len; i++)
    count += g_strcmp0 (((BelfryBuildset *)g_ptr_array_index (sets, i))->scheduler, scheduler) == 0;
  return count;
}

static gboolean
is_over (FakeHost *host)
{
  g_autoptr (GPtrArray) requests = fake_store_list (host->store, belfry_build_request_get_type ());

  for (guint i = 0; i < requests->len; i++) {
    if (!((BelfryBuildRequest *)g_ptr_array_index (requests, i))->complete)
      return FALSE;
  }
  return count_sets (host->store, "after") >= N_CHANGES;
}

static gboolean
is_over_or_frozen (FakeHost *host, gpointer data)
{
  (void)data;
  return fake_host_is_frozen (host) || is_over (host);
}

/* A scheduler takes no change that was there before it, so they come after the first start. */
static void
add_changes (Fixture *self)
{
  static const char *const branches[N_CHANGES] = { "main", "other" };
  g_autoptr (GPtrArray) there = fake_store_list (self->store, belfry_change_get_type ());

  if (there->len > 0)
    return;
  for (guint i = 0; i < N_CHANGES; i++) {
    g_autoptr (BelfryChange) change =
        fake_store_add_change (self->store, "/srv/x", branches[i], "abcdef");

    change->files_unknown = TRUE;
  }
}

/* As a host does it: those that no transaction took, in the order of their ids. */
static void
give_changes (Fixture *self)
{
  g_autoptr (GPtrArray) changes = NULL;

  add_changes (self);
  changes = fake_store_list (self->store, belfry_change_get_type ());
  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);

    if (change->changeid > self->store->taken)
      fake_host_give_change (self->host, change);
  }
}

/* Returns how many transactions there were. */
static guint
run (Fixture *self, guint frozen_after)
{
  guint count = 0;

  self->host = fake_host_new (self->store, self->folder, configuration);
  g_assert_false (fake_host_has_error (self->host, ""));
  self->host->frozen_after = frozen_after;
  if (fake_host_start (self->host, NULL)) {
    give_changes (self);
    fake_host_wait (self->host, is_over_or_frozen, NULL);
  } else
    g_assert_true (fake_host_is_frozen (self->host));
  count = self->host->n_transactions;
  fake_host_stop (self->host);
  g_clear_pointer (&self->host, fake_host_free);
  return count;
}

static void
check_request (FakeStore *store, const BelfryBuildRequest *request)
{
  g_autoptr (GPtrArray) builds = fake_store_list (store, belfry_build_get_type ());
  guint n_done = 0;

  for (guint i = 0; i < builds->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (builds, i);

    n_done +=
        build->buildrequestid == request->buildrequestid && build->results != BELFRY_RESULT_RETRY;
  }
  /* children of a parent that was lost are cancelled; the parent's next try makes others */
  if (request->waited_for && request->results == BELFRY_RESULT_CANCELLED)
    g_assert_cmpuint (n_done, <=, 1);
  else {
    g_assert_cmpint (request->results, ==, BELFRY_RESULT_SUCCESS);
    g_assert_cmpuint (n_done, ==, 1);
  }
}

static void
check_outcome (Fixture *self)
{
  g_autoptr (GPtrArray) requests = fake_store_list (self->store, belfry_build_request_get_type ());

  g_assert_cmpuint (count_sets (self->store, "s"), ==, N_CHANGES);
  g_assert_cmpuint (count_sets (self->store, "after"), ==, N_CHANGES);
  for (guint i = 0; i < requests->len; i++)
    check_request (self->store, g_ptr_array_index (requests, i));
  fake_grammar_check_rest (self->store);
}

/* Returns whether there was such a boundary. */
static gboolean
end_after (guint boundary)
{
  Fixture self = { NULL, NULL, NULL };
  guint count = 0;

  g_test_message ("ended after transaction %u", boundary);
  fixture_set_up (&self, NULL);
  count = run (&self, boundary);
  run (&self, 0);
  check_outcome (&self);
  fixture_tear_down (&self, NULL);
  return count > boundary;
}

static void
test_boundaries (void)
{
  guint boundary = 1;

  while (end_after (boundary) && boundary < BOUNDARY_MAX)
    boundary++;
  g_test_message ("%u boundaries", boundary);
  g_assert_cmpuint (boundary, >, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/crash/each-boundary", test_boundaries);
  return g_test_run ();
}
