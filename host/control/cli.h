/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: a table of subcommands that makes --help too. */
#pragma once

/* Exit codes: 0 done, 1 failure, 2 usage, 78 configuration. */
int belfry_cli_main (int argc, char **argv);
