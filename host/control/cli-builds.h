/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subcommands about builds and who runs them. */
#pragma once

int belfry_cli_builds (int argc, char **argv);
int belfry_cli_fleet (int argc, char **argv);
int belfry_cli_control (int argc, char **argv);
int belfry_cli_shutdown (int argc, char **argv);
