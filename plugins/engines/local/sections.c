/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of our kinds, copied and read again. */
#include "sections.h"

LocalSection *
local_section_new (const BelfrySection *source,
                   const BelfryOption *rows,
                   gsize keys_size,
                   BelfryProblems *problems)
{
  const BelfryOptionTable table = { rows, sizeof (BelfryOption) };
  LocalSection *self = g_new0 (LocalSection, 1);

  g_atomic_ref_count_init (&self->refs);
  self->source = belfry_section_copy (source);
  self->rows = rows;
  self->keys = g_malloc0 (keys_size);
  belfry_option_table_read (&table, self->source, self->keys, NULL, problems);
  return self;
}

LocalSection *
local_section_ref (LocalSection *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
local_section_unref (LocalSection *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  belfry_option_table_clear (&(BelfryOptionTable){ self->rows, sizeof (BelfryOption) }, self->keys);
  g_free (self->keys);
  belfry_section_free (self->source);
  g_free (self);
}

const char *
local_section_name (const LocalSection *self)
{
  return self->source->name;
}
