/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a configuration beyond single keys and references (§5.2 of the engine's page).
 */
#include "checkout.h"
#include "config.h"
#include "properties.h"
#include "refs.h"
#include "step-list.h"
#include <string.h>

static void
check_folders (const LocalConfig *self, BelfryProblems *problems)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->builders, i);
    const LocalBuilder *other = g_hash_table_lookup (seen, builder->builddir);
    gboolean meant = other != NULL && builder->keys->builddir != NULL &&
                     other->keys->builddir != NULL && self->workers->len == 1 &&
                     ((LocalWorker *)g_ptr_array_index (self->workers, 0))->slots == 1;

    if (!local_path_is_beneath (builder->builddir))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "builddir",
                           "must lie below the worker's folder");
    if (other != NULL && !meant)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "builddir",
                           "builder '%s' works in '%s' too", other->name, builder->builddir);
    g_hash_table_insert (seen, builder->builddir, (gpointer)builder);
  }
}

static void
check_workdir (const BelfrySection *section, BelfryRendered *workdir, BelfryProblems *problems)
{
  if (workdir != NULL && belfry_rendered_is_literal (workdir) &&
      !local_path_is_beneath (belfry_rendered_get_source (workdir)))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "workdir",
                         "must lie below builddir");
}

/* What is shown anywhere must not carry secrets; env.NAME and stdin are not. */
static void
check_no_secret (const BelfrySection *section,
                 BelfryRendered *value,
                 const char *key,
                 BelfryProblems *problems)
{
  if (value != NULL && belfry_rendered_uses (value, "secret"))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                         "a secret has no place here: use env.NAME, secret.NAME or "
                         "secret-file.NAME");
}

static void
check_no_secrets (const LocalStep *step, BelfryProblems *problems)
{
  const LocalStepKeys *keys = step->keys;
  const struct {
    const char *key;
    BelfryRendered *value;
  } shown[] = {
    { "name", keys->name },
    { "description", keys->description },
    { "description-done", keys->description_done },
    { "description-suffix", keys->description_suffix },
    { "workdir", keys->workdir },
    { "property", keys->property },
    { "value", keys->value },
    { "repository", keys->repository },
  };

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    check_no_secret (step->section->source, shown[i].value, shown[i].key, problems);
  for (guint i = 0; keys->links != NULL && i < belfry_map_get_count (keys->links); i++)
    check_no_secret (step->section->source, (BelfryRendered *)belfry_map_get_value (keys->links, i),
                     "links", problems);
}

static void
check_property_names (const BelfrySection *section,
                      const BelfryMap *map,
                      const char *key,
                      BelfryProblems *problems)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    if (local_property_is_reserved (belfry_map_get_name (map, i)))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                           "'%s' is set by the build itself", belfry_map_get_name (map, i));
  }
}

static const LocalCodebase *
codebase_of_step (const LocalBuilder *builder, const LocalStep *step)
{
  const char *name = step->keys->codebase;

  if (name == NULL)
    return builder->codebases->len == 1 ? g_ptr_array_index (builder->codebases, 0) : NULL;
  for (guint i = 0; i < builder->codebases->len; i++) {
    const LocalCodebase *codebase = g_ptr_array_index (builder->codebases, i);

    if (g_str_equal (codebase->name, name))
      return codebase;
  }
  return NULL;
}

static const char *const *
get_protocols (const LocalCodebase *codebase, const LocalStep *step)
{
  if (step->keys->allowed_protocols != NULL)
    return (const char *const *)step->keys->allowed_protocols;
  if (step->kind == LOCAL_STEP_SVN ||
      (step->kind == LOCAL_STEP_CHECKOUT && codebase->vcs == LOCAL_VCS_SVN))
    return local_svn_plan.protocols;
  if (step->kind == LOCAL_STEP_HG ||
      (step->kind == LOCAL_STEP_CHECKOUT && codebase->vcs == LOCAL_VCS_HG))
    return local_hg_plan.protocols;
  return local_git_plan.protocols;
}

static void
check_checkout (const LocalBuilder *builder, const LocalStep *step, BelfryProblems *problems)
{
  const LocalCodebase *codebase = codebase_of_step (builder, step);
  const BelfrySection *section = step->section->source;
  g_autoptr (GError) error = NULL;

  if (codebase == NULL) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "codebase",
                         "builder '%s' has several codebases or none of that name", builder->name);
    return;
  }
  if (step->keys->repository == NULL &&
      !local_check_repository (codebase->repository, get_protocols (codebase, step), &error))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "repository",
                         "%s", error->message);
}

static void
check_builder (const LocalBuilder *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;

  if (strchr (self->name, '/') != NULL || *self->name == '\0' || g_str_equal (self->name, "_all") ||
      g_str_equal (self->name, "_selected") || g_utf8_strlen (self->name, -1) > 70)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "'%s' cannot be a builder's name", self->name);
  check_workdir (section, self->keys->workdir, problems);
  check_property_names (section, self->keys->properties, "property", problems);
  check_property_names (section, self->keys->default_properties, "default-property", problems);
  for (guint i = 0; i < self->steps->len; i++) {
    const LocalStep *step = g_ptr_array_index (self->steps, i);

    check_workdir (step->section->source, step->keys->workdir, problems);
    check_no_secrets (step, problems);
    if (local_step_is_source (step->kind))
      check_checkout (self, step, problems);
  }
}

LocalIsolation
local_builder_isolation (const LocalConfig *self, const LocalBuilder *builder)
{
  return builder->keys->isolation != LOCAL_ISOLATION_DEFAULT ? builder->keys->isolation
                                                             : self->keys->isolation;
}

LocalLimits
local_builder_limits (const LocalBuilder *builder)
{
  const LocalBuilderKeys *keys = builder->keys;
  const LocalLimits limits = { keys->memory_max, GPOINTER_TO_UINT (keys->cpu_quota),
                               keys->tasks_max };

  return limits;
}

static void
check_limits (const LocalConfig *self, const LocalBuilder *builder, BelfryProblems *problems)
{
  LocalLimits limits = local_builder_limits (builder);

  if (local_builder_isolation (self, builder) == LOCAL_ISOLATION_GROUP &&
      local_limits_need_group (&limits))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source,
                         limits.memory_max > 0 ? "memory-max" : "cpu-quota",
                         "needs a control group: build-isolation=auto or cgroup");
}

void
local_config_check_machine (const LocalConfig *self, BelfryProblems *problems)
{
  for (guint i = 0; i < self->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->builders, i);
    LocalLimits limits = local_builder_limits (builder);
    LocalIsolation isolation = local_builder_isolation (self, builder);
    g_autoptr (GError) error = NULL;

    if (isolation == LOCAL_ISOLATION_GROUP ||
        (isolation != LOCAL_ISOLATION_CGROUP && !local_limits_need_group (&limits)) ||
        local_cgroup_check_machine (&limits, &error))
      continue;
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source,
                         isolation == LOCAL_ISOLATION_CGROUP ? "build-isolation" : NULL, "%s",
                         error->message);
  }
}

static gboolean
is_started (const LocalConfig *self, const LocalBuilder *builder)
{
  for (guint i = 0; i < self->schedulers->len; i++) {
    if (g_ptr_array_find (((LocalScheduler *)g_ptr_array_index (self->schedulers, i))->builders,
                          builder, NULL))
      return TRUE;
  }
  for (guint i = 0; i < self->forms->len; i++) {
    if (g_ptr_array_find (((LocalForm *)g_ptr_array_index (self->forms, i))->builders, builder,
                          NULL))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_used (const LocalConfig *self, const LocalWorker *worker)
{
  for (guint i = 0; i < self->builders->len; i++) {
    if (g_ptr_array_find (((LocalBuilder *)g_ptr_array_index (self->builders, i))->workers, worker,
                          NULL))
      return TRUE;
  }
  return FALSE;
}

void
local_config_check (const LocalConfig *self, BelfryProblems *problems)
{
  check_folders (self, problems);
  for (guint i = 0; i < self->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->builders, i);

    check_builder (builder, problems);
    check_limits (self, builder, problems);
    if (!is_started (self, builder))
      belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, builder->section->source, NULL,
                           "nothing starts this builder");
  }
  for (guint i = 0; i < self->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (self->workers, i);

    if (worker->section != NULL && !is_used (self, worker))
      belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, worker->section->source, NULL,
                           "no builder uses this worker");
  }
}
