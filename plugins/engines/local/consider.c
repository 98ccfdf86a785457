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
sees_changes (const LocalScheduler *scheduler)
{
  return scheduler->kind == LOCAL_SCHEDULER_ANY_BRANCH ||
         scheduler->kind == LOCAL_SCHEDULER_SINGLE_BRANCH || local_is_timed (scheduler);
}

static gboolean
is_its_business (Local *self,
                 const Telling *telling,
                 const LocalScheduler *scheduler,
                 const LocalSighting *sighting)
{
  const BelfryChange *change = sighting->change;
  const LocalSchedulerState *state = NULL;

  if (!tell (telling, sees_changes (scheduler), "type", "it looks at changes",
             "its type looks at no changes") ||
      !tell (telling, local_scheduler_knows (scheduler, change, sighting->normalized), "builders",
             "the change is of a codebase of its builders",
             "the change is of no codebase of its builders"))
    return FALSE;
  state = local_scheduler_state (self, scheduler);
  return tell (telling, state->enabled, "enabled", "it is enabled", "it is disabled") &&
         tell (telling, change->changeid == 0 || change->changeid > state->since, NULL,
               "the change came after its first start", "the change came before its first start") &&
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

/* Timed ones keep changes only for what asks for them. */
gboolean
local_scheduler_records (const LocalScheduler *scheduler)
{
  if (local_is_timed (scheduler))
    return scheduler->keys->only_if_changed || scheduler->keys->absolute;
  return scheduler->keys->tree_stable_timer > 0;
}

static LocalVerdict
judge_timed (const Telling *telling, const LocalScheduler *scheduler, gboolean important)
{
  if (!tell (telling, local_scheduler_records (scheduler), "only-if-changed",
             "it is kept for the next moment", "its moments come whatever changes"))
    return LOCAL_VERDICT_SEEN;
  return important ? LOCAL_VERDICT_TIMED : LOCAL_VERDICT_WAITS;
}

static LocalVerdict
judge (const Telling *telling, const LocalScheduler *scheduler, gboolean important)
{
  gboolean records = local_scheduler_records (scheduler);

  if (local_is_timed (scheduler))
    return judge_timed (telling, scheduler, important);
  if (important) {
    tell (telling, TRUE, "tree-stable-timer",
          records ? "it waits until there was quiet for that long" : "it is built at once", "");
    return records ? LOCAL_VERDICT_TIMED : LOCAL_VERDICT_BUILDS;
  }
  return tell (telling, records, "tree-stable-timer", "it waits for an important one",
               "without a timer nothing waits for an important one")
             ? LOCAL_VERDICT_WAITS
             : LOCAL_VERDICT_SEEN;
}

LocalVerdict
local_scheduler_consider (Local *self,
                          const LocalScheduler *scheduler,
                          const LocalSighting *sighting,
                          JsonObject *explanation)
{
  const LocalSchedulerKeys *keys = scheduler->keys;
  const Telling telling = { explanation, scheduler->section->source };
  gboolean important = FALSE;

  if (!is_its_business (self, &telling, scheduler, sighting))
    return LOCAL_VERDICT_REFUSED;
  important = is_important (&telling, keys, sighting->change);
  if (!important &&
      !tell (&telling, !keys->only_important, "only-important",
             "unimportant ones go along with important ones", "unimportant ones are left out"))
    return LOCAL_VERDICT_UNIMPORTANT;
  return judge (&telling, scheduler, important);
}

static JsonObject *
explain_scheduler (Local *self, const LocalScheduler *scheduler, const LocalSighting *sighting)
{
  static const char *const verdicts[] = {
    [LOCAL_VERDICT_REFUSED] = "leaves it alone",
    [LOCAL_VERDICT_UNIMPORTANT] = "ignores it",
    [LOCAL_VERDICT_SEEN] = "ignores it",
    [LOCAL_VERDICT_WAITS] = "keeps it for the next important change",
    [LOCAL_VERDICT_TIMED] = "takes it when its time comes",
    [LOCAL_VERDICT_BUILDS] = "takes it",
  };
  g_autoptr (JsonObject) rules = belfry_explanation_new ("rules");
  LocalVerdict verdict = local_scheduler_consider (self, scheduler, sighting, rules);
  JsonObject *part = belfry_explanation_new (
      "scheduler '%s'%s: %s", scheduler->name,
      scheduler->section->source->line == 0 ? " (implied)" : "", verdicts[verdict]);

  json_object_set_boolean_member (part, "takes", verdict >= LOCAL_VERDICT_WAITS);
  json_object_set_array_member (part, "rules",
                                json_array_ref (belfry_json_get_array (rules, "rules")));
  if (verdict == LOCAL_VERDICT_BUILDS || verdict == LOCAL_VERDICT_TIMED)
    for (guint i = 0; i < scheduler->builders->len; i++) {
      const LocalBuilder *builder = g_ptr_array_index (scheduler->builders, i);

      if (local_codebase_of (builder->codebases, sighting->change, sighting->normalized) != NULL)
        belfry_explanation_add_rule (part, TRUE, builder->section->source, NULL, "builder '%s'",
                                     builder->name);
    }
  return part;
}

JsonObject *
local_explain_change (gpointer data, BelfryChange *change)
{
  Local *self = data;
  g_autofree char *normalized = belfry_repository_normalize (change->repository);
  const LocalSighting sighting = { change, normalized };
  JsonObject *explanation = NULL;
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  guint n_takers = 0;

  for (guint i = 0; i < self->config->schedulers->len; i++) {
    JsonObject *part =
        explain_scheduler (self, g_ptr_array_index (self->config->schedulers, i), &sighting);

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
