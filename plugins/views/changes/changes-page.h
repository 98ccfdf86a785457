/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of the pages of changes. */
#pragma once

#include "views.h"

/** ChangesOptions: of the view */
typedef struct {
  gint64 per_page;
} ChangesOptions;

JsonObject *changes_list_to_json (const ChangesOptions *options,
                                  BelfryForm *form,
                                  BelfryReader *reader,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *changes_change_to_json (BelfryChange *change,
                                    BelfryReader *reader,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
