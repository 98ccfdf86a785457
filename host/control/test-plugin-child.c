/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A check in a child process. The child is forked before this process ever had a second thread, is
 * the leader of a group that is killed as a whole, and gathers whatever its own children leave
 * behind. It says its verdict through a pipe; what it and the plugin print goes through another,
 * where planted secrets are looked for.
 */
#include "test-plugin-private.h"

#include "loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_SECONDS    20
#define MAX_OUTPUT_BYTES (1024 * 1024)
#define TURN_MS          20

static int verdict_fd = -1; /* of the child */

/* in the child */

static G_NORETURN void
end_child (char mark, const char *reason)
{
  gsize length = strlen (reason);

  fflush (NULL);
  if (write (verdict_fd, &mark, 1) != 1 || write (verdict_fd, reason, length) != (gssize)length)
    _exit (2);
  _exit (0);
}

void
belfry_conformance_fail (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  end_child ('-', g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

void
belfry_conformance_skip (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  end_child ('s', g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* a critical message is a fault of the plugin's, or one that it led the harness to */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_autofree char *text = g_log_writer_format_fields (level, fields, n_fields, FALSE);

  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) == 0)
    return g_log_writer_standard_streams (level, fields, n_fields, user_data);
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      belfry_conformance_fail ("%s", (const char *)fields[i].value);
  belfry_conformance_fail ("%s", text);
}

static G_NORETURN void
run_child (const BelfryConformanceCheck *check, const char *path, const char *extra)
{
  const struct rlimit no_core = { 0, 0 };
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GError) local = NULL;
  BelfrySubject subject = { .path = path, .extra = extra };

  setrlimit (RLIMIT_CORE, &no_core);
  setpgid (0, 0);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  signal (SIGPIPE, SIG_IGN);
  g_log_set_writer_func (on_log, NULL, NULL);
  subject.plugin = belfry_loader_load_file (loader, path, &local);
  if (subject.plugin == NULL)
    belfry_conformance_fail ("%s", local->message);
  subject.keys = belfry_sample_make_keys (&subject);
  check->run (&subject);
  end_child ('+', "");
}

/* in the parent */

typedef struct {
  pid_t pid;
  int verdict_fd;
  int output_fd;
  GString *verdict;
  GString *output;
} Child;

static gboolean
start_child (Child *self, const BelfryConformanceCheck *check, const char *path, const char *extra)
{
  int verdict[2] = { -1, -1 };
  int output[2] = { -1, -1 };

  if (!g_unix_open_pipe (verdict, FD_CLOEXEC, NULL) || !g_unix_open_pipe (output, FD_CLOEXEC, NULL))
    return FALSE;
  self->pid = fork ();
  if (self->pid == 0) {
    verdict_fd = verdict[1];
    dup2 (output[1], STDOUT_FILENO);
    dup2 (output[1], STDERR_FILENO);
    close (verdict[0]);
    close (output[0]);
    close (output[1]);
    run_child (check, path, extra);
  }
  close (verdict[1]);
  close (output[1]);
  self->verdict_fd = verdict[0];
  self->output_fd = output[0];
  fcntl (self->verdict_fd, F_SETFL, O_NONBLOCK);
  fcntl (self->output_fd, F_SETFL, O_NONBLOCK);
  return self->pid > 0;
}

static void
drain (int fd, GString *text)
{
  g_autofree char *block = g_malloc (4096);
  gssize bytes = 0;

  while ((bytes = read (fd, block, 4096)) > 0)
    if (text->len < MAX_OUTPUT_BYTES)
      g_string_append_len (text, block, bytes);
}

/* FALSE: it did not end in time, and was killed */
static gboolean
wait_for_child (Child *self, int *status)
{
  gint64 deadline = g_get_monotonic_time () + CHECK_SECONDS * G_USEC_PER_SEC;
  pid_t ended = 0;

  while (ended == 0 && g_get_monotonic_time () < deadline) {
    struct pollfd fds[] = { { self->verdict_fd, POLLIN, 0 }, { self->output_fd, POLLIN, 0 } };

    poll (fds, G_N_ELEMENTS (fds), TURN_MS);
    drain (self->verdict_fd, self->verdict);
    drain (self->output_fd, self->output);
    ended = waitpid (self->pid, status, WNOHANG);
  }
  kill (-self->pid, SIGKILL);
  if (ended == 0)
    waitpid (self->pid, status, 0);
  drain (self->verdict_fd, self->verdict);
  drain (self->output_fd, self->output);
  return ended != 0;
}

static char *
dup_end (int status)
{
  return WIFSIGNALED (status)
             ? g_strdup_printf ("the plugin crashed (%s)", g_strsignal (WTERMSIG (status)))
             : g_strdup_printf ("the plugin ended the process (exit %d)", WEXITSTATUS (status));
}

static void
judge (Child *self, int status, gboolean in_time, BelfryVerdict *verdict)
{
  char mark = self->verdict->len > 0 ? self->verdict->str[0] : '\0';

  verdict->output = g_utf8_make_valid (self->output->str, (gssize)self->output->len);
  if (mark == '-')
    verdict->reason = g_utf8_make_valid (self->verdict->str + 1, -1);
  else if (!in_time)
    verdict->reason = g_strdup_printf ("it did not end within %d seconds", CHECK_SECONDS);
  else if (mark == '\0' || !WIFEXITED (status))
    verdict->reason = dup_end (status);
  else if (strstr (verdict->output, BELFRY_PLANTED_SECRET) != NULL)
    verdict->reason = g_strdup ("a secret of its section was printed");
  else if (mark == 's')
    verdict->skipped = g_strdup (self->verdict->str + 1);
  verdict->ok = verdict->reason == NULL;
}

void
belfry_conformance_run (const BelfryConformanceCheck *check,
                        const char *path,
                        const char *extra,
                        BelfryVerdict *verdict)
{
  Child child = { .verdict = g_string_new (NULL), .output = g_string_new (NULL) };
  int status = 0;

  if (start_child (&child, check, path, extra)) {
    gboolean in_time = wait_for_child (&child, &status);

    judge (&child, status, in_time, verdict);
  } else
    verdict->reason = g_strdup ("no process could be made for it");
  close (child.verdict_fd);
  close (child.output_fd);
  g_string_free (child.verdict, TRUE);
  g_string_free (child.output, TRUE);
}

void
belfry_verdict_clear (BelfryVerdict *self)
{
  g_free (self->skipped);
  g_free (self->reason);
  g_free (self->output);
}
