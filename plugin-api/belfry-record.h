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
 * @BELFRY_RESULT_SUCCESS: all is well
 * @BELFRY_RESULT_WARNINGS: it works, with complaints
 * @BELFRY_RESULT_FAILURE: it does not work
 * @BELFRY_RESULT_SKIPPED: it was not tried
 * @BELFRY_RESULT_EXCEPTION: the means of building failed, not what was built
 * @BELFRY_RESULT_RETRY: it is tried again
 * @BELFRY_RESULT_CANCELLED: somebody stopped it
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

/* field tables */

typedef struct _BelfryRecordType BelfryRecordType;

/**
 * BelfryFieldType: what a field holds
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
 * BelfryFieldFlags: what is special about a field
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
 * @name: of the JSON key, the template variable and the column
 * @type: what it holds
 * @flags: #BelfryFieldFlags
 * @offset: in the record's struct
 * @record_type: (nullable): of a record or a list of them
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
 * @size: of its struct
 * @fields: all, the primary key first
 * @n_fields: how many
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
 * @type: what it is
 * @refs: how often it is held
 */
typedef struct {
  const BelfryRecordType *type;
  gatomicrefcount refs;
} BelfryRecord;

/**
 * BelfryRecordJsonFlags: what of a record is written as JSON
 * @BELFRY_RECORD_JSON_PROPERTIES: fill `properties`, else `{}` (builds) or null (requests)
 * @BELFRY_RECORD_JSON_NONE: what is always there
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

/**
 * BELFRY_DECLARE_RECORD: a type of record, with its `_get_type ()`, `_new ()` and `_unref ()`
 * @Type: of the struct
 * @name: what its functions begin with
 */
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

/**
 * BelfryPatch: a patch that is to be applied before a build
 * @patchid: its id
 * @body: in the form of `diff -u`
 * @level: how many folders are stripped from its paths
 * @subdir: (nullable): below which it is applied
 * @author: (nullable): who sent it
 * @comment: (nullable): why
 */
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

/**
 * BelfrySourceStamp: what is to be built of one codebase
 * @ssid: its id
 * @repository: where
 * @project: to what it belongs
 * @codebase: which of several repositories it is
 * @created_at: when it was first named
 * @patch: (nullable): applied to it
 */
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

/**
 * BelfryChange: what somebody changed
 * @changeid: its id
 * @author: who
 * @committer: (nullable): who brought it in
 * @files: paths below the repository
 * @comments: the message
 * @revision: (nullable): what the version control calls it
 * @when_timestamp: when it was made
 * @branch: (nullable): the default branch where there is none
 * @category: (nullable): a word to choose by
 * @revlink: (nullable): a page about it
 * @properties: further values
 * @repository: where, as its sender spells it
 * @project: to what it belongs
 * @codebase: which of several repositories it is
 * @sourcestamp: (nullable): what of it would be built
 */
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

/**
 * BelfryBuildset: what one decision asked for: stamps, and a request for each builder
 * @bsid: its id
 * @external_idstring: (nullable): what somebody else calls it
 * @reason: why, for people
 * @submitted_at: when it was made
 * @complete: whether all its requests have ended
 * @complete_at: when; %BELFRY_NONE: not yet
 * @results: the worst of them, #BelfryResult; %BELFRY_NONE: not yet
 * @sourcestamps: (element-type BelfrySourceStamp): what is to be built
 * @parent_buildid: the build that asked for it; %BELFRY_NONE: none
 * @parent_relationship: (nullable): what it is to that build
 */
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

/**
 * BelfryBuildRequest: one builder is to build one set
 * @buildrequestid: its id
 * @buildsetid: the set
 * @builderid: the builder
 * @priority: higher goes first
 * @claimed: whether an engine has taken it
 * @claimed_at: when; %BELFRY_NONE: not yet
 * @claimed_by_masterid: 1, or %BELFRY_NONE
 * @complete: whether it has ended
 * @complete_at: when; %BELFRY_NONE: not yet
 * @submitted_at: when it was made
 * @waited_for: whether a build waits for it
 */
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

/**
 * BelfryBuilder: what builds are builds of
 * @builderid: its id
 * @name: its name, without a slash
 * @description: (nullable): for people
 * @tags: to find it by
 */
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

/**
 * BelfryWorker: where builds run
 * @workerid: its id
 * @name: its name
 * @connected_to: array; empty: it is not there
 * @configured_on: array of the builders that may use it
 * @workerinfo: object: what it says of itself
 * @paused: whether it gets no more builds
 * @graceful: whether it leaves after its builds
 */
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

/**
 * BelfryLog: what a step wrote
 * @logid: its id
 * @name: for people
 * @slug: for addresses
 * @stepid: whose
 * @complete: whether it has ended
 * @num_lines: how many lines are stored
 */
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

/**
 * BelfryStep: one step of a build
 * @stepid: its id
 * @number: its place in the build, from 0
 * @name: its name, single within the build
 * @buildid: the build
 * @started_at: when it began; %BELFRY_NONE: not yet
 * @complete: whether it has ended
 * @complete_at: when; %BELFRY_NONE: not yet
 * @state_string: one line for people
 * @results: #BelfryResult; %BELFRY_NONE: not yet
 * @hidden: whether pages leave it out
 */
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

/**
 * BelfryBuild: one build
 * @buildid: its id, over all builders
 * @number: its number among its builder's
 * @builderid: its builder
 * @buildrequestid: what asked for it
 * @workerid: where it runs
 * @masterid: 1
 * @started_at: when it began
 * @complete: whether it has ended
 * @complete_at: when it ended; %BELFRY_NONE: not yet
 * @state_string: one line for people
 * @results: #BelfryResult; %BELFRY_NONE: not yet
 * @properties: those of its request, and what its steps set
 */
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

/**
 * BelfrySchedulerRecord: what decides when something is built
 * @schedulerid: its id
 * @name: its name
 * @kind: what it goes by
 * @engine: whose it is
 * @enabled: whether it decides at present
 */
BELFRY_DECLARE_RECORD (BelfrySchedulerRecord, belfry_scheduler_record)
struct _BelfrySchedulerRecord {
  BelfryRecord record;
  gint64 schedulerid;
  char *name;
  char *kind;
  char *engine;
  gboolean enabled;
};

/**
 * BelfryTestResult: one test that a step ran
 * @testid: its id
 * @buildid: the build
 * @stepid: the step
 * @name: its name
 * @result: passed, failed, skipped or error
 * @duration_ms: how long it took
 * @message: (nullable): one line
 * @output: (nullable): what it wrote
 */
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

/**
 * BelfryArtifact: a file that a build left
 * @artifactid: its id
 * @buildid: the build that left it
 * @stepid: the step that uploaded it
 * @path: below the builder's folder of artifacts
 * @bytes: its size
 * @expires_at: when it is removed; %BELFRY_NONE: with its build
 */
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

/**
 * BelfryBuilderEvent: something that happened to a builder, not to a build
 * @eventid: its id
 * @builderid: whose
 * @text: lines for people
 * @started_at: when it began
 * @complete_at: when it ended; %BELFRY_NONE: not yet
 */
BELFRY_DECLARE_RECORD (BelfryBuilderEvent, belfry_builder_event)
struct _BelfryBuilderEvent {
  BelfryRecord record;
  gint64 eventid;
  gint64 builderid;
  char **text;
  gint64 started_at;
  gint64 complete_at;
};

/**
 * BelfryDelivery: one request that a hook took, or a row that counts refused ones
 * @deliveryid: its id
 * @hook: name of the instance
 * @forge_id: (nullable): the id that its sender gave it
 * @event: (nullable): what its sender calls it
 * @source: the address that it came from
 * @bytes: of its body
 * @reason: (nullable): a sentence
 * @received_at: when
 * @duration_us: how long its answer took
 * @change_ids: array of ids
 * @replay_of: the delivery that was taken again; %BELFRY_NONE: none
 */
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
 * @reportid: its id
 * @instance: name of the reporter
 * @phase: what it is about, #BelfryPhases' words
 * @buildid: the build; %BELFRY_NONE: none
 * @bsid: the set; %BELFRY_NONE: none
 * @state: where it is
 * @tries: how many there were
 * @next_at: when the next is due
 * @remote_id: (nullable): what the service calls it
 * @created_at: when its event came
 * @finished_at: when it ended; %BELFRY_NONE: not yet
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

/**
 * BelfryAuditEntry: something that somebody had done
 * @auditid: its id
 * @at: when
 * @who: by whom
 * @by: through which door: web, cli or bot
 * @action: what
 * @target: (nullable): to what
 * @outcome: what came of it
 */
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

/**
 * BelfryUserRecord: somebody who is known by name
 * @uid: their id
 * @identifier: how they are written
 */
BELFRY_DECLARE_RECORD (BelfryUserRecord, belfry_user_record)
struct _BelfryUserRecord {
  BelfryRecord record;
  gint64 uid;
  char *identifier;
  JsonNode *attributes; /* object: type to value */
};

/**
 * BelfryEvent: a stored event; its name is one of the table in belfry-event.h
 * @eventid: its id, rising
 * @at: when
 * @name: of its #BelfryEventKind
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
