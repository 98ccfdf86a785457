/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections to a LocalConfig: codebases, workers and builders; steps and schedulers have files of
 * their own. */
#include "config.h"
#include "environment.h"
#include "refs.h"
#include <string.h>

static void
codebase_free (gpointer data)
{
  LocalCodebase *self = data;

  g_free (self->name);
  g_free (self->repository);
  g_free (self->normalized);
  g_free (self->branch);
  g_free (self->revision);
  g_free (self->project);
  g_strfreev (self->match);
  g_free (self);
}

static LocalCodebase *
codebase_new (const char *name, const LocalCodebaseKeys *keys)
{
  LocalCodebase *self = g_new0 (LocalCodebase, 1);

  self->name = g_strdup (name);
  self->repository = g_strdup (keys->repository != NULL ? keys->repository : "");
  self->normalized = belfry_repository_normalize (self->repository);
  self->branch = g_strdup (keys->branch);
  self->revision = g_strdup (keys->revision);
  self->project = g_strdup (keys->project != NULL ? keys->project : "");
  self->vcs = keys->vcs;
  self->match = g_strdupv (keys->match);
  return self;
}

static void
make_codebases (LocalConfig *self, const LocalConfigSource *source)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();

  for (guint i = 0; source->codebases != NULL && i < source->codebases->len; i++) {
    const BelfryOwnedSection *owned = g_ptr_array_index (source->codebases, i);
    g_autoptr (LocalSection) section = local_section_new (owned->source, local_codebase_options,
                                                          sizeof (LocalCodebaseKeys), ignored);

    g_ptr_array_add (self->codebases, codebase_new (owned->name, section->keys));
  }
}

static void
worker_free (gpointer data)
{
  LocalWorker *self = data;

  g_free (self->name);
  g_free (self->directory);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

static LocalWorker *
worker_new (const LocalConfig *config, const char *name, LocalSection *section)
{
  LocalWorker *self = g_new0 (LocalWorker, 1);
  const LocalWorkerKeys *keys = section != NULL ? section->keys : NULL;

  self->name = g_strdup (name);
  self->section = section;
  self->keys = keys;
  if (keys != NULL && keys->directory != NULL)
    self->directory = g_strdup (keys->directory);
  else
    self->directory = g_build_filename (config->directory, name, NULL);
  if (keys != NULL)
    self->slots = (guint)keys->max_builds;
  else
    self->slots =
        config->keys->max_builds > 0 ? (guint)config->keys->max_builds : g_get_num_processors ();
  return self;
}

static void
make_workers (LocalConfig *self, const LocalConfigSource *source, BelfryProblems *problems)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();

  if (source->workers == NULL || source->workers->len == 0) {
    g_ptr_array_add (self->workers, worker_new (self, "local", NULL));
    return;
  }
  for (guint i = 0; i < source->workers->len; i++) {
    const BelfryOwnedSection *owned = g_ptr_array_index (source->workers, i);

    if (!belfry_text_is_identifier (owned->name, 50))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, owned->source, NULL,
                           "'%s' is no name for a worker: letters, digits, '_', '-', '.'",
                           owned->name);
    g_ptr_array_add (self->workers,
                     worker_new (self, owned->name,
                                 local_section_new (owned->source, local_worker_options,
                                                    sizeof (LocalWorkerKeys), ignored)));
  }
  if (source->engine != NULL && self->keys->max_builds > 0)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, source->engine, "max-builds",
                         "is for the implied worker; there are [worker …] sections");
}

static void
builder_free (gpointer data)
{
  LocalBuilder *self = data;

  g_free (self->name);
  g_free (self->builddir);
  g_clear_pointer (&self->workers, g_ptr_array_unref);
  g_clear_pointer (&self->codebases, g_ptr_array_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

static gboolean
item_names (const char *item, const char *name)
{
  return belfry_glob_is_pattern (item) ? belfry_glob_match (item, name, BELFRY_GLOB_TEXT)
                                       : g_str_equal (item, name);
}

static void
add_once (GPtrArray *array, gpointer item)
{
  if (!g_ptr_array_find (array, item, NULL))
    g_ptr_array_add (array, item);
}

static void
report_missing_worker (const LocalConfig *config,
                       const LocalBuilder *builder,
                       const char *name,
                       BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < config->workers->len; i++)
    g_ptr_array_add (names, ((LocalWorker *)g_ptr_array_index (config->workers, i))->name);
  local_report_missing (builder->section->source, "workers", "worker", name, names, problems);
}

static GPtrArray *
resolve_workers (const LocalConfig *config, const LocalBuilder *builder, BelfryProblems *problems)
{
  GPtrArray *result = g_ptr_array_new ();
  char *everything[] = { (char *)"*", NULL };
  char **items = builder->keys->workers != NULL ? builder->keys->workers : everything;

  for (guint i = 0; items[i] != NULL; i++) {
    guint before = result->len;

    for (guint j = 0; j < config->workers->len; j++) {
      LocalWorker *worker = g_ptr_array_index (config->workers, j);

      if (item_names (items[i], worker->name))
        add_once (result, worker);
    }
    if (result->len == before && !belfry_glob_is_pattern (items[i]))
      report_missing_worker (config, builder, items[i], problems);
  }
  if (result->len == 0)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "workers",
                         "matches no worker");
  return result;
}

static LocalCodebase *
find_codebase (const LocalConfig *config, const char *name)
{
  for (guint i = 0; i < config->codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (config->codebases, i);

    if (g_str_equal (codebase->name, name))
      return codebase;
  }
  return NULL;
}

static GPtrArray *
resolve_codebases (LocalConfig *config, const LocalBuilder *builder, BelfryProblems *problems)
{
  GPtrArray *result = g_ptr_array_new ();
  const LocalBuilderKeys *keys = builder->keys;
  gboolean is_short = keys->repository != NULL || keys->branch != NULL || keys->project != NULL;

  if (keys->codebases == NULL) {
    const LocalCodebaseKeys own = { keys->repository, NULL,         keys->branch, NULL,
                                    keys->project,    LOCAL_VCS_GIT };
    LocalCodebase *codebase = codebase_new ("", &own);

    g_ptr_array_add (config->codebases, codebase);
    g_ptr_array_add (result, codebase);
    return result;
  }
  if (is_short)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "codebases",
                         "does not go with repository, branch or project");
  for (guint i = 0; keys->codebases[i] != NULL; i++) {
    LocalCodebase *codebase = find_codebase (config, keys->codebases[i]);

    if (codebase != NULL)
      add_once (result, codebase);
    else
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->section->source, "codebases",
                           "there is no [codebase %s]", keys->codebases[i]);
  }
  return result;
}

static char *
dup_builddir (const LocalBuilder *self)
{
  char *folder = NULL;

  if (self->keys->builddir != NULL)
    return g_strdup (self->keys->builddir);
  folder = g_strdup (self->name);
  g_strcanon (folder, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-.", '_');
  if (*folder == '.')
    *folder = '_';
  return folder;
}

static gboolean
map_has_entries (const BelfryMap *map)
{
  return map != NULL && belfry_map_get_count (map) > 0;
}

static gboolean
renders_secrets (const BelfryMap *map)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    if (belfry_rendered_uses ((BelfryRendered *)belfry_map_get_value (map, i), "secret"))
      return TRUE;
  }
  return FALSE;
}

static gboolean
step_renders_secrets (const LocalStepKeys *keys)
{
  for (guint i = 0; keys->command != NULL && i < keys->command->len; i++) {
    if (belfry_rendered_uses (g_ptr_array_index (keys->command, i), "secret"))
      return TRUE;
  }
  return renders_secrets (keys->env) ||
         (keys->stdin_text != NULL && belfry_rendered_uses (keys->stdin_text, "secret"));
}

static gboolean
workers_render_secrets (const LocalBuilder *self)
{
  for (guint i = 0; i < self->workers->len; i++) {
    const LocalWorkerKeys *keys = ((const LocalWorker *)g_ptr_array_index (self->workers, i))->keys;

    if (keys != NULL && renders_secrets (keys->env))
      return TRUE;
  }
  return FALSE;
}

static gboolean
uses_secrets (const LocalConfig *config, const LocalBuilder *self)
{
  if (map_has_entries (self->keys->secrets) || map_has_entries (self->keys->secret_files) ||
      renders_secrets (self->keys->env) || renders_secrets (config->keys->env) ||
      workers_render_secrets (self))
    return TRUE;
  for (guint i = 0; i < self->steps->len; i++) {
    const LocalStepKeys *keys = ((const LocalStep *)g_ptr_array_index (self->steps, i))->keys;

    if (map_has_entries (keys->secrets) || map_has_entries (keys->secret_files) ||
        keys->ssh_key != NULL || keys->credential != NULL || step_renders_secrets (keys))
      return TRUE;
  }
  return FALSE;
}

static LocalBuilder *
builder_new (LocalConfig *config,
             const LocalConfigSource *source,
             const BelfryOwnedSection *owned,
             BelfryProblems *problems)
{
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  LocalBuilder *self = g_new0 (LocalBuilder, 1);
  gboolean secrets = FALSE;

  self->name = g_strdup (owned->name);
  self->section =
      local_section_new (owned->source, local_builder_options, sizeof (LocalBuilderKeys), ignored);
  self->keys = self->section->keys;
  self->builddir = dup_builddir (self);
  self->workers = resolve_workers (config, self, problems);
  self->codebases = resolve_codebases (config, self, problems);
  self->steps = local_config_make_steps (source, self->section, problems);
  secrets = uses_secrets (config, self);
  self->refuses_forks = self->keys->forks == LOCAL_FORKS_REFUSE ||
                        (self->keys->forks == LOCAL_FORKS_DEFAULT && secrets);
  if (self->keys->forks == LOCAL_FORKS_ALLOW && secrets)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, owned->source, "forks",
                         "changes from forks are built with secrets");
  return self;
}

static gboolean
is_in_use (const LocalConfig *self, const char *name)
{
  char **items = self->keys->builders;

  if (items == NULL)
    return TRUE;
  for (guint i = 0; items[i] != NULL; i++) {
    if (item_names (items[i], name))
      return TRUE;
  }
  return FALSE;
}

static void
make_builders (LocalConfig *self, const LocalConfigSource *source, BelfryProblems *problems)
{
  for (guint i = 0; source->builders != NULL && i < source->builders->len; i++) {
    const BelfryOwnedSection *owned = g_ptr_array_index (source->builders, i);

    if (is_in_use (self, owned->name)) {
      LocalBuilder *builder = builder_new (self, source, owned, problems);

      g_ptr_array_add (self->builders, builder);
      g_hash_table_insert (self->by_name, builder->name, builder);
    }
  }
}

LocalConfig *
local_config_new (const LocalConfigSource *source, BelfryProblems *problems)
{
  LocalConfig *self = g_new0 (LocalConfig, 1);

  g_atomic_ref_count_init (&self->refs);
  self->own = *source->keys;
  self->keys = &self->own;
  self->inherited = local_inherit_environment (self->keys->environment);
  if (self->keys->directory != NULL)
    self->directory = g_strdup (self->keys->directory);
  else
    self->directory = g_build_filename (source->state_directory, "builds", NULL);
  self->artifacts = self->keys->artifacts != NULL
                        ? g_strdup (self->keys->artifacts)
                        : g_build_filename (source->state_directory, "artifacts", NULL);
  self->codebases = g_ptr_array_new_with_free_func (codebase_free);
  self->workers = g_ptr_array_new_with_free_func (worker_free);
  self->locks = g_ptr_array_new_with_free_func ((GDestroyNotify)local_lock_free);
  self->builders = g_ptr_array_new_with_free_func (builder_free);
  self->schedulers = g_ptr_array_new_with_free_func ((GDestroyNotify)local_scheduler_free);
  self->forms = g_ptr_array_new_with_free_func ((GDestroyNotify)local_form_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  make_codebases (self, source);
  make_workers (self, source, problems);
  local_config_make_locks (self, source, problems);
  make_builders (self, source, problems);
  local_config_make_schedulers (self, source, problems);
  local_config_check_locks (self, problems);
  local_config_check_triggers (self, problems);
  local_config_check (self, problems);
  return self;
}

LocalConfig *
local_config_ref (LocalConfig *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
local_config_unref (LocalConfig *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_ptr_array_unref (self->forms);
  g_ptr_array_unref (self->schedulers);
  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->builders);
  g_ptr_array_unref (self->locks);
  g_ptr_array_unref (self->workers);
  g_ptr_array_unref (self->codebases);
  g_free (self->artifacts);
  g_free (self->directory);
  g_strfreev (self->inherited);
  g_free (self);
}

LocalBuilder *
local_config_find_builder (const LocalConfig *self, const char *name)
{
  return name != NULL ? g_hash_table_lookup (self->by_name, name) : NULL;
}

LocalWorker *
local_config_find_worker (const LocalConfig *self, const char *name)
{
  for (guint i = 0; i < self->workers->len; i++) {
    LocalWorker *worker = g_ptr_array_index (self->workers, i);

    if (g_strcmp0 (worker->name, name) == 0)
      return worker;
  }
  return NULL;
}

LocalScheduler *
local_config_find_scheduler (const LocalConfig *self, const char *name)
{
  for (guint i = 0; i < self->schedulers->len; i++) {
    LocalScheduler *scheduler = g_ptr_array_index (self->schedulers, i);

    if (g_strcmp0 (scheduler->name, name) == 0)
      return scheduler;
  }
  return NULL;
}

LocalForm *
local_config_find_form (const LocalConfig *self, const char *name)
{
  for (guint i = 0; i < self->forms->len; i++) {
    LocalForm *form = g_ptr_array_index (self->forms, i);

    if (g_strcmp0 (form->name, name) == 0)
      return form;
  }
  return NULL;
}

static gboolean
repository_matches (const LocalCodebase *self, const char *repository, const char *normalized)
{
  if (*normalized != '\0' && g_str_equal (normalized, self->normalized))
    return TRUE;
  for (guint i = 0; self->match != NULL && self->match[i] != NULL; i++) {
    if (belfry_glob_match (self->match[i], repository, BELFRY_GLOB_TEXT))
      return TRUE;
  }
  return FALSE;
}

/* By the codebase that the host filled in; a builder's own codebase, which has no name, by
 * repository. @normalized: the change's repository, see belfry_repository_normalize() */
LocalCodebase *
local_codebase_of (GPtrArray *codebases, const BelfryChange *change, const char *normalized)
{
  for (guint i = 0; i < codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (codebases, i);

    if (*codebase->name != '\0' && g_strcmp0 (codebase->name, change->codebase) == 0)
      return codebase;
  }
  for (guint i = 0; i < codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (codebases, i);

    if ((*codebase->name == '\0' || change->codebase == NULL || *change->codebase == '\0') &&
        repository_matches (codebase, change->repository, normalized))
      return codebase;
  }
  return NULL;
}

LocalCodebase *
local_codebase_of_change (GPtrArray *codebases, const BelfryChange *change)
{
  g_autofree char *normalized = belfry_repository_normalize (change->repository);

  return local_codebase_of (codebases, change, normalized);
}

gboolean
local_builder_has_codebase (const LocalBuilder *self, const BelfryChange *change)
{
  return local_codebase_of_change (self->codebases, change) != NULL;
}

static gboolean
sections_agree (const BelfrySection *a, const BelfrySection *b)
{
  if (a->entries->len != b->entries->len)
    return FALSE;
  for (guint i = 0; i < a->entries->len; i++) {
    const BelfryEntry *one = g_ptr_array_index (a->entries, i);
    const BelfryEntry *two = g_ptr_array_index (b->entries, i);

    if (!g_str_equal (one->name, two->name) || !g_str_equal (one->value, two->value))
      return FALSE;
  }
  return TRUE;
}

/* Whether nothing is written differently, in its section or its steps'. */
gboolean
local_builder_is_same (const LocalBuilder *self, const LocalBuilder *other)
{
  if (self->steps->len != other->steps->len ||
      !sections_agree (self->section->source, other->section->source))
    return FALSE;
  for (guint i = 0; i < self->steps->len; i++) {
    const LocalStep *one = g_ptr_array_index (self->steps, i);
    const LocalStep *two = g_ptr_array_index (other->steps, i);

    if (!sections_agree (one->section->source, two->section->source))
      return FALSE;
  }
  return TRUE;
}
