/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files with secrets, written by an administrator for the daemon: whole, durable, nobody else's. */
#pragma once

#include "belfry-plugin.h"

#include <sys/stat.h>

/** BELFRY_DAEMON_USER: who runs the daemon where root installed it */
#define BELFRY_DAEMON_USER "belfry"

/* A new file that the daemon's user owns, where root writes it and there is such a user. It is an
 * error if the name is taken. */
gboolean belfry_private_file_create (const char *path, const char *text, GError **error);
/* The same, owned by whoever writes it; the daemon's group may have what @mode gives it. */
gboolean
belfry_shared_file_create (const char *path, const char *text, mode_t mode, GError **error);
/* In place of what is there: the owner stays, and what others may do does not. */
gboolean belfry_private_file_replace (const char *path, const char *text, GError **error);
/* Those that are missing are made so that the daemon's group may enter them. */
gboolean belfry_shared_folder_create (const char *path, GError **error);
