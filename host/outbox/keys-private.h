/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands behind the host's keys of a reporter; for this room only. */
#pragma once

#include "outbox/formatter.h"
#include "outbox/modes.h"
#include "outbox/schedule.h"

typedef enum {
  BELFRY_PREVIOUS_DEFAULT,
  BELFRY_PREVIOUS_SAME_BRANCH,
  BELFRY_PREVIOUS_NONE,
} BelfryPrevious;

struct _BelfryReporterKeys {
  char **builders;
  char **tags;
  char **schedulers;
  char **branches;
  gpointer mode; /* (nullable) guint *: BelfryModes */
  int previous_build;
  gboolean build_set_summary;
  char *subject;
  BelfryFormatterKeys formatter;
  BelfryFormatterKeys missing;
  gboolean want_properties;
  gboolean want_steps;
  gboolean want_logs;
  gboolean want_previous_build;
  gint64 want_logs_limit;
  GPtrArray *message_formatter_program; /* (nullable) */
  GPtrArray *ctx_program;               /* (nullable) */
  GPtrArray *missing_worker_program;    /* (nullable) */
  GPtrArray *missing_worker_ctx_program;
  GPtrArray *responsible_users_program; /* (nullable) */
  GPtrArray *lookup_program;            /* (nullable) */
  char *lookup;
  BelfryMap *lookup_map;
  char **watched_workers;
  char **add_logs;
  gboolean add_patch;
  gpointer hold_down;   /* (nullable) BelfryHoldDown */
  gpointer quiet_hours; /* (nullable) BelfryWindows */
  gpointer digest;      /* (nullable) BelfryWindows */
  GTimeZone *time_zone; /* (nullable) */
  char *fallback;
  gint64 max_age;
};

/* The modes of a reporter whose section names none: by its family. */
guint belfry_reporter_keys_get_modes (const BelfryReporterKeys *keys,
                                      const BelfryReporter *reporter);
/* What a descriptor that names no phases hears of. */
guint belfry_reporter_get_phases (const BelfryReporter *reporter);
/* The files of texts where the section names none. */
const char *belfry_reporter_get_template_name (const BelfryReporter *reporter);
const char *belfry_reporter_get_missing_template_name (const BelfryReporter *reporter);
