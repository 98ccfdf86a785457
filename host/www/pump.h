/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A body too large to hold: pieces are fetched as the client takes them. Main loop. */
#pragma once

#include "www/www-private.h"

typedef struct _BelfryPump BelfryPump;

/**
 * BelfryPumpOps: where the pieces come from
 * @next: the task returns GBytes (empty: nothing yet, see belfry_pump_wake ()), or NULL: that was
 * all
 * @ended: nobody will ask any more
 */
typedef struct {
  void (*next) (gpointer data, GTask *task);
  void (*ended) (gpointer data);
} BelfryPumpOps;

/* The exchange has begun. Ends by itself; @ops->ended is the last thing that happens. */
BelfryPump *belfry_pump_start (BelfryExchange *exchange, const BelfryPumpOps *ops, gpointer data);
/* There may be something now. */
void belfry_pump_wake (BelfryPump *self);
