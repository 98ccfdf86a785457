/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry inspect`: lists plugins, or shows what one of them takes. It reads no configuration, and
 * opens each plugin in a process of its own, so that a broken one is a line.
 */
#include "control/inspect.h"

#include "control/inspect-describe.h"
#include "control/inspect-print.h"
#include "languages/languages.h"
#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

typedef struct {
  gboolean json;
  gboolean markdown;
  gboolean conf;
} InspectOptions;

/* a plugin's file and what came of looking at it */
typedef struct {
  BelfryKind kind;
  char *name;
  const char *path;
  JsonNode *node; /* NULL: error */
  GError *error;
} Inspected;

static void
inspected_free (Inspected *self)
{
  g_free (self->name);
  g_clear_pointer (&self->node, json_node_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static Inspected *
inspect_file (BelfryLoader *loader, const char *path)
{
  Inspected *self = g_new0 (Inspected, 1);
  g_autofree char *text = NULL;

  self->path = path;
  belfry_loader_parse_file_name (path, &self->kind, &self->name);
  text = belfry_loader_describe (loader, path, belfry_inspect_describe, NULL, &self->error);
  if (text != NULL)
    self->node = belfry_json_parse (text, -1, NULL, &self->error);
  return self;
}

/* @wanted: "github", "hook/github", or NULL for all */
static gboolean
is_wanted (const char *path, const char *wanted)
{
  BelfryKind kind = BELFRY_N_KINDS;
  g_autofree char *name = NULL;
  g_autofree char *full = NULL;

  belfry_loader_parse_file_name (path, &kind, &name);
  full = g_strdup_printf ("%s/%s", belfry_kind_get_name (kind), name);
  return wanted == NULL || strcmp (wanted, name) == 0 || strcmp (wanted, full) == 0;
}

/* of two files of one name only the first is ever loaded */
static GPtrArray *
inspect_all (BelfryLoader *loader, GPtrArray *paths, const char *wanted)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)inspected_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);

    if (is_wanted (path, wanted) && g_hash_table_add (seen, g_path_get_basename (path)))
      g_ptr_array_add (list, inspect_file (loader, path));
  }
  return list;
}

static JsonObject *
get_object (const Inspected *self)
{
  return self->node != NULL ? json_node_get_object (self->node) : NULL;
}

static void
print_list (GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++) {
    const Inspected *one = g_ptr_array_index (list, i);
    g_autofree char *title = g_strdup_printf ("%s/%s", belfry_kind_get_name (one->kind), one->name);

    if (one->node != NULL)
      g_print ("%-28s %s\n", title,
               belfry_tr (belfry_languages_of_environment (),
                          belfry_json_get_text (get_object (one), "summary")));
    else
      g_print ("%-28s broken: %s\n", title, one->error->message);
  }
}

static JsonNode *
broken_to_json (const Inspected *one)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "kind", belfry_kind_get_name (one->kind));
  json_object_set_string_member (object, "name", one->name);
  json_object_set_string_member (object, "error", one->error->message);
  json_node_set_object (node, object);
  return node;
}

static void
print_json (GPtrArray *list, gboolean is_single)
{
  g_autoptr (JsonNode) all = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < list->len; i++) {
    const Inspected *one = g_ptr_array_index (list, i);

    json_array_add_element (array,
                            one->node != NULL ? json_node_copy (one->node) : broken_to_json (one));
  }
  json_node_take_array (all, array);
  text = belfry_inspect_to_json (is_single && list->len == 1 ? json_array_get_element (array, 0)
                                                             : all);
  g_print ("%s", text);
}

static char *
dup_shown (const InspectOptions *options, JsonObject *plugin)
{
  const char *language = belfry_languages_of_environment ();

  if (options->markdown)
    return belfry_inspect_to_markdown (plugin);
  return options->conf ? belfry_inspect_to_conf (plugin, language)
                       : belfry_inspect_to_text (plugin, language);
}

static void
print_each (const InspectOptions *options, GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++) {
    const Inspected *one = g_ptr_array_index (list, i);
    g_autofree char *text = one->node != NULL ? dup_shown (options, get_object (one)) : NULL;

    if (text != NULL)
      g_print ("%s%s", i > 0 ? "\n" : "", text);
    else
      g_printerr ("belfry inspect: %s\n", one->error->message);
  }
}

static gboolean
parse_options (InspectOptions *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, NULL, NULL },
    { "markdown", 0, 0, G_OPTION_ARG_NONE, &options->markdown, NULL, NULL },
    { "conf", 0, 0, G_OPTION_ARG_NONE, &options->conf, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("belfry inspect: %s\n", error->message);
    return FALSE;
  }
  if (*argc > 2 ||
      (options->json ? 1 : 0) + (options->markdown ? 1 : 0) + (options->conf ? 1 : 0) > 1) {
    g_printerr ("belfry inspect: write belfry inspect [NAME | KIND/NAME] [--json | --markdown | "
                "--conf]\n");
    return FALSE;
  }
  return TRUE;
}

/* names of all plugins, for one that was misspelled */
static void
report_missing (GPtrArray *paths, const char *wanted)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *nearest = NULL;

  for (guint i = 0; i < paths->len; i++) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *name = NULL;

    belfry_loader_parse_file_name (g_ptr_array_index (paths, i), &kind, &name);
    if (strchr (wanted, '/') != NULL)
      g_ptr_array_add (names, g_strdup_printf ("%s/%s", belfry_kind_get_name (kind), name));
    else
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (wanted, (const char *const *)names->pdata);
  if (nearest != NULL)
    g_printerr ("belfry inspect: there is no plugin '%s', did you mean '%s'?\n", wanted, nearest);
  else
    g_printerr ("belfry inspect: there is no plugin '%s', see belfry inspect\n", wanted);
}

static gboolean
has_broken (GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    if (((const Inspected *)g_ptr_array_index (list, i))->node == NULL)
      return TRUE;
  return FALSE;
}

int
belfry_inspect_main (int argc, char **argv)
{
  InspectOptions options = { 0 };
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GPtrArray) paths = belfry_loader_list (loader);
  g_autoptr (GPtrArray) list = NULL;
  const char *wanted = NULL;

  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  wanted = argc > 1 ? argv[1] : NULL;
  list = inspect_all (loader, paths, wanted);
  if (wanted != NULL && list->len == 0) {
    report_missing (paths, wanted);
    return EXIT_FAILURE;
  }
  if (options.json)
    print_json (list, wanted != NULL && strchr (wanted, '/') != NULL);
  else if (wanted == NULL && !options.markdown && !options.conf)
    print_list (list);
  else
    print_each (&options, list);
  return wanted != NULL && has_broken (list) ? EXIT_FAILURE : EXIT_SUCCESS;
}
