/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry inspect`: plugins and their options. */
#pragma once

/* Exit codes: 0 done, 1 no such plugin or a broken one, 2 usage. */
int belfry_inspect_main (int argc, char **argv);
