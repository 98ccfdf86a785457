/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry complete`: what may come next on a command line, for the shells. */
#pragma once

/* belfry complete -- WORD…: words behind `belfry`, the last of which is being typed. Prints one
 * candidate a line, behind a tab what it means; or `:files`, where the shell knows better. */
int belfry_complete_main (int argc, char **argv);
