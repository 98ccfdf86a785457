/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What engines say, written to the store: each verb's rows and events, in the transaction that says
 * it. */
#pragma once

#include "store/store.h"

/* Key, in the space `engine/NAME`, of the last change that an engine took */
#define BELFRY_BUILDS_TAKEN "changes/taken"

/* @engine: name of the instance; its values go to the key space `engine/NAME`. Events about
 * builders, workers and schedulers follow from what changed, unless the transaction tells an event
 * of that name itself. */
/* Runs on the writer thread over a whole transaction of @engine; takes nothing. A claim that finds
 * its request taken: CONFLICT. */
gboolean belfry_builds_apply (BelfryWriter *writer,
                              const char *engine,
                              BelfryTransaction *transaction,
                              GError **error);
/* JSON of a build as reports and pages have it: builder, request, set, url always; the rest as
 * asked. Pool or writer thread. */
typedef enum {
  BELFRY_BUILD_WANTS_PROPERTIES = 1 << 0,
  BELFRY_BUILD_WANTS_STEPS = 1 << 1,
  BELFRY_BUILD_WANTS_LOGS = 1 << 2,
  BELFRY_BUILD_WANTS_PREVIOUS = 1 << 3,
  BELFRY_BUILD_WANTS_CHANGES = 1 << 4,
} BelfryBuildWants;
JsonObject *belfry_builds_describe (
    BelfryReader *reader, BelfryBuild *build, guint wants, gint64 max_log_bytes, GError **error);
