/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the control socket understands: a table of commands. */
#pragma once

#include "daemon/host.h"

/* @arguments holds `command` and what it takes; the task returns a JsonNode, an object with `ok`.
 */
void belfry_commands_run (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
