/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part of the gitorious hook: one request to its changes. */
#pragma once

#include <belfry-plugin.h>

BelfryTranslation *belfry_gitorious_translate (BelfryRequest *request);
