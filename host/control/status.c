/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include "ask.h"
#include "outbox-cli.h"
#include "pollers.h"

#include <stdio.h>

static void
print_isolation (JsonObject *isolation)
{
  const char *pid = belfry_json_get_text (isolation, "pid");
  const char *trouble = belfry_json_get_text (isolation, "trouble");
  gint64 restarts = belfry_json_get_integer (isolation, "restarts", 0);

  printf (", isolated");
  if (pid != NULL)
    printf (" (process %s)", pid);
  if (restarts > 0)
    printf (", started again %" G_GINT64_FORMAT " times", restarts);
  if (trouble != NULL) {
    printf (": ");
    belfry_print_text (trouble);
  }
}

static void
print_instance (JsonObject *instance)
{
  const char *failure = belfry_json_get_text (instance, "failure");
  JsonObject *isolation = belfry_json_get_object (instance, "isolation");

  printf ("  %-9s %-20s %s", belfry_json_get_text (instance, "kind"),
          belfry_json_get_text (instance, "name"), belfry_json_get_text (instance, "state"));
  if (failure != NULL) {
    printf (": ");
    belfry_print_text (failure);
  }
  if (isolation != NULL)
    print_isolation (isolation);
  printf ("\n");
}

int
belfry_status_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("status");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *array = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  answer = belfry_ask (&options, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  if (options.json) {
    belfry_print_json (answer);
    return 0;
  }
  printf ("belfry %s, up %" G_GINT64_FORMAT " s, %s\n", belfry_json_get_text (answer, "version"),
          belfry_json_get_integer (answer, "uptime", 0),
          belfry_json_get_boolean (answer, "ready", FALSE) ? "ready" : "not ready");
  array = belfry_json_get_array (answer, "listeners");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    printf ("  listens at %s\n", json_array_get_string_element (array, i));
  array = belfry_json_get_array (answer, "instances");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    print_instance (json_array_get_object_element (array, i));
  belfry_pollers_print_failing (belfry_json_get_array (answer, "pollers"));
  belfry_outbox_print_status (belfry_json_get_object (answer, "outbox"));
  return 0;
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    belfry_print_text (lines[i]);
    if (lines[i + 1] != NULL)
      printf ("\n");
  }
}

int
belfry_reload_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("reload");
  g_autoptr (JsonObject) answer = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  answer = belfry_ask (&options, question, &exit_code);
  if (answer != NULL)
    print_lines (belfry_json_get_text (answer, "report"));
  return exit_code;
}
