/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Argument vectors of the configuration, rendered word by word. */
#pragma once

#include "environment.h"

char **local_render_argv (const LocalContext *context,
                          GPtrArray *words,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
