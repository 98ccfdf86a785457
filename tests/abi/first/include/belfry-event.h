/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-record.h"

G_BEGIN_DECLS

typedef enum {
  BELFRY_EVENT_BROWSERS = 1 << 0,
  BELFRY_EVENT_PASSING = 1 << 1,
} BelfryEventFlags;

typedef struct {
  const char *name;
  const char *topic;
  const char *record_type;
  const char *old_name;
  const char *phase;
  guint flags;
} BelfryEventKind;

BELFRY_API const BelfryEventKind *belfry_event_kind_find (const char *name);
BELFRY_API const BelfryEventKind *belfry_event_kinds (guint *n_kinds);

G_END_DECLS
