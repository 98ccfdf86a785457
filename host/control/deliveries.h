/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry deliveries` and `belfry replay`. Exit codes: 0 done, 1 failure, 2 usage. */
#pragma once

#include "ask.h"
#include "config/config.h"

int belfry_deliveries_main (int argc, char **argv);
int belfry_replay_main (int argc, char **argv);
/* What another configuration makes of a request, as `belfry_explanation_new ()`: its hook of that
 * name translates it, its engines look at the changes; nothing is started. @request: as
 * belfry_request_to_json () */
JsonObject *belfry_replay_against (BelfryConfig *config,
                                   JsonObject *delivery,
                                   JsonObject *request,
                                   GError **error);
/* What the engines of a configuration, which are not started, would do with a change. */
JsonObject *belfry_foresee_change (BelfryConfig *config, BelfryChange *change);
