/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"

#include "usage.h"

#include <string.h>

#define NAME_COLUMNS   13
#define OPTION_COLUMNS 27
#define LINE_COLUMNS   80

/* up to the next blank that is neither in brackets nor in quotes */
static gsize
measure_part (const char *text)
{
  gsize length = 0;
  int depth = 0;
  gboolean is_quoted = FALSE;

  for (; text[length] != '\0' && (text[length] != ' ' || depth > 0 || is_quoted); length++) {
    depth += (text[length] == '[') - (text[length] == ']');
    is_quoted ^= text[length] == '\'' && (length == 0 || text[length - 1] == ' ' || is_quoted);
  }
  return length;
}

/* @column: where the text begins, and where its further lines do. Where it takes several, each of
 * its choices has one of its own. */
static void
print_wrapped (FILE *to, const char *text, int column)
{
  const gboolean fits = column + (int)g_utf8_strlen (text, -1) <= LINE_COLUMNS;
  int at = column;

  while (*text != '\0') {
    const gsize length = measure_part (text);
    const int columns = (int)g_utf8_strlen (text, (gssize)length);

    if (at > column &&
        (at + 1 + columns > LINE_COLUMNS || (!fits && g_str_has_prefix (text, "| ")))) {
      fprintf (to, "\n%*s", column, "");
      at = column;
    } else if (at > column) {
      fprintf (to, " ");
      at++;
    }
    fprintf (to, "%.*s", (int)length, text);
    at += columns;
    text += length;
    text += strspn (text, " ");
  }
  fprintf (to, "\n");
}

/* a name and what it means, beside each other */
static void
print_item (FILE *to, const char *name, int name_columns, const char *meaning)
{
  fprintf (to, "  %-*s ", name_columns, name);
  print_wrapped (to, meaning, name_columns + 3);
}

void
belfry_help_print_all (FILE *to)
{
  guint count = 0;
  const BelfrySubcommand *rows = belfry_subcommands_get (&count);

  fprintf (to, "belfry %s: tells people and programs what builds do\n\n", BELFRY_VERSION);
  fprintf (to, "usage: belfry COMMAND [ARGUMENT…]\n\n");
  for (guint i = 0; i < count; i++)
    if (rows[i].summary != NULL)
      print_item (to, rows[i].name, NAME_COLUMNS, rows[i].summary);
  fprintf (to, "\n");
  print_item (to, "help COMMAND", NAME_COLUMNS, "say what one takes");
  print_item (to, "--version", NAME_COLUMNS, "say which this is");
  fprintf (to, "\nexit: 0 done, 1 failure, 2 usage, 78 configuration\n");
}

void
belfry_help_print (FILE *to, const BelfrySubcommand *command)
{
  g_autoptr (BelfryUsage) usage = belfry_usage_parse (command->usage);

  fprintf (to, "usage: belfry %s ", command->name);
  print_wrapped (to, command->usage, (int)strlen ("usage: belfry  ") + (int)strlen (command->name));
  if (command->summary != NULL) {
    fprintf (to, "\n");
    print_wrapped (to, command->summary, 0);
  }
  if (usage->options->len > 0)
    fprintf (to, "\n");
  for (guint i = 0; i < usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (usage->options, i);
    const char *note = belfry_usage_explain (command->name, option->name);
    g_autofree char *text = belfry_usage_option_to_text (option);

    print_item (to, text, OPTION_COLUMNS, note != NULL ? note : "");
  }
}
