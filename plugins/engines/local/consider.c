/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules in the order in which they are asked; the first that does not hold ends it. A change that
 * is not stored yet (id 0) came after every start.
 */
#include "consider.h"

#include "filter.h"

typedef struct {
  JsonObject *explanation; /* (nullable) */
  const BelfrySection *section;
} Telling;

static void
on_asked (const char *key, const char *value, gboolean held, gpointer data)
{
  const Telling *telling = data;

  belfry_explanation_add_rule (telling->explanation, held, telling->section, key, "%s: %s%s%s %s",
                               key, value != NULL ? "'" : "", value != NULL ? value : "none",
                               value != NULL ? "'" : "", held ? "fits" : "does not fit");
}

static gboolean
tell (const Telling *telling, gboolean held, const char *key, const char *yes, const char *no)
{
  if (telling->explanation != NULL)
    belfry_explanation_add_rule (telling->explanation, held, telling->section, key, "%s",
                                 held ? yes : no);
  return held;
}

static gboolean
passes_filter (const Telling *telling, const LocalScheduler *scheduler, const BelfryChange *change)
{
  if (scheduler->filter == NULL)
    return TRUE;
  return local_filter_walk (scheduler->filter, change,
                            telling->explanation != NULL ? on_asked : NULL, (gpointer)telling);
}

static gboolean
is_its_business (Local *self,
                 const Telling *telling,
                 const LocalScheduler *scheduler,
                 const BelfryChange *change)
{
  const LocalSchedulerState *state = local_scheduler_state (self, scheduler);

  return tell (telling, state->enabled, "enabled", "it is enabled", "it is disabled") &&
         tell (telling, change->changeid == 0 || change->changeid > state->since, NULL,
               "the change came after its first start", "the change came before its first start") &&
         tell (telling, local_codebase_of_change (scheduler->codebases, change) != NULL, "builders",
               "the change is of a codebase of its builders",
               "the change is of no codebase of its builders") &&
         passes_filter (telling, scheduler, change);
}

static gboolean
is_important (const Telling *telling, const LocalSchedulerKeys *keys, const BelfryChange *change)
{
  const char *key = keys->important_files != NULL || keys->unimportant_files == NULL
                        ? "important-files"
                        : "unimportant-files";

  return tell (telling, local_change_is_important (keys, change), key,
               change->files_unknown ? "its files are not known, so it is important"
                                     : "it is important",
               "none of its files is important");
}

LocalVerdict
local_scheduler_consider (Local *self,
                          const LocalScheduler *scheduler,
                          const BelfryChange *change,
                          JsonObject *explanation)
{
  const LocalSchedulerKeys *keys = scheduler->keys;
  const Telling telling = { explanation, scheduler->section->source };
  gboolean timed = keys->tree_stable_timer > 0;

  if (!is_its_business (self, &telling, scheduler, change))
    return LOCAL_VERDICT_REFUSED;
  if (is_important (&telling, keys, change)) {
    tell (&telling, TRUE, "tree-stable-timer",
          timed ? "it waits until there was quiet for that long" : "it is built at once", "");
    return timed ? LOCAL_VERDICT_TIMED : LOCAL_VERDICT_BUILDS;
  }
  if (!tell (&telling, !keys->only_important, "only-important",
             "unimportant ones go along with important ones", "unimportant ones are left out"))
    return LOCAL_VERDICT_UNIMPORTANT;
  return tell (&telling, timed, "tree-stable-timer", "it waits for an important one",
               "without a timer nothing waits for an important one")
             ? LOCAL_VERDICT_WAITS
             : LOCAL_VERDICT_UNIMPORTANT;
}

static JsonObject *
explain_scheduler (Local *self, const LocalScheduler *scheduler, const BelfryChange *change)
{
  static const char *const verdicts[] = {
    [LOCAL_VERDICT_REFUSED] = "leaves it alone",
    [LOCAL_VERDICT_UNIMPORTANT] = "ignores it",
    [LOCAL_VERDICT_WAITS] = "keeps it for the next important change",
    [LOCAL_VERDICT_TIMED] = "takes it when its timer ends",
    [LOCAL_VERDICT_BUILDS] = "takes it",
  };
  g_autoptr (JsonObject) rules = belfry_explanation_new ("rules");
  LocalVerdict verdict = local_scheduler_consider (self, scheduler, change, rules);
  JsonObject *part = belfry_explanation_new (
      "scheduler '%s'%s: %s", scheduler->name,
      scheduler->section->source->line == 0 ? " (implied)" : "", verdicts[verdict]);

  json_object_set_boolean_member (part, "takes", verdict >= LOCAL_VERDICT_WAITS);
  json_object_set_array_member (part, "rules",
                                json_array_ref (belfry_json_get_array (rules, "rules")));
  if (verdict == LOCAL_VERDICT_BUILDS || verdict == LOCAL_VERDICT_TIMED)
    for (guint i = 0; i < scheduler->builders->len; i++) {
      const LocalBuilder *builder = g_ptr_array_index (scheduler->builders, i);

      if (local_builder_has_codebase (builder, change))
        belfry_explanation_add_rule (part, TRUE, builder->section->source, NULL, "builder '%s'",
                                     builder->name);
    }
  return part;
}

JsonObject *
local_explain_change (gpointer data, BelfryChange *change)
{
  Local *self = data;
  JsonObject *explanation = NULL;
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  guint n_takers = 0;

  for (guint i = 0; i < self->config->schedulers->len; i++) {
    JsonObject *part =
        explain_scheduler (self, g_ptr_array_index (self->config->schedulers, i), change);

    n_takers += belfry_json_get_boolean (part, "takes", FALSE);
    g_ptr_array_add (parts, part);
  }
  explanation = belfry_explanation_new (
      "engine '%s': %u of %u scheduler%s take%s it", belfry_instance_get_name (self->instance),
      n_takers, parts->len, parts->len == 1 ? "" : "s", n_takers == 1 ? "s" : "");
  for (guint i = 0; i < parts->len; i++)
    belfry_explanation_add_part (explanation, g_ptr_array_index (parts, i));
  return explanation;
}
