/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of our own reporters, beside the installed harness: what options that many of them have
 * must do. */
#pragma once

#include <belfry-test.h>

/* belfry_test_check_faults (), and what `verify` and `debug` do. */
void belfry_report_test_check_faults (BelfryTest *self,
                                      const char *sample,
                                      const BelfryTestExchange *exchange,
                                      BelfryOutcomeKind garbage);
void belfry_report_test_check_faults_of (BelfryTest *self,
                                         BelfryReport *report,
                                         const BelfryTestExchange *exchange,
                                         BelfryOutcomeKind garbage);
/* What `start-description`, `end-description`, their templates and programs say instead of "Build
 * started." and "Build done." in the bodies of these requests, and that `verbose` logs what was
 * sent. @edits: (nullable): of the samples `started` and `failure` */
void belfry_report_test_check_words (BelfryTest *self,
                                     const char *edits,
                                     const BelfryTestExchange *started,
                                     const BelfryTestExchange *finished);
/* That `report-pending`, and nothing else, tells of requests. */
void belfry_report_test_check_pending (BelfryTest *self);
