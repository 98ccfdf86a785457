/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warnings of compilers, counted line by line (§14.7 of the engine's page). */
#pragma once

#include "options.h"
#include "output.h"

/** LocalWarnings: what was found so far */
typedef struct _LocalWarnings LocalWarnings;

LocalWarnings *local_warnings_new (const LocalStepKeys *keys);
void local_warnings_free (LocalWarnings *self);
/* FALSE: a line of @text is no suppression. */
gboolean local_warnings_suppress (LocalWarnings *self, const char *text, GError **error);
void
local_warnings_feed (LocalWarnings *self, LocalStream stream, const char *bytes, gsize n_bytes);
void local_warnings_end (LocalWarnings *self);
gint64 local_warnings_get_count (const LocalWarnings *self);
const char *local_warnings_get_lines (const LocalWarnings *self);
