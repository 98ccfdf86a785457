/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets that must not be seen: one matcher for build logs and for the host's own log. Any thread.
 */
#pragma once

#include <glib.h>

typedef struct _BelfryMasks BelfryMasks;

BelfryMasks *belfry_masks_new (void);
void belfry_masks_free (BelfryMasks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryMasks, belfry_masks_free)
/* @owner groups what is forgotten together; values shorter than @min_bytes are left out. */
void belfry_masks_add (
    BelfryMasks *self, gint64 owner, const char *name, const char *value, gsize min_bytes);
void belfry_masks_forget (BelfryMasks *self, gint64 owner);
/* (transfer full) (nullable): NULL where nothing had to be replaced */
GBytes *belfry_masks_apply (BelfryMasks *self, GBytes *text);
char *belfry_masks_apply_text (BelfryMasks *self, const char *text);
/* The same of a text that may have been cut: what is left of a secret before a "…" goes, too. */
char *belfry_masks_apply_cut (BelfryMasks *self, const char *text);
