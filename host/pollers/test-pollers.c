/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pollers over a real store in a folder of its own. The poller here finds one change each time it
 * is asked, and can be held, so that the test says when a poll ends.
 */
#include "pollers-private.h"

#include "store/store-fixture.h"

typedef struct {
  guint n_polls;
  guint n_cancelled;
  gboolean hold;
  gboolean fail;
  GTask *held; /* (nullable) */
  JsonNode *seen;
  BelfryInstance *instance;
} TestState;

typedef struct {
  StoreFixture store;
  BelfryPollers *pollers;
  BelfryConfig config;
  BelfryBlueprint blueprints[2];
  BelfryPollerKeys keys[2];
  TestState states[2];
  BelfryHosted *hosted[2];
  GPtrArray *alerts; /* (element-type utf8) */
} Fixture;

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) local = NULL;

  g_assert_true (
      belfry_poller_found_finish ((BelfryInstance *)g_task_get_task_data (task), result, &local));
  g_assert_no_error (local);
  g_task_return_boolean (task, TRUE);
}

static void
finish_poll (TestState *state, GTask *task)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (JsonNode) next = belfry_json_new_integer (state->n_polls);
  BelfryChange *change = NULL;
  g_autofree char *revision = g_strdup_printf ("%04u", state->n_polls);

  if (state->fail) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "nobody there");
    g_object_unref (task);
    return;
  }
  change = belfry_change_new ();
  belfry_record_set_text (&change->revision, revision);
  belfry_record_set_text (&change->branch, "main");
  g_ptr_array_add (changes, change);
  g_task_set_task_data (task, state->instance, NULL);
  belfry_poller_found_async (state->instance, changes, next, NULL, on_found, task);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  TestState *state = user_data;

  state->n_cancelled++;
}

static void
poll_once (gpointer self, JsonNode *seen, GTask *task)
{
  TestState *state = *(TestState **)self;

  state->n_polls++;
  g_clear_pointer (&state->seen, json_node_unref);
  state->seen = seen != NULL ? json_node_copy (seen) : NULL;
  if (!state->hold) {
    finish_poll (state, task);
    return;
  }
  g_signal_connect (g_task_get_cancellable (task), "cancelled", G_CALLBACK (on_cancelled), state);
  g_assert_null (state->held);
  state->held = task;
}

static void
release (TestState *state)
{
  GTask *task = g_steal_pointer (&state->held);

  g_assert_nonnull (task);
  finish_poll (state, task);
}

static const BelfryPoller plugin = {
  .size = sizeof plugin,
  .kind = BELFRY_KIND_POLLER,
  .name = "test",
  .summary = "finds one change each time",
  .poll = poll_once,
};

static void
ops_found (BelfryInstance *instance, GPtrArray *changes, JsonNode *state, GTask *task)
{
  Fixture *fixture = belfry_instance_get_host_data (instance);
  guint which = g_str_equal (belfry_instance_get_name (instance), "second") ? 1 : 0;

  belfry_pollers_found (fixture->pollers, fixture->hosted[which], changes, state, task);
}

static const BelfryHostOps ops = { .size = sizeof ops, .found = ops_found };

static void
on_alert (const char *cause, const char *text, gpointer data)
{
  Fixture *fixture = data;

  g_ptr_array_add (fixture->alerts, g_strconcat (cause, ": ", text != NULL ? text : "-", NULL));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "first", "second" };

  store_fixture_set_up (&fixture->store, NULL);
  g_atomic_ref_count_init (&fixture->config.refs);
  g_atomic_ref_count_inc (&fixture->config.refs);
  fixture->config.codebases = g_ptr_array_new ();
  fixture->alerts = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    BelfryBlueprint *blueprint = &fixture->blueprints[i];

    fixture->keys[i] = (BelfryPollerKeys){ .repository = (char *)"https://git.example/anvil",
                                           .interval = 3600 * (gint64)G_USEC_PER_SEC,
                                           .timeout = 600 * (gint64)G_USEC_PER_SEC,
                                           .encoding = (char *)"UTF-8" };
    blueprint->kind = BELFRY_KIND_POLLER;
    blueprint->name = (char *)names[i];
    blueprint->plugin = (const BelfryPlugin *)&plugin;
    blueprint->host_state = &fixture->keys[i];
    blueprint->state = g_memdup2 (&(TestState *){ &fixture->states[i] }, sizeof (gpointer));
    fixture->hosted[i] = g_new0 (BelfryHosted, 1);
    g_atomic_ref_count_init (&fixture->hosted[i]->refs);
    fixture->hosted[i]->blueprint = blueprint;
    fixture->hosted[i]->configured = blueprint;
    fixture->hosted[i]->state = BELFRY_HOSTED_RUNNING;
    g_atomic_ref_count_inc (&fixture->config.refs);
    fixture->hosted[i]->config = &fixture->config;
    fixture->hosted[i]->instance =
        belfry_instance_new ("poller", names[i], blueprint->state, &ops, fixture);
    fixture->states[i].instance = fixture->hosted[i]->instance;
  }
  fixture->pollers = belfry_pollers_new (fixture->store.store, on_alert, fixture);
}

static void
apply (Fixture *fixture, gboolean first, gboolean second)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  if (first)
    g_ptr_array_add (list, fixture->hosted[0]);
  if (second)
    g_ptr_array_add (list, fixture->hosted[1]);
  belfry_pollers_apply (fixture->pollers, &fixture->config, list);
}

static gboolean
is_idle (gpointer data)
{
  Fixture *fixture = data;

  return fixture->pollers->running == 0;
}

static gboolean
is_held (gpointer data)
{
  TestState *state = data;

  return state->held != NULL;
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *)data;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gboolean stopped = FALSE;

  for (guint i = 0; i < 2; i++)
    if (fixture->states[i].held != NULL)
      release (&fixture->states[i]);
  belfry_pollers_stop_async (fixture->pollers, on_stopped, &stopped);
  store_fixture_wait (is_set, &stopped);
  belfry_pollers_free (fixture->pollers);
  for (guint i = 0; i < 2; i++) {
    g_clear_pointer (&fixture->states[i].seen, json_node_unref);
    belfry_hosted_unref (fixture->hosted[i]);
    g_free (fixture->blueprints[i].state);
  }
  g_ptr_array_unref (fixture->config.codebases);
  g_ptr_array_unref (fixture->alerts);
  store_fixture_tear_down (&fixture->store, NULL);
}

static void
ask (Fixture *fixture, const char *name)
{
  const char *const names[] = { name, NULL };
  g_autofree char *missing = belfry_pollers_ask (fixture->pollers, names, NULL);

  g_assert_null (missing);
}

static void
assert_missing (Fixture *fixture,
                const char *const *names,
                const char *const *allowed,
                const char *expected)
{
  g_autofree char *missing = belfry_pollers_ask (fixture->pollers, names, allowed);

  g_assert_cmpstr (missing, ==, expected);
}

static void
test_beats (void)
{
  g_assert_cmpint (belfry_poller_next_beat (100, 10, 105), ==, 110);
  g_assert_cmpint (belfry_poller_next_beat (100, 10, 100), ==, 110);
  /* a poll that took long skips the beats that fell into it and keeps the measure */
  g_assert_cmpint (belfry_poller_next_beat (100, 10, 110), ==, 120);
  g_assert_cmpint (belfry_poller_next_beat (100, 10, 137), ==, 140);
  /* one that was asked for moves no beat, but ends a wait that had grown */
  g_assert_cmpint (belfry_poller_next_beat (110, 10, 105), ==, 110);
  g_assert_cmpint (belfry_poller_next_beat (180, 10, 105), ==, 115);
}

static void
test_backoff (void)
{
  const gint64 minute = 60 * (gint64)G_USEC_PER_SEC;

  g_assert_cmpint (belfry_poller_wait (minute, 0), ==, minute);
  g_assert_cmpint (belfry_poller_wait (minute, 2), ==, minute);
  g_assert_cmpint (belfry_poller_wait (minute, 3), ==, 2 * minute);
  g_assert_cmpint (belfry_poller_wait (minute, 5), ==, 8 * minute);
  g_assert_cmpint (belfry_poller_wait (minute, 50), ==, 60 * minute);
  g_assert_cmpint (belfry_poller_wait (120 * minute, 50), ==, 120 * minute);
}

static void
test_state (Fixture *fixture, gconstpointer data)
{
  apply (fixture, TRUE, FALSE);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 0);
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  g_assert_null (fixture->states[0].seen);
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpint (json_node_get_int (fixture->states[0].seen), ==, 1);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 2);
}

static void
test_asked_between (Fixture *fixture, gconstpointer data)
{
  BelfryPollerRun *poller = NULL;
  gint64 due_us = 0;

  apply (fixture, TRUE, FALSE);
  poller = g_hash_table_lookup (fixture->pollers->pollers, "first");
  due_us = poller->due_us;
  g_assert_cmpint (due_us, >, 0);
  for (guint i = 0; i < 3; i++) {
    ask (fixture, "first");
    store_fixture_wait (is_idle, fixture);
    g_assert_cmpint (poller->due_us, ==, due_us);
  }
}

/* asked three times while it polls: exactly one more poll follows */
static void
test_overlap (Fixture *fixture, gconstpointer data)
{
  TestState *state = &fixture->states[0];

  state->hold = TRUE;
  apply (fixture, TRUE, FALSE);
  ask (fixture, "first");
  store_fixture_wait (is_held, state);
  for (guint i = 0; i < 3; i++)
    ask (fixture, "first");
  g_assert_cmpuint (state->n_polls, ==, 1);
  release (state);
  store_fixture_wait (is_held, state);
  g_assert_cmpuint (state->n_polls, ==, 2);
  release (state);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (state->n_polls, ==, 2);
}

static void
test_at_launch (Fixture *fixture, gconstpointer data)
{
  fixture->keys[1].at_launch = TRUE;
  apply (fixture, TRUE, TRUE);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 0);
  g_assert_cmpuint (fixture->states[1].n_polls, ==, 1);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  const char *const first[] = { "first", NULL };
  const char *const second[] = { "second", NULL };
  const char *const address[] = { "https://git.example/anvil", NULL };
  const char *const two[] = { "first", "Second", "", NULL };
  const char *const nothing[] = { NULL };

  apply (fixture, TRUE, TRUE);
  assert_missing (fixture, two, NULL, "Second,");
  assert_missing (fixture, second, first, "second");
  assert_missing (fixture, first, nothing, "first");
  assert_missing (fixture, NULL, nothing, NULL);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[0].n_polls + fixture->states[1].n_polls, ==, 0);
  /* an address means all who watch it, of those that are allowed */
  assert_missing (fixture, address, second, NULL);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 0);
  g_assert_cmpuint (fixture->states[1].n_polls, ==, 1);
  assert_missing (fixture, NULL, NULL, NULL);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 1);
  g_assert_cmpuint (fixture->states[1].n_polls, ==, 2);
}

/* two pollers of one repository find the same revision: one change */
static void
test_two_roads (Fixture *fixture, gconstpointer data)
{
  apply (fixture, TRUE, TRUE);
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  ask (fixture, "second");
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpint (
      ((BelfryPollerRun *)g_hash_table_lookup (fixture->pollers->pollers, "first"))->taken, ==, 1);
  g_assert_cmpint (
      ((BelfryPollerRun *)g_hash_table_lookup (fixture->pollers->pollers, "second"))->taken, ==, 0);
}

static void
test_failures (Fixture *fixture, gconstpointer data)
{
  fixture->states[0].fail = TRUE;
  apply (fixture, TRUE, FALSE);
  for (guint i = 0; i < 3; i++) {
    g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING,
                           "poller 'first': nobody there; it keeps*");
    ask (fixture, "first");
    store_fixture_wait (is_idle, fixture);
    g_test_assert_expected_messages ();
    g_assert_cmpuint (fixture->alerts->len, ==, i < 2 ? 0 : 1);
  }
  g_assert_cmpstr (g_ptr_array_index (fixture->alerts, 0), ==,
                   "poller/first: The poller first failed 3 times in a row: nobody there");
  fixture->states[0].fail = FALSE;
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->alerts->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (fixture->alerts, 1), ==, "poller/first: -");
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  TestState *state = &fixture->states[0];

  state->hold = TRUE;
  state->fail = TRUE;
  fixture->keys[0].timeout = G_USEC_PER_SEC / 20;
  apply (fixture, TRUE, FALSE);
  ask (fixture, "first");
  store_fixture_wait (is_held, state);
  while (state->n_cancelled == 0)
    g_main_context_iteration (NULL, TRUE);
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "poller 'first': it took too long*");
  release (state);
  store_fixture_wait (is_idle, fixture);
  g_test_assert_expected_messages ();
}

/* another instance takes over only when the poll of the first has ended */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  TestState *state = &fixture->states[0];
  BelfryHosted *before = fixture->hosted[0];

  state->hold = TRUE;
  apply (fixture, TRUE, FALSE);
  ask (fixture, "first");
  store_fixture_wait (is_held, state);
  fixture->hosted[0] = fixture->hosted[1];
  fixture->blueprints[1].name = (char *)"first";
  fixture->keys[1].at_launch = TRUE;
  apply (fixture, TRUE, FALSE);
  g_assert_cmpuint (state->n_cancelled, ==, 1);
  g_assert_cmpuint (fixture->states[1].n_polls, ==, 0);
  state->fail = TRUE;
  release (state);
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[1].n_polls, ==, 1);
  g_assert_cmpuint (state->n_polls, ==, 1);
  fixture->hosted[0] = before;
}

static void
test_other_repository (Fixture *fixture, gconstpointer data)
{
  apply (fixture, TRUE, FALSE);
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  fixture->keys[0].repository = (char *)"https://git.example/hammer";
  ask (fixture, "first");
  store_fixture_wait (is_idle, fixture);
  g_assert_cmpuint (fixture->states[0].n_polls, ==, 2);
  g_assert_null (fixture->states[0].seen);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/pollers/schedule/beats", test_beats);
  g_test_add_func ("/pollers/schedule/backoff", test_backoff);
  ADD ("/pollers/state/kept", test_state);
  ADD ("/pollers/state/of-one-repository", test_other_repository);
  ADD ("/pollers/ask/between-beats", test_asked_between);
  ADD ("/pollers/ask/one-more", test_overlap);
  ADD ("/pollers/ask/names", test_names);
  ADD ("/pollers/at-launch", test_at_launch);
  ADD ("/pollers/two-roads", test_two_roads);
  ADD ("/pollers/failures", test_failures);
  ADD ("/pollers/timeout", test_timeout);
  ADD ("/pollers/reload", test_reload);
  return g_test_run ();
}
