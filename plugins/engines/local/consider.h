/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a scheduler does with a change, decided in one place: with somebody listening it is an
 * explanation, without it is the decision.
 */
#pragma once

#include "local.h"

/** LocalSighting: one change while schedulers look at it */
typedef struct {
  BelfryChange *change;
  const char *normalized; /* its repository, as repositories are compared */
} LocalSighting;

/** LocalVerdict: what becomes of a change at one scheduler */
typedef enum {
  LOCAL_VERDICT_REFUSED,     /* not its business */
  LOCAL_VERDICT_UNIMPORTANT, /* its business, but no reason for anything */
  LOCAL_VERDICT_WAITS,       /* unimportant: goes along with the next important one */
  LOCAL_VERDICT_TIMED,       /* important: kept until a timer or a moment is due */
  LOCAL_VERDICT_BUILDS,
} LocalVerdict;

/* @explanation: (nullable): gets a rule for all that was asked */
LocalVerdict local_scheduler_consider (Local *self,
                                       const LocalScheduler *scheduler,
                                       const LocalSighting *sighting,
                                       JsonObject *explanation);
JsonObject *local_explain_change (gpointer self, BelfryChange *change);
