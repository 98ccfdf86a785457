/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child is leader of a session, so that its whole group can be ended: TERM at the deadline,
 * KILL two seconds later. Both pipes are read to their ends; only then is the result told.
 */
#include "outside/processes.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES    16384
#define KILL_AFTER_MS 2000

typedef struct {
  GSubprocess *process;
  pid_t pid;
  gsize limit;
  guint pending; /* output, errors, input, exit */
  GByteArray *collected[2];
  GSource *timer;
  GCancellable *reading;
  gulong cancelled_handler;
  gboolean timed_out;
  gboolean too_large;
  gint64 timeout_us;
  char *name;
} Run;

typedef struct {
  GTask *task;
  guint which;
} Pipe;

static void read_pipe (GInputStream *stream, Pipe *pipe);

static void
clear_timer (Run *run)
{
  if (run->timer == NULL)
    return;
  g_source_destroy (run->timer);
  g_clear_pointer (&run->timer, g_source_unref);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  clear_timer (run);
  g_clear_object (&run->process);
  g_clear_object (&run->reading);
  g_clear_pointer (&run->collected[0], g_byte_array_unref);
  g_clear_pointer (&run->collected[1], g_byte_array_unref);
  g_free (run->name);
  g_free (run);
}

static void
start_session (gpointer user_data)
{
  setsid ();
}

/* a child that was over before it could be named has no group that could be signalled */
static void
signal_group (Run *run, int signal)
{
  if (run->pid > 0)
    kill (-run->pid, signal);
}

static gboolean
on_kill_time (gpointer user_data)
{
  Run *run = user_data;

  signal_group (run, SIGKILL);
  /* whoever escaped the group may hold the pipes; the result does not wait for them */
  g_cancellable_cancel (run->reading);
  clear_timer (run);
  return G_SOURCE_REMOVE;
}

static void
set_timer (Run *run, guint64 after_ms, GSourceFunc func)
{
  clear_timer (run);
  run->timer = g_timeout_source_new (after_ms);
  g_source_set_callback (run->timer, func, run, NULL);
  g_source_attach (run->timer, g_main_context_get_thread_default ());
}

static void
end_group (Run *run)
{
  signal_group (run, SIGTERM);
  set_timer (run, KILL_AFTER_MS, on_kill_time);
}

static gboolean
on_deadline (gpointer user_data)
{
  Run *run = user_data;

  run->timed_out = TRUE;
  end_group (run);
  return G_SOURCE_REMOVE;
}

static void
return_result (GTask *task, Run *run)
{
  BelfryProcessResult *result = NULL;

  clear_timer (run);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (run->timed_out || run->too_large) {
    g_task_return_new_error (
        task, BELFRY_ERROR, run->timed_out ? BELFRY_ERROR_RETRY : BELFRY_ERROR_TOO_LARGE,
        run->timed_out ? "running '%s': it took too long" : "running '%s': it printed too much",
        run->name);
    return;
  }
  result = g_new0 (BelfryProcessResult, 1);
  result->exit_status =
      g_subprocess_get_if_exited (run->process) ? g_subprocess_get_exit_status (run->process) : -1;
  result->signal =
      g_subprocess_get_if_signaled (run->process) ? g_subprocess_get_term_sig (run->process) : 0;
  result->output = g_byte_array_free_to_bytes (g_steal_pointer (&run->collected[0]));
  result->errors = g_byte_array_free_to_bytes (g_steal_pointer (&run->collected[1]));
  g_task_return_pointer (task, result, (GDestroyNotify)belfry_process_result_free);
}

static void
part_ended (GTask *task)
{
  Run *run = g_task_get_task_data (task);

  if (--run->pending > 0)
    return;
  if (run->cancelled_handler != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), run->cancelled_handler);
  return_result (task, run);
  g_object_unref (task);
}

static void
on_pipe_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pipe *pipe = user_data;
  Run *run = g_task_get_task_data (pipe->task);
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  gsize got = bytes != NULL ? g_bytes_get_size (bytes) : 0;

  if (got == 0) {
    part_ended (pipe->task);
    g_free (pipe);
    return;
  }
  if (run->collected[0]->len + run->collected[1]->len + got <= run->limit)
    g_byte_array_append (run->collected[pipe->which], g_bytes_get_data (bytes, NULL), got);
  else if (!run->too_large) {
    run->too_large = TRUE;
    end_group (run);
  }
  read_pipe (G_INPUT_STREAM (source), pipe);
}

static void
read_pipe (GInputStream *stream, Pipe *pipe)
{
  Run *run = g_task_get_task_data (pipe->task);

  g_input_stream_read_bytes_async (stream, READ_BYTES, G_PRIORITY_DEFAULT, run->reading,
                                   on_pipe_read, pipe);
}

static void
collect (GTask *task, GInputStream *stream, guint which)
{
  Pipe *pipe = g_new0 (Pipe, 1);

  pipe->task = task;
  pipe->which = which;
  read_pipe (stream, pipe);
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  part_ended (user_data);
}

static void
on_input_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  /* a program that does not read its input is judged by its exit status, not by this */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_output_stream_close_async (G_OUTPUT_STREAM (source), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  part_ended (user_data);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  end_group (user_data);
}

static GSubprocess *
spawn (const BelfryProcess *process, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE |
                                 G_SUBPROCESS_FLAGS_STDIN_PIPE);
  static const char *const minimal[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                         NULL };

  g_subprocess_launcher_set_child_setup (launcher, start_session, NULL, NULL);
  g_subprocess_launcher_set_environ (
      launcher, (char **)(process->environment != NULL ? process->environment : minimal));
  if (process->folder != NULL)
    g_subprocess_launcher_set_cwd (launcher, process->folder);
  return g_subprocess_launcher_spawnv (launcher, process->argv, error);
}

static void
feed_input (GTask *task, Run *run, GBytes *input)
{
  GOutputStream *pipe = g_subprocess_get_stdin_pipe (run->process);
  gsize bytes = 0;
  gconstpointer data = input != NULL ? g_bytes_get_data (input, &bytes) : "";

  if (input != NULL)
    g_object_set_data_full (G_OBJECT (task), "input", g_bytes_ref (input),
                            (GDestroyNotify)g_bytes_unref);
  g_output_stream_write_all_async (pipe, data, bytes, G_PRIORITY_DEFAULT, run->reading,
                                   on_input_written, task);
}

void
belfry_processes_run (const BelfryProcess *process, GTask *task)
{
  Run *run = NULL;
  const char *identifier = NULL;
  gint64 pid = 0;
  g_autoptr (GError) local = NULL;

  /* nobody would tell a program that is started later */
  if (g_task_return_error_if_cancelled (task)) {
    g_object_unref (task);
    return;
  }
  run = g_new0 (Run, 1);
  run->process = spawn (process, &local);
  run->name = g_path_get_basename (process->argv[0]);
  run->limit = process->max_output_bytes;
  run->timeout_us = process->timeout_us;
  run->collected[0] = g_byte_array_new ();
  run->collected[1] = g_byte_array_new ();
  run->reading = g_cancellable_new ();
  g_task_set_task_data (task, run, run_free);
  if (run->process == NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "running '%s': %s",
                             run->name, local->message);
    g_object_unref (task);
    return;
  }
  identifier = g_subprocess_get_identifier (run->process);
  if (identifier != NULL && g_ascii_string_to_signed (identifier, 10, 1, G_MAXINT32, &pid, NULL))
    run->pid = (pid_t)pid;
  run->pending = 4;
  if (run->timeout_us > 0)
    set_timer (run, run->timeout_us / 1000, on_deadline);
  if (g_task_get_cancellable (task) != NULL)
    run->cancelled_handler = g_signal_connect (g_task_get_cancellable (task), "cancelled",
                                               G_CALLBACK (on_cancelled), run);
  collect (task, g_subprocess_get_stdout_pipe (run->process), 0);
  collect (task, g_subprocess_get_stderr_pipe (run->process), 1);
  feed_input (task, run, process->input);
  g_subprocess_wait_async (run->process, NULL, on_exited, task);
}
