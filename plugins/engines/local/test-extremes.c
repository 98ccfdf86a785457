/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ends of what is bearable: processes that stop, end or print in odd ways, an engine with
 * nothing to do, and everything asked of an engine that knows none of it. */
#include "test-fixture.h"
#include <string.h>

#define MANY_BYTES   (100 * 1024 * 1024)
#define ARTIFACTS_MS (590 * 1000)

/* A process that is stopped hears no TERM, but KILL. */
static void
test_stopped_process (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=s;command:true\n"
                       "[step s]\nscript=sleep 300 & kill -STOP $!; kill -STOP $$\n"
                       "timeout=1\nsigterm-time=1\n");
  log = fixture_log (self, "s");
  g_assert_cmpstr (fake_host_find_step (self->host, "s")->state_string, ==, "timed out (failure)");
  fixture_assert_has (log, "ended by signal 9");
  g_assert_cmpint (fake_host_find_step (self->host, "true")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_own_signals (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=a;c;b\n"
                       "[step a]\nscript=kill -SEGV $$\n"
                       "[step b]\nscript=kill -ABRT $$\ndecode=signal=exception;*=failure\n"
                       "[step c]\nscript=exit 255\ndecode=255=warnings;*=failure\n");
  fixture_assert_has (fake_host_find_step (self->host, "a")->state_string, "ended by signal 11");
  g_assert_cmpint (fake_host_find_step (self->host, "a")->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (fake_host_find_step (self->host, "b")->results, ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (fake_host_find_step (self->host, "c")->results, ==, BELFRY_RESULT_WARNINGS);
}

/* One line without an end, in pieces of 64 KiB; what follows it is there, too. */
static void
test_endless_line (Fixture *self, gconstpointer data)
{
  g_autofree char *script =
      g_strdup_printf ("[engine local]\nmax-log=1GiB\n[builder b]\nsteps=s\n"
                       "[step s]\nscript=head -c %d /dev/zero | tr '\\\\0' x; echo; echo over\n",
                       MANY_BYTES);
  g_autofree char *log = NULL;
  gsize counted = 0;
  gsize longest = 0;

  (void)data;
  g_assert_cmpint (fixture_build (self, script)->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "s");
  fixture_assert_has (log + strlen (log) - 200, "\noover\n");
  for (const char *line = log; *line != '\0';) {
    const char *end = strchr (line, '\n');
    gsize length = (gsize)(end - line);

    if (*line == 'o' && line[1] == 'x') {
      counted += length - 1;
      longest = MAX (longest, length - 1);
    }
    line = end + 1;
  }
  g_assert_cmpuint (counted, ==, MANY_BYTES);
  g_assert_cmpuint (longest, <=, 64 * 1024);
}

/* What the main loop would wait for, in ms; -1: for nothing but what others do */
static int
get_wait (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD polls[64];
  int priority = 0;
  int wait = 0;

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &wait, polls, G_N_ELEMENTS (polls));
  g_main_context_check (context, priority, polls, 0);
  g_main_context_release (context);
  return wait;
}

static void
test_idle (Fixture *self, gconstpointer data)
{
  const char *scheduler = data;
  g_autofree char *configuration = g_strconcat (
      "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n", scheduler, NULL);

  fixture_begin (self, configuration);
  /* files that are to go are looked for now and then */
  g_assert_cmpint (get_wait (), >, ARTIFACTS_MS);
}

static void
test_unknown (Fixture *self, gconstpointer data)
{
  static const char *const actions[] = { "cancel",  "disable", "enable", "force",   "graceful",
                                         "pause",   "ping",    "queue",  "rebuild", "run-now",
                                         "moments", "stop",    "unpause" };

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=command:true\n");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (actions); i++) {
    const char *action = actions[i / 2];
    BelfryControl control = { .action = action,
                              .builder = "none",
                              .worker = "none",
                              .scheduler = "none",
                              .id = 4711,
                              .who = "Tester" };
    g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &control);
    gboolean asks = g_str_equal (action, "queue") || g_str_equal (action, "moments");

    g_test_message ("%s: %s", action, answer->message);
    g_assert_cmpint (answer->outcome, ==, asks ? BELFRY_CONTROL_DONE : BELFRY_CONTROL_REFUSED);
    g_assert_cmpstr (answer->message, !=, "");
  }
  {
    BelfryControl control = { .action = "dance", .id = BELFRY_NONE, .who = "Tester" };
    g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &control);

    g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_UNSUPPORTED);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("process/stopped", NULL, test_stopped_process);
  FIXTURE_ADD ("process/own-signals", NULL, test_own_signals);
  FIXTURE_ADD ("output/endless-line", NULL, test_endless_line);
  FIXTURE_ADD ("idle/nothing-scheduled", "", test_idle);
  FIXTURE_ADD ("idle/stable-timer-not-running",
               "[scheduler s]\ntype=any-branch\nbuilders=b\ntree-stable-timer=1min\n", test_idle);
  FIXTURE_ADD ("control/unknown", NULL, test_unknown);
  return g_test_run ();
}
