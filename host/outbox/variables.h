/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What templates and programs see of a build. */
#pragma once

#include "outbox/reporting.h"

typedef struct {
  const BelfryReporting *reporting;
  BelfryReader *reader;
  BelfryBuild *build; /* masked where it is a start */
  JsonObject *json;   /* the same as belfry_builds_describe () has it, without changes */
  JsonArray *changes; /* (nullable) */
  gboolean is_buildset;
} BelfryVariablesSource;

/* (transfer full) (nullable with @error) */
JsonObject *belfry_variables_new (const BelfryVariablesSource *source, GError **error);
/* @object's members over those of @variables */
void belfry_variables_merge (JsonObject *variables, JsonObject *object);
char *belfry_variables_dup_duration (gint64 duration_us) G_GNUC_WARN_UNUSED_RESULT;
