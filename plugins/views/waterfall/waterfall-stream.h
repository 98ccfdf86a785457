/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns' streams of events, read from the store no further than the page asks. */
#pragma once

#include "layout.h"
#include "views.h"
#include "waterfall-parts.h"

/** WaterfallWish: what the visitor wants to see, from the query */
typedef struct {
  GPtrArray *branches;   /* (element-type utf8) */
  GPtrArray *categories; /* (element-type utf8) */
  GPtrArray *committers; /* (element-type utf8) */
  GPtrArray *projects;   /* (element-type utf8) */
  gboolean as_list;      /* the page shows builds as they are, not as boxes */
  gboolean show_events;
  gint64 first_time;
  gint64 last_time;
  guint max_rows;
} WaterfallWish;

typedef enum {
  WATERFALL_ITEM_BUILD,
  WATERFALL_ITEM_STEP,
  WATERFALL_ITEM_EVENT,
  WATERFALL_ITEM_CHANGE,
} WaterfallItemKind;

/** WaterfallItem: what a box shows */
typedef struct {
  WaterfallItemKind kind;
  gpointer record;     /* (owned) BelfryBuild, BelfryStep, BelfryBuilderEvent or BelfryChange */
  BelfryBuild *build;  /* (nullable) of a step */
  BelfryBuildset *set; /* (nullable) (unowned) of a build; lives as long as the parts */
  GPtrArray *logs;     /* (nullable) (element-type BelfryLog) of the step's build */
  gboolean has_steps;  /* of a build */
} WaterfallItem;

typedef struct _WaterfallStream WaterfallStream;

/* @parts: lives longer than the stream */
WaterfallStream *waterfall_stream_new_builder (BelfryReader *reader,
                                               const WaterfallWish *wish,
                                               WaterfallParts *parts,
                                               gint64 builderid,
                                               gint64 now);
WaterfallStream *
waterfall_stream_new_changes (BelfryReader *reader, const WaterfallWish *wish, gint64 now);
void waterfall_stream_free (WaterfallStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WaterfallStream, waterfall_stream_free)
gboolean waterfall_stream_next (gpointer stream, WaterfallEvent *event);
gint64 waterfall_stream_get_above (WaterfallStream *self);
gboolean waterfall_stream_was_cut (WaterfallStream *self);
