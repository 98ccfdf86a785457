/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-http.h"
#include "belfry-record.h"

G_BEGIN_DECLS

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

typedef struct {
  gsize size;
  gint64 reportid;
  const char *target;
  const char *key;
  const char *phase;
  guint tries;
  const char *remote_id;
  JsonNode *payload;
} BelfryItem;

typedef enum {
  BELFRY_OUTCOME_DELIVERED,
  BELFRY_OUTCOME_WAIT,
  BELFRY_OUTCOME_REFUSED,
  BELFRY_OUTCOME_DENIED,
  BELFRY_OUTCOME_SUPERSEDED,
} BelfryOutcomeKind;

typedef struct {
  BelfryOutcomeKind kind;
  gint64 wait_us;
  gboolean answered;
  char *remote_id;
  char *excerpt;
  guint http_status;
} BelfryOutcome;

BELFRY_API BelfryOutcome *belfry_outcome_new (BelfryOutcomeKind kind, const char *excerpt);
BELFRY_API BelfryOutcome *
belfry_outcome_new_wait (gint64 wait_us, gboolean answered, const char *excerpt);
BELFRY_API BelfryOutcome *belfry_outcome_new_from_answer (BelfryHttpAnswer *answer);
BELFRY_API void belfry_outcome_free (BelfryOutcome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryOutcome, belfry_outcome_free)

G_END_DECLS
