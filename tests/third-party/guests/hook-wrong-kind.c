/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view that calls itself a hook. */
#include <belfry-plugin.h>

BELFRY_DEFINE_VIEW (.name = "wrong-kind", .summary = "Is somewhere else", .instance_size = 1, );
