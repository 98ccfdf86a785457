/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's side of the seam as tests have it. HTTP goes through the daemon's own transport to the
 * service on loopback, programs are really run, the store is in memory. What the real host answers
 * later is answered later here too, from the main loop.
 */
#include "test-private.h"

#include "outside/processes.h"

#include <signal.h>
#include <string.h>

#define SILENCE_US     (150 * G_TIME_SPAN_MILLISECOND)
#define MAX_TIMEOUT_US (60 * G_USEC_PER_SEC)

static BelfryTest *
get_test (BelfryInstance *instance)
{
  return belfry_instance_get_host_data (instance);
}

static gboolean
on_later (gpointer data)
{
  GTask *task = data;
  GError *error = g_object_steal_data (G_OBJECT (task), "belfry-error");

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* takes both */
static void
answer_later (GTask *task, GError *error)
{
  if (error != NULL)
    g_object_set_data (G_OBJECT (task), "belfry-error", error);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_later, task, g_object_unref);
}

/* outside */

/* what follows scheme and host */
static const char *
find_path (BelfryTest *self, const char *url)
{
  const char *host = strstr (url, "://");

  if (g_strcmp0 (self->origin, BELFRY_TEST_ANY_ORIGIN) == 0 && host != NULL)
    return host + strlen ("://") + strcspn (host + strlen ("://"), "/?#");
  if (self->origin == NULL || !g_str_has_prefix (url, self->origin))
    g_error ("a request to a place that nobody named: %s", url);
  return url + strlen (self->origin);
}

/* the same request, to the service */
static BelfryHttpRequest *
divert (BelfryTest *self, BelfryHttpRequest *request)
{
  const char *url = belfry_http_request_get_url (request);
  const char *service = belfry_test_get_url (self);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *diverted = NULL;

  if (g_str_has_prefix (url, service))
    return belfry_http_request_ref (request);
  diverted = g_strconcat (service, find_path (self, url), NULL);
  node = belfry_http_request_to_json (request);
  json_object_set_string_member (json_node_get_object (node), "url", diverted);
  return belfry_http_request_from_json (node, NULL);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  BelfryTest *self = get_test (instance);
  g_autoptr (BelfryHttpRequest) diverted = divert (self, request);

  if (belfry_http_request_get_timeout_us (request) > MAX_TIMEOUT_US)
    g_error ("a request that waits longer than a minute: %s",
             belfry_http_request_get_url (request));
  if (belfry_test_service_get_fault (self->service) == BELFRY_TEST_FAULT_SILENT)
    belfry_http_request_set_limits (diverted, SILENCE_US, 0);
  belfry_transport_send (belfry_test_get_transport (self), diverted, task);
}

static GBytes *
make_bytes (const char *text)
{
  return g_bytes_new (text, text != NULL ? strlen (text) : 0);
}

static gboolean
on_program_ended (gpointer data)
{
  GTask *task = data;
  const BelfryTestProgram *program = g_object_get_data (G_OBJECT (task), "belfry-program");
  BelfryProcessResult *result = g_new0 (BelfryProcessResult, 1);

  result->exit_status = program->exit_status;
  result->signal = program->exit_status < 0 ? SIGKILL : 0;
  result->output = make_bytes (program->output);
  result->errors = make_bytes (program->errors);
  g_task_return_pointer (task, result, (GDestroyNotify)belfry_process_result_free);
  return G_SOURCE_REMOVE;
}

static gboolean
on_program_too_late (gpointer task)
{
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "it ran too long");
  return G_SOURCE_REMOVE;
}

/* the deadline of a program that hangs comes as soon as a silent service's does */
static void
play_program (const BelfryTestProgram *program, GTask *task)
{
  g_object_set_data (G_OBJECT (task), "belfry-program", (gpointer)program);
  if (program->hangs)
    g_timeout_add_full (G_PRIORITY_DEFAULT, SILENCE_US / G_TIME_SPAN_MILLISECOND,
                        on_program_too_late, task, g_object_unref);
  else
    g_idle_add_full (G_PRIORITY_DEFAULT, on_program_ended, task, g_object_unref);
}

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  BelfryTest *self = get_test (instance);

  g_ptr_array_add (self->programs, g_strjoinv (" ", (char **)process->argv));
  if (self->program != NULL)
    play_program (self->program, task);
  else
    belfry_processes_run (process, task);
}

/* the store */

static void
ops_read (BelfryInstance *instance, BelfryReadFunc func, gpointer data, GTask *task)
{
  BelfryTestStore *store = belfry_test_get_store (get_test (instance));
  GError *error = NULL;

  func (belfry_test_store_get_reader (store), data, &error);
  answer_later (task, error);
}

static gint64
ops_next_id (BelfryInstance *instance, BelfryIdKind kind)
{
  return belfry_test_store_next_id (belfry_test_get_store (get_test (instance)));
}

static gint64
ops_builder_id (BelfryInstance *instance, const char *name)
{
  return belfry_test_store_name_id (belfry_test_get_store (get_test (instance)),
                                    belfry_builder_get_type (), name);
}

static gint64
ops_worker_id (BelfryInstance *instance, const char *name)
{
  return belfry_test_store_name_id (belfry_test_get_store (get_test (instance)),
                                    belfry_worker_get_type (), name);
}

static gint64
ops_next_build_number (BelfryInstance *instance, gint64 builderid)
{
  return belfry_test_store_next_number (belfry_test_get_store (get_test (instance)), builderid);
}

static void
ops_submit (BelfryInstance *instance, BelfryTransaction *transaction, GTask *task)
{
  BelfryTest *self = get_test (instance);
  GError *error = NULL;

  belfry_test_store_apply (belfry_test_get_store (self), transaction, self->said, &error);
  belfry_transaction_free (transaction);
  if (task != NULL)
    answer_later (task, error);
  else if (error != NULL)
    g_error ("a transaction that nobody waits for failed: %s", error->message);
}

static gsize
ops_log_append (BelfryInstance *instance, gint64 logid, GBytes *lines, guint n_lines)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (lines, &length);
  guint counted = 0;

  for (gsize i = 0; i < length; i++)
    counted += bytes[i] == '\n' ? 1 : 0;
  if (counted != n_lines || (length > 0 && bytes[length - 1] != '\n'))
    g_error ("%u whole lines were appended to a log, and %u said", counted, n_lines);
  if (!g_utf8_validate (bytes, (gssize)length, NULL))
    g_error ("what was appended to a log is no UTF-8");
  belfry_test_store_append_log (belfry_test_get_store (get_test (instance)), logid, lines);
  return 0;
}

static gint64
ops_log_lines (BelfryInstance *instance, gint64 logid)
{
  return belfry_test_store_count_lines (belfry_test_get_store (get_test (instance)), logid);
}

static void
ops_register_secret (BelfryInstance *instance, gint64 buildid, const char *name, const char *value)
{
}

static void
ops_forget_secrets (BelfryInstance *instance, gint64 buildid)
{
}

static void
ops_tell (
    BelfryInstance *instance, const char *event, gint64 builderid, gint64 buildid, JsonObject *data)
{
  g_ptr_array_add (get_test (instance)->said, g_strdup_printf ("tell %s", event));
}

static void
ops_found (BelfryInstance *instance, GPtrArray *changes, JsonNode *state, GTask *task)
{
  BelfryTest *self = get_test (instance);

  for (guint i = 0; changes != NULL && i < changes->len; i++)
    g_ptr_array_add (self->changes, belfry_record_ref (g_ptr_array_index (changes, i)));
  g_clear_pointer (&self->poll_state, json_node_unref);
  self->poll_state = state != NULL ? json_node_copy (state) : NULL;
  answer_later (task, NULL);
}

/* secrets: NAME of secret:NAME is its own value, with a word before it */

static char *
look_up (BelfrySecret *secret, guint generation)
{
  const char *name = belfry_secret_get_name (secret, generation);
  char *text = NULL;

  switch (belfry_secret_get_source (secret, generation)) {
  case BELFRY_SECRET_LITERAL:
  case BELFRY_SECRET_PLAIN:
    return g_strdup (name);
  case BELFRY_SECRET_NAMED:
    return g_strconcat ("value-of-", name, NULL);
  case BELFRY_SECRET_ENVIRONMENT:
    return g_strdup (g_getenv (name));
  case BELFRY_SECRET_FILE:
    return g_file_get_contents (name, &text, NULL, NULL) ? g_strchomp (text) : NULL;
  }
  return NULL;
}

gboolean
belfry_test_resolve_secret (BelfrySecret *secret, GError **error)
{
  if (belfry_secret_is_resolved (secret))
    return TRUE;
  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    g_autofree char *value = look_up (secret, i);

    if (value == NULL) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "'%s' cannot be read",
                   belfry_secret_get_name (secret, i));
      return FALSE;
    }
    belfry_secret_resolve (secret, i, value);
  }
  return TRUE;
}

static void
ops_resolve_secret (BelfryInstance *instance, BelfrySecret *secret, GTask *task)
{
  GError *error = NULL;

  belfry_test_resolve_secret (secret, &error);
  answer_later (task, error);
}

/* the rest */

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  BelfryTest *self = get_test (instance);

  if (!g_utf8_validate (message, -1, NULL))
    g_error ("a message that is no UTF-8 was logged");
  if (g_test_initialized ())
    g_test_message ("%s", message);
  g_string_append_printf (self->log, "%s\n", message);
}

static const char *
get_folder (BelfryTest *self)
{
  if (self->folder == NULL)
    self->folder = g_dir_make_tmp ("belfry-test-XXXXXX", NULL);
  return self->folder;
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  BelfryTest *self = get_test (instance);
  const BelfrySection *section = g_ptr_array_index (self->sections.sections, 0);
  const BelfryEntry *entry = belfry_section_find (section, key);
  const char *value = g_hash_table_lookup (self->host_values, key);

  if (entry != NULL)
    return entry->value;
  if (value != NULL)
    return value;
  if (g_str_has_suffix (key, "-directory"))
    return get_folder (self);
  return NULL;
}

static void
ops_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
  BelfryTest *self = get_test (instance);

  if (value == NULL)
    g_hash_table_remove (self->cache, key);
  else
    g_hash_table_insert (self->cache, g_strdup (key), json_node_ref (value));
}

static JsonNode *
ops_cache_get (BelfryInstance *instance, const char *key)
{
  JsonNode *value = g_hash_table_lookup (get_test (instance)->cache, key);

  return value != NULL ? json_node_ref (value) : NULL;
}

static void
ops_heard (BelfryInstance *instance, JsonObject *message)
{
  g_ptr_array_add (get_test (instance)->heard, json_object_ref (message));
}

static gint64
ops_keep_pace (BelfryInstance *instance, const BelfryPace *paces, guint count)
{
  return get_test (instance)->pace_us;
}

const BelfryHostOps belfry_test_ops = {
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
