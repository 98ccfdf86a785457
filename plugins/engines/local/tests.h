/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test results: what JUnit XML, TAP and subunit say (§14.6 of the engine's page). Any thread. */
#pragma once

#include <belfry-plugin.h>

#define LOCAL_TESTS_MAX 50000

typedef enum {
  LOCAL_TEST_PASSED,
  LOCAL_TEST_FAILED,
  LOCAL_TEST_ERROR,
  LOCAL_TEST_SKIPPED,
  LOCAL_TEST_TODO,
  LOCAL_N_TEST_RESULTS,
} LocalTestResult;

/** LocalTest: one result */
typedef struct {
  char *name;
  LocalTestResult result;
  gint64 duration_ms; /* BELFRY_NONE: not said */
  GString *message;
  GString *output;
} LocalTest;

/** LocalTests: all of a step */
typedef struct {
  GPtrArray *list;   /* (element-type LocalTest) at most LOCAL_TESTS_MAX */
  GHashTable *names; /* given so far, to how often */
  gint64 counts[LOCAL_N_TEST_RESULTS];
  gint64 duration_ms;
  gboolean broken_plan; /* plan not met, or bail-out */
  gboolean cut;         /* more were there */
} LocalTests;

LocalTests *local_tests_new (void);
void local_tests_free (LocalTests *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalTests, local_tests_free)
gint64 local_tests_total (const LocalTests *self);
LocalTest *local_test_new (const char *name);
void local_test_free (LocalTest *self);
void local_test_append (GString *text, const char *bytes, gsize n_bytes);
/* Takes @test; a name that was given before gets `.2`. */
void local_tests_add (LocalTests *self, LocalTest *test);
const char *local_test_result_name (LocalTestResult result);

typedef gboolean (*LocalTestsRead) (LocalTests *self,
                                    const char *text,
                                    gsize n_bytes,
                                    GError **error);

/* @format: `junit`, or with a colon and more behind; NULL: it is none */
LocalTestsRead local_tests_find_reader (const char *format);
gboolean local_tests_read_junit (LocalTests *self, const char *text, gsize n_bytes, GError **error);
gboolean local_tests_read_tap (LocalTests *self, const char *text, gsize n_bytes, GError **error);
gboolean
local_tests_read_subunit (LocalTests *self, const char *text, gsize n_bytes, GError **error);
