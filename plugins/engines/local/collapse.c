/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clauses under which an older waiting request is swallowed by a newer one. All of them must
 * hold; an expression takes the place of the clauses about stamps and properties only.
 */
#include "collapse.h"

static const BelfrySourceStamp *
find_stamp (GPtrArray *stamps, const char *codebase)
{
  for (guint i = 0; i < stamps->len; i++) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, i);

    if (g_strcmp0 (stamp->codebase, codebase) == 0)
      return stamp;
  }
  return NULL;
}

static gboolean
comes_from_change (const LocalCandidate *self, const char *codebase)
{
  for (guint i = 0; i < self->changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (self->changes, i);

    if (g_strcmp0 (change->codebase, codebase) == 0 ||
        (*codebase == '\0' && self->stamps->len == 1))
      return TRUE;
  }
  return FALSE;
}

static gboolean
stamps_agree (const LocalCandidate *newer, const LocalCandidate *older, gboolean strict)
{
  if (newer->stamps->len != older->stamps->len)
    return FALSE;
  for (guint i = 0; i < newer->stamps->len; i++) {
    const BelfrySourceStamp *a = g_ptr_array_index (newer->stamps, i);
    const BelfrySourceStamp *b = find_stamp (older->stamps, a->codebase);
    gboolean from_change = FALSE;

    if (b == NULL || a->patch != NULL || b->patch != NULL ||
        g_strcmp0 (a->branch, b->branch) != 0 || g_strcmp0 (a->repository, b->repository) != 0)
      return FALSE;
    if (!strict)
      continue;
    if (g_strcmp0 (a->project, b->project) != 0)
      return FALSE;
    from_change = comes_from_change (newer, a->codebase);
    if (from_change != comes_from_change (older, b->codebase))
      return FALSE;
    if (!from_change && g_strcmp0 (a->revision, b->revision) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_compared (const BelfryProperties *properties, const char *name)
{
  return g_strcmp0 (belfry_properties_get_source (properties, name), "Scheduler") == 0 &&
         !g_str_equal (name, "scheduler");
}

static gboolean
properties_within (const BelfryProperties *a, const BelfryProperties *b)
{
  for (guint i = 0; i < belfry_properties_get_count (a); i++) {
    const char *name = belfry_properties_get_name (a, i);

    if (!is_compared (a, name))
      continue;
    if (!is_compared (b, name) || !json_node_equal (belfry_properties_get_value (a, name),
                                                    belfry_properties_get_value (b, name)))
      return FALSE;
  }
  return TRUE;
}

JsonObject *
local_stamps_to_json (GPtrArray *stamps)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < stamps->len; i++) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, i);

    json_object_set_object_member (object, stamp->codebase,
                                   belfry_record_to_json (stamp, BELFRY_RECORD_JSON_NONE));
  }
  return object;
}

JsonObject *
local_properties_to_values (const BelfryProperties *properties)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < belfry_properties_get_count (properties); i++) {
    const char *name = belfry_properties_get_name (properties, i);

    json_object_set_member (object, name,
                            belfry_json_copy (belfry_properties_get_value (properties, name)));
  }
  return object;
}

static JsonObject *
describe (const LocalCandidate *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_object_member (object, "sources", local_stamps_to_json (self->stamps));
  json_object_set_object_member (object, "props", local_properties_to_values (self->properties));
  json_object_set_int_member (object, "priority", self->priority);
  return object;
}

static gboolean
ask_expression (const LocalCollapseRule *rule,
                const LocalCandidate *newer,
                const LocalCandidate *older,
                GError **error)
{
  g_autoptr (JsonObject) variables = json_object_new ();
  gboolean result = FALSE;

  json_object_set_object_member (variables, "new", describe (newer));
  json_object_set_object_member (variables, "old", describe (older));
  return belfry_expression_is_true (rule->expression, variables, &result, error) && result;
}

/* FALSE with @error: the expression failed, which means no. */
gboolean
local_collapse_may (const LocalCollapseRule *rule,
                    const LocalCandidate *newer,
                    const LocalCandidate *older,
                    GError **error)
{
  if (newer->bsid < older->bsid || newer->kept || older->kept || newer->priority != older->priority)
    return FALSE;
  switch (rule->mode) {
  case LOCAL_COLLAPSE_NO:
    return FALSE;
  case LOCAL_COLLAPSE_YES:
    return stamps_agree (newer, older, TRUE) &&
           properties_within (newer->properties, older->properties) &&
           properties_within (older->properties, newer->properties);
  case LOCAL_COLLAPSE_SAME_BRANCH_NEWEST:
    return stamps_agree (newer, older, FALSE);
  case LOCAL_COLLAPSE_EXPRESSION:
    return ask_expression (rule, newer, older, error);
  }
  return FALSE;
}

LocalCollapseRule *
local_collapse_rule_new (const char *text, GError **error)
{
  g_autoptr (LocalCollapseRule) self = g_new0 (LocalCollapseRule, 1);
  gboolean on = FALSE;

  if (g_str_equal (text, "same-branch-newest"))
    self->mode = LOCAL_COLLAPSE_SAME_BRANCH_NEWEST;
  else if (belfry_parse_boolean (text, &on, NULL))
    self->mode = on ? LOCAL_COLLAPSE_YES : LOCAL_COLLAPSE_NO;
  else {
    self->mode = LOCAL_COLLAPSE_EXPRESSION;
    self->expression = belfry_expression_new (text, error);
    if (self->expression == NULL)
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
local_collapse_rule_free (LocalCollapseRule *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->expression, belfry_expression_unref);
  g_free (self);
}

static gpointer
collapse_parse (const char *text, GError **error)
{
  return local_collapse_rule_new (text, error);
}

static void
collapse_free (gpointer value)
{
  local_collapse_rule_free (value);
}

const BelfryCustomType local_collapse_type = { "collapse rule", collapse_parse, collapse_free };
