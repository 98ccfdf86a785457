/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builders that can share one set of source stamps. */
#pragma once

#include "config.h"

/** LocalGroup: builders, and the codebases of their common stamps; both unowned */
typedef struct {
  GPtrArray *builders;  /* (element-type LocalBuilder) */
  GPtrArray *codebases; /* (element-type LocalCodebase) */
} LocalGroup;

GPtrArray *local_group_builders (GPtrArray *builders) G_GNUC_WARN_UNUSED_RESULT;
