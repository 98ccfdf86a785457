/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps and logs of builds, read for many builds at once. */
#pragma once

#include "views.h"

typedef struct _WaterfallParts WaterfallParts;

/* @dense: whether builds of neighbouring ids will be asked for too */
WaterfallParts *waterfall_parts_new (BelfryReader *reader, gboolean dense);
void waterfall_parts_free (WaterfallParts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WaterfallParts, waterfall_parts_free)
/* (transfer none) (element-type BelfryStep) */
GPtrArray *waterfall_parts_get_steps (WaterfallParts *self, gint64 buildid);
/* (transfer none) (element-type BelfryLog) */
GPtrArray *waterfall_parts_get_logs (WaterfallParts *self, gint64 buildid);
/* (nullable): its reason only */
BelfryBuildset *waterfall_parts_get_set (WaterfallParts *self, gint64 bsid);
gboolean waterfall_parts_was_cut (WaterfallParts *self);
