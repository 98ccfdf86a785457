/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line that nobody else should see, from a terminal or a pipe. Blocks: for the command line. */
#pragma once

#include "belfry-plugin.h"

/* From a terminal without echo, asked for twice; else the first line of the standard input.
 * (transfer full) (nullable): to be wiped. */
char *belfry_ask_password (const char *prompt, GError **error);
