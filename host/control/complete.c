/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Candidates come from the usage of the table's rows; names of sections from the configuration,
 * which is only read as text, so that no plugin is loaded while somebody types. What goes wrong is
 * no candidate.
 */
#include "complete.h"

#include "cli.h"
#include "config/config.h"
#include "config/keyfile.h"
#include "usage.h"

#include <stdio.h>
#include <string.h>

#define FILES   ":files\n"
#define SECTION "SECTION" /* a kind, behind which stands a name */

/** Line: what was typed so far */
typedef struct {
  const BelfrySubcommand *command;
  BelfryUsage *usage;
  char **words;     /* behind the command, without the last */
  const char *last; /* that is being typed */
} Line;

/* which sections a placeholder stands for; NULL: the shell's files */
static const struct {
  const char *placeholder;
  const char *kind;
} sources[] = {
  { "BUILDER", "builder" },   { "FILE", NULL },
  { "FOLDER", NULL },         { "FORM", "force" },
  { "HOOK", "hook" },         { "POLLER", "poller" },
  { "REPORTER", "reporter" }, { "SCHEDULER", "scheduler" },
  { "WORKER", "worker" },
};

static void
offer (const Line *line, const char *word, const char *meaning)
{
  if (!g_str_has_prefix (word, line->last))
    return;
  printf (meaning != NULL ? "%s\t%s\n" : "%s\n", word, meaning);
}

static const char *
find_value (const Line *line, const char *option)
{
  for (guint i = 0; line->words[i] != NULL && line->words[i + 1] != NULL; i++)
    if (strcmp (line->words[i], option) == 0)
      return line->words[i + 1];
  return NULL;
}

/* (transfer full) (nullable) */
static GPtrArray *
read_sections (const Line *line)
{
  g_autofree char *path = belfry_config_find_path (find_value (line, "--config"));
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();

  return path != NULL ? belfry_keyfile_read (path, problems) : NULL;
}

/* @prefix: before each name */
static void
offer_sections (const Line *line, const char *kind, const char *prefix)
{
  g_autoptr (GPtrArray) sections = read_sections (line);

  for (guint i = 0; sections != NULL && i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);
    g_autofree char *word = g_strconcat (prefix, section->name, NULL);

    if (strcmp (section->kind, kind) == 0 && section->name[0] != '\0')
      offer (line, word, NULL);
  }
}

static void
offer_kinds (const Line *line)
{
  g_autoptr (GPtrArray) sections = read_sections (line);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; sections != NULL && i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);

    if (g_hash_table_add (seen, section->kind))
      offer (line, section->kind, NULL);
  }
}

static void
offer_plugins (const Line *line)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GPtrArray) paths = belfry_loader_list (loader);

  for (guint i = 0; i < paths->len; i++) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *name = NULL;
    g_autofree char *word = NULL;

    if (!belfry_loader_parse_file_name (g_ptr_array_index (paths, i), &kind, &name))
      continue;
    word = g_strdup_printf ("%s/%s", belfry_kind_get_name (kind), name);
    offer (line, word, NULL);
  }
}

static void
offer_commands (const Line *line)
{
  guint count = 0;
  const BelfrySubcommand *rows = belfry_subcommands_get (&count);

  for (guint i = 0; i < count; i++)
    if (rows[i].summary != NULL)
      offer (line, rows[i].name, rows[i].summary);
}

static void
offer_placeholder (const Line *line, const char *placeholder)
{
  if (strcmp (placeholder, "PLUGIN") == 0)
    offer_plugins (line);
  else if (strcmp (placeholder, "COMMAND") == 0)
    offer_commands (line);
  else if (strcmp (placeholder, SECTION) == 0)
    offer_kinds (line);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++) {
    if (strcmp (placeholder, sources[i].placeholder) != 0)
      continue;
    if (sources[i].kind != NULL)
      offer_sections (line, sources[i].kind, "");
    else
      printf (FILES);
  }
}

/* `poller/NAME`: all of it, or only what is before the slash where it is no kind */
static void
offer_literal (const Line *line, const char *text)
{
  const char *slash = strchr (text, '/');
  g_autofree char *kind = slash != NULL ? g_strndup (text, (gsize)(slash - text)) : NULL;
  g_autofree char *prefix = kind != NULL ? g_strconcat (kind, "/", NULL) : NULL;

  if (kind != NULL)
    offer_sections (line, kind, prefix);
  else if (strchr (text, '=') == NULL)
    offer (line, text, NULL);
}

static const BelfryUsageOption *
find_option (const Line *line, const char *word)
{
  for (guint i = 0; g_str_has_prefix (word, "--") && i < line->usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (line->usage->options, i);

    if (strcmp (option->name, word + 2) == 0)
      return option;
  }
  return NULL;
}

static gboolean
takes_next (const BelfryUsageOption *option)
{
  return option != NULL && option->argument != NULL && !option->joined;
}

static void
offer_options (const Line *line)
{
  for (guint i = 0; i < line->usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (line->usage->options, i);
    g_autofree char *word = g_strconcat ("--", option->name, NULL);

    offer (line, word, belfry_usage_explain (line->command->name, option->name));
  }
  offer (line, "--help", "say what it takes");
}

/* (transfer container): words that are neither options nor their arguments */
static GPtrArray *
list_positionals (const Line *line)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; line->words[i] != NULL; i++) {
    if (takes_next (find_option (line, line->words[i])))
      i += line->words[i + 1] != NULL ? 1 : 0;
    else if (line->words[i][0] != '-')
      g_ptr_array_add (found, line->words[i]);
  }
  return found;
}

static void
offer_first (const Line *line)
{
  for (guint i = 0; i < line->usage->words->len; i++) {
    const BelfryUsageWord *word = g_ptr_array_index (line->usage->words, i);

    if (belfry_usage_is_placeholder (word->text))
      offer_placeholder (line, word->text);
    else
      offer_literal (line, word->text);
  }
}

/* what follows the first word, or more of its like */
static void
offer_later (const Line *line, const char *first)
{
  for (guint i = 0; i < line->usage->words->len; i++) {
    const BelfryUsageWord *word = g_ptr_array_index (line->usage->words, i);

    if (word->argument != NULL && strcmp (word->text, first) == 0) {
      if (strcmp (word->argument, "NAME") == 0)
        offer_sections (line, first, "");
      else
        offer_placeholder (line, word->argument);
      return;
    }
  }
  for (guint i = 0; i < line->usage->words->len; i++) {
    const BelfryUsageWord *word = g_ptr_array_index (line->usage->words, i);

    if (strcmp (word->text, SECTION) == 0)
      offer_sections (line, first, "");
    else if (belfry_usage_is_placeholder (word->text))
      offer_placeholder (line, word->text);
  }
}

static void
offer_all (const Line *line)
{
  const guint count = g_strv_length (line->words);
  const BelfryUsageOption *option = count > 0 ? find_option (line, line->words[count - 1]) : NULL;
  g_autoptr (GPtrArray) positionals = list_positionals (line);

  if (takes_next (option))
    offer_placeholder (line, option->argument);
  else if (line->last[0] == '-')
    offer_options (line);
  else if (positionals->len == 0)
    offer_first (line);
  else
    offer_later (line, g_ptr_array_index (positionals, 0));
}

static void
complete_command (const BelfrySubcommand *command, char **words, guint count)
{
  g_autoptr (BelfryUsage) usage = belfry_usage_parse (command->usage);
  g_autofree char *last = g_strdup (words[count - 1]);
  g_autofree char **before = g_new0 (char *, count);
  const Line line = { command, usage, before, last };

  for (guint i = 1; i + 1 < count; i++)
    before[i - 1] = words[i];
  offer_all (&line);
}

static void
complete_first (const char *last)
{
  const Line line = { NULL, NULL, NULL, last };

  offer_commands (&line);
  offer (&line, "help", "say what a command takes");
  offer (&line, "--help", "say which commands there are");
  offer (&line, "--version", "say which this is");
}

int
belfry_complete_main (int argc, char **argv)
{
  static const BelfrySubcommand help = { "help", "COMMAND", NULL, NULL };
  guint skip = argc > 1 && strcmp (argv[1], "--") == 0 ? 2 : 1;
  guint count = (guint)argc > skip ? (guint)argc - skip : 0;
  char **words = argv + skip;
  const BelfrySubcommand *command = NULL;

  if (count < 2) {
    complete_first (count > 0 ? words[0] : "");
    return 0;
  }
  command = strcmp (words[0], "help") == 0 ? &help : belfry_subcommand_find (words[0]);
  if (command != NULL)
    complete_command (command, words, count);
  return 0;
}
