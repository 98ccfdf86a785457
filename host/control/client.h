/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a running daemon; blocks, so it is for the command line only. */
#pragma once

#include "belfry-plugin.h"

/* (transfer full) (nullable): the answer, an object with `ok` */
JsonObject *belfry_client_ask (const char *socket_path, JsonObject *question, GError **error);
/* Where the daemon of this configuration (or of none given: the usual one) listens. (transfer full)
 * (nullable) */
char *belfry_client_find_socket (const char *config_path, GError **error);
