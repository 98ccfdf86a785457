/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the values of a build look like to rendered strings and expressions, and the environment of
 * its processes. */
#pragma once

#include "config.h"

/** LocalContext: all that a rendered value or an expression may know; borrowed */
typedef struct {
  const LocalConfig *config;
  const LocalBuilder *builder;
  const LocalWorker *worker;
  const BelfryProperties *properties;
  GPtrArray *stamps;       /* (element-type BelfrySourceStamp) */
  GPtrArray *changes;      /* (element-type BelfryChange) */
  GHashTable *environment; /* (nullable) variables below the one being rendered, for kw:NAME */
  GHashTable *secrets;     /* (nullable) name to value; NULL: secrets have no place here */
  GPtrArray *missing;      /* (nullable) (element-type utf8) secrets that were asked for */
} LocalContext;

char *local_context_render (const LocalContext *self,
                            BelfryRendered *rendered,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *local_context_to_json (const LocalContext *self) G_GNUC_WARN_UNUSED_RESULT;

/** LocalEnvironmentSource: what a step's environment is made of, lowest first */
typedef struct {
  LocalContext context;
  const char *const *inherited; /* NAME=VALUE of the daemon, the allowed ones only */
  const LocalStep *step;
  GHashTable *fixed; /* name to value: BELFRY_*, CI, TMPDIR, HOME */
} LocalEnvironmentSource;

char **local_inherit_environment (char **names) G_GNUC_WARN_UNUSED_RESULT;
GHashTable *local_environment_make (const LocalEnvironmentSource *source,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
char **local_environment_to_list (GHashTable *environment) G_GNUC_WARN_UNUSED_RESULT;
const BelfrySourceStamp *local_find_stamp (GPtrArray *stamps, const char *codebase);
