/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records: changes, builds, steps and all else that the store keeps. Each kind is described once,
 * in a field table that drives JSON keys, template variables and sqlite columns alike.
 *
 * A record is reference-counted. Who makes one fills its fields and hands it over; from then on
 * nobody writes to it. Text fields are owned by the record and set by belfry_record_set_text ().
 * Times are µs since 1970 UTC in C and in the store, whole seconds in JSON.
 */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

/** BELFRY_NONE: null in a nullable number, time or result */
#define BELFRY_NONE G_MININT64

/**
 * BelfryResult: how something ended
 */
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

/* properties */

/**
 * BelfryProperties:
 *
 * Properties of a change, set, request or build: name, JSON value, source, sorted by name. A value
 * of its own: copied, not shared.
 */
typedef struct _BelfryProperties BelfryProperties;

BELFRY_API BelfryProperties *belfry_properties_new (void);
BELFRY_API BelfryProperties *belfry_properties_copy (const BelfryProperties *self);
BELFRY_API void belfry_properties_free (BelfryProperties *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProperties, belfry_properties_free)
BELFRY_API void belfry_properties_set (BelfryProperties *self,
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

/* field tables */

typedef struct _BelfryRecordType BelfryRecordType;

/**
 * BelfryFieldType:
 * @BELFRY_FIELD_INTEGER: gint64 (ids, numbers, counts)
 * @BELFRY_FIELD_BOOLEAN: gboolean
 * @BELFRY_FIELD_TIME: gint64 µs; seconds in JSON
 * @BELFRY_FIELD_RESULT: gint64
 * @BELFRY_FIELD_TEXT: char *
 * @BELFRY_FIELD_TEXT_LIST: char **; JSON text in the store
 * @BELFRY_FIELD_JSON: JsonNode *; JSON text in the store
 * @BELFRY_FIELD_PROPERTIES: BelfryProperties *; JSON text in the store
 * @BELFRY_FIELD_RECORD: a record of another type, never stored in place
 * @BELFRY_FIELD_RECORDS: GPtrArray * of records of another type, never stored in place
 * @BELFRY_FIELD_LENT: const char *: a constant, or text of a record that this one holds; never
 *   stored
 * @BELFRY_FIELD_JSON_TEXT: char *, JSON text: a value in JSON, the same text in the store
 */
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

/**
 * BelfryFieldFlags:
 * @BELFRY_FIELD_NULLABLE: may be null
 * @BELFRY_FIELD_STORED: has a column of its name
 * @BELFRY_FIELD_ASKED: in JSON only when set (records, lists) or asked for (properties)
 * @BELFRY_FIELD_HIDDEN: stored, but not in JSON
 * @BELFRY_FIELD_OBJECT: of JSON: nothing is `{}`, else `[]`
 */
typedef enum {
  BELFRY_FIELD_NULLABLE = 1 << 0,
  BELFRY_FIELD_STORED = 1 << 1,
  BELFRY_FIELD_ASKED = 1 << 2,
  BELFRY_FIELD_HIDDEN = 1 << 3,
  BELFRY_FIELD_OBJECT = 1 << 4,
} BelfryFieldFlags;

/**
 * BelfryField: one field of a record
 */
typedef struct {
  const char *name;
  BelfryFieldType type;
  guint flags;
  gsize offset;
  const BelfryRecordType *(*record_type) (void);
} BelfryField;

/**
 * BelfryRecordType: one kind of record; the first field is its primary key
 */
struct _BelfryRecordType {
  const char *name;  /* in JSON and events: "build" */
  const char *table; /* in the store, or NULL */
  gsize size;
  const BelfryField *fields;
  guint n_fields;
};

/**
 * BelfryRecord: what every record begins with
 */
typedef struct {
  const BelfryRecordType *type;
  gatomicrefcount refs;
} BelfryRecord;

/**
 * BelfryRecordJsonFlags:
 * @BELFRY_RECORD_JSON_PROPERTIES: fill `properties`, else `{}` (builds) or null (requests)
 */
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

/* the records of a CI server; field by field what users of Buildbot's data know */

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
  char *branch;   /* (nullable) the default branch */
  char *revision; /* (nullable) the newest when built */
  char *repository;
  char *project;
  char *codebase;
  gint64 created_at;
  BelfryPatch *patch; /* (nullable) */
  gint64 patchid;     /* hidden; BELFRY_NONE: no patch */
};

BELFRY_DECLARE_RECORD (BelfryChange, belfry_change)
struct _BelfryChange {
  BelfryRecord record;
  gint64 changeid;
  JsonNode *parent_changeids; /* array of ids */
  char *author;
  char *committer; /* (nullable) */
  char **files;
  gboolean files_unknown; /* files were not to be had (C-15) */
  char *comments;
  char *revision; /* (nullable) */
  gint64 when_timestamp;
  char *branch;   /* (nullable) */
  char *category; /* (nullable) */
  char *revlink;  /* (nullable) */
  BelfryProperties *properties;
  char *repository;
  char *project;
  char *codebase;
  BelfrySourceStamp *sourcestamp;
  gint64 ssid;        /* hidden */
  char *src;          /* hidden (nullable): kind of version control */
  char *origin;       /* hidden: kind/name of the instance it came through */
  gint64 deliveryid;  /* hidden; BELFRY_NONE: no delivery */
  gint64 received_at; /* hidden */
};

BELFRY_DECLARE_RECORD (BelfryBuildset, belfry_buildset)
struct _BelfryBuildset {
  BelfryRecord record;
  gint64 bsid;
  char *external_idstring; /* (nullable) */
  char *reason;
  gint64 submitted_at;
  gboolean complete;
  gint64 complete_at;
  gint64 results;
  GPtrArray *sourcestamps; /* (element-type BelfrySourceStamp) */
  gint64 parent_buildid;
  char *parent_relationship;    /* (nullable) */
  JsonNode *ssids;              /* hidden: array of ids */
  char *scheduler;              /* hidden: name of the scheduler or force form */
  char *engine;                 /* hidden: name of the engine's instance */
  JsonNode *change_ids;         /* hidden: array of ids */
  BelfryProperties *properties; /* hidden */
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
  gint64 results; /* -1 until complete */
  gint64 submitted_at;
  gboolean waited_for;
  BelfryProperties *properties; /* (nullable) those of the set */
  gint64 retries;               /* hidden: automatic retries so far */
  gint64 collapsed_into;        /* hidden; BELFRY_NONE: not collapsed */
};

BELFRY_DECLARE_RECORD (BelfryBuilder, belfry_builder)
struct _BelfryBuilder {
  BelfryRecord record;
  gint64 builderid;
  char *name;
  char *description;   /* (nullable) */
  JsonNode *masterids; /* array; empty: no longer configured */
  char **tags;
  gint64 next_number;  /* hidden: number of the next build */
  char *engine;        /* hidden */
  gboolean configured; /* hidden */
  gint64 keep_builds;  /* hidden: age in µs, 0: for ever; BELFRY_NONE: as the store does */
  gint64 keep_logs;    /* hidden: likewise */
  gint64 keep_last;    /* hidden: builds kept whatever their age; BELFRY_NONE: as the store does */
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
  char *engine; /* hidden */
  gint64 slots; /* hidden */
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
  char *type;        /* s, t, h or d */
  char *stepname;    /* (nullable) only when asked for */
  char *buildername; /* (nullable) only when asked for */
  char *url;         /* (nullable) only when asked for */
  JsonNode *content; /* (nullable) only when asked for: a chunk */
  gint64 buildid;    /* hidden */
  gint64 num_bytes;  /* hidden */
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
  JsonNode *urls; /* array of {"name", "url"} */
  gboolean hidden;
  GPtrArray *logs;      /* (nullable) (element-type BelfryLog) only when asked for */
  JsonNode *statistics; /* hidden: object name to number */
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
  char *url; /* (nullable) stored where it is another server's page, else filled when asked for */
  BelfryBuilder *builder;           /* (nullable) only when asked for */
  BelfryBuildRequest *buildrequest; /* (nullable) only when asked for */
  BelfryBuildset *buildset;         /* (nullable) only when asked for */
  GPtrArray *steps;                 /* (nullable) (element-type BelfryStep) only when asked for */
  gint64 bsid;                      /* hidden */
  char *branch;                     /* hidden (nullable): property branch, for filters */
  char *revision;                   /* hidden (nullable): got_revision, else revision */
  char *scheduler;                  /* hidden (nullable) */
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
  char *forge_id; /* (nullable) */
  char *event;    /* (nullable) */
  char *source;
  gint64 bytes;
  char *outcome; /* accepted, nothing, pending, malformed, duplicate, conflict; or a refusal */
  char *reason;
  gint64 received_at;
  gint64 duration_us;
  JsonNode *change_ids;
  gint64 replay_of;
  gint64 count;       /* of a row that counts refusals; 1 else */
  gint64 last_at;     /* of a row that counts refusals */
  char *digest;       /* hidden: SHA-256 of the body, hex */
  JsonNode *pending;  /* hidden (nullable): what complete () gets */
  gint64 next_try_at; /* hidden */
  gint64 tries;       /* hidden */
};
BELFRY_API const char *const *belfry_delivery_list_outcomes (void);

/**
 * BelfryReportRow: one row of the outbox; state is one of waiting, planned, delivered, superseded,
 * dead, discarded
 */
BELFRY_DECLARE_RECORD (BelfryReportRow, belfry_report_row)
struct _BelfryReportRow {
  BelfryRecord record;
  gint64 reportid;
  char *instance;
  char *target; /* (nullable) until planned */
  char *key;    /* (nullable) until planned */
  char *phase;
  gint64 buildid;
  gint64 bsid;
  char *state;
  gint64 tries;
  gint64 next_at;
  char *remote_id; /* (nullable) */
  char *answer;    /* (nullable) excerpt of the last answer */
  gint64 created_at;
  gint64 finished_at;
  gint64 eventid;    /* hidden: orders the rows of a key */
  gint64 aged_us;    /* hidden: how long the service has answered with failures */
  JsonNode *data;    /* hidden (nullable): worker record, test text */
  JsonNode *payload; /* hidden (nullable): frozen by the first attempt */
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
  JsonNode *attributes; /* object: type to value */
};

/**
 * BelfryEvent: a stored event; its name is one of the table in belfry-event.h
 */
BELFRY_DECLARE_RECORD (BelfryEvent, belfry_event)
struct _BelfryEvent {
  BelfryRecord record;
  gint64 eventid;
  gint64 at;
  char *name;
  gint64 builderid; /* BELFRY_NONE: of no builder */
  gint64 buildid;   /* BELFRY_NONE: of no build */
  gint64 subject;   /* id of the record it is about */
  char *data;       /* JSON text: the record, and what the event adds */
};
BELFRY_API JsonObject *belfry_event_dup_data (const BelfryEvent *event) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
