/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-event.h"
#include "belfry-http.h"
#include "belfry-option.h"
#include "belfry-reader.h"

G_BEGIN_DECLS

typedef struct _BelfryInstance BelfryInstance;

typedef struct _BelfryTransaction BelfryTransaction;

typedef gboolean (*BelfryReadFunc) (BelfryReader *reader, gpointer user_data, GError **error);

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

typedef struct {
  gsize size;
  const char *const *argv;
  const char *const *environment;
  const char *folder;
  GBytes *input;
  gint64 timeout_us;
  gsize max_output_bytes;
} BelfryProcess;

typedef struct {
  int exit_status;
  int signal;
  GBytes *output;
  GBytes *errors;
} BelfryProcessResult;

BELFRY_API void belfry_process_result_free (BelfryProcessResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProcessResult, belfry_process_result_free)

typedef struct {
  const char *lane;
  guint count;
  gint64 span_us;
} BelfryPace;

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

typedef struct {
  const BelfrySection *source;
  const char *name;
  gpointer state;
} BelfryOwnedSection;

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

typedef struct {
  BelfryVerb verb;
  gpointer record;
  gint64 id;
  gint64 number;
  char *text;
  JsonNode *json;
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
