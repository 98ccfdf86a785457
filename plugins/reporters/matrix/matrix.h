/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix's client-server API, version 3: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  char *homeserver;
  BelfrySecret *access_token;
  char **rooms;
  gboolean notice;
  BelfryReportsSeries series;
  BelfryReportsWire wire;
  BelfryInstance *instance;
} BelfryMatrix;

void belfry_matrix_check (gconstpointer self, const BelfryCheck *check);
gboolean belfry_matrix_plan (gconstpointer self,
                             const BelfryReport *report,
                             BelfryTargets *targets,
                             GError **error);
/* Whether only a domain is given, whose server has to be asked for. */
gboolean belfry_matrix_is_domain (const char *homeserver);
/* Event to send: with the relation to @remote_id (nullable), and small enough. (transfer full) */
JsonNode *
belfry_matrix_make_event (const BelfryMatrix *self, JsonNode *payload, const char *remote_id);
/* Transaction id of a report: a repeated try with it shows once. (transfer full) */
char *belfry_matrix_dup_transaction (gint64 reportid, const char *target);
/* PATH below /_matrix/client/v3/, or, where @base is a domain, of that domain. */
BelfryHttpRequest *belfry_matrix_request_new (const BelfryMatrix *self,
                                              const char *base,
                                              const char *method,
                                              const char *path,
                                              JsonNode *body);

/* Outcome of a final answer; delivered with the event's id. */
BelfryOutcome *belfry_matrix_judge (BelfryHttpAnswer *answer);
/* Whether it bears this errcode. */
gboolean belfry_matrix_is_error (BelfryHttpAnswer *answer, const char *code);
/* Text at a dotted path of a JSON answer with status 200. (transfer full) (nullable) */
char *belfry_matrix_dup_member (BelfryHttpAnswer *answer, const char *first, const char *second);
