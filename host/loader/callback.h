/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls into plugins, named while they last: what the process was in when it ended is known at the
 * next start, and a call that kept the main loop to itself is named at once.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *kind;
  const char *name;
  const char *function;
  gint64 began_us;
  int slot;
} BelfryCallback;

/* Any thread; the texts live longer than the call. `g_auto (BelfryCallback) call = …` ends it. */
BelfryCallback belfry_callback_begin (const char *kind, const char *name, const char *function);
void belfry_callback_end (BelfryCallback *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryCallback, belfry_callback_end)

/* Keeps the names in a file from now on. Returns: (transfer full): one line for each call that the
 * process before was in when it ended. */
char **belfry_callback_open (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The process ends as it should. */
void belfry_callback_close (void);
