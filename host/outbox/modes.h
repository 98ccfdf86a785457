/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modes: which results are reported, how they are written, what they say of a build. */
#pragma once

#include "outbox/reporter-keys.h"

/* What `all` stands for, and what a message reports where nothing was set. */
#define BELFRY_MODES_ALL                                                                           \
  (BELFRY_MODE_CHANGE | BELFRY_MODE_FAILING | BELFRY_MODE_PASSING | BELFRY_MODE_PROBLEM |          \
   BELFRY_MODE_WARNINGS | BELFRY_MODE_EXCEPTION | BELFRY_MODE_CANCELLED)
#define BELFRY_MODES_MESSAGE (BELFRY_MODE_FAILING | BELFRY_MODE_PASSING | BELFRY_MODE_WARNINGS)
/* What reporters without a mode report: each result by its own name */
#define BELFRY_MODES_EVERYTHING                                                                    \
  (BELFRY_MODE_FAILING | BELFRY_MODE_PASSING | BELFRY_MODE_WARNINGS | BELFRY_MODE_EXCEPTION |      \
   BELFRY_MODE_CANCELLED | BELFRY_MODE_SKIPPED | BELFRY_MODE_RETRY)

extern const BelfryCustomType belfry_modes_type; /* its value is a guint * */

gboolean belfry_modes_parse (const char *text, guint *modes, GError **error);
/* @has_previous: whether there is a previous build; @previous: its result, BELFRY_NONE while it
 * runs. */
gboolean belfry_modes_match (guint modes, gint64 result, gboolean has_previous, gint64 previous);
/* Whether deciding needs the previous build at all. */
gboolean belfry_modes_compare (guint modes);
JsonNode *belfry_modes_to_json (guint modes) G_GNUC_WARN_UNUSED_RESULT;
