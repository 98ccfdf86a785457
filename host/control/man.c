/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages in the man macros (man(7)). Keys come from the tables that read them, commands from the
 * table that runs them, so that a page cannot be wrong about either.
 */
#include "man.h"

#include "ask.h"
#include "cli.h"
#include "config/config.h"
#include "inspect-describe.h"
#include "inspect-print.h"
#include "usage.h"
#include "www/authz.h"

#include <stdio.h>
#include <string.h>

/* roff's own names of what it would otherwise take for something else */
static const struct {
  char byte;
  const char *spelled;
} special[] = {
  { '\\', "\\e" },  { '-', "\\-" },   { '\'', "\\(aq" },
  { '`', "\\(ga" }, { '^', "\\(ha" }, { '~', "\\(ti" },
};

static const char *
find_special (gunichar character)
{
  for (gsize i = 0; i < G_N_ELEMENTS (special); i++)
    if (character == (guchar)special[i].byte)
      return special[i].spelled;
  return NULL;
}

/* one line, as it is */
static void
append_text (GString *page, const char *text)
{
  if (text[0] == '.' || text[0] == '\'')
    g_string_append (page, "\\&");
  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    const gunichar character = g_utf8_get_char (text);
    const char *spelled = find_special (character);

    if (spelled != NULL)
      g_string_append (page, spelled);
    else if (character >= 0x80)
      g_string_append_printf (page, "\\[u%04X]", character);
    else
      g_string_append_c (page, *text == '\n' ? ' ' : *text);
  }
}

static void
append_line (GString *page, const char *text)
{
  append_text (page, text);
  g_string_append_c (page, '\n');
}

/* "Help text (facts)." beside a name in bold */
static void
append_item (GString *page, const char *name, const char *help, const char *facts)
{
  g_string_append (page, ".TP\n\\fB");
  append_text (page, name);
  g_string_append (page, "\\fR\n");
  if (help != NULL && help[0] != '\0')
    append_line (page, help);
  if (facts != NULL) {
    g_string_append (page, help != NULL && help[0] != '\0' ? ".br\n(" : "(");
    append_text (page, facts);
    g_string_append (page, ")\n");
  }
}

static void
append_options (GString *page, JsonArray *options)
{
  for (guint i = 0; options != NULL && i < json_array_get_length (options); i++) {
    JsonObject *option = json_array_get_object_element (options, i);
    g_autofree char *key = belfry_inspect_dup_key (option);
    g_autofree char *facts = belfry_inspect_dup_facts (option, NULL);

    if (belfry_inspect_is_shown (option))
      append_item (page, key, belfry_json_get_text (option, "help"), facts);
  }
}

/* of the build, or what those who build twice alike say instead: reproducible-builds.org */
static char *
dup_date (void)
{
  const char *given = g_getenv ("SOURCE_DATE_EPOCH");
  gint64 seconds = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GDateTime) time = NULL;

  if (given != NULL)
    belfry_parse_integer (given, 0, G_MAXINT32, &seconds, NULL);
  time = g_date_time_new_from_unix_utc (seconds);
  return g_date_time_format (time, "%Y-%m-%d");
}

/* pages of plugins */

static void
append_sections (GString *page, JsonObject *plugin)
{
  JsonArray *sections = belfry_json_get_array (plugin, "sections");

  for (guint i = 0; sections != NULL && i < json_array_get_length (sections); i++) {
    JsonObject *section = json_array_get_object_element (sections, i);

    g_string_append (page, ".SH \"KEYS OF [");
    append_text (page, belfry_json_get_text (section, "kind"));
    g_string_append (page, " NAME]\"\n");
    append_options (page, belfry_json_get_array (section, "options"));
  }
}

static void
append_example (GString *page, JsonObject *plugin)
{
  JsonArray *options = belfry_json_get_array (plugin, "options");
  const char *name = belfry_json_get_text (plugin, "name");
  g_autofree char *head = g_strdup_printf ("[%s %s]", belfry_json_get_text (plugin, "kind"), name);

  g_string_append (page, ".nf\n");
  append_line (page, head);
  for (guint i = 0; options != NULL && i < json_array_get_length (options); i++) {
    JsonObject *option = json_array_get_object_element (options, i);
    const char *key = belfry_json_get_text (option, "name");
    gboolean secret = g_strcmp0 (belfry_json_get_text (option, "type"), "secret") == 0;
    g_autofree char *line = g_strdup_printf ("%s=%s", key, secret ? "secret:NAME" : "...");

    if (belfry_json_get_boolean (option, "required", FALSE) && belfry_inspect_is_shown (option))
      append_line (page, line);
  }
  g_string_append (page, ".fi\n");
}

static char *
make_plugin_page (JsonObject *plugin)
{
  const char *kind = belfry_json_get_text (plugin, "kind");
  const char *name = belfry_json_get_text (plugin, "name");
  g_autofree char *title = g_strdup_printf ("belfry-%s-%s", kind, name);
  g_autofree char *date = dup_date ();
  g_autofree char *beside = g_strdup_printf ("Keys of every %s stand in", kind);
  g_autoptr (GString) page =
      g_string_new (".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n.TH ");

  append_text (page, title);
  g_string_append_printf (page, " 5 %s \"belfry " BELFRY_VERSION "\" \"File Formats\"\n", date);
  g_string_append (page, ".SH NAME\n");
  append_text (page, title);
  g_string_append (page, " \\- ");
  append_line (page, belfry_json_get_text (plugin, "summary"));
  g_string_append (page, ".SH SYNOPSIS\n");
  append_example (page, plugin);
  g_string_append_printf (page, ".SH \"KEYS OF [%s NAME]\"\n", kind);
  append_line (page, beside);
  g_string_append (page, ".BR belfry.conf (5).\n");
  append_options (page, belfry_json_get_array (plugin, "options"));
  append_sections (page, plugin);
  g_string_append (page, ".SH \"SEE ALSO\"\n.BR belfry (1),\n.BR belfry.conf (5)\n");
  return g_string_free (g_steal_pointer (&page), FALSE);
}

/* what templates are filled in with */

static void
append_command (GString *page, const BelfrySubcommand *command)
{
  g_autoptr (BelfryUsage) usage = belfry_usage_parse (command->usage);

  g_string_append_printf (page, ".SS belfry %s\nbelfry %s ", command->name, command->name);
  append_line (page, command->usage);
  g_string_append (page, ".PP\n");
  append_line (page, command->summary);
  for (guint i = 0; i < usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (usage->options, i);
    g_autofree char *name = belfry_usage_option_to_text (option);

    append_item (page, name, belfry_usage_explain (command->name, option->name), NULL);
  }
}

static char *
make_commands (void)
{
  guint count = 0;
  const BelfrySubcommand *rows = belfry_subcommands_get (&count);
  g_autoptr (GString) page = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    if (rows[i].summary != NULL)
      append_command (page, &rows[i]);
  return g_strchomp (g_string_free (g_steal_pointer (&page), FALSE));
}

static void
append_table (GString *page, const BelfryOptionTable *table)
{
  g_autoptr (JsonArray) options = belfry_inspect_describe_table (table);

  append_options (page, options);
}

static void
append_actions (GString *page)
{
  for (const BelfryAction *action = belfry_actions; action->name != NULL; action++)
    append_item (page, action->key, action->words, NULL);
}

static void
append_host_section (GString *page, const char *kind)
{
  const BelfryOptionTable *table = belfry_host_sections_find_table (kind);
  gboolean is_named = FALSE;
  const char *help = belfry_host_sections_get_help (kind, &is_named);

  g_string_append_printf (page, ".SS [%s%s]\n", kind, is_named ? " NAME" : "");
  append_line (page, help);
  if (table != NULL)
    append_table (page, table);
  else if (strcmp (kind, BELFRY_AUTHZ_SECTION) == 0)
    append_actions (page);
}

static char *
make_sections (void)
{
  g_autoptr (GPtrArray) kinds = belfry_host_sections_list_kinds ();
  g_autoptr (GString) page = g_string_new (NULL);

  for (guint i = 0; i < kinds->len; i++)
    append_host_section (page, g_ptr_array_index (kinds, i));
  g_string_append (page, ".SH KEYS OF EVERY INSTANCE\nOf whatever kind:\n");
  append_table (page, &belfry_instance_keys_table);
  for (guint i = 0; i < BELFRY_N_KINDS; i++) {
    gsize size = 0;
    const BelfryOptionTable *table = belfry_kind_get_host_table ((BelfryKind)i, &size);

    if (table == NULL)
      continue;
    g_string_append_printf (page, ".SS Every %s\n", belfry_kind_get_name ((BelfryKind)i));
    append_table (page, table);
  }
  return g_strchomp (g_string_free (g_steal_pointer (&page), FALSE));
}

static char *
fill_template (const char *path, GError **error)
{
  const BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autoptr (JsonObject) variables = json_object_new ();
  g_autofree char *date = dup_date ();
  g_autofree char *commands = make_commands ();
  g_autofree char *sections = make_sections ();
  g_autofree char *text = NULL;
  g_autofree char *page = NULL;

  json_object_set_string_member (variables, "version", BELFRY_VERSION);
  json_object_set_string_member (variables, "date", date);
  json_object_set_string_member (variables, "commands", commands);
  json_object_set_string_member (variables, "sections", sections);
  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  template = belfry_template_new (path, text, &settings, error);
  if (template == NULL)
    return NULL;
  page = belfry_template_render (template, variables, "en", 0, error);
  return page != NULL ? g_strconcat (page, "\n", NULL) : NULL;
}

/* @name: KIND/NAME of a plugin that is there, or a template's path */
static char *
make_page (const char *name, GError **error)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GPtrArray) paths = belfry_loader_list (loader);

  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *plugin = NULL;
    g_autofree char *title = NULL;
    g_autofree char *text = NULL;
    g_autoptr (JsonNode) node = NULL;

    if (!belfry_loader_parse_file_name (path, &kind, &plugin))
      continue;
    title = g_strdup_printf ("%s/%s", belfry_kind_get_name (kind), plugin);
    if (strcmp (title, name) != 0)
      continue;
    text = belfry_loader_describe (loader, path, belfry_inspect_describe, NULL, error);
    node = text != NULL ? belfry_json_parse (text, -1, NULL, error) : NULL;
    return node != NULL ? make_plugin_page (json_node_get_object (node)) : NULL;
  }
  return fill_template (name, error);
}

int
belfry_man_main (int argc, char **argv)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *page = NULL;

  if (argc != 2) {
    fprintf (stderr, "belfry man: it needs KIND/NAME of a plugin, or a template\n");
    return BELFRY_EXIT_USAGE;
  }
  page = make_page (argv[1], &local);
  if (page == NULL) {
    fprintf (stderr, "belfry man: %s\n", local->message);
    return 1;
  }
  printf ("%s", page);
  return 0;
}
