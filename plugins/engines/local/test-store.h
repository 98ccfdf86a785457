/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the two files of the tests' host. */
#pragma once

#include "test-host.h"

typedef struct {
  BelfryReader reader;
  FakeStore *store;
} FakeReader;

extern const BelfryReaderOps fake_reader_ops;

gboolean fake_store_apply (FakeStore *self, BelfryTransaction *transaction, GError **error);
void fake_store_append_log (FakeStore *self, gint64 logid, GBytes *lines);
