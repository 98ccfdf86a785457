/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the built engine begin and end with. */
#pragma once

#include "test-host.h"

typedef struct {
  char *folder;
  FakeStore *store;
  FakeHost *host;
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
void fixture_tear_down (Fixture *self, gconstpointer data);
void fixture_begin (Fixture *self, const char *configuration);
void fixture_end (Fixture *self);
gint64 fixture_force_with (Fixture *self, const char *builder, JsonObject *arguments);
gint64 fixture_force (Fixture *self, const char *builder);
BelfryBuild *fixture_build (Fixture *self, const char *configuration);
char *fixture_log (Fixture *self, const char *step);
/* (transfer full): what a shell prints in the fixture's folder; it must succeed */
char *fixture_shell (Fixture *self, const char *script, ...) G_GNUC_PRINTF (2, 3);
void fixture_assert_has (const char *text, const char *words);

#define FIXTURE_ADD(path, data, func)                                                              \
  g_test_add ("/engine-local/" path, Fixture, data, fixture_set_up, func, fixture_tear_down)
