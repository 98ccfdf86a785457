/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that trigger: what they name, and keys that contradict each other (§14.9 of the engine's
 * page). */
#include "config.h"
#include <string.h>

static void
report_missing (const LocalConfig *config,
                const BelfrySection *section,
                const char *name,
                BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest = NULL;

  for (guint i = 0; i < config->schedulers->len; i++) {
    LocalScheduler *scheduler = g_ptr_array_index (config->schedulers, i);

    if (scheduler->kind == LOCAL_SCHEDULER_TRIGGERABLE)
      g_ptr_array_add (names, scheduler->name);
  }
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "schedulers",
                       "there is no scheduler '%s'%s%s%s", name,
                       nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "'?" : "");
}

static void
check_names (const LocalConfig *config, const LocalStep *step, BelfryProblems *problems)
{
  const BelfrySection *section = step->section->source;
  char **names = step->keys->schedulers;

  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    const LocalScheduler *scheduler = NULL;

    if (strchr (names[i], '%') != NULL)
      continue;
    scheduler = local_config_find_scheduler (config, names[i]);
    if (scheduler == NULL)
      report_missing (config, section, names[i], problems);
    else if (scheduler->kind != LOCAL_SCHEDULER_TRIGGERABLE)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "schedulers",
                           "scheduler '%s' is not triggerable", names[i]);
  }
}

static void
check_keys (const LocalStep *step, BelfryProblems *problems)
{
  const BelfrySection *section = step->section->source;
  const LocalStepKeys *keys = step->keys;
  gboolean stamps = keys->source_stamps != NULL && belfry_map_get_count (keys->source_stamps) > 0;
  gboolean update = keys->update_source_stamp == LOCAL_TRUE;

  if (keys->schedulers == NULL || *keys->schedulers == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "schedulers", "is required");
  if (keys->always_use_latest && update)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "always-use-latest",
                         "does not go with update-source-stamp");
  if (stamps && (keys->always_use_latest || update))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "source-stamp",
                         "does not go with update-source-stamp or always-use-latest");
  for (guint i = 0; keys->unimportant_schedulers != NULL && keys->unimportant_schedulers[i] != NULL;
       i++) {
    if (keys->schedulers == NULL ||
        !g_strv_contains ((const char *const *)keys->schedulers, keys->unimportant_schedulers[i]))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "unimportant-schedulers",
                           "'%s' is none of schedulers", keys->unimportant_schedulers[i]);
  }
}

/* Called when builders and schedulers are there. */
void
local_config_check_triggers (const LocalConfig *self, BelfryProblems *problems)
{
  for (guint i = 0; i < self->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (self->builders, i);

    for (guint j = 0; j < builder->steps->len; j++) {
      const LocalStep *step = g_ptr_array_index (builder->steps, j);

      if (step->kind != LOCAL_STEP_TRIGGER)
        continue;
      check_keys (step, problems);
      check_names (self, step, problems);
    }
  }
}
