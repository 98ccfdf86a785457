/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outbox's commands of the control socket; each task returns a JsonNode, an object with `ok`.
 */
#pragma once

#include "daemon/host.h"

/* `state`, `since`: up to some hundred rows of that state after that number, and `more` */
void belfry_command_outbox (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
/* `names`: of a configuration's reporters; `lines`: a sentence for each other one that rows wait
 * for
 */
void belfry_command_orphans (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
/* `ids`: list of [first, last] */
void
belfry_command_redeliver (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
void belfry_command_discard (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
/* `kind`, `name` */
void belfry_command_resume (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
void belfry_command_test (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
