/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trail of who asked for what, whichever way the wish came. */
#pragma once

#include "store/store.h"

/**
 * BelfryAudit: one thing that somebody asked for; borrowed
 * @who: user
 * @by: the way it came
 * @action: what
 * @target: of what
 * @outcome: what came of it
 */
typedef struct {
  const char *who;
  const char *by;
  const char *action;
  const char *target;
  const char *outcome;
} BelfryAudit;

/* Writes it down with the time; says it in the log. */
void belfry_audit_write (BelfryStore *store, const BelfryAudit *audit);
