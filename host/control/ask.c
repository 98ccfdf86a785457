/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ask.h"

#include "client.h"
#include "listings.h"

#define MAX_TEXT 1000

void
belfry_ask_clear (BelfryAsk *self)
{
  g_free (self->config_path);
  g_free (self->database);
  g_strfreev (self->rest);
}

gboolean
belfry_ask_parse (BelfryAsk *self, const GOptionEntry *more, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path, NULL, NULL },
    { "database", 0, 0, G_OPTION_ARG_FILENAME, &self->database, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->rest, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) local = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (more != NULL)
    g_option_context_add_main_entries (context, more, NULL);
  if (g_option_context_parse (context, &argc, &argv, &local))
    return TRUE;
  fprintf (stderr, "belfry: %s\n", local->message);
  return FALSE;
}

JsonObject *
belfry_question_new (const char *command)
{
  JsonObject *question = json_object_new ();

  json_object_set_string_member (question, "command", command);
  return question;
}

static JsonObject *
ask_daemon (const BelfryAsk *self, JsonObject *question, GError **error)
{
  g_autofree char *socket = belfry_client_find_socket (self->config_path, error);

  return socket != NULL ? belfry_client_ask (socket, question, error) : NULL;
}

JsonObject *
belfry_ask (const BelfryAsk *self, JsonObject *question, int *exit_code)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonObject) answer = self->database != NULL
                                      ? belfry_listing_ask_file (self->database, question, &local)
                                      : ask_daemon (self, question, &local);

  if (answer == NULL) {
    fprintf (stderr, "belfry: %s\n", local->message);
    *exit_code =
        g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_CONFIG) ? BELFRY_EXIT_CONFIG : 1;
    return NULL;
  }
  if (!belfry_json_get_boolean (answer, "ok", FALSE)) {
    const char *why = belfry_json_get_text (answer, "error");

    fprintf (stderr, "belfry: %s\n", why != NULL ? why : "the daemon refused");
    *exit_code = belfry_json_get_boolean (answer, "config", FALSE) ? BELFRY_EXIT_CONFIG : 1;
    return NULL;
  }
  *exit_code = 0;
  return g_steal_pointer (&answer);
}

static void
print_node (JsonNode *node)
{
  g_autofree char *text = belfry_json_to_text (node);

  printf ("%s\n", text);
}

void
belfry_print_json (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  print_node (node);
}

void
belfry_print_json_array (JsonArray *array)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);

  json_node_set_array (node, array);
  print_node (node);
}

void
belfry_print_problem (const BelfryProblem *problem, const char *before)
{
  g_autofree char *text = belfry_problem_to_text (problem);

  fprintf (stderr, "%s%s\n", before, text);
}

void
belfry_print_problems (BelfryProblems *problems, BelfrySeverity least, const char *before)
{
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);

    if (problem->severity <= least)
      belfry_print_problem (problem, before);
  }
}

void
belfry_print_text (const char *text)
{
  g_autofree char *printable = belfry_text_make_printable (text != NULL ? text : "", -1, MAX_TEXT);

  printf ("%s", printable);
}
