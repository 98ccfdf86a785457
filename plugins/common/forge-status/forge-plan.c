/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a build to the statuses of its source stamps. What is left out is logged, because a commit
 * without a status looks like one that nobody built.
 */
#include "forge-status.h"

guint
belfry_forge_choose_phases (gboolean report_pending)
{
  return report_pending ? BELFRY_FORGE_PHASES : BELFRY_FORGE_PHASES & ~(guint)BELFRY_PHASE_REQUEST;
}

gboolean
belfry_forge_status_say (BelfryForgeStatus *self,
                         const BelfryForgeStates *states,
                         const BelfryForgeWords *words,
                         BelfryRendered *context,
                         GError **error)
{
  self->state = belfry_forge_build_choose (self->build, states);
  self->program = belfry_forge_words_get_program (words, self->build);
  self->description = belfry_forge_words_render (words, self->build, error);
  if (self->description != NULL)
    self->context = belfry_forge_render (context, self->build, error);
  return self->context != NULL;
}

void
belfry_forge_status_clear (BelfryForgeStatus *self)
{
  g_clear_pointer (&self->description, g_free);
  g_clear_pointer (&self->context, g_free);
}

void
belfry_forge_status_skip (const BelfryForgeStatus *self, JsonObject *stamp, const char *reason)
{
  const char *codebase = belfry_forge_get_text (stamp, "codebase");

  belfry_forge_log (self->http, "Skipped codebase '%s' of a build of '%s', context \"%s\": %s",
                    codebase != NULL ? codebase : "", self->build->builder, self->context, reason);
}

void
belfry_forge_status_foreach (const BelfryForgeStatus *self,
                             BelfryForgeStampFunc func,
                             gconstpointer reporter)
{
  for (guint i = 0; i < belfry_forge_build_count_stamps (self->build); i++) {
    JsonObject *stamp = belfry_forge_build_get_stamp (self->build, i);
    const char *revision = belfry_forge_get_text (stamp, "revision");

    if (revision == NULL)
      belfry_forge_status_skip (self, stamp, "its source stamp has no revision");
    else
      func (self, reporter, stamp, revision);
  }
}

void
belfry_forge_status_add (const BelfryForgeStatus *self,
                         const char *target,
                         const char *revision,
                         const char *path,
                         JsonObject *body)
{
  g_autofree char *key = g_strconcat (revision, " ", self->context, NULL);
  g_autofree char *what = g_strdup_printf ("\"%s\" for %s at %s, context \"%s\"", self->state,
                                           target, revision, self->context);
  g_autoptr (JsonObject) owned = body;
  g_autoptr (JsonNode) payload = NULL;

  if (path == NULL) {
    belfry_forge_log (self->http, "Skipped %s: that cannot be part of an address", what);
    return;
  }
  payload = belfry_forge_payload_new (path, json_object_ref (owned), what);
  if (self->program != NULL)
    belfry_forge_payload_set_program (payload, self->program, self->build);
  belfry_targets_add (self->targets, target, key, payload);
}

gboolean
belfry_forge_plan_stamps (const BelfryForgePlan *self,
                          const BelfryReport *report,
                          BelfryTargets *targets,
                          GError **error)
{
  BelfryForgeBuild build;
  g_auto (BelfryForgeStatus) said = { .build = &build, .http = self->http, .targets = targets };

  if (!belfry_forge_build_init (&build, report, 0))
    return TRUE;
  if (!belfry_forge_status_say (&said, self->states, self->words, self->context, error))
    return FALSE;
  belfry_forge_status_foreach (&said, self->func, self->reporter);
  return TRUE;
}
