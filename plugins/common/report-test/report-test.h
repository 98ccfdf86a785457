/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of reporters: a reporter's built .so with a section of its own, reports in, and a fake
 * of its service on loopback that expects exactly the requests it was told of and answers as it was
 * told to. Requests go through the daemon's own transport. The reporter is loaded as the host would
 * load it, from BELFRY_PLUGIN_PATH.
 */
#pragma once

#include <belfry-plugin.h>

typedef struct _BelfryReportTest BelfryReportTest;

/**
 * BelfryReportFault: how the service fails beyond a status
 * @BELFRY_REPORT_FAULT_NONE: it answers
 * @BELFRY_REPORT_FAULT_SILENT: it takes the request and says nothing
 * @BELFRY_REPORT_FAULT_ENDLESS: its body never ends
 * @BELFRY_REPORT_FAULT_CLOSED: it closes the connection without a word
 * @BELFRY_REPORT_FAULT_CUT: it closes the connection within its body
 */
typedef enum {
  BELFRY_REPORT_FAULT_NONE,
  BELFRY_REPORT_FAULT_SILENT,
  BELFRY_REPORT_FAULT_ENDLESS,
  BELFRY_REPORT_FAULT_CLOSED,
  BELFRY_REPORT_FAULT_CUT,
} BelfryReportFault;

/**
 * BelfryReportExchange: one request, compared strictly, and its answer
 * @method: NULL: POST
 * @target: path and query
 * @headers: lines of NAME: VALUE; all but those that every client sends (Host, User-Agent,
 * Accept-Encoding, Connection, Content-Length), in any order, * for any text; NULL: only a
 * Content-Type of JSON
 * @body: JSON and forms are compared field by field; in JSON ' stands for "; NULL: none
 * @status: of the answer; 0: 200
 * @answer_headers: (nullable): lines of NAME: VALUE
 * @answer: (nullable): its body; in one that begins with { or [ ' stands for "
 */
typedef struct {
  const char *method;
  const char *target;
  const char *headers;
  const char *body;
  guint status;
  const char *answer_headers;
  const char *answer;
  BelfryReportFault fault;
} BelfryReportExchange;

/* @keys: lines of KEY=VALUE, in which $URL is the service's address; an error fails the test */
BelfryReportTest *belfry_report_test_new (const char *name, const char *keys);
/* Fails where an expected request never came. */
void belfry_report_test_free (BelfryReportTest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryReportTest, belfry_report_test_free)
/* What reading and checking a section finds, a line each: "error KEY: MESSAGE". (transfer full) */
char *belfry_report_test_dup_problems (const char *name, const char *keys);
const BelfryReporter *belfry_report_test_get_plugin (BelfryReportTest *self);
gpointer belfry_report_test_get_state (BelfryReportTest *self);
/* Requests to this scheme and host, for which there is no option, go to the service instead. */
void belfry_report_test_set_origin (BelfryReportTest *self, const char *origin);
/* How long the host says to wait, in µs, where the reporter asks whether its pace is kept; 0 at
 * first. */
void belfry_report_test_set_pace (BelfryReportTest *self, gint64 wait_us);
/* How long a program that the reporter starts may take, in µs, where that is less than it is given:
 * for services that say nothing. */
void belfry_report_test_set_patience (BelfryReportTest *self, gint64 patience_us);
/* Address of the service, without a final slash. (transfer none) */
const char *belfry_report_test_get_url (BelfryReportTest *self);
/* All that was logged, a line each; the harness masks nothing. (transfer none) */
const char *belfry_report_test_get_log (BelfryReportTest *self);

/* A report: started, success, failure, warnings, exception, cancelled, buildset, worker or test,
 * changed by lines of PATH=JSON, in which ' stands for ", a number of the path names an element,
 * and an empty value takes the member out. (transfer full) */
BelfryReport *belfry_report_test_read (const char *fixture, const char *edits);
/* Plans a report; fails where a secret of the section is in what would be stored. Returns the
 * number of targets. */
guint belfry_report_test_plan (BelfryReportTest *self, BelfryReport *report);
BelfryTargets *belfry_report_test_get_targets (BelfryReportTest *self);
/* The next request that the service gets. @exchange is not copied. */
void belfry_report_test_expect (BelfryReportTest *self, const BelfryReportExchange *exchange);
/* Delivers one target; fails where a secret is in what the outcome quotes. (transfer full) */
BelfryOutcome *
belfry_report_test_deliver (BelfryReportTest *self, guint index, const char *remote_id);
/* All of it, for a report of one target and one request: the outcome's kind and wait. Returns the
 * outcome for a further look. (transfer full) */
BelfryOutcome *belfry_report_test_run (BelfryReportTest *self,
                                       BelfryReport *report,
                                       const BelfryReportExchange *exchange);
/* As that, and compares. */
void belfry_report_test_check (BelfryReportTest *self,
                               const char *fixture,
                               const BelfryReportExchange *exchange,
                               BelfryOutcomeKind kind,
                               gint64 wait_s);
/* The faults that every service has: 408, 429, 500 and 503 with and without a wait, redirects,
 * silence, a body without end, connections that break, and with status 200 what is not the
 * service's; and what `verify` and `debug` do. @garbage: what HTML with status 200 is. */
void belfry_report_test_check_faults (BelfryReportTest *self,
                                      const char *fixture,
                                      const BelfryReportExchange *exchange,
                                      BelfryOutcomeKind garbage);
/* The same for a report at hand, where a fixture alone has nothing to tell the service. */
void belfry_report_test_check_faults_of (BelfryReportTest *self,
                                         BelfryReport *report,
                                         const BelfryReportExchange *exchange,
                                         BelfryOutcomeKind garbage);
/* What `start-description`, `end-description`, their templates and programs say instead of "Build
 * started." and "Build done." in the bodies of these requests, and that `verbose` logs what was
 * sent. @edits: (nullable): of the fixtures `started` and `failure` */
void belfry_report_test_check_words (BelfryReportTest *self,
                                     const char *edits,
                                     const BelfryReportExchange *started,
                                     const BelfryReportExchange *finished);
/* That `report-pending`, and nothing else, tells of requests. */
void belfry_report_test_check_pending (BelfryReportTest *self);
