/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that the host owns in every [poller] section. */
#pragma once

#include "belfry-plugin.h"

typedef struct {
  char *repository; /* as written, perhaps with a password */
  gint64 interval;
  gboolean at_launch;
  gint64 random_min;
  gint64 random_max;
  BelfryTemplate *category;
  BelfryTemplate *project;
  BelfryTemplate *codebase;
  BelfryTemplate *revlink;
  gboolean use_timestamps;
  char *encoding;
  gint64 max_changes;
  gint64 timeout;
  char *workdir;
} BelfryPollerKeys;

extern const BelfryOptionTable belfry_poller_keys_table;
/* What no plugin may be given, and what contradicts itself. @plugin: (nullable). */
void belfry_poller_keys_check (const BelfryPollerKeys *keys,
                               const BelfryPoller *plugin,
                               const BelfrySection *section,
                               BelfryProblems *problems);
/* A key as its plugin asks for it; NULL: not one that plugins ask for. Lives as long as @keys. */
const char *belfry_poller_keys_get_value (const BelfryPollerKeys *keys,
                                          const char *name,
                                          const char *state_directory,
                                          const char *key);
