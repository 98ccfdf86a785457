/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table of events: what may happen, about which record, who hears of it. */
#pragma once

#include "belfry-record.h"

G_BEGIN_DECLS

/**
 * BelfryEventFlags: what is special about a kind of event
 * @BELFRY_EVENT_BROWSERS: sent to pages
 * @BELFRY_EVENT_PASSING: told, but never stored
 */
typedef enum {
  BELFRY_EVENT_BROWSERS = 1 << 0,
  BELFRY_EVENT_PASSING = 1 << 1,
} BelfryEventFlags;

/**
 * BelfryEventKind: one row
 * @name: the dashed name that programs see
 * @topic: what a browser subscribes to: builds, steps, logs, requests, workers, changes, builders,
 * host
 * @record_type: (nullable): name of the record in its data
 * @old_name: (nullable): Buildbot 0.8's name
 * @phase: (nullable): phase of the reports it may cause: started, finished, buildset, worker,
 * request
 * @flags: #BelfryEventFlags
 */
typedef struct {
  const char *name;
  const char *topic;
  const char *record_type;
  const char *old_name;
  const char *phase;
  guint flags;
} BelfryEventKind;

BELFRY_API const BelfryEventKind *belfry_event_kind_find (const char *name);
BELFRY_API const BelfryEventKind *belfry_event_kinds (guint *n_kinds);

G_END_DECLS
