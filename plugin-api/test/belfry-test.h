/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of plugins, ours and others': a plugin's built .so brought to life as the host would do
 * it, and everything else played: its section is a text, the clock stands where it is set, services
 * are one HTTP server on loopback that knows what will be asked of it, the store is a list of
 * records in memory, and what is logged is kept.
 *
 *   g_autoptr (BelfryTest) test =
 *       belfry_test_new ("reporter/zulip", "endpoint=$URL\ntoken=plain:abcdefgh\n");
 *
 *   belfry_test_check_report (test, "success", &exchange, BELFRY_OUTCOME_DELIVERED, 0);
 *
 * What a plugin does wrong ends the test program with a sentence: a request that nobody expected,
 * one that never came, a section that it refuses, a secret in what would be stored or shown, a call
 * that is not completed within a minute. One thread, the main context.
 */
#pragma once

#include <belfry-plugin.h>

G_BEGIN_DECLS

/**
 * BelfryTest: an instance of a plugin, and the host that it believes in
 */
typedef struct _BelfryTest BelfryTest;

/* life */

BELFRY_API BelfryTest *belfry_test_new (const char *plugin,
                                        const char *keys) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryTest *belfry_test_new_idle (const char *plugin,
                                             const char *keys) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gboolean belfry_test_start (BelfryTest *self, GError **error);
BELFRY_API gboolean belfry_test_stop (BelfryTest *self, GError **error);
BELFRY_API void belfry_test_free (BelfryTest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTest, belfry_test_free)
BELFRY_API char *belfry_test_dup_problems (const char *plugin,
                                           const char *keys) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gconstpointer belfry_test_get_plugin (BelfryTest *self);
BELFRY_API gpointer belfry_test_get_state (BelfryTest *self);
BELFRY_API BelfryInstance *belfry_test_get_instance (BelfryTest *self);
BELFRY_API const char *belfry_test_get_log (BelfryTest *self);
BELFRY_API void belfry_test_forget (BelfryTest *self);
BELFRY_API void belfry_test_set_clock (BelfryTest *self, gint64 now_us);
BELFRY_API void belfry_test_set_host_value (BelfryTest *self, const char *key, const char *value);
BELFRY_API void belfry_test_set_pace (BelfryTest *self, gint64 wait_us);
BELFRY_API GTask *belfry_test_task_new (BelfryTest *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API GCancellable *belfry_test_get_cancellable (BelfryTest *self);
BELFRY_API GTask *belfry_test_wait (BelfryTest *self, GTask *task);

/**
 * BelfryTestCondition:
 * @self: a test
 * @user_data: as given
 *
 * Returns: whether what is waited for has come
 */
typedef gboolean (*BelfryTestCondition) (BelfryTest *self, gpointer user_data);

BELFRY_API void
belfry_test_wait_until (BelfryTest *self, BelfryTestCondition condition, gpointer user_data);

/* the service that it speaks to */

/**
 * BelfryTestFault: how the service fails beyond a status
 * @BELFRY_TEST_FAULT_NONE: it answers
 * @BELFRY_TEST_FAULT_SILENT: it takes the request and says nothing
 * @BELFRY_TEST_FAULT_ENDLESS: its body never ends
 * @BELFRY_TEST_FAULT_CLOSED: it closes the connection without a word
 * @BELFRY_TEST_FAULT_CUT: it closes the connection within its body
 */
typedef enum {
  BELFRY_TEST_FAULT_NONE,
  BELFRY_TEST_FAULT_SILENT,
  BELFRY_TEST_FAULT_ENDLESS,
  BELFRY_TEST_FAULT_CLOSED,
  BELFRY_TEST_FAULT_CUT,
} BelfryTestFault;

/**
 * BelfryTestExchange: one request, compared strictly, and its answer
 * @method: (nullable): %NULL: POST
 * @target: path and query
 * @headers: (nullable): lines of NAME: VALUE; all but those that every client sends (Host,
 * User-Agent, Accept-Encoding, Connection, Content-Length), in any order, * for any text; %NULL:
 * only a Content-Type of JSON
 * @body: (nullable): JSON and forms are compared field by field; in JSON ' stands for "; %NULL:
 * none
 * @status: of the answer; 0: 200
 * @answer_headers: (nullable): lines of NAME: VALUE
 * @answer: (nullable): its body; in one that begins with { or [ and has no " in it, ' stands for "
 * @fault: how it fails, where it does
 */
typedef struct {
  const char *method;
  const char *target;
  const char *headers;
  const char *body;
  guint status;
  const char *answer_headers;
  const char *answer;
  BelfryTestFault fault;
} BelfryTestExchange;

/** BELFRY_TEST_ANY_ORIGIN: every address there is */
#define BELFRY_TEST_ANY_ORIGIN "*"

BELFRY_API const char *belfry_test_get_url (BelfryTest *self);
BELFRY_API void belfry_test_set_origin (BelfryTest *self, const char *origin);
BELFRY_API void belfry_test_expect (BelfryTest *self, const BelfryTestExchange *exchange);
BELFRY_API void belfry_test_answer (BelfryTest *self, const BelfryTestExchange *exchange);
BELFRY_API guint belfry_test_get_waiting (BelfryTest *self);
BELFRY_API GPtrArray *belfry_test_get_asked (BelfryTest *self);

/**
 * BelfryTestProgram: what becomes of every program that it runs
 * @exit_status: 0–255, or -1 for a signal
 * @output: (nullable): what it prints
 * @errors: (nullable): what it complains
 * @hangs: it never ends; only a cancellable, or a deadline, ends it
 */
typedef struct {
  int exit_status;
  const char *output;
  const char *errors;
  gboolean hangs;
} BelfryTestProgram;

BELFRY_API void belfry_test_set_program (BelfryTest *self, const BelfryTestProgram *program);
BELFRY_API GPtrArray *belfry_test_get_programs (BelfryTest *self);

/* the store that it reads, and what it writes there */

/**
 * BelfryTestStore: records in memory, filtered and sorted by their field tables as the real store
 * does by its columns
 */
typedef struct _BelfryTestStore BelfryTestStore;

BELFRY_API BelfryTestStore *belfry_test_store_new (void) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_test_store_free (BelfryTestStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTestStore, belfry_test_store_free)
BELFRY_API BelfryTestStore *belfry_test_get_store (BelfryTest *self);
BELFRY_API BelfryReader *belfry_test_store_get_reader (BelfryTestStore *self);
BELFRY_API gpointer belfry_test_store_add (BelfryTestStore *self, gpointer record);
BELFRY_API gboolean belfry_test_store_read (BelfryTestStore *self, JsonNode *json, GError **error);
BELFRY_API GPtrArray *belfry_test_store_list (BelfryTestStore *self, const BelfryRecordType *type);
BELFRY_API void belfry_test_store_set_log (BelfryTestStore *self, gint64 logid, const char *text);
BELFRY_API void belfry_test_store_set_forms (BelfryTestStore *self, JsonArray *forms);
BELFRY_API void belfry_test_store_allow (BelfryTestStore *self, gboolean allowed);
BELFRY_API guint belfry_test_store_get_queries (BelfryTestStore *self);

/* hooks */

BELFRY_API BelfryRequest *belfry_test_request_new (const char *method,
                                                   const char *path_query,
                                                   const char *headers,
                                                   GBytes *body) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryTranslation *
belfry_test_translate (BelfryTest *self, BelfryRequest *request) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryTranslation *belfry_test_settle (BelfryTest *self,
                                                  BelfryRequest *request,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryTranslation *
belfry_test_give_up (BelfryTest *self, BelfryTranslation *pending) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryChange *belfry_test_only_change (BelfryTranslation *translation);

/* reporters */

BELFRY_API BelfryReport *belfry_test_report_new (const char *sample,
                                                 const char *edits) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API const char *const *belfry_test_list_samples (void);
BELFRY_API guint belfry_test_plan (BelfryTest *self, BelfryReport *report);
BELFRY_API BelfryTargets *belfry_test_get_targets (BelfryTest *self);
BELFRY_API BelfryOutcome *belfry_test_deliver (BelfryTest *self,
                                               guint index,
                                               const char *remote_id) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryOutcome *
belfry_test_run_report (BelfryTest *self,
                        BelfryReport *report,
                        const BelfryTestExchange *exchange) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_test_check_report (BelfryTest *self,
                                          const char *sample,
                                          const BelfryTestExchange *exchange,
                                          BelfryOutcomeKind kind,
                                          gint64 wait_s);
BELFRY_API void belfry_test_check_faults (BelfryTest *self,
                                          const char *sample,
                                          const BelfryTestExchange *exchange,
                                          BelfryOutcomeKind garbage);
BELFRY_API void belfry_test_check_faults_of (BelfryTest *self,
                                             BelfryReport *report,
                                             const BelfryTestExchange *exchange,
                                             BelfryOutcomeKind garbage);

/* pollers */

BELFRY_API gboolean belfry_test_poll (BelfryTest *self, JsonNode *state, GError **error);
BELFRY_API GPtrArray *belfry_test_get_changes (BelfryTest *self);
BELFRY_API JsonNode *belfry_test_get_poll_state (BelfryTest *self);

/* views */

BELFRY_API BelfryResponse *belfry_test_draw (BelfryTest *self,
                                             const char *path_query,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* engines */

BELFRY_API void belfry_test_give_change (BelfryTest *self, BelfryChange *change);
BELFRY_API BelfryControlAnswer *belfry_test_control (BelfryTest *self,
                                                     BelfryControl *control,
                                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API GPtrArray *belfry_test_get_said (BelfryTest *self);

/* bots and auth */

BELFRY_API gboolean belfry_test_say (BelfryTest *self,
                                     const char *channel,
                                     JsonObject *reply,
                                     GError **error);
BELFRY_API GPtrArray *belfry_test_get_heard (BelfryTest *self);
BELFRY_API JsonObject *belfry_test_authenticate (BelfryTest *self,
                                                 const char *user,
                                                 const char *password,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryAuthAnswer belfry_test_may (
    BelfryTest *self, const char *action, const char *user, JsonObject *record, GError **error);

G_END_DECLS
