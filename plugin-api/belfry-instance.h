/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An instance: one section of the configuration brought to life, and a plugin's only way to the
 * host. Every call goes through one private table, BelfryHostOps, bound to the instance. All calls
 * are made on the main loop unless they say otherwise; all completions come there, exactly once.
 */
#pragma once

#include "belfry-event.h"
#include "belfry-http.h"
#include "belfry-option.h"
#include "belfry-reader.h"

G_BEGIN_DECLS

/**
 * BelfryInstance: an instance of a plugin, as its plugin sees it: by it the host is asked for all
 * things
 */
typedef struct _BelfryInstance BelfryInstance;
/**
 * BelfryTransaction: what an engine says, in order; nothing of it happens alone
 */
typedef struct _BelfryTransaction BelfryTransaction;

/**
 * BelfryReadFunc:
 * @reader: lent for the call
 * @user_data: as given
 * @error: return location
 *
 * Reads the store on a pool thread. Touches nothing but @reader and @user_data.
 *
 * Returns: %FALSE with @error set on failure
 */
typedef gboolean (*BelfryReadFunc) (BelfryReader *reader, gpointer user_data, GError **error);

/**
 * BelfryIdKind: what the host gives ids for
 * @BELFRY_ID_BUILDSET: buildsets
 * @BELFRY_ID_REQUEST: build requests
 * @BELFRY_ID_BUILD: builds
 * @BELFRY_ID_STEP: steps
 * @BELFRY_ID_LOG: logs
 * @BELFRY_ID_STAMP: source stamps
 * @BELFRY_ID_PATCH: patches
 * @BELFRY_ID_TEST: test results
 * @BELFRY_ID_ARTIFACT: artifacts
 * @BELFRY_N_IDS: how many there are
 */
typedef enum {
  BELFRY_ID_BUILDSET,
  BELFRY_ID_REQUEST,
  BELFRY_ID_BUILD,
  BELFRY_ID_STEP,
  BELFRY_ID_LOG,
  BELFRY_ID_STAMP,
  BELFRY_ID_PATCH,
  BELFRY_ID_TEST,
  BELFRY_ID_ARTIFACT,
  BELFRY_N_IDS,
} BelfryIdKind;

/**
 * BelfryProcess: how a program is run: directly, never through a shell
 * @size: sizeof (BelfryProcess)
 * @argv: program and arguments
 * @environment: `NAME=VALUE` list; %NULL: a minimal one
 * @folder: (nullable): where
 * @input: (nullable): for its standard input
 * @timeout_us: then TERM and, 2 s later, KILL to its group
 * @max_output_bytes: more is an error
 */
typedef struct {
  gsize size;
  const char *const *argv;
  const char *const *environment;
  const char *folder;
  GBytes *input;
  gint64 timeout_us;
  gsize max_output_bytes;
} BelfryProcess;

/**
 * BelfryProcessResult: how it ended
 * @signal: that ended it; 0: none
 * @output: of its standard output
 * @errors: of its standard error
 */
typedef struct {
  int exit_status; /* 0–255, or -1 for a signal */
  int signal;
  GBytes *output;
  GBytes *errors;
} BelfryProcessResult;

BELFRY_API void belfry_process_result_free (BelfryProcessResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProcessResult, belfry_process_result_free)

/**
 * BelfryPace: a service's own limit: so many in a span of time
 * @lane: what it limits, such as a chat
 * @count: how many, 1 to 1000
 * @span_us: within this time
 */
typedef struct {
  const char *lane;
  guint count;
  gint64 span_us;
} BelfryPace;

/**
 * BelfryHostOps: the seam; implemented by the daemon, the harness, `belfry try` and the isolation
 * child
 * @http_send: see belfry_http_send_async ()
 * @run_process: see belfry_process_run_async ()
 * @read: see belfry_instance_read_async ()
 * @next_id: see belfry_engine_next_id ()
 * @builder_id: see belfry_engine_builder_id ()
 * @worker_id: see belfry_engine_worker_id ()
 * @next_build_number: see belfry_engine_next_build_number ()
 * @submit: see belfry_engine_commit_async (); no task: belfry_engine_submit ()
 * @log_append: see belfry_engine_append_log ()
 * @log_lines: see belfry_engine_log_lines ()
 * @register_secret: see belfry_engine_register_secret ()
 * @forget_secrets: see belfry_engine_forget_secrets ()
 * @resolve_secret: see belfry_secret_resolve_async ()
 * @tell: see belfry_engine_tell ()
 * @log: see belfry_instance_log ()
 * @host_value: see belfry_instance_get_host_value ()
 * @cache_put: see belfry_reporter_cache_put ()
 * @cache_get: see belfry_reporter_cache_get ()
 * @found: see belfry_poller_found_async ()
 * @heard: see belfry_bot_heard ()
 * @keep_pace: see belfry_instance_keep_pace ()
 */
typedef struct {
  gsize size;
  void (*http_send) (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task);
  void (*run_process) (BelfryInstance *instance, const BelfryProcess *process, GTask *task);
  void (*read) (BelfryInstance *instance, BelfryReadFunc func, gpointer user_data, GTask *task);
  gint64 (*next_id) (BelfryInstance *instance, BelfryIdKind kind);
  gint64 (*builder_id) (BelfryInstance *instance, const char *name);
  gint64 (*worker_id) (BelfryInstance *instance, const char *name);
  gint64 (*next_build_number) (BelfryInstance *instance, gint64 builderid);
  void (*submit) (BelfryInstance *instance, BelfryTransaction *transaction, GTask *task);
  gsize (*log_append) (BelfryInstance *instance, gint64 logid, GBytes *lines, guint n_lines);
  gint64 (*log_lines) (BelfryInstance *instance, gint64 logid);
  void (*register_secret) (BelfryInstance *instance,
                           gint64 buildid,
                           const char *name,
                           const char *value);
  void (*forget_secrets) (BelfryInstance *instance, gint64 buildid);
  void (*resolve_secret) (BelfryInstance *instance, BelfrySecret *secret, GTask *task);
  void (*tell) (BelfryInstance *instance,
                const char *event,
                gint64 builderid,
                gint64 buildid,
                JsonObject *data);
  void (*log) (BelfryInstance *instance, GLogLevelFlags level, const char *message);
  const char *(*host_value) (BelfryInstance *instance, const char *key);
  void (*cache_put) (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us);
  JsonNode *(*cache_get) (BelfryInstance *instance, const char *key);
  void (*found) (BelfryInstance *instance, GPtrArray *changes, JsonNode *state, GTask *task);
  void (*heard) (BelfryInstance *instance, JsonObject *message);
  gint64 (*keep_pace) (BelfryInstance *instance, const BelfryPace *paces, guint count);
  gpointer reserved[11];
} BelfryHostOps;

/* made and fed by the host and by harnesses */
BELFRY_API BelfryInstance *belfry_instance_new (const char *kind,
                                                const char *name,
                                                gpointer state,
                                                const BelfryHostOps *ops,
                                                gpointer host_data);
BELFRY_API BelfryInstance *belfry_instance_ref (BelfryInstance *self);
BELFRY_API void belfry_instance_unref (BelfryInstance *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryInstance, belfry_instance_unref)
BELFRY_API gpointer belfry_instance_get_host_data (BelfryInstance *self);
BELFRY_API void
belfry_instance_set_sections (BelfryInstance *self, const char *kind, GPtrArray *sections);

/* for plugins */
BELFRY_API const char *belfry_instance_get_kind (BelfryInstance *self);
BELFRY_API const char *belfry_instance_get_name (BelfryInstance *self);
BELFRY_API gpointer belfry_instance_get_state (BelfryInstance *self);
BELFRY_API const char *belfry_instance_get_host_value (BelfryInstance *self, const char *key);
BELFRY_API GPtrArray *belfry_instance_get_sections (BelfryInstance *self, const char *kind);
BELFRY_API void
belfry_instance_log (BelfryInstance *self, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

BELFRY_API void belfry_http_send_async (BelfryInstance *self,
                                        BelfryHttpRequest *request,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
BELFRY_API BelfryHttpAnswer *
belfry_http_send_finish (BelfryInstance *self, GAsyncResult *result, GError **error);
BELFRY_API void belfry_process_run_async (BelfryInstance *self,
                                          const BelfryProcess *process,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
BELFRY_API BelfryProcessResult *
belfry_process_run_finish (BelfryInstance *self, GAsyncResult *result, GError **error);
BELFRY_API void belfry_instance_read_async (BelfryInstance *self,
                                            BelfryReadFunc func,
                                            gpointer data,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
BELFRY_API gboolean belfry_instance_read_finish (BelfryInstance *self,
                                                 GAsyncResult *result,
                                                 GError **error);
BELFRY_API void belfry_secret_resolve_async (BelfryInstance *self,
                                             BelfrySecret *secret,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data);
BELFRY_API gboolean belfry_secret_resolve_finish (BelfryInstance *self,
                                                  GAsyncResult *result,
                                                  GError **error);
BELFRY_API gint64 belfry_instance_keep_pace (BelfryInstance *self,
                                             const BelfryPace *paces,
                                             guint count);
BELFRY_API void belfry_reporter_cache_put (BelfryInstance *self,
                                           const char *key,
                                           JsonNode *value,
                                           gint64 expires_us);
BELFRY_API JsonNode *belfry_reporter_cache_get (BelfryInstance *self, const char *key);
BELFRY_API void belfry_poller_found_async (BelfryInstance *self,
                                           GPtrArray *changes,
                                           JsonNode *state,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
BELFRY_API gboolean belfry_poller_found_finish (BelfryInstance *self,
                                                GAsyncResult *result,
                                                GError **error);
BELFRY_API void belfry_bot_heard (BelfryInstance *self, JsonObject *message);

/**
 * BelfryOwnedSection: a section of a kind that a plugin owns, read into its option table's struct
 * @source: its text
 * @name: its name
 * @state: the struct that its options filled
 */
typedef struct {
  const BelfrySection *source;
  const char *name;
  gpointer state;
} BelfryOwnedSection;

/* builds: what an engine says; each function tells what has to be said before it */

/**
 * BelfryVerb: what one operation of a transaction does
 * @BELFRY_VERB_ADD_BUILDSET: belfry_transaction_add_buildset ()
 * @BELFRY_VERB_ADD_REQUEST: belfry_transaction_add_request ()
 * @BELFRY_VERB_CLAIM: belfry_transaction_claim ()
 * @BELFRY_VERB_UNCLAIM: belfry_transaction_unclaim ()
 * @BELFRY_VERB_COMPLETE_REQUEST: belfry_transaction_complete_request ()
 * @BELFRY_VERB_ADD_BUILD: belfry_transaction_add_build ()
 * @BELFRY_VERB_UPDATE_BUILD: belfry_transaction_update_build ()
 * @BELFRY_VERB_FINISH_BUILD: belfry_transaction_finish_build ()
 * @BELFRY_VERB_ADD_STEP: belfry_transaction_add_step ()
 * @BELFRY_VERB_UPDATE_STEP: belfry_transaction_update_step ()
 * @BELFRY_VERB_FINISH_STEP: belfry_transaction_finish_step ()
 * @BELFRY_VERB_ADD_LOG: belfry_transaction_add_log ()
 * @BELFRY_VERB_FINISH_LOG: belfry_transaction_finish_log ()
 * @BELFRY_VERB_CONFIGURE_BUILDER: belfry_transaction_configure_builder ()
 * @BELFRY_VERB_CONFIGURE_WORKER: belfry_transaction_configure_worker ()
 * @BELFRY_VERB_CONFIGURE_SCHEDULER: belfry_transaction_configure_scheduler ()
 * @BELFRY_VERB_ADD_TEST: belfry_transaction_add_test ()
 * @BELFRY_VERB_ADD_ARTIFACT: belfry_transaction_add_artifact ()
 * @BELFRY_VERB_EVENT: belfry_transaction_event ()
 * @BELFRY_VERB_TOOK_CHANGE: belfry_transaction_took_change ()
 * @BELFRY_VERB_PUT: belfry_transaction_put ()
 * @BELFRY_VERB_DELETE: belfry_transaction_delete ()
 */
typedef enum {
  BELFRY_VERB_ADD_BUILDSET,
  BELFRY_VERB_ADD_REQUEST,
  BELFRY_VERB_CLAIM,
  BELFRY_VERB_UNCLAIM,
  BELFRY_VERB_COMPLETE_REQUEST,
  BELFRY_VERB_ADD_BUILD,
  BELFRY_VERB_UPDATE_BUILD,
  BELFRY_VERB_FINISH_BUILD,
  BELFRY_VERB_ADD_STEP,
  BELFRY_VERB_UPDATE_STEP,
  BELFRY_VERB_FINISH_STEP,
  BELFRY_VERB_ADD_LOG,
  BELFRY_VERB_FINISH_LOG,
  BELFRY_VERB_CONFIGURE_BUILDER,
  BELFRY_VERB_CONFIGURE_WORKER,
  BELFRY_VERB_CONFIGURE_SCHEDULER,
  BELFRY_VERB_ADD_TEST,
  BELFRY_VERB_ADD_ARTIFACT,
  BELFRY_VERB_EVENT,
  BELFRY_VERB_TOOK_CHANGE,
  BELFRY_VERB_PUT,
  BELFRY_VERB_DELETE,
} BelfryVerb;

/**
 * BelfryOperation: one thing said; which members count stands at each verb's function
 * @verb: what is said
 * @id: of a request, build or log
 * @number: of a build, a count or a result
 * @json: (nullable): a value or an event's data
 */
typedef struct {
  BelfryVerb verb;
  gpointer record; /* (nullable) a record, immutable from now on */
  gint64 id;
  gint64 number;
  char *text;     /* (nullable) event name or key */
  JsonNode *json; /* (nullable) */
} BelfryOperation;

BELFRY_API BelfryTransaction *belfry_engine_begin (BelfryInstance *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_transaction_free (BelfryTransaction *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTransaction, belfry_transaction_free)
BELFRY_API guint belfry_transaction_get_length (BelfryTransaction *self);
BELFRY_API const BelfryOperation *belfry_transaction_get (BelfryTransaction *self, guint index);
BELFRY_API void belfry_transaction_add_buildset (BelfryTransaction *self, BelfryBuildset *set);
BELFRY_API void belfry_transaction_add_request (BelfryTransaction *self,
                                                BelfryBuildRequest *request);
BELFRY_API void
belfry_transaction_claim (BelfryTransaction *self, gint64 buildrequestid, gint64 buildid);
BELFRY_API void
belfry_transaction_unclaim (BelfryTransaction *self, gint64 buildrequestid, gint64 retries);
BELFRY_API void belfry_transaction_complete_request (BelfryTransaction *self,
                                                     gint64 buildrequestid,
                                                     gint64 results,
                                                     gint64 collapsed_into);
BELFRY_API void belfry_transaction_add_build (BelfryTransaction *self, BelfryBuild *build);
BELFRY_API void belfry_transaction_update_build (BelfryTransaction *self, BelfryBuild *build);
BELFRY_API void belfry_transaction_finish_build (BelfryTransaction *self, BelfryBuild *build);
BELFRY_API void belfry_transaction_add_step (BelfryTransaction *self, BelfryStep *step);
BELFRY_API void belfry_transaction_update_step (BelfryTransaction *self, BelfryStep *step);
BELFRY_API void belfry_transaction_finish_step (BelfryTransaction *self, BelfryStep *step);
BELFRY_API void belfry_transaction_add_log (BelfryTransaction *self, BelfryLog *log);
BELFRY_API void belfry_transaction_finish_log (BelfryTransaction *self, gint64 logid);
BELFRY_API void belfry_transaction_configure_builder (BelfryTransaction *self,
                                                      BelfryBuilder *builder);
BELFRY_API void belfry_transaction_configure_worker (BelfryTransaction *self, BelfryWorker *worker);
BELFRY_API void belfry_transaction_configure_scheduler (BelfryTransaction *self,
                                                        BelfrySchedulerRecord *scheduler);
BELFRY_API void belfry_transaction_add_test (BelfryTransaction *self, BelfryTestResult *test);
BELFRY_API void belfry_transaction_add_artifact (BelfryTransaction *self, BelfryArtifact *artifact);
BELFRY_API void belfry_transaction_event (
    BelfryTransaction *self, const char *name, gint64 builderid, gint64 buildid, JsonObject *data);
BELFRY_API void belfry_transaction_took_change (BelfryTransaction *self, gint64 changeid);
BELFRY_API void belfry_transaction_put (BelfryTransaction *self, const char *key, JsonNode *value);
BELFRY_API void belfry_transaction_delete (BelfryTransaction *self, const char *key);
BELFRY_API void belfry_engine_submit (BelfryInstance *self, BelfryTransaction *transaction);
BELFRY_API void belfry_engine_commit_async (BelfryInstance *self,
                                            BelfryTransaction *transaction,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
BELFRY_API gboolean belfry_engine_commit_finish (BelfryInstance *self,
                                                 GAsyncResult *result,
                                                 GError **error);
BELFRY_API gint64 belfry_engine_next_id (BelfryInstance *self, BelfryIdKind kind);
BELFRY_API gint64 belfry_engine_builder_id (BelfryInstance *self, const char *name);
BELFRY_API gint64 belfry_engine_worker_id (BelfryInstance *self, const char *name);
BELFRY_API gint64 belfry_engine_next_build_number (BelfryInstance *self, gint64 builderid);
BELFRY_API gsize belfry_engine_append_log (BelfryInstance *self,
                                           gint64 logid,
                                           GBytes *lines,
                                           guint n_lines);
BELFRY_API gint64 belfry_engine_log_lines (BelfryInstance *self, gint64 logid);
BELFRY_API void belfry_engine_register_secret (BelfryInstance *self,
                                               gint64 buildid,
                                               const char *name,
                                               const char *value);
BELFRY_API void belfry_engine_forget_secrets (BelfryInstance *self, gint64 buildid);
BELFRY_API void belfry_engine_tell (
    BelfryInstance *self, const char *event, gint64 builderid, gint64 buildid, JsonObject *data);

G_END_DECLS
