/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of hooks, beside what belfry-test.h has for all: a forge's API on loopback where only
 * some paths have an answer, variations on one good request, and recorded requests of which it is
 * known what they mean.
 */
#pragma once

#include <belfry-test.h>

/** BELFRY_HOOK_TEST_API: address of the API as sections name it */
#define BELFRY_HOOK_TEST_API "https://api.example"

/* A started hook. What its API is asked and has no answer is 404. */
BelfryTest *belfry_hook_test_new (const char *name, const char *keys);
/* What the API answers to a path. */
void belfry_hook_test_answer (BelfryTest *test, const char *path, guint status, const char *body);
/* From now on all that has no answer fails so. */
void belfry_hook_test_break (BelfryTest *test, BelfryTestFault fault);
/* A POST; @headers: lines of NAME: VALUE. */
BelfryRequest *
belfry_hook_test_post (const char *path_query, const char *headers, const char *body);
/* A payload, in which ' stands for ", with one value put in at a dotted path, or taken out where
 * @json is NULL; a list's segment of the path means its first element. (transfer full) */
char *belfry_hook_test_edit (const char *payload, const char *path, const char *json);

/* hook-cases.c */

/**
 * BelfryHookTestBase: a good request, on which tests play variations
 * @keys: (nullable)
 * @payload: JSON, in which ' stands for "
 * @is_form: the payload is the argument `payload` of a form
 */
typedef struct {
  const char *hook;
  const char *keys;
  const char *path_query;
  const char *headers;
  const char *payload;
  gboolean is_form;
} BelfryHookTestBase;

/** BelfryHookTestEdit: one value put in, or taken out where @json is NULL */
typedef struct {
  const char *path;
  const char *json;
} BelfryHookTestEdit;

/* Whatever came in, what comes out can be stored and answered; anything else ends the program. */
void belfry_hook_test_check_sane (BelfryTest *self, BelfryTranslation *translation);
BelfryTranslation *
belfry_hook_test_play (const BelfryHookTestBase *base, const char *path, const char *json);
/* Each edit by itself gives this kind. */
void belfry_hook_test_expect (const BelfryHookTestBase *base,
                              const BelfryHookTestEdit *edits,
                              guint n_edits,
                              BelfryTranslationKind kind);
/* Every value of the payload in turn is taken out, and is each JSON type: whatever that means, it
 * is an answer. */
void belfry_hook_test_mutate (const BelfryHookTestBase *base);
/* Bodies that are no JSON, or none that could mean anything: each is malformed. */
void belfry_hook_test_hostile (const BelfryHookTestBase *base);
/* A list of 100,000 elements at @path is malformed. */
void belfry_hook_test_many (const BelfryHookTestBase *base, const char *path, const char *element);

/** BelfryHookTestMark: an edit, and whether the change then has a property */
typedef struct {
  const char *path; /* (nullable): the payload as it is */
  const char *json;
  gboolean marked;
} BelfryHookTestMark;

/* Each edit by itself sets this property of the only change, or does not. */
void belfry_hook_test_expect_property (const BelfryHookTestBase *base,
                                       const char *property,
                                       const BelfryHookTestMark *marks,
                                       guint n_marks);

/** BelfryHookTestRow: a test of a hook's own; ends in a row without path */
typedef struct {
  const char *path;
  GTestFunc func;
} BelfryHookTestRow;

/* A test program: the recorded requests of the hook's folder, and @rows. */
int belfry_hook_test_run (int argc, char **argv, const char *hook, const BelfryHookTestRow *rows);
/* Adds a test for each file of @folder: one recorded request with what must come of it. */
void belfry_hook_test_add_vectors (const char *name, const char *folder);
/* The request of such a file. @keys: (out) (optional) (transfer full): its section's lines */
BelfryRequest *
belfry_hook_test_read_recorded (const char *hook, const char *path, char **keys, GError **error);
