/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes every event on, as Buildbot 0.8's StatusPush and HttpStatusPush did: to a URL as the form
 * field `packets`, or to a program's standard input. The queue is the host's table of events.
 *
 * After a failure one item is tried alone until one goes through, and what is too large for a
 * request is halved; an item that is too large by itself is dropped, or it would stop all others.
 */
#include "payload.h"

#include <string.h>

#define PROGRAM_TIMEOUT_US (30 * G_USEC_PER_SEC)
#define MAX_OUTPUT_BYTES   4096
#define MAX_ANSWER_BYTES   65536

typedef struct {
  char *server_url;
  GPtrArray *server_push_program; /* (nullable) (element-type BelfryRendered) */
  BelfryMap *extra_post_params;
  gint64 buffer_delay;
  gint64 retry_delay;
  gboolean filter;
  char **black_list;
  gint64 chunk_size;
  gint64 max_http_request_size;
  gboolean debug;
  gboolean verify;
  char *queue;
  char *path;
  gint64 max_memory_items;
  gint64 max_disk_items;
  BelfryPushContext context;
  BelfryInstance *instance;
  gboolean one_by_one; /* the last push took nothing */
} StatusPush;

static const BelfryOption status_push_options[] = {
  BELFRY_URL (StatusPush, server_url, "server-url", .help = N_ ("where events are posted")),
  BELFRY_ARGV (StatusPush,
               server_push_program,
               "server-push-program",
               .help = N_ ("instead: program that gets a JSON array of events; 0: it took them")),
  BELFRY_MAP (StatusPush,
              extra_post_params,
              "extra-post-params",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("further form fields, as extra-post-params.NAME=VALUE")),
  BELFRY_DURATION (StatusPush,
                   buffer_delay,
                   "buffer-delay",
                   .default_text = "1s",
                   .maximum = 3600000000,
                   .help = N_ ("how long events are collected before a push")),
  BELFRY_DURATION (StatusPush,
                   retry_delay,
                   "retry-delay",
                   .default_text = "5s",
                   .maximum = 3600000000,
                   .help = N_ ("the same after a push that took nothing")),
  BELFRY_BOOLEAN (StatusPush,
                  filter,
                  "filter",
                  .default_text = "true",
                  .help = N_ ("leave out empty values, and the number 0")),
  BELFRY_LIST (StatusPush,
               black_list,
               "black-list",
               .help = N_ ("events that are never pushed, by Buildbot's names")),
  BELFRY_INTEGER (StatusPush,
                  chunk_size,
                  "chunk-size",
                  .default_text = "200",
                  .minimum = 1,
                  .maximum = 1000,
                  .help = N_ ("most events of a push")),
  BELFRY_SIZE (StatusPush,
               max_http_request_size,
               "max-http-request-size",
               .default_text = "1MiB",
               .maximum = 1073741824,
               .unit = "bytes",
               .help = N_ ("most bytes of a form; 0: any number")),
  BELFRY_BOOLEAN (StatusPush,
                  debug,
                  "debug",
                  .default_text = "false",
                  .help = N_ ("indented JSON with sorted keys")),
  BELFRY_BOOLEAN (StatusPush,
                  verify,
                  "verify",
                  .default_text = "true",
                  .help = N_ ("check the server's certificate")),
  BELFRY_STRING (StatusPush, queue, "queue", .hidden = TRUE, .help = N_ ("without effect")),
  BELFRY_STRING (StatusPush, path, "path", .hidden = TRUE, .help = N_ ("without effect")),
  BELFRY_INTEGER (StatusPush,
                  max_memory_items,
                  "max-memory-items",
                  .default_text = "10000",
                  .hidden = TRUE,
                  .help = N_ ("without effect")),
  BELFRY_INTEGER (StatusPush,
                  max_disk_items,
                  "max-disk-items",
                  .default_text = "100000",
                  .hidden = TRUE,
                  .help = N_ ("without effect")),
  { NULL },
};

static void
check_program (const StatusPush *push, const BelfryCheck *check)
{
  BelfryRendered *program =
      push->server_push_program->len > 0 ? g_ptr_array_index (push->server_push_program, 0) : NULL;

  if (program == NULL || !g_path_is_absolute (belfry_rendered_get_source (program)))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         "server-push-program",
                         "the first word must be the absolute path of a program");
  for (guint i = 0; i < push->server_push_program->len; i++)
    if (!belfry_rendered_is_literal (g_ptr_array_index (push->server_push_program, i)))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                           "server-push-program", "word %u has a substitution", i);
}

static void
status_push_check (gconstpointer self, const BelfryCheck *check)
{
  static const char *const without_effect[] = { "queue", "path", "max-memory-items",
                                                "max-disk-items" };
  const StatusPush *push = self;

  if (push->server_url == NULL && push->server_push_program == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "server-url",
                         "HttpStatusPush requires a serverUrl: write server-url, or "
                         "server-push-program");
  if (push->server_url != NULL && push->server_push_program != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         "server-push-program",
                         "'server-url' and 'server-push-program' cannot both be given");
  if (push->server_push_program != NULL)
    check_program (push, check);
  if (!push->verify)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "verify",
                         "anybody between here and the server can answer in its place");
  for (gsize i = 0; i < G_N_ELEMENTS (without_effect); i++)
    if (belfry_section_find (check->section, without_effect[i]) != NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section, without_effect[i],
                           "it has no effect: the host's own table of events is the queue");
}

static void
status_push_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  StatusPush *push = self;
  const char *title = belfry_instance_get_host_value (instance, "title");

  push->instance = instance;
  push->context = (BelfryPushContext){
    .title = title != NULL ? title : "Belfry",
    .title_url = belfry_instance_get_host_value (instance, "title-url"),
    .url = belfry_instance_get_host_value (instance, "url"),
    .started_us = belfry_clock_now_us (),
    .black_list = push->black_list,
    .filter = push->filter,
  };
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static gboolean
status_push_to_items (
    gconstpointer self, BelfryEvent *event, BelfryReader *reader, JsonArray *items, GError **error)
{
  const StatusPush *push = self;

  return belfry_push_add_items (&push->context, event, reader, items, error);
}

static gint64
status_push_get_pause (gconstpointer self, gboolean took)
{
  const StatusPush *push = self;

  return took ? push->buffer_delay : push->retry_delay;
}

/* pushing */

typedef struct {
  StatusPush *push;
  guint count;
} Batch;

static void
end_push (GTask *task, gboolean taken, const char *answer)
{
  Batch *batch = g_task_get_task_data (task);

  batch->push->one_by_one = !taken;
  if (!taken)
    belfry_instance_log (batch->push->instance, G_LOG_LEVEL_WARNING,
                         "a push of %u events failed: %s; it is tried again", batch->count, answer);
  g_task_return_int (task, taken ? (gssize)batch->count : 0);
  g_object_unref (task);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Batch *batch = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (batch->push->instance, result, &local);
  guint status = answer != NULL ? belfry_http_answer_get_status (answer) : 0;
  g_autofree char *text = g_strdup_printf ("status %u", status);

  end_push (task, status >= 200 && status < 300, local != NULL ? local->message : text);
}

static BelfryHttpRequest *
make_request (const StatusPush *push, const char *packets)
{
  BelfryHttpRequest *request = belfry_http_request_new ("POST", push->server_url);

  belfry_http_request_set_header (request, "User-Agent", "buildbot");
  belfry_http_request_set_verify (request, push->verify);
  belfry_http_request_set_limits (request, PROGRAM_TIMEOUT_US, MAX_ANSWER_BYTES);
  belfry_http_request_add_form (request, "packets", packets);
  for (guint i = 0;
       push->extra_post_params != NULL && i < belfry_map_get_count (push->extra_post_params); i++)
    belfry_http_request_add_form (request, belfry_map_get_name (push->extra_post_params, i),
                                  belfry_map_get_value (push->extra_post_params, i));
  return request;
}

static gsize
get_size (BelfryHttpRequest *request)
{
  g_autoptr (GBytes) body = belfry_http_request_dup_body (request);

  return body != NULL ? g_bytes_get_size (body) : 0;
}

/* as many as fit; NULL: not even the first does, and is dropped */
static BelfryHttpRequest *
fit_request (const StatusPush *push, JsonArray *items, guint *count)
{
  gsize limit = (gsize)push->max_http_request_size;

  for (;;) {
    g_autofree char *packets = belfry_push_pack (items, *count, push->debug);
    g_autoptr (BelfryHttpRequest) request = make_request (push, packets);
    gsize bytes = get_size (request);

    if (limit == 0 || bytes <= limit)
      return g_steal_pointer (&request);
    if (*count == 1) {
      belfry_instance_log (
          push->instance, G_LOG_LEVEL_WARNING,
          "event %" G_GINT64_FORMAT " makes a form of %" G_GSIZE_FORMAT " bytes, %" G_GSIZE_FORMAT
          " is the most; it is dropped",
          belfry_json_get_integer (json_array_get_object_element (items, 0), "id", 0), bytes,
          limit);
      return NULL;
    }
    *count /= 2;
  }
}

static void
on_program_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Batch *batch = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended =
      belfry_process_run_finish (batch->push->instance, result, &local);
  g_autofree char *text =
      g_strdup_printf ("the program ended with %d", ended != NULL ? ended->exit_status : -1);

  end_push (task, ended != NULL && ended->exit_status == 0, local != NULL ? local->message : text);
}

static void
run_program (StatusPush *push, JsonArray *items, GTask *task)
{
  Batch *batch = g_task_get_task_data (task);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *packets = belfry_push_pack (items, batch->count, push->debug);
  g_autoptr (GBytes) input = g_bytes_new (packets, strlen (packets));
  BelfryProcess process = { .size = sizeof process,
                            .input = input,
                            .timeout_us = PROGRAM_TIMEOUT_US,
                            .max_output_bytes = MAX_OUTPUT_BYTES };

  for (guint i = 0; i < push->server_push_program->len; i++)
    g_ptr_array_add (argv, (gpointer)belfry_rendered_get_source (
                               g_ptr_array_index (push->server_push_program, i)));
  g_ptr_array_add (argv, NULL);
  process.argv = (const char *const *)argv->pdata;
  belfry_process_run_async (push->instance, &process, g_task_get_cancellable (task),
                            on_program_ended, task);
}

static void
status_push_deliver_batch (gpointer self, JsonArray *items, GTask *task)
{
  StatusPush *push = self;
  Batch *batch = g_new0 (Batch, 1);
  g_autoptr (BelfryHttpRequest) request = NULL;

  batch->push = push;
  batch->count =
      push->one_by_one ? 1 : MIN (json_array_get_length (items), (guint)push->chunk_size);
  g_task_set_task_data (task, batch, g_free);
  if (push->server_url == NULL) {
    run_program (push, items, task);
    return;
  }
  request = fit_request (push, items, &batch->count);
  if (request == NULL) {
    g_task_return_int (task, 1);
    g_object_unref (task);
    return;
  }
  belfry_http_send_async (push->instance, request, g_task_get_cancellable (task), on_answered,
                          task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "status-push",
  .summary       = N_("Passes every event on, as Buildbot 0.8's StatusPush did"),
  .family        = BELFRY_FAMILY_STREAM,
  .batch_max     = 1000,
  .options       = status_push_options,
  .instance_size = sizeof (StatusPush),
  .needs         = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC,
  .check         = status_push_check,
  .start         = status_push_start,
  .to_items      = status_push_to_items,
  .deliver_batch = status_push_deliver_batch,
  .get_pause     = status_push_get_pause,
);
