/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists for the command line. */
#pragma once

#include "daemon/host.h"

/* The command's name in @arguments says of what. Takes @task, which returns a JsonNode. */
void belfry_lists_run (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
