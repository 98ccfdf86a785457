/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that belong together. The outbox gives a row the remote id of the last one delivered
 * with the same target and key; what is made of it is the same for all services that can do it. */
#include "reports.h"

const BelfryChoice belfry_reports_threads[] = {
  { "none", BELFRY_REPORTS_THREAD_NONE, N_ ("each message stands alone") },
  { "build", BELFRY_REPORTS_THREAD_BUILD, N_ ("a build's end follows its start") },
  { "buildset", BELFRY_REPORTS_THREAD_BUILDSET, N_ ("builds of one set share a thread") },
  { NULL },
};

void
belfry_reports_check_series (const BelfryReportsSeries *self, const BelfryCheck *check)
{
  if (self->edit && self->thread != BELFRY_REPORTS_THREAD_NONE)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "edit",
                         "a message is either edited or followed by others in its thread");
  else if (self->edit && belfry_section_find (check->section, "mode") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section, "edit",
                         "a build whose result 'mode' leaves out keeps the message of its start");
}

guint
belfry_reports_series_choose_phases (const BelfryReportsSeries *self)
{
  return self->edit || self->thread == BELFRY_REPORTS_THREAD_BUILD ? G_MAXUINT
                                                                   : ~(guint)BELFRY_PHASE_STARTED;
}

char *
belfry_reports_series_dup_key (const BelfryReportsSeries *self, const BelfryReport *report)
{
  JsonObject *build =
      belfry_report_get_n_builds (report) == 1 ? belfry_report_get_build (report, 0) : NULL;
  JsonObject *set = build != NULL ? belfry_json_get_object (build, "buildset") : NULL;

  if (self->thread == BELFRY_REPORTS_THREAD_BUILDSET && set != NULL)
    return g_strdup_printf ("buildset/%" G_GINT64_FORMAT, belfry_json_get_integer (set, "bsid", 0));
  return belfry_reports_dup_key (report);
}

gboolean
belfry_reports_series_continues (const BelfryReportsSeries *self, const char *key)
{
  gboolean of_build = g_str_has_prefix (key, "build/");

  return (self->edit && of_build) || (self->thread != BELFRY_REPORTS_THREAD_NONE &&
                                      (of_build || g_str_has_prefix (key, "buildset/")));
}
