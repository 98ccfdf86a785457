/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config-cli.h"

#include "ask.h"
#include "config/effective.h"

/* `hook github` and `"hook github"` alike; no words: every section */
static gboolean
is_wanted (JsonObject *section, char **words)
{
  const char *kind = belfry_json_get_text (section, "kind");
  const char *name = belfry_json_get_text (section, "name");
  g_autofree char *wanted = words != NULL ? g_strjoinv (" ", words) : NULL;
  g_autofree char *title = g_strdup_printf ("%s %s", kind, name);

  return wanted == NULL || g_strcmp0 (wanted, kind) == 0 || g_strcmp0 (wanted, title) == 0;
}

/* FALSE: there is no such section */
static gboolean
narrow (JsonObject *description, char **words)
{
  JsonArray *all = belfry_json_get_array (description, "sections");
  JsonArray *wanted = json_array_new ();

  for (guint i = 0; i < json_array_get_length (all); i++) {
    JsonObject *section = json_array_get_object_element (all, i);

    if (is_wanted (section, words))
      json_array_add_object_element (wanted, json_object_ref (section));
  }
  json_object_set_array_member (description, "sections", wanted);
  return json_array_get_length (wanted) > 0;
}

static int
show (const BelfryAsk *options, const char *path)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfryConfig) config = belfry_config_load (path, loader, problems);
  g_autoptr (JsonObject) description = NULL;
  g_autofree char *text = NULL;

  if (config == NULL) {
    belfry_print_problems (problems, BELFRY_SEVERITY_ERROR, "");
    return BELFRY_EXIT_CONFIG;
  }
  description = belfry_config_describe (config, problems);
  if (!narrow (description, options->rest)) {
    fprintf (stderr, "belfry config: there is no such section\n");
    return 1;
  }
  if (options->json) {
    belfry_print_json (description);
    return 0;
  }
  text = belfry_config_description_to_text (description);
  printf ("%s", text);
  return 0;
}

int
belfry_config_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autofree char *path = NULL;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  path = belfry_config_find_path (options.config_path);
  if (path != NULL)
    return show (&options, path);
  fprintf (stderr, "belfry config: there is no configuration; say which with --config FILE\n");
  return BELFRY_EXIT_CONFIG;
}
