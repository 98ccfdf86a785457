/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /metrics: the registry, who counts into it, and what is asked for when somebody looks. */
#pragma once

#include "daemon/host.h"

/* Once, when store, bus, outbox, deliveries and web server are there; the rooms count from here on.
 */
BelfryHostMetrics *belfry_host_metrics_new (BelfryHost *host);
void belfry_host_metrics_free (BelfryHostMetrics *self);
/* As BelfryWwwOps.metrics */
void belfry_host_metrics_tell (BelfryHostMetrics *self, GTask *task);
/* A configuration came into force: looks up its token. */
void belfry_host_metrics_apply (BelfryHostMetrics *self);
void belfry_host_metrics_add_log_bytes (BelfryHostMetrics *self, gsize bytes);
