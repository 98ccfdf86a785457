/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shutdown that lets running builds end. */
#pragma once

#include "host.h"

void
belfry_shutdown_answered (BelfryHost *self, const char *action, const BelfryControlAnswer *answer);
void belfry_shutdown_build_ended (BelfryHost *self);
