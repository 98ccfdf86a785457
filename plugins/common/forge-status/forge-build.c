/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One build of a report as reporters to forges see it, and the words for it. */
#include "forge-status.h"

#include <string.h>

const char *
belfry_forge_get_text (JsonObject *object, const char *key)
{
  const char *text = object != NULL ? belfry_json_get_text (object, key) : NULL;

  return text != NULL && *text != '\0' ? text : NULL;
}

static BelfryForgeMoment
find_moment (const char *phase, JsonObject *build)
{
  gboolean complete = belfry_json_get_boolean (build, "complete", FALSE);

  /* one that was told late may have become a build, which speaks for itself */
  if (g_str_equal (phase, "request"))
    return complete && belfry_json_get_integer (build, "results", -1) == BELFRY_RESULT_CANCELLED
               ? BELFRY_FORGE_DROPPED
               : BELFRY_FORGE_QUEUED;
  if (g_str_equal (phase, "started"))
    return BELFRY_FORGE_STARTED;
  return BELFRY_FORGE_ENDED;
}

gboolean
belfry_forge_build_init (BelfryForgeBuild *self, const BelfryReport *report, guint index)
{
  JsonObject *build = belfry_report_get_build (report, index);
  const char *url = build != NULL ? belfry_json_get_text (build, "url") : NULL;
  const char *builder = belfry_reports_get_builder (build);

  if (build == NULL)
    return FALSE;
  *self = (BelfryForgeBuild){
    .report = report,
    .index = index,
    .build = build,
    .variables = belfry_report_get_variables (report, index),
    .moment = find_moment (belfry_report_get_phase (report), build),
    .results = belfry_json_get_integer (build, "results", -1),
    .url = url != NULL ? url : "",
    .builder = builder != NULL ? builder : "",
  };
  return TRUE;
}

static JsonArray *
get_stamps (const BelfryForgeBuild *self)
{
  JsonObject *set = belfry_json_get_object (self->build, "buildset");

  return set != NULL ? belfry_json_get_array (set, "sourcestamps") : NULL;
}

guint
belfry_forge_build_count_stamps (const BelfryForgeBuild *self)
{
  JsonArray *stamps = get_stamps (self);

  return stamps != NULL ? json_array_get_length (stamps) : 0;
}

JsonObject *
belfry_forge_build_get_stamp (const BelfryForgeBuild *self, guint index)
{
  JsonNode *node = json_array_get_element (get_stamps (self), index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonNode *
belfry_forge_build_get_value (const BelfryForgeBuild *self, const char *name)
{
  JsonObject *properties = belfry_json_get_object (self->build, "properties");
  JsonArray *pair = properties != NULL ? belfry_json_get_array (properties, name) : NULL;

  return pair != NULL && json_array_get_length (pair) > 0 ? json_array_get_element (pair, 0) : NULL;
}

const char *
belfry_forge_build_get_property (const BelfryForgeBuild *self, const char *name)
{
  const char *text = belfry_reports_get_property (self->build, name);

  return text != NULL && *text != '\0' ? text : NULL;
}

const char *
belfry_forge_build_choose (const BelfryForgeBuild *self, const BelfryForgeStates *states)
{
  const char *word = NULL;

  switch (self->moment) {
  case BELFRY_FORGE_QUEUED:
    return states->queued;
  case BELFRY_FORGE_DROPPED:
    return states->dropped;
  case BELFRY_FORGE_STARTED:
    return states->started;
  case BELFRY_FORGE_ENDED:
    break;
  }
  if (self->results >= 0 && self->results < (gint64)G_N_ELEMENTS (states->ended))
    word = states->ended[self->results];
  return word != NULL ? word : states->other;
}

/* words */

static void
check_forms (const BelfryCheck *check, const char *key)
{
  static const char *const suffixes[] = { "", "-template", "-program" };
  const char *given = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *name = g_strconcat (key, suffixes[i], NULL);
    const BelfryEntry *entry = belfry_section_find (check->section, name);

    if (entry == NULL)
      continue;
    if (given != NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, entry->name,
                           "'%s' and '%s' are two forms of one option; keep one", given,
                           entry->name);
    given = entry->name;
  }
}

gboolean
belfry_forge_words_has_start (const BelfryForgeWords *self)
{
  return self->start != NULL || self->start_template != NULL || self->start_program != NULL;
}

void
belfry_forge_words_check (const BelfryForgeWords *self, const BelfryCheck *check)
{
  check_forms (check, "start-description");
  check_forms (check, "end-description");
  belfry_reports_check_program (self->start_program, BELFRY_FORGE_START_PROGRAM, check);
  belfry_reports_check_program (self->end_program, BELFRY_FORGE_END_PROGRAM, check);
}

static JsonNode *
look_up (const char *selector, const char *key, gpointer user_data)
{
  const BelfryForgeBuild *build = user_data;
  JsonNode *value = belfry_report_lookup (selector, key, build->build);

  /* a builder's name is known even where properties are not wanted */
  if (value == NULL && g_str_equal (selector, "prop") && g_str_equal (key, "buildername"))
    value = belfry_json_new_text (build->builder);
  return value;
}

char *
belfry_forge_render (BelfryRendered *rendered, const BelfryForgeBuild *build, GError **error)
{
  if (rendered == NULL)
    return g_strdup ("");
  return belfry_rendered_render (rendered, look_up, (gpointer)build, error);
}

const char *
belfry_forge_words_get_program (const BelfryForgeWords *self, const BelfryForgeBuild *build)
{
  if (build->moment == BELFRY_FORGE_STARTED && self->start_program != NULL)
    return BELFRY_FORGE_START_PROGRAM;
  if (build->moment == BELFRY_FORGE_ENDED && self->end_program != NULL)
    return BELFRY_FORGE_END_PROGRAM;
  return NULL;
}

char *
belfry_forge_words_render (const BelfryForgeWords *self,
                           const BelfryForgeBuild *build,
                           GError **error)
{
  gboolean ended = build->moment == BELFRY_FORGE_ENDED;
  BelfryTemplate *template = ended ? self->end_template : self->start_template;

  if (build->moment == BELFRY_FORGE_QUEUED)
    return g_strdup ("Build pending.");
  if (build->moment == BELFRY_FORGE_DROPPED)
    return g_strdup ("Build request cancelled.");
  if (belfry_forge_words_get_program (self, build) != NULL)
    return g_strdup ("");
  if (template != NULL)
    return belfry_template_render (template, build->variables, NULL, 0, error);
  return belfry_forge_render (ended ? self->end : self->start, build, error);
}
