/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What earlier processes left: see recover.c; what they recorded: see recorded.c. */
#pragma once

#include "local.h"

void local_kill_leftovers (Local *self, const char *token);
void local_kill_by_token (const char *token);

GHashTable *local_read_recorded (GHashTable *stored,
                                 BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
void local_restore_recorded (Local *self, GHashTable *stored, GHashTable *changes);
