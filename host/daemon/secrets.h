/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resolves references to secrets: systemd credentials, libsecret, files, the environment. libsecret
 * is asked by a helper process, because a damaged keyring ends the process that reads it. Main
 * loop.
 */
#pragma once

#include "belfry-plugin.h"

/* The task returns a boolean; errors name the reference, never the value. */
void belfry_secrets_resolve (BelfrySecret *secret, GTask *task);
/* Whether all can be had at once, without waiting: literals, plain texts, environment. */
gboolean belfry_secrets_resolve_at_once (BelfrySecret *secret);
/* Has the helper `lookup`, `store` (@input: the value), `clear` or `list`; the task returns a
 * BelfryProcessResult. @name: (nullable) for `list` */
void belfry_secrets_ask_service (const char *verb, const char *name, GBytes *input, GTask *task);
/* (transfer full): why the helper ended with another status than 0 */
char *belfry_secrets_dup_refusal (const BelfryProcessResult *ended);
