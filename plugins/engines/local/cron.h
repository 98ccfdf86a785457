/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moments of the wall clock that come again and again: nightly's fields (§9.7 of the engine's
 * page). */
#pragma once

#include <belfry-plugin.h>

/** LocalCronFields: as written; absent ones mean minute 0 and every hour, day and month */
typedef struct {
  const char *minute;       /* (nullable) */
  const char *hour;         /* (nullable) */
  const char *day_of_month; /* (nullable) */
  const char *month;        /* (nullable) */
  const char *day_of_week;  /* (nullable) */
} LocalCronFields;

typedef struct _LocalCron LocalCron;

LocalCron *local_cron_new (const LocalCronFields *fields,
                           const char **wrong_field,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
LocalCron *local_cron_new_line (const char *line, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_cron_free (LocalCron *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalCron, local_cron_free)
gint64 local_cron_next (const LocalCron *self, GTimeZone *zone, gint64 after);
gint64 local_cron_last (const LocalCron *self, GTimeZone *zone, gint64 from, gint64 until);
gboolean local_cron_ever_comes (const LocalCron *self, gint64 now);
gboolean local_cron_is_within (const LocalCron *self, const LocalCron *whole, gint64 now);
