/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of hooks: a hook's built .so with a section of its own, requests in, translations out,
 * and a forge's API that answers strictly what it was told to. The hook is loaded as the host would
 * load it, from BELFRY_PLUGIN_PATH.
 */
#pragma once

#include <belfry-plugin.h>

/** BELFRY_HOOK_TEST_API: address of the API as sections name it */
#define BELFRY_HOOK_TEST_API "https://api.example"

typedef struct _BelfryHookTest BelfryHookTest;

/* @keys: (nullable): lines of KEY=VALUE; an error in them fails the test */
BelfryHookTest *belfry_hook_test_new (const char *name, const char *keys);
void belfry_hook_test_free (BelfryHookTest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryHookTest, belfry_hook_test_free)
/* What reading and checking a section finds, a line each: "error KEY: MESSAGE". (transfer full) */
char *belfry_hook_test_dup_problems (const char *name, const char *keys);
/* The descriptor as the section's options decide it. */
const BelfryHook *belfry_hook_test_get_plugin (BelfryHookTest *self);

/* the forge's API: what it answers; what has no answer is 404 */
void
belfry_hook_test_answer (BelfryHookTest *self, const char *path, guint status, const char *body);
/* The Link header of that answer. */
void belfry_hook_test_set_link (BelfryHookTest *self, const char *path, const char *link);
/* From now on every request fails with this error, as if nobody were there. */
void belfry_hook_test_break (BelfryHookTest *self, int code);
/* "GET PATH AUTHORIZATION", one a request, in order. (transfer none) (element-type utf8) */
GPtrArray *belfry_hook_test_get_asked (BelfryHookTest *self);

/* A POST; @headers: lines of NAME: VALUE. */
BelfryRequest *
belfry_hook_test_post (const char *path_query, const char *headers, const char *body);
/* A payload, in which ' stands for ", with one value put in at a dotted path, or taken out where
 * @json is NULL; a list's segment of the path means its first element. (transfer full) */
char *belfry_hook_test_edit (const char *payload, const char *path, const char *json);
/* The same of any method, with a body of any bytes. */
BelfryRequest *belfry_hook_test_request (const char *method,
                                         const char *path_query,
                                         const char *headers,
                                         GBytes *body);
BelfryTranslation *belfry_hook_test_translate (BelfryHookTest *self, BelfryRequest *request);
/* Translates, and asks the API where the meaning is pending. NULL with @error: no answer came. */
BelfryTranslation *
belfry_hook_test_settle (BelfryHookTest *self, BelfryRequest *request, GError **error);
/* What becomes of something pending for which no answer ever came. */
BelfryTranslation *belfry_hook_test_give_up (BelfryHookTest *self, BelfryTranslation *pending);
/* Only change of a translation that must hold one. (transfer none) */
BelfryChange *belfry_hook_test_only_change (BelfryTranslation *translation);

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
void belfry_hook_test_check_sane (BelfryHookTest *self, BelfryTranslation *translation);
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

/* Adds a test for each file of @folder: one recorded request with what must come of it. */
void belfry_hook_test_add_vectors (const char *name, const char *folder);
/* The request of such a file. @keys: (out) (optional) (transfer full): its section's lines */
BelfryRequest *
belfry_hook_test_read_recorded (const char *hook, const char *path, char **keys, GError **error);
