/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "changes.h"

#include "ask.h"

#include <stdio.h>

static void
print_change (JsonObject *change)
{
  printf ("%" G_GINT64_FORMAT "  ", belfry_json_get_integer (change, "changeid", 0));
  belfry_print_text (belfry_json_get_text (change, "revision"));
  printf ("  ");
  belfry_print_text (belfry_json_get_text (change, "branch"));
  printf ("  ");
  belfry_print_text (belfry_json_get_text (change, "author"));
  printf ("\n");
}

int
belfry_changes_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  gint64 since = 0;
  const GOptionEntry more_options[] = {
    { "since", 0, 0, G_OPTION_ARG_INT64, &since, NULL, NULL },
    { NULL },
  };
  g_autoptr (JsonArray) all = json_array_new ();
  gboolean more = TRUE;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, more_options, argc, argv))
    return BELFRY_EXIT_USAGE;
  while (more) {
    g_autoptr (JsonObject) question = belfry_question_new ("changes");
    g_autoptr (JsonObject) answer = NULL;
    JsonArray *changes = NULL;

    json_object_set_int_member (question, "since", since);
    answer = belfry_ask (&options, question, &exit_code);
    if (answer == NULL)
      return exit_code;
    changes = belfry_json_get_array (answer, "changes");
    more = belfry_json_get_boolean (answer, "more", FALSE);
    for (guint i = 0; i < json_array_get_length (changes); i++) {
      JsonObject *change = json_array_get_object_element (changes, i);

      since = belfry_json_get_integer (change, "changeid", 0);
      if (options.json)
        json_array_add_object_element (all, json_object_ref (change));
      else
        print_change (change);
    }
  }
  if (options.json)
    belfry_print_json_array (all);
  return 0;
}
