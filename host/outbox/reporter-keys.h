/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that the host owns in every [reporter] section. */
#pragma once

#include "belfry-plugin.h"

/** BelfryModes: which results are reported */
typedef enum {
  BELFRY_MODE_CHANGE = 1 << 0,
  BELFRY_MODE_FAILING = 1 << 1,
  BELFRY_MODE_PASSING = 1 << 2,
  BELFRY_MODE_PROBLEM = 1 << 3,
  BELFRY_MODE_WARNINGS = 1 << 4,
  BELFRY_MODE_EXCEPTION = 1 << 5,
  BELFRY_MODE_CANCELLED = 1 << 6,
  BELFRY_MODE_SKIPPED = 1 << 7,
  BELFRY_MODE_RETRY = 1 << 8,
} BelfryModes;

typedef struct _BelfryReporterKeys BelfryReporterKeys;

extern const BelfryOptionTable belfry_reporter_keys_table;
extern const gsize belfry_reporter_keys_size;
/* Which keys this reporter's family takes, what excludes what, templates that parse. */
/* Whether it can say what is about no build: the host's alerts, a test report's text. */
gboolean belfry_reporter_takes_notices (const BelfryReporter *reporter);
void belfry_reporter_keys_check (const BelfryReporterKeys *keys,
                                 const BelfryReporter *reporter,
                                 const BelfrySection *section,
                                 BelfryProblems *problems);
