/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The instance object and the calls that go through its host's table. Every asynchronous call is a
 * GTask made here and returned by whoever implements the table: the daemon, a harness, a child.
 */
#include "belfry-error.h"
#include "belfry-instance.h"
#include "instance/wire-log-private.h"

struct _BelfryInstance {
  gatomicrefcount refs;
  char *kind;
  char *name;
  gpointer state;
  const BelfryHostOps *ops;
  gpointer host_data;
  GHashTable *sections; /* kind → GPtrArray of BelfryOwnedSection */
};

/**
 * belfry_instance_new:
 * @kind: kind of the plugin, as in the section's brackets
 * @name: name of the section
 * @state: (nullable): the plugin's own state; not owned
 * @ops: what the instance may ask of its host; must outlive it
 * @host_data: (nullable): for @ops
 *
 * Makes an instance. Hosts and harnesses do; plugins are given one.
 *
 * Returns: (transfer full): an instance
 * Since: 0.1
 */
BelfryInstance *
belfry_instance_new (const char *kind,
                     const char *name,
                     gpointer state,
                     const BelfryHostOps *ops,
                     gpointer host_data)
{
  BelfryInstance *self = g_new0 (BelfryInstance, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = g_strdup (kind);
  self->name = g_strdup (name);
  self->state = state;
  self->ops = ops;
  self->host_data = host_data;
  self->sections =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return self;
}

/**
 * belfry_instance_ref:
 * @self: an instance
 *
 * Returns: (transfer full): @self, with one reference more; any thread
 * Since: 0.1
 */
BelfryInstance *
belfry_instance_ref (BelfryInstance *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_instance_unref:
 * @self: (nullable): an instance
 *
 * Gives a reference back; the last one frees it. Any thread.
 *
 * Since: 0.1
 */
void
belfry_instance_unref (BelfryInstance *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->sections);
  g_free (self->kind);
  g_free (self->name);
  g_free (self);
}

/**
 * belfry_instance_get_host_data:
 * @self: an instance
 *
 * Returns: (transfer none) (nullable): what the host gave when it made the instance
 * Since: 0.1
 */
gpointer
belfry_instance_get_host_data (BelfryInstance *self)
{
  return self->host_data;
}

/**
 * belfry_instance_set_sections:
 * @self: an instance
 * @kind: a kind of section that its plugin owns
 * @sections: (element-type BelfryOwnedSection): those of that kind
 *
 * Hands the owned sections over, at start and at each reload. Hosts and harnesses do.
 *
 * Since: 0.1
 */
void
belfry_instance_set_sections (BelfryInstance *self, const char *kind, GPtrArray *sections)
{
  g_hash_table_replace (self->sections, g_strdup (kind), g_ptr_array_ref (sections));
}

/**
 * belfry_instance_get_kind:
 * @self: an instance
 *
 * Returns: (transfer none): kind of its plugin
 * Since: 0.1
 */
const char *
belfry_instance_get_kind (BelfryInstance *self)
{
  return self->kind;
}

/**
 * belfry_instance_get_name:
 * @self: an instance
 *
 * Returns: (transfer none): name of its section
 * Since: 0.1
 */
const char *
belfry_instance_get_name (BelfryInstance *self)
{
  return self->name;
}

/**
 * belfry_instance_get_state:
 * @self: an instance
 *
 * Returns: (transfer none) (nullable): the plugin's own state
 * Since: 0.1
 */
gpointer
belfry_instance_get_state (BelfryInstance *self)
{
  return self->state;
}

/**
 * belfry_instance_get_host_value:
 * @self: an instance
 * @key: `title`, `title-url`, `url`, `state-directory`, `runtime-directory`, `time-zone`, `locale`
 * or `version`
 *
 * Returns: (transfer none) (nullable): what the host's configuration says
 * Since: 0.1
 */
const char *
belfry_instance_get_host_value (BelfryInstance *self, const char *key)
{
  return self->ops->host_value != NULL ? self->ops->host_value (self, key) : NULL;
}

/**
 * belfry_instance_keep_pace:
 * @self: an instance
 * @paces: (array length=count): limits that one message falls under
 * @count: how many
 *
 * Asks whether a message may go out now, and counts it where it may. All instances that use the
 * same credential share what was counted.
 *
 * Returns: 0: go; else how long to wait, in µs, and nothing was counted
 * Since: 0.1
 */
gint64
belfry_instance_keep_pace (BelfryInstance *self, const BelfryPace *paces, guint count)
{
  return self->ops->keep_pace != NULL ? self->ops->keep_pace (self, paces, count) : 0;
}

/**
 * belfry_instance_get_sections:
 * @self: an instance
 * @kind: a kind of section that its plugin owns; or the instance's own kind, for its own section
 *
 * An instance begins with its own section in its state, and has no sections of its own kind. After
 * a reload there is one, as it is then; its state is what the options fill of the plugin's struct,
 * and lives as long as the instance.
 *
 * Returns: (transfer none) (nullable) (element-type BelfryOwnedSection): in the order written
 * Since: 0.1
 */
GPtrArray *
belfry_instance_get_sections (BelfryInstance *self, const char *kind)
{
  return g_hash_table_lookup (self->sections, kind);
}

/**
 * belfry_instance_log:
 * @self: an instance
 * @level: of GLib
 * @format: printf format of one line
 * @...: its values
 *
 * Writes a line to the host's log with the instance's name.
 *
 * Since: 0.1
 */
void
belfry_instance_log (BelfryInstance *self, GLogLevelFlags level, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->ops->log (self, level, message);
}

static GTask *
instance_task (BelfryInstance *self,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_object_set_data_full (G_OBJECT (task), "belfry-instance", belfry_instance_ref (self),
                          (GDestroyNotify)belfry_instance_unref);
  return task;
}

/**
 * belfry_http_send_async:
 * @self: an instance
 * @request: what to send
 * @cancellable: (nullable): to give up
 * @callback: called once, on the main loop
 * @user_data: for @callback
 *
 * Sends a request through the host's transport, which owns limits, redirects, TLS and masking. One
 * with belfry_http_request_set_debug () is logged, and so is its answer.
 *
 * Since: 0.1
 */
void
belfry_http_send_async (BelfryInstance *self,
                        BelfryHttpRequest *request,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = instance_task (self, belfry_http_send_async, cancellable, callback, user_data);

  if (belfry_http_request_get_debug (request)) {
    g_object_set_data (G_OBJECT (task), "belfry-debug", self);
    belfry_wire_log_request (self, request);
  }
  self->ops->http_send (self, request, task);
}

/**
 * belfry_http_send_finish:
 * @self: an instance
 * @result: as the callback got it
 * @error: %BELFRY_ERROR_RETRY where no answer came, %BELFRY_ERROR_TOO_LARGE where it was over the
 * request's limit
 *
 * Returns: (transfer full): the answer, whatever its status
 * Since: 0.1
 */
BelfryHttpAnswer *
belfry_http_send_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  BelfryHttpAnswer *answer = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_http_send_async), NULL);
  answer = g_task_propagate_pointer (G_TASK (result), &local);
  if (g_object_get_data (G_OBJECT (result), "belfry-debug") != NULL)
    belfry_wire_log_answer (self, answer, local);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return answer;
}

/**
 * belfry_process_result_free:
 * @self: (nullable): a result
 *
 * Since: 0.1
 */
void
belfry_process_result_free (BelfryProcessResult *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->output, g_bytes_unref);
  g_clear_pointer (&self->errors, g_bytes_unref);
  g_free (self);
}

/**
 * belfry_process_run_async:
 * @self: an instance
 * @process: what to run; copied
 * @cancellable: (nullable): ends the process
 * @callback: called once, on the main loop
 * @user_data: for @callback
 *
 * Runs a program in a session of its own, without a shell, and collects what it prints.
 *
 * Since: 0.1
 */
void
belfry_process_run_async (BelfryInstance *self,
                          const BelfryProcess *process,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  self->ops->run_process (
      self, process,
      instance_task (self, belfry_process_run_async, cancellable, callback, user_data));
}

/**
 * belfry_process_run_finish:
 * @self: an instance
 * @result: as the callback got it
 * @error: %BELFRY_ERROR_RETRY for a time-out, %BELFRY_ERROR_TOO_LARGE for its output,
 * %BELFRY_ERROR_NOT_FOUND for the program
 *
 * Returns: (transfer full): how it ended, whatever its status
 * Since: 0.1
 */
BelfryProcessResult *
belfry_process_run_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_process_run_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * belfry_instance_read_async:
 * @self: an instance
 * @func: reads on a pool thread
 * @data: for @func; must live until @callback
 * @cancellable: (nullable): to give up
 * @callback: called once, on the main loop
 * @user_data: for @callback
 *
 * Reads the store without holding up the main loop.
 *
 * Since: 0.1
 */
void
belfry_instance_read_async (BelfryInstance *self,
                            BelfryReadFunc func,
                            gpointer data,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  self->ops->read (
      self, func, data,
      instance_task (self, belfry_instance_read_async, cancellable, callback, user_data));
}

/**
 * belfry_instance_read_finish:
 * @self: an instance
 * @result: as the callback got it
 * @error: what the function reported, or %BELFRY_ERROR_RETRY where the store cannot be read now
 *
 * Returns: whether it read
 * Since: 0.1
 */
gboolean
belfry_instance_read_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_instance_read_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * belfry_secret_resolve_async:
 * @self: an instance
 * @secret: a secret of an owned section
 * @cancellable: (nullable): to give up
 * @callback: called once, on the main loop
 * @user_data: for @callback
 *
 * Reads a secret's values. The host has resolved those of the instance's own section before its
 * start.
 *
 * Since: 0.1
 */
void
belfry_secret_resolve_async (BelfryInstance *self,
                             BelfrySecret *secret,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  self->ops->resolve_secret (
      self, secret,
      instance_task (self, belfry_secret_resolve_async, cancellable, callback, user_data));
}

/**
 * belfry_secret_resolve_finish:
 * @self: an instance
 * @result: as the callback got it
 * @error: %BELFRY_ERROR_NOT_FOUND with the reference, never the value
 *
 * Returns: whether all its values are there
 * Since: 0.1
 */
gboolean
belfry_secret_resolve_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_secret_resolve_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * belfry_reporter_cache_put:
 * @self: a reporter's instance
 * @key: at most 200 bytes
 * @value: what to keep
 * @expires_us: wall-clock time after which it is gone
 *
 * Keeps a token or a looked-up id. Bounded: it may be gone before its time.
 *
 * Since: 0.1
 */
void
belfry_reporter_cache_put (BelfryInstance *self,
                           const char *key,
                           JsonNode *value,
                           gint64 expires_us)
{
  self->ops->cache_put (self, key, value, expires_us);
}

/**
 * belfry_reporter_cache_get:
 * @self: a reporter's instance
 * @key: as put
 *
 * Returns: (transfer full) (nullable): what was kept, if it has not expired
 * Since: 0.1
 */
JsonNode *
belfry_reporter_cache_get (BelfryInstance *self, const char *key)
{
  return self->ops->cache_get (self, key);
}

/**
 * belfry_poller_found_async:
 * @self: a poller's instance
 * @changes: (element-type BelfryChange): what is new, oldest first; may be empty
 * @state: what the next poll is given
 * @cancellable: (nullable): to give up
 * @callback: called once, on the main loop, after the commit
 * @user_data: for @callback
 *
 * Stores changes and the poller's new state in one transaction.
 *
 * Since: 0.1
 */
void
belfry_poller_found_async (BelfryInstance *self,
                           GPtrArray *changes,
                           JsonNode *state,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  self->ops->found (
      self, changes, state,
      instance_task (self, belfry_poller_found_async, cancellable, callback, user_data));
}

/**
 * belfry_poller_found_finish:
 * @self: a poller's instance
 * @result: as the callback got it
 * @error: %BELFRY_ERROR_RETRY where the store cannot take it now
 *
 * Returns: whether changes and state are stored
 * Since: 0.1
 */
gboolean
belfry_poller_found_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_poller_found_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * belfry_bot_heard:
 * @self: a bot's instance
 * @message: `channel`, `contact`, and `text` or `callback`
 *
 * Hands a line to the host's command interpreter.
 *
 * Since: 0.1
 */
void
belfry_bot_heard (BelfryInstance *self, JsonObject *message)
{
  self->ops->heard (self, message);
}

/**
 * belfry_engine_next_id:
 * @self: an engine's instance
 * @kind: of what
 *
 * Returns: an id that nothing else ever has
 * Since: 0.1
 */
gint64
belfry_engine_next_id (BelfryInstance *self, BelfryIdKind kind)
{
  return self->ops->next_id (self, kind);
}

/**
 * belfry_engine_builder_id:
 * @self: an engine's instance
 * @name: of a builder
 *
 * Returns: its id, the same for ever
 * Since: 0.1
 */
gint64
belfry_engine_builder_id (BelfryInstance *self, const char *name)
{
  return self->ops->builder_id (self, name);
}

/**
 * belfry_engine_worker_id:
 * @self: an engine's instance
 * @name: of a worker
 *
 * Returns: its id, the same for ever
 * Since: 0.1
 */
gint64
belfry_engine_worker_id (BelfryInstance *self, const char *name)
{
  return self->ops->worker_id (self, name);
}

/**
 * belfry_engine_next_build_number:
 * @self: an engine's instance
 * @builderid: of a builder
 *
 * Returns: number of its next build, counted from 0; stored with the build that has it
 * Since: 0.1
 */
gint64
belfry_engine_next_build_number (BelfryInstance *self, gint64 builderid)
{
  return self->ops->next_build_number (self, builderid);
}

/**
 * belfry_engine_append_log:
 * @self: an engine's instance
 * @logid: of a log that was added
 * @lines: whole lines, each ending in a newline, each at most 64 KiB, with their stream letters
 * @n_lines: how many
 *
 * Appends to a log. The host masks, compresses and stores.
 *
 * Returns: bytes of this log that are not stored yet; over 1 MiB, stop reading until `log_drained`
 * Since: 0.1
 */
gsize
belfry_engine_append_log (BelfryInstance *self, gint64 logid, GBytes *lines, guint n_lines)
{
  return self->ops->log_append (self, logid, lines, n_lines);
}

/**
 * belfry_engine_log_lines:
 * @self: an engine's instance
 * @logid: of a log
 *
 * Returns: how many lines were appended so far
 * Since: 0.1
 */
gint64
belfry_engine_log_lines (BelfryInstance *self, gint64 logid)
{
  return self->ops->log_lines (self, logid);
}

/**
 * belfry_engine_register_secret:
 * @self: an engine's instance
 * @buildid: in whose logs it is masked
 * @name: what is shown in its place, between angle brackets
 * @value: the secret; copied and wiped later
 *
 * Has a secret that only one build uses masked in that build's logs.
 *
 * Since: 0.1
 */
void
belfry_engine_register_secret (BelfryInstance *self,
                               gint64 buildid,
                               const char *name,
                               const char *value)
{
  self->ops->register_secret (self, buildid, name, value);
}

/**
 * belfry_engine_forget_secrets:
 * @self: an engine's instance
 * @buildid: a build that has ended
 *
 * Wipes what belfry_engine_register_secret () was told for a build.
 *
 * Since: 0.1
 */
void
belfry_engine_forget_secrets (BelfryInstance *self, gint64 buildid)
{
  self->ops->forget_secrets (self, buildid);
}

/**
 * belfry_engine_tell:
 * @self: an engine's instance
 * @event: name of an event that is told but not stored
 * @builderid: of which builder, or %BELFRY_NONE
 * @buildid: of which build, or %BELFRY_NONE
 * @data: (transfer none): what it says
 *
 * Tells those who look on at present of something that is not worth storing.
 *
 * Since: 0.1
 */
void
belfry_engine_tell (
    BelfryInstance *self, const char *event, gint64 builderid, gint64 buildid, JsonObject *data)
{
  self->ops->tell (self, event, builderid, buildid, data);
}

/**
 * belfry_engine_submit:
 * @self: an engine's instance
 * @transaction: (transfer full): what happened
 *
 * Stores it after all that was submitted before; nobody waits.
 *
 * Since: 0.1
 */
void
belfry_engine_submit (BelfryInstance *self, BelfryTransaction *transaction)
{
  self->ops->submit (self, transaction, NULL);
}

/**
 * belfry_engine_commit_async:
 * @self: an engine's instance
 * @transaction: (transfer full): what is to happen
 * @cancellable: (nullable): to stop waiting; the transaction goes on
 * @callback: called once, on the main loop, after the commit
 * @user_data: for @callback
 *
 * Stores it after all that was submitted before, and reports.
 *
 * Since: 0.1
 */
void
belfry_engine_commit_async (BelfryInstance *self,
                            BelfryTransaction *transaction,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  self->ops->submit (
      self, transaction,
      instance_task (self, belfry_engine_commit_async, cancellable, callback, user_data));
}

/**
 * belfry_engine_commit_finish:
 * @self: an engine's instance
 * @result: as the callback got it
 * @error: %BELFRY_ERROR_CONFLICT where a claim found its request taken: nothing of the transaction
 * holds
 *
 * Returns: whether it is stored
 * Since: 0.1
 */
gboolean
belfry_engine_commit_finish (BelfryInstance *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, belfry_engine_commit_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
