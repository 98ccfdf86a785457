/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has forgotten what a hook is for. */
#include <belfry-plugin.h>

BELFRY_DEFINE_HOOK (.name = "idle", .summary = "Does nothing at all", .instance_size = 1, );
