/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration: finds the files, reads them into sections, gives each section to what knows
 * its kind, and looks at last at what only shows when all are known: names of one another, files
 * with secrets. All findings are gathered; one error among them means that there is no
 * configuration.
 */
#include "config/config-private.h"
#include "www/www-keys.h"

#include <string.h>
#include <unistd.h>

char *
belfry_config_find_path (const char *from_command_line)
{
  const char *given = from_command_line != NULL ? from_command_line : g_getenv ("BELFRY_CONFIG");

  if (given != NULL && given[0] != '\0')
    return g_canonicalize_filename (given, NULL);
  if (geteuid () != 0) {
    g_autofree char *own =
        g_build_filename (g_get_user_config_dir (), "belfry", "belfry.conf", NULL);

    if (g_file_test (own, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&own);
  }
  if (g_file_test ("/etc/belfry/belfry.conf", G_FILE_TEST_EXISTS))
    return g_strdup ("/etc/belfry/belfry.conf");
  return NULL;
}

gboolean
belfry_draft_read (BelfryConfigDraft *self,
                   const BelfrySection *section,
                   const BelfryTableTarget *targets,
                   guint n_targets,
                   gboolean complete)
{
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree const BelfryOptionTable **tables = g_new0 (const BelfryOptionTable *, n_targets);
  guint before = belfry_problems_get_count (self->problems, BELFRY_SEVERITY_ERROR);
  guint after = 0;

  for (guint i = 0; i < n_targets; i++) {
    tables[i] = &targets[i].table;
    belfry_option_table_read (&targets[i].table, section, targets[i].state, consumed,
                              self->problems);
  }
  after = belfry_problems_get_count (self->problems, BELFRY_SEVERITY_ERROR);
  if (complete)
    belfry_option_table_report_unknown (tables, n_targets, section, consumed, self->problems);
  return before == after;
}

void
belfry_draft_keep (BelfryConfigDraft *self, const BelfrySection *section, BelfryTableTarget target)
{
  const BelfryReading reading = { section, target.table, target.state };

  if (target.state != NULL)
    g_array_append_val (self->readings, reading);
}

static BelfryConfigDraft *
draft_new (const char *path, BelfryLoader *loader, BelfryProblems *problems)
{
  BelfryConfigDraft *self = g_new0 (BelfryConfigDraft, 1);
  BelfryConfig *config = &self->config;

  g_atomic_ref_count_init (&config->refs);
  config->path = g_canonicalize_filename (path, NULL);
  config->directory = g_path_get_dirname (config->path);
  config->codebases = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_codebase_free);
  config->blueprints = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_blueprint_free);
  self->expanded = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_section_free);
  self->readings = g_array_new (FALSE, FALSE, sizeof (BelfryReading));
  self->owners = g_hash_table_new (g_str_hash, g_str_equal);
  self->unread = g_hash_table_new (NULL, NULL);
  self->loader = loader;
  self->problems = problems;
  config->sections = belfry_keyfile_read (config->path, problems);
  return self;
}

/* two names that only a careful reader tells apart */
static void
check_case (BelfryConfigDraft *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);
    g_autofree char *title = belfry_section_dup_title (section);
    char *folded = g_utf8_casefold (title, -1);
    const BelfrySection *other = g_hash_table_lookup (seen, folded);

    if (other != NULL)
      belfry_problems_add (self->problems, BELFRY_SEVERITY_WARNING, section, NULL,
                           "differs from [%s %s] of line %u in capitals only", other->kind,
                           other->name, other->line);
    g_hash_table_insert (seen, folded, (gpointer)section);
  }
}

static void
read_host_sections (BelfryConfigDraft *self)
{
  for (guint i = 0; i < self->config.sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (belfry_host_sections_know (section->kind))
      belfry_host_sections_read (self, section);
  }
  belfry_host_sections_check (self);
  belfry_host_keys_complete (self);
  if (self->config.host.plugin_directories != NULL)
    belfry_loader_set_directories (self->loader,
                                   (const char *const *)self->config.host.plugin_directories);
}

static void
read_instances (BelfryConfigDraft *self)
{
  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);
    BelfryKind kind = BELFRY_N_KINDS;

    if (belfry_kind_from_name (section->kind, &kind))
      belfry_blueprint_read (self, section, kind);
  }
}

static void
draft_read_all (BelfryConfigDraft *self)
{
  check_case (self);
  read_host_sections (self);
  read_instances (self);
  belfry_owned_read_all (self);
  for (guint i = 0; i < self->config.blueprints->len; i++)
    belfry_blueprint_check (self, g_ptr_array_index (self->config.blueprints, i));
  belfry_references_check (self);
  belfry_permissions_check (self);
}

BelfryConfig *
belfry_config_load (const char *path, BelfryLoader *loader, BelfryProblems *problems)
{
  guint before = belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR);
  BelfryConfigDraft *self = draft_new (path, loader, problems);

  draft_read_all (self);
  self->loader = NULL;
  self->problems = NULL;
  self->config.links = belfry_links_new (self->config.sections);
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > before) {
    belfry_config_unref (&self->config);
    return NULL;
  }
  return &self->config;
}

char *
belfry_config_find_runtime_directory (const char *path, BelfryLoader *loader)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryConfigDraft *self = draft_new (path, loader, problems);
  char *directory = NULL;

  read_host_sections (self);
  directory = g_strdup (self->config.host.runtime_directory);
  belfry_config_unref (&self->config);
  return directory;
}

BelfryConfig *
belfry_config_ref (BelfryConfig *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_config_unref (BelfryConfig *self)
{
  BelfryConfigDraft *draft = (BelfryConfigDraft *)self;

  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  belfry_option_table_clear (&belfry_host_keys_table, &self->host);
  belfry_option_table_clear (&belfry_store_keys_table, &self->store);
  belfry_option_table_clear (&belfry_www_keys_table, self->www);
  g_free (self->www);
  g_free (self->host.time_zone_name);
  g_hash_table_unref (draft->owners);
  g_hash_table_unref (draft->unread);
  g_array_unref (draft->readings);
  g_ptr_array_unref (self->blueprints);
  g_ptr_array_unref (self->codebases);
  g_clear_pointer (&self->links, belfry_links_free);
  g_ptr_array_unref (draft->expanded);
  g_ptr_array_unref (self->sections);
  g_free (self->path);
  g_free (self->directory);
  g_free (draft);
}

const BelfryBlueprint *
belfry_config_find (BelfryConfig *self, BelfryKind kind, const char *name)
{
  for (guint i = 0; i < self->blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (self->blueprints, i);

    if (blueprint->kind == kind && strcmp (blueprint->name, name) == 0)
      return blueprint;
  }
  return NULL;
}

const BelfrySection *
belfry_config_find_section (BelfryConfig *self, const char *kind)
{
  for (guint i = 0; i < self->sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->sections, i);

    if (strcmp (section->kind, kind) == 0)
      return section;
  }
  return NULL;
}

char *
belfry_config_dup_digest (BelfryConfig *self)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < self->sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->sections, i);

    g_checksum_update (checksum, (const guchar *)section->kind, (gssize)strlen (section->kind) + 1);
    g_checksum_update (checksum, (const guchar *)section->name, (gssize)strlen (section->name) + 1);
    for (guint j = 0; j < section->entries->len; j++) {
      const BelfryEntry *entry = g_ptr_array_index (section->entries, j);

      g_checksum_update (checksum, (const guchar *)entry->name, (gssize)strlen (entry->name) + 1);
      g_checksum_update (checksum, (const guchar *)entry->value, (gssize)strlen (entry->value) + 1);
    }
  }
  return g_strdup (g_checksum_get_string (checksum));
}
