/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a row to a report: what is read, what programs add, what is rendered, what is planned. */
#pragma once

#include "outbox/reporting.h"

/* A person who may get a report. */
typedef struct {
  char *name;
  char *address;      /* (nullable) */
  const char *origin; /* commit, owner, lookup or user */
  gboolean asked;     /* whether a lookup program has answered */
} BelfryPerson;

/*
 * A report in the making. It belongs to one thread at a time: pool, main loop while programs run,
 * pool again, writer thread for the freeze.
 */
typedef struct {
  BelfryReporting *reporting;
  BelfryReportRow *row;
  GPtrArray *merged;   /* (element-type BelfryReportRow) further rows that a digest carries */
  gboolean unknown;    /* the row is not stored, or not yet */
  gboolean absent;     /* the row is not stored, or waits no more */
  gboolean is_over;    /* nothing is left to say */
  gboolean is_passing; /* error may pass */
  GError *error;       /* (nullable) */
  JsonObject *report;
  JsonArray *builds;    /* in report */
  JsonArray *variables; /* in report */
  JsonArray *outputs;   /* what formatter programs printed, beside variables; null else */
  GPtrArray *people;    /* (element-type BelfryPerson) */
  gint64 set_results;
  char *note;             /* (nullable) goes before the body: why a fallback hears of this */
  BelfryTargets *targets; /* (nullable) */
} BelfryDraft;

BelfryDraft *belfry_draft_new (BelfryReporting *reporting, BelfryReportRow *row);
void belfry_draft_free (BelfryDraft *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryDraft, belfry_draft_free)
void belfry_draft_fail (BelfryDraft *self, gboolean passing, GError *error); /* takes error */
void belfry_draft_add_person (BelfryDraft *self, const char *name, const char *origin);

/* Pool thread: reads all that the report speaks of. Failures stand in the draft. */
void belfry_draft_gather (BelfryDraft *self, BelfryReader *reader);
/* Main loop: runs the reporter's programs; the task returns when all have ended. */
void belfry_draft_run_programs (BelfryDraft *self,
                                BelfryInstance *instance,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* Pool thread: addresses, subject and body, targets. */
void belfry_draft_finish (BelfryDraft *self, BelfryReader *reader);

/* Addresses of people, see users.c */
gboolean belfry_draft_resolve_people (BelfryDraft *self, BelfryReader *reader, GError **error);
/* Subject, body and type; see render.c */
gboolean belfry_draft_render (BelfryDraft *self, GError **error);
