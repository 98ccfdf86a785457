/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a plugin's process: started from the running program itself with one end of a pair of
 * sockets and nothing else, ended by closing that and by SIGKILL, told of when it ends otherwise,
 * and started again: at once the first time, then after 1, 2, 4… seconds, 5 minutes at most. Who
 * has run for a minute begins anew.
 */
#include "isolated-private.h"

#include "plugin-host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_US      (10 * G_TIME_SPAN_SECOND)
#define START_TIMEOUT_US (30 * G_TIME_SPAN_SECOND)
#define STOP_TIMEOUT_US  (10 * G_TIME_SPAN_SECOND)
#define GOOD_LIFE_US     (60 * G_TIME_SPAN_SECOND)
#define MAX_WAIT_S       300
#define MAX_OUTGOING     1000
#define GRACE_MS         500
/* calls outlast a pause of this length */
#define SHORT_WAIT_S 2

static void spawn (BelfryIsolated *self);

const char *
belfry_isolated_get_kind (BelfryIsolated *self)
{
  return belfry_kind_get_name (self->blueprint->kind);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* the file that the descriptor was read from */
static char *
dup_path (const BelfryPlugin *plugin)
{
  Dl_info info = { NULL };

  return dladdr (plugin, &info) != 0 ? g_canonicalize_filename (info.dli_fname, NULL) : NULL;
}

BelfryIsolated *
belfry_isolated_new (const BelfryBlueprint *blueprint,
                     BelfryInstance *instance,
                     const BelfryIsolatedSettings *settings)
{
  BelfryIsolated *self = g_new0 (BelfryIsolated, 1);

  g_atomic_ref_count_init (&self->refs);
  self->blueprint = blueprint;
  self->instance = belfry_instance_ref (instance);
  self->program = g_strdup (settings->program != NULL ? settings->program : "/proc/self/exe");
  self->path = dup_path (blueprint->plugin);
  self->patience_us = settings->patience_us > 0 ? settings->patience_us : PATIENCE_US;
  self->alert = settings->alert;
  self->alert_data = settings->alert_data;
  self->socket = -1;
  self->pauses[FALSE] = 5 * G_TIME_SPAN_SECOND;
  self->calls = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->served = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                          (GDestroyNotify)belfry_session_unref);
  belfry_isolated_make_descriptor (self);
  return self;
}

BelfryIsolated *
belfry_isolated_ref (BelfryIsolated *self)
{
  if (self != NULL)
    g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_isolated_unref (BelfryIsolated *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->calls);
  g_hash_table_unref (self->served);
  g_hash_table_unref (self->sessions);
  g_clear_object (&self->process);
  belfry_instance_unref (self->instance);
  g_free (self->program);
  g_free (self->path);
  g_free (self->reason);
  g_free (self->trouble);
  g_free (self);
}

gconstpointer
belfry_isolated_get_plugin (BelfryIsolated *self)
{
  return &self->descriptor;
}

JsonObject *
belfry_isolated_describe (BelfryIsolated *self)
{
  JsonObject *object = json_object_new ();
  const char *pid = self->process != NULL ? g_subprocess_get_identifier (self->process) : NULL;

  if (pid != NULL)
    json_object_set_string_member (object, "pid", pid);
  json_object_set_int_member (object, "restarts", self->restarts);
  json_object_set_boolean_member (object, "running", self->state == BELFRY_ISOLATED_RUNNING);
  if (self->trouble != NULL)
    json_object_set_string_member (object, "trouble", self->trouble);
  return object;
}

/* the socket */

static void
hang_up (BelfryIsolated *self)
{
  clear_source (&self->input);
  clear_source (&self->output);
  g_queue_clear_full (&self->outgoing, (GDestroyNotify)belfry_packet_free);
  if (self->socket >= 0)
    close (self->socket);
  self->socket = -1;
}

static void
leave (BelfryIsolated *self)
{
  hang_up (self);
  belfry_isolated_drop_served (self);
  if (self->state != BELFRY_ISOLATED_STOPPED)
    self->state = BELFRY_ISOLATED_ENDING;
}

static void
kill_process (BelfryIsolated *self)
{
  self->was_killed = TRUE;
  g_subprocess_force_exit (self->process);
}

void
belfry_isolated_end (BelfryIsolated *self, const char *format, ...)
{
  va_list arguments;

  if (self->socket < 0)
    return;
  va_start (arguments, format);
  g_free (self->reason);
  self->reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  leave (self);
  kill_process (self);
}

static gboolean
on_grace_over (gpointer data)
{
  BelfryIsolated *self = data;

  clear_source (&self->grace);
  self->reason = g_strdup ("closed its connection");
  kill_process (self);
  return G_SOURCE_REMOVE;
}

/* who is ending says by his exit why; who is not, is ended */
static void
wait_for_exit (BelfryIsolated *self)
{
  leave (self);
  self->grace = g_timeout_source_new (GRACE_MS);
  g_source_set_callback (self->grace, on_grace_over, self, NULL);
  g_source_attach (self->grace, NULL);
}

static gboolean
send_outgoing (BelfryIsolated *self)
{
  while (g_queue_get_length (&self->outgoing) > 0) {
    g_autoptr (GError) local = NULL;

    if (!belfry_packet_send (g_queue_peek_head (&self->outgoing), self->socket, &local)) {
      /* who is gone is told of by the end of what it says */
      return g_error_matches (local, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    }
    belfry_packet_free (g_queue_pop_head (&self->outgoing));
  }
  return FALSE;
}

static gboolean
on_writable (int socket, GIOCondition condition, gpointer data)
{
  BelfryIsolated *self = data;

  if (send_outgoing (self))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->output, g_source_unref);
  return G_SOURCE_REMOVE;
}

void
belfry_isolated_send (BelfryIsolated *self, JsonObject *head, GBytes *body)
{
  g_autoptr (JsonObject) owned = head;
  g_autoptr (GError) local = NULL;
  BelfryPacket *packet = NULL;

  if (self->socket < 0)
    return;
  packet = belfry_packet_new (head, body, &local);
  if (packet == NULL) {
    belfry_isolated_end (self, "could not be told: %s", local->message);
    return;
  }
  g_queue_push_tail (&self->outgoing, packet);
  if (g_queue_get_length (&self->outgoing) > MAX_OUTGOING)
    belfry_isolated_end (self, "does not read what it is told");
  else if (self->output == NULL && send_outgoing (self)) {
    self->output = g_unix_fd_source_new (self->socket, G_IO_OUT);
    g_source_set_callback (self->output, G_SOURCE_FUNC (on_writable), self, NULL);
    g_source_attach (self->output, NULL);
  }
}

static void
take_frame (BelfryIsolated *self, BelfryFrame *frame)
{
  gint64 answer = belfry_json_get_integer (frame->head, "answer", 0);
  gint64 pong = belfry_json_get_integer (frame->head, "pong", 0);

  if (answer > 0)
    belfry_isolated_answered (self, answer, frame);
  else if (pong > 0)
    self->pulse_seen = self->pulse_sent;
  else
    belfry_isolated_serve (self, frame);
}

static gboolean
on_readable (int socket, GIOCondition condition, gpointer data)
{
  BelfryIsolated *self = data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryFrame) frame = belfry_frame_receive (socket, BELFRY_FRAME_FROM_CHILD, &local);

  if (frame != NULL)
    take_frame (self, frame);
  else if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
           g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    wait_for_exit (self);
  else if (!g_error_matches (local, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    belfry_isolated_end (self, "said what cannot be understood: %s", local->message);
  return self->input != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* its end */

/* a process that was killed for a reason says nothing of its own */
static char *
dup_end (BelfryIsolated *self)
{
  const char *guilty = belfry_isolated_get_guilty (self);
  g_autofree char *where = guilty != NULL ? g_strdup_printf (" in %s", guilty) : g_strdup ("");
  int number = 0;

  if (self->process != NULL && g_subprocess_get_if_signaled (self->process))
    number = g_subprocess_get_term_sig (self->process);
  if (number != 0 && !self->was_killed)
    return g_strdup_printf ("it ended by signal %d (%s)%s", number, g_strsignal (number), where);
  if (self->reason != NULL)
    return g_strdup_printf ("it %s%s", self->reason, where);
  if (self->process != NULL && g_subprocess_get_if_exited (self->process))
    return g_strdup_printf ("it ended with %d%s", g_subprocess_get_exit_status (self->process),
                            where);
  return g_strdup_printf ("it was killed%s", where);
}

static gboolean
on_restart (gpointer data)
{
  BelfryIsolated *self = data;

  clear_source (&self->restart);
  self->restarts++;
  spawn (self);
  return G_SOURCE_REMOVE;
}

static void
tell_alert (BelfryIsolated *self, const char *reason)
{
  if (self->alert != NULL)
    self->alert (reason, self->alert_data);
}

static guint
get_wait_s (BelfryIsolated *self)
{
  if (self->up_since_us > 0 && g_get_monotonic_time () - self->up_since_us >= GOOD_LIFE_US) {
    self->failures = 0;
    tell_alert (self, NULL);
  }
  self->failures++;
  return self->failures == 1 ? 0 : MIN (1u << MIN (self->failures - 2, 10), MAX_WAIT_S);
}

/* the state says `starting` through a short pause, so that calls wait instead of failing */
static void
start_again (BelfryIsolated *self, const char *end)
{
  guint wait_s = get_wait_s (self);
  gboolean is_short = wait_s <= SHORT_WAIT_S;

  g_free (self->trouble);
  self->trouble = g_strdup_printf ("its process is started again: %s", end);
  belfry_instance_log (self->instance, G_LOG_LEVEL_WARNING,
                       "its process is gone: %s; it is started again in %u s", end, wait_s);
  if (!is_short)
    tell_alert (self, end);
  self->state = is_short ? BELFRY_ISOLATED_STARTING : BELFRY_ISOLATED_WAITING;
  belfry_isolated_drop_calls (self, is_short, end);
  self->restart = g_timeout_source_new (wait_s * 1000);
  g_source_set_callback (self->restart, on_restart, self, NULL);
  g_source_attach (self->restart, NULL);
}

static void
return_stopped (BelfryIsolated *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->stopping);

  belfry_isolated_drop_calls (self, FALSE, "the instance stops");
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
refuse_start (BelfryIsolated *self, const char *end)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);

  self->state = BELFRY_ISOLATED_IDLE;
  belfry_isolated_drop_calls (self, FALSE, end);
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                           "starting it in a process of its own: %s", end);
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BelfryIsolated) self = data;
  g_autofree char *end = NULL;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  hang_up (self);
  clear_source (&self->grace);
  belfry_isolated_drop_served (self);
  end = dup_end (self);
  g_clear_object (&self->process);
  g_clear_pointer (&self->reason, g_free);
  if (self->stopping != NULL)
    self->state = BELFRY_ISOLATED_STOPPED;
  if (self->state == BELFRY_ISOLATED_STOPPED)
    return_stopped (self);
  else if (self->starting != NULL)
    refuse_start (self, end);
  else
    start_again (self, end);
}

/* its beginning */

static void
on_pauses (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  g_autoptr (BelfryIsolated) self = data;

  if (result == NULL)
    return;
  self->pauses[TRUE] = belfry_json_get_integer (result, "pause_took", self->pauses[TRUE]);
  self->pauses[FALSE] = belfry_json_get_integer (result, "pause_refused", self->pauses[FALSE]);
}

static void
ask_pauses (BelfryIsolated *self)
{
  BelfryCallSpec spec = { .what = "pauses", .head = json_object_new (), .is_pure = TRUE };

  belfry_isolated_call (self, &spec, on_pauses, belfry_isolated_ref (self));
}

static void
on_begun (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  g_autoptr (BelfryIsolated) self = data;
  g_autoptr (GTask) task = NULL;

  if (error != NULL) {
    /* what it says itself is what its start says; else its end says more */
    if (self->starting != NULL && error->code != BELFRY_ERROR_RETRY) {
      task = g_steal_pointer (&self->starting);
      self->state = BELFRY_ISOLATED_STOPPED;
      belfry_isolated_end (self, "did not start");
      g_task_return_error (task, g_error_copy (error));
    } else
      belfry_isolated_end (self, "did not start: %s", error->message);
    return;
  }
  self->state = BELFRY_ISOLATED_RUNNING;
  self->up_since_us = g_get_monotonic_time ();
  g_clear_pointer (&self->trouble, g_free);
  task = g_steal_pointer (&self->starting);
  if (task != NULL) {
    tell_alert (self, NULL);
    g_task_return_boolean (task, TRUE);
  }
  if (self->blueprint->kind == BELFRY_KIND_REPORTER && self->descriptor.reporter.get_pause != NULL)
    ask_pauses (self);
  belfry_isolated_send_waiting (self);
}

/* what a program of ours needs, and a sanitizer, and nothing else of the host's */
static char **
make_environment (void)
{
  static const char *const kept[] = { "ASAN_OPTIONS",      "BELFRY_DATA_DIR", "BELFRY_HELPER_DIR",
                                      "BELFRY_LOCALE_DIR", "LD_LIBRARY_PATH", "TZ",
                                      "UBSAN_OPTIONS" };
  char **environment = g_strdupv ((char **)(const char *const[]){
      "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL });

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    if (g_getenv (kept[i]) != NULL)
      environment = g_environ_setenv (environment, kept[i], g_getenv (kept[i]), TRUE);
  return environment;
}

/* what it prints is nobody's, unless somebody looks for it: BELFRY_ISOLATION_ERRORS in the
 * environment leaves it the host's standard error */
static gboolean
start_process (BelfryIsolated *self, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
      (g_getenv ("BELFRY_ISOLATION_ERRORS") != NULL ? 0 : G_SUBPROCESS_FLAGS_STDERR_SILENCE));
  g_auto (GStrv) environment = make_environment ();
  int sockets[2] = { -1, -1 };

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "making a pair of sockets: %s",
                 g_strerror (errno));
    return FALSE;
  }
  g_unix_set_fd_nonblocking (sockets[0], TRUE, NULL);
  g_subprocess_launcher_take_fd (launcher, sockets[1], BELFRY_PLUGIN_HOST_SOCKET);
  g_subprocess_launcher_set_environ (launcher, environment);
  self->process = g_subprocess_launcher_spawn (launcher, error, self->program, "plugin-host", NULL);
  if (self->process == NULL)
    close (sockets[0]);
  else
    self->socket = sockets[0];
  return self->process != NULL;
}

static void
spawn (BelfryIsolated *self)
{
  BelfryCallSpec spec = { .what = "start", .timeout_us = START_TIMEOUT_US, .is_first = TRUE };
  g_autoptr (GError) local = NULL;

  self->state = BELFRY_ISOLATED_STARTING;
  self->generation++;
  self->was_killed = FALSE;
  if (!start_process (self, &local)) {
    if (self->starting != NULL)
      refuse_start (self, local->message);
    else
      start_again (self, local->message);
    return;
  }
  g_subprocess_wait_async (self->process, NULL, on_exited, belfry_isolated_ref (self));
  self->input = g_unix_fd_source_new (self->socket, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (self->input, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->input, NULL);
  spec.head = belfry_isolated_make_beginning (self);
  belfry_isolated_call (self, &spec, on_begun, belfry_isolated_ref (self));
}

void
belfry_isolated_start (gpointer isolated, BelfryInstance *instance, GTask *task)
{
  BelfryIsolated *self = isolated;

  self->starting = task;
  spawn (self);
}

static void
on_stopped (JsonObject *result, GBytes *body, const GError *error, gpointer data)
{
  g_autoptr (BelfryIsolated) self = data;

  self->state = BELFRY_ISOLATED_STOPPED;
  if (self->process == NULL)
    return_stopped (self);
  else
    belfry_isolated_end (self, "stops");
}

void
belfry_isolated_stop (gpointer isolated, GTask *task)
{
  BelfryIsolated *self = isolated;
  BelfryCallSpec spec = { .what = "stop", .timeout_us = STOP_TIMEOUT_US };

  self->stopping = task;
  clear_source (&self->restart);
  if (self->state == BELFRY_ISOLATED_RUNNING) {
    spec.head = json_object_new ();
    belfry_isolated_call (self, &spec, on_stopped, belfry_isolated_ref (self));
  } else
    on_stopped (NULL, NULL, NULL, belfry_isolated_ref (self));
}
