/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `belfry try poller|view|engine NAME`, and why there is none for the other kinds. */
int belfry_try_plugin_main (int argc, char **argv);
