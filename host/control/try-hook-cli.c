/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry try hook NAME`: what one hook would make of a request. */
#include "try-hook-cli.h"

#include "ask.h"
#include "try-hook.h"
#include "try-request.h"

#include <stdio.h>
#include <string.h>

/* line 0 is what was not written: the section that the command line alone stands for is open */
static gboolean
is_our_own (const BelfryProblem *problem)
{
  return problem->line == 0 && g_strcmp0 (problem->key, "unauthenticated") == 0;
}

static void
print_problems (BelfryProblems *problems)
{
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);

    if (problem->severity <= BELFRY_SEVERITY_WARNING && !is_our_own (problem))
      belfry_print_problem (problem, "belfry try: ");
  }
}

static void
print_member (JsonObject *object, const char *name, JsonNode *value, gpointer user_data)
{
  g_autofree char *text = NULL;

  if (JSON_NODE_HOLDS_NULL (value))
    return;
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    text = json_node_dup_string (value);
  else
    text = belfry_json_to_text (value);
  printf ("  %-18s ", name);
  belfry_print_text (text);
  printf ("\n");
}

static void
print_result (JsonObject *result)
{
  static const char *const further[] = { "event", "key", "pollers", "allowed", "pending" };
  JsonArray *changes = belfry_json_get_array (result, "changes");
  const char *reason = belfry_json_get_text (result, "reason");

  printf ("%" G_GINT64_FORMAT " ", belfry_json_get_integer (result, "status", 0));
  belfry_print_text (belfry_json_get_text (result, "answer"));
  printf ("\n");
  if (reason != NULL && reason[0] != '\0' &&
      !g_str_has_suffix (belfry_json_get_text (result, "answer"), reason)) {
    printf ("  because            ");
    belfry_print_text (reason);
    printf ("\n");
  }
  for (guint i = 0; i < G_N_ELEMENTS (further); i++)
    if (json_object_has_member (result, further[i]))
      print_member (result, further[i], json_object_get_member (result, further[i]), NULL);
  for (guint i = 0; changes != NULL && i < json_array_get_length (changes); i++) {
    printf ("change %u\n", i + 1);
    json_object_foreach_member (json_array_get_object_element (changes, i), print_member, NULL);
  }
}

static BelfryTriedHook *
make_hook (const BelfryTryOptions *options, const char *name, BelfryLoader *loader)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfryConfig) config = NULL;
  BelfryTriedHook *hook = NULL;

  if (options->config_path != NULL)
    config = belfry_config_load (options->config_path, loader, problems);
  if (options->config_path == NULL || config != NULL) {
    g_autoptr (BelfryProblems) own = belfry_problems_new ();

    hook = belfry_tried_hook_new (name, config, options->sets, loader, own);
    print_problems (own);
  } else
    print_problems (problems);
  return hook;
}

static int
try_hook (const BelfryTryOptions *options, const char *name)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryTriedHook) hook = make_hook (options, name, loader);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryRequest) request = NULL;
  g_autoptr (JsonObject) result = NULL;

  if (hook == NULL && options->config_path == NULL)
    fprintf (stderr,
             "belfry try: without --config %s is a plugin's name; for a section's, say in "
             "which file it stands\n",
             name);
  if (hook == NULL)
    return BELFRY_EXIT_CONFIG;
  request = belfry_try_request_new (options, name, &local);
  if (request != NULL)
    result = belfry_tried_hook_run (hook, request, options->trusted, &local);
  if (result == NULL) {
    fprintf (stderr, "belfry try: %s\n", local->message);
    return request == NULL ? BELFRY_EXIT_USAGE : 1;
  }
  if (options->json)
    belfry_print_json (result);
  else
    print_result (result);
  return belfry_json_get_integer (result, "status", 500) < 300 ? 0 : 1;
}

int
belfry_try_hook_main (int argc, char **argv)
{
  g_auto (BelfryTryOptions) options = { NULL };

  if (!belfry_try_options_parse (&options, &argc, &argv))
    return BELFRY_EXIT_USAGE;
  if (argc != 3 || strcmp (argv[1], "hook") != 0) {
    fprintf (stderr, "belfry try: write belfry try hook NAME [--config FILE] [--set KEY=VALUE]…"
                     " [--header 'NAME: VALUE']… [--body FILE] [--trusted]\n");
    return BELFRY_EXIT_USAGE;
  }
  return try_hook (&options, argv[2]);
}
