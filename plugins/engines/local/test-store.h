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

/* test-grammar.c */
void fake_grammar_check (FakeStore *store, const BelfryOperation *operation);
void fake_grammar_check_log (FakeStore *store, gint64 logid);
void fake_grammar_check_requests (FakeStore *store, BelfryTransaction *transaction);
void fake_grammar_check_rest (FakeStore *store);
