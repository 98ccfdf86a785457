/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <gmodule.h>
#include <string.h>

typedef struct {
  guint status;
  char *body;
  char *link;
} Answer;

struct _BelfryHookTest {
  const BelfryHook *plugin;
  BelfryHook described; /* as the section's options decide it */
  gpointer state;
  BelfryInstance *instance;
  GHashTable *answers; /* path → Answer */
  GPtrArray *asked;
  int broken; /* code of the error, or -1 */
};

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_free (answer->body);
  g_free (answer->link);
  g_free (answer);
}

static const BelfryHook *
load (const char *name)
{
  g_autofree char *file = g_strdup_printf ("hook-%s.so", name);
  g_autofree char *path = g_build_filename (g_getenv ("BELFRY_PLUGIN_PATH"), file, NULL);
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;
  const BelfryHook *plugin = NULL;

  if (module == NULL)
    g_error ("loading '%s': %s", path, g_module_error ());
  g_module_make_resident (module);
  g_assert_true (g_module_symbol (module, BELFRY_PLUGIN_SYMBOL, &symbol));
  plugin = symbol;
  g_assert_cmpint (plugin->kind, ==, BELFRY_KIND_HOOK);
  g_assert_cmpstr (plugin->name, ==, name);
  return plugin;
}

static void
send_http (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  BelfryHookTest *self = belfry_instance_get_host_data (instance);
  const char *url = belfry_http_request_get_url (request);
  const char *path = url + strlen (BELFRY_HOOK_TEST_API);
  GPtrArray *headers = belfry_http_request_list_headers (request);
  const char *authorization = "";
  const Answer *known = NULL;
  g_autoptr (GBytes) body = NULL;
  BelfryHttpAnswer *answer = NULL;

  g_assert_true (g_str_has_prefix (url, BELFRY_HOOK_TEST_API));
  for (guint i = 0; i + 1 < headers->len; i += 2)
    if (g_ascii_strcasecmp (g_ptr_array_index (headers, i), "Authorization") == 0)
      authorization = g_ptr_array_index (headers, i + 1);
  g_ptr_array_add (
      self->asked,
      g_strdup_printf ("%s %s %s", belfry_http_request_get_method (request), path, authorization));
  if (self->broken >= 0) {
    g_task_return_new_error (task, BELFRY_ERROR, self->broken, "nobody answers");
    g_object_unref (task);
    return;
  }
  known = g_hash_table_lookup (self->answers, path);
  body = known != NULL ? g_bytes_new (known->body, strlen (known->body))
                       : g_bytes_new_static ("{}", strlen ("{}"));
  answer = belfry_http_answer_new (known != NULL ? known->status : 404, body);
  if (known != NULL && known->link != NULL)
    belfry_http_answer_add_header (answer, "Link", known->link);
  g_task_return_pointer (task, answer, (GDestroyNotify)belfry_http_answer_unref);
  g_object_unref (task);
}

static void
log_message (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  g_test_message ("%s", message);
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .http_send = send_http,
  .log = log_message,
};

static BelfrySection *
make_section (const char *name, const char *keys)
{
  BelfrySection *section = belfry_section_new ("hook", name, "belfry.conf", 1);
  g_auto (GStrv) lines = g_strsplit (keys != NULL ? keys : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (equals == NULL)
      continue;
    *equals = '\0';
    belfry_section_set (section, lines[i], equals + 1, "belfry.conf", i + 2);
  }
  return section;
}

/* a state filled from @keys; what is wrong with them lands in @problems */
static gpointer
read_state (const BelfryHook *plugin, const char *keys, BelfryProblems *problems)
{
  const BelfryOptionTable table = { plugin->options, plugin->option_size };
  g_autoptr (BelfrySection) section = make_section (plugin->name, keys);
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
clear_state (const BelfryHook *plugin, gpointer state)
{
  const BelfryOptionTable table = { plugin->options, plugin->option_size };

  if (plugin->clear != NULL)
    plugin->clear (state);
  belfry_option_table_clear (&table, state);
  g_free (state);
}

char *
belfry_hook_test_dup_problems (const char *name, const char *keys)
{
  const BelfryHook *plugin = load (name);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();

  clear_state (plugin, read_state (plugin, keys, problems));
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

BelfryHookTest *
belfry_hook_test_new (const char *name, const char *keys)
{
  BelfryHookTest *self = g_new0 (BelfryHookTest, 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GAsyncResult) done = NULL;

  self->plugin = load (name);
  self->state = read_state (self->plugin, keys, problems);
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0) {
    g_autofree char *text = dup_problems (problems);

    g_error ("%s", text);
  }
  self->described = *self->plugin;
  if (self->plugin->describe != NULL)
    self->plugin->describe (self->state, &self->described);
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, answer_free);
  self->asked = g_ptr_array_new_with_free_func (g_free);
  self->broken = -1;
  self->instance = belfry_instance_new ("hook", name, self->state, &ops, self);
  if (self->plugin->start != NULL) {
    self->plugin->start (self->state, self->instance, g_task_new (NULL, NULL, on_done, &done));
    g_assert_true (g_task_propagate_boolean (wait_for (&done), NULL));
  }
  return self;
}

void
belfry_hook_test_free (BelfryHookTest *self)
{
  g_autoptr (GAsyncResult) done = NULL;

  if (self == NULL)
    return;
  if (self->plugin->stop != NULL) {
    self->plugin->stop (self->state, g_task_new (NULL, NULL, on_done, &done));
    g_assert_true (g_task_propagate_boolean (wait_for (&done), NULL));
  }
  clear_state (self->plugin, self->state);
  belfry_instance_unref (self->instance);
  g_hash_table_unref (self->answers);
  g_ptr_array_unref (self->asked);
  g_free (self);
}

const BelfryHook *
belfry_hook_test_get_plugin (BelfryHookTest *self)
{
  return &self->described;
}

void
belfry_hook_test_answer (BelfryHookTest *self, const char *path, guint status, const char *body)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->status = status;
  answer->body = g_strdup (body);
  g_hash_table_insert (self->answers, g_strdup (path), answer);
}

void
belfry_hook_test_set_link (BelfryHookTest *self, const char *path, const char *link)
{
  Answer *answer = g_hash_table_lookup (self->answers, path);

  g_assert_nonnull (answer);
  g_free (answer->link);
  answer->link = g_strdup (link);
}

void
belfry_hook_test_break (BelfryHookTest *self, int code)
{
  self->broken = code;
}

GPtrArray *
belfry_hook_test_get_asked (BelfryHookTest *self)
{
  return self->asked;
}

BelfryRequest *
belfry_hook_test_request (const char *method,
                          const char *path_query,
                          const char *headers,
                          GBytes *body)
{
  g_auto (GStrv) parts = g_strsplit (path_query, "?", 2);
  g_auto (GStrv) lines = g_strsplit (headers, "\n", -1);
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = method,
    .path = parts[0] != NULL ? parts[0] : "",
    .query = parts[0] != NULL ? parts[1] : NULL,
    .address = "192.0.2.7",
    .body = body,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strstr (lines[i], ": ");

    if (colon == NULL)
      continue;
    *colon = '\0';
    belfry_request_add_header (request, lines[i], colon + strlen (": "));
  }
  return request;
}

BelfryRequest *
belfry_hook_test_post (const char *path_query, const char *headers, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

  return belfry_hook_test_request ("POST", path_query, headers, bytes);
}

static void
edit_one (JsonNode *root, const char *path, const char *json)
{
  g_auto (GStrv) keys = g_strsplit (path, ".", -1);
  JsonNode *node = root;
  guint last = g_strv_length (keys) - 1;

  for (guint i = 0; i < last; i++)
    node = JSON_NODE_HOLDS_ARRAY (node)
               ? json_array_get_element (json_node_get_array (node), 0)
               : json_object_get_member (json_node_get_object (node), keys[i]);
  json_object_remove_member (json_node_get_object (node), keys[last]);
  if (json != NULL)
    json_object_set_member (json_node_get_object (node), keys[last],
                            belfry_json_parse (json, -1, NULL, NULL));
}

char *
belfry_hook_test_edit (const char *payload, const char *path, const char *json)
{
  g_autofree char *text = g_strdelimit (g_strdup (payload), "'", '"');
  g_autofree char *value = json != NULL ? g_strdelimit (g_strdup (json), "'", '"') : NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) root = belfry_json_parse (text, -1, NULL, &local);

  g_assert_no_error (local);
  if (path != NULL)
    edit_one (root, path, value);
  return belfry_json_to_text (root);
}

BelfryTranslation *
belfry_hook_test_translate (BelfryHookTest *self, BelfryRequest *request)
{
  BelfryTranslation *translation = self->plugin->translate (self->state, request);

  g_assert_nonnull (translation);
  return translation;
}

BelfryTranslation *
belfry_hook_test_settle (BelfryHookTest *self, BelfryRequest *request, GError **error)
{
  g_autoptr (BelfryTranslation) translation = belfry_hook_test_translate (self, request);
  g_autoptr (GAsyncResult) done = NULL;

  if (translation->kind != BELFRY_TRANSLATION_PENDING)
    return g_steal_pointer (&translation);
  g_assert_cmpuint (self->asked->len, ==, 0); /* nothing is asked before the answer */
  self->plugin->complete (self->state, translation->pending,
                          g_task_new (NULL, NULL, on_done, &done));
  return g_task_propagate_pointer (wait_for (&done), error);
}

BelfryTranslation *
belfry_hook_test_give_up (BelfryHookTest *self, BelfryTranslation *pending)
{
  g_assert_cmpint (pending->kind, ==, BELFRY_TRANSLATION_PENDING);
  return self->plugin->give_up (self->state, pending->pending);
}

BelfryChange *
belfry_hook_test_only_change (BelfryTranslation *translation)
{
  g_assert_nonnull (translation);
  if (translation->kind != BELFRY_TRANSLATION_CHANGES)
    g_error ("no change: %s", translation->reason);
  g_assert_cmpuint (translation->changes->len, ==, 1);
  return g_ptr_array_index (translation->changes, 0);
}
