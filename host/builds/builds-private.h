/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs share: one function that tells an event, one row of a table a verb. */
#pragma once

#include "builds/builds.h"

/**
 * BelfryEventSaid:
 * @name: dashed
 * @record: (nullable): what it is about; written into the data first
 * @builderid, @buildid: 0 or BELFRY_NONE: of none
 * @more: (nullable): members that win over the record's
 * @properties: whether the record's properties are filled
 */
typedef struct {
  const char *name;
  gpointer record;
  gint64 builderid;
  gint64 buildid;
  JsonObject *more;
  gboolean properties;
} BelfryEventSaid;

gboolean belfry_builds_say (BelfryWriter *writer, const BelfryEventSaid *said, GError **error);
void belfry_builds_bind_text (sqlite3_stmt *statement, int index, const char *text);

/**
 * BelfryApplying: one transaction while it is applied
 */
typedef struct {
  BelfryWriter *writer;
  const char *engine;
  char *key_space;
  BelfryTransaction *transaction;
  gint64 now_us;
} BelfryApplying;

typedef gboolean (*BelfryVerbFunc) (BelfryApplying *self,
                                    const BelfryOperation *operation,
                                    GError **error);

/* Runs one statement with these integers; @changed: (optional) rows it touched */
gboolean belfry_applying_run (BelfryApplying *self,
                              const char *sql,
                              const gint64 *values,
                              guint n_values,
                              gint64 *changed,
                              GError **error);
/* First column of the first row, or NONE */
gboolean belfry_applying_ask (
    BelfryApplying *self, const char *sql, gint64 value, gint64 *answer, GError **error);
/* Whether the transaction itself tells this event; then no verb does. */
gboolean belfry_applying_tells (BelfryApplying *self, const char *event);

/* requests.c */
gboolean
belfry_apply_add_buildset (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_add_request (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_claim (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_unclaim (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean belfry_apply_complete_request (BelfryApplying *self,
                                        const BelfryOperation *operation,
                                        GError **error);

/* runs.c */
gboolean
belfry_apply_add_build (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_update_build (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_finish_build (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_add_step (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_update_step (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_finish_step (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_add_log (BelfryApplying *self, const BelfryOperation *operation, GError **error);
gboolean
belfry_apply_finish_log (BelfryApplying *self, const BelfryOperation *operation, GError **error);

/* fleet.c */
gboolean belfry_apply_configure_builder (BelfryApplying *self,
                                         const BelfryOperation *operation,
                                         GError **error);
gboolean belfry_apply_configure_worker (BelfryApplying *self,
                                        const BelfryOperation *operation,
                                        GError **error);
gboolean belfry_apply_configure_scheduler (BelfryApplying *self,
                                           const BelfryOperation *operation,
                                           GError **error);
gboolean
belfry_apply_event (BelfryApplying *self, const BelfryOperation *operation, GError **error);
