/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocks of a log: whole lines, packed, in rows. */
#pragma once

#include "store/database.h"

/* text in a block; only a single line that is longer makes a larger one */
#define BELFRY_LOG_BLOCK_BYTES (64 * 1024)

typedef struct {
  gint64 logid;
  gint64 first_line;
  gint64 lines;
  GBytes *text;
  gsize taken_bytes; /* of what was appended to the log, how much ends with this block */
} BelfryLogBlock;

BelfryLogBlock *belfry_log_block_new (gint64 logid, gint64 first_line, gint64 lines, GBytes *text);
void belfry_log_block_free (BelfryLogBlock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryLogBlock, belfry_log_block_free)

gint64 belfry_log_count_lines (const char *text, gsize length);
/* How many bytes the first @lines lines take; counts in @lines what there was. */
gsize belfry_log_measure_lines (const char *text, gsize length, gint64 *lines);

/* Writes, or writes anew what grew since. */
gboolean
belfry_log_block_store (const BelfryLogBlock *self, BelfryDatabase *database, GError **error);
/* (element-type BelfryLogBlock) those that hold lines from @first_line to before @end_line, at most
 * @max_bytes of text */
GPtrArray *belfry_log_blocks_load (BelfryDatabase *database,
                                   gint64 logid,
                                   gint64 first_line,
                                   gint64 end_line,
                                   gsize max_bytes,
                                   GError **error);
/* What is stored of a log. */
gboolean belfry_log_blocks_measure (
    BelfryDatabase *database, gint64 logid, gint64 *lines, gint64 *bytes, GError **error);
/* At most @max_rows of them; @removed: how many */
gboolean belfry_log_blocks_remove (
    BelfryDatabase *database, gint64 logid, gint64 max_rows, gint64 *removed, GError **error);
