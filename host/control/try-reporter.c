/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One reporter alone: its section is read, its instance started, and a report of a sample build
 * goes the way that every report goes, over a store in a temporary folder, up to the request. That
 * is printed with secrets masked; with an address to send to, it is sent there, with the path that
 * it has. Filters are not asked: this is about what would be said, not whether.
 *
 * A reporter that reaches its service by itself (a socket, a program that connects) is not let to:
 * what it would deliver is shown.
 */
#include "try-reporter.h"

#include "ask.h"
#include "daemon/gate.h"
#include "daemon/secrets.h"
#include "outbox/prepare.h"
#include "outside/processes.h"
#include "outside/transport.h"
#include "try-sample.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_BYTES 1024

typedef struct {
  char *config_path;
  char *event;
  char *build_path;
  char *send;
  const char *name;
  BelfryConfig *config;
  BelfryHosted *hosted;
  BelfryReporting *reporting;
  BelfryReporterKeys *open_keys; /* the reporter's, without its filters */
  BelfryStore *store;
  BelfryMasks *masks;
  BelfryTransport *transport;
  JsonObject *build;
  JsonObject *host;
  BelfryDraft *draft;
  gboolean started;
  gboolean ended;
  GError *error;
  int exit_code;
} Try;

static const BelfryHostOps ops;

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    g_autofree char *shown = belfry_text_make_printable (*line, -1, G_MAXINT32);

    printf ("%s\n", shown);
  }
}

/* the instance's side */

static char *
redirect (const char *url, const char *base)
{
  g_autoptr (GUri) from = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) to = g_uri_parse (base, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) both = NULL;

  if (from == NULL || to == NULL)
    return g_strdup (url);
  both = g_uri_build (G_URI_FLAGS_ENCODED, g_uri_get_scheme (to), NULL, g_uri_get_host (to),
                      g_uri_get_port (to), g_uri_get_path (from), g_uri_get_query (from), NULL);
  return g_uri_to_string (both);
}

static BelfryHttpRequest *
copy_to (BelfryHttpRequest *request, const char *base)
{
  g_autofree char *url = redirect (belfry_http_request_get_url (request), base);
  BelfryHttpRequest *copy = belfry_http_request_new (belfry_http_request_get_method (request), url);
  GPtrArray *headers = belfry_http_request_list_headers (request);
  g_autoptr (GBytes) body = belfry_http_request_dup_body (request);
  const char *type = NULL;

  for (guint i = 0; i + 1 < headers->len; i += 2) {
    const char *name = g_ptr_array_index (headers, i);

    if (g_ascii_strcasecmp (name, "Content-Type") == 0)
      type = g_ptr_array_index (headers, i + 1);
    else
      belfry_http_request_set_header (copy, name, g_ptr_array_index (headers, i + 1));
  }
  if (body != NULL && g_bytes_get_size (body) > 0) {
    g_autofree char *text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));

    belfry_http_request_set_body (copy, type, text);
  }
  return copy;
}

static void
show_request (Try *self, BelfryHttpRequest *request)
{
  g_autoptr (JsonObject) shown = belfry_gate_describe (request, self->masks);
  JsonArray *headers = belfry_json_get_array (shown, "headers");
  const char *body = belfry_json_get_text (shown, "body");

  print_lines (belfry_json_get_text (shown, "what"));
  for (guint i = 0; i < json_array_get_length (headers); i++)
    print_lines (json_array_get_string_element (headers, i));
  printf ("\n");
  if (body != NULL)
    print_lines (body);
  printf ("\n");
}

/* where a reporter asks before it sends, it gets what it needs to go on */
static BelfryHttpAnswer *
rehearse (const BelfryReporter *plugin, BelfryHttpRequest *request)
{
  const char *method = belfry_http_request_get_method (request);
  const char *url = belfry_http_request_get_url (request);
  const BelfryRehearsal *row = plugin->rehearsals;

  for (; row != NULL && row->method != NULL; row++)
    if (g_str_equal (row->method, method) && strstr (url, row->part) != NULL) {
      g_autoptr (GBytes) body = g_bytes_new (row->json, strlen (row->json));

      return belfry_http_answer_new (row->status, body);
    }
  return belfry_http_answer_new (200, NULL);
}

static void
try_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  BelfryHosted *hosted = belfry_instance_get_host_data (instance);
  Try *self = hosted->host;

  show_request (self, request);
  if (self->send != NULL) {
    g_autoptr (BelfryHttpRequest) copy = copy_to (request, self->send);

    belfry_transport_send (self->transport, copy, task);
    return;
  }
  g_task_return_pointer (task, rehearse (belfry_hosted_get_plugin (hosted), request),
                         (GDestroyNotify)belfry_http_answer_unref);
  g_object_unref (task);
}

static void
try_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  BelfryHosted *hosted = belfry_instance_get_host_data (instance);
  g_autofree char *masked = belfry_masks_apply_text (((Try *)hosted->host)->masks, message);
  g_autofree char *shown = belfry_text_make_printable (masked, -1, ANSWER_BYTES);

  fprintf (stderr, "belfry try: %s\n", shown);
}

/* programs that make texts; one that connects is a reporter's own way, which is not gone */
static void
try_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  belfry_processes_run (process, task);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) local = NULL;

  if (belfry_store_read_finish (g_task_get_task_data (task), result, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

static void
try_read (BelfryInstance *instance, BelfryReadFunc func, gpointer user_data, GTask *task)
{
  BelfryHosted *hosted = belfry_instance_get_host_data (instance);
  Try *self = hosted->host;

  g_task_set_task_data (task, self->store, NULL);
  belfry_store_read_async (self->store, NULL, func, user_data, NULL, on_read, task);
}

static const char *
try_host_value (BelfryInstance *instance, const char *key)
{
  BelfryHosted *hosted = belfry_instance_get_host_data (instance);

  return belfry_json_get_text (((Try *)hosted->host)->host, key);
}

static void
try_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
}

static JsonNode *
try_cache_get (BelfryInstance *instance, const char *key)
{
  return NULL;
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .http_send = try_http_send,
  .run_process = try_run_process,
  .read = try_read,
  .log = try_log,
  .host_value = try_host_value,
  .cache_put = try_cache_put,
  .cache_get = try_cache_get,
};

/* getting ready */

static void
end (Try *self)
{
  self->ended = TRUE;
}

static void
wait_for_end (Try *self)
{
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE); /* lint: the only loop of a program that runs once */
  self->ended = FALSE;
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *self = user_data;

  if (self->error == NULL)
    g_task_propagate_boolean (G_TASK (result), &self->error);
  else
    g_task_propagate_boolean (G_TASK (result), NULL);
  end (self);
}

/* one that cannot be had is shown as if it could, unless it is to be sent */
static void
resolve_secret (gpointer secret, gpointer user_data)
{
  Try *self = user_data;
  g_autoptr (GError) local = NULL;

  if (!belfry_secret_is_resolved (secret) && !belfry_secrets_resolve_at_once (secret)) {
    belfry_secrets_resolve (secret, g_task_new (NULL, NULL, on_done, self));
    wait_for_end (self);
  }
  local = g_steal_pointer (&self->error);
  if (local != NULL && self->send != NULL) {
    self->error = g_steal_pointer (&local);
    return;
  }
  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    if (local != NULL)
      belfry_secret_resolve (secret, i, "unknown-secret");
    belfry_masks_add (self->masks, 0, "secret", belfry_secret_get_generation (secret, i), 1);
  }
}

static const BelfryBlueprint *
find_blueprint (Try *self)
{
  g_autofree char *path = belfry_config_find_path (self->config_path);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  const BelfryBlueprint *blueprint = NULL;

  if (path != NULL)
    self->config = belfry_config_load (path, loader, problems);
  for (guint i = 0; self->config == NULL && i < belfry_problems_get_length (problems); i++) {
    g_autofree char *text = belfry_problem_to_text (belfry_problems_get (problems, i));

    fprintf (stderr, "belfry try: %s\n", text);
  }
  if (self->config == NULL) {
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "there is no configuration%s",
                 path != NULL ? " without errors" : "; say which with --config FILE");
    return NULL;
  }
  blueprint = belfry_config_find (self->config, BELFRY_KIND_REPORTER, self->name);
  if (blueprint == NULL)
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "there is no [reporter %s]",
                 self->name);
  else if (blueprint->failure != NULL || blueprint->plugin == NULL)
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "reporter '%s': %s", self->name,
                 blueprint->failure != NULL ? blueprint->failure->message : "it has no plugin");
  return self->error == NULL ? blueprint : NULL;
}

static void
make_host (Try *self)
{
  const BelfryHostKeys *keys = &self->config->host;

  self->host = json_object_new ();
  json_object_set_string_member (self->host, "title", keys->title != NULL ? keys->title : "Belfry");
  if (keys->url != NULL)
    json_object_set_string_member (self->host, "url", keys->url);
}

static void
start_instance (Try *self, const BelfryBlueprint *blueprint)
{
  BelfryOptionTable table = { blueprint->plugin->options, blueprint->plugin->option_size };

  self->hosted = g_new0 (BelfryHosted, 1);
  g_atomic_ref_count_init (&self->hosted->refs);
  self->hosted->blueprint = blueprint;
  self->hosted->config = belfry_config_ref (self->config);
  self->hosted->state = BELFRY_HOSTED_RUNNING;
  self->hosted->host = self;
  self->hosted->instance =
      belfry_instance_new ("reporter", self->name, blueprint->state, &ops, self->hosted);
  if (blueprint->plugin->options != NULL)
    belfry_option_table_visit_secrets (&table, blueprint->state, resolve_secret, self);
  if (self->error != NULL || blueprint->plugin->start == NULL)
    return;
  blueprint->plugin->start (blueprint->state, self->hosted->instance,
                            g_task_new (NULL, NULL, on_done, self));
  wait_for_end (self);
  self->started = self->error == NULL;
}

static void
stop_instance (Try *self)
{
  const BelfryPlugin *plugin = self->hosted->blueprint->plugin;

  if (!self->started || plugin->stop == NULL)
    return;
  plugin->stop (self->hosted->blueprint->state, g_task_new (NULL, NULL, on_done, self));
  wait_for_end (self);
}

/* the report */

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *self = user_data;

  belfry_store_write_finish (self->store, result, &self->error);
  end (self);
}

static void
on_drafted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *self = user_data;

  belfry_store_read_finish (self->store, result, &self->error);
  end (self);
}

static gboolean
run_gather (BelfryReader *reader, gpointer data, GError **error)
{
  belfry_draft_gather (data, reader);
  return TRUE;
}

static gboolean
run_finish (BelfryReader *reader, gpointer data, GError **error)
{
  belfry_draft_finish (data, reader);
  return TRUE;
}

static void
on_programs_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  end (user_data);
}

static void
read_draft (Try *self, BelfryReadFunc func)
{
  BelfryReaderView view = { .host_info = self->host };

  belfry_store_read_async (self->store, &view, func, self->draft, NULL, on_drafted, self);
  wait_for_end (self);
  if (self->error == NULL && self->draft->error != NULL)
    self->error = g_error_copy (self->draft->error);
}

/* the builds of a set are chosen by the filters: here by none */
static void
open_filters (Try *self)
{
  self->open_keys = g_memdup2 (self->reporting->keys, sizeof *self->open_keys);
  self->open_keys->builders = NULL;
  self->open_keys->tags = NULL;
  self->open_keys->schedulers = NULL;
  self->open_keys->branches = NULL;
  self->reporting->keys = self->open_keys;
  self->reporting->modes |= BELFRY_MODES_EVERYTHING;
}

static void
make_report (Try *self)
{
  BelfryTrySample sample = { self->name, self->event, self->build, NULL };

  belfry_store_write_async (self->store, belfry_try_sample_write, &sample, NULL, NULL, on_written,
                            self);
  wait_for_end (self);
  if (self->error == NULL)
    self->reporting = belfry_reporting_new (self->hosted, self->config, &self->error);
  if (self->error == NULL) {
    open_filters (self);
    self->draft = belfry_draft_new (self->reporting, sample.row);
    read_draft (self, run_gather);
  }
  if (self->error == NULL && belfry_reporting_has_programs (self->reporting)) {
    belfry_draft_run_programs (self->draft, self->hosted->instance, NULL, on_programs_ended, self);
    wait_for_end (self);
  }
  if (self->error == NULL)
    read_draft (self, run_finish);
  belfry_record_unref (sample.row);
}

static void
print_outcome (Try *self, BelfryOutcome *outcome)
{
  static const char *const kinds[] = {
    [BELFRY_OUTCOME_DELIVERED] = "delivered",
    [BELFRY_OUTCOME_WAIT] = "to be tried again",
    [BELFRY_OUTCOME_REFUSED] = "refused",
    [BELFRY_OUTCOME_DENIED] = "the credential is refused",
    [BELFRY_OUTCOME_SUPERSEDED] = "nothing was sent",
  };
  g_autofree char *masked =
      belfry_masks_apply_cut (self->masks, outcome->excerpt != NULL ? outcome->excerpt : "");

  if (outcome->kind != BELFRY_OUTCOME_DELIVERED)
    self->exit_code = 1;
  printf ("%s%s", kinds[outcome->kind], *masked != '\0' ? ": " : "\n");
  if (*masked != '\0')
    print_lines (masked);
}

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *self = user_data;
  g_autoptr (BelfryOutcome) outcome = g_task_propagate_pointer (G_TASK (result), &self->error);

  /* without a service the answer is nobody's */
  if (outcome != NULL && self->send != NULL)
    print_outcome (self, outcome);
  end (self);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *self = user_data;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (self->hosted->instance, result, &self->error);

  if (answer != NULL && self->send != NULL) {
    GBytes *body = belfry_http_answer_get_body (answer);
    g_autofree char *text = g_utf8_make_valid (
        g_bytes_get_data (body, NULL) != NULL ? g_bytes_get_data (body, NULL) : "",
        (gssize)g_bytes_get_size (body));
    g_autofree char *masked = belfry_masks_apply_text (self->masks, text);
    g_autofree char *cut = belfry_text_cut (masked, ANSWER_BYTES);

    printf ("answered %u\n", belfry_http_answer_get_status (answer));
    print_lines (cut);
    self->exit_code = belfry_http_answer_get_status (answer) < 300 ? 0 : 1;
  }
  end (self);
}

static void
show_payload (Try *self, JsonNode *payload)
{
  g_autofree char *text = payload != NULL ? json_to_string (payload, TRUE) : g_strdup ("");
  g_autofree char *masked = belfry_masks_apply_text (self->masks, text);

  print_lines (masked);
}

/* by something else than the host's transport */
static gboolean
delivers_by_itself (const BelfryReporter *plugin)
{
  return (plugin->needs & (BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_FILES)) != 0;
}

static void
deliver (Try *self, guint index)
{
  const BelfryReporter *plugin = self->reporting->plugin;
  gpointer state = belfry_hosted_get_state (self->hosted);
  BelfryItem item = { .size = sizeof item,
                      .reportid = 1,
                      .target = belfry_targets_get_target (self->draft->targets, index),
                      .key = belfry_targets_get_key (self->draft->targets, index),
                      .phase = self->draft->row->phase,
                      .payload = belfry_targets_get_payload (self->draft->targets, index) };
  g_autoptr (BelfryHttpRequest) request = NULL;

  if (plugin->to_request != NULL) {
    request = plugin->to_request (state, &item, &self->error);
    if (request == NULL)
      return;
    belfry_http_send_async (self->hosted->instance, request, NULL, on_answered, self);
  } else if (plugin->deliver == NULL || delivers_by_itself (plugin)) {
    show_payload (self, item.payload);
    return;
  } else
    plugin->deliver (state, &item, g_task_new (NULL, NULL, on_delivered, self));
  wait_for_end (self);
}

static gboolean
can_be_tried (Try *self, const BelfryReporter *plugin)
{
  if (plugin->family == BELFRY_FAMILY_STREAM)
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "reporter '%s' passes on every event; it has no reports to try", self->name);
  else if (self->send != NULL && delivers_by_itself (plugin))
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "reporter '%s' does not deliver by HTTP, so there is no address to send to; "
                 "without --send it shows what it would deliver",
                 self->name);
  return self->error == NULL;
}

static void
run (Try *self)
{
  const BelfryBlueprint *blueprint = find_blueprint (self);
  guint count = 0;

  if (blueprint == NULL || !can_be_tried (self, (const BelfryReporter *)blueprint->plugin))
    return;
  make_host (self);
  start_instance (self, blueprint);
  if (self->error == NULL)
    make_report (self);
  count = self->error == NULL && self->draft->targets != NULL
              ? belfry_targets_get_length (self->draft->targets)
              : 0;
  for (guint i = 0; i < count && self->error == NULL; i++)
    deliver (self, i);
  if (self->error == NULL && count == 0)
    printf ("nothing would be sent\n");
  stop_instance (self);
}

static void
clear (Try *self)
{
  g_clear_pointer (&self->draft, belfry_draft_free);
  g_clear_pointer (&self->reporting, belfry_reporting_unref);
  g_clear_pointer (&self->open_keys, g_free);
  g_clear_pointer (&self->hosted, belfry_hosted_unref);
  g_clear_pointer (&self->store, belfry_store_close);
  g_clear_pointer (&self->transport, belfry_transport_free);
  g_clear_pointer (&self->masks, belfry_masks_free);
  g_clear_pointer (&self->host, json_object_unref);
  g_clear_pointer (&self->build, json_object_unref);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_clear_error (&self->error);
  g_free (self->config_path);
  g_free (self->event);
  g_free (self->build_path);
  g_free (self->send);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_remove (file);
  }
  g_rmdir (path);
}

static gboolean
read_build (Try *self)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  gsize bytes = 0;

  if (self->build_path == NULL)
    return TRUE;
  if (!g_file_get_contents (self->build_path, &text, &bytes, &self->error))
    return FALSE;
  node = belfry_json_parse (text, (gssize)bytes, NULL, &self->error);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    self->build = json_node_dup_object (node);
    return TRUE;
  }
  if (self->error == NULL)
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' holds no JSON object",
                 self->build_path);
  return FALSE;
}

static gboolean
parse (Try *self, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path, NULL, NULL },
    { "event", 0, 0, G_OPTION_ARG_STRING, &self->event, NULL, NULL },
    { "build", 0, 0, G_OPTION_ARG_FILENAME, &self->build_path, NULL, NULL },
    { "send", 0, 0, G_OPTION_ARG_STRING, &self->send, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &self->error))
    return FALSE;
  if (argc != 3)
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "write belfry try reporter NAME [--event EVENT] [--build FILE] [--config FILE] "
                 "[--send URL]");
  else if (self->send != NULL && !g_uri_is_valid (self->send, G_URI_FLAGS_NONE, NULL))
    g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is no address",
                 self->send);
  else
    self->name = argv[2];
  if (self->event == NULL)
    self->event = g_strdup ("finished-failure");
  return self->error == NULL;
}

int
belfry_try_reporter_main (int argc, char **argv)
{
  Try self = { NULL };
  g_autofree char *folder = NULL;

  if (!parse (&self, argc, argv) || !read_build (&self))
    self.exit_code = BELFRY_EXIT_USAGE;
  else {
    BelfryStoreSettings settings = { NULL, 1, 0 };

    folder = g_dir_make_tmp ("belfry-try-XXXXXX", &self.error);
    settings.directory = folder;
    self.masks = belfry_masks_new ();
    self.transport = belfry_transport_new ("belfry/" BELFRY_VERSION);
    if (folder != NULL)
      self.store = belfry_store_open (&settings, &self.error);
    if (self.store != NULL)
      run (&self);
  }
  if (self.error != NULL) {
    fprintf (stderr, "belfry try: %s\n", self.error->message);
    if (self.exit_code == 0)
      self.exit_code =
          g_error_matches (self.error, BELFRY_ERROR, BELFRY_ERROR_CONFIG) ? BELFRY_EXIT_CONFIG : 1;
  }
  clear (&self);
  if (folder != NULL)
    remove_folder (folder);
  return self.exit_code;
}
