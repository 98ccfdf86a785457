/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"

#include "usage.h"

#define NAME_COLUMNS   13
#define OPTION_COLUMNS 27

void
belfry_help_print_all (FILE *to)
{
  guint count = 0;
  const BelfrySubcommand *rows = belfry_subcommands_get (&count);

  fprintf (to, "belfry %s: tells people and programs what builds do\n\n", BELFRY_VERSION);
  fprintf (to, "usage: belfry COMMAND [ARGUMENT…]\n\n");
  for (guint i = 0; i < count; i++)
    if (rows[i].summary != NULL)
      fprintf (to, "  %-*s %s\n", NAME_COLUMNS, rows[i].name, rows[i].summary);
  fprintf (to, "\n  %-*s %s\n", NAME_COLUMNS, "help COMMAND", "say what one takes");
  fprintf (to, "  %-*s %s\n", NAME_COLUMNS, "--version", "say which this is");
  fprintf (to, "\nexit: 0 done, 1 failure, 2 usage, 78 configuration\n");
}

void
belfry_help_print (FILE *to, const BelfrySubcommand *command)
{
  g_autoptr (BelfryUsage) usage = belfry_usage_parse (command->usage);

  fprintf (to, "usage: belfry %s %s\n", command->name, command->usage);
  if (command->summary != NULL)
    fprintf (to, "\n%s\n", command->summary);
  for (guint i = 0; i < usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (usage->options, i);
    const char *note = belfry_usage_explain (command->name, option->name);
    g_autofree char *text = belfry_usage_option_to_text (option);

    fprintf (to, "%s  %-*s %s\n", i == 0 ? "\n" : "", OPTION_COLUMNS, text,
             note != NULL ? note : "");
  }
}
