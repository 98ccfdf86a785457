/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets of one build, taken out of whatever it says (§15.6 of the engine's page). */
#pragma once

#include <belfry-plugin.h>

#define LOCAL_MASK_MIN_CHARS 4

/** LocalMasks: what must not be seen, and what is shown instead */
typedef struct _LocalMasks LocalMasks;

LocalMasks *local_masks_new (void);
void local_masks_free (LocalMasks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalMasks, local_masks_free)
gboolean local_masks_add (LocalMasks *self, const char *name, const char *value);
gboolean local_masks_is_empty (const LocalMasks *self);
/* One piece of a stream: what may still become a secret stays in @held. */
void local_masks_feed (const LocalMasks *self,
                       GString *held,
                       const char *bytes,
                       gsize n_bytes,
                       gboolean final,
                       GString *to);
char *local_masks_apply (const LocalMasks *self, const char *text) G_GNUC_WARN_UNUSED_RESULT;
/* Takes @node, gives it back or another. */
JsonNode *local_masks_apply_node (const LocalMasks *self, JsonNode *node) G_GNUC_WARN_UNUSED_RESULT;
