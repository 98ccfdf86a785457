/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a delivery happens on the writer thread: known before, stored now, or both. */
#pragma once

#include "store/store.h"

/**
 * BelfryAcceptance: one verified and translated request on its way into the store
 */
typedef struct {
  BelfryDelivery *delivery;
  GPtrArray *changes;     /* (nullable) (element-type BelfryChange) */
  const BelfryHook *hook; /* with request */
  BelfryRequest *request; /* (nullable) until the writer has seen it */
  gboolean keep_raw;
  char *raw;      /* (nullable) the request as JSON, without what must not be kept */
  GBytes *body;   /* (nullable) with raw */
  char **secrets; /* (nullable) what must not stand in either */
  gint64 dedupe_window_us;
  gboolean by_digest; /* whether requests are known by their content too */
  gint64 completes;   /* BELFRY_NONE, or the pending delivery that these changes complete */
  /* results */
  gint64 first_delivery; /* of a duplicate: what it repeats; else 0 */
  gint64 known_change;   /* a change that came by another road before; else 0 */
  gboolean conflict;     /* a known id with another body */
  guint stored;
} BelfryAcceptance;

void belfry_acceptance_free (BelfryAcceptance *self);
/* BelfryWriteFunc over a BelfryAcceptance; all of it or nothing. */
gboolean belfry_acceptance_store (BelfryWriter *writer, gpointer data, GError **error);
