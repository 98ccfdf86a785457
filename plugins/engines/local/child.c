/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fork, then only what is safe between fork and exec: a session of its own, default signals, the
 * three standard descriptors and no others, mask, limits, priority, folder, program. The supervisor
 * is small, so a fork of it is cheap. An error travels back through a pipe that exec closes.
 */
#include "child.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define OOM_SCORE "500"

typedef struct {
  int in[2];
  int out[2];
  int err[2];
  int fault[2];
} Pipes;

static gboolean
is_program (const char *path)
{
  struct stat info = { 0 };

  return stat (path, &info) == 0 && S_ISREG (info.st_mode);
}

/* Looks along the PATH that the process is given. A relative entry counts from its folder. */
static char *
find_program (const LocalJob *job, int *error_number)
{
  const char *path = g_environ_getenv ((char **)job->environment, "PATH");
  g_auto (GStrv) folders = NULL;

  *error_number = ENOENT;
  if (job->argv[0] == NULL || *job->argv[0] == '\0')
    return NULL;
  if (strchr (job->argv[0], '/') != NULL)
    return g_strdup (job->argv[0]);
  folders = g_strsplit (path != NULL ? path : "/usr/local/bin:/usr/bin:/bin", ":", -1);
  for (guint i = 0; folders[i] != NULL; i++) {
    g_autofree char *candidate = g_canonicalize_filename (folders[i], job->folder);
    g_autofree char *program = g_build_filename (candidate, job->argv[0], NULL);

    if (!is_program (program))
      continue;
    if (access (program, X_OK) == 0)
      return g_steal_pointer (&program);
    *error_number = EACCES;
  }
  return NULL;
}

static void
write_oom_score (void)
{
  int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, OOM_SCORE, strlen (OOM_SCORE)) < 0)
    errno = 0; /* a hint only */
  close (fd);
}

static void
reset_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (int number = 1; number < NSIG; number++)
    sigaction (number, &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* The terminal neither echoes nor adds carriage returns: what comes out is what was printed. */
static gboolean
open_terminal (Pipes *pipes)
{
  struct termios settings = { 0 };
  g_autofree char *name = NULL;
  int master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);

  pipes->out[0] = master >= 0 ? fcntl (master, F_DUPFD_CLOEXEC, 10) : -1;
  if (master >= 0)
    close (master);
  if (pipes->out[0] < 0 || grantpt (pipes->out[0]) != 0 || unlockpt (pipes->out[0]) != 0)
    return FALSE;
  name = g_malloc (PATH_MAX);
  if (ptsname_r (pipes->out[0], name, PATH_MAX) != 0)
    return FALSE;
  master = open (name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  pipes->out[1] = master >= 0 ? fcntl (master, F_DUPFD_CLOEXEC, 10) : -1;
  if (master >= 0)
    close (master);
  if (pipes->out[1] < 0 || tcgetattr (pipes->out[1], &settings) != 0)
    return FALSE;
  settings.c_lflag &= ~(tcflag_t)ECHO;
  settings.c_oflag &= ~(tcflag_t)(OPOST | ONLCR);
  return tcsetattr (pipes->out[1], TCSANOW, &settings) == 0;
}

static gboolean
place_terminal (const Pipes *pipes)
{
  return ioctl (pipes->out[1], TIOCSCTTY, 0) == 0 && dup2 (pipes->out[1], 0) >= 0 &&
         dup2 (pipes->out[1], 1) >= 0 && dup2 (pipes->out[1], 2) >= 0 &&
         dup3 (pipes->fault[1], 3, O_CLOEXEC) >= 0 && close_range (4, ~0U, 0) == 0;
}

static gboolean
place_descriptors (const Pipes *pipes)
{
  int in = pipes->in[0] >= 0 ? pipes->in[0] : open ("/dev/null", O_RDONLY | O_CLOEXEC);

  return in >= 0 && dup2 (in, 0) >= 0 && dup2 (pipes->out[1], 1) >= 0 &&
         dup2 (pipes->err[1], 2) >= 0 && dup3 (pipes->fault[1], 3, O_CLOEXEC) >= 0 &&
         close_range (4, ~0U, 0) == 0;
}

/* In the child: never returns. */
static void
give_up (int fault, int error_number)
{
  if (write (fault, &error_number, sizeof error_number) < 0)
    _exit (126); /* lint: the forked child */
  _exit (127);   /* lint: the forked child */
}

/* In the child: never returns. Pipes lie above 3, see open_pipes (). */
static void
become (const LocalJob *job, const char *program, const Pipes *pipes, pid_t supervisor)
{
  struct rlimit no_core = { 0, 0 };
  struct rlimit tasks = { (rlim_t)job->tasks_max, (rlim_t)job->tasks_max };
  gboolean placed = FALSE;
  int error_number = 0;

  setsid ();
  reset_signals ();
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != supervisor)
    _exit (127); /* lint: the forked child */
  write_oom_score ();
  umask ((mode_t)job->umask);
  setrlimit (RLIMIT_CORE, &no_core);
  if (job->tasks_max > 0)
    setrlimit (RLIMIT_NPROC, &tasks);
  if (job->nice > 0)
    setpriority (PRIO_PROCESS, 0, job->nice);
  placed = job->pty ? place_terminal (pipes) : place_descriptors (pipes);
  if (placed && chdir (job->folder) == 0) {
    execve (program, (char *const *)job->argv, (char *const *)job->environment);
    error_number = errno;
  } else
    error_number = errno | LOCAL_FAULT_OF_SYSTEM;
  give_up (3, error_number);
}

/* Started in its control group, or moved there where the kernel or a filter refuses that. */
static pid_t
fork_into (const char *cgroup, gboolean *moved)
{
  struct clone_args arguments = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
  int folder = -1;
  pid_t pid = -1;

  *moved = TRUE;
  if (cgroup == NULL || *cgroup == '\0')
    return fork ();
  folder = open (cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  arguments.cgroup = (guint64)folder;
  if (folder >= 0)
    pid = (pid_t)syscall (SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) {
    *moved = FALSE;
    pid = fork ();
  }
  if (folder >= 0 && pid != 0)
    close (folder);
  return pid;
}

static gboolean
move_into (const char *cgroup)
{
  int folder = open (cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = folder >= 0 ? openat (folder, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;

  return fd >= 0 && write (fd, "0", 1) == 1;
}

static void
close_pair (int *pair)
{
  for (int i = 0; i < 2; i++) {
    if (pair[i] >= 0)
      close (pair[i]);
    pair[i] = -1;
  }
}

static gboolean
open_pair (int *pair)
{
  int low[2] = { -1, -1 };

  if (pipe2 (low, O_CLOEXEC) != 0)
    return FALSE;
  /* out of the way of 0 to 3, which the child fills one after the other */
  for (int i = 0; i < 2; i++) {
    pair[i] = fcntl (low[i], F_DUPFD_CLOEXEC, 10);
    close (low[i]);
  }
  return pair[0] >= 0 && pair[1] >= 0;
}

static gboolean
open_pipes (const LocalJob *job, Pipes *pipes)
{
  if (job->pty)
    return open_terminal (pipes) && open_pair (pipes->fault);
  return (job->input == NULL || open_pair (pipes->in)) && open_pair (pipes->out) &&
         open_pair (pipes->err) && open_pair (pipes->fault);
}

static int
wait_for_exec (Pipes *pipes)
{
  int error_number = 0;
  ssize_t n_bytes = 0;

  close (pipes->fault[1]);
  pipes->fault[1] = -1;
  do
    n_bytes = read (pipes->fault[0], &error_number, sizeof error_number);
  while (n_bytes < 0 && errno == EINTR);
  return n_bytes == (ssize_t)sizeof error_number ? error_number : 0;
}

static int
take_end (int *fd)
{
  int taken = *fd;

  *fd = -1;
  if (taken >= 0)
    g_unix_set_fd_nonblocking (taken, TRUE, NULL);
  return taken;
}

int
local_spawn (const LocalJob *job, LocalSpawned *spawned)
{
  Pipes pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
  int error_number = 0;
  g_autofree char *program = find_program (job, &error_number);
  pid_t supervisor = getpid ();
  pid_t pid = -1;
  gboolean moved = TRUE;

  if (program == NULL)
    return error_number;
  error_number = 0;
  if (open_pipes (job, &pipes))
    pid = fork_into (job->cgroup, &moved);
  if (pid == 0) {
    errno = 0;
    if (moved || move_into (job->cgroup))
      become (job, program, &pipes, supervisor);
    give_up (pipes.fault[1], errno | LOCAL_FAULT_OF_SYSTEM);
  }
  if (pid < 0)
    error_number = errno | LOCAL_FAULT_OF_SYSTEM;
  else
    error_number = wait_for_exec (&pipes);
  if (error_number == 0) {
    spawned->pid = pid;
    spawned->in = job->pty && job->input != NULL ? fcntl (pipes.out[0], F_DUPFD_CLOEXEC, 10)
                                                 : take_end (&pipes.in[1]);
    spawned->out = take_end (&pipes.out[0]);
    spawned->err = take_end (&pipes.err[0]);
  }
  close_pair (pipes.in);
  close_pair (pipes.out);
  close_pair (pipes.err);
  close_pair (pipes.fault);
  return error_number;
}
