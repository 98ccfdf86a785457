/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of the start page. */
#pragma once

#include "views.h"

JsonObject *
home_page_to_json (gint64 n_builds, BelfryReader *reader, GError **error) G_GNUC_WARN_UNUSED_RESULT;
