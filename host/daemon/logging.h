/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the host's log goes: the journal with fields, or lines on standard error. */
#pragma once

#include "daemon/masks.h"

#include <glib.h>

/* @threshold: the most talkative level that is shown. */
void belfry_logging_start (GLogLevelFlags threshold);
/* What no line may show, whoever wrote it; NULL: nothing. They outlive all logging. */
void belfry_logging_set_masks (BelfryMasks *masks);
void belfry_logging_set_threshold (GLogLevelFlags threshold);
