/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this library share. */
#pragma once

#include "report-test.h"

typedef struct _BelfryReportService BelfryReportService;

BelfryReportService *belfry_report_service_new (void);
/* Fails where an expected request never came. */
void belfry_report_service_free (BelfryReportService *self);
const char *belfry_report_service_get_url (BelfryReportService *self);
void belfry_report_service_expect (BelfryReportService *self, const BelfryReportExchange *exchange);
guint belfry_report_service_get_waiting (BelfryReportService *self);
/* What the next request will be answered with. */
BelfryReportFault belfry_report_service_get_fault (BelfryReportService *self);

/* The same reporter with further keys, and what is remembered so far. */
BelfryReportTest *belfry_report_test_new_like (BelfryReportTest *other, const char *keys);
/* Whether the last request wanted the service's certificate checked. */
gboolean belfry_report_test_is_verified (BelfryReportTest *self);

/* A request as lines, one a field, so that two can be compared line by line. (transfer full) */
char *belfry_report_lines_make (const char *method,
                                const char *target,
                                GPtrArray *headers,
                                const char *body);
/* Fails with the first line that differs. */
void belfry_report_lines_compare (const char *wanted, const char *got);
/* ' becomes " (transfer full) */
char *belfry_report_dup_json (const char *text);
