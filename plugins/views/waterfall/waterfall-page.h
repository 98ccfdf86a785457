/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waterfall's pages. */
#pragma once

#include "views.h"

/** WaterfallOptions: of the view */
typedef struct {
  gint64 num_events;
  gint64 num_events_max;
  gboolean show_events;
} WaterfallOptions;

BelfryResponse *waterfall_draw_page (const WaterfallOptions *options,
                                     BelfryForm *form,
                                     BelfryReader *reader,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
BelfryResponse *waterfall_draw_help (const WaterfallOptions *options,
                                     BelfryForm *form,
                                     BelfryReader *reader,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
