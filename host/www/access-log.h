/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* http.log: who asked for what, and what came of it; see access-log.c. */
#pragma once

#include "www/www-keys.h"

#include <libsoup/soup.h>

typedef struct _BelfryAccessLog BelfryAccessLog;

BelfryAccessLog *belfry_access_log_new (void);
/* Writes what is left. */
void belfry_access_log_free (BelfryAccessLog *self);
/* Begins anew with these keys; the same file is opened again, as it may have been moved away.
 * @keys: (nullable): no log. */
void belfry_access_log_configure (BelfryAccessLog *self,
                                  const BelfryWwwKeys *keys,
                                  const char *state_directory);
/* Counts what goes out from here on. */
void belfry_access_log_watch (BelfryAccessLog *self, SoupServerMessage *msg);
/* @client: (nullable): after proxies; @user: (nullable) */
void belfry_access_log_note (BelfryAccessLog *self,
                             SoupServerMessage *msg,
                             const char *client,
                             const char *user);
/* (transfer full): @text with what is secret in its query and before its host as `***` */
char *belfry_access_log_censor (const char *text);
