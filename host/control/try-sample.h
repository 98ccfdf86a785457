/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The build that `belfry try reporter` tells of: a sample, or what a file says of one. */
#pragma once

#include "store/store.h"

/* What to write, and the row that it leaves. */
typedef struct {
  const char *reporter;
  const char *event;    /* started, finished-RESULT, buildset-RESULT or worker-missing */
  JsonObject *build;    /* (nullable) an object as a feed sends it */
  BelfryReportRow *row; /* (out) (owned) */
} BelfryTrySample;

/* For belfry_store_write_async (); MALFORMED where event or build cannot be read. */
gboolean belfry_try_sample_write (BelfryWriter *writer, gpointer sample, GError **error);
