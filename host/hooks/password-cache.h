/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passwords that were right are remembered for five minutes, so that a forge which posts often does
 * not cost a slow hash each time. Any thread. What is kept is an HMAC under a key that this process
 * made up, over user, password and what is stored for the user: who changes the file is not met by
 * an old answer, and who reads this memory has no password.
 */
#pragma once

#include "belfry-plugin.h"

#define BELFRY_PASSWORD_CACHE_US (G_GINT64_CONSTANT (300) * G_USEC_PER_SEC)

gboolean belfry_password_cache_knows (const char *user, const char *password, const char *stored);
void belfry_password_cache_add (const char *user, const char *password, const char *stored);
