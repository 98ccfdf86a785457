/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate between instances and the transport: a request whose bucket waits is not sent, what an
 * answer says of limits is kept, and who wants to see what an instance asks is shown it.
 */
#pragma once

#include "daemon/masks.h"
#include "outbox/buckets.h"

/* Sends for good: the task returns a BelfryHttpAnswer. */
typedef void (*BelfryGateSend) (BelfryHttpRequest *request, GTask *task, gpointer data);

/**
 * BelfryGate: where requests go
 * @buckets: (nullable): none waits
 * @masks: (nullable): what must not be seen in a trace
 */
typedef struct {
  BelfryBuckets *buckets;
  BelfryMasks *masks;
  BelfryGateSend send;
  gpointer data;
} BelfryGate;

/* Takes the task, which returns a BelfryHttpAnswer; RETRY where it has to wait. */
void belfry_gate_send (const BelfryGate *self,
                       BelfryHosted *hosted,
                       BelfryHttpRequest *request,
                       GTask *task);

/* What `belfry test` and `belfry try` show of a request: `what` (method and address), `headers`
 * (lines), `body`; secrets and what bears one are masked. */
JsonObject *belfry_gate_describe (BelfryHttpRequest *request,
                                  BelfryMasks *masks) G_GNUC_WARN_UNUSED_RESULT;
