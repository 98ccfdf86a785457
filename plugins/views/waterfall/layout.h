/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waterfall's table from streams of events; see layout.c. */
#pragma once

#include <glib.h>

#define WATERFALL_NO_END G_MININT64

/**
 * WaterfallEvent: what happened in a column
 * @start: seconds
 * @end: seconds; %WATERFALL_NO_END: running, or no end at all
 * @data: of the column's owner; %NULL: a spacer
 */
typedef struct {
  gint64 start;
  gint64 end;
  gpointer data;
} WaterfallEvent;

/**
 * WaterfallNext: the column's next older event, or FALSE at its end
 */
typedef gboolean (*WaterfallNext) (gpointer stream, WaterfallEvent *event);

/**
 * WaterfallColumn:
 * @stretches: whether events grow upward (changes do not)
 * @above: start of what stands above its first event
 */
typedef struct {
  WaterfallNext next;
  gpointer stream;
  gboolean stretches;
  gint64 above;
} WaterfallColumn;

/**
 * WaterfallLimits: in seconds
 * @bubble: FALSE: empty slots stay empty cells
 */
typedef struct {
  gint64 first_time;
  gint64 last_time;
  guint max_rows;
  gboolean bubble;
} WaterfallLimits;

typedef enum {
  WATERFALL_BOX_EVENT,
  WATERFALL_BOX_SPACER,
  WATERFALL_BOX_EMPTY,
  WATERFALL_BOX_STAMP,
  WATERFALL_BOX_NO_EARLIER,
} WaterfallBoxKind;

/**
 * WaterfallBox: a cell; @column -1 is the one of stamps
 */
typedef struct {
  WaterfallBoxKind kind;
  int column;
  guint line; /* its uppermost */
  guint span;
  gint64 time; /* stamp */
  gpointer data;
} WaterfallBox;

/**
 * WaterfallTable: boxes by line from the top, then by column
 * @oldest: stamp of the lowest row
 * @newest_left: newest start that is not on the page
 * @more: something older is left
 */
typedef struct {
  GArray *boxes; /* (element-type WaterfallBox) */
  guint n_lines;
  guint n_rows;
  gint64 oldest;
  gint64 newest_left;
  gboolean more;
} WaterfallTable;

WaterfallTable *
waterfall_lay_out (const WaterfallColumn *columns, guint n_columns, const WaterfallLimits *limits);
void waterfall_table_free (WaterfallTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WaterfallTable, waterfall_table_free)
