/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties out of text (§14.5 of the engine's page). */
#pragma once

#include "options.h"

/** LocalFound: one property that was found */
typedef struct {
  char *name;
  JsonNode *value;
} LocalFound;

GPtrArray *local_extract (const LocalStepKeys *keys,
                          const char *property,
                          const char *text,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
