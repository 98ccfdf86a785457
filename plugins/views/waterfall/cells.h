/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waterfall's cells: records that the template reads as they are. */
#pragma once

#include "waterfall-stream.h"

/** WaterfallCell: one cell; a field that its kind does not have is NULL or 0 */
typedef struct {
  BelfryRecord record;
  const char *kind; /* build, step, event, change, blank, stamp, no-earlier */
  gint64 span;      /* lines */
  const char *class;
  const char *mark;
  const char *word;
  const char *name; /* of a step */
  const char *text;
  const char *reason;   /* of a build */
  const char *comments; /* of a change */
  gint64 number;        /* of a build */
  char *path;
  JsonNode *author; /* of a change */
  JsonNode *logs;
  JsonNode *urls;
  char **words;     /* of an event */
  gint64 time;      /* µs, of a stamp */
  gboolean new_day; /* of a stamp */
  gpointer shown;   /* hidden: whose text is lent */
  gpointer set;     /* hidden: likewise */
} WaterfallCell;

/** WaterfallLine: one line of the table */
typedef struct {
  BelfryRecord record;
  GPtrArray *cells; /* (element-type WaterfallCell) */
} WaterfallLine;

/* (element-type WaterfallLine); @now and @utc_offset in seconds */
GPtrArray *waterfall_table_to_lines (WaterfallTable *table,
                                     ViewsFleet *fleet,
                                     gint64 now,
                                     gint64 utc_offset) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full): a WaterfallCell */
gpointer waterfall_step_to_cell (ViewsFleet *fleet, WaterfallItem *item) G_GNUC_WARN_UNUSED_RESULT;
