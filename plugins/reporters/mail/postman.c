/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the helper belfry-smtp: started with the first mail, ended by itself after a minute without
 * any. One job at a time goes through it, as a frame of four bytes length (most significant first)
 * and JSON, on its standard input; an answer of the same form comes back. If it dies or hangs, the
 * job waits and is tried again later by the host; the next one gets a helper of its own.
 */
#include "mail.h"

#include <string.h>

#define LENGTH_BYTES     4
#define MAX_ANSWER_BYTES (256 * 1024)
/* beyond all of the helper's own deadlines */
#define PATIENCE_S 180

struct _BelfryPostman {
  BelfryInstance *instance;
  GSubprocess *process;
  GCancellable *cancellable;
  GQueue waiting; /* (element-type Job) the first is under way */
  gboolean busy;
  GTask *stopping; /* (nullable) answered when nothing is under way */
  gatomicrefcount refs;
};

typedef struct {
  BelfryPostman *postman;
  GTask *task;
  JsonObject *job;
  GBytes *frame;
  guint8 length[LENGTH_BYTES];
  GByteArray *answer;
  GSource *deadline; /* (nullable) */
  gboolean restarted;
} Job;

static const struct {
  const char *name;
  BelfryOutcomeKind kind;
} outcomes[] = {
  { "delivered", BELFRY_OUTCOME_DELIVERED },
  { "wait", BELFRY_OUTCOME_WAIT },
  { "refused", BELFRY_OUTCOME_REFUSED },
  { "denied", BELFRY_OUTCOME_DENIED },
};

static void start_next (BelfryPostman *self);

static void
postman_unref (BelfryPostman *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_object (&self->process);
  g_object_unref (self->cancellable);
  belfry_instance_unref (self->instance);
  g_free (self);
}

static void
clear_deadline (Job *job)
{
  if (job->deadline == NULL)
    return;
  g_source_destroy (job->deadline);
  g_clear_pointer (&job->deadline, g_source_unref);
}

static void
job_free (Job *job)
{
  BelfryPostman *postman = job->postman;

  clear_deadline (job);
  g_clear_pointer (&job->frame, g_bytes_unref);
  g_clear_pointer (&job->answer, g_byte_array_unref);
  json_object_unref (job->job);
  g_free (job);
  postman_unref (postman);
}

BelfryPostman *
belfry_postman_new (BelfryInstance *instance)
{
  BelfryPostman *self = g_new0 (BelfryPostman, 1);

  g_atomic_ref_count_init (&self->refs);
  self->instance = belfry_instance_ref (instance);
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->waiting);
  return self;
}

static void
finish_job (Job *job, BelfryOutcome *outcome)
{
  BelfryPostman *self = job->postman;

  self->busy = FALSE;
  g_task_return_pointer (job->task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (job->task);
  g_atomic_ref_count_inc (&self->refs);
  job_free (job);
  start_next (self);
  postman_unref (self);
}

static gboolean
is_stopping (BelfryPostman *self)
{
  return g_cancellable_is_cancelled (self->cancellable);
}

/* GSubprocess keeps itself and its pipes until its child is gone; and a mail whose outcome nobody
 * hears would be sent twice */
static void
drop_helper (BelfryPostman *self)
{
  if (self->process != NULL)
    g_subprocess_force_exit (self->process);
  g_clear_object (&self->process);
}

static void
refuse_waiting (BelfryPostman *self)
{
  Job *job = NULL;

  while ((job = g_queue_pop_head (&self->waiting)) != NULL) {
    g_task_return_pointer (job->task, belfry_outcome_new_wait (0, FALSE, "the reporter ends"),
                           (GDestroyNotify)belfry_outcome_free);
    g_object_unref (job->task);
    job_free (job);
  }
}

void
belfry_postman_stop (BelfryPostman *self, GTask *task)
{
  self->stopping = task;
  g_cancellable_cancel (self->cancellable);
  refuse_waiting (self);
  drop_helper (self);
  start_next (self);
}

void
belfry_postman_free (BelfryPostman *self)
{
  if (self != NULL)
    postman_unref (self);
}

static void
fail_job (Job *job, const char *why)
{
  drop_helper (job->postman);
  finish_job (job, belfry_outcome_new_wait (0, FALSE, why));
}

static BelfryOutcome *
read_outcome (JsonObject *answer)
{
  const char *name = belfry_json_get_text (answer, "outcome");
  const char *text = belfry_json_get_text (answer, "answer");

  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (g_strcmp0 (outcomes[i].name, name) == 0) {
      BelfryOutcome *outcome = belfry_outcome_new (outcomes[i].kind, text);

      outcome->answered = belfry_json_get_boolean (answer, "answered", TRUE);
      return outcome;
    }
  return belfry_outcome_new_wait (0, FALSE, "the helper's answer is not understood");
}

static void
log_answer (Job *job, JsonObject *answer)
{
  JsonArray *refused = belfry_json_get_array (answer, "refused");
  const char *dump = belfry_json_get_text (answer, "dump");

  for (guint i = 0; refused != NULL && i < json_array_get_length (refused); i++)
    belfry_instance_log (job->postman->instance, G_LOG_LEVEL_WARNING,
                         "the server refuses a recipient, the others get the mail: %s",
                         json_array_get_string_element (refused, i));
  if (dump != NULL)
    belfry_instance_log (job->postman->instance, G_LOG_LEVEL_MESSAGE, "mail: %s", dump);
}

static void
on_answer_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  gsize got = 0;
  g_autoptr (JsonNode) node = NULL;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &got, NULL) ||
      got != job->answer->len) {
    fail_job (job, "the helper that mails ended in the middle");
    return;
  }
  node = belfry_json_parse ((const char *)job->answer->data, (gssize)got, NULL, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    fail_job (job, "the helper's answer is no JSON");
    return;
  }
  log_answer (job, json_node_get_object (node));
  finish_job (job, read_outcome (json_node_get_object (node)));
}

static void begin_job (Job *job);

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  GSubprocess *process = G_SUBPROCESS (source);
  gboolean idled = g_subprocess_wait_finish (process, result, NULL) &&
                   g_subprocess_get_successful (process) && !job->restarted;

  if (!idled || is_stopping (job->postman)) {
    fail_job (job, "the helper that mails ended without an answer");
    return;
  }
  /* it had ended by itself, for want of mail, just as the job came: nothing of it was read */
  job->restarted = TRUE;
  begin_job (job);
}

static void
ask_how_it_ended (Job *job, gboolean silent)
{
  g_autoptr (GSubprocess) process = g_steal_pointer (&job->postman->process);

  if (process == NULL || !silent)
    fail_job (job, "the helper that mails ended without an answer");
  else
    g_subprocess_wait_async (process, job->postman->cancellable, on_ended, job);
}

static void
on_length_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  gsize got = 0;
  guint32 length = 0;

  g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &got, NULL);
  if (got != LENGTH_BYTES) {
    ask_how_it_ended (job, got == 0);
    return;
  }
  length = GUINT32_FROM_BE (*(const guint32 *)(gconstpointer)job->length);
  if (length == 0 || length > MAX_ANSWER_BYTES) {
    fail_job (job, "the helper's answer has no sensible length");
    return;
  }
  job->answer = g_byte_array_sized_new (length);
  g_byte_array_set_size (job->answer, length);
  g_input_stream_read_all_async (G_INPUT_STREAM (source), job->answer->data, length,
                                 G_PRIORITY_DEFAULT, job->postman->cancellable, on_answer_read,
                                 job);
}

static void
on_frame_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;

  /* what a helper that died did not read shows when its answer is awaited */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  if (job->postman->process == NULL) {
    fail_job (job, "the reporter ends");
    return;
  }
  g_input_stream_read_all_async (g_subprocess_get_stdout_pipe (job->postman->process), job->length,
                                 LENGTH_BYTES, G_PRIORITY_DEFAULT, job->postman->cancellable,
                                 on_length_read, job);
}

static GSubprocess *
spawn_helper (GError **error)
{
  const char *folder = g_getenv ("BELFRY_HELPER_DIR");
  g_autofree char *path =
      g_build_filename (folder != NULL ? folder : BELFRY_HELPER_DIR, "belfry-smtp", NULL);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };

  g_subprocess_launcher_set_environ (launcher, (char **)environment);
  return g_subprocess_launcher_spawn (launcher, error, path, NULL);
}

static GBytes *
make_frame (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  GByteArray *frame = g_byte_array_new ();
  guint32 length = 0;

  json_node_set_object (node, object);
  text = belfry_json_to_text (node);
  length = GUINT32_TO_BE ((guint32)strlen (text));
  g_byte_array_append (frame, (const guint8 *)&length, sizeof length);
  g_byte_array_append (frame, (const guint8 *)text, strlen (text));
  explicit_bzero (text, strlen (text));
  return g_byte_array_free_to_bytes (frame);
}

static gboolean
on_deadline (gpointer user_data)
{
  Job *job = user_data;

  clear_deadline (job);
  if (job->postman->process != NULL)
    g_subprocess_force_exit (job->postman->process);
  return G_SOURCE_REMOVE;
}

static void
watch_deadline (Job *job)
{
  clear_deadline (job);
  job->deadline = g_timeout_source_new_seconds (PATIENCE_S);
  g_source_set_callback (job->deadline, on_deadline, job, NULL);
  g_source_attach (job->deadline, NULL);
}

static void
begin_job (Job *job)
{
  BelfryPostman *self = job->postman;
  g_autoptr (GError) local = NULL;

  if (is_stopping (self)) {
    fail_job (job, "the reporter ends");
    return;
  }
  if (self->process == NULL)
    self->process = spawn_helper (&local);
  if (self->process == NULL) {
    fail_job (job, local->message);
    return;
  }
  watch_deadline (job);
  g_clear_pointer (&job->frame, g_bytes_unref);
  job->frame = make_frame (job->job);
  g_output_stream_write_all_async (
      g_subprocess_get_stdin_pipe (self->process), g_bytes_get_data (job->frame, NULL),
      g_bytes_get_size (job->frame), G_PRIORITY_DEFAULT, self->cancellable, on_frame_written, job);
}

static void
start_next (BelfryPostman *self)
{
  Job *job = NULL;
  GTask *stopping = NULL;

  if (self->busy)
    return;
  stopping = g_steal_pointer (&self->stopping);
  if (stopping != NULL) {
    g_task_return_boolean (stopping, TRUE);
    g_object_unref (stopping);
  }
  if (g_queue_is_empty (&self->waiting))
    return;
  self->busy = TRUE;
  job = g_queue_pop_head (&self->waiting);
  begin_job (job);
}

void
belfry_postman_send (BelfryPostman *self, JsonObject *job_object, GTask *task)
{
  Job *job = g_new0 (Job, 1);

  g_atomic_ref_count_inc (&self->refs);
  job->postman = self;
  job->task = task;
  job->job = job_object;
  g_queue_push_tail (&self->waiting, job);
  start_next (self);
}
