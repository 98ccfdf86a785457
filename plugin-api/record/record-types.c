/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The field tables: what each record is made of, in the order of the structs in belfry-record.h.
 * The first field is the primary key. All else (JSON, columns, copies, defaults) walks these rows.
 */
#include "belfry-record.h"

#define NUL BELFRY_FIELD_NULLABLE
#define ST  BELFRY_FIELD_STORED
#define ASK BELFRY_FIELD_ASKED
#define HID BELFRY_FIELD_HIDDEN
#define OBJ BELFRY_FIELD_OBJECT

#define FIELD(Struct, member, kind, flags)                                                         \
  {                                                                                                \
#member, BELFRY_FIELD_##kind, flags, G_STRUCT_OFFSET(Struct, member), NULL                     \
  }
#define NESTED(Struct, member, kind, flags, get_type)                                              \
  {                                                                                                \
#member, BELFRY_FIELD_##kind, flags, G_STRUCT_OFFSET(Struct, member), get_type                 \
  }
#define DEFINE_TYPE(Struct, prefix, name, table)                                                   \
  const BelfryRecordType *prefix##_get_type (void)                                                 \
  {                                                                                                \
    static const BelfryRecordType type = { name, table, sizeof (Struct), prefix##_fields,          \
                                           G_N_ELEMENTS (prefix##_fields) };                       \
    return &type;                                                                                  \
  }

static const BelfryField belfry_patch_fields[] = {
  FIELD (BelfryPatch, patchid, INTEGER, ST), FIELD (BelfryPatch, body, TEXT, ST),
  FIELD (BelfryPatch, level, INTEGER, ST),   FIELD (BelfryPatch, subdir, TEXT, ST),
  FIELD (BelfryPatch, author, TEXT, ST),     FIELD (BelfryPatch, comment, TEXT, ST),
};
DEFINE_TYPE (BelfryPatch, belfry_patch, "patch", "patches")

static const BelfryField belfry_source_stamp_fields[] = {
  FIELD (BelfrySourceStamp, ssid, INTEGER, ST),
  FIELD (BelfrySourceStamp, branch, TEXT, NUL | ST),
  FIELD (BelfrySourceStamp, revision, TEXT, NUL | ST),
  FIELD (BelfrySourceStamp, repository, TEXT, ST),
  FIELD (BelfrySourceStamp, project, TEXT, ST),
  FIELD (BelfrySourceStamp, codebase, TEXT, ST),
  FIELD (BelfrySourceStamp, created_at, TIME, ST),
  NESTED (BelfrySourceStamp, patch, RECORD, NUL, belfry_patch_get_type),
  FIELD (BelfrySourceStamp, patchid, INTEGER, NUL | ST | HID),
};
DEFINE_TYPE (BelfrySourceStamp, belfry_source_stamp, "sourcestamp", "source_stamps")

static const BelfryField belfry_change_fields[] = {
  FIELD (BelfryChange, changeid, INTEGER, ST),
  FIELD (BelfryChange, parent_changeids, JSON, ST),
  FIELD (BelfryChange, author, TEXT, ST),
  FIELD (BelfryChange, committer, TEXT, NUL | ST),
  FIELD (BelfryChange, files, TEXT_LIST, ST),
  FIELD (BelfryChange, files_unknown, BOOLEAN, ST),
  FIELD (BelfryChange, comments, TEXT, ST),
  FIELD (BelfryChange, revision, TEXT, NUL | ST),
  FIELD (BelfryChange, when_timestamp, TIME, ST),
  FIELD (BelfryChange, branch, TEXT, NUL | ST),
  FIELD (BelfryChange, category, TEXT, NUL | ST),
  FIELD (BelfryChange, revlink, TEXT, NUL | ST),
  FIELD (BelfryChange, properties, PROPERTIES, ST),
  FIELD (BelfryChange, repository, TEXT, ST),
  FIELD (BelfryChange, project, TEXT, ST),
  FIELD (BelfryChange, codebase, TEXT, ST),
  NESTED (BelfryChange, sourcestamp, RECORD, 0, belfry_source_stamp_get_type),
  FIELD (BelfryChange, ssid, INTEGER, NUL | ST | HID),
  FIELD (BelfryChange, src, TEXT, NUL | ST | HID),
  FIELD (BelfryChange, origin, TEXT, ST | HID),
  FIELD (BelfryChange, deliveryid, INTEGER, NUL | ST | HID),
  FIELD (BelfryChange, received_at, TIME, ST | HID),
};
DEFINE_TYPE (BelfryChange, belfry_change, "change", "changes")

static const BelfryField belfry_buildset_fields[] = {
  FIELD (BelfryBuildset, bsid, INTEGER, ST),
  FIELD (BelfryBuildset, external_idstring, TEXT, NUL | ST),
  FIELD (BelfryBuildset, reason, TEXT, ST),
  FIELD (BelfryBuildset, submitted_at, TIME, ST),
  FIELD (BelfryBuildset, complete, BOOLEAN, ST),
  FIELD (BelfryBuildset, complete_at, TIME, NUL | ST),
  FIELD (BelfryBuildset, results, RESULT, NUL | ST),
  NESTED (BelfryBuildset, sourcestamps, RECORDS, 0, belfry_source_stamp_get_type),
  FIELD (BelfryBuildset, parent_buildid, INTEGER, NUL | ST),
  FIELD (BelfryBuildset, parent_relationship, TEXT, NUL | ST),
  FIELD (BelfryBuildset, ssids, JSON, ST | HID),
  FIELD (BelfryBuildset, scheduler, TEXT, ST | HID),
  FIELD (BelfryBuildset, engine, TEXT, ST | HID),
  FIELD (BelfryBuildset, change_ids, JSON, ST | HID),
  FIELD (BelfryBuildset, properties, PROPERTIES, ST | HID),
};
DEFINE_TYPE (BelfryBuildset, belfry_buildset, "buildset", "buildsets")

static const BelfryField belfry_build_request_fields[] = {
  FIELD (BelfryBuildRequest, buildrequestid, INTEGER, ST),
  FIELD (BelfryBuildRequest, buildsetid, INTEGER, ST),
  FIELD (BelfryBuildRequest, builderid, INTEGER, ST),
  FIELD (BelfryBuildRequest, priority, INTEGER, ST),
  FIELD (BelfryBuildRequest, claimed, BOOLEAN, ST),
  FIELD (BelfryBuildRequest, claimed_at, TIME, NUL | ST),
  FIELD (BelfryBuildRequest, claimed_by_masterid, INTEGER, NUL | ST),
  FIELD (BelfryBuildRequest, complete, BOOLEAN, ST),
  FIELD (BelfryBuildRequest, complete_at, TIME, NUL | ST),
  FIELD (BelfryBuildRequest, results, RESULT, ST),
  FIELD (BelfryBuildRequest, submitted_at, TIME, ST),
  FIELD (BelfryBuildRequest, waited_for, BOOLEAN, ST),
  FIELD (BelfryBuildRequest, properties, PROPERTIES, NUL | ST | ASK),
  FIELD (BelfryBuildRequest, retries, INTEGER, ST | HID),
  FIELD (BelfryBuildRequest, collapsed_into, INTEGER, NUL | ST | HID),
};
DEFINE_TYPE (BelfryBuildRequest, belfry_build_request, "buildrequest", "requests")

static const BelfryField belfry_builder_fields[] = {
  FIELD (BelfryBuilder, builderid, INTEGER, ST),
  FIELD (BelfryBuilder, name, TEXT, ST),
  FIELD (BelfryBuilder, description, TEXT, NUL | ST),
  FIELD (BelfryBuilder, masterids, JSON, ST),
  FIELD (BelfryBuilder, tags, TEXT_LIST, ST),
  FIELD (BelfryBuilder, next_number, INTEGER, ST | HID),
  FIELD (BelfryBuilder, engine, TEXT, ST | HID),
  FIELD (BelfryBuilder, configured, BOOLEAN, ST | HID),
  FIELD (BelfryBuilder, keep_builds, INTEGER, NUL | ST | HID),
  FIELD (BelfryBuilder, keep_logs, INTEGER, NUL | ST | HID),
  FIELD (BelfryBuilder, keep_last, INTEGER, NUL | ST | HID),
};
DEFINE_TYPE (BelfryBuilder, belfry_builder, "builder", "builders")

static const BelfryField belfry_worker_fields[] = {
  FIELD (BelfryWorker, workerid, INTEGER, ST),      FIELD (BelfryWorker, name, TEXT, ST),
  FIELD (BelfryWorker, connected_to, JSON, ST),     FIELD (BelfryWorker, configured_on, JSON, ST),
  FIELD (BelfryWorker, workerinfo, JSON, ST | OBJ), FIELD (BelfryWorker, paused, BOOLEAN, ST),
  FIELD (BelfryWorker, graceful, BOOLEAN, ST),      FIELD (BelfryWorker, engine, TEXT, ST | HID),
  FIELD (BelfryWorker, slots, INTEGER, ST | HID),
};
DEFINE_TYPE (BelfryWorker, belfry_worker, "worker", "workers")

static const BelfryField belfry_log_fields[] = {
  FIELD (BelfryLog, logid, INTEGER, ST),
  FIELD (BelfryLog, name, TEXT, ST),
  FIELD (BelfryLog, slug, TEXT, ST),
  FIELD (BelfryLog, stepid, INTEGER, ST),
  FIELD (BelfryLog, complete, BOOLEAN, ST),
  FIELD (BelfryLog, num_lines, INTEGER, ST),
  FIELD (BelfryLog, type, TEXT, ST),
  FIELD (BelfryLog, stepname, TEXT, NUL | ASK),
  FIELD (BelfryLog, buildername, TEXT, NUL | ASK),
  FIELD (BelfryLog, url, TEXT, NUL | ASK),
  FIELD (BelfryLog, content, JSON, NUL | ASK),
  FIELD (BelfryLog, buildid, INTEGER, ST | HID),
  FIELD (BelfryLog, num_bytes, INTEGER, ST | HID),
};
DEFINE_TYPE (BelfryLog, belfry_log, "log", "logs")

static const BelfryField belfry_step_fields[] = {
  FIELD (BelfryStep, stepid, INTEGER, ST),
  FIELD (BelfryStep, number, INTEGER, ST),
  FIELD (BelfryStep, name, TEXT, ST),
  FIELD (BelfryStep, buildid, INTEGER, ST),
  FIELD (BelfryStep, started_at, TIME, NUL | ST),
  FIELD (BelfryStep, complete, BOOLEAN, ST),
  FIELD (BelfryStep, complete_at, TIME, NUL | ST),
  FIELD (BelfryStep, state_string, TEXT, ST),
  FIELD (BelfryStep, results, RESULT, NUL | ST),
  FIELD (BelfryStep, urls, JSON, ST),
  FIELD (BelfryStep, hidden, BOOLEAN, ST),
  NESTED (BelfryStep, logs, RECORDS, NUL | ASK, belfry_log_get_type),
  FIELD (BelfryStep, statistics, JSON, ST | HID | OBJ),
};
DEFINE_TYPE (BelfryStep, belfry_step, "step", "steps")

static const BelfryField belfry_build_fields[] = {
  FIELD (BelfryBuild, buildid, INTEGER, ST),
  FIELD (BelfryBuild, number, INTEGER, ST),
  FIELD (BelfryBuild, builderid, INTEGER, ST),
  FIELD (BelfryBuild, buildrequestid, INTEGER, NUL | ST),
  FIELD (BelfryBuild, workerid, INTEGER, ST),
  FIELD (BelfryBuild, masterid, INTEGER, ST),
  FIELD (BelfryBuild, started_at, TIME, ST),
  FIELD (BelfryBuild, complete, BOOLEAN, ST),
  FIELD (BelfryBuild, complete_at, TIME, NUL | ST),
  FIELD (BelfryBuild, state_string, TEXT, ST),
  FIELD (BelfryBuild, results, RESULT, NUL | ST),
  FIELD (BelfryBuild, properties, PROPERTIES, ST | ASK),
  FIELD (BelfryBuild, url, TEXT, NUL | ST | ASK),
  NESTED (BelfryBuild, builder, RECORD, NUL | ASK, belfry_builder_get_type),
  NESTED (BelfryBuild, buildrequest, RECORD, NUL | ASK, belfry_build_request_get_type),
  NESTED (BelfryBuild, buildset, RECORD, NUL | ASK, belfry_buildset_get_type),
  NESTED (BelfryBuild, steps, RECORDS, NUL | ASK, belfry_step_get_type),
  FIELD (BelfryBuild, bsid, INTEGER, NUL | ST | HID),
  FIELD (BelfryBuild, branch, TEXT, NUL | ST | HID),
  FIELD (BelfryBuild, revision, TEXT, NUL | ST | HID),
  FIELD (BelfryBuild, scheduler, TEXT, NUL | ST | HID),
};
DEFINE_TYPE (BelfryBuild, belfry_build, "build", "builds")

static const BelfryField belfry_scheduler_record_fields[] = {
  FIELD (BelfrySchedulerRecord, schedulerid, INTEGER, ST),
  FIELD (BelfrySchedulerRecord, name, TEXT, ST),
  FIELD (BelfrySchedulerRecord, kind, TEXT, ST),
  FIELD (BelfrySchedulerRecord, engine, TEXT, ST),
  FIELD (BelfrySchedulerRecord, enabled, BOOLEAN, ST),
};
DEFINE_TYPE (BelfrySchedulerRecord, belfry_scheduler_record, "scheduler", "schedulers")

static const BelfryField belfry_test_result_fields[] = {
  FIELD (BelfryTestResult, testid, INTEGER, ST),
  FIELD (BelfryTestResult, buildid, INTEGER, ST),
  FIELD (BelfryTestResult, stepid, INTEGER, NUL | ST),
  FIELD (BelfryTestResult, name, TEXT, ST),
  FIELD (BelfryTestResult, result, TEXT, ST),
  FIELD (BelfryTestResult, duration_ms, INTEGER, ST),
  FIELD (BelfryTestResult, message, TEXT, ST),
  FIELD (BelfryTestResult, output, TEXT, ST),
};
DEFINE_TYPE (BelfryTestResult, belfry_test_result, "test", "tests")

static const BelfryField belfry_artifact_fields[] = {
  FIELD (BelfryArtifact, artifactid, INTEGER, ST),
  FIELD (BelfryArtifact, buildid, INTEGER, ST),
  FIELD (BelfryArtifact, stepid, INTEGER, NUL | ST),
  FIELD (BelfryArtifact, path, TEXT, ST),
  FIELD (BelfryArtifact, bytes, INTEGER, ST),
  FIELD (BelfryArtifact, expires_at, TIME, NUL | ST),
};
DEFINE_TYPE (BelfryArtifact, belfry_artifact, "artifact", "artifacts")

static const BelfryField belfry_builder_event_fields[] = {
  FIELD (BelfryBuilderEvent, eventid, INTEGER, ST),
  FIELD (BelfryBuilderEvent, builderid, INTEGER, ST),
  FIELD (BelfryBuilderEvent, text, TEXT_LIST, ST),
  FIELD (BelfryBuilderEvent, started_at, TIME, ST),
  FIELD (BelfryBuilderEvent, complete_at, TIME, NUL | ST),
};
DEFINE_TYPE (BelfryBuilderEvent, belfry_builder_event, "builder-event", "builder_events")

static const BelfryField belfry_delivery_fields[] = {
  FIELD (BelfryDelivery, deliveryid, INTEGER, ST),
  FIELD (BelfryDelivery, hook, TEXT, ST),
  FIELD (BelfryDelivery, forge_id, TEXT, NUL | ST),
  FIELD (BelfryDelivery, event, TEXT, NUL | ST),
  FIELD (BelfryDelivery, source, TEXT, ST),
  FIELD (BelfryDelivery, bytes, INTEGER, ST),
  FIELD (BelfryDelivery, outcome, TEXT, ST),
  FIELD (BelfryDelivery, reason, TEXT, ST),
  FIELD (BelfryDelivery, received_at, TIME, ST),
  FIELD (BelfryDelivery, duration_us, INTEGER, ST),
  FIELD (BelfryDelivery, change_ids, JSON, ST),
  FIELD (BelfryDelivery, replay_of, INTEGER, NUL | ST),
  FIELD (BelfryDelivery, count, INTEGER, ST),
  FIELD (BelfryDelivery, last_at, TIME, NUL | ST),
  FIELD (BelfryDelivery, digest, TEXT, ST | HID),
  FIELD (BelfryDelivery, pending, JSON, NUL | ST | HID),
  FIELD (BelfryDelivery, next_try_at, TIME, NUL | ST | HID),
  FIELD (BelfryDelivery, tries, INTEGER, ST | HID),
};
DEFINE_TYPE (BelfryDelivery, belfry_delivery, "delivery", "deliveries")

/**
 * belfry_delivery_list_outcomes:
 *
 * Lists what a delivery can have come to, in the order of the alphabet.
 *
 * Returns: (transfer none) (array zero-terminated=1): values of `outcome`
 * Since: 0.1
 */
const char *const *
belfry_delivery_list_outcomes (void)
{
  static const char *const outcomes[] = {
    "accepted", "conflict", "duplicate", "forbidden",    "malformed",        "method", "no-hook",
    "nothing",  "pending",  "too-large", "unauthorized", "unsupported-type", NULL,
  };

  return outcomes;
}

static const BelfryField belfry_report_row_fields[] = {
  FIELD (BelfryReportRow, reportid, INTEGER, ST),
  FIELD (BelfryReportRow, instance, TEXT, ST),
  FIELD (BelfryReportRow, target, TEXT, NUL | ST),
  FIELD (BelfryReportRow, key, TEXT, NUL | ST),
  FIELD (BelfryReportRow, phase, TEXT, ST),
  FIELD (BelfryReportRow, buildid, INTEGER, NUL | ST),
  FIELD (BelfryReportRow, bsid, INTEGER, NUL | ST),
  FIELD (BelfryReportRow, state, TEXT, ST),
  FIELD (BelfryReportRow, tries, INTEGER, ST),
  FIELD (BelfryReportRow, next_at, TIME, NUL | ST),
  FIELD (BelfryReportRow, remote_id, TEXT, NUL | ST),
  FIELD (BelfryReportRow, answer, TEXT, NUL | ST),
  FIELD (BelfryReportRow, created_at, TIME, ST),
  FIELD (BelfryReportRow, finished_at, TIME, NUL | ST),
  FIELD (BelfryReportRow, eventid, INTEGER, NUL | ST | HID),
  FIELD (BelfryReportRow, aged_us, INTEGER, ST | HID),
  FIELD (BelfryReportRow, data, JSON, NUL | ST | HID),
  FIELD (BelfryReportRow, payload, JSON, NUL | ST | HID),
};
DEFINE_TYPE (BelfryReportRow, belfry_report_row, "report", "reports")

static const BelfryField belfry_audit_entry_fields[] = {
  FIELD (BelfryAuditEntry, auditid, INTEGER, ST), FIELD (BelfryAuditEntry, at, TIME, ST),
  FIELD (BelfryAuditEntry, who, TEXT, ST),        FIELD (BelfryAuditEntry, by, TEXT, ST),
  FIELD (BelfryAuditEntry, action, TEXT, ST),     FIELD (BelfryAuditEntry, target, TEXT, ST),
  FIELD (BelfryAuditEntry, outcome, TEXT, ST),
};
DEFINE_TYPE (BelfryAuditEntry, belfry_audit_entry, "audit", "audit")

static const BelfryField belfry_user_record_fields[] = {
  FIELD (BelfryUserRecord, uid, INTEGER, ST),
  FIELD (BelfryUserRecord, identifier, TEXT, ST),
  FIELD (BelfryUserRecord, attributes, JSON, ST | OBJ),
};
DEFINE_TYPE (BelfryUserRecord, belfry_user_record, "user", "users")

static const BelfryField belfry_event_fields[] = {
  FIELD (BelfryEvent, eventid, INTEGER, ST),
  FIELD (BelfryEvent, at, TIME, ST),
  FIELD (BelfryEvent, name, TEXT, ST),
  FIELD (BelfryEvent, builderid, INTEGER, NUL | ST),
  FIELD (BelfryEvent, buildid, INTEGER, NUL | ST),
  FIELD (BelfryEvent, subject, INTEGER, NUL | ST),
  FIELD (BelfryEvent, data, JSON_TEXT, ST | OBJ),
};
DEFINE_TYPE (BelfryEvent, belfry_event, "event", "events")

/**
 * belfry_record_list_types:
 * @n_types: (out): how many there are
 *
 * Gives every kind of record.
 *
 * Returns: (transfer none) (array length=n_types): the kinds
 * Since: 0.1
 */
const BelfryRecordType *const *
belfry_record_list_types (guint *n_types)
{
  static const BelfryRecordType *types[19];
  static gsize ready = 0;

  g_return_val_if_fail (n_types != NULL, NULL);

  if (g_once_init_enter (&ready)) {
    const BelfryRecordType *(*const getters[]) (void) = {
      belfry_patch_get_type,
      belfry_source_stamp_get_type,
      belfry_change_get_type,
      belfry_buildset_get_type,
      belfry_build_request_get_type,
      belfry_builder_get_type,
      belfry_worker_get_type,
      belfry_log_get_type,
      belfry_step_get_type,
      belfry_build_get_type,
      belfry_scheduler_record_get_type,
      belfry_test_result_get_type,
      belfry_artifact_get_type,
      belfry_builder_event_get_type,
      belfry_delivery_get_type,
      belfry_report_row_get_type,
      belfry_audit_entry_get_type,
      belfry_user_record_get_type,
      belfry_event_get_type,
    };

    G_STATIC_ASSERT (G_N_ELEMENTS (getters) == G_N_ELEMENTS (types));
    for (guint i = 0; i < G_N_ELEMENTS (getters); i++)
      types[i] = getters[i]();
    g_once_init_leave (&ready, 1);
  }
  *n_types = G_N_ELEMENTS (types);
  return types;
}
