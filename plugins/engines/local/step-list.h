/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steps=: one item to what is to be run (§13.1 of the engine's page). */
#pragma once

#include "options.h"

/** LocalItemKind: what an item of steps= names */
typedef enum {
  LOCAL_ITEM_SECTION,
  LOCAL_ITEM_KIND,
} LocalItemKind;

/** LocalItem: one item, not yet bound to a section */
typedef struct {
  LocalItemKind kind;
  char *section;      /* (nullable) name of the step section */
  LocalStepKind step; /* of LOCAL_ITEM_KIND */
  char *argument;     /* (nullable) */
} LocalItem;

LocalItem *local_item_parse (const char *text,
                             const char *const *sections,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean local_step_is_source (LocalStepKind kind);
void local_item_free (LocalItem *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalItem, local_item_free)
BelfrySection *local_item_to_section (const LocalItem *self,
                                      const char *file,
                                      guint line) G_GNUC_WARN_UNUSED_RESULT;
char *local_item_dup_name (const LocalItem *self) G_GNUC_WARN_UNUSED_RESULT;
char *local_name_cut (const char *text) G_GNUC_WARN_UNUSED_RESULT;
char *local_name_unused (const char *name, GHashTable *used) G_GNUC_WARN_UNUSED_RESULT;
