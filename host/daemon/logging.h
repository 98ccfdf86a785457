/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the host's log goes: the journal with fields, or lines on standard error. */
#pragma once

#include "daemon/masks.h"

/* @threshold: the most talkative level that is shown. */
void belfry_logging_start (GLogLevelFlags threshold);
void belfry_logging_set_threshold (GLogLevelFlags threshold);
/* What must not be seen in any message; NULL: nothing, from now on. */
void belfry_logging_set_masks (BelfryMasks *masks);
