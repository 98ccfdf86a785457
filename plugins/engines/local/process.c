/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's side of a supervisor. Each slot keeps the one of its last build: nothing of that build
 * is left below it when its last process has been told of, so the next build may have it, and
 * starting one is no part of a build's time. One that misbehaves, or has been idle for a while, is
 * closed, and ends.
 */
#include "local.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_US  (30 * G_USEC_PER_SEC)
#define READ_MAX (8 * LOCAL_CHUNK_BYTES)

struct _LocalSupervisor {
  Local *local;
  int socket;
  GPid pid;
  guint read_id;
  guint write_id;
  guint watch_id;
  GByteArray *received;
  GByteArray *pending;
  LocalRun *run; /* (nullable) whose process it runs */
  gint64 idle_since;
  gboolean paused;
  gboolean broken;
};

static gboolean on_readable (int fd, GIOCondition condition, gpointer data);

static void
supervisor_free (LocalSupervisor *self)
{
  g_clear_handle_id (&self->read_id, g_source_remove);
  g_clear_handle_id (&self->write_id, g_source_remove);
  if (self->socket >= 0)
    close (self->socket);
  g_byte_array_unref (self->received);
  g_byte_array_unref (self->pending);
  g_free (self);
}

/* It was told of nothing: whatever its process has left is found by the token. */
static void
lose (LocalSupervisor *self)
{
  LocalRun *run = g_steal_pointer (&self->run);

  self->broken = TRUE;
  g_clear_handle_id (&self->read_id, g_source_remove);
  g_clear_handle_id (&self->write_id, g_source_remove);
  if (self->socket >= 0)
    close (self->socket);
  self->socket = -1;
  if (run != NULL)
    local_run_on_exit (run, NULL, 0);
}

/* Nobody may go on pointing to it. */
static void
forget (LocalSupervisor *self)
{
  Local *local = self->local;
  GHashTableIter iter;
  gpointer slots = NULL;

  for (guint i = 0; i < local->builds->len; i++) {
    LocalBuild *build = g_ptr_array_index (local->builds, i);

    if (build->supervisor == self)
      build->supervisor = NULL;
  }
  g_hash_table_iter_init (&iter, local->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slots))
    g_ptr_array_remove_fast (((LocalSlots *)slots)->spare, self);
}

static void
on_supervisor_ended (GPid pid, int status, gpointer data)
{
  LocalSupervisor *self = data;
  Local *local = self->local;

  (void)status;
  g_spawn_close_pid (pid);
  self->watch_id = 0;
  lose (self);
  forget (self);
  g_ptr_array_remove_fast (local->supervisors, self);
  local_stop_step (local);
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer data)
{
  LocalSupervisor *self = data;
  ssize_t n_bytes = send (fd, self->pending->data, self->pending->len, MSG_DONTWAIT | MSG_NOSIGNAL);

  (void)condition;
  if (n_bytes > 0)
    g_byte_array_remove_range (self->pending, 0, (guint)n_bytes);
  else if (errno != EAGAIN && errno != EINTR) {
    self->write_id = 0;
    lose (self);
    return G_SOURCE_REMOVE;
  }
  if (self->pending->len > 0)
    return G_SOURCE_CONTINUE;
  self->write_id = 0;
  return G_SOURCE_REMOVE;
}

static void
flush (LocalSupervisor *self)
{
  if (self->socket < 0 || self->write_id != 0 || self->pending->len == 0)
    return;
  if (on_writable (self->socket, G_IO_OUT, self) == G_SOURCE_CONTINUE)
    self->write_id = g_unix_fd_add (self->socket, G_IO_OUT, on_writable, self);
}

static void
on_exit_frame (LocalSupervisor *self, GBytes *payload)
{
  LocalRun *run = g_steal_pointer (&self->run);
  LocalExit ended = { 0 };

  if (run == NULL || !local_frame_parse_exit (payload, &ended)) {
    self->run = run;
    lose (self);
    return;
  }
  if (ended.unkillable)
    self->broken = TRUE;
  local_run_on_exit (run, &ended, 0);
}

static void
on_started_frame (LocalSupervisor *self, GBytes *payload)
{
  int error_number = 0;
  LocalRun *run = self->run;

  if (!local_frame_parse_started (payload, &error_number)) {
    lose (self);
    return;
  }
  if (error_number == 0 || run == NULL)
    return;
  self->run = NULL;
  local_run_on_exit (run, NULL, error_number);
}

static void
on_frame (LocalSupervisor *self, LocalFrameType type, GBytes *payload)
{
  gsize n_bytes = 0;
  const char *bytes = g_bytes_get_data (payload, &n_bytes);

  switch (type) {
  case LOCAL_FRAME_OUT:
  case LOCAL_FRAME_ERR:
    if (self->run != NULL)
      local_run_on_output (self->run, type == LOCAL_FRAME_OUT ? LOCAL_STREAM_OUT : LOCAL_STREAM_ERR,
                           bytes, n_bytes);
    break;
  case LOCAL_FRAME_STARTED:
    on_started_frame (self, payload);
    break;
  case LOCAL_FRAME_EXITED:
    on_exit_frame (self, payload);
    break;
  case LOCAL_FRAME_START:
  case LOCAL_FRAME_END:
    lose (self);
    break;
  }
}

static void
read_frames (LocalSupervisor *self)
{
  LocalFrameType type = 0;
  GBytes *payload = NULL;
  gboolean broken = FALSE;

  while (self->socket >= 0 && local_frame_next (self->received, &type, &payload, &broken)) {
    on_frame (self, type, payload);
    g_bytes_unref (payload);
  }
  if (broken)
    lose (self);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  LocalSupervisor *self = data;
  guint8 chunk[READ_MAX];
  ssize_t n_bytes = recv (fd, chunk, sizeof chunk, MSG_DONTWAIT);
  guint id = self->read_id;

  (void)condition;
  if (n_bytes < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (n_bytes <= 0) {
    self->read_id = 0;
    lose (self);
    return G_SOURCE_REMOVE;
  }
  g_byte_array_append (self->received, chunk, (guint)n_bytes);
  read_frames (self);
  /* pausing or losing it has removed this source already */
  return self->read_id == id ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Only what the supervisor needs to exist: its socket, an empty input, our standard error. */
static gboolean
spawn_helper (
    LocalSupervisor *self, const char *helper, const char *token, int socket, GError **error)
{
  g_autofree char *host = g_strdup_printf ("%d", (int)getpid ());
  g_autofree char *entry = g_strdup_printf ("%s=%s", LOCAL_TOKEN_VARIABLE, token);
  const char *argv[] = { helper, host, NULL };
  const char *environment[] = { entry, "LC_ALL=C.UTF-8", NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all;
  sigset_t none;
  int number = 0;

  sigfillset (&all);
  sigemptyset (&none);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, socket, LOCAL_SUPERVISOR_FD);
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np (&actions, LOCAL_SUPERVISOR_FD + 1);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes,
                            POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setsigdefault (&attributes, &all);
  posix_spawnattr_setsigmask (&attributes, &none);
  number =
      posix_spawn (&self->pid, helper, &actions, &attributes, (char **)argv, (char **)environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  if (number == 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "starting '%s': %s", helper,
               g_strerror (number));
  return FALSE;
}

/* dup2 onto itself would leave the close-on-exec flag set. */
static gboolean
open_sockets (int *pair, GError **error)
{
  int low[2] = { -1, -1 };

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "opening a socket pair: %s",
                 g_strerror (errno));
    return FALSE;
  }
  for (int i = 0; i < 2; i++) {
    pair[i] = fcntl (low[i], F_DUPFD_CLOEXEC, 10);
    close (low[i]);
  }
  return pair[0] >= 0 && pair[1] >= 0;
}

static LocalSupervisor *
supervisor_new (Local *local, GError **error)
{
  LocalSupervisor *self = g_new0 (LocalSupervisor, 1);
  g_autofree char *token = g_strdup_printf ("%s.%u", local->token, local->n_supervisors++);
  int pair[2] = { -1, -1 };
  gboolean started = FALSE;

  self->local = local;
  self->socket = -1;
  self->received = g_byte_array_new ();
  self->pending = g_byte_array_new ();
  if (open_sockets (pair, error)) {
    started = spawn_helper (self, local->helper, token, pair[1], error);
    close (pair[1]);
    self->socket = pair[0];
  }
  if (!started) {
    supervisor_free (self);
    return NULL;
  }
  self->read_id = g_unix_fd_add (self->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, self);
  self->watch_id = g_child_watch_add (self->pid, on_supervisor_ended, self);
  g_ptr_array_add (local->supervisors, self);
  return self;
}

gboolean
local_supervisor_is_ready (const LocalSupervisor *self)
{
  return self != NULL && !self->broken && self->socket >= 0 && self->run == NULL;
}

pid_t
local_supervisor_pid (const LocalSupervisor *self)
{
  return self->pid;
}

/* (transfer none): lives in Local.supervisors until it has ended */
LocalSupervisor *
local_supervisor_take (Local *local, LocalSlots *slots, GError **error)
{
  while (slots->spare->len > 0) {
    LocalSupervisor *self = g_ptr_array_steal_index_fast (slots->spare, slots->spare->len - 1);

    if (local_supervisor_is_ready (self))
      return self;
    local_supervisor_close (self);
  }
  return supervisor_new (local, error);
}

void
local_supervisor_give_back (LocalSupervisor *self, LocalSlots *slots)
{
  if (self == NULL)
    return;
  if (!local_supervisor_is_ready (self) || self->local->stopping) {
    local_supervisor_close (self);
    return;
  }
  local_supervisor_set_paused (self, FALSE);
  self->idle_since = g_get_monotonic_time ();
  g_ptr_array_add (slots->spare, self);
}

/* The end of its socket ends it, and all below it. */
void
local_supervisor_close (LocalSupervisor *self)
{
  self->run = NULL;
  lose (self);
}

void
local_supervisor_start (LocalSupervisor *self, const LocalJob *job, LocalRun *run)
{
  self->run = run;
  local_supervisor_set_paused (self, FALSE);
  local_frame_append_job (self->pending, job);
  flush (self);
}

void
local_supervisor_end (LocalSupervisor *self, gint64 sigterm_us, int signal)
{
  if (self->run == NULL || self->socket < 0)
    return;
  local_frame_append_end (self->pending, sigterm_us, signal);
  flush (self);
}

/* Back pressure: what is not read fills the supervisor's buffer, then the pipes. */
void
local_supervisor_set_paused (LocalSupervisor *self, gboolean paused)
{
  if (self->paused == paused || self->socket < 0)
    return;
  self->paused = paused;
  if (paused) {
    g_clear_handle_id (&self->read_id, g_source_remove);
    return;
  }
  self->read_id = g_unix_fd_add (self->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, self);
}

static void
trim_slots (LocalSlots *slots, gint64 now)
{
  for (guint i = slots->spare->len; i > 0; i--) {
    LocalSupervisor *self = g_ptr_array_index (slots->spare, i - 1);

    if (local_supervisor_is_ready (self) && now - self->idle_since < IDLE_US)
      continue;
    g_ptr_array_remove_index_fast (slots->spare, i - 1);
    local_supervisor_close (self);
  }
}

void
local_supervisors_trim (Local *local)
{
  GHashTableIter iter;
  gpointer slots = NULL;

  g_hash_table_iter_init (&iter, local->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slots))
    trim_slots (slots, local->stopping ? G_MAXINT64 : g_get_monotonic_time ());
}

void
local_supervisor_free (gpointer data)
{
  LocalSupervisor *self = data;

  g_clear_handle_id (&self->watch_id, g_source_remove);
  supervisor_free (self);
}
