/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plugin's JSON for people: as text, as the Markdown tables of a README, as a commented section
 * to paste into a keyfile, and as JSON on many lines, so that a changed option shows up as a
 * changed line.
 */
#include "control/inspect-print.h"

#include <string.h>

/* writes one option */
typedef void (*OptionWriter) (GString *text, JsonObject *option, const char *language);

static const char *
get_text (JsonObject *object, const char *key)
{
  const char *text = belfry_json_get_text (object, key);

  return text != NULL ? text : "";
}

static const char *
get_help (JsonObject *option, const char *language)
{
  return belfry_tr (language, get_text (option, "help"));
}

static const char *
get_summary (JsonObject *plugin, const char *language)
{
  return belfry_tr (language, get_text (plugin, "summary"));
}

static gboolean
has (JsonObject *object, const char *key)
{
  return json_object_has_member (object, key);
}

/* hidden and renamed options work, but nobody should start to use them */
gboolean
belfry_inspect_is_shown (JsonObject *option)
{
  return !has (option, "hidden") && !has (option, "deprecated");
}

static void
write_options (GString *text, JsonArray *options, OptionWriter write, const char *language)
{
  for (guint i = 0; options != NULL && i < json_array_get_length (options); i++) {
    JsonObject *option = json_array_get_object_element (options, i);

    if (belfry_inspect_is_shown (option))
      write (text, option, language);
  }
}

/* "key", or "key.NAME" of a map */
char *
belfry_inspect_dup_key (JsonObject *option)
{
  return g_strconcat (get_text (option, "name"), has (option, "element") ? ".NAME" : "", NULL);
}

static char *
dup_type (JsonObject *option)
{
  return has (option, "element") ? g_strdup_printf ("map of %s", get_text (option, "element"))
                                 : g_strdup (get_text (option, "type"));
}

static char *
dup_choices (JsonObject *option)
{
  JsonArray *choices = belfry_json_get_array (option, "choices");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; choices != NULL && i < json_array_get_length (choices); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            get_text (json_array_get_object_element (choices, i), "name"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_fact (GString *text, const char *label, const char *value)
{
  if (value[0] == '\0')
    return;
  g_string_append_printf (text, "%s%s%s", text->len > 0 ? "; " : "", label, value);
}

/* all that is to be said of an option beside its help */
char *
belfry_inspect_dup_facts (JsonObject *option, const char *language)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *type = dup_type (option);
  g_autofree char *choices = dup_choices (option);
  gboolean is_secret = strcmp (get_text (option, "type"), "secret") == 0;

  append_fact (text, "", type);
  append_fact (text, belfry_tr (language, "of "), get_text (option, "names"));
  append_fact (text, belfry_tr (language, "in "), get_text (option, "unit"));
  append_fact (text, "", has (option, "required") ? belfry_tr (language, "required") : "");
  append_fact (text, belfry_tr (language, "range: "), get_text (option, "range"));
  append_fact (text, belfry_tr (language, "one of: "), choices);
  append_fact (text, belfry_tr (language, "default: "),
               has (option, "default") ? get_text (option, "default")
               : is_secret             ? belfry_tr (language, "(not set)")
                                       : "");
  append_fact (text, belfry_tr (language, "only with "), get_text (option, "when"));
  append_fact (text, belfry_tr (language, "also written "), get_text (option, "alias"));
  append_fact (text, belfry_tr (language, "changed by a "),
               belfry_tr (language, get_text (option, "takes-effect")));
  if (strcmp (get_text (option, "since"), "0.1") != 0)
    append_fact (text, belfry_tr (language, "since "), get_text (option, "since"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
write_text_option (GString *text, JsonObject *option, const char *language)
{
  g_autofree char *key = belfry_inspect_dup_key (option);
  g_autofree char *facts = belfry_inspect_dup_facts (option, language);

  g_string_append_printf (text, "  %s\n      %s\n      (%s)\n", key, get_help (option, language),
                          facts);
}

static void
write_text_table (GString *text, const char *title, JsonArray *options, const char *language)
{
  if (options == NULL || json_array_get_length (options) == 0)
    return;
  g_string_append_printf (text, "\n%s\n", title);
  write_options (text, options, write_text_option, language);
}

static void
write_needs (GString *text, JsonObject *plugin, const char *language)
{
  JsonArray *needs = belfry_json_get_array (plugin, "needs");

  g_string_append_printf (text, "  %s ", belfry_tr (language, "needs:"));
  if (needs == NULL || json_array_get_length (needs) == 0)
    g_string_append (text, belfry_tr (language, "nothing"));
  for (guint i = 0; needs != NULL && i < json_array_get_length (needs); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            json_array_get_string_element (needs, i));
  g_string_append_c (text, '\n');
}

char *
belfry_inspect_to_text (JsonObject *plugin, const char *language)
{
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *sections = belfry_json_get_array (plugin, "sections");

  g_string_append_printf (text, "%s/%s: %s\n  version %s, %s, ABI %" G_GINT64_FORMAT "\n",
                          get_text (plugin, "kind"), get_text (plugin, "name"),
                          get_summary (plugin, language), get_text (plugin, "version"),
                          get_text (plugin, "licence"), belfry_json_get_integer (plugin, "abi", 0));
  write_needs (text, plugin, language);
  write_text_table (text, belfry_tr (language, "options"),
                    belfry_json_get_array (plugin, "options"), language);
  for (guint i = 0; sections != NULL && i < json_array_get_length (sections); i++) {
    JsonObject *section = json_array_get_object_element (sections, i);
    g_autofree char *title = g_strdup_printf ("%s [%s NAME]", belfry_tr (language, "options of"),
                                              get_text (section, "kind"));

    write_text_table (text, title, belfry_json_get_array (section, "options"), language);
  }
  write_text_table (text, belfry_tr (language, "options that the host has for it"),
                    belfry_json_get_array (plugin, "host-options"), language);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* a cell of a table ends at a bar */
static void
append_cell (GString *text, const char *cell)
{
  g_string_append (text, "| ");
  for (; *cell != '\0'; cell++) {
    if (*cell == '|')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *cell == '\n' ? ' ' : *cell);
  }
  g_string_append_c (text, ' ');
}

static void
write_markdown_option (GString *text, JsonObject *option, const char *language)
{
  g_autofree char *key = belfry_inspect_dup_key (option);
  g_autofree char *code = g_strdup_printf ("`%s`", key);
  g_autofree char *facts = belfry_inspect_dup_facts (option, language);

  append_cell (text, code);
  append_cell (text, facts);
  append_cell (text, get_help (option, language));
  g_string_append (text, "|\n");
}

static void
write_markdown_table (GString *text, const char *title, JsonArray *options)
{
  if (options == NULL || json_array_get_length (options) == 0)
    return;
  g_string_append_printf (text, "%s%s\n\n| key | value | effect |\n| --- | --- | --- |\n",
                          text->len > 0 ? "\n" : "", title);
  write_options (text, options, write_markdown_option, NULL);
}

/* only what is the plugin's own: the host's keys are the same in every README */
char *
belfry_inspect_to_markdown (JsonObject *plugin)
{
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *sections = belfry_json_get_array (plugin, "sections");
  g_autofree char *title =
      g_strdup_printf ("Keys of `[%s NAME]`, beside those of every %s:", get_text (plugin, "kind"),
                       get_text (plugin, "kind"));

  write_markdown_table (text, title, belfry_json_get_array (plugin, "options"));
  for (guint i = 0; sections != NULL && i < json_array_get_length (sections); i++) {
    JsonObject *section = json_array_get_object_element (sections, i);
    g_autofree char *heading = g_strdup_printf ("Keys of `[%s NAME]`:", get_text (section, "kind"));

    write_markdown_table (text, heading, belfry_json_get_array (section, "options"));
  }
  if (text->len == 0)
    g_string_append_printf (text, "It has no keys beside those of every %s.\n",
                            get_text (plugin, "kind"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_conf_option (GString *text, JsonObject *option, gboolean is_open, const char *language)
{
  g_autofree char *key = belfry_inspect_dup_key (option);
  g_autofree char *facts = belfry_inspect_dup_facts (option, language);
  gboolean is_secret = strcmp (get_text (option, "type"), "secret") == 0;

  g_string_append_printf (text, "# %s (%s)\n", get_help (option, language), facts);
  g_string_append_printf (text, "%s%s=%s\n", is_open ? "" : "#", key,
                          is_secret ? "secret:NAME" : get_text (option, "default"));
}

static void
write_conf_option (GString *text, JsonObject *option, const char *language)
{
  append_conf_option (text, option, has (option, "required"), language);
}

/* below a header that is a comment, every key is one */
static void
write_closed_conf_option (GString *text, JsonObject *option, const char *language)
{
  append_conf_option (text, option, FALSE, language);
}

static void
write_conf_section (GString *text, JsonObject *plugin, JsonObject *section, const char *language)
{
  g_string_append_printf (text, "\n# %s %s\n#[%s NAME]\n", belfry_tr (language, "belongs to"),
                          get_text (plugin, "name"), get_text (section, "kind"));
  write_options (text, belfry_json_get_array (section, "options"), write_closed_conf_option,
                 language);
}

char *
belfry_inspect_to_conf (JsonObject *plugin, const char *language)
{
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *sections = belfry_json_get_array (plugin, "sections");

  g_string_append_printf (text, "# %s\n[%s %s]\n", get_summary (plugin, language),
                          get_text (plugin, "kind"), get_text (plugin, "name"));
  write_options (text, belfry_json_get_array (plugin, "options"), write_conf_option, language);
  g_string_append_printf (text, "\n# %s\n", belfry_tr (language, "keys that the host has for it"));
  write_options (text, belfry_json_get_array (plugin, "host-options"), write_conf_option, language);
  for (guint i = 0; sections != NULL && i < json_array_get_length (sections); i++)
    write_conf_section (text, plugin, json_array_get_object_element (sections, i), language);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
belfry_inspect_to_json (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, TRUE);

  return g_strconcat (text, "\n", NULL);
}
