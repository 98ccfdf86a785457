/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A build's properties: where they come from and which of them wins (§12 of the engine's page). */
#pragma once

#include "options.h"

#define LOCAL_PROPERTY_BYTES (64 * 1024)

/** LocalPropertySources: all that a build's properties are made of */
typedef struct {
  const BelfryMap *global;
  GPtrArray *changes; /* (element-type BelfryChange) */
  const BelfryProperties *set;
  const BelfryMap *builder;
  const BelfryMap *axes; /* (nullable) */
  const BelfryMap *defaults;
  const BelfryMap *worker;
} LocalPropertySources;

gboolean local_property_is_reserved (const char *name);
gboolean local_property_is_dangerous (const char *name);
BelfryProperties *local_properties_merge (const LocalPropertySources *sources,
                                          GPtrArray *dropped) G_GNUC_WARN_UNUSED_RESULT;
BelfryProperties *local_properties_for_rebuild (const BelfryProperties *build,
                                                gint64 buildid) G_GNUC_WARN_UNUSED_RESULT;
char **local_people (GPtrArray *changes,
                     GPtrArray *stamps,
                     const BelfryProperties *properties) G_GNUC_WARN_UNUSED_RESULT;
