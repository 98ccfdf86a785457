/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the harness share. */
#pragma once

#include "belfry-test.h"

#include "outside/transport.h"

/* sections.c: a section's text, read as the host reads it */

typedef struct {
  const BelfryPlugin *plugin;
  GPtrArray *sections; /* (element-type BelfrySection): the instance's own first */
  GPtrArray *made;     /* (element-type GPtrArray): what expanding made of owned ones */
  GHashTable *owned;   /* kind → array of BelfryOwnedSection */
  BelfryProblems *problems;
  gpointer state;
} BelfryTestSections;

/* @url: stands for $URL; asked for only where it is there */
void belfry_test_sections_read (BelfryTestSections *self,
                                const BelfryPlugin *plugin,
                                const char *keys,
                                const char *url);
void belfry_test_sections_clear (BelfryTestSections *self);
char *belfry_test_sections_dup_problems (BelfryTestSections *self);
void belfry_test_sections_visit_secrets (BelfryTestSections *self, GFunc visit, gpointer data);

/* load.c: from KIND/NAME or a path; ends the program where there is no such plugin */
const BelfryPlugin *belfry_test_load (const char *plugin);

/* service.c */

typedef struct _BelfryTestService BelfryTestService;

BelfryTestService *belfry_test_service_new (void);
/* Fails where an expected request never came. */
void belfry_test_service_free (BelfryTestService *self);
const char *belfry_test_service_get_url (BelfryTestService *self);
void belfry_test_service_expect (BelfryTestService *self, const BelfryTestExchange *exchange);
void belfry_test_service_answer (BelfryTestService *self, const BelfryTestExchange *exchange);
guint belfry_test_service_get_waiting (BelfryTestService *self);
GPtrArray *belfry_test_service_get_asked (BelfryTestService *self);
/* What the next request will be answered with. */
BelfryTestFault belfry_test_service_get_fault (BelfryTestService *self);

/* lines.c */

/* A request as lines, one a field, so that two can be compared line by line. (transfer full) */
char *belfry_test_lines_make (const char *method,
                              const char *target,
                              GPtrArray *headers,
                              const char *body);
/* Fails with the first line that differs. */
void belfry_test_lines_compare (const char *wanted, const char *got);
/* ' becomes " (transfer full) */
char *belfry_test_dup_json (const char *text);

/* ops.c */
extern const BelfryHostOps belfry_test_ops;
/* What belfry_secret_resolve_async () does, at once. */
gboolean belfry_test_resolve_secret (BelfrySecret *secret, GError **error);

/* store.c */
gboolean belfry_test_store_apply (BelfryTestStore *self,
                                  BelfryTransaction *transaction,
                                  GPtrArray *said,
                                  GError **error);
gint64 belfry_test_store_next_id (BelfryTestStore *self);
gint64
belfry_test_store_name_id (BelfryTestStore *self, const BelfryRecordType *type, const char *name);
gint64 belfry_test_store_next_number (BelfryTestStore *self, gint64 builderid);
void belfry_test_store_append_log (BelfryTestStore *self, gint64 logid, GBytes *lines);
gint64 belfry_test_store_count_lines (BelfryTestStore *self, gint64 logid);

/* test.c */

struct _BelfryTest {
  const BelfryPlugin *plugin;
  BelfryHook hook; /* of a hook: as the section's options decide it */
  BelfryTestSections sections;
  BelfryInstance *instance;
  gboolean started;
  gboolean clock_is_set;
  GCancellable *cancellable;
  BelfryTestService *service; /* (nullable) made when it is first needed */
  BelfryTransport *transport; /* (nullable) so is this */
  BelfryTestStore *store;     /* (nullable) and this */
  char *origin;               /* (nullable) */
  char *folder;               /* (nullable) the state directory */
  GString *log;               /* a line a message */
  GHashTable *cache;          /* key → JsonNode */
  GHashTable *host_values;    /* key → text */
  gint64 pace_us;
  BelfryTargets *targets;           /* (nullable) */
  GPtrArray *changes;               /* (element-type BelfryChange) that a poller found */
  JsonNode *poll_state;             /* (nullable) */
  const BelfryTestProgram *program; /* (nullable) instead of real ones */
  GPtrArray *programs;              /* (element-type utf8) that were run */
  GPtrArray *said;                  /* (element-type utf8) by an engine */
  GPtrArray *heard;                 /* (element-type JsonObject) by a bot */
};

BelfryTestService *belfry_test_get_service (BelfryTest *self);
BelfryTransport *belfry_test_get_transport (BelfryTest *self);
/* Ends the program where its plugin is of another kind. */
gconstpointer belfry_test_get_plugin_of (BelfryTest *self, BelfryKind kind);
/* For calls that make their task themselves: hand belfry_test_on_done () and the address. */
void belfry_test_on_done (GObject *source, GAsyncResult *result, gpointer done);
GAsyncResult *belfry_test_await (BelfryTest *self, GAsyncResult **done);
