/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Schedulers and force forms, the implied ones among them: a builder that nothing names gets a
 * scheduler of its own name, and all that no form names share a form called `force`.
 */
#include "config.h"
#include "cron.h"
#include "force.h"
#include "groups.h"
#include <string.h>

void
local_scheduler_free (LocalScheduler *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_clear_pointer (&self->filter, local_filter_free);
  g_clear_pointer (&self->builders, g_ptr_array_unref);
  g_clear_pointer (&self->codebases, g_ptr_array_unref);
  g_clear_pointer (&self->groups, g_ptr_array_unref);
  g_clear_pointer (&self->sources, g_hash_table_unref);
  g_clear_pointer (&self->cron, local_cron_free);
  g_clear_pointer (&self->forced, local_cron_free);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

void
local_form_free (LocalForm *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_clear_pointer (&self->fields, g_ptr_array_unref);
  g_clear_pointer (&self->builders, g_ptr_array_unref);
  g_clear_pointer (&self->codebases, g_ptr_array_unref);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

static int
compare_builders (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(LocalBuilder *const *)a)->name, (*(LocalBuilder *const *)b)->name);
}

static gboolean
item_means (const char *item, const LocalBuilder *builder)
{
  if (belfry_glob_is_pattern (item))
    return belfry_glob_match (item, builder->name, BELFRY_GLOB_TEXT);
  return g_str_equal (item, builder->name) || g_strcmp0 (item, builder->keys->matrix_of) == 0;
}

static void
report_missing (const LocalConfig *self,
                const LocalSection *from,
                const char *item,
                BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest = NULL;

  for (guint i = 0; i < self->builders->len; i++)
    g_ptr_array_add (names, ((LocalBuilder *)g_ptr_array_index (self->builders, i))->name);
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (item, (const char *const *)names->pdata);
  if (nearest != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, from->source, "builders",
                         "there is no builder '%s'; did you mean '%s'?", item, nearest);
  else
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, from->source, "builders",
                         "there is no builder '%s'", item);
}

/* (transfer full) (element-type LocalBuilder) */
GPtrArray *
local_config_resolve_builders (const LocalConfig *self,
                               const LocalSection *from,
                               char **items,
                               BelfryProblems *problems)
{
  GPtrArray *result = g_ptr_array_new ();

  for (guint i = 0; items != NULL && items[i] != NULL; i++) {
    guint found = 0;

    for (guint j = 0; j < self->builders->len; j++) {
      LocalBuilder *builder = g_ptr_array_index (self->builders, j);

      if (!item_means (items[i], builder))
        continue;
      found++;
      if (!g_ptr_array_find (result, builder, NULL))
        g_ptr_array_add (result, builder);
    }
    if (found == 0 && !belfry_glob_is_pattern (items[i]))
      report_missing (self, from, items[i], problems);
  }
  g_ptr_array_sort (result, compare_builders);
  return result;
}

static GPtrArray *
unite_codebases (GPtrArray *builders)
{
  GPtrArray *result = g_ptr_array_new ();

  for (guint i = 0; i < builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (builders, i);

    for (guint j = 0; j < builder->codebases->len; j++) {
      gpointer codebase = g_ptr_array_index (builder->codebases, j);

      if (!g_ptr_array_find (result, codebase, NULL))
        g_ptr_array_add (result, codebase);
    }
  }
  return result;
}

static void
bind_sources (LocalScheduler *self)
{
  self->codebases = unite_codebases (self->builders);
  self->groups = local_group_builders (self->builders);
  self->sources = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < self->codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (self->codebases, i);

    g_hash_table_add (self->sources, codebase->normalized);
    if (*codebase->name != '\0')
      g_hash_table_add (self->sources, codebase->name);
    self->globs = self->globs || codebase->match != NULL;
  }
}

/* Whether a change of that codebase and repository may be of one of its builders' codebases; cheap,
 * and never wrong about "no". */
gboolean
local_scheduler_may_know (const LocalScheduler *self,
                          const BelfryChange *change,
                          const char *normalized)
{
  return self->globs || g_hash_table_contains (self->sources, normalized) ||
         (change->codebase != NULL && g_hash_table_contains (self->sources, change->codebase));
}

static void
check_scheduler (const LocalConfig *config, LocalScheduler *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;

  if (!belfry_text_is_identifier (self->name, 50))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "'%s' is no name for a scheduler: letters, digits, '_', '-', '.'",
                         self->name);
  if (local_config_find_builder (config, self->name) != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "a builder has the same name, which its implied scheduler bears");
  if (self->keys->kind != NULL)
    local_scheduler_read_kind (self, problems);
}

static void
add_scheduler (LocalConfig *config, const BelfryOwnedSection *owned, BelfryProblems *problems)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  g_autoptr (GError) error = NULL;
  LocalScheduler *self = g_new0 (LocalScheduler, 1);

  self->name = g_strdup (owned->name);
  self->section = local_section_new (owned->source, local_scheduler_options,
                                     sizeof (LocalSchedulerKeys), ignored);
  self->keys = self->section->keys;
  self->kind = GPOINTER_TO_INT (self->keys->kind) - 1;
  self->filter = local_filter_new (&self->keys->filter, &error);
  if (self->filter == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, owned->source, NULL, "%s",
                         error->message);
  self->builders =
      local_config_resolve_builders (config, self->section, self->keys->builders, problems);
  bind_sources (self);
  g_ptr_array_add (config->schedulers, self);
  check_scheduler (config, self, problems);
}

static void
add_form (LocalConfig *config, const BelfryOwnedSection *owned, BelfryProblems *problems)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  LocalForm *self = g_new0 (LocalForm, 1);

  self->name = g_strdup (owned->name);
  self->section =
      local_section_new (owned->source, local_force_options, sizeof (LocalForceKeys), ignored);
  self->keys = self->section->keys;
  self->builders =
      local_config_resolve_builders (config, self->section, self->keys->builders, problems);
  self->codebases = unite_codebases (self->builders);
  self->fields = local_form_make_fields (self->section, problems);
  local_form_bind_workers (self);
  g_ptr_array_add (config->forms, self);
  if (!belfry_text_is_identifier (self->name, 50))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, owned->source, NULL,
                         "'%s' is no name for a form: letters, digits, '_', '-', '.'", self->name);
}

static gboolean
is_fed (GPtrArray *builders, const LocalBuilder *builder)
{
  return g_ptr_array_find (builders, builder, NULL);
}

static gboolean
has_scheduler (const LocalConfig *self, const LocalBuilder *builder)
{
  for (guint i = 0; i < self->schedulers->len; i++) {
    if (is_fed (((LocalScheduler *)g_ptr_array_index (self->schedulers, i))->builders, builder))
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_form (const LocalConfig *self, const LocalBuilder *builder)
{
  for (guint i = 0; i < self->forms->len; i++) {
    if (is_fed (((LocalForm *)g_ptr_array_index (self->forms, i))->builders, builder))
      return TRUE;
  }
  return FALSE;
}

/* A section as if somebody had written it, so that its defaults are those of the table. */
static LocalSection *
make_section (const char *kind, const char *name, const BelfryOption *rows, gsize size)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  g_autoptr (BelfrySection) section = belfry_section_new (kind, name, "implied", 0);

  if (rows == local_scheduler_options)
    belfry_section_set (section, "type", "any-branch", "implied", 0);
  return local_section_new (section, rows, size, ignored);
}

static void
add_implied_scheduler (LocalConfig *config, LocalBuilder *builder)
{
  LocalScheduler *self = g_new0 (LocalScheduler, 1);

  self->name = g_strdup (builder->name);
  self->section = make_section ("scheduler", builder->name, local_scheduler_options,
                                sizeof (LocalSchedulerKeys));
  self->keys = self->section->keys;
  self->kind = LOCAL_SCHEDULER_ANY_BRANCH;
  self->builders = g_ptr_array_new ();
  g_ptr_array_add (self->builders, builder);
  bind_sources (self);
  g_ptr_array_add (config->schedulers, self);
}

static void
add_implied_form (LocalConfig *config, GPtrArray *builders)
{
  LocalForm *self = g_new0 (LocalForm, 1);

  self->name = g_strdup ("force");
  self->section = make_section ("force", "force", local_force_options, sizeof (LocalForceKeys));
  self->keys = self->section->keys;
  self->builders = g_ptr_array_ref (builders);
  g_ptr_array_sort (self->builders, compare_builders);
  self->codebases = unite_codebases (builders);
  self->fields = g_ptr_array_new_with_free_func ((GDestroyNotify)local_field_free);
  g_ptr_array_add (config->forms, self);
}

static gboolean
wants_none (const LocalBuilder *builder)
{
  return builder->keys->schedulers != NULL &&
         g_strv_contains ((const char *const *)builder->keys->schedulers, "none");
}

static void
add_implied (LocalConfig *self)
{
  g_autoptr (GPtrArray) unnamed = g_ptr_array_new ();

  for (guint i = 0; i < self->builders->len; i++) {
    LocalBuilder *builder = g_ptr_array_index (self->builders, i);
    gboolean formed = has_form (self, builder);

    if (!formed)
      g_ptr_array_add (unnamed, builder);
    if (!formed && !has_scheduler (self, builder) && !wants_none (builder))
      add_implied_scheduler (self, builder);
  }
  if (unnamed->len > 0 && local_config_find_form (self, "force") == NULL)
    add_implied_form (self, unnamed);
}

void
local_config_make_schedulers (LocalConfig *self,
                              const LocalConfigSource *source,
                              BelfryProblems *problems)
{
  for (guint i = 0; source->schedulers != NULL && i < source->schedulers->len; i++)
    add_scheduler (self, g_ptr_array_index (source->schedulers, i), problems);
  for (guint i = 0; source->forces != NULL && i < source->forces->len; i++)
    add_form (self, g_ptr_array_index (source->forces, i), problems);
  if (self->keys->start_implicit)
    add_implied (self);
  local_config_bind_upstreams (self, problems);
}
