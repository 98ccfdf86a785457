/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "accept.h"
#include "deliveries.h"
#include "hook-keys.h"
#include "refusals.h"

struct _BelfryDeliveries {
  BelfryStore *store;
  BelfryConfig *config;
  BelfryRefusals *refusals;
  GHashTable *hooks;   /* name → BelfryHosted */
  GHashTable *waiting; /* deliveryid → Pending */
  GCancellable *cancellable;
  GHashTable *generations; /* hook names whose older secret matched, told once */
  BelfryPollFunc poll;     /* (nullable) */
  gpointer poll_data;
  gboolean stopping;
};

/* Fills in what a translation cannot know: origin, time of receipt, codebase, defaults. */
void belfry_deliveries_complete_change (BelfryDeliveries *self,
                                        BelfryHosted *hook,
                                        BelfryChange *change,
                                        gint64 received_at);
/* pending.c: asks the forge about a stored delivery, until it answers or ten minutes are over. */
void belfry_pending_add (BelfryDeliveries *self, BelfryDelivery *delivery);
void belfry_pending_resume (BelfryDeliveries *self);
void belfry_pending_free (gpointer pending);
