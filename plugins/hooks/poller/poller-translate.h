/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part of the poller hook: one request to the pollers that it means. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  char **allowed; /* (nullable): all */
} BelfryPollerHook;

BelfryTranslation *belfry_poller_translate (const BelfryPollerHook *self, BelfryRequest *request);
