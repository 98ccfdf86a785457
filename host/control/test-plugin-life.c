/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From start to stop: over and over, cancelled at every step, and what is left afterwards. Ids of
 * sources are given out in their order, so that those made since can be asked for one by one.
 */
#include "test-plugin-private.h"

#include <malloc.h>
#include <string.h>

#define ROUNDS             100
#define WARM_UP_ROUNDS     10
#define MAX_STEPS          40
#define BYTES_PER_ROUND    64
#define SPARE_THREADS      3
#define CANCEL_PATIENCE_US (5 * G_USEC_PER_SEC)

static void
check_use (BelfrySubject *subject)
{
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);

  belfry_exercise_start (test);
  belfry_exercise (test);
  belfry_exercise_stop (test);
}

/* what a process has */

typedef struct {
  gsize memory_bytes; /* 0: cannot be told */
  guint files;
  guint threads;
  guint sources;
} Belongings;

static guint
count_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static gboolean
on_never (gpointer unused)
{
  return G_SOURCE_REMOVE;
}

/* the id that the next source gets */
static guint
get_next_source (void)
{
  guint id = g_idle_add (on_never, NULL);

  g_source_remove (id);
  return id;
}

static guint
count_sources (guint from)
{
  guint to = get_next_source ();
  guint count = 0;

  for (guint id = from; id < to; id++)
    count += g_main_context_find_source_by_id (NULL, id) != NULL ? 1 : 0;
  return count;
}

static void
look (Belongings *self, guint first_source)
{
  self->memory_bytes = mallinfo2 ().uordblks;
  self->files = count_entries ("/proc/self/fd");
  self->threads = count_entries ("/proc/self/task");
  self->sources = count_sources (first_source);
}

static void
run_rounds (BelfrySubject *subject, guint rounds)
{
  for (guint i = 0; i < rounds; i++) {
    g_autoptr (BelfryTest) test = belfry_exercise_new (subject);

    belfry_exercise_start (test);
    belfry_exercise_stop (test);
  }
  belfry_exercise_settle ();
}

static void
compare (const Belongings *before, const Belongings *after)
{
  if (after->files > before->files)
    belfry_conformance_fail ("%u files are left open after %u starts and stops",
                             after->files - before->files, ROUNDS);
  if (after->sources > before->sources)
    belfry_conformance_fail ("%u sources are left on the main loop after %u starts and stops",
                             after->sources - before->sources, ROUNDS);
  if (after->threads > before->threads + SPARE_THREADS)
    belfry_conformance_fail ("%u threads are left after %u starts and stops",
                             after->threads - before->threads, ROUNDS);
  if (after->memory_bytes > before->memory_bytes + ROUNDS * BYTES_PER_ROUND)
    belfry_conformance_fail ("%" G_GSIZE_FORMAT " bytes are left after %u starts and stops",
                             after->memory_bytes - before->memory_bytes, ROUNDS);
}

static void
check_rounds (BelfrySubject *subject)
{
  guint first_source = get_next_source ();
  Belongings before = { 0 };
  Belongings after = { 0 };

  run_rounds (subject, WARM_UP_ROUNDS);
  look (&before, first_source);
  run_rounds (subject, ROUNDS);
  look (&after, first_source);
  compare (&before, &after);
}

/* making and freeing an instance leaves nothing either */
static void
check_instances (BelfrySubject *subject)
{
  Belongings before = { 0 };
  Belongings after = { 0 };
  guint first_source = get_next_source ();

  for (guint i = 0; i < WARM_UP_ROUNDS + ROUNDS; i++) {
    g_autofree char *problems = belfry_test_dup_problems (subject->path, subject->keys);

    if (i + 1 == WARM_UP_ROUNDS)
      look (&before, first_source);
  }
  look (&after, first_source);
  compare (&before, &after);
}

/* cancelling */

static void
turn (guint steps, GTask *task)
{
  for (guint i = 0; i < steps && !g_task_get_completed (task); i++)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (G_TIME_SPAN_MILLISECOND / 2);
}

static void
wait_for_end (GTask *task, const char *what)
{
  gint64 end = g_get_monotonic_time () + CANCEL_PATIENCE_US;

  while (!g_task_get_completed (task)) {
    if (g_get_monotonic_time () > end)
      belfry_conformance_fail ("%s goes on for seconds when it is cancelled", what);
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (G_TIME_SPAN_MILLISECOND / 2);
  }
}

static void
cancel_start (BelfrySubject *subject, guint steps)
{
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);
  g_autoptr (GTask) task = belfry_test_task_new (test);
  const BelfryPlugin *plugin = belfry_test_get_plugin (test);

  plugin->start (belfry_test_get_state (test), belfry_test_get_instance (test),
                 g_object_ref (task));
  turn (steps, task);
  g_cancellable_cancel (belfry_test_get_cancellable (test));
  wait_for_end (task, "its start");
  g_cancellable_reset (belfry_test_get_cancellable (test));
  if (g_task_propagate_boolean (task, NULL))
    belfry_exercise_stop (test);
}

static gboolean
cancel_call (BelfrySubject *subject, const BelfryTestExchange *answer, guint steps)
{
  static const BelfryTestProgram hanging = { .hangs = TRUE };
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);
  g_autoptr (GTask) task = NULL;
  gboolean ended = FALSE;

  belfry_exercise_start (test);
  belfry_test_answer (test, answer);
  belfry_test_set_program (test, &hanging);
  task = belfry_exercise_begin (test);
  if (task == NULL) {
    belfry_exercise_stop (test);
    return TRUE;
  }
  turn (steps, task);
  ended = g_task_get_completed (task);
  g_cancellable_cancel (belfry_test_get_cancellable (test));
  wait_for_end (task, "a call");
  g_cancellable_reset (belfry_test_get_cancellable (test));
  belfry_exercise_stop (test);
  return ended;
}

static void
check_cancel (BelfrySubject *subject)
{
  static const BelfryTestExchange good = { .answer = "{}" };
  static const BelfryTestExchange silent = { .fault = BELFRY_TEST_FAULT_SILENT };
  gboolean ended = FALSE;

  for (guint steps = 0; steps < 4 && subject->plugin->start != NULL; steps++)
    cancel_start (subject, steps);
  for (guint steps = 0; steps < MAX_STEPS && !ended; steps++)
    ended = cancel_call (subject, &good, steps);
  for (guint steps = 0; steps < MAX_STEPS; steps += MAX_STEPS / 4)
    cancel_call (subject, &silent, steps);
}

/* completing: a second time is a critical message of GLib's, which fails the check where it comes
 */
static void
check_once (BelfrySubject *subject)
{
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);
  g_autoptr (GTask) task = NULL;

  belfry_exercise_start (test);
  task = belfry_exercise_begin (test);
  if (task != NULL)
    belfry_test_wait (test, task);
  belfry_exercise_settle ();
  belfry_exercise_stop (test);
  belfry_exercise_settle ();
}

/* nothing of it stirs when it has stopped, whatever it was at */
static void
check_silence (BelfrySubject *subject)
{
  static const BelfryTestExchange silent = { .fault = BELFRY_TEST_FAULT_SILENT };
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);
  g_autoptr (GTask) task = NULL;
  guint first_source = get_next_source ();
  gsize logged = 0;
  guint asked = 0;

  belfry_test_answer (test, &silent);
  belfry_exercise_start (test);
  task = belfry_exercise_begin (test);
  if (task != NULL)
    turn (MAX_STEPS, task);
  g_cancellable_cancel (belfry_test_get_cancellable (test));
  if (task != NULL)
    wait_for_end (task, "a call");
  g_cancellable_reset (belfry_test_get_cancellable (test));
  belfry_exercise_stop (test);
  logged = strlen (belfry_test_get_log (test));
  asked = belfry_test_get_asked (test)->len;
  belfry_exercise_settle ();
  if (strlen (belfry_test_get_log (test)) > logged)
    belfry_conformance_fail ("it logs when it has stopped: %s",
                             belfry_test_get_log (test) + logged);
  if (belfry_test_get_asked (test)->len > asked)
    belfry_conformance_fail ("it asks its service when it has stopped");
  if (task == NULL && count_sources (first_source) > 0)
    belfry_conformance_fail ("a source of it is on the main loop when it has stopped");
}

const BelfryConformanceCheck belfry_checks_of_life[] = {
  { "life/start-use-stop", check_use },
  { "life/a-hundred-times", check_rounds },
  { "life/instances", check_instances },
  { "life/cancelled-at-every-step", check_cancel },
  { "life/completes-once", check_once },
  { "life/still-when-stopped", check_silence },
  { NULL, NULL },
};
