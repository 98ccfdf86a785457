/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pollers.h"

#include "ask.h"

#include <stdio.h>

static void
print_time (JsonObject *poller, const char *key, const char *label)
{
  gint64 seconds = belfry_json_get_integer (poller, key, 0);
  g_autofree char *text =
      seconds > 0 ? belfry_time_format_rfc3339 (seconds * G_USEC_PER_SEC) : g_strdup ("none");

  printf ("  %-13s%s\n", label, text);
}

static void
print_heads (JsonObject *poller)
{
  JsonObject *heads = belfry_json_get_object (poller, "heads");
  g_autoptr (GList) names = heads != NULL ? json_object_get_members (heads) : NULL;

  for (GList *item = names; item != NULL; item = item->next) {
    printf ("  %-13s", item == names ? "last seen" : "");
    belfry_print_text (belfry_json_get_text (heads, item->data));
    printf (" ");
    belfry_print_text (item->data);
    printf ("\n");
  }
}

static void
print_poller (JsonObject *poller)
{
  const char *error = belfry_json_get_text (poller, "error");

  printf ("%s ", belfry_json_get_text (poller, "name"));
  belfry_print_text (belfry_json_get_text (poller, "repository"));
  printf ("%s\n", belfry_json_get_boolean (poller, "polling", FALSE) ? ", polls now" : "");
  print_time (poller, "last_poll", "last poll");
  print_time (poller, "last_success", "last success");
  print_time (poller, "next_poll", "next poll");
  if (error != NULL) {
    printf ("  %-13s", "last error");
    belfry_print_text (error);
    printf ("\n");
  }
  print_heads (poller);
}

void
belfry_pollers_print_failing (JsonArray *pollers)
{
  for (guint i = 0; pollers != NULL && i < json_array_get_length (pollers); i++) {
    JsonObject *poller = json_array_get_object_element (pollers, i);
    gint64 failures = belfry_json_get_integer (poller, "failures", 0);

    if (failures == 0)
      continue;
    printf ("  poller %s failed %" G_GINT64_FORMAT " times in a row: ",
            belfry_json_get_text (poller, "name"), failures);
    belfry_print_text (belfry_json_get_text (poller, "error"));
    printf ("\n");
  }
}

int
belfry_pollers_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("pollers");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *pollers = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  answer = belfry_ask (&options, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  pollers = belfry_json_get_array (answer, "pollers");
  if (options.json) {
    belfry_print_json (answer);
    return 0;
  }
  for (guint i = 0; pollers != NULL && i < json_array_get_length (pollers); i++)
    print_poller (json_array_get_object_element (pollers, i));
  return 0;
}

int
belfry_poll_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("poll");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *names = json_array_new ();
  int exit_code = 0;

  json_object_set_array_member (question, "names", names);
  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (options.rest == NULL) {
    fprintf (stderr, "belfry poll: it needs the name or the repository of a poller\n");
    return BELFRY_EXIT_USAGE;
  }
  for (guint i = 0; options.rest[i] != NULL; i++)
    json_array_add_string_element (names, options.rest[i]);
  answer = belfry_ask (&options, question, &exit_code);
  return exit_code;
}

int
belfry_forget_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("forget");
  g_autoptr (JsonObject) answer = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (options.rest == NULL || options.rest[1] != NULL) {
    fprintf (stderr, "belfry forget: it needs one poller/NAME\n");
    return BELFRY_EXIT_USAGE;
  }
  json_object_set_string_member (question, "name", options.rest[0]);
  answer = belfry_ask (&options, question, &exit_code);
  return exit_code;
}
