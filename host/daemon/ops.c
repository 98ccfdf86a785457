/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon lends its instances: the one implementation of BelfryHostOps that has a store
 * behind it. */
#include "host.h"

#include "builds/builds.h"
#include "daemon/host-metrics.h"
#include "gate.h"
#include "outside/processes.h"
#include "pollers/poller-keys.h"
#include "secrets.h"

#define CACHE_ENTRIES 1000

typedef struct {
  JsonNode *value;
  gint64 expires_us;
} CacheEntry;

static BelfryHosted *
get_hosted (BelfryInstance *instance)
{
  return belfry_instance_get_host_data (instance);
}

static BelfryHost *
get_host (BelfryInstance *instance)
{
  return get_hosted (instance)->host;
}

static char *
dup_key_space (BelfryInstance *instance)
{
  return g_strdup_printf ("%s/%s", belfry_instance_get_kind (instance),
                          belfry_instance_get_name (instance));
}

static void
send_out (BelfryHttpRequest *request, GTask *task, gpointer data)
{
  belfry_transport_send (data, request, task);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  BelfryHost *host = get_host (instance);
  BelfryGate gate = { belfry_outbox_get_buckets (host->outbox), host->masks, send_out,
                      host->transport };

  belfry_gate_send (&gate, get_hosted (instance), request, task);
}

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  belfry_processes_run (process, task);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryStore *store = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  if (belfry_store_read_finish (store, result, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

static void
ops_read (BelfryInstance *instance, BelfryReadFunc func, gpointer user_data, GTask *task)
{
  BelfryHost *host = get_host (instance);
  g_autofree char *key_space = dup_key_space (instance);
  BelfryReaderView view = { .instance = key_space };

  g_task_set_task_data (task, host->store, NULL);
  belfry_store_read_async (host->store, &view, func, user_data, g_task_get_cancellable (task),
                           on_read, task);
}

static gint64
ops_next_id (BelfryInstance *instance, BelfryIdKind kind)
{
  return belfry_store_next_id (get_host (instance)->store, kind);
}

static gint64
ops_builder_id (BelfryInstance *instance, const char *name)
{
  return belfry_store_builder_id (get_host (instance)->store, name);
}

static gint64
ops_worker_id (BelfryInstance *instance, const char *name)
{
  return belfry_store_worker_id (get_host (instance)->store, name);
}

static gint64
ops_next_build_number (BelfryInstance *instance, gint64 builderid)
{
  return belfry_store_next_build_number (get_host (instance)->store, builderid);
}

typedef struct {
  char *engine;
  BelfryTransaction *transaction;
} Submission;

static void
submission_free (gpointer data)
{
  Submission *submission = data;

  belfry_transaction_free (submission->transaction);
  g_free (submission->engine);
  g_free (submission);
}

static gboolean
apply_submission (BelfryWriter *writer, gpointer data, GError **error)
{
  Submission *submission = data;

  return belfry_builds_apply (writer, submission->engine, submission->transaction, error);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryStore *store = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  if (belfry_store_write_finish (store, result, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

static void
ops_submit (BelfryInstance *instance, BelfryTransaction *transaction, GTask *task)
{
  BelfryHost *host = get_host (instance);
  Submission *submission = g_new0 (Submission, 1);

  submission->engine = g_strdup (belfry_instance_get_name (instance));
  submission->transaction = transaction;
  if (task == NULL) {
    belfry_store_write (host->store, apply_submission, submission, submission_free);
    return;
  }
  g_task_set_task_data (task, host->store, NULL);
  /* who stops waiting does not take back what was said: the write itself is not cancelled */
  belfry_store_write_async (host->store, apply_submission, submission, submission_free, NULL,
                            on_written, task);
}

static gsize
ops_log_append (BelfryInstance *instance, gint64 logid, GBytes *lines, guint n_lines)
{
  BelfryHost *host = get_host (instance);

  belfry_host_metrics_add_log_bytes (host->metrics, g_bytes_get_size (lines));
  return belfry_store_log_append (host->store, logid, lines, n_lines);
}

static gint64
ops_log_lines (BelfryInstance *instance, gint64 logid)
{
  return belfry_store_log_lines (get_host (instance)->store, logid);
}

static void
ops_register_secret (BelfryInstance *instance, gint64 buildid, const char *name, const char *value)
{
  belfry_masks_add (get_host (instance)->masks, buildid, name, value, 4);
}

static void
ops_forget_secrets (BelfryInstance *instance, gint64 buildid)
{
  belfry_masks_forget (get_host (instance)->masks, buildid);
}

static void
ops_resolve_secret (BelfryInstance *instance, BelfrySecret *secret, GTask *task)
{
  belfry_secrets_resolve (secret, task);
}

static void
ops_tell (
    BelfryInstance *instance, const char *event, gint64 builderid, gint64 buildid, JsonObject *data)
{
  g_autoptr (BelfryEvent) told = belfry_event_new ();

  belfry_record_set_text (&told->name, event);
  told->at = belfry_clock_now_us ();
  told->builderid = builderid;
  told->buildid = buildid;
  told->data = belfry_json_object_to_text (data);
  belfry_bus_tell (get_host (instance)->bus, told);
  belfry_outbox_pass_event (get_host (instance)->outbox, told);
}

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  BelfryHost *host = get_host (instance);
  g_autofree char *masked = belfry_masks_apply_text (host->masks, message);
  g_autofree char *printable = belfry_text_make_printable (masked, -1, 4096);
  g_autofree char *name = dup_key_space (instance);

  g_log_structured (G_LOG_DOMAIN, level, "BELFRY_INSTANCE", name, "MESSAGE", "%s: %s", name,
                    printable);
}

/* what the host's keys say in the instance's own section */
static const char *
get_kind_value (BelfryHosted *hosted, const char *key)
{
  if (hosted->blueprint->kind != BELFRY_KIND_POLLER)
    return NULL;
  return belfry_poller_keys_get_value (hosted->blueprint->host_state, hosted->blueprint->name,
                                       hosted->config->host.state_directory, key);
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  const BelfryHostKeys *keys = &get_hosted (instance)->config->host;
  const struct {
    const char *key;
    const char *value;
  } values[] = {
    { "title", keys->title },
    { "title-url", keys->title_url },
    { "url", keys->url },
    { "state-directory", keys->state_directory },
    { "runtime-directory", keys->runtime_directory },
    { "time-zone", keys->time_zone_name },
    { "locale", keys->locale },
    { "config-directory", get_hosted (instance)->config->directory },
    { "version", BELFRY_VERSION },
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (g_strcmp0 (values[i].key, key) == 0)
      return values[i].value;
  return get_kind_value (get_hosted (instance), key);
}

static void
cache_entry_free (gpointer data)
{
  CacheEntry *entry = data;

  json_node_unref (entry->value);
  g_free (entry);
}

static char *
dup_cache_key (BelfryInstance *instance, const char *key)
{
  g_autofree char *space = dup_key_space (instance);

  return g_strdup_printf ("%s\n%s", space, key);
}

static void
ops_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
  BelfryHost *host = get_host (instance);
  CacheEntry *entry = g_new0 (CacheEntry, 1);

  if (host->caches == NULL)
    host->caches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, cache_entry_free);
  if (g_hash_table_size (host->caches) >= CACHE_ENTRIES)
    g_hash_table_remove_all (host->caches);
  entry->value = json_node_copy (value);
  entry->expires_us = expires_us;
  g_hash_table_replace (host->caches, dup_cache_key (instance, key), entry);
}

static JsonNode *
ops_cache_get (BelfryInstance *instance, const char *key)
{
  BelfryHost *host = get_host (instance);
  g_autofree char *full = dup_cache_key (instance, key);
  CacheEntry *entry = host->caches != NULL ? g_hash_table_lookup (host->caches, full) : NULL;

  if (entry == NULL || entry->expires_us <= belfry_clock_now_us ())
    return NULL;
  return json_node_copy (entry->value);
}

static gboolean
has_prefix (gpointer key, gpointer value, gpointer prefix)
{
  return g_str_has_prefix (key, prefix);
}

void
belfry_host_drop_cache (BelfryHosted *hosted, gpointer data)
{
  BelfryHost *host = data;
  g_autofree char *prefix = dup_cache_key (hosted->instance, "");

  if (host->caches != NULL)
    g_hash_table_foreach_remove (host->caches, has_prefix, prefix);
}

static void
ops_found (BelfryInstance *instance, GPtrArray *changes, JsonNode *state, GTask *task)
{
  belfry_pollers_found (get_host (instance)->pollers, get_hosted (instance), changes, state, task);
}

static void
ops_heard (BelfryInstance *instance, JsonObject *message)
{
  belfry_instance_log (instance, G_LOG_LEVEL_WARNING,
                       "a line was heard, but this host has no command interpreter");
}

static gint64
ops_keep_pace (BelfryInstance *instance, const BelfryPace *paces, guint count)
{
  return belfry_buckets_keep_pace (belfry_outbox_get_buckets (get_host (instance)->outbox),
                                   get_hosted (instance), paces, count);
}

const BelfryHostOps *
belfry_host_get_ops (void)
{
  static const BelfryHostOps ops = {
    .size = sizeof (BelfryHostOps),
    .http_send = ops_http_send,
    .run_process = ops_run_process,
    .read = ops_read,
    .next_id = ops_next_id,
    .builder_id = ops_builder_id,
    .worker_id = ops_worker_id,
    .next_build_number = ops_next_build_number,
    .submit = ops_submit,
    .log_append = ops_log_append,
    .log_lines = ops_log_lines,
    .register_secret = ops_register_secret,
    .forget_secrets = ops_forget_secrets,
    .resolve_secret = ops_resolve_secret,
    .tell = ops_tell,
    .log = ops_log,
    .host_value = ops_host_value,
    .cache_put = ops_cache_put,
    .cache_get = ops_cache_get,
    .found = ops_found,
    .heard = ops_heard,
    .keep_pace = ops_keep_pace,
  };

  return &ops;
}
