/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters are kept all the time, gauges are asked for when somebody looks: of the rooms at once,
 * of the store on the pool. Who comes while the store is being asked gets the same answer. Engines
 * are asked at the same time; nobody waits for one that does not answer, and what it said last is
 * told.
 */
#include "daemon/host-metrics.h"

#include "daemon/secrets.h"
#include "metrics/events.h"
#include "metrics/stored.h"

#include <string.h>

#define MIN_MASKED  8 /* shorter tokens stand in too much by chance */
#define MAX_WAITING 64
#define LOCK_REASON "waiting for lock " /* engine.md: why a request waits */

static const BelfryMetric rows[] = {
  { "belfry_info", BELFRY_METRIC_GAUGE, "1, with the version of the program.", { "version" } },
  { "belfry_start_time_seconds",
    BELFRY_METRIC_GAUGE,
    "When the host started, since 1970.",
    { NULL } },
  { "belfry_ready", BELFRY_METRIC_GAUGE, "Whether /readyz says so.", { NULL } },
  { "belfry_instances", BELFRY_METRIC_GAUGE, "Instances of plugins.", { "kind", "state" } },
  { "belfry_instance_up",
    BELFRY_METRIC_GAUGE,
    "Whether an instance runs.",
    { "kind", "instance" } },
  { "belfry_engine_up", BELFRY_METRIC_GAUGE, "Whether an engine runs.", { "engine" } },
  { "belfry_store_writable", BELFRY_METRIC_GAUGE, "Whether the store can be written.", { NULL } },
  { "belfry_store_queued_writes", BELFRY_METRIC_GAUGE, "Writes that wait for the disk.", { NULL } },
  { "belfry_scheduler_due_seconds",
    BELFRY_METRIC_GAUGE,
    "How long until a scheduler fires; negative: it should have.",
    { "scheduler" } },
  { "belfry_lock_waiters",
    BELFRY_METRIC_GAUGE,
    "Builders whose next request waits for a lock, steps not counted.",
    { "lock" } },
};

enum {
  INFO,
  START_TIME,
  READY,
  INSTANCES,
  INSTANCE_UP,
  ENGINE_UP,
  WRITABLE,
  QUEUED,
  DUE,
  LOCK_WAITERS,
};

/* What engines are asked, and what their answer is: an object by names. */
typedef enum {
  QUESTION_MOMENTS,
  QUESTION_QUEUE,
  N_QUESTIONS,
} Question;

static const char *const questions[] = {
  [QUESTION_MOMENTS] = "moments",
  [QUESTION_QUEUE] = "queue",
};

/* which the store says only as of now */
static const BelfryMetric commits = {
  "belfry_store_commits_total", BELFRY_METRIC_COUNTER, "Transactions.", { NULL }, NULL,
};

struct _BelfryHostMetrics {
  BelfryHost *host;
  BelfryMetrics *metrics;
  BelfryEventMetrics *events;
  BelfryStored *stored;             /* (nullable) while the store is being asked */
  GQueue waiting;                   /* of GTask, for its answer */
  JsonObject *answers[N_QUESTIONS]; /* (nullable) the last ones */
  gboolean asking[N_QUESTIONS];
  gint64 started_us; /* since 1970 */
  gint64 commits_told;
};

/* before the builders were read: with one engine there is no doubt */
static const char *
find_engine (gint64 builderid, gpointer data)
{
  BelfryHost *host = ((BelfryHostMetrics *)data)->host;
  const char *known = host->www != NULL ? belfry_www_find_engine (host->www, builderid) : NULL;
  g_autoptr (GPtrArray) engines = NULL;

  if (known != NULL)
    return known;
  engines = belfry_host_list (host, BELFRY_KIND_ENGINE, FALSE);
  if (engines->len != 1)
    return NULL;
  return ((const BelfryHosted *)engines->pdata[0])->blueprint->name;
}

BelfryHostMetrics *
belfry_host_metrics_new (BelfryHost *host)
{
  BelfryHostMetrics *self = g_new0 (BelfryHostMetrics, 1);

  self->host = host;
  self->started_us = belfry_clock_now_us ();
  self->metrics = belfry_metrics_new ();
  g_queue_init (&self->waiting);
  belfry_metrics_register (self->metrics, rows, G_N_ELEMENTS (rows));
  belfry_metrics_register (self->metrics, &commits, 1);
  self->events = belfry_event_metrics_new (self->metrics, host->bus, find_engine, self);
  belfry_stored_register (self->metrics);
  belfry_deliveries_set_metrics (host->deliveries, self->metrics);
  belfry_outbox_set_metrics (host->outbox, self->metrics);
  belfry_www_set_metrics (host->www, self->metrics);
  return self;
}

void
belfry_host_metrics_free (BelfryHostMetrics *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->waiting, g_object_unref);
  for (guint i = 0; i < N_QUESTIONS; i++)
    g_clear_pointer (&self->answers[i], json_object_unref);
  belfry_event_metrics_free (self->events);
  belfry_stored_free (self->stored);
  belfry_metrics_free (self->metrics);
  g_free (self);
}

void
belfry_host_metrics_add_log_bytes (BelfryHostMetrics *self, gsize bytes)
{
  belfry_event_metrics_add_log_bytes (self->events, bytes);
}

/* telling */

static void
tell_instances (BelfryHostMetrics *self)
{
  GPtrArray *hosted = self->host->hosted;

  for (guint i = 0; i < hosted->len; i++) {
    const BelfryHosted *instance = hosted->pdata[i];
    const char *kind = belfry_kind_get_name (instance->blueprint->kind);
    const char *name = instance->blueprint->name;
    double is_up = instance->state == BELFRY_HOSTED_RUNNING ? 1 : 0;

    belfry_metrics_add (self->metrics, &rows[INSTANCES], 1, kind,
                        belfry_hosted_get_state_name (instance), NULL);
    belfry_metrics_add (self->metrics, &rows[INSTANCE_UP], is_up, kind, name, NULL);
    if (instance->blueprint->kind == BELFRY_KIND_ENGINE)
      belfry_metrics_add (self->metrics, &rows[ENGINE_UP], is_up, name, NULL);
  }
}

static void
tell_store (BelfryHostMetrics *self)
{
  BelfryStoreStatus status = { 0 };

  belfry_store_get_status (self->host->store, &status);
  belfry_metrics_add (self->metrics, &rows[WRITABLE], status.writable ? 1 : 0, NULL);
  belfry_metrics_add (self->metrics, &rows[QUEUED], status.queued, NULL);
  belfry_metrics_add (self->metrics, &commits, (double)(status.commits - self->commits_told), NULL);
  self->commits_told = status.commits;
  belfry_store_status_clear (&status);
}

static void
tell_moments (BelfryHostMetrics *self, JsonObject *moments)
{
  double now = (double)belfry_clock_now_us () / G_USEC_PER_SEC;
  JsonObjectIter iter;
  const char *scheduler = NULL;
  JsonNode *moment = NULL;

  json_object_iter_init (&iter, moments);
  while (json_object_iter_next (&iter, &scheduler, &moment))
    if (JSON_NODE_HOLDS_VALUE (moment))
      belfry_metrics_add (self->metrics, &rows[DUE], (double)json_node_get_int (moment) - now,
                          scheduler, NULL);
}

static void
tell_lock_waiters (BelfryHostMetrics *self, JsonObject *queue)
{
  JsonObjectIter iter;
  const char *builder = NULL;

  json_object_iter_init (&iter, queue);
  while (json_object_iter_next (&iter, &builder, NULL)) {
    const char *why = belfry_json_get_text (queue, builder);

    if (why != NULL && g_str_has_prefix (why, LOCK_REASON))
      belfry_metrics_add (self->metrics, &rows[LOCK_WAITERS], 1, why + strlen (LOCK_REASON), NULL);
  }
}

static GBytes *
tell_all (BelfryHostMetrics *self)
{
  BelfryHost *host = self->host;
  g_autofree char *not_ready = belfry_host_dup_not_ready (host);

  belfry_metrics_reset_gauges (self->metrics);
  belfry_metrics_add (self->metrics, &rows[INFO], 1, BELFRY_VERSION, NULL);
  belfry_metrics_add (self->metrics, &rows[START_TIME], (double)self->started_us / G_USEC_PER_SEC,
                      NULL);
  belfry_metrics_add (self->metrics, &rows[READY], not_ready == NULL ? 1 : 0, NULL);
  tell_instances (self);
  tell_store (self);
  belfry_outbox_tell_gauges (host->outbox);
  belfry_www_tell_gauges (host->www);
  belfry_stored_tell (self->stored, self->metrics);
  if (self->answers[QUESTION_MOMENTS] != NULL)
    tell_moments (self, self->answers[QUESTION_MOMENTS]);
  if (self->answers[QUESTION_QUEUE] != NULL)
    tell_lock_waiters (self, self->answers[QUESTION_QUEUE]);
  return belfry_metrics_format (self->metrics);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHostMetrics *self = user_data;
  g_autoptr (GError) local = NULL;
  gboolean is_read = belfry_store_read_finish (self->host->store, result, &local);
  g_autoptr (GBytes) text = is_read ? tell_all (self) : NULL;
  GQueue waiting = self->waiting;

  (void)source;
  g_clear_pointer (&self->stored, belfry_stored_free);
  g_queue_init (&self->waiting);
  while (!g_queue_is_empty (&waiting)) {
    g_autoptr (GTask) task = g_queue_pop_head (&waiting);

    if (text != NULL)
      g_task_return_pointer (task, g_bytes_ref (text), (GDestroyNotify)g_bytes_unref);
    else
      g_task_return_error (task, g_error_copy (local));
  }
}

/* asking engines */

typedef struct {
  BelfryHostMetrics *metrics;
  Question question;
} Asking;

static void
on_engine_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Asking *asking = user_data;
  BelfryHostMetrics *self = asking->metrics;
  JsonObject **place = &self->answers[asking->question];
  g_autoptr (BelfryControlAnswer) answer = g_task_propagate_pointer (G_TASK (result), NULL);

  (void)source;
  self->asking[asking->question] = FALSE;
  g_clear_pointer (place, json_object_unref);
  if (answer != NULL && answer->outcome == BELFRY_CONTROL_DONE && answer->data != NULL)
    *place = json_object_ref (answer->data);
  g_free (asking);
}

static void
ask_engines (BelfryHostMetrics *self)
{
  for (guint i = 0; i < N_QUESTIONS; i++) {
    const BelfryControl control = {
      .size = sizeof control,
      .action = questions[i],
      .id = BELFRY_NONE,
      .who = "metrics",
    };
    Asking *asking = NULL;

    if (self->asking[i])
      continue;
    self->asking[i] = TRUE;
    asking = g_new0 (Asking, 1);
    asking->metrics = self;
    asking->question = i;
    belfry_host_control (self->host, &control, g_task_new (NULL, NULL, on_engine_answered, asking));
  }
}

void
belfry_host_metrics_tell (BelfryHostMetrics *self, GTask *task)
{
  const BelfryReaderView view = { .interactive = TRUE };

  if (self->waiting.length >= MAX_WAITING) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "too many ask at once");
    g_object_unref (task);
    return;
  }
  g_queue_push_tail (&self->waiting, task);
  if (self->stored != NULL)
    return;
  ask_engines (self);
  self->stored = belfry_stored_new (self->host->config->host.state_directory);
  belfry_store_read_async (self->host->store, &view, belfry_stored_read, self->stored, NULL,
                           on_read, self);
}

/* the token */

typedef struct {
  BelfryHost *host;
  BelfrySecret *token;
} Lookup;

static void
mask_token (BelfryHost *host, BelfrySecret *token)
{
  for (guint i = 0; i < belfry_secret_get_count (token); i++)
    belfry_masks_add (host->masks, 0, "secret", belfry_secret_get_generation (token, i),
                      MIN_MASKED);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  g_autoptr (GError) local = NULL;

  (void)source;
  if (g_task_propagate_boolean (G_TASK (result), &local))
    mask_token (lookup->host, lookup->token);
  else
    g_warning ("[www] metrics-token: %s; nobody gets /metrics before the next reload",
               local->message);
  belfry_secret_unref (lookup->token);
  g_free (lookup);
}

void
belfry_host_metrics_apply (BelfryHostMetrics *self)
{
  const BelfryWwwKeys *keys = self->host->config->www;
  Lookup *lookup = NULL;

  if (keys == NULL || keys->metrics == BELFRY_METRICS_NONE || keys->metrics_token == NULL)
    return;
  lookup = g_new0 (Lookup, 1);
  lookup->host = self->host;
  lookup->token = belfry_secret_ref (keys->metrics_token);
  belfry_secrets_resolve (lookup->token, g_task_new (NULL, NULL, on_looked_up, lookup));
}
