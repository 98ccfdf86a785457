/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands pollers, poll and forget. */
#pragma once

#include "belfry-plugin.h"

int belfry_pollers_main (int argc, char **argv);
int belfry_poll_main (int argc, char **argv);
int belfry_forget_main (int argc, char **argv);
/* A line for each whose last poll failed. @pollers: (nullable): as the daemon tells of them. */
void belfry_pollers_print_failing (JsonArray *pollers);
