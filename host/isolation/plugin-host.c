/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames in, calls, frames out. The first frame says which plugin, with which section and secrets;
 * before the plugin is opened the process gives up what it does not need. One thread: a call that
 * blocks holds up all others, and the host ends a process that holds them up too long.
 */
#include "plugin-host-private.h"

#include "hooks/hook-keys.h"
#include "languages/languages.h"
#include "loader/loader.h"
#include "sandbox.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static BelfryChild *the_child; /* for messages of GLib, which come without a context */

void
belfry_child_send (BelfryChild *self, JsonObject *head, GBytes *body)
{
  g_autoptr (JsonObject) owned = head;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryPacket) packet = belfry_packet_new (head, body, &local);

  if (packet == NULL || !belfry_packet_send (packet, self->socket, &local))
    _exit (1); /* nobody is left to be told */
}

void
belfry_child_answer (BelfryChild *self, gint64 id, JsonObject *result, GBytes *body)
{
  JsonObject *head = json_object_new ();

  g_hash_table_remove (self->calls, &id);
  json_object_set_int_member (head, "answer", id);
  json_object_set_object_member (head, "result", result != NULL ? result : json_object_new ());
  belfry_child_send (self, head, body);
}

void
belfry_child_answer_error (BelfryChild *self, gint64 id, const GError *error)
{
  JsonObject *head = json_object_new ();

  g_hash_table_remove (self->calls, &id);
  json_object_set_int_member (head, "answer", id);
  belfry_wire_set_error (head, error);
  belfry_child_send (self, head, NULL);
}

/* frames */

static void
answer_ping (BelfryChild *self, gint64 number)
{
  JsonObject *head = json_object_new ();

  json_object_set_int_member (head, "pong", number);
  belfry_child_send (self, head, NULL);
}

static void
take_call (BelfryChild *self, gint64 id, BelfryFrame *frame)
{
  const char *what = belfry_json_get_text (frame->head, "what");
  g_autoptr (GError) local = NULL;

  g_hash_table_insert (self->calls, g_memdup2 (&id, sizeof id), g_cancellable_new ());
  if (what != NULL && belfry_child_call (self, what, id, frame))
    return;
  local = g_error_new (BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "the plugin has no '%s'",
                       what != NULL ? what : "");
  belfry_child_answer_error (self, id, local);
}

static void
take_frame (BelfryChild *self, BelfryFrame *frame)
{
  gint64 call = belfry_json_get_integer (frame->head, "call", 0);
  gint64 reply = belfry_json_get_integer (frame->head, "reply", 0);
  gint64 cancel = belfry_json_get_integer (frame->head, "cancel", 0);
  gint64 ping = belfry_json_get_integer (frame->head, "ping", 0);
  GCancellable *cancellable = cancel > 0 ? g_hash_table_lookup (self->calls, &cancel) : NULL;

  if (call > 0)
    take_call (self, call, frame);
  else if (reply > 0)
    belfry_child_replied (self, reply, frame);
  else if (ping > 0)
    answer_ping (self, ping);
  else if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
}

static void
take_held (BelfryChild *self)
{
  BelfryFrame *held = NULL;

  while ((held = g_queue_pop_head (&self->held)) != NULL) {
    g_autoptr (BelfryFrame) frame = held;

    take_frame (self, frame);
  }
}

static gboolean
on_frame (int socket, GIOCondition condition, gpointer data)
{
  BelfryChild *self = data;
  GPollFD ready = { socket, G_IO_IN, 0 };
  g_autoptr (BelfryFrame) frame = NULL;

  take_held (self);
  /* whoever waited for an answer may have taken what woke this up */
  if (g_poll (&ready, 1, 0) <= 0)
    return G_SOURCE_CONTINUE;
  frame = belfry_frame_receive (socket, BELFRY_FRAME_FROM_HOST, NULL);
  if (frame == NULL)
    _exit (0); /* the host is gone, or does not want this any more */
  take_frame (self, frame);
  take_held (self);
  if (self->is_over)
    g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_held (gpointer data)
{
  take_held (data);
  return G_SOURCE_REMOVE;
}

BelfryFrame *
belfry_child_ask (BelfryChild *self, JsonObject *head, GBytes *body)
{
  gint64 id = ++self->last_op;
  BelfryFrame *frame = NULL;

  json_object_set_int_member (head, "op", id);
  belfry_child_send (self, head, body);
  while ((frame = belfry_frame_receive (self->socket, BELFRY_FRAME_FROM_HOST, NULL)) != NULL) {
    if (belfry_json_get_integer (frame->head, "reply", 0) == id)
      return frame;
    /* who waits for the host is not dead */
    if (json_object_has_member (frame->head, "ping")) {
      answer_ping (self, belfry_json_get_integer (frame->head, "ping", 0));
      belfry_frame_free (frame);
      continue;
    }
    if (g_queue_is_empty (&self->held))
      g_idle_add (on_held, self);
    g_queue_push_tail (&self->held, frame);
  }
  _exit (0);
}

/* GLib's own messages become the instance's */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_strcmp0 (fields[i].key, "MESSAGE") == 0 && fields[i].length < 0)
      belfry_child_get_ops ()->log (the_child->instance, level & G_LOG_LEVEL_MASK, fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* the beginning */

typedef struct {
  BelfrySecret *secret;
  JsonArray *all;
  guint next;
} Resolving;

/* the host sends the values in the order in which the same table is walked there */
static void
resolve_secret (gpointer secret, gpointer data)
{
  Resolving *resolving = data;
  JsonArray *values =
      resolving->all != NULL && resolving->next < json_array_get_length (resolving->all)
          ? json_array_get_array_element (resolving->all, resolving->next)
          : NULL;

  resolving->next++;
  for (guint i = 0;
       values != NULL && i < json_array_get_length (values) && i < belfry_secret_get_count (secret);
       i++)
    belfry_secret_resolve (secret, i, json_array_get_string_element (values, i));
}

static gboolean
read_options (BelfryChild *self, JsonObject *head, GError **error)
{
  const BelfryOptionTable table = { self->plugin->options, self->plugin->option_size };
  g_autoptr (GHashTable) consumed = g_hash_table_new (NULL, NULL);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  Resolving resolving = { NULL, belfry_json_get_array (head, "secrets"), 0 };

  self->state = g_malloc0 (MAX (self->plugin->instance_size, 1));
  if (self->plugin->options == NULL)
    return TRUE;
  belfry_option_table_read (&table, self->section, self->state, consumed, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = NULL;

    if (problem->severity != BELFRY_SEVERITY_ERROR)
      continue;
    text = belfry_problem_to_text (problem);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "in its own process: %s", text);
    return FALSE;
  }
  belfry_option_table_visit_secrets (&table, self->state, resolve_secret, &resolving);
  return TRUE;
}

static gboolean
open_plugin (BelfryChild *self, JsonObject *head, GError **error)
{
  g_auto (GStrv) readable = belfry_wire_read_texts (belfry_json_get_array (head, "readable"));
  const BelfrySandbox sandbox = {
    .needs = (guint)belfry_json_get_integer (head, "needs", 0),
    .memory_max = belfry_json_get_integer (head, "memory_max", 0),
    .readable = (const char *const *)readable,
  };
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);

  belfry_languages_load ();
  if (!belfry_sandbox_enter (&sandbox, error))
    return FALSE;
  self->plugin = belfry_loader_load_file (loader, belfry_json_get_text (head, "path"), error);
  return self->plugin != NULL && belfry_sandbox_close (&sandbox, error);
}

static gboolean
prepare (BelfryChild *self, JsonObject *head, GError **error)
{
  self->section = belfry_wire_read_section (belfry_json_get_object (head, "section"));
  self->values = json_object_ref (belfry_json_get_object (head, "values"));
  if (!open_plugin (self, head, error) || !read_options (self, head, error))
    return FALSE;
  if (self->plugin->kind == BELFRY_KIND_HOOK)
    self->hook = belfry_hook_describe ((const BelfryHook *)self->plugin, self->state);
  self->instance = belfry_instance_new (self->section->kind, self->section->name, self->state,
                                        belfry_child_get_ops (), self);
  return TRUE;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  BelfryChild *self = data;
  g_autoptr (GError) local = NULL;
  gint64 id = (gint64)(gsize)g_task_get_task_data (G_TASK (result));

  if (g_task_propagate_boolean (G_TASK (result), &local))
    belfry_child_answer (self, id, NULL, NULL);
  else
    belfry_child_answer_error (self, id, local);
}

static gboolean
begin (BelfryChild *self)
{
  g_autoptr (BelfryFrame) frame = belfry_frame_receive (self->socket, BELFRY_FRAME_FROM_HOST, NULL);
  g_autoptr (GError) local = NULL;
  gint64 id = frame != NULL ? belfry_json_get_integer (frame->head, "call", 0) : 0;
  GTask *task = NULL;

  if (frame == NULL)
    return FALSE;
  if (!prepare (self, frame->head, &local)) {
    belfry_child_answer_error (self, id, local);
    return FALSE;
  }
  g_log_set_writer_func (write_log, NULL, NULL);
  task = g_task_new (NULL, NULL, on_started, self);
  g_task_set_task_data (task, (gpointer)(gsize)id, NULL);
  if (self->plugin->start != NULL)
    self->plugin->start (self->state, self->instance, task);
  else {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
  return TRUE;
}

/* whoever else has descriptor 3 open did not start this for a plugin */
static gboolean
is_from_host (void)
{
  int type = 0;
  socklen_t length = sizeof type;

  return getsockopt (BELFRY_PLUGIN_HOST_SOCKET, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
         type == SOCK_SEQPACKET;
}

int
belfry_plugin_host_main (int argc, char **argv)
{
  static BelfryChild child = { .socket = BELFRY_PLUGIN_HOST_SOCKET };

  if (argc > 1 || !is_from_host ()) {
    fprintf (stderr, "belfry plugin-host: is started by the daemon, for isolation=process\n");
    return 2;
  }
  prctl (PR_SET_NAME, "belfry-plugin", 0, 0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  belfry_sandbox_begin ();
  close_range (BELFRY_PLUGIN_HOST_SOCKET + 1, ~0U, 0);
  setsid ();
  if (chdir ("/") != 0)
    return 1;
  signal (SIGPIPE, SIG_IGN);
  the_child = &child;
  child.calls = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  child.ops = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  child.loop = g_main_loop_new (NULL, FALSE);
  if (!begin (&child))
    return 0;
  g_unix_fd_add (child.socket, G_IO_IN | G_IO_HUP, on_frame, &child);
  g_main_loop_run (child.loop); /* lint: the one loop of this process */
  _exit (0);
}
