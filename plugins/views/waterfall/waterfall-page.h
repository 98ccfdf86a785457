/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of the waterfall's pages. */
#pragma once

#include "views.h"

/** WaterfallOptions: of the view */
typedef struct {
  gint64 num_events;
  gint64 num_events_max;
  gboolean show_events;
} WaterfallOptions;

JsonObject *waterfall_page_to_json (const WaterfallOptions *options,
                                    BelfryForm *form,
                                    BelfryReader *reader,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *waterfall_help_to_json (const WaterfallOptions *options,
                                    BelfryForm *form,
                                    BelfryReader *reader,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
