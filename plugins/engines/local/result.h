/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a step's result does to its build, and the texts of both (model §2, engine §13.3, §13.4). */
#pragma once

#include "options.h"

gint64 local_result_contribution (const LocalStepKeys *keys, gint64 result);
gboolean local_result_ends_build (const LocalStepKeys *keys, gint64 result, gboolean halts);
char *local_step_done_text (const char *text, gint64 result) G_GNUC_WARN_UNUSED_RESULT;
char *
local_build_text (gint64 result, const char *reason, GPtrArray *names) G_GNUC_WARN_UNUSED_RESULT;
char *local_argv_to_text (const char *const *argv) G_GNUC_WARN_UNUSED_RESULT;
