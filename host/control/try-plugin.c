/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One poller, view or engine alone. Pollers and views are brought to life by the harness that
 * plugins are tested with: its store is in memory; requests and programs go outside. Engines are
 * not started. The section is that of a configuration, or what --set says.
 */
#include "try-plugin.h"

#include "ask.h"
#include "config/config.h"
#include "deliveries.h"
#include "explain.h"
#include "places/places.h"
#include "test-plugin.h"
#include "wait.h"

#include <belfry-test.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS_FILE "--set" /* what findings are said to stand in */

typedef struct {
  char *config_path;
  char **sets;
  char *state_path;
  char *records_path;
  char *page;
  char *change_path;
  BelfryKind kind;
  const char *name;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->config_path);
  g_strfreev (self->sets);
  g_free (self->state_path);
  g_free (self->records_path);
  g_free (self->page);
  g_free (self->change_path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *self, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path,
      "where its section stands; absent: none but --set", "FILE" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->sets, "a key of the section", "KEY=VALUE" },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &self->state_path,
      "of a poller: what it told last, as JSON; absent: it never looked", "FILE" },
    { "records", 0, 0, G_OPTION_ARG_FILENAME, &self->records_path,
      "of a view: what is stored, as JSON: {\"builder\": […], \"build\": […]}; absent: nothing",
      "FILE" },
    { "page", 0, 0, G_OPTION_ARG_STRING, &self->page,
      "of a view: path and query; absent: its first page", "PATH" },
    { "change", 0, 0, G_OPTION_ARG_FILENAME, &self->change_path, "of an engine: a change, as JSON",
      "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("poller|view|engine NAME");
  g_autoptr (GError) local = NULL;

  g_option_context_set_summary (context, "Has one plugin do what it is for, without host or "
                                         "database: a poller looks once, a view draws a page, an "
                                         "engine says what it would do with a change.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &local))
    return TRUE;
  fprintf (stderr, "belfry try: %s\n", local->message);
  return FALSE;
}

/* its sections */

static gboolean
add_entry (GString *keys, const BelfryOptionTable *table, const BelfryEntry *entry)
{
  const BelfryOption *option = belfry_option_table_find (table, entry->name);
  g_autofree char *spelling = belfry_entry_dup_text (entry);
  g_autoptr (BelfrySecret) secret = NULL;
  g_autoptr (GError) local = NULL;

  if (option == NULL || option->type != BELFRY_OPTION_SECRET) {
    g_string_append_printf (keys, "%s=%s\n", entry->name, entry->value);
    return TRUE;
  }
  secret = belfry_secret_new (spelling, &local);
  if (secret == NULL || !belfry_wait_for_secret (secret, &local)) {
    fprintf (stderr, "belfry try: %s: %s\n", entry->name, local->message);
    return FALSE;
  }
  g_string_append_printf (keys, "%s=plain:%s\n", entry->name, belfry_secret_get_value (secret));
  return TRUE;
}

static gboolean
add_section (GString *keys, const BelfryOptionTable *table, const BelfrySection *section)
{
  for (guint i = 0; i < section->entries->len; i++)
    if (!add_entry (keys, table, g_ptr_array_index (section->entries, i)))
      return FALSE;
  return TRUE;
}

static void
print_problems (BelfryProblems *problems)
{
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = belfry_problem_to_text (problem);
    const char *set = strstr (text, "/" SETS_FILE ":");

    if (problem->severity <= BELFRY_SEVERITY_WARNING)
      fprintf (stderr, "belfry try: %s\n", set != NULL ? set + 1 : text);
  }
}

/* what --set says, as a configuration of one section, so that it is checked as one */
static BelfryConfig *
load_sets (const Options *options, BelfryLoader *loader, BelfryProblems *problems)
{
  g_autofree char *folder = g_dir_make_tmp ("belfry-try-XXXXXX", NULL);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, SETS_FILE, NULL) : NULL;
  g_autofree char *lines = options->sets != NULL ? g_strjoinv ("\n", options->sets) : g_strdup ("");
  g_autofree char *text =
      g_strdup_printf ("[%s %s]\n%s\n", belfry_kind_get_name (options->kind), options->name, lines);
  BelfryConfig *config = NULL;

  if (path == NULL ||
      !g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    return NULL;
  config = belfry_config_load (path, loader, problems);
  g_unlink (path);
  g_rmdir (folder);
  return config;
}

static BelfryConfig *
load_config (const Options *options, BelfryLoader *loader)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryConfig *config = options->config_path != NULL
                             ? belfry_config_load (options->config_path, loader, problems)
                             : load_sets (options, loader, problems);

  print_problems (problems);
  return config;
}

/* (nullable): what is wrong is said */
static const BelfryBlueprint *
find_blueprint (const Options *options, BelfryConfig *config)
{
  const BelfryBlueprint *blueprint =
      config != NULL ? belfry_config_find (config, options->kind, options->name) : NULL;

  if (blueprint != NULL && blueprint->plugin != NULL)
    return blueprint;
  fprintf (stderr, "belfry try: there is no [%s %s] that works\n",
           belfry_kind_get_name (options->kind), options->name);
  return NULL;
}

/* the lines of its section, checked: (transfer full) (nullable) */
static char *
read_section (const Options *options, char **plugin)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryConfig) config = load_config (options, loader);
  const BelfryBlueprint *blueprint = find_blueprint (options, config);
  g_autoptr (GString) keys = g_string_new (NULL);
  BelfryOptionTable table = { NULL, 0 };

  if (blueprint == NULL)
    return NULL;
  table.rows = blueprint->plugin->options;
  table.row_size = blueprint->plugin->option_size;
  if (!add_section (keys, &table, blueprint->section))
    return NULL;
  *plugin =
      g_strdup_printf ("%s/%s", belfry_kind_get_name (options->kind), blueprint->plugin->name);
  return g_string_free (g_steal_pointer (&keys), FALSE);
}

/* a message that the harness ends with is the user's, not a fault of this program */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      fprintf (stderr, "belfry try: %s\n", (const char *)fields[i].value);
  if ((level & G_LOG_LEVEL_ERROR) != 0)
    exit (1);
  return G_LOG_WRITER_HANDLED;
}

/* (transfer full) (nullable): not started */
static BelfryTest *
make_test (const Options *options)
{
  g_autofree char *plugin = NULL;
  g_autofree char *keys = read_section (options, &plugin);
  g_autofree char *path = keys != NULL ? belfry_test_plugin_find (plugin) : NULL;
  g_autofree char *problems = path != NULL ? belfry_test_dup_problems (path, keys) : NULL;
  BelfryTest *test = NULL;

  if (problems == NULL)
    return NULL;
  if (*problems != '\0')
    fprintf (stderr, "%s", problems);
  if (strstr (problems, "error ") != NULL)
    return NULL;
  test = belfry_test_new_idle (path, keys);
  belfry_test_go_outside (test);
  return test;
}

/* what each kind does */

/* @path: (nullable): then nothing is read */
static gboolean
read_json (const char *path, JsonNode **node)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr (GError) local = NULL;

  *node = NULL;
  if (path == NULL)
    return TRUE;
  if (g_file_get_contents (path, &text, &length, &local))
    *node = belfry_json_parse (text, (gssize)length, NULL, &local);
  if (local != NULL)
    fprintf (stderr, "belfry try: '%s': %s\n", path, local->message);
  return local == NULL;
}

static void
print_found (BelfryTest *test)
{
  GPtrArray *changes = belfry_test_get_changes (test);
  JsonNode *state = belfry_test_get_poll_state (test);
  g_autoptr (JsonObject) found = json_object_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < changes->len; i++)
    json_array_add_object_element (array, belfry_record_to_json (g_ptr_array_index (changes, i),
                                                                 BELFRY_RECORD_JSON_PROPERTIES));
  json_object_set_array_member (found, "changes", array);
  json_object_set_member (found, "state",
                          state != NULL ? json_node_copy (state) : json_node_new (JSON_NODE_NULL));
  belfry_print_json (found);
}

static gboolean
try_poller (BelfryTest *test, const Options *options, GError **error)
{
  g_autoptr (JsonNode) state = NULL;

  if (!read_json (options->state_path, &state))
    return FALSE;
  if (!belfry_test_start (test, error) || !belfry_test_poll (test, state, error))
    return FALSE;
  print_found (test);
  return TRUE;
}

static char *
dup_body (BelfryResponse *response, const char *page, GError **error)
{
  g_autofree char *templates = g_build_filename (belfry_places_get_data (), "templates", NULL);
  GBytes *body = NULL;

  switch (belfry_response_get_kind (response)) {
  case BELFRY_RESPONSE_TEMPLATE:
    return belfry_test_render (response, page, templates, error);
  case BELFRY_RESPONSE_LOG:
    return g_strdup_printf ("(lines of log %" G_GINT64_FORMAT ")",
                            belfry_response_get_logid (response));
  case BELFRY_RESPONSE_BYTES:
    break;
  }
  body = belfry_response_get_body (response);
  return body != NULL ? g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body))
                      : g_strdup ("");
}

static void
print_head (BelfryResponse *response)
{
  GPtrArray *headers = belfry_response_list_headers (response);

  printf ("%u\n", belfry_response_get_status (response));
  if (belfry_response_get_content_type (response) != NULL)
    printf ("Content-Type: %s\n", belfry_response_get_content_type (response));
  for (guint i = 0; i + 1 < headers->len; i += 2)
    printf ("%s: %s\n", (char *)g_ptr_array_index (headers, i),
            (char *)g_ptr_array_index (headers, i + 1));
  printf ("\n");
}

static gboolean
try_view (BelfryTest *test, const Options *options, GError **error)
{
  const BelfryView *view = belfry_test_get_plugin (test);
  const char *page = options->page != NULL ? options->page : view->routes[0].pattern;
  g_autoptr (JsonNode) records = NULL;
  g_autoptr (BelfryResponse) response = NULL;
  g_autofree char *body = NULL;

  if (!read_json (options->records_path, &records))
    return FALSE;
  if (records != NULL && !belfry_test_store_read (belfry_test_get_store (test), records, error))
    return FALSE;
  if (!belfry_test_start (test, error))
    return FALSE;
  response = belfry_test_draw (test, page, error);
  body = response != NULL ? dup_body (response, page, error) : NULL;
  if (body == NULL)
    return FALSE;
  print_head (response);
  printf ("%s\n", body);
  return TRUE;
}

static BelfryChange *
make_change (JsonNode *node, GError **error)
{
  BelfryChange *change = NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return belfry_record_from_json (belfry_change_get_type (), json_node_get_object (node), error);
  change = belfry_change_new ();
  belfry_record_set_text (&change->author, "Ada Example <ada@example.org>");
  belfry_record_set_text (&change->branch, "main");
  belfry_record_set_text (&change->comments, "Hit harder");
  belfry_record_set_text (&change->project, "");
  belfry_record_set_text (&change->repository, "");
  belfry_record_set_text (&change->revision, "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345");
  return change;
}

/* its real configuration, so that every rule names file and line; nothing is started */
static int
try_engine (const Options *options)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryConfig) config = load_config (options, loader);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (JsonObject) explanation = NULL;
  g_autoptr (GError) local = NULL;
  const BelfryCodebase *codebase = NULL;

  if (find_blueprint (options, config) == NULL)
    return BELFRY_EXIT_CONFIG;
  if (!read_json (options->change_path, &node))
    return BELFRY_EXIT_USAGE;
  change = make_change (node, &local);
  if (change == NULL) {
    fprintf (stderr, "belfry try: the change: %s\n", local->message);
    return BELFRY_EXIT_USAGE;
  }
  codebase = belfry_config_find_codebase (config, change->repository);
  if (change->codebase == NULL)
    belfry_record_set_text (&change->codebase, codebase != NULL ? codebase->name : "");
  explanation = belfry_foresee_change (config, change);
  belfry_explanation_print (explanation);
  return 0;
}

static const struct {
  BelfryKind kind;
  gboolean (*run) (BelfryTest *test, const Options *options, GError **error);
} kinds[] = {
  { BELFRY_KIND_POLLER, try_poller },
  { BELFRY_KIND_VIEW, try_view },
};

static int
try_plugin (const Options *options)
{
  g_autoptr (BelfryTest) test = NULL;
  g_autoptr (GError) local = NULL;

  if (options->kind == BELFRY_KIND_ENGINE)
    return try_engine (options);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (kinds[i].kind != options->kind)
      continue;
    test = make_test (options);
    if (test == NULL)
      return BELFRY_EXIT_CONFIG;
    if (kinds[i].run (test, options, &local))
      return 0;
    if (local != NULL)
      fprintf (stderr, "belfry try: %s\n", local->message);
    return 1;
  }
  fprintf (stderr,
           "belfry try: what a plugin of kind %s does cannot be shown without those it speaks to; "
           "belfry test %s/%s plays them\n",
           belfry_kind_get_name (options->kind), belfry_kind_get_name (options->kind),
           options->name);
  return BELFRY_EXIT_USAGE;
}

int
belfry_try_plugin_main (int argc, char **argv)
{
  g_auto (Options) options = { NULL };

  if (!parse (&options, &argc, &argv))
    return BELFRY_EXIT_USAGE;
  if (argc != 3 || !belfry_kind_from_name (argv[1], &options.kind)) {
    fprintf (stderr, "belfry try: write belfry try KIND NAME [--config FILE] [--set KEY=VALUE]…\n");
    return BELFRY_EXIT_USAGE;
  }
  if (options.config_path != NULL && options.sets != NULL) {
    fprintf (stderr, "belfry try: --set is for a section without --config\n");
    return BELFRY_EXIT_USAGE;
  }
  options.name = argv[2];
  g_log_set_writer_func (on_log, NULL, NULL);
  return try_plugin (&options);
}
