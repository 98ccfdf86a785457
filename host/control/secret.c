/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry secret set|list|clear`: the keyring of who calls it, which must be the daemon's user. A
 * value is never an argument, since everybody on the machine can read those.
 */
#include "secret.h"

#include "ask.h"
#include "daemon/secrets.h"
#include "wait.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static int
fail (const char *message)
{
  fprintf (stderr, "belfry secret: %s\n", message);
  return EXIT_FAILURE;
}

/* (nullable): NULL: said why */
static BelfryProcessResult *
ask_service (const char *verb, const char *name, GBytes *input)
{
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended = NULL;
  g_autofree char *why = NULL;

  belfry_secrets_ask_service (verb, name, input, belfry_wait_new (&done));
  ended = g_task_propagate_pointer (belfry_wait_for (&done), &local);
  if (ended == NULL) {
    fail (local->message);
    return NULL;
  }
  if (ended->exit_status == 0)
    return g_steal_pointer (&ended);
  why = belfry_secrets_dup_refusal (ended);
  fail (why);
  return NULL;
}

static int
run_set (const char *name, gboolean json)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) value = belfry_secret_read_value ("secret", name, &local);
  g_autoptr (BelfryProcessResult) ended = NULL;

  if (value == NULL)
    return fail (local->message);
  ended = ask_service ("store", name, value);
  explicit_bzero ((gpointer)g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  if (ended == NULL)
    return EXIT_FAILURE;
  printf ("kept for secret:%s; a running daemon takes it at the next reload\n", name);
  return EXIT_SUCCESS;
}

static int
run_clear (const char *name, gboolean json)
{
  g_autoptr (BelfryProcessResult) ended = ask_service ("clear", name, NULL);

  return ended != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
print_listed (JsonArray *array, const char *line, gboolean json)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", 2);
  JsonObject *object = NULL;

  if (!json) {
    belfry_print_text (fields[0]);
    printf ("%s\n", fields[1] != NULL ? " (locked)" : "");
    return;
  }
  object = json_object_new ();
  json_object_set_string_member (object, "name", fields[0]);
  json_object_set_boolean_member (object, "locked", fields[1] != NULL);
  json_array_add_object_element (array, object);
}

static int
run_list (const char *name, gboolean json)
{
  g_autoptr (BelfryProcessResult) ended = ask_service ("list", NULL, NULL);
  g_autoptr (JsonArray) array = json_array_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (ended == NULL)
    return EXIT_FAILURE;
  text = g_strndup (g_bytes_get_data (ended->output, NULL), g_bytes_get_size (ended->output));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      print_listed (array, lines[i], json);
  if (json)
    belfry_print_json_array (array);
  return EXIT_SUCCESS;
}

static const struct {
  const char *verb;
  guint names;
  int (*run) (const char *name, gboolean json);
} verbs[] = {
  { "clear", 1, run_clear },
  { "list", 0, run_list },
  { "set", 1, run_set },
};

static gboolean
is_good_name (const char *name)
{
  g_autofree char *spelling = g_strconcat ("secret:", name, NULL);
  g_autoptr (BelfrySecret) secret = belfry_secret_new (spelling, NULL);

  return secret != NULL && belfry_secret_get_count (secret) == 1;
}

int
belfry_secret_main (int argc, char **argv)
{
  g_auto (GStrv) words = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) local = NULL;
  guint count = 0;

  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &local)) {
    fail (local->message);
    return BELFRY_EXIT_USAGE;
  }
  count = words != NULL ? g_strv_length (words) : 0;
  for (guint i = 0; count > 0 && i < G_N_ELEMENTS (verbs); i++) {
    if (strcmp (verbs[i].verb, words[0]) != 0 || count != verbs[i].names + 1)
      continue;
    if (verbs[i].names == 1 && !is_good_name (words[1])) {
      fail ("a name has no blanks, no '/' and no ';'");
      return BELFRY_EXIT_USAGE;
    }
    return verbs[i].run (words[1], json);
  }
  fail (count > 2 && strcmp (words[0], "set") == 0
            ? "the value is no argument, which everybody here could read; type it when asked, or "
              "pipe it in: belfry secret set NAME < FILE"
            : "write belfry secret set NAME, belfry secret list [--json] or belfry secret clear "
              "NAME");
  return BELFRY_EXIT_USAGE;
}
