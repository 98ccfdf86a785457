/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams: every event, in order, each once where nothing goes wrong, and again where it did. */
#include "test-fixture.h"

typedef struct {
  BelfryReporter plugin;
  gboolean silent;
  guint take;       /* how many of each push; 0: all */
  guint refusals;   /* pushes that take nothing */
  GPtrArray *names; /* of objects taken, as "id name" */
  GPtrArray *tasks;
  guint pushes;
} Stream;

static Stream stream;

static gboolean
stream_to_items (
    gconstpointer self, BelfryEvent *event, BelfryReader *reader, JsonArray *items, GError **error)
{
  guint count = g_str_equal (event->name, "build-finished") ? 2 : 1;

  if (g_str_equal (event->name, "worker-missing")) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "no such thing");
    return FALSE;
  }
  for (guint i = 0; i < count; i++) {
    JsonObject *item = json_object_new ();

    json_object_set_string_member (item, "event", event->name);
    json_array_add_object_element (items, item);
  }
  return TRUE;
}

static void
stream_deliver_batch (gpointer self, JsonArray *items, GTask *task)
{
  guint count = json_array_get_length (items);

  stream.pushes++;
  if (stream.silent) {
    g_ptr_array_add (stream.tasks, task);
    return;
  }
  if (stream.refusals > 0) {
    stream.refusals--;
    count = 0;
  } else if (stream.take > 0)
    count = MIN (count, stream.take);
  for (guint i = 0; i < count; i++) {
    JsonObject *item = json_array_get_object_element (items, i);

    g_ptr_array_add (stream.names, g_strdup_printf ("%" G_GINT64_FORMAT " %s",
                                                    belfry_json_get_integer (item, "id", 0),
                                                    belfry_json_get_text (item, "event")));
  }
  g_task_return_int (task, (gssize)count);
  g_object_unref (task);
}

static gint64
stream_get_pause (gconstpointer self, gboolean took)
{
  return 1000;
}

static TestReporter *
add_stream (Fixture *fixture, const char *keys)
{
  return fixture_add (fixture, &stream.plugin, "stream", keys);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  stream = (Stream){
    .plugin = {
      .size = sizeof (BelfryReporter),
      .kind = BELFRY_KIND_REPORTER,
      .name = "test-stream",
      .summary = "remembers",
      .family = BELFRY_FAMILY_STREAM,
      .batch_max = 5,
      .to_items = stream_to_items,
      .deliver_batch = stream_deliver_batch,
      .get_pause = stream_get_pause,
    },
    .names = g_ptr_array_new_with_free_func (g_free),
    .tasks = g_ptr_array_new (),
  };
  fixture_set_up (fixture, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  fixture_tear_down (fixture, NULL);
  g_ptr_array_unref (stream.names);
  g_ptr_array_unref (stream.tasks);
}

static void
wait_for (guint count)
{
  gint64 deadline_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (stream.names->len < count) {
    for (guint i = 0; g_get_monotonic_time () > deadline_us && i < stream.names->len; i++)
      g_test_message ("%s", (char *)g_ptr_array_index (stream.names, i));
    if (g_get_monotonic_time () > deadline_us)
      g_assert_cmpuint (stream.names->len, ==, count);
    g_main_context_iteration (NULL, FALSE);
    g_thread_yield ();
  }
}

static const char *
get_name (guint index)
{
  g_assert_cmpuint (index, <, stream.names->len);
  return g_ptr_array_index (stream.names, index);
}

static void
tell (Fixture *fixture)
{
  belfry_outbox_tell_streams (fixture->outbox);
}

/* as the daemon does once all that can be up is */
static void
begin (Fixture *fixture)
{
  fixture_apply (fixture);
  fixture_say (fixture, "host-started");
  tell (fixture);
}

/* from the start of the host on, in order, numbered without gaps */
static void
test_order (Fixture *fixture, gconstpointer unused)
{
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_restart (fixture);
  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_lose_worker (fixture, "box3");
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (7);
  g_assert_cmpstr (get_name (0), ==, "1 host-started");
  g_assert_cmpstr (get_name (1), ==, "2 build-started");
  g_assert_cmpstr (get_name (2), ==, "3 build-finished");
  g_assert_cmpstr (get_name (3), ==, "4 build-finished");
  g_assert_cmpstr (get_name (4), ==, "5 build-started");
  g_assert_cmpstr (get_name (6), ==, "7 build-finished");
  fixture_wait_states (fixture, "stream", "");
}

/* a push may take part of what it is given, even of what one event became */
static void
test_part (Fixture *fixture, gconstpointer unused)
{
  stream.take = 1;
  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (4);
  g_assert_cmpstr (get_name (2), ==, "3 build-finished");
  g_assert_cmpstr (get_name (3), ==, "4 build-finished");
  fixture_settle (fixture);
  g_assert_cmpuint (stream.names->len, ==, 4);
}

static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  stream.refusals = 3;
  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (4);
  g_assert_cmpstr (get_name (0), ==, "1 host-started");
  g_assert_cmpstr (get_name (3), ==, "4 build-finished");
  g_assert_cmpuint (stream.pushes, >=, 4);
}

/* what was pushed when the host died comes again, what was taken does not, numbers go on */
static void
test_restart (Fixture *fixture, gconstpointer unused)
{
  gboolean pushed = FALSE;

  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (4);
  fixture_settle (fixture);
  stream.silent = TRUE;
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  while (!pushed) {
    g_main_context_iteration (NULL, FALSE);
    pushed = stream.tasks->len == 1;
  }
  belfry_streams_abandon (fixture->outbox);
  fixture_restart (fixture);
  g_task_return_int (g_ptr_array_index (stream.tasks, 0), 3);
  g_object_unref (g_ptr_array_index (stream.tasks, 0));
  stream.silent = FALSE;
  begin (fixture);
  tell (fixture);
  wait_for (8);
  g_assert_cmpstr (get_name (4), ==, "5 build-started");
  g_assert_cmpstr (get_name (6), ==, "7 build-finished");
  g_assert_nonnull (strstr (get_name (7), "8 host-"));
}

/* the end of the host is pushed while it ends, unless the sink refused what came before */
static void
test_end (Fixture *fixture, gconstpointer unused)
{
  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (4);
  fixture_settle (fixture);
  fixture_say (fixture, "host-stopped");
  fixture_restart (fixture);
  g_assert_cmpuint (stream.names->len, ==, 5);
  g_assert_cmpstr (get_name (4), ==, "5 host-stopped");
  stream.refusals = G_MAXUINT;
  begin (fixture);
  tell (fixture);
  while (stream.pushes < 8)
    g_main_context_iteration (NULL, TRUE);
  fixture_settle (fixture);
  fixture_say (fixture, "host-stopped");
  fixture_restart (fixture);
  g_assert_cmpuint (stream.names->len, ==, 5);
  stream.refusals = 0;
  begin (fixture);
  tell (fixture);
  wait_for (8);
  g_assert_cmpstr (get_name (5), ==, "6 host-started");
  g_assert_cmpstr (get_name (6), ==, "7 host-stopped");
  g_assert_cmpstr (get_name (7), ==, "8 host-started");
}

static void
test_builders (Fixture *fixture, gconstpointer unused)
{
  TestBuild other = { .builder = "win" };

  add_stream (fixture, "builders=win");
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_build (fixture, &other, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (4);
  fixture_settle (fixture);
  g_assert_cmpuint (stream.names->len, ==, 4);
  g_assert_cmpstr (get_name (1), ==, "2 build-started");
}

static void
pass (Fixture *fixture, const char *name)
{
  g_autoptr (BelfryEvent) event = belfry_event_new ();

  belfry_record_set_text (&event->name, name);
  event->at = belfry_clock_now_us ();
  belfry_outbox_pass_event (fixture->outbox, event);
}

/* what is not stored comes behind what is, counts like it, and does not come again */
static void
test_passing (Fixture *fixture, gconstpointer unused)
{
  add_stream (fixture, NULL);
  begin (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  pass (fixture, "eta");
  wait_for (5);
  g_assert_cmpstr (get_name (3), ==, "4 build-finished");
  g_assert_cmpstr (get_name (4), ==, "5 eta");
  fixture_settle (fixture);
  stream.refusals = 1;
  pass (fixture, "eta");
  while (stream.refusals > 0)
    g_main_context_iteration (NULL, TRUE);
  fixture_settle (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  tell (fixture);
  wait_for (8);
  g_assert_cmpstr (get_name (5), ==, "6 build-started");
  g_assert_cmpstr (get_name (7), ==, "8 build-finished");
  fixture_restart (fixture);
  begin (fixture);
  wait_for (9);
  g_assert_cmpstr (get_name (8), ==, "9 host-started");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/outbox/stream/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("order", test_order);
  ADD ("part", test_part);
  ADD ("refused", test_refused);
  ADD ("restart", test_restart);
  ADD ("end", test_end);
  ADD ("builders", test_builders);
  ADD ("passing", test_passing);
#undef ADD
  return g_test_run ();
}
