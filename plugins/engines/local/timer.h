/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree-stable timer (§9.4 of the engine's page) as a pure state machine: changes and moments
 * in, "fire now" out. Moments are µs of the wall clock for what is stored and of the monotonic
 * clock for what is waited for; who calls converts at start.
 */
#pragma once

#include <belfry-plugin.h>

/** LocalTimer: what one timer has recorded */
typedef struct {
  char *key;          /* tells it from the scheduler's other timers */
  GPtrArray *changes; /* (element-type BelfryChange) in order of id */
  gint64 due;         /* monotonic µs; BELFRY_NONE: not running */
  gboolean important; /* at least one of them is */
} LocalTimer;

LocalTimer *local_timer_new (const char *key);
void local_timer_free (LocalTimer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalTimer, local_timer_free)
char *local_timer_key (const BelfryChange *change, gboolean by_branch) G_GNUC_WARN_UNUSED_RESULT;
void local_timer_add (
    LocalTimer *self, BelfryChange *change, gboolean important, gint64 now, gint64 wait);
void local_timer_note (LocalTimer *self, BelfryChange *change, gboolean important);
gboolean local_timer_is_due (const LocalTimer *self, gint64 now);
JsonNode *local_timer_describe_last (const LocalTimer *self,
                                     gboolean important,
                                     gint64 now,
                                     gint64 wall_now) G_GNUC_WARN_UNUSED_RESULT;
gint64 local_timer_restore_due (JsonObject *stored, gint64 now, gint64 wall_now, gint64 wait);
