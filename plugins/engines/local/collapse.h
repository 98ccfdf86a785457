/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a waiting request may be swallowed by a newer one (§11.2 of the engine's page). */
#pragma once

#include <belfry-plugin.h>

typedef enum {
  LOCAL_COLLAPSE_NO,
  LOCAL_COLLAPSE_YES,
  LOCAL_COLLAPSE_SAME_BRANCH_NEWEST,
  LOCAL_COLLAPSE_EXPRESSION,
} LocalCollapseMode;

/** LocalCollapseRule: collapse-requests, parsed */
typedef struct {
  LocalCollapseMode mode;
  BelfryExpression *expression; /* (nullable) */
} LocalCollapseRule;

/** LocalCandidate: one request as the rule sees it */
typedef struct {
  gint64 bsid;
  gint64 priority;
  gboolean kept;      /* forced by a person, rebuilt or waited for */
  GPtrArray *stamps;  /* (element-type BelfrySourceStamp) */
  GPtrArray *changes; /* (element-type BelfryChange) */
  const BelfryProperties *properties;
} LocalCandidate;

LocalCollapseRule *local_collapse_rule_new (const char *text,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_collapse_rule_free (LocalCollapseRule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalCollapseRule, local_collapse_rule_free)
gboolean local_collapse_may (const LocalCollapseRule *rule,
                             const LocalCandidate *newer,
                             const LocalCandidate *older,
                             GError **error);
JsonObject *local_stamps_to_json (GPtrArray *stamps) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *
local_properties_to_values (const BelfryProperties *properties) G_GNUC_WARN_UNUSED_RESULT;

extern const BelfryCustomType local_collapse_type;
