/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket: a Unix socket in the runtime directory, for its owner only; one JSON object a
 * line asks, one answers. Commands are rows of a table (commands.c).
 */
#pragma once

#include "daemon/host.h"

BelfryControlServer *belfry_control_server_new (BelfryHost *host, GError **error);
void belfry_control_server_stop (BelfryControlServer *self);
void belfry_control_server_free (BelfryControlServer *self);
/* (transfer full) */
char *belfry_control_socket_path (const char *runtime_directory);
