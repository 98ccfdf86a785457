/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which events become rows: pure functions over what is configured and what is stored. */
#pragma once

#include "outbox/reporting.h"
#include "store/store.h"

/* (nullable) why a build is not reported; static text. Needs properties in @build. */
const char *belfry_filter_refuse_build (const BelfryReporting *self,
                                        BelfryReader *reader,
                                        BelfryBuild *build,
                                        GError **error);
/* The key that such a reason speaks of; NULL: none does. */
const char *belfry_filter_find_key (const BelfryReporting *self, const char *reason);
/* The result of the previous build by the reporter's rule; FALSE with @error set on failure. */
gboolean belfry_filter_find_previous (const BelfryReporting *self,
                                      BelfryReader *reader,
                                      BelfryBuild *build,
                                      BelfryBuild **previous,
                                      GError **error);
/* Builds of a set that pass, in order of request, then build; (transfer full) (nullable with
 * @error). */
GPtrArray *belfry_filter_list_set (const BelfryReporting *self,
                                   BelfryReader *reader,
                                   gint64 bsid,
                                   GError **error);

/*
 * What the event means for one reporter: rows inserted, held ones released. @inserted:
 * (element-type BelfryReportRow) gets what was inserted; @released: set where rows became due.
 */
typedef struct {
  BelfryWriter *writer;
  BelfryEvent *event;
  const char *phase; /* (nullable) */
  gpointer record;   /* (nullable) */
  GPtrArray *inserted;
  gboolean released;
} BelfryFiltering;

gboolean
belfry_filter_apply (const BelfryReporting *self, BelfryFiltering *filtering, GError **error);
