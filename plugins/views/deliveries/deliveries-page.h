/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of the pages of deliveries. */
#pragma once

#include "views.h"

/** DeliveriesOptions: of the view */
typedef struct {
  gint64 per_page;
} DeliveriesOptions;

/* NULL with MALFORMED: `since` is no time. */
JsonObject *deliveries_list_to_json (const DeliveriesOptions *options,
                                     BelfryForm *form,
                                     BelfryReader *reader,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *deliveries_delivery_to_json (BelfryDelivery *delivery,
                                         BelfryReader *reader,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
