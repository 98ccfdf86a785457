/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reporter: loaded, configured, asked to plan and to deliver as the host's outbox would. */
#include "report-test-private.h"

#include "daemon/processes.h" /* lint: tests run programs as the daemon does */
#include "daemon/transport.h" /* lint: tests speak through the daemon's own transport */

#include <gmodule.h>
#include <string.h>

#define SILENCE_US (150 * G_TIME_SPAN_MILLISECOND)

struct _BelfryReportTest {
  const BelfryReporter *plugin;
  gpointer state;
  BelfryInstance *instance;
  BelfryReportService *service;
  BelfryTransport *transport;
  char *origin; /* (nullable) */
  GString *log;
  GHashTable *cache;      /* key → JsonNode */
  BelfryTargets *targets; /* (nullable) */
  gint64 pace_us;
  char *name;
  char *keys;
  gint64 patience_us; /* how long programs have at the most; 0: as long as they are given */
  gboolean verified;  /* the last request asked for the service's certificate to be checked */
};

static const BelfryReporter *
load (const char *name)
{
  g_autofree char *file = g_strdup_printf ("reporter-%s.so", name);
  g_autofree char *path = g_build_filename (g_getenv ("BELFRY_PLUGIN_PATH"), file, NULL);
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;
  const BelfryReporter *plugin = NULL;

  if (module == NULL)
    g_error ("loading '%s': %s", path, g_module_error ());
  g_module_make_resident (module);
  g_assert_true (g_module_symbol (module, BELFRY_PLUGIN_SYMBOL, &symbol));
  plugin = symbol;
  g_assert_cmpint (plugin->kind, ==, BELFRY_KIND_REPORTER);
  g_assert_cmpstr (plugin->name, ==, name);
  return plugin;
}

/* the same request, to the service */
static BelfryHttpRequest *
divert (BelfryReportTest *self, BelfryHttpRequest *request)
{
  const char *url = belfry_http_request_get_url (request);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *diverted = NULL;

  if (g_str_has_prefix (url, belfry_report_service_get_url (self->service)))
    return belfry_http_request_ref (request);
  if (self->origin == NULL || !g_str_has_prefix (url, self->origin))
    g_error ("a request to a place that nobody named: %s", url);
  diverted = g_strconcat (belfry_report_service_get_url (self->service),
                          url + strlen (self->origin), NULL);
  node = belfry_http_request_to_json (request);
  json_object_set_string_member (json_node_get_object (node), "url", diverted);
  return belfry_http_request_from_json (node, NULL);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);
  g_autoptr (BelfryHttpRequest) diverted = divert (self, request);

  g_assert_cmpint (belfry_http_request_get_timeout_us (request), <=, 60 * G_USEC_PER_SEC);
  self->verified = belfry_http_request_get_verify (request);
  if (belfry_report_service_get_fault (self->service) == BELFRY_REPORT_FAULT_SILENT)
    belfry_http_request_set_limits (diverted, SILENCE_US, 0);
  belfry_transport_send (self->transport, diverted, task);
}

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);
  BelfryProcess hurried = *process;

  if (self->patience_us > 0)
    hurried.timeout_us = MIN (hurried.timeout_us, self->patience_us);
  belfry_processes_run (&hurried, task);
}

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);

  g_test_message ("%s", message);
  g_string_append_printf (self->log, "%s\n", message);
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  if (g_str_equal (key, "title"))
    return "Acme CI";
  return g_str_equal (key, "url") ? "https://ci.example.org/" : NULL;
}

static void
ops_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);

  if (value == NULL)
    g_hash_table_remove (self->cache, key);
  else
    g_hash_table_insert (self->cache, g_strdup (key), json_node_ref (value));
}

static JsonNode *
ops_cache_get (BelfryInstance *instance, const char *key)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);
  JsonNode *value = g_hash_table_lookup (self->cache, key);

  return value != NULL ? json_node_ref (value) : NULL;
}

static gint64
ops_keep_pace (BelfryInstance *instance, const BelfryPace *paces, guint count)
{
  BelfryReportTest *self = belfry_instance_get_host_data (instance);

  return self->pace_us;
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .http_send = ops_http_send,
  .run_process = ops_run_process,
  .log = ops_log,
  .host_value = ops_host_value,
  .cache_put = ops_cache_put,
  .cache_get = ops_cache_get,
  .keep_pace = ops_keep_pace,
};

/* options */

static BelfrySection *
make_section (const char *name, const char *keys, const char *url)
{
  BelfrySection *section = belfry_section_new ("reporter", name, "/belfry.conf", 1);
  g_autoptr (GString) text = g_string_new (keys);
  g_auto (GStrv) lines = NULL;

  g_string_replace (text, "$URL", url, 0);
  lines = g_strsplit (text->str, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (equals == NULL)
      continue;
    *equals = '\0';
    belfry_section_set (section, lines[i], equals + 1, "/belfry.conf", i + 2);
  }
  return section;
}

static gpointer
read_state (const BelfryReporter *plugin,
            const char *keys,
            const char *url,
            BelfryProblems *problems)
{
  const BelfryOptionTable table = { plugin->options, plugin->option_size };
  g_autoptr (BelfrySection) section = make_section (plugin->name, keys, url);
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryCheck check = { sizeof check, section, NULL, problems };
  gpointer state = g_malloc0 (plugin->instance_size);

  belfry_option_table_read (&table, section, state, consumed, problems);
  if (plugin->check != NULL && belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) == 0)
    plugin->check (state, &check);
  return state;
}

static char *
dup_problems (BelfryProblems *problems)
{
  static const char *const severities[] = { "error", "failure", "warning", "note" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);

    g_string_append_printf (text, "%s %s: %s\n", severities[problem->severity], problem->key,
                            problem->message);
  }
  return g_string_free (text, FALSE);
}

static void
clear_state (const BelfryReporter *plugin, gpointer state)
{
  const BelfryOptionTable table = { plugin->options, plugin->option_size };

  if (plugin->clear != NULL)
    plugin->clear (state);
  belfry_option_table_clear (&table, state);
  g_free (state);
}

char *
belfry_report_test_dup_problems (const char *name, const char *keys)
{
  const BelfryReporter *plugin = load (name);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();

  clear_state (plugin, read_state (plugin, keys, "http://127.0.0.1:9", problems));
  return dup_problems (problems);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **done = user_data;

  *done = g_object_ref (result);
}

static GTask *
wait_for (GAsyncResult **done)
{
  while (*done == NULL)
    g_main_context_iteration (NULL, TRUE);
  return G_TASK (*done);
}

BelfryReportTest *
belfry_report_test_new (const char *name, const char *keys)
{
  BelfryReportTest *self = g_new0 (BelfryReportTest, 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GAsyncResult) done = NULL;

  self->plugin = load (name);
  self->name = g_strdup (name);
  self->keys = g_strdup (keys);
  self->service = belfry_report_service_new ();
  self->transport = belfry_transport_new ("Belfry");
  self->log = g_string_new (NULL);
  self->cache =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_node_unref);
  self->state =
      read_state (self->plugin, keys, belfry_report_service_get_url (self->service), problems);
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0) {
    g_autofree char *text = dup_problems (problems);

    g_error ("%s", text);
  }
  self->instance = belfry_instance_new ("reporter", name, self->state, &ops, self);
  if (self->plugin->start != NULL) {
    self->plugin->start (self->state, self->instance, g_task_new (NULL, NULL, on_done, &done));
    g_assert_true (g_task_propagate_boolean (wait_for (&done), NULL));
  }
  return self;
}

void
belfry_report_test_free (BelfryReportTest *self)
{
  g_autoptr (GAsyncResult) done = NULL;

  if (self == NULL)
    return;
  if (self->plugin->stop != NULL) {
    self->plugin->stop (self->state, g_task_new (NULL, NULL, on_done, &done));
    g_assert_true (g_task_propagate_boolean (wait_for (&done), NULL));
  }
  belfry_targets_free (self->targets);
  clear_state (self->plugin, self->state);
  belfry_instance_unref (self->instance);
  belfry_transport_free (self->transport);
  belfry_report_service_free (self->service);
  g_hash_table_unref (self->cache);
  g_string_free (self->log, TRUE);
  g_free (self->origin);
  g_free (self->name);
  g_free (self->keys);
  g_free (self);
}

const BelfryReporter *
belfry_report_test_get_plugin (BelfryReportTest *self)
{
  return self->plugin;
}

gpointer
belfry_report_test_get_state (BelfryReportTest *self)
{
  return self->state;
}

BelfryReportTest *
belfry_report_test_new_like (BelfryReportTest *other, const char *keys)
{
  g_autofree char *all = g_strconcat (other->keys, "\n", keys, NULL);
  BelfryReportTest *self = belfry_report_test_new (other->name, all);

  belfry_report_test_set_origin (self, other->origin);
  self->pace_us = other->pace_us;
  g_hash_table_unref (self->cache);
  self->cache = g_hash_table_ref (other->cache);
  return self;
}

gboolean
belfry_report_test_is_verified (BelfryReportTest *self)
{
  return self->verified;
}

void
belfry_report_test_set_origin (BelfryReportTest *self, const char *origin)
{
  g_free (self->origin);
  self->origin = g_strdup (origin);
}

void
belfry_report_test_set_patience (BelfryReportTest *self, gint64 patience_us)
{
  self->patience_us = patience_us;
}

void
belfry_report_test_set_pace (BelfryReportTest *self, gint64 wait_us)
{
  self->pace_us = wait_us;
}

const char *
belfry_report_test_get_url (BelfryReportTest *self)
{
  return belfry_report_service_get_url (self->service);
}

const char *
belfry_report_test_get_log (BelfryReportTest *self)
{
  return self->log->str;
}

/* secrets stay where they are */

static void
look_for_secret (gpointer data, gpointer text)
{
  BelfrySecret *secret = data;

  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    const char *value = belfry_secret_get_generation (secret, i);

    if (value != NULL && strlen (value) >= 8 && strstr (text, value) != NULL)
      g_error ("a secret is in what is stored or shown: %s", (const char *)text);
  }
}

static void
check_secrets (BelfryReportTest *self, const char *text)
{
  const BelfryOptionTable table = { self->plugin->options, self->plugin->option_size };

  if (text != NULL)
    belfry_option_table_visit_secrets (&table, self->state, look_for_secret, (gpointer)text);
}

/* delivering */

guint
belfry_report_test_plan (BelfryReportTest *self, BelfryReport *report)
{
  g_autoptr (GError) local = NULL;

  belfry_targets_free (self->targets);
  self->targets = belfry_targets_new ();
  if (!self->plugin->plan (self->state, report, self->targets, &local))
    g_error ("planning: %s", local->message);
  for (guint i = 0; i < belfry_targets_get_length (self->targets); i++) {
    JsonNode *payload = belfry_targets_get_payload (self->targets, i);
    g_autofree char *text = payload != NULL ? belfry_json_to_text (payload) : NULL;

    check_secrets (self, text);
    check_secrets (self, belfry_targets_get_target (self->targets, i));
    check_secrets (self, belfry_targets_get_key (self->targets, i));
  }
  return belfry_targets_get_length (self->targets);
}

BelfryTargets *
belfry_report_test_get_targets (BelfryReportTest *self)
{
  return self->targets;
}

void
belfry_report_test_expect (BelfryReportTest *self, const BelfryReportExchange *exchange)
{
  belfry_report_service_expect (self->service, exchange);
}

static BelfryOutcome *
judge_error (const GError *error)
{
  if (g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_DENIED))
    return belfry_outcome_new (BELFRY_OUTCOME_DENIED, error->message);
  return belfry_outcome_new_wait (
      0, error->domain == BELFRY_ERROR && error->code != BELFRY_ERROR_RETRY, error->message);
}

/* by a request and its answer */
static BelfryOutcome *
exchange_item (BelfryReportTest *self, const BelfryItem *item)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (BelfryHttpAnswer) answer = NULL;
  g_autoptr (BelfryHttpRequest) request = self->plugin->to_request (self->state, item, &local);
  BelfryOutcome *outcome = NULL;

  if (request == NULL)
    return belfry_outcome_new (BELFRY_OUTCOME_REFUSED, local->message);
  belfry_http_send_async (self->instance, request, NULL, on_done, &done);
  answer = belfry_http_send_finish (self->instance, G_ASYNC_RESULT (wait_for (&done)), &local);
  if (answer == NULL)
    return judge_error (local);
  if (self->plugin->from_answer != NULL)
    outcome = self->plugin->from_answer (self->state, item, answer);
  return outcome != NULL ? outcome : belfry_outcome_new_from_answer (answer);
}

static BelfryOutcome *
deliver_item (BelfryReportTest *self, const BelfryItem *item)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GAsyncResult) done = NULL;
  BelfryOutcome *outcome = NULL;

  self->plugin->deliver (self->state, item, g_task_new (NULL, NULL, on_done, &done));
  outcome = g_task_propagate_pointer (wait_for (&done), &local);
  return outcome != NULL ? outcome : judge_error (local);
}

BelfryOutcome *
belfry_report_test_deliver (BelfryReportTest *self, guint index, const char *remote_id)
{
  const BelfryItem item = {
    .size = sizeof item,
    .reportid = 812 + (gint64)index,
    .target = belfry_targets_get_target (self->targets, index),
    .key = belfry_targets_get_key (self->targets, index),
    .phase = "finished",
    .remote_id = remote_id,
    .payload = belfry_targets_get_payload (self->targets, index),
  };
  BelfryOutcome *outcome = NULL;

  outcome =
      self->plugin->deliver != NULL ? deliver_item (self, &item) : exchange_item (self, &item);
  check_secrets (self, outcome->excerpt);
  check_secrets (self, outcome->remote_id);
  return outcome;
}

BelfryOutcome *
belfry_report_test_run (BelfryReportTest *self,
                        BelfryReport *report,
                        const BelfryReportExchange *exchange)
{
  BelfryOutcome *outcome = NULL;

  g_assert_cmpuint (belfry_report_test_plan (self, report), ==, 1);
  belfry_report_test_expect (self, exchange);
  outcome = belfry_report_test_deliver (self, 0, NULL);
  g_assert_cmpuint (belfry_report_service_get_waiting (self->service), ==, 0);
  return outcome;
}
