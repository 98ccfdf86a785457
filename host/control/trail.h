/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked for through the control socket, in the audit trail. */
#pragma once

#include "daemon/host.h"

/* A task for a command that returns a JsonNode, an object with `ok`: its end is written down and
 * passed on to @task, which it takes. @action: (nullable): the arguments' own `action`. */
GTask *belfry_trail_begin (
    BelfryHost *host, JsonObject *arguments, const char *action, const char *who, GTask *task);
