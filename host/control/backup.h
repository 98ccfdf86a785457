/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry backup`: what is stored, copied while the daemon works. */
#pragma once

#include "daemon/host.h"

int belfry_backup_main (int argc, char **argv);
/* In the daemon: a row of its commands. */
void belfry_command_backup (BelfryHost *host, JsonObject *arguments, const char *who, GTask *task);
