/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <belfry-plugin.h>

/* One form to one change; pure. (transfer full) */
BelfryTranslation *belfry_base_translate (BelfryRequest *request);
