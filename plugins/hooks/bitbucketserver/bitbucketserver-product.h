/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Bitbucket Server and Data Center send, and their plug-in for webhooks. */
#pragma once

#include "bitbucket.h"

extern const BelfryBitbucketProduct belfry_bitbucketserver;
