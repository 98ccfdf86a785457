/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bitbucket.org sends. */
#pragma once

#include "bitbucket.h"

extern const BelfryBitbucketProduct belfry_bitbucketcloud;
