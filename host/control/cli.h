/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: a table of subcommands, which also makes --help, the manual page and the
 * shells' completion. */
#pragma once

#include "belfry-plugin.h"

/**
 * BelfrySubcommand: one row
 * @usage: what it takes, in the grammar of usage.h
 * @summary: (nullable): for people; NULL: programs only call it
 */
typedef struct {
  const char *name;
  const char *usage;
  const char *summary;
  int (*run) (int argc, char **argv);
} BelfrySubcommand;

const BelfrySubcommand *belfry_subcommands_get (guint *count);
/* (nullable) */
const BelfrySubcommand *belfry_subcommand_find (const char *name);
/* Exit codes: 0 done, 1 failure, 2 usage, 78 configuration. */
int belfry_cli_main (int argc, char **argv);
