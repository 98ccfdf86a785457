/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part of the googlecode hook: its options, and one request to its changes. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  char *branch;
} BelfryGooglecode;

BelfryTranslation *belfry_googlecode_translate (const BelfryGooglecode *self,
                                                BelfryRequest *request);
