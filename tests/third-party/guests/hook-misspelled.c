/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its descriptor holds bytes that are no text. */
#include <belfry-plugin.h>

BELFRY_DEFINE_HOOK (.name = "misspelled", .summary = "Says \xff\xfe", .instance_size = 1, );
