/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry test PLUGIN`: whether a plugin does what a host relies on. */
#pragma once

/* argv[1] is a path of a .so, or KIND/NAME. Prints TAP. */
int belfry_test_plugin_main (int argc, char **argv);
