/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the two files of the store in memory. */
#pragma once

#include "test-private.h"

struct _BelfryTestStore {
  BelfryReader reader; /* first: a store is told by its reader */
  GPtrArray *records;
  GHashTable *logs;    /* id → GString */
  GHashTable *state;   /* key → JsonNode */
  GHashTable *numbers; /* builder's id → next build number */
  JsonArray *forms;    /* (nullable) */
  JsonObject *info;
  gint64 next_id;
  gboolean allowed;
  guint n_queries;
};

/* (transfer none) (nullable) */
gpointer belfry_test_store_find (BelfryTestStore *self, const BelfryRecordType *type, gint64 id);
