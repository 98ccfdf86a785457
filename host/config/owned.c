/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections of kinds that a plugin owns: read with the plugin's tables and handed to its instance,
 * of which there may be only one. A kind that nobody here knows is an error that says who could.
 */
#include "config/config-private.h"

#include <string.h>

static const BelfrySectionKind *
next_kind (const BelfryPlugin *plugin, const BelfrySectionKind *previous)
{
  const BelfrySectionKind *row =
      previous == NULL ? plugin->sections
                       : (const BelfrySectionKind *)(gconstpointer)((const char *)previous +
                                                                    plugin->section_size);

  return row == NULL || row->kind == NULL ? NULL : row;
}

static void
refuse_second (BelfryConfigDraft *self, const BelfryBlueprint *second, const BelfryBlueprint *first)
{
  belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, second->section, "plugin",
                       "there is one instance of this plugin at most, since sections are its own, "
                       "and [%s %s] of line %u is there already",
                       first->section->kind, first->name, first->section->line);
}

static void
own_kinds (BelfryConfigDraft *self, BelfryBlueprint *blueprint)
{
  const BelfrySectionKind *row = NULL;
  gboolean is_told = FALSE;

  while ((row = next_kind (blueprint->plugin, row)) != NULL) {
    const BelfryBlueprint *first = g_hash_table_lookup (self->owners, row->kind);

    if (first == NULL)
      g_hash_table_insert (self->owners, (gpointer)row->kind, blueprint);
    else if (blueprint->keys.enabled && !is_told) {
      is_told = TRUE;
      refuse_second (self, blueprint, first);
    }
  }
}

/* those that are enabled come first: a disabled one owns only what nobody else does */
static void
find_owners (BelfryConfigDraft *self)
{
  for (int enabled = 1; enabled >= 0; enabled--)
    for (guint i = 0; i < self->config.blueprints->len; i++) {
      BelfryBlueprint *blueprint = g_ptr_array_index (self->config.blueprints, i);

      if (blueprint->plugin != NULL && blueprint->plugin->sections != NULL &&
          (blueprint->keys.enabled != FALSE) == enabled)
        own_kinds (self, blueprint);
    }
}

void
belfry_section_take_name (BelfrySection *section, const BelfryOptionTable *table)
{
  const BelfryEntry *entry = belfry_section_find (section, "name");

  if (entry == NULL || belfry_option_table_find (table, "name") != NULL)
    return;
  g_free (section->name);
  section->name = belfry_entry_dup_text (entry);
  belfry_section_remove (section, "name");
}

static GPtrArray *
list_sections (BelfryConfigDraft *self, const BelfrySectionKind *kind)
{
  GPtrArray *sections = g_ptr_array_new ();

  for (guint i = 0; i < self->config.sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (strcmp (section->kind, kind->kind) != 0)
      continue;
    belfry_section_take_name (section, &kind->options);
    g_ptr_array_add (sections, section);
  }
  return sections;
}

/* what a plugin makes of its sections lives as long as the configuration */
static GPtrArray *
expand (BelfryConfigDraft *self, const BelfrySectionKind *kind, GPtrArray *sections)
{
  g_autoptr (GPtrArray) made = NULL;
  GPtrArray *list = NULL;

  if (kind->expand == NULL)
    return g_ptr_array_ref (sections);
  made = kind->expand (sections, self->problems);
  list = g_ptr_array_new ();
  while (made != NULL && made->len > 0) {
    BelfrySection *section = g_ptr_array_steal_index (made, 0);

    g_ptr_array_add (self->expanded, section);
    g_ptr_array_add (list, section);
  }
  return list;
}

static void
check_twins (BelfryConfigDraft *self, GPtrArray *sections)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (sections, i);
    const BelfrySection *first = g_hash_table_lookup (seen, section->name);

    if (first != NULL)
      belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                           "there is a section of this name already, in line %u of %s", first->line,
                           first->file);
    else
      g_hash_table_insert (seen, section->name, section);
  }
}

static void
read_kind (BelfryConfigDraft *self, BelfryBlueprint *owner, const BelfrySectionKind *kind)
{
  g_autoptr (GPtrArray) written = list_sections (self, kind);
  g_autoptr (GPtrArray) sections = expand (self, kind, written);

  check_twins (self, sections);
  for (guint i = 0; i < sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (sections, i);
    BelfryOwned *owned = belfry_blueprint_add_owned (owner, section, kind);
    const BelfryTableTarget target = { kind->options, owned->owned.state };

    if (!belfry_draft_read (self, section, &target, 1, TRUE))
      g_hash_table_add (self->unread, owner);
    belfry_draft_keep (self, section, target);
  }
}

static void
read_kinds_of (BelfryConfigDraft *self, BelfryBlueprint *owner)
{
  const BelfrySectionKind *kind = NULL;

  while (owner->plugin != NULL && (kind = next_kind (owner->plugin, kind)) != NULL)
    if (g_hash_table_lookup (self->owners, kind->kind) == owner)
      read_kind (self, owner, kind);
}

/* codebases are the host's, but an engine that owns sections of its own builds from them */
static void
lend_codebases (BelfryConfigDraft *self, BelfryBlueprint *engine)
{
  static const BelfrySectionKind codebase_kind = { .kind = "codebase" };

  if (engine->kind != BELFRY_KIND_ENGINE || engine->plugin == NULL ||
      engine->plugin->sections == NULL)
    return;
  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (strcmp (section->kind, codebase_kind.kind) == 0)
      belfry_blueprint_add_owned (engine, section, &codebase_kind);
  }
}

/* the instance whose plugin, which is not there, may have known a kind: an engine's before all */
static const BelfryBlueprint *
find_failed (BelfryConfigDraft *self)
{
  const BelfryBlueprint *found = NULL;

  for (guint i = 0; i < self->config.blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (self->config.blueprints, i);

    if (blueprint->plugin == NULL && (found == NULL || blueprint->kind == BELFRY_KIND_ENGINE))
      found = blueprint;
  }
  return found;
}

static const char *
find_nearest (BelfryConfigDraft *self, const char *kind)
{
  g_autoptr (GPtrArray) words = belfry_host_sections_list_kinds ();
  GHashTableIter iter;
  gpointer owned = NULL;

  for (guint i = 0; i < BELFRY_N_KINDS; i++)
    g_ptr_array_add (words, (gpointer)belfry_kind_get_name ((BelfryKind)i));
  g_hash_table_iter_init (&iter, self->owners);
  while (g_hash_table_iter_next (&iter, &owned, NULL))
    g_ptr_array_add (words, owned);
  g_ptr_array_add (words, NULL);
  return belfry_text_nearest (kind, (const char *const *)words->pdata);
}

static void
report_unknown (BelfryConfigDraft *self, const BelfrySection *section)
{
  const BelfryBlueprint *failed = find_failed (self);
  g_autofree char *owner = belfry_loader_dup_owner (self->loader, section->kind);
  const char *nearest = find_nearest (self, section->kind);

  if (owner != NULL)
    belfry_problems_add (self->problems,
                         failed != NULL ? BELFRY_SEVERITY_FAILURE : BELFRY_SEVERITY_ERROR, section,
                         NULL,
                         "this kind of section belongs to a plugin that no instance has, write "
                         "[%s]",
                         owner);
  else if (failed != NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_FAILURE, section, NULL,
                         "nobody reads this kind of section, perhaps the plugin of [%s %s] would",
                         failed->section->kind, failed->name);
  else if (nearest != NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "there is no such kind of section, did you mean %s?", nearest);
  else
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "there is no such kind of section, and no plugin here has it");
}

void
belfry_owned_read_all (BelfryConfigDraft *self)
{
  find_owners (self);
  for (guint i = 0; i < self->config.blueprints->len; i++) {
    read_kinds_of (self, g_ptr_array_index (self->config.blueprints, i));
    lend_codebases (self, g_ptr_array_index (self->config.blueprints, i));
  }
  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);
    BelfryKind plugin_kind = BELFRY_N_KINDS;

    if (!belfry_kind_from_name (section->kind, &plugin_kind) &&
        !belfry_host_sections_know (section->kind) &&
        !g_hash_table_contains (self->owners, section->kind))
      report_unknown (self, section);
  }
}
