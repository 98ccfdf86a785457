/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a request was signed by who knows the secret. Pure; before anything of the body is read.
 */
#pragma once

#include "hook-keys.h"

/* why strict=true refused what had been taken else */
#define BELFRY_REASON_WEAK "a weaker proof than its forge's best, and strict=true"

/* @generation: which of two secrets matched. FALSE: @reason says why, for the log only. */
gboolean belfry_signature_verify (const BelfryHook *hook,
                                  const BelfryHookKeys *keys,
                                  BelfryRequest *request,
                                  guint *generation,
                                  const char **reason);
/* Whether it has a way to prove a sender that strict=true rules out, and one that it does not. */
gboolean belfry_signature_has_weaker (const BelfryHook *hook);
