/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry test PLUGIN`: whether a plugin does what a host relies on. */
#pragma once

/* argv[1] is a path of a .so, or KIND/NAME. Prints TAP. */
int belfry_test_plugin_main (int argc, char **argv);
/* The file of KIND/NAME, or the path of a .so as it is; what is wrong is said. (transfer full)
 * (nullable) */
char *belfry_test_plugin_find (const char *word);
