/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "accept.h"
#include "deliveries.h"
#include "hook-keys.h"
#include "refusals.h"
#include "tarpit.h"

/* the reason of a refusal that no signature was asked for */
#define BELFRY_REASON_PASSWORD "user or password missing or wrong"

struct _BelfryDeliveries {
  BelfryStore *store;
  BelfryConfig *config;
  BelfryRefusals *refusals;
  BelfryTarpit *tarpit; /* NULL: stopping */
  GHashTable *hooks;    /* name → BelfryHosted */
  GHashTable *waiting;  /* deliveryid → Pending */
  GCancellable *cancellable;
  GHashTable *generations; /* hook names whose older secret matched, told once */
  BelfryPollFunc poll;     /* (nullable) */
  gpointer poll_data;
  BelfryMetrics *metrics; /* (nullable) (not owned) */
  gboolean stopping;
};

/* Fills in what a translation cannot know: origin, time of receipt, codebase, defaults. */
void belfry_deliveries_complete_change (BelfryDeliveries *self,
                                        BelfryHosted *hook,
                                        BelfryChange *change,
                                        gint64 received_at);
/* The rest of a delivery's way, from its translation on; the task returns a BelfryResponse. */
void belfry_deliveries_repeat (BelfryDeliveries *self,
                               BelfryHosted *hook,
                               BelfryDelivery *first,
                               BelfryRequest *request,
                               GTask *task);
/* What a row says of each kind of translation. */
const char *belfry_deliveries_get_outcome (BelfryTranslationKind kind);
/* pending.c: asks the forge about a stored delivery, until it answers or ten minutes are over. */
void belfry_pending_add (BelfryDeliveries *self, BelfryDelivery *delivery);
void belfry_pending_resume (BelfryDeliveries *self);
void belfry_pending_free (gpointer pending);
