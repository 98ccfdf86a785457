/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a report to reviews: one for each change that was built; a patch set's keep their order. */
#include "gerrit.h"

GerritHow
gerrit_get_how (const Gerrit *self, const GerritCallback *callback)
{
  gboolean reviews = self->review.how != GERRIT_HOW_NONE;

  if (callback->how != GERRIT_HOW_AUTO)
    return (GerritHow)callback->how;
  return reviews ? GERRIT_HOW_NONE : GERRIT_HOW_DEFAULT;
}

void
gerrit_log (const Gerrit *self, GLogLevelFlags level, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *shown = NULL;
  va_list arguments;

  if (self->instance == NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  shown = belfry_text_make_printable (text, -1, 2048);
  belfry_instance_log (self->instance, level, "%s", shown);
}

static const GerritCallback *
choose_callback (const Gerrit *self, const char *phase)
{
  const struct {
    const char *phase;
    const GerritCallback *callback;
  } callbacks[] = {
    { "started", &self->start },
    { "finished", &self->review },
    { "buildset", &self->summary },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (callbacks); i++)
    if (g_str_equal (callbacks[i].phase, phase))
      return callbacks[i].callback;
  return NULL;
}

/* what all reviews of a report say; NULL without @error: nothing */
static JsonObject *
make_review (const Gerrit *self,
             const GerritCallback *callback,
             const BelfryReport *report,
             GError **error)
{
  GerritHow how = gerrit_get_how (self, callback);
  g_autoptr (JsonObject) variables =
      how != GERRIT_HOW_NONE ? gerrit_make_variables (self, callback, report) : NULL;
  g_autoptr (JsonObject) review = json_object_new ();
  JsonObject *labels = json_object_new ();
  g_autofree char *message = NULL;

  json_object_set_object_member (review, "labels", labels);
  if (variables == NULL)
    return NULL;
  if (how == GERRIT_HOW_PROGRAM) {
    json_object_set_object_member (review, "input", g_steal_pointer (&variables));
    return g_steal_pointer (&review);
  }
  if (how == GERRIT_HOW_TEMPLATE)
    message = gerrit_render (callback, variables, labels, error);
  else
    message = gerrit_make_default (self, callback, variables, labels);
  if (message == NULL || *message == '\0')
    return NULL;
  json_object_set_string_member (review, "message", message);
  return g_steal_pointer (&review);
}

static void
add_target (BelfryTargets *targets,
            JsonObject *review,
            const char *phase,
            const char *project,
            const char *revision)
{
  g_autoptr (JsonNode) payload = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_set_string_member (object, "phase", phase);
  json_object_set_string_member (object, "project", project);
  json_object_set_string_member (object, "revision", revision);
  json_object_iter_init (&iter, review);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (object, name, json_node_ref (value));
  json_node_take_object (payload, object);
  belfry_targets_add (targets, project, revision, payload);
}

gboolean
gerrit_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  const char *phase = belfry_report_get_phase (report);
  const GerritCallback *callback = choose_callback (self, phase);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonObject) review = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  BelfryForgeBuild build;

  if (callback == NULL || !belfry_forge_build_init (&build, report, 0))
    return TRUE;
  review = make_review (self, callback, report, &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (review == NULL)
    return TRUE;
  changes = gerrit_list_changes (self, &build);
  for (guint i = 0; i + 1 < changes->len; i += 2)
    add_target (targets, review, phase, g_ptr_array_index (changes, i),
                g_ptr_array_index (changes, i + 1));
  return TRUE;
}
