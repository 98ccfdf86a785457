/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was sent lately with each credential, where its service has a pace of its own. Main loop. */
#pragma once

#include <belfry-plugin.h>

typedef struct _BelfryPaces BelfryPaces;

BelfryPaces *belfry_paces_new (void);
void belfry_paces_free (BelfryPaces *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryPaces, belfry_paces_free)
/* See belfry_instance_keep_pace (). @now_us: monotonic */
gint64 belfry_paces_take (
    BelfryPaces *self, const char *credential, const BelfryPace *paces, guint count, gint64 now_us);
