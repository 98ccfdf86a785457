/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subcommands about builds and who runs them. */
#pragma once

#include "ask.h"

/* BUILDER/NUMBER to an id. FALSE: said why, and @exit_code is set. */
gboolean belfry_cli_find_build (const BelfryAsk *ask, const char *text, gint64 *id, int *exit_code);
int belfry_cli_builds (int argc, char **argv);
int belfry_cli_fleet (int argc, char **argv);
int belfry_cli_control (int argc, char **argv);
int belfry_cli_shutdown (int argc, char **argv);
