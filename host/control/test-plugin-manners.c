/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest leaves alone in its host's process: the loop, its settings, its secrets. */
#include "test-plugin-private.h"

#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS     10
#define BLOCK_TICKS 25

static void
use (BelfrySubject *subject)
{
  g_autoptr (BelfryTest) test = belfry_exercise_new (subject);

  belfry_exercise_start (test);
  belfry_exercise (test);
  belfry_exercise_stop (test);
}

/* The loop. A thread looks every 10 ms at the main one: whether it is within the poll of its loop,
 * and if not, whether it used its time or slept. What the machine took away from it does not
 * count, so that a busy machine blames nobody. */

typedef struct {
  pid_t thread;
  clockid_t clock;
  int is_idle; /* atomic: within poll */
  int turn;    /* atomic: counts polls */
  int is_over; /* atomic */
} Watch;

static Watch watch;

static int
poll_and_tell (GPollFD *fds, guint n_fds, int timeout_ms)
{
  int result = 0;

  g_atomic_int_set (&watch.is_idle, TRUE);
  result = g_poll (fds, n_fds, timeout_ms);
  g_atomic_int_inc (&watch.turn);
  g_atomic_int_set (&watch.is_idle, FALSE);
  return result;
}

/* R, S, D… as /proc says it */
static char
read_state (pid_t thread)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/stat", (int)thread);
  g_autofree char *text = NULL;
  const char *end = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return '?';
  end = strrchr (text, ')');
  return end != NULL && end[1] == ' ' ? end[2] : '?';
}

static gint64
read_used_ns (void)
{
  struct timespec used;

  clock_gettime (watch.clock, &used);
  return (gint64)used.tv_sec * 1000000000 + used.tv_nsec;
}

static gpointer
watch_main_thread (gpointer unused)
{
  guint ticks = 0;
  int turn = -1;
  gint64 used_ns = 0;

  while (!g_atomic_int_get (&watch.is_over)) {
    gint64 now_ns = read_used_ns ();
    gboolean worked = now_ns - used_ns > TICK_MS * 500000;
    gboolean same = turn == g_atomic_int_get (&watch.turn) && !g_atomic_int_get (&watch.is_idle);

    if (!same)
      ticks = 0;
    else if (worked || read_state (watch.thread) != 'R')
      ticks++;
    if (ticks >= BLOCK_TICKS)
      belfry_conformance_fail ("a call held the main loop for %d ms or more",
                               TICK_MS * BLOCK_TICKS);
    turn = g_atomic_int_get (&watch.turn);
    used_ns = now_ns;
    g_usleep (TICK_MS * G_TIME_SPAN_MILLISECOND);
  }
  return NULL;
}

static void
check_loop (BelfrySubject *subject)
{
  GThread *thread = NULL;

  watch.thread = (pid_t)syscall (SYS_gettid);
  pthread_getcpuclockid (pthread_self (), &watch.clock);
  g_main_context_set_poll_func (NULL, poll_and_tell);
  thread = g_thread_new ("watch", watch_main_thread, NULL);
  use (subject);
  g_atomic_int_set (&watch.is_over, TRUE);
  g_thread_join (thread);
}

/* settings of the process */

typedef struct {
  char *locale;
  char *folder;
  char *environment;
  mode_t mask;
  struct sigaction signals[NSIG];
} Settings;

static char *
dup_environment (void)
{
  g_auto (GStrv) list = g_get_environ ();

  return g_strjoinv ("\n", list);
}

static void
read_settings (Settings *self)
{
  self->locale = g_strdup (setlocale (LC_ALL, NULL));
  self->folder = g_get_current_dir ();
  self->environment = dup_environment ();
  self->mask = umask (0);
  umask (self->mask);
  for (int i = 1; i < NSIG; i++)
    sigaction (i, NULL, &self->signals[i]);
}

static void
clear_settings (Settings *self)
{
  g_free (self->locale);
  g_free (self->folder);
  g_free (self->environment);
}

/* what the host does itself, once, by what it is made of: programs' ends, broken pipes */
static gboolean
is_host_signal (int number)
{
  return number == SIGCHLD || number == SIGPIPE;
}

static void
check_signals (const Settings *before, const Settings *after)
{
  for (int i = 1; i < NSIG; i++)
    if (!is_host_signal (i) && before->signals[i].sa_handler != after->signals[i].sa_handler)
      belfry_conformance_fail ("it changes what is done at the signal %s", g_strsignal (i));
}

static void
check_settings (BelfrySubject *subject)
{
  Settings before = { NULL };
  Settings after = { NULL };

  read_settings (&before);
  use (subject);
  read_settings (&after);
  if (strcmp (before.locale, after.locale) != 0)
    belfry_conformance_fail ("it changes the locale to '%s'", after.locale);
  if (strcmp (before.folder, after.folder) != 0)
    belfry_conformance_fail ("it changes the working folder to '%s'", after.folder);
  if (strcmp (before.environment, after.environment) != 0)
    belfry_conformance_fail ("it changes the environment");
  if (before.mask != after.mask)
    belfry_conformance_fail ("it changes the mask of new files to 0%o", (guint)after.mask);
  check_signals (&before, &after);
  clear_settings (&before);
  clear_settings (&after);
}

/* processes: whoever is left behind becomes this one's child */
static void
check_processes (BelfrySubject *subject)
{
  siginfo_t info = { 0 };

  use (subject);
  belfry_exercise_settle ();
  if (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
    belfry_conformance_fail ("a process of it is left when it has stopped");
}

/* Secrets: every one that a section takes is planted, and nothing that comes out may hold one. What
 * is printed is looked at by the parent. */

static char *
plant (BelfrySubject *subject)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  g_autofree char *keys = g_strdup (subject->keys);
  const BelfryOption *option = NULL;

  while ((option = belfry_option_table_next (&table, option)) != NULL) {
    g_autofree char *value = belfry_sample_dup_value (option);
    g_autofree char *more = NULL;
    g_autofree char *problems = NULL;

    if (option->type != BELFRY_OPTION_SECRET || option->required || option->deprecated != NULL)
      continue;
    more = g_strdup_printf ("%s=%s\n%s", option->name, value, keys);
    problems = belfry_test_dup_problems (subject->path, more);
    /* one that excludes others, or needs them, stays out */
    if (strstr (problems, "error ") != NULL)
      continue;
    g_free (keys);
    keys = g_steal_pointer (&more);
  }
  return g_steal_pointer (&keys);
}

static void
check_secrets (BelfrySubject *subject)
{
  g_autofree char *keys = plant (subject);

  if (strstr (keys, BELFRY_PLANTED_SECRET) == NULL)
    belfry_conformance_skip ("it takes no secret");
  g_free (subject->keys);
  subject->keys = g_steal_pointer (&keys);
  use (subject);
}

const BelfryConformanceCheck belfry_checks_of_manners[] = {
  { "manners/loop", check_loop },
  { "manners/settings", check_settings },
  { "manners/processes", check_processes },
  { "manners/secrets", check_secrets },
  { NULL, NULL },
};
