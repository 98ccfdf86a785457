/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include "cli-builds.h"
#include "explain-build.h"

#include <string.h>

/**
 * Kind: what can be explained
 * @is_hidden: asked for by other subcommands only
 */
typedef struct {
  const char *name;
  void (*explain) (BelfryHost *host, gint64 id, GTask *task);
  gboolean is_hidden;
} Kind;

static const Kind kinds[] = {
  { "again", belfry_explain_again, TRUE },
  { "build", belfry_explain_build, FALSE },
  { "change", belfry_explain_change, FALSE },
  { "delivery", belfry_explain_delivery, FALSE },
};

static const Kind *
find_kind (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kinds[i].name, name) == 0)
      return &kinds[i];
  return NULL;
}

/* the daemon's side */

static void
on_explained (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) local = NULL;
  JsonObject *explanation = g_task_propagate_pointer (G_TASK (result), &local);
  JsonObject *object = NULL;
  JsonNode *node = NULL;

  if (explanation == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", TRUE);
  json_object_set_object_member (object, "explanation", explanation);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
}

void
belfry_explain_run (BelfryHost *host, JsonObject *arguments, GTask *task)
{
  const Kind *kind = find_kind (belfry_json_get_text (arguments, "kind"));

  if (kind == NULL) {
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                             "this host cannot explain things of that kind");
    g_object_unref (task);
    return;
  }
  kind->explain (host, belfry_json_get_integer (arguments, "id", 0),
                 g_task_new (NULL, NULL, on_explained, task));
}

/* the command line's */

static void
print_indent (guint depth)
{
  for (guint i = 0; i < depth; i++)
    printf ("  ");
}

static void
print_rule (JsonObject *rule, guint depth)
{
  const char *file = belfry_json_get_text (rule, "file");
  const char *key = belfry_json_get_text (rule, "key");
  gboolean is_set = belfry_json_get_boolean (rule, "set", FALSE);

  print_indent (depth);
  printf ("%s ", belfry_json_get_boolean (rule, "held", FALSE) ? "+" : "-");
  belfry_print_text (belfry_json_get_text (rule, "text"));
  if (file != NULL) {
    printf ("  (");
    belfry_print_text (file);
    printf (":%" G_GINT64_FORMAT ": [", belfry_json_get_integer (rule, "line", 0));
    belfry_print_text (belfry_json_get_text (rule, "section"));
    printf ("]%s%s%s)", key != NULL ? " " : "", key != NULL ? key : "",
            key != NULL && !is_set ? ", not set" : "");
  }
  printf ("\n");
}

static void
print_node (JsonObject *node, guint depth)
{
  JsonArray *rules = belfry_json_get_array (node, "rules");
  JsonArray *parts = belfry_json_get_array (node, "parts");

  print_indent (depth);
  belfry_print_text (belfry_json_get_text (node, "text"));
  printf ("\n");
  for (guint i = 0; rules != NULL && i < json_array_get_length (rules); i++)
    print_rule (json_array_get_object_element (rules, i), depth + 1);
  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    print_node (json_array_get_object_element (parts, i), depth + 1);
}

void
belfry_explanation_print (JsonObject *explanation)
{
  print_node (explanation, 0);
}

static int
print_usage (void)
{
  fprintf (stderr, "belfry explain: say what, one of:");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (!kinds[i].is_hidden)
      fprintf (stderr, " %s", kinds[i].name);
  fprintf (stderr, "; and its number, of a build also BUILDER/NUMBER\n");
  return BELFRY_EXIT_USAGE;
}

static gboolean
read_id (const BelfryAsk *ask, gint64 *id, int *exit_code)
{
  const char *text = ask->rest[1];

  if (strcmp (ask->rest[0], "build") == 0 && strchr (text, '/') != NULL)
    return belfry_cli_find_build (ask, text, id, exit_code);
  if (belfry_parse_integer (text, 1, G_MAXINT64, id, NULL))
    return TRUE;
  *exit_code = print_usage ();
  return FALSE;
}

int
belfry_explain_main (int argc, char **argv)
{
  g_auto (BelfryAsk) ask = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("explain");
  g_autoptr (JsonObject) answer = NULL;
  gint64 id = 0;
  int exit_code = 0;

  if (!belfry_ask_parse (&ask, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (ask.rest == NULL || g_strv_length (ask.rest) != 2 || find_kind (ask.rest[0]) == NULL)
    return print_usage ();
  if (!read_id (&ask, &id, &exit_code))
    return exit_code;
  json_object_set_string_member (question, "kind", ask.rest[0]);
  json_object_set_int_member (question, "id", id);
  answer = belfry_ask (&ask, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  if (ask.json)
    belfry_print_json (belfry_json_get_object (answer, "explanation"));
  else
    belfry_explanation_print (belfry_json_get_object (answer, "explanation"));
  return 0;
}
