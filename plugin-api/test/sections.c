/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A section's text: lines of KEY=VALUE, and [KIND NAME] before those of further sections. Keys that
 * are none of the plugin's options are the host's and left alone.
 */
#include "test-private.h"

#include <string.h>

#define ORIGIN "/belfry.conf"

static void
free_section (gpointer section)
{
  belfry_section_free (section);
}

static BelfrySection *
begin_section (char *line, guint number)
{
  char *end = strchr (line, ']');
  g_auto (GStrv) words = NULL;

  if (end == NULL)
    g_error ("line %u: '%s' has no end", number, line);
  *end = '\0';
  words = g_strsplit (line + 1, " ", 2);
  return belfry_section_new (words[0], words[0] != NULL && words[1] != NULL ? words[1] : "", ORIGIN,
                             number);
}

static void
parse (BelfryTestSections *self, const char *keys, const char *url)
{
  const char *kind = belfry_kind_get_name (self->plugin->kind);
  BelfrySection *section = belfry_section_new (kind, self->plugin->name, ORIGIN, 1);
  g_autoptr (GString) text = g_string_new (keys);
  g_auto (GStrv) lines = NULL;

  g_ptr_array_add (self->sections, section);
  if (url != NULL)
    g_string_replace (text, "$URL", url, 0);
  lines = g_strsplit (text->str, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (*lines[i] == '[') {
      section = begin_section (lines[i], i + 2);
      g_ptr_array_add (self->sections, section);
    } else if (equals != NULL && *lines[i] != '#') {
      *equals = '\0';
      belfry_section_set (section, lines[i], equals + 1, ORIGIN, i + 2);
    }
  }
}

static void
own_section (BelfryTestSections *self,
             const BelfrySectionKind *kind,
             GPtrArray *list,
             const BelfrySection *section)
{
  BelfryOwnedSection *owned = g_new0 (BelfryOwnedSection, 1);
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryOptionTable *tables[] = { &kind->options };

  owned->source = section;
  owned->name = section->name;
  owned->state = g_malloc0 (MAX (kind->state_size, 1));
  belfry_option_table_read (&kind->options, section, owned->state, consumed, self->problems);
  belfry_option_table_report_unknown (tables, 1, section, consumed, self->problems);
  g_ptr_array_add (list, owned);
}

static void
read_owned (BelfryTestSections *self, const BelfrySectionKind *kind)
{
  g_autoptr (GPtrArray) written = g_ptr_array_new ();
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *sections = written;

  for (guint i = 1; i < self->sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (self->sections, i);

    if (g_str_equal (section->kind, kind->kind))
      g_ptr_array_add (written, section);
  }
  if (kind->expand != NULL) {
    GPtrArray *made = kind->expand (written, self->problems);

    if (made != NULL) {
      g_ptr_array_add (self->made, made);
      sections = made;
    }
  }
  for (guint i = 0; i < sections->len; i++)
    own_section (self, kind, list, g_ptr_array_index (sections, i));
  g_hash_table_insert (self->owned, (gpointer)kind->kind, list);
}

static const BelfrySectionKind *
next_kind (const BelfryPlugin *plugin, const BelfrySectionKind *row)
{
  row = row == NULL ? plugin->sections
                    : (const BelfrySectionKind *)((const char *)row + plugin->section_size);
  return row != NULL && row->kind != NULL ? row : NULL;
}

static BelfryOptionTable
get_table (const BelfryPlugin *plugin)
{
  return (BelfryOptionTable){ plugin->options, plugin->option_size };
}

void
belfry_test_sections_read (BelfryTestSections *self,
                           const BelfryPlugin *plugin,
                           const char *keys,
                           const char *url)
{
  const BelfryOptionTable table = get_table (plugin);
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  BelfryCheck check = { .size = sizeof check };

  self->plugin = plugin;
  self->problems = belfry_problems_new ();
  self->sections = g_ptr_array_new_with_free_func (free_section);
  self->made = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  self->owned =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  self->state = g_malloc0 (MAX (plugin->instance_size, 1));
  parse (self, keys, url);
  check.section = g_ptr_array_index (self->sections, 0);
  check.owned = self->owned;
  check.problems = self->problems;
  belfry_option_table_read (&table, check.section, self->state, consumed, self->problems);
  for (const BelfrySectionKind *row = next_kind (plugin, NULL); row != NULL;
       row = next_kind (plugin, row))
    read_owned (self, row);
  if (plugin->check != NULL &&
      belfry_problems_get_count (self->problems, BELFRY_SEVERITY_ERROR) == 0)
    plugin->check (self->state, &check);
}

static void
clear_owned (BelfryTestSections *self)
{
  for (const BelfrySectionKind *row = next_kind (self->plugin, NULL); row != NULL;
       row = next_kind (self->plugin, row)) {
    GPtrArray *list = g_hash_table_lookup (self->owned, row->kind);

    for (guint i = 0; list != NULL && i < list->len; i++) {
      BelfryOwnedSection *owned = g_ptr_array_index (list, i);

      belfry_option_table_clear (&row->options, owned->state);
      g_clear_pointer (&owned->state, g_free);
    }
  }
}

void
belfry_test_sections_clear (BelfryTestSections *self)
{
  const BelfryOptionTable table = get_table (self->plugin);

  if (self->plugin->clear != NULL)
    self->plugin->clear (self->state);
  belfry_option_table_clear (&table, self->state);
  g_clear_pointer (&self->state, g_free);
  clear_owned (self);
  g_clear_pointer (&self->owned, g_hash_table_unref);
  g_clear_pointer (&self->made, g_ptr_array_unref);
  g_clear_pointer (&self->sections, g_ptr_array_unref);
  g_clear_pointer (&self->problems, belfry_problems_free);
}

char *
belfry_test_sections_dup_problems (BelfryTestSections *self)
{
  static const char *const severities[] = { "error", "failure", "warning", "note" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < belfry_problems_get_length (self->problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (self->problems, i);

    g_string_append_printf (text, "%s %s: %s\n", severities[problem->severity], problem->key,
                            problem->message);
  }
  return g_string_free (text, FALSE);
}

void
belfry_test_sections_visit_secrets (BelfryTestSections *self, GFunc visit, gpointer data)
{
  const BelfryOptionTable table = get_table (self->plugin);

  belfry_option_table_visit_secrets (&table, self->state, visit, data);
}
