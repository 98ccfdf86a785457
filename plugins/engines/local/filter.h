/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which changes a scheduler sees, and which of them are important (§9.2, §9.3 of the engine's
 * page). */
#pragma once

#include "options.h"

/** LocalPropertyFilter: one match-property.NAME */
typedef struct {
  char *name;
  LocalFilterField field;
} LocalPropertyFilter;

/** LocalFilter: a scheduler's change filter; borrows the keys it was made from */
typedef struct {
  const LocalFilterKeys *keys;
  GPtrArray *properties; /* (element-type LocalPropertyFilter) */
} LocalFilter;

LocalFilter *local_filter_new (const LocalFilterKeys *keys,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_filter_free (LocalFilter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalFilter, local_filter_free)
/* Told each key that was asked, in turn; @value: (nullable) what the change has. */
typedef void (*LocalFilterFunc) (const char *key, const char *value, gboolean held, gpointer data);
/* Whether all holds; the first that does not ends it. @func: (nullable) */
gboolean local_filter_walk (const LocalFilter *self,
                            const BelfryChange *change,
                            LocalFilterFunc func,
                            gpointer data);
gboolean local_filter_is_empty (const LocalFilter *self);
gboolean local_filter_matches (const LocalFilter *self, const BelfryChange *change, char **why_not);
gboolean local_change_is_important (const LocalSchedulerKeys *keys, const BelfryChange *change);
