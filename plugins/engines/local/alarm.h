/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wakes at a moment of the wall clock, and when that clock is set. */
#pragma once

#include <belfry-plugin.h>

typedef struct _LocalAlarm LocalAlarm;
typedef void (*LocalAlarmFunc) (gpointer user_data);

LocalAlarm *local_alarm_new (LocalAlarmFunc func, gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;
void local_alarm_free (LocalAlarm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalAlarm, local_alarm_free)
void local_alarm_set (LocalAlarm *self, gint64 moment);
