/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library like any other. */
#include <belfry-plugin.h>

BELFRY_API const int some_number;
const int some_number = 7;
