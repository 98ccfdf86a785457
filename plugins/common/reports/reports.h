/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reporters that speak HTTP share: two options, requests made with them, and what a service
 * wants to know of a report. */
#pragma once

#include <belfry-plugin.h>

/**
 * BelfryReportsWire: how a reporter speaks HTTP; a member of its state
 */
typedef struct {
  gboolean verify;
  gboolean debug;
} BelfryReportsWire;

/* the two rows of it */
#define BELFRY_REPORTS_WIRE_OPTIONS(Struct, member)                                                \
  BELFRY_BOOLEAN (Struct, member.verify, "verify", .default_text = "true",                         \
                  .help = N_ ("check the certificate of the service")),                            \
      BELFRY_BOOLEAN (Struct, member.debug, "debug", .default_text = "false",                      \
                      .help = N_ ("log requests and answers, secrets masked"))

/* Warns where nothing protects what is said. @url: (nullable) where requests go. */
void belfry_reports_check_wire (const BelfryReportsWire *self,
                                const BelfryCheck *check,
                                const char *key,
                                const char *url);
BelfryHttpRequest *
belfry_reports_request_new (const BelfryReportsWire *self, const char *method, const char *url);
/* As belfry_outcome_new_from_answer (), a failure told as "CODE: WORDS: BODY". */
BelfryOutcome *belfry_reports_judge (BelfryHttpAnswer *answer, const char *words);
/* 200 with something else than the service's JSON: a gateway answered in its place, so later. */
BelfryOutcome *belfry_reports_outcome_new_garbage (BelfryHttpAnswer *answer);
/* The object of a JSON answer. (transfer full) (nullable) */
JsonNode *belfry_reports_parse_object (BelfryHttpAnswer *answer);

/* A build of a report. NULL texts and BELFRY_NONE where there is nothing. */
const char *belfry_reports_get_builder (JsonObject *build);
const char *belfry_reports_get_property (JsonObject *build, const char *name);

/* Result of what the report speaks of: the set's, the worst of several builds', BELFRY_NONE while
 * it runs or where there is none. */
gint64 belfry_reports_get_result (const BelfryReport *report);
/* Page that the report speaks of; the host's own where it speaks of no single build. (nullable) */
const char *belfry_reports_get_url (const BelfryReport *report);
/* What reports are about, as the outbox keeps their order: build/ID, buildset/ID, worker/NAME, or
 * empty. (transfer full) */
char *belfry_reports_dup_key (const BelfryReport *report);

/* Messages that belong together: later ones edit the first, or follow it in its thread. */
typedef enum {
  BELFRY_REPORTS_THREAD_NONE,
  BELFRY_REPORTS_THREAD_BUILD,
  BELFRY_REPORTS_THREAD_BUILDSET,
} BelfryReportsThread;

typedef struct {
  int thread;
  gboolean edit;
} BelfryReportsSeries;

extern const BelfryChoice belfry_reports_threads[];

/* the two rows of it */
#define BELFRY_REPORTS_SERIES_OPTIONS(Struct, member)                                              \
  BELFRY_ENUM (Struct, member.thread, "thread", .choices = belfry_reports_threads,                 \
               .default_text = "none",                                                             \
               .help = N_ ("which later messages go into the first one's thread")),                \
      BELFRY_BOOLEAN (Struct, member.edit, "edit", .default_text = "false",                        \
                      .help = N_ ("tell of the start as well, and edit that message at the end"))

/* An error where both are asked for. */
void belfry_reports_check_series (const BelfryReportsSeries *self, const BelfryCheck *check);
/* Which phases it needs: starts only where something follows them. */
guint belfry_reports_series_choose_phases (const BelfryReportsSeries *self);
/* As belfry_reports_dup_key (), builds of one set sharing a thread's. (transfer full) */
char *belfry_reports_series_dup_key (const BelfryReportsSeries *self, const BelfryReport *report);
/* Whether a row of this key continues an earlier one: what is said of a worker or a test twice is
 * two messages. */
gboolean belfry_reports_series_continues (const BelfryReportsSeries *self, const char *key);
/* The message that an item continues. (transfer full) (nullable) */
char *belfry_reports_series_dup_remote_id (const BelfryReportsSeries *self, const BelfryItem *item);
/* Those that follow belong to the first message as well as this one. @first: (nullable) */
void belfry_reports_series_keep_first (BelfryOutcome *outcome, const char *first);
/* Where a service wants messages slowly: the row waits. FALSE: it need not; else takes @task. */
gboolean belfry_reports_keep_pace (GTask *task, gint64 wait_us, const char *service);

/* Names of maps from a mode to something; ends in NULL. */
extern const char *const belfry_reports_mode_names[];
/* Which entry of such a map a report finds: worker_missing; the mode of its result; else change,
 * where it differs from the previous build's. (nullable) */
gconstpointer belfry_reports_look_up_mode (const BelfryMap *map, const BelfryReport *report);
/* Errors for names that are none of those. */
void belfry_reports_check_modes (const BelfryMap *map, const char *key, const BelfryCheck *check);

/* At most so many characters, the mark of a cut included. (transfer full) */
char *belfry_reports_cut (const char *text, gsize max_chars);
/* A copy of what was planned, to add to what is known only when it is sent. (transfer full) */
JsonObject *belfry_reports_dup_object (JsonNode *payload);
/* (transfer full) @object: (transfer full) */
JsonNode *belfry_reports_wrap (JsonObject *object);

/* Programs in place of Buildbot's functions: one JSON value in, one out, no shell, half a minute.
 */

/* Errors where a program's first word is no absolute path, or a word has a substitution. */
void
belfry_reports_check_program (const GPtrArray *argv, const char *key, const BelfryCheck *check);
void belfry_reports_run_program_async (BelfryInstance *instance,
                                       const GPtrArray *argv,
                                       JsonNode *input,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
/* (transfer full) NULL: it failed, which may pass */
JsonNode *belfry_reports_run_program_finish (GAsyncResult *result, GError **error);
