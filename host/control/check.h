/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry check`: everything that is wrong with a configuration. */
#pragma once

/* Exit codes: 0 all is well, 1 an instance would fail, 2 usage, 78 nothing would start. */
int belfry_check_main (int argc, char **argv);
