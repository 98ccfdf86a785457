/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hook made ready from one section, and what it makes of a request. */
#pragma once

#include "config/config.h"

/** BelfryTriedHook: one hook alone */
typedef struct _BelfryTriedHook BelfryTriedHook;

/* @config: (nullable): whose section NAME is taken; @sets: (nullable) KEY=VALUE over it. Findings
 * land in @problems; NULL where they make it unusable, or with @error. */
BelfryTriedHook *belfry_tried_hook_new (const char *name,
                                        BelfryConfig *config,
                                        char **sets,
                                        BelfryLoader *loader,
                                        BelfryProblems *problems);
void belfry_tried_hook_free (BelfryTriedHook *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTriedHook, belfry_tried_hook_free)
/* @trusted: as if the sender had proven who it is; no secret is needed then.
 * What the forge would be answered, and why: `status`, `answer`, `outcome`, `reason`, and what came
 * of it: `changes`, `pollers`, `pending`. Blocks. (transfer full); NULL: a secret cannot be had */
JsonObject *belfry_tried_hook_run (BelfryTriedHook *self,
                                   BelfryRequest *request,
                                   gboolean trusted,
                                   GError **error);
