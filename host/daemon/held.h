/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that wait for their hook to have started. Main loop. */
#pragma once

#include "daemon/host.h"

/* As belfry_deliveries_receive (), perhaps a little later. */
void belfry_held_receive (BelfryHost *host, const char *name, BelfryRequest *request, GTask *task);
/* Hands on what waits for nothing any more; to be called whenever an instance has changed. */
void belfry_held_release (BelfryHost *host);
