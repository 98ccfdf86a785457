/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports: what a reporter gets, what it makes of it, what became of it. */
#pragma once

#include "belfry-http.h"
#include "belfry-record.h"

G_BEGIN_DECLS

/**
 * BelfryReport:
 *
 * One due report, filtered and rendered by the host. It can be written as JSON as a whole; the
 * accessors name its parts:
 *
 * - `reportid`, `instance`, `event`, `phase`
 * - `mode`: the reporter's modes after expansion
 * - `builds`: one to many build objects, with what the reporter wants in them
 * - `buildset`: object or null; `is_buildset`: whether it speaks for a whole set
 * - `variables`: array beside `builds`: what a template about that build sees (builder, results,
 * changes, blamelist…)
 * - `worker`: worker object of a missing-worker report, else null
 * - `subject`, `body`, `type` (`plain` or `html`): rendered, of a message family only
 * - `users`: array of {`name`, `address` or null, `origin`}: the interested users after lookup
 * - `patches`: array of texts; `logs`: array of {`name`, `logid`, `num_lines`}: what is to be
 * attached
 * - `host`: {`title`, `url`}
 *
 * Immutable.
 */
typedef struct _BelfryReport BelfryReport;

BELFRY_API BelfryReport *belfry_report_new (JsonObject *data);
BELFRY_API void belfry_report_free (BelfryReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryReport, belfry_report_free)
BELFRY_API JsonObject *belfry_report_get_data (const BelfryReport *self);
BELFRY_API const char *belfry_report_get_phase (const BelfryReport *self);
BELFRY_API const char *belfry_report_get_subject (const BelfryReport *self);
BELFRY_API const char *belfry_report_get_body (const BelfryReport *self);
BELFRY_API gboolean belfry_report_is_html (const BelfryReport *self);
BELFRY_API guint belfry_report_get_n_builds (const BelfryReport *self);
BELFRY_API JsonObject *belfry_report_get_build (const BelfryReport *self, guint index);
BELFRY_API JsonObject *belfry_report_get_variables (const BelfryReport *self, guint index);
BELFRY_API JsonNode *
belfry_report_lookup (const char *selector, const char *key, gpointer build_object);

/**
 * BelfryTargets: what one report becomes: a row each
 */
typedef struct _BelfryTargets BelfryTargets;

BELFRY_API BelfryTargets *belfry_targets_new (void);
BELFRY_API void belfry_targets_free (BelfryTargets *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTargets, belfry_targets_free)
BELFRY_API void
belfry_targets_add (BelfryTargets *self, const char *target, const char *key, JsonNode *payload);
BELFRY_API guint belfry_targets_get_length (BelfryTargets *self);
BELFRY_API const char *belfry_targets_get_target (BelfryTargets *self, guint index);
BELFRY_API const char *belfry_targets_get_key (BelfryTargets *self, guint index);
BELFRY_API JsonNode *belfry_targets_get_payload (BelfryTargets *self, guint index);

/**
 * BelfryItem: one row about to be delivered, as frozen by its first attempt
 * @reportid: the row's id; the same at every try
 * @target: as planned
 * @key: as planned
 * @phase: of the report
 * @payload: as planned
 */
typedef struct {
  gsize size;
  gint64 reportid;
  const char *target;
  const char *key;
  const char *phase;
  guint tries;           /* before this one */
  const char *remote_id; /* (nullable) what the service called it at an earlier try */
  JsonNode *payload;
} BelfryItem;

/**
 * BelfryOutcomeKind: what may become of a delivery
 * @BELFRY_OUTCOME_DELIVERED: the service has it
 * @BELFRY_OUTCOME_WAIT: later; the service asked to wait, or could not be reached
 * @BELFRY_OUTCOME_REFUSED: the service will never take this report
 * @BELFRY_OUTCOME_DENIED: the service refuses the credential
 * @BELFRY_OUTCOME_SUPERSEDED: there is nothing to say any more
 */
typedef enum {
  BELFRY_OUTCOME_DELIVERED,
  BELFRY_OUTCOME_WAIT,
  BELFRY_OUTCOME_REFUSED,
  BELFRY_OUTCOME_DENIED,
  BELFRY_OUTCOME_SUPERSEDED,
} BelfryOutcomeKind;

/**
 * BelfryOutcome: what became of a delivery
 * @kind: what became of it
 */
typedef struct {
  BelfryOutcomeKind kind;
  gint64 wait_us;    /* of WAIT: what the service asked for; 0: as the host backs off */
  gboolean answered; /* whether the service answered at all */
  char *remote_id;   /* (nullable) what the service calls it, for edits and threads */
  char *excerpt;     /* (nullable) of the answer */
  guint http_status; /* of the answer that decided; 0: none. A refused 403 lets its target rest */
} BelfryOutcome;

BELFRY_API BelfryOutcome *belfry_outcome_new (BelfryOutcomeKind kind, const char *excerpt);
BELFRY_API BelfryOutcome *
belfry_outcome_new_wait (gint64 wait_us, gboolean answered, const char *excerpt);
BELFRY_API BelfryOutcome *belfry_outcome_new_from_answer (BelfryHttpAnswer *answer);
BELFRY_API void belfry_outcome_free (BelfryOutcome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryOutcome, belfry_outcome_free)

G_END_DECLS
