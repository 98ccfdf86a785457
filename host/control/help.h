/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `belfry --help`, `belfry help COMMAND` and `belfry COMMAND --help` print. */
#pragma once

#include "cli.h"

#include <stdio.h>

void belfry_help_print_all (FILE *to);
void belfry_help_print (FILE *to, const BelfrySubcommand *command);
