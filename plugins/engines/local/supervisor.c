/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belfry-supervisor: runs the processes of one slot's builds, one after the other, and leaves
 * nothing behind. It is a child subreaper, so whatever its processes fork stays below it. It is
 * told what to do over the socket that it was given, and ends everything and itself when the host
 * is gone.
 *
 * One process at a time: running; then, if somebody asked, TERM to its group, the interrupt signal
 * to all below, KILL to all below; and when the leader has ended, TERM and KILL to what is left.
 * How it ended is told when nothing is left.
 */
#include "child.h"
#include "proc.h"
#include "protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SWEEP_TERM_US (2 * G_USEC_PER_SEC)
#define INTERRUPT_US  (5 * G_USEC_PER_SEC)
#define UNKILLABLE_US (10 * G_USEC_PER_SEC)
#define DRAIN_US      (5 * G_USEC_PER_SEC)
#define KILL_AGAIN_US 20000
#define PENDING_MAX   (256 * 1024)
#define NEVER         G_MAXINT64
#define END_OF_INPUT  "\004\004"

typedef enum {
  STAGE_IDLE,
  STAGE_RUNNING,
  STAGE_TERM,
  STAGE_INTERRUPT,
  STAGE_SWEEP, /* the leader has ended; the rest got TERM */
  STAGE_KILL,
  STAGE_LOST, /* even KILL did not help */
} Stage;

typedef struct {
  int socket;
  int signals;
  LocalSpawned job; /* pid 0: none */
  char *cgroup;     /* (nullable) that it is in */
  char *input;
  gsize input_bytes;
  gsize input_written;
  int status;
  gboolean leader_ended;
  gint64 drain_until;
  Stage stage;
  gint64 stage_until;
  gint64 kill_again;
  int interrupt_signal;
  guint left_behind;
  gboolean host_gone;
  GByteArray *received;
  GByteArray *pending;
} Supervisor;

static gint64
until (gint64 wait_us)
{
  return g_get_monotonic_time () + wait_us;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* A group is killed at once for all its members, so that no fork slips through. */
static guint
signal_descendants (int number)
{
  g_autoptr (GArray) processes = local_proc_descendants (getpid ());
  pid_t own_group = getpgrp ();

  for (guint i = 0; i < processes->len; i++) {
    const LocalProcess *process = &g_array_index (processes, LocalProcess, i);

    if (number == SIGKILL && process->group > 1 && process->group != own_group)
      kill (-process->group, number);
    kill (process->pid, number);
  }
  return processes->len;
}

static void
kill_all (const Supervisor *self)
{
  if (self->cgroup != NULL)
    local_cgroup_kill (self->cgroup);
  signal_descendants (SIGKILL);
}

static void
enter (Supervisor *self, Stage stage, gint64 wait_us)
{
  self->stage = stage;
  self->stage_until = until (wait_us);
  self->kill_again = stage == STAGE_KILL ? 0 : NEVER;
}

static void
begin_end (Supervisor *self, gint64 sigterm_us)
{
  if (sigterm_us > 0 && self->stage == STAGE_RUNNING) {
    /* a group of its own kind holds all that it started; else only its process group is known */
    if (self->cgroup != NULL)
      signal_descendants (SIGTERM);
    else
      kill (-self->job.pid, SIGTERM);
    enter (self, STAGE_TERM, sigterm_us);
    return;
  }
  if (self->stage == STAGE_RUNNING || self->stage == STAGE_TERM) {
    signal_descendants (self->interrupt_signal);
    enter (self, STAGE_INTERRUPT, INTERRUPT_US);
    return;
  }
  if (self->stage == STAGE_INTERRUPT || self->stage == STAGE_SWEEP)
    enter (self, STAGE_KILL, UNKILLABLE_US);
}

static void
tell_exit (Supervisor *self, gboolean unkillable)
{
  LocalExit ended = { .code = -1, .left_behind = self->left_behind, .unkillable = unkillable };

  if (WIFEXITED (self->status))
    ended.code = WEXITSTATUS (self->status);
  else if (WIFSIGNALED (self->status))
    ended.signal = WTERMSIG (self->status);
  local_frame_append_exit (self->pending, &ended);
  close_fd (&self->job.out);
  close_fd (&self->job.err);
  close_fd (&self->job.in);
  g_clear_pointer (&self->input, g_free);
  g_clear_pointer (&self->cgroup, g_free);
  self->job.pid = 0;
  self->stage = unkillable ? STAGE_LOST : STAGE_IDLE;
  self->stage_until = NEVER;
  self->kill_again = NEVER;
}

static void
start_job (Supervisor *self, GBytes *payload)
{
  LocalJob job = { 0 };
  g_autoptr (GVariant) variant = local_frame_parse_job (payload, &job);
  int error_number = EPROTO;

  self->left_behind = 0;
  self->leader_ended = FALSE;
  self->status = 0;
  self->drain_until = NEVER;
  if (variant != NULL && self->stage == STAGE_IDLE)
    error_number = local_spawn (&job, &self->job);
  local_frame_append_started (self->pending, error_number);
  if (error_number == 0) {
    self->stage = STAGE_RUNNING;
    self->stage_until = NEVER;
    self->kill_again = NEVER;
    self->interrupt_signal = SIGKILL;
    self->cgroup = job.cgroup != NULL && *job.cgroup != '\0' ? g_strdup (job.cgroup) : NULL;
    /* a terminal ends its input by a character of its own */
    self->input =
        job.input != NULL ? g_strconcat (job.input, job.pty ? END_OF_INPUT : "", NULL) : NULL;
    self->input_bytes = self->input != NULL ? strlen (self->input) : 0;
    self->input_written = 0;
  }
  if (variant != NULL)
    local_job_clear_parsed (&job);
}

static void
on_end (Supervisor *self, GBytes *payload)
{
  gint64 sigterm_us = 0;

  if (self->job.pid == 0 || !local_frame_parse_end (payload, &sigterm_us, &self->interrupt_signal))
    return;
  begin_end (self, sigterm_us);
}

static void
lose_host (Supervisor *self)
{
  if (self->host_gone)
    return;
  self->host_gone = TRUE;
  close_fd (&self->job.out);
  close_fd (&self->job.err);
  if (self->job.pid != 0 && self->stage < STAGE_SWEEP)
    signal_descendants (SIGTERM);
  if (self->job.pid != 0 && self->stage < STAGE_KILL)
    enter (self, STAGE_SWEEP, SWEEP_TERM_US);
}

static void
read_socket (Supervisor *self)
{
  guint8 chunk[16384];
  ssize_t n_bytes = recv (self->socket, chunk, sizeof chunk, MSG_DONTWAIT);
  LocalFrameType type = 0;
  GBytes *payload = NULL;
  gboolean broken = FALSE;

  if (n_bytes == 0 || (n_bytes < 0 && errno != EAGAIN && errno != EINTR)) {
    lose_host (self);
    return;
  }
  if (n_bytes > 0)
    g_byte_array_append (self->received, chunk, (guint)n_bytes);
  while (local_frame_next (self->received, &type, &payload, &broken)) {
    if (type == LOCAL_FRAME_START)
      start_job (self, payload);
    else if (type == LOCAL_FRAME_END)
      on_end (self, payload);
    g_bytes_unref (payload);
  }
  if (broken)
    lose_host (self);
}

static void
write_socket (Supervisor *self)
{
  ssize_t n_bytes = 0;

  if (self->pending->len == 0 || self->host_gone)
    return;
  n_bytes =
      send (self->socket, self->pending->data, self->pending->len, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n_bytes > 0)
    g_byte_array_remove_range (self->pending, 0, (guint)n_bytes);
  else if (errno != EAGAIN && errno != EINTR)
    lose_host (self);
}

static void
read_pipe (Supervisor *self, int *fd, LocalFrameType type)
{
  guint8 chunk[LOCAL_CHUNK_BYTES];
  ssize_t n_bytes = read (*fd, chunk, sizeof chunk);

  if (n_bytes > 0)
    local_frame_append (self->pending, type, chunk, (gsize)n_bytes);
  else if (n_bytes == 0 || (errno != EAGAIN && errno != EINTR))
    close_fd (fd);
}

static void
write_input (Supervisor *self)
{
  ssize_t n_bytes = 0;

  if (self->input_written < self->input_bytes) {
    n_bytes = write (self->job.in, self->input + self->input_written,
                     self->input_bytes - self->input_written);
    if (n_bytes < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n_bytes > 0)
      self->input_written += (gsize)n_bytes;
  }
  if (n_bytes < 0 || self->input_written >= self->input_bytes)
    close_fd (&self->job.in);
}

/* Returns whether no child is left, living or not. */
static gboolean
reap (Supervisor *self)
{
  int status = 0;
  pid_t pid = 0;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0) {
    if (pid != self->job.pid)
      continue;
    self->status = status;
    self->leader_ended = TRUE;
    self->drain_until = until (DRAIN_US);
  }
  return pid < 0 && errno == ECHILD;
}

static void
on_signal (Supervisor *self)
{
  struct signalfd_siginfo info = { 0 };

  while (read (self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGCHLD)
      lose_host (self);
  }
}

static void
begin_sweep (Supervisor *self)
{
  guint left = 0;

  if (self->stage >= STAGE_SWEEP)
    return;
  left = signal_descendants (SIGTERM);
  self->left_behind += left;
  enter (self, STAGE_SWEEP, SWEEP_TERM_US);
}

static void
on_stage_over (Supervisor *self)
{
  switch (self->stage) {
  case STAGE_TERM:
    signal_descendants (self->interrupt_signal);
    enter (self, STAGE_INTERRUPT, INTERRUPT_US);
    break;
  case STAGE_INTERRUPT:
  case STAGE_SWEEP:
    enter (self, STAGE_KILL, UNKILLABLE_US);
    break;
  case STAGE_KILL:
    tell_exit (self, TRUE);
    break;
  case STAGE_IDLE:
  case STAGE_RUNNING:
  case STAGE_LOST:
    self->stage_until = NEVER;
    break;
  }
}

static gboolean
pipes_are_done (const Supervisor *self, gint64 now)
{
  return (self->job.out < 0 && self->job.err < 0) || now >= self->drain_until;
}

static void
advance (Supervisor *self)
{
  gint64 now = 0;
  gboolean alone = FALSE;

  if (self->job.pid == 0)
    return;
  alone = reap (self);
  now = g_get_monotonic_time ();
  if (self->leader_ended && !alone)
    begin_sweep (self);
  if (self->leader_ended && alone && pipes_are_done (self, now)) {
    tell_exit (self, FALSE);
    return;
  }
  if (self->stage == STAGE_KILL && now >= self->kill_again) {
    kill_all (self);
    self->kill_again = until (KILL_AGAIN_US);
  }
  if (now >= self->stage_until)
    on_stage_over (self);
}

static int
poll_timeout_ms (const Supervisor *self)
{
  gint64 next = NEVER;
  gint64 wait = 0;

  if (self->job.pid != 0)
    next = MIN (MIN (self->stage_until, self->kill_again),
                self->leader_ended ? self->drain_until : NEVER);
  if (next == NEVER)
    return -1;
  wait = next - g_get_monotonic_time ();
  return wait <= 0 ? 0 : (int)MIN (wait / 1000 + 1, 60000);
}

static void
turn (Supervisor *self)
{
  gboolean may_read = self->pending->len < PENDING_MAX;
  short to_host = self->pending->len > 0 ? POLLIN | POLLOUT : POLLIN;
  struct pollfd polls[] = {
    { self->host_gone ? -1 : self->socket, to_host, 0 },
    { self->signals, POLLIN, 0 },
    { may_read ? self->job.out : -1, POLLIN, 0 },
    { may_read ? self->job.err : -1, POLLIN, 0 },
    { self->job.in, POLLOUT, 0 },
  };

  if (poll (polls, G_N_ELEMENTS (polls), poll_timeout_ms (self)) > 0) {
    if (polls[1].revents != 0)
      on_signal (self);
    if (polls[2].revents != 0)
      read_pipe (self, &self->job.out, LOCAL_FRAME_OUT);
    if (polls[3].revents != 0)
      read_pipe (self, &self->job.err, LOCAL_FRAME_ERR);
    if (polls[4].revents != 0)
      write_input (self);
    if ((polls[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
      read_socket (self);
  }
  advance (self);
  write_socket (self);
}

static int
open_signals (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGHUP);
  sigprocmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
main (int argc, char **argv)
{
  g_autoptr (GByteArray) received = g_byte_array_new ();
  g_autoptr (GByteArray) pending = g_byte_array_new ();
  Supervisor self = { .socket = LOCAL_SUPERVISOR_FD,
                      .job = { .out = -1, .err = -1, .in = -1 },
                      .stage_until = NEVER,
                      .kill_again = NEVER,
                      .drain_until = NEVER,
                      .received = received,
                      .pending = pending };
  guint64 host = 0;

  if (argc != 2 || !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXINT, &host, NULL)) {
    g_printerr ("belfry-supervisor: started by the host only\n");
    return 2;
  }
  self.signals = open_signals ();
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  prctl (PR_SET_DUMPABLE, 1);
  fcntl (self.socket, F_SETFD, FD_CLOEXEC);
  /* the host may have died before the death signal was set */
  if (getppid () != (pid_t)host)
    return 1;
  while (!self.host_gone || (self.job.pid != 0 && self.stage != STAGE_LOST))
    turn (&self);
  return 0;
}
