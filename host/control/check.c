/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry check`: reads everything that the daemon would read and prints all findings, one a line.
 * It needs neither network nor root: a secret that it may not read is said to be not looked up.
 */
#include "control/check.h"

#include "config/config.h"
#include "control/client.h"

#include <stdlib.h>
#include <string.h>

enum {
  EXIT_USAGE = 2,
  EXIT_CONFIG = 78,
};

/** Strictness: what makes it fail */
typedef enum {
  STRICTNESS_CONFIG,
  STRICTNESS_FAILURES,
  STRICTNESS_WARNINGS,
} Strictness;

typedef struct {
  char *config_path;
  Strictness strictness;
  gboolean json;
} CheckOptions;

static const struct {
  const char *word;   /* before a line */
  const char *name;   /* in JSON */
  const char *single; /* in the summary */
  const char *plural;
} severities[] = {
  [BELFRY_SEVERITY_ERROR] = { "", "error", "error", "errors" },
  [BELFRY_SEVERITY_FAILURE] = { "failure: ", "failure", "failure", "failures" },
  [BELFRY_SEVERITY_WARNING] = { "warning: ", "warning", "warning", "warnings" },
  [BELFRY_SEVERITY_NOTE] = { "note: ", "note", "note", "notes" },
};

static void
check_options_clear (CheckOptions *self)
{
  g_free (self->config_path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CheckOptions, check_options_clear)

/* `--strict` alone, or with what it looks at */
static gboolean
on_strict (const char *option, const char *value, gpointer data, GError **error)
{
  CheckOptions *options = data;

  if (value != NULL && strcmp (value, "config") != 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "write --strict, or --strict=config");
    return FALSE;
  }
  options->strictness = value != NULL ? STRICTNESS_CONFIG : STRICTNESS_WARNINGS;
  return TRUE;
}

static gboolean
parse_options (CheckOptions *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config_path, NULL, NULL },
    { "strict", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_strict, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GOptionGroup) group = g_option_group_new ("check", NULL, NULL, options, NULL);
  g_autoptr (GError) error = NULL;

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, g_steal_pointer (&group));
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("belfry check: %s\n", error->message);
    return FALSE;
  }
  if (*argc > 1) {
    g_printerr ("belfry check: write belfry check [--config FILE] [--strict[=config]] [--json]\n");
    return FALSE;
  }
  return TRUE;
}

static int
get_exit_code (const CheckOptions *options, BelfryProblems *problems)
{
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0)
    return EXIT_CONFIG;
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_FAILURE) > 0 &&
      options->strictness >= STRICTNESS_FAILURES)
    return EXIT_FAILURE;
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_WARNING) > 0 &&
      options->strictness >= STRICTNESS_WARNINGS)
    return EXIT_FAILURE;
  return EXIT_SUCCESS;
}

static const char *
get_verdict (BelfryProblems *problems)
{
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0)
    return "nothing starts with it";
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_FAILURE) > 0)
    return "the host starts, not every instance does";
  return "everything starts";
}

static char *
dup_summary (const char *path, BelfryProblems *problems)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (path != NULL)
    g_string_append_printf (text, "%s: ", path);
  for (guint i = 0; i < G_N_ELEMENTS (severities); i++) {
    guint count = belfry_problems_get_count (problems, (BelfrySeverity)i);

    if (count > 0)
      g_string_append_printf (text, "%u %s, ", count,
                              count == 1 ? severities[i].single : severities[i].plural);
  }
  g_string_append (text, get_verdict (problems));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_text (const char *path, BelfryProblems *problems)
{
  g_autofree char *summary = dup_summary (path, problems);

  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = belfry_problem_to_text (problem);

    g_print ("%s%s\n", severities[problem->severity].word, text);
  }
  g_print ("%s\n", summary);
}

static void
set_text (JsonObject *object, const char *key, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, key, text);
}

static JsonNode *
problem_to_json (const BelfryProblem *problem)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  set_text (object, "severity", severities[problem->severity].name);
  set_text (object, "file", problem->file);
  if (problem->line > 0)
    json_object_set_int_member (object, "line", problem->line);
  set_text (object, "section", problem->section);
  set_text (object, "key", problem->key);
  set_text (object, "message", problem->message);
  json_node_set_object (node, object);
  return node;
}

static void
print_json (const char *path, BelfryProblems *problems, int exit_code)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonArray *list = json_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < belfry_problems_get_length (problems); i++)
    json_array_add_element (list, problem_to_json (belfry_problems_get (problems, i)));
  set_text (object, "config", path);
  for (guint i = 0; i < G_N_ELEMENTS (severities); i++)
    json_object_set_int_member (object, severities[i].plural,
                                belfry_problems_get_count (problems, (BelfrySeverity)i));
  json_object_set_int_member (object, "exit-code", exit_code);
  json_object_set_array_member (object, "problems", list);
  json_node_set_object (node, object);
  text = belfry_json_to_text (node);
  g_print ("%s\n", text);
}

/* (transfer full) (nullable): the daemon's answer, where one runs */
static JsonObject *
ask_for_orphans (const char *path, BelfryConfig *config)
{
  g_autofree char *socket = belfry_client_find_socket (path, NULL);
  g_autoptr (JsonObject) question = json_object_new ();
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < config->blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (config->blueprints, i);

    if (blueprint->kind == BELFRY_KIND_REPORTER)
      json_array_add_string_element (names, blueprint->name);
  }
  json_object_set_string_member (question, "command", "orphans");
  json_object_set_array_member (question, "names", names);
  return socket != NULL ? belfry_client_ask (socket, question, NULL) : NULL;
}

/* what would be left behind if a running daemon took this configuration */
static void
look_for_orphans (const char *path, BelfryConfig *config, BelfryProblems *problems)
{
  g_autoptr (JsonObject) answer = ask_for_orphans (path, config);
  JsonArray *lines = answer != NULL ? belfry_json_get_array (answer, "lines") : NULL;

  for (guint i = 0; lines != NULL && i < json_array_get_length (lines); i++)
    belfry_problems_add_at (problems, BELFRY_SEVERITY_NOTE, path, 0,
                            json_array_get_string_element (lines, i));
}

/* what a start would find, and the secrets too */
static void
look_at_everything (const char *path, BelfryProblems *problems)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryConfig) config = NULL;

  if (path == NULL) {
    belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, NULL, 0,
                            "there is no configuration, write /etc/belfry/belfry.conf, or say "
                            "where it is by --config FILE or BELFRY_CONFIG");
    return;
  }
  config = belfry_config_load (path, loader, problems);
  if (config == NULL)
    return;
  belfry_config_look_up_secrets (config, problems);
  look_for_orphans (path, config, problems);
}

int
belfry_check_main (int argc, char **argv)
{
  g_auto (CheckOptions) options = { .strictness = STRICTNESS_FAILURES };
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autofree char *path = NULL;
  int exit_code = EXIT_SUCCESS;

  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  path = belfry_config_find_path (options.config_path);
  look_at_everything (path, problems);
  exit_code = get_exit_code (&options, problems);
  if (options.json)
    print_json (path, problems, exit_code);
  else
    print_text (path, problems);
  return exit_code;
}
