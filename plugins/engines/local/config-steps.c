/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a builder: each item bound to a section, kinds told by their keys, contradictions
 * found. */
#include "config.h"
#include "refs.h"
#include "step-list.h"
#include "tests.h"
#include "warnings.h"
#include <string.h>

void
local_step_free (LocalStep *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_clear_pointer (&self->section, local_section_unref);
  g_free (self);
}

static const BelfrySection *
find_source (const LocalConfigSource *source, const char *name)
{
  for (guint i = 0; source->steps != NULL && i < source->steps->len; i++) {
    const BelfryOwnedSection *owned = g_ptr_array_index (source->steps, i);

    if (g_str_equal (owned->name, name))
      return owned->source;
  }
  return NULL;
}

static LocalStepKind
tell_kind (const LocalStepKeys *keys)
{
  if (keys->kind != LOCAL_STEP_NONE)
    return keys->kind;
  if (keys->property != NULL || keys->extract != NULL || keys->format != LOCAL_FORMAT_NONE)
    return LOCAL_STEP_SET_PROPERTY;
  if (keys->source != NULL)
    return LOCAL_STEP_UPLOAD;
  if (keys->command != NULL)
    return LOCAL_STEP_COMMAND;
  if (keys->schedulers != NULL)
    return LOCAL_STEP_TRIGGER;
  return keys->script != NULL ? LOCAL_STEP_SHELL : LOCAL_STEP_NONE;
}

static void
check_method (const LocalStep *self, const BelfrySection *section, BelfryProblems *problems)
{
  LocalMethod method = self->keys->method;

  if (method == LOCAL_METHOD_EXPORT && self->kind != LOCAL_STEP_SVN &&
      self->kind != LOCAL_STEP_CHECKOUT)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "method",
                         "export is offered for svn only");
  if (method == LOCAL_METHOD_COPY && self->kind == LOCAL_STEP_HG)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "method",
                         "copy is not offered for hg");
}

static void
check_depth (const LocalStep *self, const BelfrySection *section, BelfryProblems *problems)
{
  static const char *const depths[] = { "empty", "files", "immediates", "infinity", NULL };

  if (self->keys->depth != NULL && !g_strv_contains (depths, self->keys->depth))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "depth",
                         "is one of empty, files, immediates and infinity");
}

static void
check_source (const LocalStep *self, const BelfrySection *section, BelfryProblems *problems)
{
  const LocalStepKeys *keys = self->keys;
  int depth = GPOINTER_TO_INT (keys->shallow);

  check_method (self, section, problems);
  check_depth (self, section, problems);
  if (keys->mode == LOCAL_MODE_INCREMENTAL && keys->method != LOCAL_METHOD_NONE)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "method",
                         "goes with mode=full only");
  if (depth > 0 && (keys->mode != LOCAL_MODE_FULL || keys->method != LOCAL_METHOD_CLOBBER))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "shallow",
                         "goes with mode=full and method=clobber only");
  if (keys->repository != NULL && !belfry_rendered_is_literal (keys->repository) &&
      keys->allowed_repositories == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "repository",
                         "may have substitutions only beside allowed-repositories");
}

static void
check_argv (const LocalStepKeys *keys, const BelfrySection *section, BelfryProblems *problems)
{
  BelfrySeverity severity =
      keys->allow_secret_in_argv ? BELFRY_SEVERITY_WARNING : BELFRY_SEVERITY_ERROR;

  for (guint i = 0; keys->command != NULL && i < keys->command->len; i++) {
    if (belfry_rendered_uses (g_ptr_array_index (keys->command, i), "secret"))
      belfry_problems_add (problems, severity, section, "command",
                           "a secret in arguments can be seen by everybody on the machine: give it "
                           "by secret.NAME");
  }
}

static void
check_report (const LocalStep *self, const BelfrySection *section, BelfryProblems *problems)
{
  static const char *const later[] = { "gtest-json", NULL };
  const LocalStepKeys *keys = self->keys;
  gboolean runs = self->kind == LOCAL_STEP_COMMAND || self->kind == LOCAL_STEP_SHELL;
  LocalWarnings *warnings = local_warnings_new (keys);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; keys->test_results != NULL && keys->test_results[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (keys->test_results[i], ":", 2);

    if (parts[0] != NULL && g_strv_contains (later, parts[0]))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "test-results",
                           "format '%s' is not yet offered by this version", parts[0]);
    else if (parts[0] == NULL || local_tests_find_reader (parts[0]) == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "test-results",
                           "'%s' is neither junit nor tap nor subunit",
                           parts[0] != NULL ? parts[0] : "");
    else if (parts[1] != NULL && !local_path_is_beneath (parts[1]))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "test-results",
                           "'%s' must lie beneath the work folder", parts[1]);
  }
  for (guint i = 0; keys->suppress != NULL && keys->suppress[i] != NULL; i++) {
    if (error == NULL && !local_warnings_suppress (warnings, keys->suppress[i], &error))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "suppress", "%s",
                           error->message);
  }
  local_warnings_free (warnings);
  if (!runs && (keys->test_results != NULL || keys->count_warnings))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section,
                         keys->count_warnings ? "count-warnings" : "test-results",
                         "goes with command and shell only");
}

static void
check_logs (const LocalStepKeys *keys, const BelfrySection *section, BelfryProblems *problems)
{
  for (guint i = 0; keys->logs != NULL && i < belfry_map_get_count (keys->logs); i++) {
    const char *name = belfry_map_get_name (keys->logs, i);

    if (g_str_equal (name, "stdio") || g_str_equal (name, "err.text"))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "log",
                           "the name '%s' is taken", name);
    if (!local_path_is_beneath (belfry_map_get_value (keys->logs, i)))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "log",
                           "%s: the file must lie beneath the work folder", name);
  }
}

static void
check_set_property (const LocalStepKeys *keys,
                    const BelfrySection *section,
                    BelfryProblems *problems)
{
  gboolean many = keys->extract != NULL || keys->format != LOCAL_FORMAT_NONE;

  if (keys->property == NULL && !many)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "property",
                         "is required, or extract, or format");
  if (keys->property != NULL && many)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "property",
                         "does not go with extract or format");
  if ((keys->value != NULL) == (keys->command != NULL))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "value",
                         "exactly one of value and command is needed");
}

static void
check_shell (const LocalStepKeys *keys, const BelfrySection *section, BelfryProblems *problems)
{
  if (keys->script == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "script", "is required");
  else if (strstr (keys->script, "%(") != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "script",
                         "takes no substitutions: put the value into env.NAME and write \"$NAME\"");
  else
    belfry_problems_add (problems, BELFRY_SEVERITY_NOTE, section, "script", "runs a shell");
}

static void
check_step (const LocalStep *self, const BelfrySection *section, BelfryProblems *problems)
{
  const LocalStepKeys *keys = self->keys;

  check_logs (keys, section, problems);
  check_report (self, section, problems);
  switch (self->kind) {
  case LOCAL_STEP_NONE:
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "kind",
                         "is required: git, command, shell, set-property or trigger");
    break;
  case LOCAL_STEP_GIT:
  case LOCAL_STEP_HG:
  case LOCAL_STEP_SVN:
  case LOCAL_STEP_CHECKOUT:
    check_source (self, section, problems);
    break;
  case LOCAL_STEP_COMMAND:
    check_argv (keys, section, problems);
    if (keys->command == NULL || keys->command->len == 0)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "command", "is required");
    break;
  case LOCAL_STEP_SHELL:
    check_shell (keys, section, problems);
    break;
  case LOCAL_STEP_UPLOAD:
    if (keys->source == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "source", "is required");
    break;
  case LOCAL_STEP_SET_PROPERTY:
    check_argv (keys, section, problems);
    check_set_property (keys, section, problems);
    break;
  case LOCAL_STEP_TRIGGER:
    break;
  }
}

static LocalStep *
step_new (const LocalItem *item, const BelfrySection *section, BelfryProblems *problems)
{
  LocalStep *self = g_new0 (LocalStep, 1);

  self->section = local_section_new (section, local_step_options, sizeof (LocalStepKeys), problems);
  self->keys = self->section->keys;
  /* counted warnings are seen in the build's result, unless the opposite is written */
  if (self->keys->count_warnings && belfry_section_find (section, "warn-on-warnings") == NULL)
    ((LocalStepKeys *)self->section->keys)->warn_on_warnings = TRUE;
  self->name = local_item_dup_name (item);
  self->kind = tell_kind (self->keys);
  if (self->keys->halt_on_failure != NULL)
    self->halts = self->keys->halt_on_failure == LOCAL_TRUE;
  else
    self->halts = local_step_is_source (self->kind);
  check_step (self, section, problems);
  return self;
}

static char **
list_section_names (const LocalConfigSource *source)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; source->steps != NULL && i < source->steps->len; i++)
    g_ptr_array_add (
        names, (gpointer)((const BelfryOwnedSection *)g_ptr_array_index (source->steps, i))->name);
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

static LocalStep *
step_from_item (const LocalConfigSource *source,
                const LocalItem *item,
                const LocalSection *builder,
                BelfryProblems *problems)
{
  g_autoptr (BelfrySection) made = NULL;
  g_autoptr (BelfryProblems) ignored = belfry_problems_new ();
  const BelfryEntry *entry = belfry_section_find (builder->source, "steps");

  /* a written section was read, and complained about, by the host */
  if (item->kind == LOCAL_ITEM_SECTION) {
    LocalStep *step = step_new (item, find_source (source, item->section), ignored);

    check_step (step, step->section->source, problems);
    return step;
  }
  made = local_item_to_section (item, entry->file, entry->line);
  return step_new (item, made, problems);
}

/* (transfer full) (element-type LocalStep) */
GPtrArray *
local_config_make_steps (const LocalConfigSource *source,
                         const LocalSection *builder,
                         BelfryProblems *problems)
{
  const LocalBuilderKeys *keys = builder->keys;
  GPtrArray *steps = g_ptr_array_new_with_free_func ((GDestroyNotify)local_step_free);
  g_autofree char **names = list_section_names (source);

  for (guint i = 0; keys->steps != NULL && keys->steps[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (LocalItem) item =
        local_item_parse (keys->steps[i], (const char *const *)names, &error);

    if (item == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->source, "steps", "%s",
                           error->message);
    else
      g_ptr_array_add (steps, step_from_item (source, item, builder, problems));
  }
  if (steps->len == 0 && (keys->steps == NULL || *keys->steps == NULL))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, builder->source, "steps", "is required");
  return steps;
}
