/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: a store in a folder of its own, and waiting for what it does. */
#pragma once

#include "store/store.h"

typedef struct {
  char *directory;
  BelfryStore *store;
  GPtrArray *events; /* (element-type BelfryEvent) told so far */
} StoreFixture;

void store_fixture_set_up (StoreFixture *self, gconstpointer data);
void store_fixture_tear_down (StoreFixture *self, gconstpointer data);
/* Opens, or opens again after closing. */
void store_fixture_open (StoreFixture *self);
void store_fixture_close (StoreFixture *self);
/* Runs the main loop until the write is answered. */
gboolean
store_fixture_write (StoreFixture *self, BelfryWriteFunc func, gpointer data, GError **error);
gboolean store_fixture_read (StoreFixture *self,
                             const BelfryReaderView *view,
                             BelfryReadFunc func,
                             gpointer data,
                             GError **error);
void store_fixture_flush (StoreFixture *self);
/* Runs the main loop until @done says so, at most 30 s. */
void store_fixture_wait (gboolean (*done) (gpointer data), gpointer data);
void store_fixture_remove_folder (const char *path);
