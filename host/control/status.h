/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry status` and `belfry reload`: the daemon as it runs. */
#pragma once

int belfry_status_main (int argc, char **argv);
int belfry_reload_main (int argc, char **argv);
