/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an action is about: one thing, or all that fit, found on the pool before anything is asked.
 */
#pragma once

#include "belfry-plugin.h"

/* What a route's action is about */
typedef enum {
  BELFRY_PLAN_HOST,
  BELFRY_PLAN_BUILDER,
  BELFRY_PLAN_WORKER,
  BELFRY_PLAN_BUILD,
  BELFRY_PLAN_REQUEST, /* one of a builder, or all of them */
  BELFRY_PLAN_CHANGE,  /* of a builder, or of all */
  BELFRY_PLAN_DELIVERY,
  BELFRY_PLAN_ALL_BUILDERS,
  BELFRY_PLAN_SOME_BUILDERS,
  BELFRY_PLAN_ALL_RUNNING,
  BELFRY_PLAN_SOME_RUNNING,
  BELFRY_PLAN_ALL_WAITING,
  BELFRY_PLAN_SOME_WAITING,
} BelfryPlanKind;

typedef struct {
  gint64 id;     /* BELFRY_NONE: none */
  char *builder; /* (nullable) */
  char *worker;  /* (nullable) */
} BelfryPlanTarget;

typedef struct {
  BelfryPlanKind kind;
  BelfryRequest *request;
  GPtrArray *targets; /* (element-type BelfryPlanTarget) */
  char *missing;      /* (nullable): what there is none of */
} BelfryPlan;

BelfryPlan *belfry_plan_new (BelfryPlanKind kind, BelfryRequest *request);
void belfry_plan_free (BelfryPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryPlan, belfry_plan_free)
/* As BelfryReadFunc; @data: a plan */
gboolean belfry_plan_find (BelfryReader *reader, gpointer data, GError **error);
