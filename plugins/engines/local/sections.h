/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A section read by one of our tables, with a life of its own: builds keep what they began with,
 * whatever a reload does to the host's copy.
 */
#pragma once

#include "options.h"

/** LocalSection: a copy of a section and what its table made of it */
typedef struct {
  gatomicrefcount refs;
  BelfrySection *source;
  const BelfryOption *rows;
  gpointer keys;
} LocalSection;

LocalSection *local_section_new (const BelfrySection *source,
                                 const BelfryOption *rows,
                                 gsize keys_size,
                                 BelfryProblems *problems);
LocalSection *local_section_ref (LocalSection *self);
void local_section_unref (LocalSection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalSection, local_section_unref)
const char *local_section_name (const LocalSection *self);

GPtrArray *local_builder_expand (GPtrArray *sections, BelfryProblems *problems);
