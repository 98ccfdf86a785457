/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where names lead: [revlink], [changecommentlink], [projects], [repositories], [project-link],
 * [repository-link], compiled once. Immutable; any thread.
 */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryLinks BelfryLinks;

/* @sections: (element-type BelfrySection) all there are, checked before; others are passed over */
BelfryLinks *belfry_links_new (GPtrArray *sections);
void belfry_links_free (BelfryLinks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryLinks, belfry_links_free)
/* (transfer full) (nullable): no rule knows it; empty: a rule says that it leads nowhere.
 * @revision: of kind BELFRY_LINK_REVISION only, where @name is the repository */
char *belfry_links_dup (const BelfryLinks *self,
                        BelfryLinkKind kind,
                        const char *name,
                        const char *revision);
/* Gives a change without a link of its own the one of its revision. @self: (nullable) */
void belfry_links_fill_change (const BelfryLinks *self, BelfryChange *change);
/* (transfer full): objects with `text` and, for a link, `url` and `title` (nullable) */
JsonArray *belfry_links_split (const BelfryLinks *self, const char *text, const char *project);
