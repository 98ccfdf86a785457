/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

#define BELFRY_NONE G_MININT64

typedef enum {
  BELFRY_RESULT_SUCCESS = 0,
  BELFRY_RESULT_WARNINGS = 1,
  BELFRY_RESULT_FAILURE = 2,
  BELFRY_RESULT_SKIPPED = 3,
  BELFRY_RESULT_EXCEPTION = 4,
  BELFRY_RESULT_RETRY = 5,
  BELFRY_RESULT_CANCELLED = 6,
} BelfryResult;

BELFRY_API const char *belfry_result_get_name (gint64 result);
BELFRY_API gint64 belfry_result_from_name (const char *name);
BELFRY_API gint64 belfry_result_worst (gint64 a, gint64 b);

typedef struct _BelfryProperties BelfryProperties;

BELFRY_API BelfryProperties *belfry_properties_new (void);
BELFRY_API BelfryProperties *belfry_properties_copy (const BelfryProperties *self);
BELFRY_API void belfry_properties_free (BelfryProperties *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProperties, belfry_properties_free)
BELFRY_API void belfry_properties_set (BelfryProperties *self,
                                       const char *name,
                                       JsonNode *value,
                                       const char *source);
BELFRY_API void belfry_properties_take (BelfryProperties *self,
                                        const char *name,
                                        JsonNode *value,
                                        const char *source);
BELFRY_API void belfry_properties_set_text (BelfryProperties *self,
                                            const char *name,
                                            const char *value,
                                            const char *source);
BELFRY_API void belfry_properties_set_integer (BelfryProperties *self,
                                               const char *name,
                                               gint64 value,
                                               const char *source);
BELFRY_API void belfry_properties_set_boolean (BelfryProperties *self,
                                               const char *name,
                                               gboolean value,
                                               const char *source);
BELFRY_API void belfry_properties_remove (BelfryProperties *self, const char *name);
BELFRY_API void belfry_properties_merge (BelfryProperties *self, const BelfryProperties *other);
BELFRY_API guint belfry_properties_get_count (const BelfryProperties *self);
BELFRY_API const char *belfry_properties_get_name (const BelfryProperties *self, guint index);
BELFRY_API JsonNode *belfry_properties_get_value (const BelfryProperties *self, const char *name);
BELFRY_API const char *belfry_properties_get_text (const BelfryProperties *self, const char *name);
BELFRY_API const char *belfry_properties_get_source (const BelfryProperties *self,
                                                     const char *name);
BELFRY_API JsonNode *belfry_properties_to_json (const BelfryProperties *self);
BELFRY_API BelfryProperties *belfry_properties_from_json (JsonNode *node, GError **error);

typedef struct _BelfryRecordType BelfryRecordType;

typedef enum {
  BELFRY_FIELD_INTEGER,
  BELFRY_FIELD_BOOLEAN,
  BELFRY_FIELD_TIME,
  BELFRY_FIELD_RESULT,
  BELFRY_FIELD_TEXT,
  BELFRY_FIELD_TEXT_LIST,
  BELFRY_FIELD_JSON,
  BELFRY_FIELD_PROPERTIES,
  BELFRY_FIELD_RECORD,
  BELFRY_FIELD_RECORDS,
  BELFRY_FIELD_LENT,
  BELFRY_FIELD_JSON_TEXT,
} BelfryFieldType;

typedef enum {
  BELFRY_FIELD_NULLABLE = 1 << 0,
  BELFRY_FIELD_STORED = 1 << 1,
  BELFRY_FIELD_ASKED = 1 << 2,
  BELFRY_FIELD_HIDDEN = 1 << 3,
  BELFRY_FIELD_OBJECT = 1 << 4,
} BelfryFieldFlags;

typedef struct {
  const char *name;
  BelfryFieldType type;
  guint flags;
  gsize offset;
  const BelfryRecordType *(*record_type) (void);
} BelfryField;

struct _BelfryRecordType {
  const char *name;
  const char *table;
  gsize size;
  const BelfryField *fields;
  guint n_fields;
};

typedef struct {
  const BelfryRecordType *type;
  gatomicrefcount refs;
} BelfryRecord;

typedef enum {
  BELFRY_RECORD_JSON_NONE = 0,
  BELFRY_RECORD_JSON_PROPERTIES = 1 << 0,
} BelfryRecordJsonFlags;

BELFRY_API gpointer belfry_record_new (const BelfryRecordType *type) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gpointer belfry_record_ref (gpointer record);
BELFRY_API void belfry_record_unref (gpointer record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryRecord, belfry_record_unref)
BELFRY_API gpointer belfry_record_copy (gconstpointer record) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_record_set_text (char **field, const char *text);
BELFRY_API gint64 belfry_record_get_id (gconstpointer record);
BELFRY_API const BelfryField *belfry_record_type_find (const BelfryRecordType *type,
                                                       const char *name);
BELFRY_API JsonObject *
belfry_record_to_json (gconstpointer record, BelfryRecordJsonFlags flags) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void
belfry_record_append_json (GString *text, gconstpointer record, BelfryRecordJsonFlags flags);
BELFRY_API gpointer belfry_record_from_json (const BelfryRecordType *type,
                                             JsonObject *object,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API const BelfryRecordType *const *belfry_record_list_types (guint *n_types);

#define BELFRY_DECLARE_RECORD(Type, name)                                                          \
  typedef struct _##Type Type;                                                                     \
  BELFRY_API const BelfryRecordType *name##_get_type (void);                                       \
  static inline G_GNUC_UNUSED G_GNUC_WARN_UNUSED_RESULT Type *name##_new (void)                    \
  {                                                                                                \
    return belfry_record_new (name##_get_type ());                                                 \
  }                                                                                                \
  static inline G_GNUC_UNUSED void name##_unref (Type *self)                                       \
  {                                                                                                \
    belfry_record_unref (self);                                                                    \
  }                                                                                                \
  G_DEFINE_AUTOPTR_CLEANUP_FUNC (Type, name##_unref)

BELFRY_DECLARE_RECORD (BelfryPatch, belfry_patch)
struct _BelfryPatch {
  BelfryRecord record;
  gint64 patchid;
  char *body;
  gint64 level;
  char *subdir;
  char *author;
  char *comment;
};

BELFRY_DECLARE_RECORD (BelfrySourceStamp, belfry_source_stamp)
struct _BelfrySourceStamp {
  BelfryRecord record;
  gint64 ssid;
  char *branch;
  char *revision;
  char *repository;
  char *project;
  char *codebase;
  gint64 created_at;
  BelfryPatch *patch;
  gint64 patchid;
};

BELFRY_DECLARE_RECORD (BelfryChange, belfry_change)
struct _BelfryChange {
  BelfryRecord record;
  gint64 changeid;
  JsonNode *parent_changeids;
  char *author;
  char *committer;
  char **files;
  gboolean files_unknown;
  char *comments;
  char *revision;
  gint64 when_timestamp;
  char *branch;
  char *category;
  char *revlink;
  BelfryProperties *properties;
  char *repository;
  char *project;
  char *codebase;
  BelfrySourceStamp *sourcestamp;
  gint64 ssid;
  char *src;
  char *origin;
  gint64 deliveryid;
  gint64 received_at;
};

BELFRY_DECLARE_RECORD (BelfryBuildset, belfry_buildset)
struct _BelfryBuildset {
  BelfryRecord record;
  gint64 bsid;
  char *external_idstring;
  char *reason;
  gint64 submitted_at;
  gboolean complete;
  gint64 complete_at;
  gint64 results;
  GPtrArray *sourcestamps;
  gint64 parent_buildid;
  char *parent_relationship;
  JsonNode *ssids;
  char *scheduler;
  char *engine;
  JsonNode *change_ids;
  BelfryProperties *properties;
};

BELFRY_DECLARE_RECORD (BelfryBuildRequest, belfry_build_request)
struct _BelfryBuildRequest {
  BelfryRecord record;
  gint64 buildrequestid;
  gint64 buildsetid;
  gint64 builderid;
  gint64 priority;
  gboolean claimed;
  gint64 claimed_at;
  gint64 claimed_by_masterid;
  gboolean complete;
  gint64 complete_at;
  gint64 results;
  gint64 submitted_at;
  gboolean waited_for;
  BelfryProperties *properties;
  gint64 retries;
  gint64 collapsed_into;
};

BELFRY_DECLARE_RECORD (BelfryBuilder, belfry_builder)
struct _BelfryBuilder {
  BelfryRecord record;
  gint64 builderid;
  char *name;
  char *description;
  JsonNode *masterids;
  char **tags;
  gint64 next_number;
  char *engine;
  gboolean configured;
  gint64 keep_builds;
  gint64 keep_logs;
  gint64 keep_last;
};

BELFRY_DECLARE_RECORD (BelfryWorker, belfry_worker)
struct _BelfryWorker {
  BelfryRecord record;
  gint64 workerid;
  char *name;
  JsonNode *connected_to;
  JsonNode *configured_on;
  JsonNode *workerinfo;
  gboolean paused;
  gboolean graceful;
  char *engine;
  gint64 slots;
};

BELFRY_DECLARE_RECORD (BelfryLog, belfry_log)
struct _BelfryLog {
  BelfryRecord record;
  gint64 logid;
  char *name;
  char *slug;
  gint64 stepid;
  gboolean complete;
  gint64 num_lines;
  char *type;
  char *stepname;
  char *buildername;
  char *url;
  JsonNode *content;
  gint64 buildid;
  gint64 num_bytes;
};

BELFRY_DECLARE_RECORD (BelfryStep, belfry_step)
struct _BelfryStep {
  BelfryRecord record;
  gint64 stepid;
  gint64 number;
  char *name;
  gint64 buildid;
  gint64 started_at;
  gboolean complete;
  gint64 complete_at;
  char *state_string;
  gint64 results;
  JsonNode *urls;
  gboolean hidden;
  GPtrArray *logs;
  JsonNode *statistics;
};

BELFRY_DECLARE_RECORD (BelfryBuild, belfry_build)
struct _BelfryBuild {
  BelfryRecord record;
  gint64 buildid;
  gint64 number;
  gint64 builderid;
  gint64 buildrequestid;
  gint64 workerid;
  gint64 masterid;
  gint64 started_at;
  gboolean complete;
  gint64 complete_at;
  char *state_string;
  gint64 results;
  BelfryProperties *properties;
  char *url;
  BelfryBuilder *builder;
  BelfryBuildRequest *buildrequest;
  BelfryBuildset *buildset;
  GPtrArray *steps;
  gint64 bsid;
  char *branch;
  char *revision;
  char *scheduler;
};

BELFRY_DECLARE_RECORD (BelfrySchedulerRecord, belfry_scheduler_record)
struct _BelfrySchedulerRecord {
  BelfryRecord record;
  gint64 schedulerid;
  char *name;
  char *kind;
  char *engine;
  gboolean enabled;
};

BELFRY_DECLARE_RECORD (BelfryTestResult, belfry_test_result)
struct _BelfryTestResult {
  BelfryRecord record;
  gint64 testid;
  gint64 buildid;
  gint64 stepid;
  char *name;
  char *result;
  gint64 duration_ms;
  char *message;
  char *output;
};

BELFRY_DECLARE_RECORD (BelfryArtifact, belfry_artifact)
struct _BelfryArtifact {
  BelfryRecord record;
  gint64 artifactid;
  gint64 buildid;
  gint64 stepid;
  char *path;
  gint64 bytes;
  gint64 expires_at;
};

BELFRY_DECLARE_RECORD (BelfryBuilderEvent, belfry_builder_event)
struct _BelfryBuilderEvent {
  BelfryRecord record;
  gint64 eventid;
  gint64 builderid;
  char **text;
  gint64 started_at;
  gint64 complete_at;
};

BELFRY_DECLARE_RECORD (BelfryDelivery, belfry_delivery)
struct _BelfryDelivery {
  BelfryRecord record;
  gint64 deliveryid;
  char *hook;
  char *forge_id;
  char *event;
  char *source;
  gint64 bytes;
  char *outcome;
  char *reason;
  gint64 received_at;
  gint64 duration_us;
  JsonNode *change_ids;
  gint64 replay_of;
  gint64 count;
  gint64 last_at;
  char *digest;
  JsonNode *pending;
  gint64 next_try_at;
  gint64 tries;
};
BELFRY_API const char *const *belfry_delivery_list_outcomes (void);

BELFRY_DECLARE_RECORD (BelfryReportRow, belfry_report_row)
struct _BelfryReportRow {
  BelfryRecord record;
  gint64 reportid;
  char *instance;
  char *target;
  char *key;
  char *phase;
  gint64 buildid;
  gint64 bsid;
  char *state;
  gint64 tries;
  gint64 next_at;
  char *remote_id;
  char *answer;
  gint64 created_at;
  gint64 finished_at;
  gint64 eventid;
  gint64 aged_us;
  JsonNode *data;
  JsonNode *payload;
};

BELFRY_DECLARE_RECORD (BelfryAuditEntry, belfry_audit_entry)
struct _BelfryAuditEntry {
  BelfryRecord record;
  gint64 auditid;
  gint64 at;
  char *who;
  char *by;
  char *action;
  char *target;
  char *outcome;
};

BELFRY_DECLARE_RECORD (BelfryUserRecord, belfry_user_record)
struct _BelfryUserRecord {
  BelfryRecord record;
  gint64 uid;
  char *identifier;
  JsonNode *attributes;
};

BELFRY_DECLARE_RECORD (BelfryEvent, belfry_event)
struct _BelfryEvent {
  BelfryRecord record;
  gint64 eventid;
  gint64 at;
  char *name;
  gint64 builderid;
  gint64 buildid;
  gint64 subject;
  char *data;
};
BELFRY_API JsonObject *belfry_event_dup_data (const BelfryEvent *event) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
